//! `RadarGun`: all addresses are probed in rounds; two that lie on one line share a counter.
//!
//! Source: Bender, Sherwood and Spring, "Fixing Ally's growing pains with velocity modeling", IMC 2008. The distance of two
//! addresses is the mean, over the samples of each, of how far the other's counter is at that moment, between
//! its own samples by interpolation. Up to `near` they are aliases, from `far` on they are not.
use super::book::{Book, Evidence, Heard};
use super::plan::{Stage, Step, in_turns};
use super::sample::Series;
use crate::job::AliasMethod;
use crate::record::AliasVerdict;
use alloc::vec::Vec;

/// Comparisons without which nothing is said.
const COMPARED_MIN: u64 = 4;

/// Mean distance, and over how many samples; `None` if there are too few.
pub(super) fn distance(a: &Series, b: &Series) -> Option<(u32, u32)> {
    let mut sum = 0_u64;
    let mut count = 0_u64;
    for (one, other) in [(a, b), (b, a)] {
        for sample in &other.samples {
            let moment_ns = u64::midpoint(sample.sent_ns, sample.received_ns);
            if let Some(expected) = interpolate(one, moment_ns) {
                let steps = one.width.steps(expected, sample.id);
                sum += steps.min(one.width.modulus() - steps);
                count += 1;
            }
        }
    }
    if count < COMPARED_MIN {
        return None;
    }
    let mean = u32::try_from(sum / count).unwrap_or(u32::MAX);
    Some((mean, u32::try_from(count).unwrap_or(u32::MAX)))
}

/// What the counter was at that moment, between two of its samples.
fn interpolate(series: &Series, moment_ns: u64) -> Option<u32> {
    let middle = |place: usize| {
        let sample = series.chain.get(place)?.sample;
        Some(u64::midpoint(sample.sent_ns, sample.received_ns))
    };
    let after = series.chain.partition_point(|link| {
        u64::midpoint(link.sample.sent_ns, link.sample.received_ns) <= moment_ns
    });
    let before = after.checked_sub(1)?;
    let (start_ns, end_ns) = (middle(before)?, middle(after)?);
    let (low, high) = (series.chain[before], series.chain[after]);
    let grown = u128::from(high.count - low.count) * u128::from(moment_ns - start_ns)
        / u128::from((end_ns - start_ns).max(1));
    let sum = u128::from(low.sample.id) + grown;
    u32::try_from(sum % u128::from(series.width.modulus())).ok()
}

/// Probes all, then compares all.
#[derive(Debug)]
pub(super) struct Radargun {
    members: Vec<u32>,
    begun: bool,
}

impl Radargun {
    pub(super) fn new(members: Vec<u32>) -> Self {
        Self {
            members,
            begun: false,
        }
    }

    fn compare(book: &mut Book, heard: &[Heard]) {
        let series: Vec<(u32, Series)> = book
            .series(heard)
            .into_iter()
            .map(|((_, number), series)| (number, series))
            .collect();
        for (place, (b, of_b)) in series.iter().enumerate() {
            for (a, of_a) in &series[..place] {
                let found = distance(of_a, of_b)
                    .filter(|_| book.address(*a).swapped == book.address(*b).swapped);
                let Some((mean, samples)) = found else {
                    continue;
                };
                let verdict = if mean <= u32::from(book.options.near) {
                    AliasVerdict::Alias
                } else if mean < u32::from(book.options.far) {
                    AliasVerdict::Unknown
                } else {
                    book.rejection(*a, *b)
                };
                if verdict == AliasVerdict::Not && !book.options.all_pairs {
                    book.eliminated += 1;
                    continue;
                }
                let chance = f64::from(2 * u32::from(book.options.near) + 1) / 65_536.0;
                book.evidence.push(Evidence {
                    samples,
                    rounds: 1,
                    distance: Some(mean),
                    false_positive: (verdict == AliasVerdict::Alias).then_some(chance.min(1.0)),
                    ..Evidence::new((*a, *b), AliasMethod::Radargun, verdict)
                });
            }
        }
    }
}

impl Stage for Radargun {
    fn next_plan(&mut self, book: &mut Book, heard: Vec<Heard>) -> Vec<Step> {
        if self.begun {
            Self::compare(book, &heard);
            return Vec::new();
        }
        self.begun = true;
        let usable = book.usable(&self.members);
        in_turns(
            &usable,
            book.options.samples,
            book.interval_ns(),
            book.spacing_ns(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alias::sample::{Sample, Width};

    const MS: u64 = 1_000_000;

    /// Samples every second from `offset_ms` on, of a counter of 40 steps a second.
    fn line(start: u32, offset_ms: u64, noise: &[u32]) -> Series {
        let sample = |(index, noise): (u64, &u32)| {
            let at_ms = index * 1_000 + offset_ms;
            let grown = u32::try_from(at_ms * 40 / 1_000).unwrap();
            Sample {
                sent_ns: at_ms * MS,
                received_ns: (at_ms + 20) * MS,
                id: (start + grown + noise) & 0xffff,
            }
        };
        Series::new(Width::Bits16, (0..).zip(noise).map(sample).collect())
    }

    #[test]
    fn one_line_is_near_itself_and_two_are_as_far_as_they_are() {
        let a = line(65_500, 0, &[0, 3, 1, 2, 0, 4]);
        let (near, samples) = distance(&a, &line(65_500, 400, &[1, 0, 2, 5, 1, 0])).unwrap();
        assert!(near < 8 && samples == 10, "{near} {samples}");
        let (far, _) = distance(&a, &line(65_500 - 3_000, 400, &[0; 6])).unwrap();
        assert!((2_990..3_010).contains(&far), "{far}");
        assert_eq!(distance(&a, &line(0, 400, &[0])), None);
    }
}
