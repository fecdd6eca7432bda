//! The result, from the book.
use super::book::{Address, Book, Evidence};
use super::session::Aliases;
use super::sets::{self, Conflict, Group};
use crate::job::AliasMethod;
use crate::record::{
    AliasAddress, AliasConflict, AliasPair, AliasResult, AliasSet, AliasVerdict, IpIdClass,
    StopReason,
};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::net::IpAddr;

impl Aliases {
    /// What was found.
    pub(super) fn into_result(self, started_ns: u64, ended_ns: u64) -> AliasResult {
        let book = &self.book;
        let (groups, conflicts) = sets::close(&book.evidence);
        let mut sets: Vec<AliasSet> = groups.iter().map(|group| set(book, group)).collect();
        sets.sort_by(|one, other| one.addresses.cmp(&other.addresses));
        let mut pairs: Vec<AliasPair> = book
            .evidence
            .iter()
            .map(|found| pair(book, found))
            .collect();
        pairs.sort_by_key(|pair| (pair.a, pair.b, pair.method));
        let mut conflicts: Vec<AliasConflict> = conflicts
            .iter()
            .map(|found| conflict(book, found))
            .collect();
        conflicts.sort_by_key(|conflict| (conflict.alias, conflict.rejected));
        AliasResult {
            method: book.options.method,
            addresses: book
                .addresses
                .iter()
                .filter(|one| is_shown(one, &sets))
                .map(address)
                .collect(),
            pairs,
            conflicts,
            eliminated: book.eliminated,
            untested: untested(book),
            stop: self.stop.unwrap_or(StopReason::Completed),
            sent: self.counts.sent,
            received: self.counts.received,
            duplicates: self.counts.duplicates,
            late: self.counts.late,
            started_ns,
            ended_ns,
            sets,
        }
    }
}

/// Candidates that nobody answered for are no addresses of anything.
fn is_shown(one: &Address, sets: &[AliasSet]) -> bool {
    one.is_target
        || one.received > 0
        || sets
            .iter()
            .any(|set| set.addresses.contains(&one.target.address))
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
fn address(one: &Address) -> AliasAddress {
    let is_counter = one.class == IpIdClass::Counter;
    AliasAddress {
        address: one.target.address,
        is_target: one.is_target,
        probe: one.probe.map(super::book::Probe::name),
        class: one.class,
        byte_swapped: one.swapped,
        velocity: is_counter.then_some(one.velocity_milli as f64 / 1_000.0),
        sent: one.sent,
        received: one.received,
    }
}

fn of(book: &Book, number: u32) -> IpAddr {
    book.address(number).target.address
}

/// Two addresses in order.
fn both(book: &Book, (a, b): (u32, u32)) -> [IpAddr; 2] {
    let mut both = [of(book, a), of(book, b)];
    both.sort_unstable();
    both
}

fn set(book: &Book, group: &Group) -> AliasSet {
    let mut addresses: Vec<IpAddr> = group
        .members
        .iter()
        .map(|member| of(book, *member))
        .collect();
    addresses.sort_unstable();
    AliasSet {
        addresses,
        methods: group.methods.iter().copied().collect(),
        false_positive: group.false_positive,
    }
}

fn pair(book: &Book, found: &Evidence) -> AliasPair {
    let [a, b] = both(book, found.pair);
    AliasPair {
        a,
        b,
        method: found.method,
        verdict: found.verdict,
        samples: found.samples,
        rounds: found.rounds,
        bounds: found.bounds,
        distance: found.distance,
        false_positive: found.false_positive,
    }
}

fn conflict(book: &Book, found: &Conflict) -> AliasConflict {
    AliasConflict {
        alias: both(book, found.alias),
        alias_method: found.alias_method,
        rejected: both(book, found.rejected),
        rejected_method: found.rejected_method,
        joined: found.joined,
    }
}

/// Pairs of targets of one family whose counters could have been compared and were not.
fn untested(book: &Book) -> u64 {
    if matches!(
        book.options.method,
        AliasMethod::Mercator | AliasMethod::Prefixscan
    ) {
        return 0;
    }
    let pairs_of = |v6: bool| {
        let usable = u64::try_from(book.usable(&book.family(v6)).len()).unwrap_or(0);
        usable * usable.saturating_sub(1) / 2
    };
    let tested: BTreeSet<(u32, u32)> = book
        .evidence
        .iter()
        .filter(|found| found.method != AliasMethod::Mercator)
        .filter(|found| found.verdict != AliasVerdict::Unknown || found.samples > 0)
        .map(|found| found.pair)
        .collect();
    let tested = book.eliminated + u64::try_from(tested.len()).unwrap_or(u64::MAX);
    (pairs_of(false) + pairs_of(true)).saturating_sub(tested)
}
