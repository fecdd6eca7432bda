//! After how many probes without a new next hop to stop.
//!
//! A balancer has K next hops, each taken by a flow with probability 1/K. Whoever has sent `n[k]` flows and seen no more
//! than k next hops stops. `n[k]` is the least number with which the whole procedure, that is, stopping at any of
//! `n[1]` to `n[k]`, misses one of k + 1 next hops with at most the failure probability asked for.
//!
//! Source: Veitch, Augustin, Teixeira, Friedman, "Failure control in multipath route tracing", Infocom 2009.
use alloc::vec::Vec;

/// Next hops of one node for which there are stopping points; wider ones stop there.
const WIDTH_MAX: usize = 512;
/// Steps of the bisection: the last one is below the resolution of an `f64`.
const BISECTIONS: u32 = 60;

/// Stopping points, computed as far as they are asked for.
#[derive(Clone, Debug)]
pub(super) struct Stopping {
    failure: f64,
    /// `points[k - 1]` is n of k.
    points: Vec<u32>,
}

impl Stopping {
    /// Stopping points that miss a next hop with probability at most `1 - confidence / 100`, over `branch_points`.
    pub(super) fn new(confidence: f64, branch_points: u16) -> Self {
        Self {
            failure: shared_failure(1.0 - confidence / 100.0, branch_points),
            points: Vec::new(),
        }
    }

    /// How many flows are enough, `found` next hops being known.
    pub(super) fn enough(&mut self, found: usize) -> usize {
        let found = found.clamp(1, WIDTH_MAX);
        while self.points.len() < found {
            let next = self.next_point();
            self.points.push(next);
        }
        self.points[found - 1] as usize
    }

    /// Repeats of a flow that show a balancer of `width` next hops to be per-packet, with the same confidence.
    pub(super) fn repeats(&self, width: usize) -> usize {
        let same = 1.0 / f64::from(u16::try_from(width.max(2)).unwrap_or(u16::MAX));
        let (mut repeats, mut undetected) = (0, 1.0);
        while undetected > self.failure {
            undetected *= same;
            repeats += 1;
        }
        repeats
    }

    /// The least number of probes with which one of `points.len() + 2` next hops is missed rarely enough.
    fn next_point(&self) -> u32 {
        let width = self.points.len() + 2;
        // The probability of having seen so many next hops (from 1) and not having stopped.
        let mut seen: Vec<f64> = alloc::vec![0.0; width + 1];
        seen[1] = 1.0;
        let (mut stopped, mut probes) = (0.0, 1);
        loop {
            for (known, point) in (1..).zip(&self.points) {
                if *point == probes {
                    stopped += core::mem::take(&mut seen[known]);
                }
            }
            let missing: f64 = seen[1..width].iter().sum();
            let is_last = self.points.last().is_none_or(|last| *last < probes);
            if is_last && stopped + missing <= self.failure {
                return probes;
            }
            probes += 1;
            for known in (1..=width).rev() {
                let fresh = if known > 1 {
                    chance(width - known + 1, width) * seen[known - 1]
                } else {
                    0.0
                };
                seen[known] = chance(known, width) * seen[known] + fresh;
            }
        }
    }
}

/// The failure probability of each of `count` independent branch points such that all succeed with `1 - failure`.
fn shared_failure(failure: f64, count: u16) -> f64 {
    let (mut low, mut high) = (0.0, failure);
    if count <= 1 {
        return failure;
    }
    for _ in 0..BISECTIONS {
        let middle = f64::midpoint(low, high);
        let succeeded = (0..count).fold(1.0, |product, _| product * (1.0 - middle));
        if succeeded < 1.0 - failure {
            high = middle;
        } else {
            low = middle;
        }
    }
    low
}

fn chance(part: usize, whole: usize) -> f64 {
    let number = |value: usize| f64::from(u16::try_from(value).unwrap_or(u16::MAX));
    number(part) / number(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(confidence: f64, branch_points: u16, count: usize) -> Vec<usize> {
        let mut stopping = Stopping::new(confidence, branch_points);
        (1..=count).map(|found| stopping.enough(found)).collect()
    }

    #[test]
    fn they_are_those_of_the_literature() {
        // Augustin et al., IMC 2007, for a bound per node: 6, 11, 16, 21, 27, 33, 38, 44. From the seventh on one probe
        // more is needed once stopping earlier is counted as the failure that it is.
        assert_eq!(points(95.0, 1, 8), [6, 11, 16, 21, 27, 33, 39, 45]);
        assert_eq!(points(99.0, 1, 4), [8, 15, 21, 28]);
    }

    #[test]
    fn sharing_the_failure_costs_probes() {
        assert_eq!(points(95.0, 30, 1), [11]);
        assert!(
            points(95.0, 30, 6)
                .iter()
                .zip(points(95.0, 1, 6))
                .all(|(all, one)| *all > one)
        );
        let share = shared_failure(0.05, 30);
        let all = (0..30).fold(1.0, |product, _| product * (1.0 - share));
        assert!((all - 0.95_f64).abs() < 1e-9);
    }

    #[test]
    fn repeats_follow_the_width() {
        let stopping = Stopping::new(95.0, 1);
        assert_eq!(
            [2, 3, 4, 16].map(|width| stopping.repeats(width)),
            [5, 3, 3, 2]
        );
    }

    #[test]
    fn no_number_of_next_hops_is_too_many() {
        let mut stopping = Stopping::new(95.0, 1);
        assert!(stopping.enough(60) > 300);
        assert_eq!(stopping.enough(0), 6);
    }
}
