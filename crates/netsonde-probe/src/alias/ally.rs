//! Ally: two addresses are probed in turn, and their identifications must follow one another closely.
//!
//! Source: Spring, Mahajan and Wetherall, "Measuring ISP topologies with Rocketfuel", SIGCOMM 2002; limit of a step as
//! in scamper (200). The test is repeated, since unrelated counters pass once in a few hundred pairs.
use super::book::{Book, Evidence, Heard};
use super::bounds;
use super::corroborate::{background, chance};
use super::plan::{Paced, Stage, Step, Together, together};
use super::sample::{Sample, Series};
use crate::job::AliasMethod;
use crate::record::AliasVerdict;
use crate::seed;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Probes to each address in one trial: five in all of scamper's, and one more so that both have equal shares.
const TURNS: u16 = 3;
/// Between two probes of a pair, as scamper waits: a reply must have come before the next probe leaves.
const GAP_MS: u32 = 150;
/// Pairs probed in one plan.
const PAIRS_AT_ONCE: usize = 2_048;
/// Replies of each address without which a trial says nothing.
const SAMPLES_MIN: usize = 2;

/// What one trial says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trial {
    pub(super) verdict: AliasVerdict,
    /// Largest step from one identification to the next.
    pub(super) distance: Option<u32>,
}

/// Whether identifications are in sequence: each later one larger, by at most `fudge` (0 for any step) and what
/// a counter of that velocity (steps per 1000 s) may advance.
pub(super) fn judge(a: &Series, b: &Series, fudge: u16, velocity_milli: u64) -> Trial {
    let unknown = Trial {
        verdict: AliasVerdict::Unknown,
        distance: None,
    };
    if a.samples.len() < SAMPLES_MIN || b.samples.len() < SAMPLES_MIN {
        return unknown;
    }
    let both: Vec<Sample> = a.samples.iter().chain(&b.samples).copied().collect();
    let merged = Series::new(a.width, both);
    let mut trial = Trial {
        verdict: AliasVerdict::Alias,
        distance: Some(0),
    };
    // Replies that may have been made in the other order say nothing.
    for pair in merged.chain.windows(2) {
        let step = pair[1].count - pair[0].count;
        let time_ns = pair[1].sample.received_ns - pair[0].sample.sent_ns;
        let drift = u128::from(velocity_milli) * u128::from(time_ns) / 1_000_000_000_000;
        let drift = u64::try_from(drift).unwrap_or(u64::MAX);
        let backwards = step == 0 || step * 2 >= a.width.modulus();
        if backwards || fudge > 0 && step > u64::from(fudge).saturating_add(drift) {
            trial.verdict = AliasVerdict::Not;
        } else if fudge > 0 && step > u64::from(fudge) && trial.verdict == AliasVerdict::Alias {
            trial.verdict = AliasVerdict::Unknown;
        }
        let step = u32::try_from(step).unwrap_or(u32::MAX);
        trial.distance = trial.distance.map(|largest| largest.max(step));
    }
    if merged.chain.len() < 2 * SAMPLES_MIN && trial.verdict == AliasVerdict::Alias {
        return unknown;
    }
    trial
}

/// Pairs that are being tested.
#[derive(Clone, Debug)]
struct Testing {
    evidence: Evidence,
    false_positive: f64,
    ended_ns: u64,
}

/// Tests pairs: those given, or all of the members.
#[derive(Debug)]
pub(super) struct Ally {
    method: AliasMethod,
    members: Vec<u32>,
    pairs: Option<VecDeque<(u32, u32)>>,
    testing: Vec<Testing>,
    /// Trials that the pairs under test have had.
    trials: u8,
}

impl Ally {
    /// All pairs of the members.
    pub(super) fn of_all(members: Vec<u32>) -> Self {
        Self {
            method: AliasMethod::Ally,
            members,
            pairs: None,
            testing: Vec::new(),
            trials: 0,
        }
    }

    /// These pairs.
    pub(super) fn of_pairs(method: AliasMethod, pairs: Vec<(u32, u32)>) -> Self {
        Self {
            method,
            members: Vec::new(),
            pairs: Some(pairs.into()),
            testing: Vec::new(),
            trials: 0,
        }
    }

    /// All pairs of usable members, such that neighbours in the list have no address in common.
    fn all_pairs(&self, book: &Book) -> VecDeque<(u32, u32)> {
        let usable: Vec<u32> = book
            .usable(&self.members)
            .iter()
            .map(|(number, _)| *number)
            .collect();
        let count = usable.len();
        let mut pairs = VecDeque::with_capacity(count * count / 2);
        for distance in 1..count {
            for place in 0..count - distance {
                pairs.push_back(super::book::pair(usable[place], usable[place + distance]));
            }
        }
        pairs
    }

    fn read(&mut self, book: &mut Book, heard: &[Heard]) {
        let series = book.series(heard);
        let testing = core::mem::take(&mut self.testing);
        for (tag, mut one) in (0_u32..).zip(testing) {
            let (a, b) = one.evidence.pair;
            let both = (series.get(&(tag, a)), series.get(&(tag, b)));
            if let (Some(of_a), Some(of_b)) = both {
                one.take(book, of_a, of_b);
            } else {
                one.evidence.verdict = AliasVerdict::Unknown;
            }
            if one.evidence.verdict == AliasVerdict::Alias && self.trials < book.options.rounds {
                self.testing.push(one);
            } else {
                book.evidence.push(one.evidence);
            }
        }
    }

    fn choose(&mut self, book: &Book) {
        self.trials = 0;
        let pairs = self.pairs.get_or_insert_default();
        while self.testing.len() < PAIRS_AT_ONCE
            && let Some(pair) = pairs.pop_front()
        {
            if book.usable(&[pair.0, pair.1]).len() == 2 {
                self.testing.push(Testing {
                    evidence: Evidence::new(pair, self.method, AliasVerdict::Alias),
                    false_positive: 1.0,
                    ended_ns: 0,
                });
            }
        }
    }
}

impl Testing {
    fn take(&mut self, book: &Book, a: &Series, b: &Series) {
        let (one, other) = self.evidence.pair;
        let velocity_milli = book.velocity_most(one, other);
        let trial = judge(a, b, book.options.fudge, velocity_milli);
        let outcome = bounds::test(a, b, velocity_milli);
        let apart_ns =
            (self.evidence.rounds > 0).then(|| outcome.from_ns.saturating_sub(self.ended_ns));
        let samples = u32::try_from(a.samples.len() + b.samples.len()).unwrap_or(u32::MAX);
        let evidence = &mut self.evidence;
        evidence.samples = evidence.samples.saturating_add(samples);
        evidence.bounds = evidence.bounds.saturating_add(outcome.bounds);
        evidence.distance = trial.distance.max(evidence.distance);
        evidence.verdict = match trial.verdict {
            AliasVerdict::Not => book.rejection(one, other),
            other => other,
        };
        if trial.verdict == AliasVerdict::Alias {
            let own = a.samples.len() + b.samples.len();
            let slowest = background(a, own).min(background(b, own));
            self.false_positive *= chance(a.width, outcome.shifts, slowest, apart_ns);
            self.ended_ns = outcome.to_ns;
            evidence.rounds += 1;
            evidence.false_positive = Some(self.false_positive);
        }
    }
}

impl Stage for Ally {
    fn next_plan(&mut self, book: &mut Book, heard: Vec<Heard>) -> Vec<Step> {
        if self.pairs.is_none() {
            self.pairs = Some(self.all_pairs(book));
        }
        self.read(book, &heard);
        let pause_ns = if self.testing.is_empty() {
            self.choose(book);
            0
        } else {
            book.round_gap_ns()
        };
        self.trials += 1;
        let pairs: Vec<Paced> = self
            .testing
            .iter()
            .map(|one| book.paced(&[one.evidence.pair.0, one.evidence.pair.1], GAP_MS))
            .collect();
        let drawn = seed::mix(book.seed ^ u64::from(self.trials));
        let how = Together {
            turns: TURNS,
            spacing_ns: book.spacing_ns(),
            shuffle: book.options.shuffle.then_some(drawn),
            pause_ns,
        };
        together(&pairs, how)
    }
}

#[cfg(test)]
mod tests;
