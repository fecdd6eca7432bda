//! Elimination: nearly all pairs are told apart by a few samples of each address, none being probed as a pair.
//!
//! Addresses are ordered by velocity, since those that share a counter have nearly the same. A window slides over them: as
//! many as the rate can probe before the fastest counter among them has made an eighth of a turn. All in a
//! window are probed in turns, and all pairs in it tested; the next window begins with the first address that may
//! have an alias beyond this one, yet not before the middle of it. So the cost is at most twice `samples` per address.
use super::book::{Book, Evidence, Heard, Probe, pair};
use super::bounds;
use super::plan::{Stage, Step, in_turns};
use super::sample::Series;
use crate::job::AliasMethod;
use crate::record::AliasVerdict;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::ops::Range;

/// A turn of the counter, by this, is what the fastest one of a window may advance between two probes.
const TURN_PARTS: u64 = 8;
/// Pairs that are left at most; for more, elimination has not worked.
const SURVIVORS_MAX: usize = 1 << 20;
/// Bounds below which a pair is not kept.
const BOUNDS_MIN: u32 = 2;

/// Slides the window.
#[derive(Debug)]
pub(super) struct Eliminate {
    method: AliasMethod,
    members: Vec<u32>,
    /// Usable ones, fastest first.
    ordered: Vec<(u32, Probe)>,
    /// The window that is being probed, and up to where the pairs of its first part are known.
    window: Range<usize>,
    known: usize,
    begun: bool,
    /// Pairs that a common source address proves: what speaks against them is told.
    proven: BTreeSet<(u32, u32)>,
}

impl Eliminate {
    pub(super) fn new(method: AliasMethod, members: Vec<u32>) -> Self {
        Self {
            method,
            members,
            ordered: Vec::new(),
            window: 0..0,
            known: 0,
            begun: false,
            proven: BTreeSet::new(),
        }
    }

    /// The first window, or the next one.
    fn slide(&mut self, book: &Book) {
        let velocity = |place: usize| {
            self.ordered
                .get(place)
                .map(|(number, _)| book.address(*number).velocity_milli)
        };
        let count = self.ordered.len();
        let start = if self.begun {
            self.known = self.window.end;
            let reaches_beyond = |place: &usize| {
                self.ordered
                    .get(self.window.end)
                    .is_some_and(|(next, _)| book.may_share(self.ordered[*place].0, *next))
            };
            let middle = self.window.start + self.window.len().div_ceil(2);
            (middle..self.window.end)
                .find(reaches_beyond)
                .unwrap_or(self.window.end)
        } else {
            0
        };
        self.begun = true;
        if self.window.end == count {
            self.window = count..count;
            return;
        }
        let fits = velocity(start).map_or(count, |milli| self.capacity(book, milli));
        self.window = start..count.min(start + fits.max(self.known - start.min(self.known) + 2));
    }

    /// Addresses that can be probed before a counter of that velocity has advanced too far.
    fn capacity(&self, book: &Book, velocity_milli: u64) -> usize {
        let modulus = self
            .ordered
            .first()
            .map_or(1 << 16, |(_, probe)| probe.width().modulus());
        let steps_milli = u128::from(modulus / TURN_PARTS) * 1_000;
        let time_ns = steps_milli * 1_000_000_000 / u128::from(velocity_milli.max(1));
        usize::try_from(time_ns / u128::from(book.spacing_ns())).unwrap_or(usize::MAX)
    }

    /// Tests the pairs of the window that no earlier window had.
    fn test(&self, book: &mut Book, heard: &[Heard]) {
        let mut series = book.series(heard);
        let window = &self.ordered[self.window.clone()];
        let of = |(number, _): &(u32, Probe)| Some((*number, series.remove(&(0, *number))?));
        let window: Vec<Option<(u32, Series)>> = window.iter().map(of).collect();
        let new = self.known.saturating_sub(self.window.start);
        for (place, later) in window.iter().enumerate().skip(new) {
            let Some(later) = later else { continue };
            for earlier in window[..place].iter().flatten() {
                self.test_pair(book, earlier, later);
            }
        }
    }

    fn test_pair(&self, book: &mut Book, one: &(u32, Series), other: &(u32, Series)) {
        let ((a, one), (b, other)) = (one, other);
        let pair = pair(*a, *b);
        let may_share = book.may_share(*a, *b);
        if may_share {
            let outcome = bounds::test(one, other, book.velocity_most(*a, *b));
            if !outcome.violated {
                if outcome.bounds >= BOUNDS_MIN && book.survivors.len() < SURVIVORS_MAX {
                    book.survivors.push((outcome.shifts, pair));
                }
                return;
            }
        }
        let verdict = book.rejection(*a, *b);
        if book.options.all_pairs || self.proven.contains(&pair) {
            let told = Evidence::new(pair, self.method, verdict);
            book.evidence.push(Evidence {
                bounds: u32::from(may_share),
                ..told
            });
        } else if verdict == AliasVerdict::Not {
            book.eliminated += 1;
        }
    }
}

impl Stage for Eliminate {
    fn next_plan(&mut self, book: &mut Book, heard: Vec<Heard>) -> Vec<Step> {
        if self.begun {
            self.test(book, &heard);
        } else {
            let is_proof = |found: &&Evidence| found.method == AliasMethod::Mercator;
            let proofs = book.evidence.iter().filter(is_proof);
            self.proven = proofs.map(|found| found.pair).collect();
            self.ordered = book.usable(&self.members);
            self.ordered.sort_by_key(|(number, _)| {
                (
                    core::cmp::Reverse(book.address(*number).velocity_milli),
                    *number,
                )
            });
        }
        self.slide(book);
        if self.window.len() < 2 {
            return Vec::new();
        }
        let window = &self.ordered[self.window.clone()];
        in_turns(
            window,
            book.options.samples,
            book.interval_ns(),
            book.spacing_ns(),
        )
    }
}
