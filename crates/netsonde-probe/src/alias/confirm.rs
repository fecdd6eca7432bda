//! Confirmation: the pairs that elimination left are probed closely, one for each two sets that may be one.
//!
//! Sets grow as pairs pass. A pair within a set needs no test here (corroboration tests all of them), and one test that
//! fails keeps two sets apart: so each pass tests at most one pair per set, and all passes about as many
//! pairs as there are addresses.
use super::book::{Book, Evidence, Heard, index};
use super::bounds;
use super::plan::{Stage, Step, Together, together};
use crate::job::AliasMethod;
use crate::record::AliasVerdict;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

/// Probes to each address of a pair.
const TURNS: u16 = 5;
/// Between two probes of a pair or set: the bounds test needs no order, and the closer the narrower.
pub(super) const GAP_MS: u32 = 20;
/// Bounds that a pair has to pass.
pub(super) const BOUNDS_MIN: u32 = 4;
/// Passes at most: one more than the largest set has addresses would do.
const PASSES_MAX: u32 = 1_000;

/// Tests the most promising pairs first.
#[derive(Debug)]
pub(super) struct Confirm {
    method: AliasMethod,
    /// Left to be tested, the most promising last.
    pending: Vec<(u32, u32)>,
    testing: Vec<(u32, u32)>,
    rejected: Vec<(u32, u32)>,
    /// The address that stands for the set of each, itself at first.
    leaders: Vec<u32>,
    passes: u32,
}

impl Confirm {
    pub(super) fn new(method: AliasMethod) -> Self {
        Self {
            method,
            pending: Vec::new(),
            testing: Vec::new(),
            rejected: Vec::new(),
            leaders: Vec::new(),
            passes: 0,
        }
    }

    fn leader(&self, number: u32) -> u32 {
        let mut leader = number;
        while self.leaders[index(leader)] != leader {
            leader = self.leaders[index(leader)];
        }
        leader
    }

    fn leaders_of(&self, (a, b): (u32, u32)) -> (u32, u32) {
        super::book::pair(self.leader(a), self.leader(b))
    }

    fn read(&mut self, book: &mut Book, heard: &[Heard]) {
        let series = book.series(heard);
        let testing = core::mem::take(&mut self.testing);
        for (tag, (a, b)) in (0_u32..).zip(testing) {
            let mut evidence = Evidence::new((a, b), self.method, AliasVerdict::Unknown);
            if let (Some(one), Some(other)) = (series.get(&(tag, a)), series.get(&(tag, b))) {
                let outcome = bounds::test(one, other, book.velocity_most(a, b));
                let samples = one.samples.len() + other.samples.len();
                evidence.samples = u32::try_from(samples).unwrap_or(u32::MAX);
                evidence.bounds = outcome.bounds;
                if outcome.violated {
                    self.rejected.push((a, b));
                    evidence.verdict = book.rejection(a, b);
                } else if outcome.bounds >= BOUNDS_MIN {
                    let (low, high) = self.leaders_of((a, b));
                    self.leaders[index(high)] = low;
                    // Corroboration speaks about this pair.
                    continue;
                }
            }
            book.evidence.push(evidence);
        }
    }

    /// The next pairs: no two of them of one set.
    fn choose(&mut self, book: &mut Book) {
        let apart: BTreeSet<_> = self
            .rejected
            .iter()
            .map(|pair| self.leaders_of(*pair))
            .collect();
        let mut busy = BTreeSet::new();
        let pending = core::mem::take(&mut self.pending);
        for pair in pending.into_iter().rev() {
            let (low, high) = self.leaders_of(pair);
            if low == high {
                continue;
            }
            if apart.contains(&(low, high)) {
                book.eliminated += 1;
            } else if busy.contains(&low) || busy.contains(&high) {
                self.pending.push(pair);
            } else {
                busy.extend([low, high]);
                self.testing.push(pair);
            }
        }
        self.pending.reverse();
    }

    fn tell_sets(&self, book: &mut Book) {
        let mut sets: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for number in (0_u32..).take(self.leaders.len()) {
            sets.entry(self.leader(number)).or_default().push(number);
        }
        book.sets = sets.into_values().filter(|set| set.len() > 1).collect();
    }
}

impl Stage for Confirm {
    fn next_plan(&mut self, book: &mut Book, heard: Vec<Heard>) -> Vec<Step> {
        if self.passes == 0 {
            let mut survivors = core::mem::take(&mut book.survivors);
            survivors.sort_unstable_by(|one, other| other.cmp(one));
            self.pending = survivors.into_iter().map(|(_, pair)| pair).collect();
            self.leaders = (0_u32..).take(book.addresses.len()).collect();
        } else {
            self.read(book, &heard);
        }
        self.passes += 1;
        if self.passes <= PASSES_MAX {
            self.choose(book);
        }
        self.tell_sets(book);
        let pairs: Vec<_> = self
            .testing
            .iter()
            .map(|(a, b)| book.paced(&[*a, *b], GAP_MS))
            .collect();
        let how = Together {
            turns: TURNS,
            spacing_ns: book.spacing_ns(),
            shuffle: None,
            pause_ns: 0,
        };
        together(&pairs, how)
    }
}
