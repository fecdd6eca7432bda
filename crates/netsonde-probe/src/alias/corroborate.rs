//! Corroboration: the addresses of each set are probed closely together, several times, and every pair of
//! the set must pass each time.
//!
//! The estimate of a pair's false positives is for two unrelated routers of the same velocity. In the first round one
//! counter happens to be so close to the other as the bounds are wide: `shifts / 2^bits`. Until the next round
//! both have advanced by chance for the traffic of others, the difference of two Poisson counts of mean `v T`, no value of which is likelier than
//! `1 / sqrt(4 pi v T)`: a further round is passed with at most `shifts / sqrt(4 pi v T)`.
use super::book::{Book, Evidence, Heard};
use super::bounds::{self, Outcome};
use super::confirm::{BOUNDS_MIN, GAP_MS};
use super::plan::{Stage, Step, Together, together};
use super::sample::{Series, Width};
use crate::job::AliasMethod;
use crate::record::AliasVerdict;
use crate::seed;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// Probes to each address in one round.
const TURNS: u16 = 5;

/// What the rounds so far say of a pair.
#[derive(Clone, Debug)]
struct Record {
    evidence: Evidence,
    rejected: bool,
    false_positive: f64,
    /// When the last round that was passed ended.
    ended_ns: u64,
}

/// Probes all sets in rounds.
#[derive(Debug)]
pub(super) struct Corroborate {
    method: AliasMethod,
    round: u8,
    sets: Vec<Vec<u32>>,
    records: BTreeMap<(u32, u32), Record>,
    /// Where the evidence of this stage begins in the book.
    written: Option<usize>,
}

impl Corroborate {
    pub(super) fn new(method: AliasMethod) -> Self {
        Self {
            method,
            round: 0,
            sets: Vec::new(),
            records: BTreeMap::new(),
            written: None,
        }
    }

    fn read(&mut self, book: &Book, heard: &[Heard]) {
        let series = book.series(heard);
        for (tag, set) in (0_u32..).zip(&self.sets) {
            let own = set.iter().filter_map(|member| series.get(&(tag, *member)));
            let own = own.map(|series| series.samples.len()).sum();
            for (place, b) in set.iter().enumerate() {
                for a in &set[..place] {
                    let (Some(one), Some(other)) = (series.get(&(tag, *a)), series.get(&(tag, *b)))
                    else {
                        continue;
                    };
                    let outcome = bounds::test(one, other, book.velocity_most(*a, *b));
                    let record = self.records.entry((*a, *b)).or_insert_with(|| Record {
                        evidence: Evidence::new((*a, *b), self.method, AliasVerdict::Unknown),
                        rejected: false,
                        false_positive: 1.0,
                        ended_ns: 0,
                    });
                    let velocity_milli = background(one, own).min(background(other, own));
                    record.take(&outcome, one, other, velocity_milli);
                }
            }
        }
    }

    /// Writes what is known now; written again after the next round.
    fn write(&mut self, book: &mut Book) {
        let start = *self.written.get_or_insert(book.evidence.len());
        book.evidence.truncate(start);
        for ((a, b), record) in &self.records {
            let mut evidence = record.evidence.clone();
            let likely = record.false_positive <= book.false_positive_most();
            evidence.verdict = if record.rejected {
                book.rejection(*a, *b)
            } else if evidence.rounds == u32::from(book.options.rounds) && likely {
                AliasVerdict::Alias
            } else {
                AliasVerdict::Unknown
            };
            evidence.false_positive = (evidence.rounds > 0).then_some(record.false_positive);
            book.evidence.push(evidence);
        }
    }
}

impl Record {
    fn take(&mut self, outcome: &Outcome, one: &Series, other: &Series, velocity_milli: u64) {
        let samples = one.samples.len() + other.samples.len();
        let evidence = &mut self.evidence;
        evidence.samples = evidence
            .samples
            .saturating_add(u32::try_from(samples).unwrap_or(u32::MAX));
        evidence.bounds = evidence.bounds.saturating_add(outcome.bounds);
        if outcome.violated {
            self.rejected = true;
            self.false_positive = 0.0;
            return;
        }
        if outcome.bounds < BOUNDS_MIN {
            return;
        }
        let apart_ns = (evidence.rounds > 0).then(|| outcome.from_ns.saturating_sub(self.ended_ns));
        self.false_positive *= chance(one.width, outcome.shifts, velocity_milli, apart_ns);
        self.ended_ns = outcome.to_ns;
        evidence.rounds += 1;
    }
}

/// How likely an unrelated counter passes a round: the first, or one that begins so long after the last one.
#[allow(clippy::cast_precision_loss, reason = "shares of at most 2^32")]
pub(super) fn chance(width: Width, shifts: u64, velocity_milli: u64, apart_ns: Option<u64>) -> f64 {
    let spread = apart_ns.map_or(width.modulus(), |apart_ns| {
        // 4 pi v T
        let steps = u128::from(velocity_milli) * u128::from(apart_ns) / 1_000_000_000;
        let squared = steps * 12_566 / 1_000_000;
        u64::try_from(squared)
            .unwrap_or(u64::MAX)
            .isqrt()
            .clamp(1, width.modulus())
    });
    (shifts as f64 / spread as f64).min(1.0)
}

/// How fast a counter grows by itself, in steps per 1000 seconds: without so many replies to us.
pub(super) fn background(series: &Series, own: usize) -> u64 {
    let (steps, time_ns) = series.span();
    let others = u128::from(steps.saturating_sub(u64::try_from(own).unwrap_or(u64::MAX)));
    let milli = others * 1_000_000_000_000 / u128::from(time_ns.max(1));
    u64::try_from(milli).unwrap_or(u64::MAX)
}

impl Stage for Corroborate {
    fn next_plan(&mut self, book: &mut Book, heard: Vec<Heard>) -> Vec<Step> {
        if self.round == 0 {
            self.sets = core::mem::take(&mut book.sets);
        } else {
            self.read(book, &heard);
            self.write(book);
        }
        if self.round == book.options.rounds {
            return Vec::new();
        }
        self.round += 1;
        let sets: Vec<_> = self
            .sets
            .iter()
            .map(|set| book.paced(set, GAP_MS))
            .collect();
        let how = Together {
            turns: TURNS,
            spacing_ns: book.spacing_ns(),
            shuffle: Some(seed::mix(book.seed ^ u64::from(self.round))),
            pause_ns: book.round_gap_ns(),
        };
        together(&sets, how)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_those_of_the_formula() {
        let close = |found: f64, expected: f64| (found / expected - 1.0).abs() < 0.02;
        assert!(close(chance(Width::Bits16, 1, 0, None), 1.0 / 65_536.0));
        // 100 steps a second for 3 s: sqrt(4 pi 300) = 61.4
        assert!(close(
            chance(Width::Bits16, 6, 100_000, Some(3_000_000_000)),
            6.0 / 61.4
        ));
        assert!(close(chance(Width::Bits16, 6, 0, Some(3_000_000_000)), 1.0));
        assert!(close(
            chance(Width::Bits32, 1, 0, None),
            1.0 / 4_294_967_296.0
        ));
    }
}
