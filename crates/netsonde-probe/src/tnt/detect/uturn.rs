//! Implicit tunnels whose routers rewrite the quoted TTL: the U-turn of their errors still tells.
use super::super::path::Observed;
use super::{Role, Visible};
use crate::record::{Trigger, TunnelClass};
use alloc::vec;
use alloc::vec::Vec;

/// The tunnels whose routers send time-exceeded on to the end of the LSP, from where it turns back, while their echo
/// replies go straight back.
///
/// The detour of a router `d` hops before the end is `2 d` hops, one more when the egress pops (UHP): it shrinks by
/// two from router to router. That tells it from a return tunnel in pipe mode, whose gap between time-exceeded
/// and echo shrinks by one per hop behind the egress, even for <255,64> routers; and from the noise of uneven ways
/// back, which follows no line.
pub(super) fn find(hops: &[Observed], roles: &[Role]) -> Vec<Visible> {
    let mut tunnels = Vec::new();
    let mut start = 0;
    while start < hops.len() {
        match longest_from(hops, roles, start) {
            Some(tunnel) => {
                start = tunnel.egress.unwrap_or(tunnel.lsrs.end).max(start + 1);
                tunnels.push(tunnel);
            }
            None => start += 1,
        }
    }
    tunnels
}

/// The tunnel whose first router is at `start`, if any.
fn longest_from(hops: &[Observed], roles: &[Role], start: usize) -> Option<Visible> {
    let first = detour(hops, roles, start).filter(|&first| first >= FIRST_DETOUR_MIN)?;
    let exact = on_a_line(hops, roles, start, first);
    let end = exact.or_else(|| falling(hops, roles, start))?;
    Some(Visible {
        class: TunnelClass::Implicit,
        triggers: vec![Trigger::Uturn],
        ingress: start.checked_sub(1),
        lsrs: start..end,
        egress: (end < hops.len()).then_some(end),
    })
}

/// The end of a run in which each known detour lies on the line that the first one gives; hops that do not answer
/// echo, or not at all, may lie between. Gives the index of the egress.
fn on_a_line(hops: &[Observed], roles: &[Role], start: usize, first: i16) -> Option<usize> {
    let is_uhp = first % 2 == 1;
    let length = usize::from(first.unsigned_abs()) / 2; // routers before the egress
    let egress = start + length;
    let expected = |index: usize| first - 2 * i16::try_from(index - start).unwrap_or(i16::MAX / 2);
    let mut known = 1;
    let followers = hops.iter().zip(roles).enumerate().skip(start + 1);
    for (index, (hop, role)) in followers.take(length) {
        if role.lsr || role.opaque {
            return None;
        }
        match hop.uturn() {
            // The egress of PHP takes the plain way back.
            Some(turn) if index == egress && !is_uhp && turn <= 0 => {}
            Some(turn) if turn == expected(index) => known += usize::from(turn > 0),
            Some(_) => return None,
            None => {}
        }
    }
    // Two detours alone may be noise; an answer of the egress makes three points of a line.
    let closed = hops.get(egress).and_then(Observed::uturn).is_some();
    (known >= KNOWN_MIN && (closed || known > KNOWN_MIN)).then_some(egress.min(hops.len()))
}

/// The end of a run of strictly falling detours, for routers whose two replies start at the same TTL only: there, no
/// return tunnel makes a gap. Gives the index of the first hop without a detour.
fn falling(hops: &[Observed], roles: &[Role], start: usize) -> Option<usize> {
    let mut end = start;
    let mut previous = i16::MAX;
    while let Some(turn) = (end < hops.len())
        .then(|| detour(hops, roles, end))
        .flatten()
    {
        if turn >= previous || is_split(&hops[end]) {
            return None;
        }
        previous = turn;
        end += 1;
    }
    (end - start >= KNOWN_MIN).then_some(end)
}

/// The positive U-turn of a hop that belongs to no tunnel yet.
fn detour(hops: &[Observed], roles: &[Role], index: usize) -> Option<i16> {
    let free = !roles[index].lsr && !roles[index].opaque && !roles[index].egress;
    hops[index].uturn().filter(|&turn| turn > 0 && free)
}

/// Time-exceeded and echo replies start at different TTLs, so that a pipe on the way back makes a gap too.
fn is_split(hop: &Observed) -> bool {
    hop.facts
        .as_ref()
        .is_some_and(|facts| facts.signature.0 != facts.signature.1)
}

/// Smallest detour of a tunnel's first router; the original asks for a sum of 3 over the tunnel.
const FIRST_DETOUR_MIN: i16 = 3;
/// Routers with a detour that a tunnel needs.
const KNOWN_MIN: usize = 2;
