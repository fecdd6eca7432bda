//! Reading a revelation trace: did it cross the entry, did it reach its target, and what lies between?
use super::{Hidden, Plan, Side};
use crate::record::{AttemptOutcome, Reply, ReplyKind, StopReason, Trace};
use crate::tnt::path::is_time_exceeded;
use alloc::vec::Vec;
use core::net::IpAddr;

/// What a trace is read with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Silent hops right before the target that are already known.
    pub(super) known_silent: usize,
    /// The silent hop of the first trace, if it had one there.
    pub(super) gap: Option<Gap>,
}

/// The side on which a silent hop is, or is supposed while that is not settled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    pub(super) side: Side,
    pub(super) settled: bool,
}

/// A hop of a revelation trace; silent without a reply.
type Seen = (u8, Option<Reply>);

/// What a trace uncovers.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) outcome: AttemptOutcome,
    /// New hops in path order. Not empty without `Revealed` only if all of them are silent.
    pub(super) hops: Vec<Seen>,
    /// Where the silent hop of the first trace is, and its reply if it answered this time.
    pub(super) gap: Option<(Side, Option<(u8, Reply)>)>,
}

impl Reading {
    fn nothing(outcome: AttemptOutcome) -> Self {
        Self {
            outcome,
            hops: Vec::new(),
            gap: None,
        }
    }
}

/// Reads a trace to the exit of a tunnel or to one of its routers.
///
/// A target that stays silent does not spoil what was seen before it: it is the destination, so whatever sends
/// time-exceeded after the entry lies between the two.
pub(super) fn read(
    trace: &Trace,
    target: IpAddr,
    plan: &Plan,
    known: &[Hidden],
    span: Span,
) -> Reading {
    let hops = seen(trace);
    let end = reached(trace, &hops, target);
    let within = &hops[..end.unwrap_or(hops.len())];
    let Some(entry) = crossed(within, plan.entry) else {
        return Reading::nothing(AttemptOutcome::IngressNotFound);
    };
    let mut between = within[entry + 1..].to_vec();
    if end.is_none() {
        let last = between
            .iter()
            .rposition(|hop| hop.1.as_ref().is_some_and(is_time_exceeded));
        between.truncate(last.map_or(0, |last| last + 1));
        if between.is_empty() {
            return Reading::nothing(AttemptOutcome::TargetNotReached);
        }
    }
    let gap = span
        .gap
        .and_then(|gap| take_gap(&mut between, gap, end.is_some()));
    if end.is_some() {
        drop_known_silent(&mut between, span.known_silent);
    }
    between.dedup_by(|a, b| a.1.is_some() && address(a) == address(b));
    let outcome = judge(&between, plan, known, target, end.is_some());
    if matches!(
        outcome,
        AttemptOutcome::Inconsistent | AttemptOutcome::TargetNotReached
    ) {
        return Reading::nothing(outcome);
    }
    Reading {
        outcome,
        hops: between,
        gap,
    }
}

/// Reads a trace to the other address of a link: only a port unreachable right behind the entry, from an address
/// that is news, is a find.
pub(super) fn read_buddy(
    trace: &Trace,
    buddy: IpAddr,
    plan: &Plan,
    known: &[Hidden],
    gap: bool,
) -> (AttemptOutcome, Option<(u8, Reply)>) {
    let hops = seen(trace);
    let last = hops
        .iter()
        .rev()
        .find_map(|(ttl, reply)| Some((*ttl, reply.as_ref()?)));
    let Some((probe_ttl, reply)) = last.filter(|(_, reply)| is_port_unreachable(reply)) else {
        return (AttemptOutcome::TargetNotReached, None);
    };
    let before: Vec<&Seen> = hops.iter().filter(|hop| hop.0 < probe_ttl).collect();
    let skipped = before
        .iter()
        .rev()
        .take_while(|hop| hop.1.is_none())
        .count();
    let entry = before.iter().rev().find_map(|hop| address(hop));
    if entry != Some(plan.entry) || skipped > usize::from(gap) {
        return (AttemptOutcome::IngressNotFound, None);
    }
    let responder = reply.responder;
    if responder == buddy || is_known(responder, plan, known) {
        return (AttemptOutcome::NothingRevealed, None);
    }
    (AttemptOutcome::Revealed, Some((probe_ttl, reply.clone())))
}

fn seen(trace: &Trace) -> Vec<Seen> {
    trace
        .hops
        .iter()
        .map(|hop| (hop.probe_ttl, hop.replies.first().cloned()))
        .collect()
}

fn address(hop: &Seen) -> Option<IpAddr> {
    hop.1.as_ref().map(|reply| reply.responder)
}

/// Where the target answers: under its own address, or under another one if the trace was completed by it.
fn reached(trace: &Trace, hops: &[Seen], target: IpAddr) -> Option<usize> {
    let by_address = hops.iter().position(|hop| address(hop) == Some(target));
    let by_completion = || {
        hops.iter()
            .rposition(|hop| hop.1.is_some())
            .filter(|_| trace.stop == StopReason::Completed)
    };
    by_address.or_else(by_completion)
}

/// The last of the entry's own hops: a UHP quirk or a Linux pop may repeat it.
fn crossed(hops: &[Seen], entry: IpAddr) -> Option<usize> {
    let first = hops.iter().position(|hop| address(hop) == Some(entry))?;
    let repeats = hops[first..]
        .iter()
        .take_while(|hop| address(hop) == Some(entry))
        .count();
    Some(first + repeats - 1)
}

/// Takes the silent hop of the first trace out: it is the ingress right behind the entry, or the egress right before
/// the exit. While that is open and only one of the two is silent this time too, that one; otherwise the supposed one.
fn take_gap(
    between: &mut Vec<Seen>,
    gap: Gap,
    is_reached: bool,
) -> Option<(Side, Option<(u8, Reply)>)> {
    let silent = |hop: Option<&Seen>| hop.is_some_and(|hop| hop.1.is_none());
    let side = match (silent(between.first()), silent(between.last())) {
        (true, false) if !gap.settled => Side::Ingress,
        (false, true) if !gap.settled => Side::Egress,
        _ => gap.side,
    };
    let hop = match side {
        Side::Ingress => (!between.is_empty()).then(|| between.remove(0))?,
        // It answered nothing, like the target behind it.
        Side::Egress if !is_reached => return Some((side, None)),
        Side::Egress => between.pop()?,
    };
    Some((side, hop.1.map(|reply| (hop.0, reply))))
}

fn drop_known_silent(between: &mut Vec<Seen>, known_silent: usize) {
    for _ in 0..known_silent {
        if between.last().is_none_or(|hop| hop.1.is_some()) {
            return;
        }
        between.pop();
    }
}

fn judge(
    between: &[Seen],
    plan: &Plan,
    known: &[Hidden],
    target: IpAddr,
    is_reached: bool,
) -> AttemptOutcome {
    let addresses: Vec<IpAddr> = between.iter().filter_map(address).collect();
    let is_odd = |(index, address): (usize, &IpAddr)| {
        *address == target
            || is_known(*address, plan, known)
            || addresses[..index].contains(address)
    };
    let all_expired = between
        .iter()
        .filter_map(|hop| hop.1.as_ref())
        .all(is_time_exceeded);
    if addresses.iter().enumerate().any(is_odd) || !all_expired {
        AttemptOutcome::Inconsistent
    } else if !addresses.is_empty() {
        AttemptOutcome::Revealed
    } else if is_reached {
        AttemptOutcome::NothingRevealed
    } else {
        AttemptOutcome::TargetNotReached
    }
}

/// Whether an address has its place on the path already, so that it cannot be news.
fn is_known(address: IpAddr, plan: &Plan, known: &[Hidden]) -> bool {
    let revealed = |hidden: &Hidden| {
        hidden
            .reply
            .as_ref()
            .is_some_and(|reply| reply.responder == address)
    };
    address == plan.entry
        || address == plan.exit
        || plan.path.contains(&address)
        || known.iter().any(revealed)
}

/// The answer of a router to a datagram for itself, on a port where nobody listens.
fn is_port_unreachable(reply: &Reply) -> bool {
    let code = if reply.responder.is_ipv4() { 3 } else { 4 };
    reply.kind == ReplyKind::Unreachable && reply.icmp_code == Some(code)
}
