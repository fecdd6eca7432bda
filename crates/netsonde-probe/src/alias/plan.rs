//! Who is probed when.
use super::book::{Book, Heard, Probe};
use crate::seed;
use alloc::vec::Vec;
use core::fmt::Debug;

/// One probe of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Not before so long after the plan has begun.
    pub(super) at_ns: u64,
    pub(super) address: u32,
    pub(super) probe: Probe,
    /// What the stage made it for.
    pub(super) tag: u32,
}

/// Part of a method.
pub(super) trait Stage: Debug + Send + Sync {
    /// Takes what the last plan gave (nothing at first) and gives the next one, in the order of time; empty when done.
    /// What was heard may be incomplete, and the plan that is given may never be followed: then nothing comes after.
    fn next_plan(&mut self, book: &mut Book, heard: Vec<Heard>) -> Vec<Step>;
}

/// Probes all members in turns, each at most once per interval; returns the length of a turn beside the plan.
pub(super) fn in_turns(
    members: &[(u32, Probe)],
    turns: u16,
    interval_ns: u64,
    spacing_ns: u64,
) -> Vec<Step> {
    let count = u64::try_from(members.len()).unwrap_or(u64::MAX).max(1);
    let period_ns = interval_ns.max(count.saturating_mul(spacing_ns));
    let mut steps = Vec::with_capacity(members.len() * usize::from(turns));
    for turn in 0..u64::from(turns) {
        for (place, (address, probe)) in (0_u64..).zip(members) {
            steps.push(Step {
                at_ns: turn * period_ns + period_ns / count * place,
                address: *address,
                probe: *probe,
                tag: 0,
            });
        }
    }
    steps
}

/// Addresses that are probed one after the other.
#[derive(Clone, Debug)]
pub(super) struct Paced {
    pub(super) members: Vec<(u32, Probe)>,
    /// Between two of them.
    pub(super) gap_ns: u64,
}

/// How the members of sets are probed together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Together {
    /// Probes to each member.
    pub(super) turns: u16,
    pub(super) spacing_ns: u64,
    /// Draws the order within each turn, if there is one.
    pub(super) shuffle: Option<u64>,
    /// Before the first probe.
    pub(super) pause_ns: u64,
}

/// Probes the members of each set one after the other; so many sets at once as the rate allows. Steps are
/// tagged with the place of their set.
pub(super) fn together(sets: &[Paced], how: Together) -> Vec<Step> {
    let mut steps = Vec::new();
    for (tag, set) in (0_u32..).zip(sets) {
        let before = u64::try_from(steps.len()).unwrap_or(u64::MAX);
        let mut at_ns = how
            .pause_ns
            .saturating_add(before.saturating_mul(how.spacing_ns));
        let mut order = set.members.clone();
        for turn in 0..u64::from(how.turns) {
            if let Some(drawn) = how.shuffle {
                seed::shuffle(&mut order, drawn ^ seed::mix(u64::from(tag) << 16 | turn));
            }
            for (address, probe) in &order {
                steps.push(Step {
                    at_ns,
                    address: *address,
                    probe: *probe,
                    tag,
                });
                at_ns = at_ns.saturating_add(set.gap_ns);
            }
        }
    }
    steps.sort_by_key(|step| step.at_ns);
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn turns_are_as_long_as_the_interval_or_the_rate_wants() {
        let members: Vec<_> = (0..4).map(|number| (number, Probe::Icmp)).collect();
        let times = |interval_ns, spacing_ns| -> Vec<u64> {
            in_turns(&members, 2, interval_ns, spacing_ns)
                .iter()
                .map(|step| step.at_ns)
                .collect()
        };
        assert_eq!(times(100, 1), [0, 25, 50, 75, 100, 125, 150, 175]);
        assert_eq!(times(100, 50), [0, 50, 100, 150, 200, 250, 300, 350]);
    }

    #[test]
    fn sets_are_probed_side_by_side_in_the_order_of_time() {
        let sets: Vec<_> = (0..3)
            .map(|set| Paced {
                members: vec![(set * 2, Probe::Icmp), (set * 2 + 1, Probe::Udp)],
                gap_ns: 100,
            })
            .collect();
        let how = Together {
            turns: 2,
            spacing_ns: 10,
            shuffle: None,
            pause_ns: 7,
        };
        let steps = together(&sets, how);
        assert!(steps.windows(2).all(|pair| pair[0].at_ns <= pair[1].at_ns));
        let first: Vec<_> = steps
            .iter()
            .filter(|step| step.tag == 1)
            .map(|step| (step.at_ns, step.address))
            .collect();
        assert_eq!(first, [(47, 2), (147, 3), (247, 2), (347, 3)]);
        let shuffled = together(
            &sets,
            Together {
                shuffle: Some(5),
                ..how
            },
        );
        assert_eq!(shuffled.len(), steps.len());
    }
}
