//! Pairs of hops between which an invisible or opaque tunnel may hide its routers.
use super::super::path::Observed;
use super::visible::opaque_ttl;
use super::{Candidate, Role};
use crate::job::TntOptions;
use crate::record::{Trigger, TunnelClass};
use alloc::vec;
use alloc::vec::Vec;

/// Looks at each hop as the end of a tunnel that the trace does not show.
pub(super) fn find(hops: &[Observed], roles: &[Role], options: &TntOptions) -> Vec<Candidate> {
    (0..hops.len())
        .filter_map(|exit| candidate(hops, roles, options, exit))
        .collect()
}

fn candidate(
    hops: &[Observed],
    roles: &[Role],
    options: &TntOptions,
    exit: usize,
) -> Option<Candidate> {
    let hop = &hops[exit];
    hop.reply.as_ref()?;
    if opaque_ttl(hop, options).is_some() {
        let entry = (!hop.is_reserved())
            .then(|| entry_before(hops, exit))
            .flatten();
        let (entry, gap) = entry
            .filter(|&(entry, _)| is_end(hops, entry, exit))
            .unzip();
        let (class, triggers) = (TunnelClass::Opaque, vec![Trigger::LseTtl]);
        return Some(Candidate {
            class,
            entry,
            exit,
            gap: gap.unwrap_or(false),
            triggers,
        });
    }
    if hop.is_reserved() || roles[exit].lsr || roles[exit].egress || !hop.is_time_exceeded() {
        return None;
    }
    let repeats = repeats(hops, exit)?;
    let first = if repeats == Repeats::Previous {
        exit - 1
    } else {
        exit
    };
    let (entry, gap) = entry_before(hops, first)?;
    if !is_end(hops, entry, exit) || roles[entry].lsr {
        return None;
    }
    let triggers = match repeats {
        Repeats::Previous => vec![Trigger::DuplicateIp],
        Repeats::Nothing => triggers(hops, entry, exit, gap, options),
    };
    let class = match repeats {
        Repeats::Previous => TunnelClass::InvisibleUhp,
        Repeats::Nothing => TunnelClass::InvisiblePhp,
    };
    (!triggers.is_empty()).then_some(Candidate {
        class,
        entry: Some(entry),
        exit,
        gap,
        triggers,
    })
}

/// The last responding hop before one, over one silent hop at most.
fn entry_before(hops: &[Observed], first: usize) -> Option<(usize, bool)> {
    let answers = |index: usize| hops[index].reply.is_some();
    let previous = first.checked_sub(1)?;
    if answers(previous) {
        return Some((previous, false));
    }
    previous
        .checked_sub(1)
        .filter(|&entry| answers(entry))
        .map(|entry| (entry, true))
}

fn is_end(hops: &[Observed], entry: usize, exit: usize) -> bool {
    !hops[entry].is_reserved() && hops[entry].address() != hops[exit].address()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeats {
    Nothing,
    Previous,
}

/// Whether a hop repeats the one before it, as the hop behind a Cisco UHP egress does; `None` if it is to be passed
/// over: it is looked at with its repetition, or as the first of a Linux pair, or it repeats so often that some
/// middlebox must be writing its own address.
fn repeats(hops: &[Observed], index: usize) -> Option<Repeats> {
    let same = |a: Option<usize>, b: usize| {
        let (a, b) = (a.and_then(|a| hops.get(a)), hops.get(b));
        a.zip(b)
            .is_some_and(|(a, b)| a.reply.is_some() && a.address() == b.address())
    };
    let before = index.checked_sub(1);
    let (previous, next) = (same(before, index), same(Some(index), index + 1));
    let far = same(before.and_then(|before| before.checked_sub(1)), index);
    match (previous, next) {
        (false, false) => Some(Repeats::Nothing),
        (false, true) => {
            (is_zero(&hops[index]) && !same(Some(index), index + 2)).then_some(Repeats::Nothing)
        }
        (true, false) if !far && !before.is_some_and(|before| is_zero(&hops[before])) => {
            Some(Repeats::Previous)
        }
        (true, _) => None,
    }
}

/// A penultimate Linux router in pipe mode decrements the IP TTL without a look, so that the egress answers twice,
/// the first time quoting 0. That is PHP.
fn is_zero(hop: &Observed) -> bool {
    hop.quoted_ttl() == Some(0)
}

fn triggers(
    hops: &[Observed],
    entry: usize,
    exit: usize,
    gap: bool,
    options: &TntOptions,
) -> Vec<Trigger> {
    let hop = &hops[exit];
    let at_least = |value: Option<i16>, min: u8| value.is_some_and(|value| value >= i16::from(min));
    let mut triggers = Vec::new();
    if at_least(hop.rtla(), options.rtla_min) {
        triggers.push(Trigger::Rtla);
    }
    if at_least(hop.frpla(), options.frpla_min) {
        triggers.push(Trigger::Frpla);
    }
    // A silent egress is one hop more on the way out: what FRPLA shows behind it is one less.
    let increase = hop
        .frpla()
        .zip(hops[entry].frpla())
        .map(|(after, before)| after - before);
    if gap && increase.is_some_and(|rise| rise >= 1 && rise + 1 >= i16::from(options.frpla_min)) {
        triggers.push(Trigger::FrplaIncrease);
    }
    if is_zero(hop) {
        triggers.push(Trigger::QttlZero);
    }
    if triggers.is_empty() && options.reveal_64_64 && is_blind(hop) {
        triggers.push(Trigger::Signature6464);
    }
    if triggers.is_empty() && options.brute_force {
        triggers.push(Trigger::BruteForce);
    }
    triggers
}

/// Errors that start at 64 are never lowered by a label TTL that starts at 255, and echo replies neither.
fn is_blind(hop: &Observed) -> bool {
    hop.facts
        .as_ref()
        .is_some_and(|facts| matches!(facts.signature, (64, 64 | 0)))
}
