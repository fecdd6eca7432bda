//! Sets from pairs, against a specification by brute force.
use super::*;
use alloc::vec;
use proptest::prelude::*;

fn pair(
    a: u32,
    b: u32,
    verdict: AliasVerdict,
    method: AliasMethod,
    false_positive: f64,
) -> Evidence {
    Evidence {
        false_positive: Some(false_positive),
        ..Evidence::new((a, b), method, verdict)
    }
}

fn midar(a: u32, b: u32, false_positive: f64) -> Evidence {
    pair(
        a,
        b,
        AliasVerdict::Alias,
        AliasMethod::Midar,
        false_positive,
    )
}

fn not(a: u32, b: u32) -> Evidence {
    pair(a, b, AliasVerdict::Not, AliasMethod::Midar, 0.0)
}

fn members(groups: &[Group]) -> Vec<Vec<u32>> {
    groups
        .iter()
        .map(|group| group.members.iter().copied().collect())
        .collect()
}

#[test]
fn aliases_of_aliases_are_aliases() {
    let (groups, conflicts) = close(&[
        midar(4, 5, 0.1),
        midar(1, 2, 0.2),
        midar(2, 3, 0.3),
        midar(3, 1, 0.9),
    ]);
    assert_eq!(members(&groups), [vec![1, 2, 3], vec![4, 5]]);
    assert!(conflicts.is_empty());
    assert!(
        (groups[0].false_positive - 0.3).abs() < 1e-9,
        "the pair 3-1 adds nothing"
    );
}

#[test]
fn a_rejected_pair_splits_a_set_at_its_weakest_pair() {
    let (groups, conflicts) = close(&[
        midar(1, 2, 0.1),
        midar(2, 3, 0.3),
        midar(3, 4, 0.2),
        not(4, 1),
    ]);
    assert_eq!(members(&groups), [vec![1, 2], vec![3, 4]]);
    let [conflict] = conflicts[..] else {
        panic!("{conflicts:?}")
    };
    assert_eq!(
        (conflict.alias, conflict.rejected, conflict.joined),
        ((2, 3), (4, 1), false)
    );
}

#[test]
fn a_common_source_address_outweighs_differing_counters() {
    let proof = pair(1, 2, AliasVerdict::Alias, AliasMethod::Mercator, 0.0);
    let (groups, conflicts) = close(&[not(1, 2), proof]);
    assert_eq!(members(&groups), [vec![1, 2]]);
    assert!(conflicts[0].joined);
}

proptest! {
    #[test]
    fn no_set_holds_a_rejected_pair_and_every_refusal_is_told(
        pairs in prop::collection::vec((0_u32..12, 0_u32..12, 0_u32..3, 0_u32..1_000), 0..60),
    ) {
        let evidence: Vec<Evidence> = pairs.iter().filter(|(a, b, ..)| a != b).map(|&(a, b, kind, strength)| {
            if kind == 0 { not(a, b) } else { midar(a, b, f64::from(strength) / 1_000.0) }
        }).collect();
        let (groups, conflicts) = close(&evidence);
        let home = |address: u32| groups.iter().position(|group| group.members.contains(&address));
        for pair in &evidence {
            let together = home(pair.pair.0).is_some() && home(pair.pair.0) == home(pair.pair.1);
            match pair.verdict {
                AliasVerdict::Not => prop_assert!(!together),
                _ => prop_assert!(together || conflicts.iter().any(|conflict| conflict.alias == pair.pair)),
            }
        }
        let total: usize = groups.iter().map(|group| group.members.len()).sum();
        let union: BTreeSet<u32> = groups.iter().flat_map(|group| group.members.iter().copied()).collect();
        prop_assert_eq!(total, union.len());
        let (again, _) = close(&evidence.iter().rev().cloned().collect::<Vec<_>>());
        prop_assert_eq!(members(&again), members(&groups), "the order of the evidence does not matter");
    }
}
