//! Shared counters always pass; unrelated ones as often as the test itself says.
use super::*;
use crate::seed;
use alloc::vec::Vec;
use proptest::prelude::*;

const MS: u64 = 1_000_000;

/// A router's counter, background traffic included: its value at any moment.
struct Counter {
    start: u64,
    /// Moments of all packets it sent, in order.
    sent_ns: Vec<u64>,
}

impl Counter {
    fn id_of(&self, at_ns: u64) -> u32 {
        let count = self.sent_ns.partition_point(|other| *other < at_ns);
        u32::try_from((self.start + u64::try_from(count).unwrap()) & 0xffff).unwrap()
    }
}

/// One probe: when it was sent, when the router answered, when the reply came.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_field_names, reason = "units come last")]
struct Exchange {
    sent_ns: u64,
    answered_ns: u64,
    received_ns: u64,
}

/// Probes every 20 ms to one of two addresses in turn, delayed by up to 300 ms each way: many overtake others.
fn exchanges() -> impl Strategy<Value = Vec<(bool, Exchange)>> {
    let delay = prop_oneof![3 => 1_u64..15, 1 => 1_u64..300];
    let probe = (
        any::<bool>(),
        delay.clone(),
        delay,
        prop::bool::weighted(0.2),
    );
    prop::collection::vec(probe, 10..60).prop_map(|probes| {
        let exchange = |(index, (to_a, there, back, lost)): (u64, (bool, u64, u64, bool))| {
            let sent_ns = index * 20 * MS;
            // A few nanoseconds tell packets of one millisecond apart.
            let answered_ns = sent_ns + there * MS + index + 1;
            let received_ns = answered_ns + back * MS;
            (!lost).then_some((
                to_a,
                Exchange {
                    sent_ns,
                    answered_ns,
                    received_ns,
                },
            ))
        };
        (0..).zip(probes).filter_map(exchange).collect()
    })
}

/// `background` packets per second, evenly but for the draw.
fn counter(seed: u64, background: u64, own: &[Exchange]) -> Counter {
    let packets = background * 2;
    let mut sent_ns: Vec<u64> = (0..packets)
        .map(|index| seed::mix(seed ^ index) % (2_000 * MS))
        .collect();
    sent_ns.extend(own.iter().map(|exchange| exchange.answered_ns));
    sent_ns.sort_unstable();
    Counter {
        start: seed::mix(seed) & 0xffff,
        sent_ns,
    }
}

fn series(counter: &Counter, own: &[Exchange]) -> Series {
    let sample = |exchange: &Exchange| Sample {
        sent_ns: exchange.sent_ns,
        received_ns: exchange.received_ns,
        id: counter.id_of(exchange.answered_ns),
    };
    Series::new(Width::Bits16, own.iter().map(sample).collect())
}

fn split(exchanges: &[(bool, Exchange)]) -> [Vec<Exchange>; 2] {
    [true, false].map(|side| {
        exchanges
            .iter()
            .filter(|(to_a, _)| *to_a == side)
            .map(|(_, exchange)| *exchange)
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// The promise: no shared counter is called two, however the network delays, loses and reorders.
    #[test]
    fn a_shared_counter_never_fails(exchanges in exchanges(), seed: u64, background in 0_u64..12_000) {
        let [a, b] = split(&exchanges);
        let all: Vec<_> = exchanges.iter().map(|(_, exchange)| *exchange).collect();
        let shared = counter(seed, background, &all);
        let velocity_milli = (background + 100) * 1_000;
        let outcome = test(&series(&shared, &a), &series(&shared, &b), velocity_milli);
        prop_assert!(!outcome.violated, "{outcome:?}");
        prop_assert!(outcome.shifts >= 1);
    }

    /// Shifting one of two shared counters by so many values as the outcome says, and no other, is not noticed.
    #[test]
    fn the_shifts_that_pass_are_those_counted(exchanges in exchanges(), seed: u64, background in 1_u64..400) {
        let [a, b] = split(&exchanges);
        let all: Vec<_> = exchanges.iter().map(|(_, exchange)| *exchange).collect();
        let shared = counter(seed, background, &all);
        let (a, b) = (series(&shared, &a), series(&shared, &b));
        let outcome = test(&a, &b, 1_000_000);
        if outcome.bounds > 0 {
            let passes = |shift: &u32| {
                let shifted = b.samples.iter().map(|sample| Sample { id: (sample.id + shift) & 0xffff, ..*sample });
                !test(&a, &Series::new(Width::Bits16, shifted.collect()), 1_000_000).violated
            };
            let passing = (0..=0xffff).filter(passes).count();
            prop_assert_eq!(u64::try_from(passing).unwrap(), outcome.shifts);
        }
    }
}

#[test]
fn unrelated_counters_pass_as_often_as_estimated() {
    let (mut passed, mut expected, pairs) = (0_u32, 0.0, 4_000_u32);
    for pair in 0..pairs {
        let exchange = |index: u64| Exchange {
            sent_ns: index * 100 * MS,
            answered_ns: index * 100 * MS + 10 * MS,
            received_ns: index * 100 * MS + 20 * MS,
        };
        let [a, b]: [Vec<_>; 2] =
            [0, 1].map(|side| (0..5).map(|turn| exchange(turn * 2 + side)).collect());
        // Busy counters, so that there is something to count: 8,000 steps per second.
        let one = counter(u64::from(pair) * 2, 8_000, &a);
        let other = counter(u64::from(pair) * 2 + 1, 8_000, &b);
        let shared = test(&series(&one, &a), &series(&one, &b), 8_000_000);
        expected += f64::from(u32::try_from(shared.shifts).unwrap()) / 65_536.0;
        passed += u32::from(!test(&series(&one, &a), &series(&other, &b), 8_000_000).violated);
    }
    // About 2 % of the pairs; the standard deviation of their number is about 9.
    let difference = (f64::from(passed) - expected).abs();
    assert!(
        expected > 40.0 && difference < 4.0 * 9.0,
        "{passed} of {pairs} passed, {expected:.1} expected"
    );
}

#[test]
fn wide_bounds_and_fast_counters_are_not_used() {
    let sample = |sent_ms: u64, id| Sample {
        sent_ns: sent_ms * MS,
        received_ns: (sent_ms + 5) * MS,
        id,
    };
    let a = Series::new(Width::Bits16, [sample(0, 0), sample(100, 40_000)].to_vec());
    let b = Series::new(Width::Bits16, [sample(50, 60_000)].to_vec());
    assert_eq!(test(&a, &b, 1_000).bounds, 0);
    let a = Series::new(Width::Bits16, [sample(0, 0), sample(100, 10)].to_vec());
    let wrong = test(&a, &b, 1_000);
    assert!(wrong.violated && wrong.bounds == 1);
    assert_eq!(
        test(&a, &b, 1_000_000_000).bounds,
        0,
        "ten times around in the time"
    );
}

#[test]
fn identifications_in_a_row_leave_no_room() {
    let sample = |sent_ms: u64, id| Sample {
        sent_ns: sent_ms * MS,
        received_ns: (sent_ms + 5) * MS,
        id,
    };
    let a = Series::new(Width::Bits16, [sample(0, 65_535), sample(20, 1)].to_vec());
    let between = |id| {
        test(
            &a,
            &Series::new(Width::Bits16, [sample(10, id)].to_vec()),
            1_000,
        )
        .violated
    };
    assert!(!between(0) && between(65_535) && between(1) && between(2));
}
