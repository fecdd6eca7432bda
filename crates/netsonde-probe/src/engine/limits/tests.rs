use super::*;
use core::net::{Ipv4Addr, Ipv6Addr};
use proptest::prelude::*;

const SECOND_NS: u64 = 1_000_000_000;

fn limits(rate_pps: u32, probes: u64) -> PrefixLimits {
    PrefixLimits {
        rate_pps,
        probes,
        ..PrefixLimits::default()
    }
}

fn host(prefix: u8, host: u8) -> IpAddr {
    Ipv4Addr::new(5, 2, prefix, host).into()
}

proptest! {
    /// With room for few prefixes and many of them, some share a record: still nobody gets more than its limit.
    #[test]
    fn no_prefix_gets_more_than_its_limit_however_many_there_are(
        rate_pps in 0_u32..20,
        probes in 0_u64..30,
        records_max in 0_usize..5,
        polls in proptest::collection::vec((0_u8..12, any::<u8>(), prop_oneof![9 => 0_u64..60, 1 => 0_u64..3_000]), 1..600),
    ) {
        prop_assume!(rate_pps + u32::try_from(probes).unwrap() > 0);
        let mut prefixes = Prefixes::new(limits(rate_pps, probes), 7, records_max);
        let (mut now_ns, mut sent) = (0, BTreeMap::<u8, Vec<u64>>::new());
        for (prefix, last, pause_ms) in polls {
            now_ns += pause_ms * 1_000_000;
            if prefixes.gate(host(prefix, last), None, now_ns) == Gate::Open {
                prefixes.take(host(prefix, last), now_ns);
                sent.entry(prefix).or_default().push(now_ns);
            }
            prop_assert!(prefixes.records.len() <= records_max);
        }
        for times in sent.values() {
            prop_assert!(probes == 0 || times.len() as u64 <= probes);
            let rate = usize::try_from(rate_pps).unwrap();
            for (first, later) in times.iter().zip(times.iter().skip(rate)) {
                prop_assert!(rate_pps == 0 || later - first >= SECOND_NS);
            }
        }
    }

    /// Those that wait leave one by one in the order in which they came, and nobody overtakes them.
    #[test]
    fn a_queue_is_served_in_order(waiting in proptest::collection::vec(0_u8..4, 1..60), rate_pps in 1_u32..30) {
        let mut prefixes = Prefixes::new(limits(rate_pps, 0), 7, 100);
        let mut now_ns = 0;
        for prefix in 0..4 {
            while prefixes.gate(host(prefix, 1), None, now_ns) == Gate::Open {
                prefixes.take(host(prefix, 1), now_ns);
            }
        }
        let mut expected = BTreeMap::<Key, VecDeque<u32>>::new();
        for (number, prefix) in (0..).zip(&waiting) {
            let key = prefixes.key(host(*prefix, 9));
            prop_assert_eq!(prefixes.gate(host(*prefix, 9), None, now_ns), Gate::Wait(key));
            prefixes.park(key, Handle { number, place: u32::from(*prefix) });
            expected.entry(key).or_default().push_back(number);
        }
        let mut turns = 0;
        while let Some((due_ns, _)) = prefixes.due.first().copied() {
            prop_assert!(due_ns > now_ns, "the queue wants to be called at once again");
            now_ns = due_ns;
            while let Some((key, handle)) = prefixes.pop_due(now_ns) {
                let to = host(u8::try_from(handle.place).unwrap(), 5);
                prop_assert_eq!(prefixes.gate(to, None, now_ns), Gate::Wait(key));
                prop_assert_eq!(prefixes.gate(to, Some(key), now_ns), Gate::Open);
                prefixes.take(to, now_ns);
                prop_assert_eq!(expected.get_mut(&key).and_then(VecDeque::pop_front), Some(handle.number));
                prefixes.rearm(key);
                turns += 1;
            }
        }
        prop_assert_eq!(turns, waiting.len());
        prop_assert!(prefixes.queues.is_empty());
    }
}

#[test]
fn addresses_of_one_prefix_have_one_key() {
    let v6 = |text: &str| IpAddr::V6(text.parse::<Ipv6Addr>().unwrap());
    let key = |limits, address| Prefixes::new(limits, 7, 1).key(address);
    let with = |v4_len, v6_len| PrefixLimits {
        v4_len,
        v6_len,
        ..limits(1, 0)
    };
    for (limits, one, other, same) in [
        (with(24, 48), host(1, 1), host(1, 255), true),
        (with(24, 48), host(1, 1), host(2, 1), false),
        (with(25, 48), host(1, 1), host(1, 255), false),
        (with(0, 0), host(1, 1), IpAddr::from([250, 1, 1, 1]), true),
        (with(0, 0), host(1, 1), v6("2a00::"), false),
        (with(24, 48), v6("2a00:1:2::"), v6("2a00:1:2:ffff::1"), true),
        (with(24, 48), v6("2a00:1:2::"), v6("2a00:1:3::"), false),
        (with(24, 128), v6("2a00:1:2::1"), v6("2a00:1:2::2"), false),
        (with(32, 64), host(1, 1), host(1, 2), false),
    ] {
        assert_eq!(
            key(limits, one) == key(limits, other),
            same,
            "{one} {other}"
        );
    }
}

#[test]
fn a_million_prefixes_are_forgotten_as_they_come() {
    let mut prefixes = Prefixes::new(limits(1, 0), 7, 1_000);
    for number in 0..1_000_000_u32 {
        let address = IpAddr::from((number << 8).to_be_bytes());
        let now_ns = u64::from(number) * SECOND_NS / 400;
        assert_eq!(prefixes.gate(address, None, now_ns), Gate::Open);
        prefixes.take(address, now_ns);
    }
    assert!(prefixes.records.len() <= 1_000);
    assert!(
        prefixes.shared.is_empty(),
        "there was room for all that mattered"
    );
}

#[test]
fn a_prefix_that_gets_a_record_of_its_own_goes_on_from_what_it_shared() {
    let mut prefixes = Prefixes::new(limits(1_000, 0), 7, 1);
    prefixes.take(host(1, 1), SECOND_NS / 2 - 1);
    let mut sent = Vec::new();
    // Room is looked for once a second: in the middle of this, the other prefix has been forgotten.
    for step in 0..11_000 {
        let now_ns = SECOND_NS / 2 + step * SECOND_NS / 10_000;
        while prefixes.gate(host(2, 1), None, now_ns) == Gate::Open {
            prefixes.take(host(2, 1), now_ns);
            sent.push(now_ns);
        }
        if step == 0 {
            assert_eq!(prefixes.shared.len(), SHARED, "there was no room");
        }
    }
    let key = prefixes.key(host(2, 1));
    assert!(
        prefixes
            .records
            .find(key, |record| record.key == key)
            .is_some()
    );
    for (first, later) in sent.iter().zip(sent.iter().skip(1_000)) {
        assert!(later - first >= SECOND_NS);
    }
}
