use super::*;
use crate::targets::block::{Host, Selection};
use crate::targets::prefix::Prefix;
use alloc::string::ToString;
use proptest::prelude::*;

fn prefix(text: &str) -> Prefix {
    text.parse().unwrap()
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn space(prefixes: &[&str]) -> Space {
    let mut space = Space::default();
    for text in prefixes {
        space.add_prefix(prefix(text), Selection::All).unwrap();
    }
    space
}

fn all(walk: &mut Walk) -> Vec<IpAddr> {
    let mut found = Vec::new();
    while !walk.is_exhausted() {
        found.extend(walk.poll_addresses(1_000));
    }
    found
}

#[test]
fn everything_once_in_an_order_that_the_seed_draws() {
    let walk = |seed| {
        all(&mut Walk::new(
            space(&["5.9.0.0/20"]),
            seed,
            RangeSet::default(),
            false,
        ))
    };
    let found = walk(1);
    assert_eq!(found, walk(1));
    assert_ne!(found, walk(2));
    let mut sorted = found.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), 4_096);
    assert_ne!(sorted, found);
}

#[test]
fn refused_by_reason() {
    let exclude = RangeSet::new([prefix("5.9.0.0/25"), prefix("2a00::1")]);
    let mut targets = space(&["5.9.0.0/24", "10.0.0.0/24", "5.9.0.128/25"]);
    for text in [
        "5.2.0.1",
        "5.2.0.1",
        "2a00::1",
        "2a00::2",
        "fe80::1",
        "5.9.0.200",
    ] {
        targets.add_address(address(text)).unwrap();
    }
    let mut walk = Walk::new(targets.clone(), 3, exclude.clone(), false);
    assert_eq!(all(&mut walk).len(), 130);
    let expected = Refused {
        special_purpose: 257,
        excluded: 129,
        duplicate: 130,
        done: 0,
    };
    assert_eq!(walk.refused(), expected);
    assert_eq!(walk.given(), 130);
    // What must not be probed stays so, whatever else is allowed.
    let mut walk = Walk::new(targets, 3, exclude, true);
    assert_eq!(all(&mut walk).len(), 130 + 257);
    assert_eq!(walk.refused().excluded, 129);
}

/// Both edges of every row of the IANA registries, and their neighbours outside.
#[test]
fn the_registries_are_refused_whole() {
    let mut edges = BTreeSet::new();
    for row in netsonde_wire::ip::special_ranges() {
        let prefix = Prefix::around(row.network, row.prefix_len);
        let family = prefix.family();
        edges.insert(join(family, prefix.first()));
        edges.insert(join(family, prefix.last()));
        edges.extend(prefix.first().checked_sub(1).map(|bits| join(family, bits)));
        let next = prefix
            .last()
            .checked_add(1)
            .filter(|&bits| bits <= family.max());
        edges.extend(next.map(|bits| join(family, bits)));
    }
    let mut targets = Space::default();
    for &edge in &edges {
        targets.add_address(edge).unwrap();
    }
    let mut walk = Walk::new(targets, 1, RangeSet::default(), false);
    let given: BTreeSet<IpAddr> = all(&mut walk).into_iter().collect();
    for edge in &edges {
        let is_special = netsonde_wire::ip::is_special_purpose(*edge);
        assert_eq!(given.contains(edge), !is_special, "{edge}");
    }
    assert_eq!(
        walk.refused().special_purpose,
        (edges.len() - given.len()) as u64
    );
    for text in [
        "192.0.0.9",
        "192.31.196.0",
        "2001:1::1",
        "2001:20::",
        "64:ff9b::",
        "2620:4f:8000::",
    ] {
        assert!(
            given.contains(&address(text)),
            "{text} is globally reachable"
        );
    }
}

#[test]
fn names_are_admitted_once_and_never_where_they_must_not() {
    let exclude = RangeSet::new([prefix("5.3.0.0/16")]);
    let mut walk = Walk::new(space(&["5.9.0.0/24"]), 1, exclude, false);
    walk.mark_done(address("5.4.0.1"));
    for (text, admitted) in [
        ("5.2.0.1", true),
        ("5.2.0.1", false),
        ("5.9.0.7", false),
        ("5.3.0.1", false),
        ("10.0.0.1", false),
        ("5.4.0.1", false),
        ("2a00::1", true),
    ] {
        assert_eq!(walk.admit(address(text)).is_some(), admitted, "{text}");
    }
    let expected = Refused {
        special_purpose: 1,
        excluded: 1,
        duplicate: 2,
        done: 1,
    };
    assert_eq!((walk.refused(), walk.given()), (expected, 2));
}

#[test]
fn records_are_packed_as_documented() {
    let mut targets = Space::default();
    targets.add_address(address("5.2.0.1")).unwrap();
    let mut records = Vec::new();
    let mut walk = Walk::new(targets, 1, RangeSet::default(), false);
    assert_eq!(walk.poll_records(10, &mut records), 1);
    let mut expected = [0; RECORD_LEN];
    expected[..5].copy_from_slice(&[4, 5, 2, 0, 1]);
    assert_eq!(records, expected);
    let mut targets = Space::default();
    targets.add_address(address("2a00::1")).unwrap();
    records.clear();
    Walk::new(targets, 1, RangeSet::default(), false).poll_records(10, &mut records);
    assert_eq!(
        (records.len(), &records[..3], records[16]),
        (33, &[6, 0x2a, 0][..], 1)
    );
}

#[test]
fn a_call_is_bounded_however_much_is_refused() {
    let mut walk = Walk::new(space(&["10.0.0.0/8"]), 1, RangeSet::default(), false);
    assert_eq!(walk.poll_addresses(10).len(), 0);
    assert_eq!(walk.position(), STEPS_MAX as u64);
    assert!(!walk.is_exhausted());
    assert_eq!(walk.poll_records(0, &mut Vec::new()), 0);
}

#[test]
fn an_empty_space_is_exhausted() {
    let mut walk = Walk::new(Space::default(), 1, RangeSet::default(), false);
    assert!(walk.is_exhausted() && walk.poll_addresses(5).is_empty());
    assert!(
        walk.mark_done(address("5.2.0.1")),
        "it is remembered for names"
    );
}

#[test]
fn the_order_spreads_over_the_networks_of_a_list() {
    // 64 networks of 1,024 addresses, written one after another.
    let mut targets = Space::default();
    for network in 0..64_u32 {
        let text = [5, network, 0, 0].map(|part| part.to_string()).join(".") + "/22";
        targets.add_prefix(prefix(&text), Selection::All).unwrap();
    }
    let mut walk = Walk::new(targets, 9, RangeSet::default(), false);
    for _ in 0..64 {
        let mut met = alloc::collections::BTreeMap::new();
        for found in walk.poll_addresses(256) {
            *met.entry(Prefix::around(found, 16)).or_insert(0) += 1;
        }
        assert!(met.len() > 50, "{} of 64 networks", met.len());
        assert!(met.values().all(|&count| count <= 16), "{met:?}");
    }
}

proptest! {
    /// What was finished is never given again, and what was not is: whatever the order of marking.
    #[test]
    fn resuming_gives_exactly_the_rest(
        seed: u64, other: u64, first in 0_usize..600, random in any::<bool>(),
    ) {
        let host = if random { Host::Random } else { Host::Fixed(3) };
        let targets = || {
            let mut targets = space(&["5.9.0.0/24", "5.9.0.64/26"]);
            targets.add_prefix(prefix("5.8.0.0/16"), Selection::Each { len: 24, host }).unwrap();
            targets.add_prefix(prefix("2a00::/64"), Selection::Random { count: 100 }).unwrap();
            targets
        };
        let mut walk = Walk::new(targets(), seed, RangeSet::default(), false);
        let finished = walk.poll_addresses(first);
        // Another order, of a list that grew, still skips what was fixed; the same one skips all.
        let mut again = Walk::new(targets(), seed, RangeSet::default(), false);
        for address in &finished {
            prop_assert!(again.mark_done(*address));
            prop_assert!(!again.mark_done(*address));
        }
        prop_assert_eq!(again.done(), finished.len() as u64);
        let mut union = all(&mut again);
        prop_assert_eq!(again.refused().done, finished.len() as u64);
        prop_assert!(union.iter().all(|address| !finished.contains(address)));
        union.extend(&finished);
        let mut whole = all(&mut Walk::new(targets(), seed, RangeSet::default(), false));
        union.sort_unstable();
        whole.sort_unstable();
        prop_assert_eq!(union, whole);
        let mut elsewhere = Walk::new(space(&["5.9.0.0/24"]), other, RangeSet::default(), false);
        for address in &finished {
            elsewhere.mark_done(*address);
        }
        prop_assert!(all(&mut elsewhere).iter().all(|address| !finished.contains(address)));
    }
}
