//! What may go where: excluded prefixes, and limits that each prefix of destinations has of its own.
//!
//! A measurement whose prefix has no token waits in the queue of that prefix, not in the way of others, and leaves when
//! it is the first of the queue and a token is there: as many wake-ups as probes, however many wait.
use super::pacer::Pace;
use crate::job::PrefixLimits;
use crate::seed::mix;
use crate::slab::Handle;
use crate::targets::{Prefix, RangeSet};
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::net::IpAddr;
use hashbrown::HashTable;

/// Prefixes remembered one by one: about 25 MB. What a prefix has sent is forgotten once that no longer matters.
const PREFIXES_MAX: usize = (1 << 20) / 8 * 7;
/// Further prefixes share this many records. The limit then holds for all that share one: they get less, never more.
const SHARED: usize = 1 << 16;
/// Between two searches for prefixes to be forgotten.
const SWEEP_NS: u64 = 1_000_000_000;

/// A number for a prefix. Two that had the same would share one limit.
pub(super) type Key = u64;

/// Whether a probe may leave now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    Open,
    /// The prefix has had all its probes.
    Spent,
    /// In its turn.
    Wait(Key),
}

/// The exclusions and limits of a job.
#[derive(Debug)]
pub(super) struct Limits {
    exclude: RangeSet,
    prefixes: Option<Prefixes>,
}

impl Limits {
    pub(super) fn new(exclude: &[Prefix], limits: PrefixLimits, seed: u64) -> Self {
        let is_limited = limits.rate_pps > 0 || limits.probes > 0;
        Self {
            exclude: RangeSet::new(exclude.iter().copied()),
            prefixes: is_limited.then(|| Prefixes::new(limits, seed, PREFIXES_MAX)),
        }
    }

    pub(super) fn excludes(&self, destination: IpAddr) -> bool {
        self.exclude.contains(destination)
    }

    /// Whether a probe to `destination` may leave; `turn` is the prefix whose queue it was the first of.
    pub(super) fn gate(&self, destination: IpAddr, turn: Option<Key>, now_ns: u64) -> Gate {
        self.prefixes.as_ref().map_or(Gate::Open, |prefixes| {
            prefixes.gate(destination, turn, now_ns)
        })
    }

    /// Counts a probe that leaves.
    pub(super) fn take(&mut self, destination: IpAddr, now_ns: u64) {
        if let Some(prefixes) = &mut self.prefixes {
            prefixes.take(destination, now_ns);
        }
    }

    /// Puts a measurement into the queue of a prefix.
    pub(super) fn park(&mut self, key: Key, measurement: Handle) {
        if let Some(prefixes) = &mut self.prefixes {
            prefixes.park(key, measurement);
        }
    }

    /// The first of a queue that has a token, and whose queue it is: to be followed by [`Limits::rearm`].
    pub(super) fn pop_due(&mut self, now_ns: u64) -> Option<(Key, Handle)> {
        self.prefixes.as_mut()?.pop_due(now_ns)
    }

    /// Says when the next of a queue may leave.
    pub(super) fn rearm(&mut self, key: Key) {
        if let Some(prefixes) = &mut self.prefixes {
            prefixes.rearm(key);
        }
    }

    /// When [`Limits::pop_due`] next gives anything.
    pub(super) fn due_ns(&self) -> Option<u64> {
        let (due_ns, _) = self.prefixes.as_ref()?.due.first()?;
        Some(*due_ns)
    }
}

/// What one prefix, or several that share a record, had so far.
#[derive(Clone, Copy, Debug, Default)]
struct Record {
    key: Key,
    /// When its bucket of one token would be full again.
    next_ns: u64,
    sent: u64,
}

#[derive(Debug)]
struct Prefixes {
    limits: PrefixLimits,
    pace: Option<Pace>,
    salt: u64,
    records: HashTable<Record>,
    records_max: usize,
    /// For prefixes that found no room; empty until one did not.
    shared: Vec<Record>,
    swept_ns: u64,
    /// Measurements that wait, by prefix, in the order in which they came.
    queues: BTreeMap<Key, VecDeque<Handle>>,
    /// When the first of each queue may leave.
    due: BTreeSet<(u64, Key)>,
}

impl Prefixes {
    fn new(limits: PrefixLimits, seed: u64, records_max: usize) -> Self {
        Self {
            limits,
            pace: (limits.rate_pps > 0).then(|| Pace::new(limits.rate_pps)),
            salt: mix(seed),
            records: HashTable::new(),
            records_max,
            shared: Vec::new(),
            swept_ns: 0,
            queues: BTreeMap::new(),
            due: BTreeSet::new(),
        }
    }

    fn gate(&self, destination: IpAddr, turn: Option<Key>, now_ns: u64) -> Gate {
        let key = self.key(destination);
        let record = self.record(key);
        if self.limits.probes > 0 && record.sent >= self.limits.probes {
            return Gate::Spent;
        }
        // Whoever comes later does not overtake those that wait already.
        let is_next = turn == Some(key) || !self.queues.contains_key(&key);
        if is_next && self.ready_ns(&record) <= now_ns {
            Gate::Open
        } else {
            Gate::Wait(key)
        }
    }

    fn take(&mut self, destination: IpAddr, now_ns: u64) {
        let (key, pace) = (self.key(destination), self.pace);
        let record = self.record_mut(key, now_ns);
        record.sent += 1;
        if let Some(pace) = pace {
            record.next_ns = pace.next_ns(record.next_ns, now_ns);
        }
    }

    fn park(&mut self, key: Key, measurement: Handle) {
        let queue = self.queues.entry(key).or_default();
        queue.push_back(measurement);
        if queue.len() == 1 {
            let ready_ns = self.ready_ns(&self.record(key));
            self.due.insert((ready_ns, key));
        }
    }

    fn pop_due(&mut self, now_ns: u64) -> Option<(Key, Handle)> {
        while let Some(&(due_ns, key)) = self.due.first()
            && due_ns <= now_ns
        {
            self.due.pop_first();
            // Another prefix that shares the record may have been quicker.
            if self.ready_ns(&self.record(key)) > now_ns {
                self.rearm(key);
            } else if let Some(first) = self.queues.get_mut(&key).and_then(VecDeque::pop_front) {
                return Some((key, first));
            }
        }
        None
    }

    fn rearm(&mut self, key: Key) {
        if self.queues.get(&key).is_some_and(VecDeque::is_empty) {
            self.queues.remove(&key);
        } else if self.queues.contains_key(&key) {
            let ready_ns = self.ready_ns(&self.record(key));
            self.due.insert((ready_ns, key));
        }
    }

    fn ready_ns(&self, record: &Record) -> u64 {
        self.pace.map_or(0, |pace| pace.ready_ns(record.next_ns))
    }

    fn record(&self, key: Key) -> Record {
        let known = self.records.find(key, |record| record.key == key);
        let shared = || self.shared.get(share(key));
        known.or_else(shared).copied().unwrap_or_default()
    }

    /// The record of a prefix, made if there is room: then it goes on from what it may have shared.
    fn record_mut(&mut self, key: Key, now_ns: u64) -> &mut Record {
        let is_known = self.records.find(key, |record| record.key == key).is_some();
        if !is_known && self.records.len() >= self.records_max {
            self.sweep(now_ns);
        }
        if is_known || self.records.len() < self.records_max {
            let begin = Record {
                key,
                ..self.record(key)
            };
            let record = self
                .records
                .entry(key, |record| record.key == key, |record| record.key);
            return record.or_insert(begin).into_mut();
        }
        self.shared.resize(SHARED, Record::default());
        &mut self.shared[share(key)]
    }

    /// Forgets prefixes whose next probe could leave at once, if nothing else has to be known of them.
    fn sweep(&mut self, now_ns: u64) {
        if self.limits.probes == 0 && self.swept_ns.saturating_add(SWEEP_NS) <= now_ns {
            self.swept_ns = now_ns;
            self.records.retain(|record| record.next_ns > now_ns);
        }
    }

    fn key(&self, destination: IpAddr) -> Key {
        let (bits, len, family) = match destination {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, self.limits.v4_len, 4),
            IpAddr::V6(v6) => (v6.to_bits(), self.limits.v6_len, 6),
        };
        let masked = bits & u128::MAX.checked_shl(128 - u32::from(len)).unwrap_or(0);
        let half = |shift: u32| u64::try_from(masked >> shift & u128::from(u64::MAX)).unwrap_or(0);
        mix(mix(self.salt ^ family ^ half(64)) ^ half(0))
    }
}

fn share(key: Key) -> usize {
    usize::try_from(key % SHARED as u64).expect("an index of a list")
}

#[cfg(test)]
mod tests;
