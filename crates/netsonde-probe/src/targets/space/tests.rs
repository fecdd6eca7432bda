use super::*;
use crate::targets::block::Host;
use alloc::collections::{BTreeMap, BTreeSet};
use proptest::prelude::*;

fn prefix(text: &str) -> Prefix {
    text.parse().unwrap()
}

fn addresses(numbering: &Numbering) -> Vec<IpAddr> {
    let numbers = 0..numbering.size();
    numbers
        .filter_map(|number| numbering.address(number))
        .map(|(family, bits)| join(family, bits))
        .collect()
}

fn numbered(prefixes: &[(&str, Selection)]) -> Numbering {
    let mut space = Space::default();
    for (text, selection) in prefixes {
        space.add_prefix(prefix(text), *selection).unwrap();
    }
    Numbering::new(space, 1)
}

const fn each(len: u8, host: Host) -> Selection {
    Selection::Each { len, host }
}

/// Addresses close together, so that prefixes overlap.
fn one() -> impl Strategy<Value = (IpAddr, u8, Selection)> {
    let selection = prop_oneof![
        2 => Just(Selection::All),
        2 => (24_u8..=32, prop_oneof![Just(Host::Random), Just(Host::Fixed(0))])
            .prop_map(|(len, host)| Selection::Each { len, host }),
        1 => (1_u64..4).prop_map(|count| Selection::Random { count }),
    ];
    (0_u128..0x400, any::<bool>(), 24_u8..=32, selection).prop_map(|(bits, v4, len, selection)| {
        let family = if v4 { Family::V4 } else { Family::V6 };
        let far = if v4 { 0 } else { 96 };
        let selection = match selection {
            Selection::Each { len, host } => Selection::Each {
                len: len + far,
                host,
            },
            Selection::Random { count } => Selection::Random {
                count: count.min(1 << (32 - len)),
            },
            Selection::All => selection,
        };
        (join(family, bits), len + far, selection)
    })
}

/// What a prefix gives by itself; what the key draws is only known to lie where it must.
fn alone(prefix: Prefix, selection: Selection, key: u64) -> BTreeSet<IpAddr> {
    let mut space = Space::default();
    space.add_prefix(prefix, selection).unwrap();
    let found = addresses(&Numbering::new(space, key));
    let distinct: BTreeSet<IpAddr> = found.iter().copied().collect();
    assert_eq!(distinct.len(), found.len(), "{prefix} {selection:?}");
    assert!(found.iter().all(|address| prefix.contains(*address)));
    let all = 1_usize << prefix.host_bits();
    match selection {
        Selection::All => assert_eq!(found.len(), all),
        Selection::Random { count } => assert_eq!(found.len() as u64, count),
        Selection::Each { len, .. } => {
            let mut networks = BTreeMap::new();
            for address in &found {
                *networks.entry(Prefix::around(*address, len)).or_insert(0) += 1;
            }
            let expected = 1_usize << len.saturating_sub(prefix.prefix_len());
            assert_eq!(networks.len(), expected, "{prefix} {selection:?}");
        }
    }
    distinct
}

proptest! {
    /// However prefixes overlap, every address that one of them picks comes out once, and its number finds it again.
    #[test]
    fn a_space_is_the_union_of_its_parts(
        singles in proptest::collection::vec((0_u128..0x400, any::<bool>()), 0..20),
        blocks in proptest::collection::vec(one(), 0..8),
        key: u64,
    ) {
        let (mut space, mut expected, mut added) = (Space::default(), BTreeSet::new(), 0);
        for (bits, v4) in singles {
            let address = join(if v4 { Family::V4 } else { Family::V6 }, bits);
            space.add_address(address).unwrap();
            expected.insert(address);
            added += 1;
        }
        for (address, len, selection) in blocks {
            let prefix = Prefix::around(address, len);
            space.add_prefix(prefix, selection).unwrap();
            let given = alone(prefix, selection, key);
            added += given.len();
            expected.extend(given);
        }
        prop_assert_eq!(space.count(), added as u128);
        let numbering = Numbering::new(space, key);
        let found = addresses(&numbering);
        let distinct: BTreeSet<IpAddr> = found.iter().copied().collect();
        prop_assert_eq!(distinct.len(), found.len());
        prop_assert_eq!(&distinct, &expected);
        let skipped = numbering.size() - found.len() as u64;
        prop_assert_eq!(numbering.repeated + skipped, (added - expected.len()) as u64);
        for number in 0..numbering.size() {
            if let Some((family, bits)) = numbering.address(number) {
                prop_assert_eq!(numbering.number(family, bits), Some(number));
            }
        }
        for bits in 0..0x500 {
            for family in [Family::V4, Family::V6] {
                let known = numbering.number(family, bits).is_some();
                prop_assert_eq!(known, expected.contains(&join(family, bits)));
            }
        }
    }
}

#[test]
fn one_host_of_each_network() {
    let found = addresses(&numbered(&[(
        "5.9.0.0/22",
        Selection::each(24, Family::V4),
    )]));
    let expected: Vec<IpAddr> = ["5.9.0.1", "5.9.1.1", "5.9.2.1", "5.9.3.1"]
        .map(|text| text.parse().unwrap())
        .into();
    assert_eq!(found, expected);
    let found = addresses(&numbered(&[("2a00::/46", each(48, Host::Fixed(0x53)))]));
    let expected: Vec<IpAddr> = ["2a00::53", "2a00:0:1::53", "2a00:0:2::53", "2a00:0:3::53"]
        .map(|text| text.parse().unwrap())
        .into();
    assert_eq!(found, expected);
}

#[test]
fn small_prefixes_give_one_each() {
    let found = addresses(&numbered(&[
        ("5.9.0.0/30", each(24, Host::Fixed(200))),
        ("5.9.1.7/32", Selection::each(24, Family::V4)),
        ("5.9.2.0/31", each(24, Host::Random)),
    ]));
    assert_eq!(found.len(), 3);
    assert!(found.contains(&"5.9.0.3".parse().unwrap()));
    assert!(found.contains(&"5.9.1.7".parse().unwrap()));
}

#[test]
fn drawn_hosts_are_neither_the_first_nor_the_last() {
    for (text, len) in [
        ("5.0.0.0/10", 24),
        ("5.0.0.0/16", 30),
        ("2a00::/32", 48),
        ("2a00::/52", 64),
    ] {
        let numbering = numbered(&[(text, each(len, Host::Random))]);
        let found = addresses(&numbering);
        let mut offsets = BTreeSet::new();
        for address in &found {
            let network = Prefix::around(*address, len);
            let (_, bits) = split(*address);
            assert!(network.first() < bits && bits < network.last(), "{address}");
            offsets.insert(bits - network.first());
        }
        assert!(offsets.len() > 1, "the key draws one for each");
    }
}

#[test]
fn prefixes_of_equal_length_draw_differently() {
    let count = Selection::Random { count: 50 };
    let numbering = numbered(&[("2a00::/64", count), ("2a01::/64", count)]);
    let hosts = |text: &str| -> BTreeSet<u128> {
        let network = prefix(text);
        let found = addresses(&numbering)
            .into_iter()
            .filter(|a| network.contains(*a));
        found
            .map(|address| split(address).1 - network.first())
            .collect()
    };
    assert_eq!(
        hosts("2a00::/64").intersection(&hosts("2a01::/64")).count(),
        0
    );
}

#[test]
fn selections_that_do_not_fit() {
    let mut space = Space::default();
    let cases = [
        ("2a00::/48", Selection::All, SpaceError::All),
        (
            "5.0.0.0/8",
            Selection::each(33, Family::V4),
            SpaceError::Each { longest: 32 },
        ),
        (
            "5.0.0.0/8",
            each(24, Host::Fixed(256)),
            SpaceError::Host { last: 255 },
        ),
        (
            "5.0.0.0/30",
            Selection::Random { count: 5 },
            SpaceError::Count { most: 4 },
        ),
        (
            "5.0.0.0/30",
            Selection::Random { count: 0 },
            SpaceError::Count { most: 4 },
        ),
        ("::/3", Selection::Random { count: 5 }, SpaceError::Short),
        (
            "2000::/3",
            Selection::each(64, Family::V6),
            SpaceError::Many,
        ),
        ("::/0", Selection::each(128, Family::V6), SpaceError::Many),
    ];
    for (text, selection, error) in cases {
        assert_eq!(
            space.add_prefix(prefix(text), selection),
            Err(error),
            "{text}"
        );
    }
    assert_eq!(space.count(), 0);
    // Each fits alone, but not together.
    let many = Selection::Random { count: TARGETS_MAX };
    space.add_prefix(prefix("2a00::/32"), many).unwrap();
    assert_eq!(
        space.add_address("5.2.0.1".parse().unwrap()),
        Err(SpaceError::Many)
    );
}

#[test]
fn the_whole_of_a_family_needs_no_memory() {
    let numbering = numbered(&[
        ("0.0.0.0/0", Selection::All),
        ("5.0.0.0/8", Selection::All),
        ("::/0", Selection::each(0, Family::V6)),
    ]);
    assert_eq!(numbering.size(), (1 << 32) + 1);
    assert_eq!(numbering.repeated, 1 << 24);
    assert_eq!(numbering.blocks.len(), 2);
    assert_eq!(
        numbering.address(0x0502_0001),
        Some((Family::V4, 0x0502_0001))
    );
    assert_eq!(numbering.address(1 << 32), Some((Family::V6, 1)));
    assert_eq!(numbering.number(Family::V6, 1), Some(1 << 32));
}
