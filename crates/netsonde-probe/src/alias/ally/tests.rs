//! Sequences, steps and orders.
use super::*;
use crate::alias::sample::Width;
use proptest::prelude::*;

const MS: u64 = 1_000_000;

/// One identification every 100 ms, of `a` and `b` in turn.
fn series(ids: &[u32]) -> [Series; 2] {
    let sample = |(index, id): (u64, &u32)| Sample {
        sent_ns: index * 100 * MS,
        received_ns: index * 100 * MS + 20 * MS,
        id: *id,
    };
    let all: Vec<Sample> = (0..).zip(ids).map(sample).collect();
    [0, 1].map(|side| {
        Series::new(
            Width::Bits16,
            all.iter().skip(side).step_by(2).copied().collect(),
        )
    })
}

fn verdict(ids: &[u32], fudge: u16, velocity_milli: u64) -> (AliasVerdict, Option<u32>) {
    let [a, b] = series(ids);
    let trial = judge(&a, &b, fudge, velocity_milli);
    (trial.verdict, trial.distance)
}

#[test]
fn steps_decide() {
    use AliasVerdict::{Alias, Not, Unknown};
    assert_eq!(
        verdict(&[65_530, 65_535, 4, 5, 60, 260], 200, 0),
        (Alias, Some(200))
    );
    assert_eq!(verdict(&[1, 2, 3, 204, 205, 206], 200, 0), (Not, Some(201)));
    // A counter of 4,000 a second makes that step in the 120 ms between sending and receiving.
    assert_eq!(
        verdict(&[1, 2, 3, 204, 205, 206], 200, 4_000_000),
        (Unknown, Some(201))
    );
    assert_eq!(
        verdict(&[1, 2, 3, 30_000, 30_001, 30_002], 0, 0),
        (Alias, Some(29_997))
    );
    assert_eq!(verdict(&[5, 6, 7, 7, 8, 9], 200, 0).0, Not);
    assert_eq!(verdict(&[5, 6, 7], 200, 0).0, Unknown);
}

#[test]
fn replies_whose_order_is_uncertain_say_nothing() {
    let sample = |sent_ms: u64, id| Sample {
        sent_ns: sent_ms * MS,
        received_ns: (sent_ms + 500) * MS,
        id,
    };
    let a = Series::new(Width::Bits16, [sample(0, 9), sample(200, 3)].to_vec());
    let b = Series::new(Width::Bits16, [sample(100, 7), sample(300, 1)].to_vec());
    assert_eq!(judge(&a, &b, 200, 0).verdict, AliasVerdict::Unknown);
}

proptest! {
    #[test]
    fn random_identifications_hardly_ever_pass(ids in prop::collection::vec(0_u32..=0xffff, 6)) {
        // Five steps of at most 200 in 65,536: once in 10^13.
        prop_assert_ne!(verdict(&ids, 200, 0).0, AliasVerdict::Alias);
    }

    #[test]
    fn a_shared_counter_within_the_fudge_passes(start: u16, steps in prop::collection::vec(1_u32..=200, 6)) {
        let ids: Vec<u32> = steps.iter().scan(u32::from(start), |id, step| { *id = (*id + step) & 0xffff; Some(*id) }).collect();
        prop_assert_eq!(verdict(&ids, 200, 0).0, AliasVerdict::Alias);
    }
}
