use super::{SpecialRange, TNT_V4, V4, V6, is_special_purpose, is_tnt_reserved, special_range};
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn last(range: &SpecialRange) -> IpAddr {
    match range.network {
        IpAddr::V4(first) => {
            let hosts = u32::MAX
                .checked_shr(u32::from(range.prefix_len))
                .unwrap_or(0);
            Ipv4Addr::from_bits(first.to_bits() | hosts).into()
        }
        IpAddr::V6(first) => {
            let hosts = u128::MAX
                .checked_shr(u32::from(range.prefix_len))
                .unwrap_or(0);
            Ipv6Addr::from_bits(first.to_bits() | hosts).into()
        }
    }
}

/// The address `step` further; `None` where the address space ends.
fn neighbour(address: IpAddr, step: i8) -> Option<IpAddr> {
    match address {
        IpAddr::V4(v4) => v4
            .to_bits()
            .checked_add_signed(step.into())
            .map(|b| Ipv4Addr::from_bits(b).into()),
        IpAddr::V6(v6) => v6
            .to_bits()
            .checked_add_signed(step.into())
            .map(|b| Ipv6Addr::from_bits(b).into()),
    }
}

/// The registries, written once more as text: block, last address, whether it is reachable, and RFC.
/// A slip in the tables' hexadecimal shows here.
const REGISTRY: &[(&str, &str, bool, u16)] = &[
    ("0.0.0.0/8", "0.255.255.255", false, 791),
    ("0.0.0.0/32", "0.0.0.0", false, 1122),
    ("10.0.0.0/8", "10.255.255.255", false, 1918),
    ("100.64.0.0/10", "100.127.255.255", false, 6598),
    ("127.0.0.0/8", "127.255.255.255", false, 1122),
    ("169.254.0.0/16", "169.254.255.255", false, 3927),
    ("172.16.0.0/12", "172.31.255.255", false, 1918),
    ("192.0.0.0/24", "192.0.0.255", false, 6890),
    ("192.0.0.0/29", "192.0.0.7", false, 7335),
    ("192.0.0.8/32", "192.0.0.8", false, 7600),
    ("192.0.0.9/32", "192.0.0.9", true, 7723),
    ("192.0.0.10/32", "192.0.0.10", true, 8155),
    ("192.0.0.170/32", "192.0.0.170", false, 8880),
    ("192.0.0.171/32", "192.0.0.171", false, 8880),
    ("192.0.2.0/24", "192.0.2.255", false, 5737),
    ("192.31.196.0/24", "192.31.196.255", true, 7535),
    ("192.52.193.0/24", "192.52.193.255", true, 7450),
    ("192.88.99.0/24", "192.88.99.255", false, 7526),
    ("192.88.99.2/32", "192.88.99.2", false, 6751),
    ("192.168.0.0/16", "192.168.255.255", false, 1918),
    ("192.175.48.0/24", "192.175.48.255", true, 7534),
    ("198.18.0.0/15", "198.19.255.255", false, 2544),
    ("198.51.100.0/24", "198.51.100.255", false, 5737),
    ("203.0.113.0/24", "203.0.113.255", false, 5737),
    ("224.0.0.0/4", "239.255.255.255", false, 5771),
    ("240.0.0.0/4", "255.255.255.255", false, 1112),
    ("255.255.255.255/32", "255.255.255.255", false, 8190),
    (
        "::/3",
        "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        false,
        4291,
    ),
    ("::/96", "::ffff:ffff", false, 4291),
    ("::/128", "::", false, 4291),
    ("::1/128", "::1", false, 4291),
    ("::ffff:0:0/96", "::ffff:255.255.255.255", false, 4291),
    ("64:ff9b::/96", "64:ff9b::ffff:ffff", true, 6052),
    (
        "64:ff9b:1::/48",
        "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
        false,
        8215,
    ),
    ("100::/64", "100::ffff:ffff:ffff:ffff", false, 6666),
    ("100:0:0:1::/64", "100::1:ffff:ffff:ffff:ffff", false, 9780),
    (
        "200::/7",
        "3ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        false,
        4048,
    ),
    (
        "2001::/23",
        "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
        false,
        2928,
    ),
    (
        "2001::/32",
        "2001::ffff:ffff:ffff:ffff:ffff:ffff",
        false,
        4380,
    ),
    ("2001:1::1/128", "2001:1::1", true, 7723),
    ("2001:1::2/128", "2001:1::2", true, 8155),
    ("2001:1::3/128", "2001:1::3", true, 9665),
    (
        "2001:2::/48",
        "2001:2:0:ffff:ffff:ffff:ffff:ffff",
        false,
        5180,
    ),
    (
        "2001:3::/32",
        "2001:3:ffff:ffff:ffff:ffff:ffff:ffff",
        true,
        7450,
    ),
    (
        "2001:4:112::/48",
        "2001:4:112:ffff:ffff:ffff:ffff:ffff",
        true,
        7535,
    ),
    (
        "2001:10::/28",
        "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff",
        false,
        4843,
    ),
    (
        "2001:20::/28",
        "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff",
        true,
        7343,
    ),
    (
        "2001:30::/28",
        "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff",
        true,
        9374,
    ),
    (
        "2001:db8::/32",
        "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
        false,
        3849,
    ),
    (
        "2002::/16",
        "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        false,
        3056,
    ),
    (
        "2620:4f:8000::/48",
        "2620:4f:8000:ffff:ffff:ffff:ffff:ffff",
        true,
        7534,
    ),
    (
        "3fff::/20",
        "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
        false,
        9637,
    ),
    (
        "4000::/2",
        "7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        false,
        4291,
    ),
    (
        "5f00::/16",
        "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        false,
        9602,
    ),
    (
        "8000::/1",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        false,
        4291,
    ),
    (
        "fc00::/7",
        "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        false,
        4193,
    ),
    (
        "fe80::/10",
        "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        false,
        4291,
    ),
    (
        "fec0::/10",
        "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        false,
        3879,
    ),
    (
        "ff00::/8",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        false,
        4291,
    ),
];

#[test]
fn the_tables_are_the_registries() {
    let rows: Vec<_> = V4.iter().chain(V6).collect();
    assert_eq!(rows.len(), REGISTRY.len());
    for (row, (block, end, globally_reachable, rfc)) in rows.into_iter().zip(REGISTRY) {
        let (network, prefix_len) = block.split_once('/').unwrap();
        assert_eq!(row.network, address(network), "{block}");
        assert_eq!(row.prefix_len.to_string(), prefix_len, "{block}");
        assert_eq!(last(row), address(end), "{block}");
        assert_eq!(row.globally_reachable, *globally_reachable, "{block}");
        assert_eq!(row.rfc, *rfc, "{block}");
    }
}

#[test]
fn both_edges_of_every_row_are_inside_and_their_neighbours_are_not() {
    for row in V4.iter().chain(V6).chain(TNT_V4) {
        assert!(row.contains(row.network), "{row:?}");
        assert!(row.contains(last(row)), "{row:?}");
        for outside in [neighbour(row.network, -1), neighbour(last(row), 1)]
            .into_iter()
            .flatten()
        {
            assert!(!row.contains(outside), "{row:?} {outside}");
        }
    }
}

#[test]
fn each_edge_belongs_to_the_most_specific_row() {
    for row in V4.iter().chain(V6) {
        for edge in [row.network, last(row)] {
            let found = special_range(edge).unwrap();
            assert!(
                found.prefix_len >= row.prefix_len,
                "{edge} is in {row:?}, not {found:?}"
            );
            assert_eq!(
                is_special_purpose(edge),
                !found.globally_reachable,
                "{edge}"
            );
        }
    }
}

#[test]
fn public_addresses_beside_special_ones_are_public() {
    let public = [
        "1.0.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.0.3.0",
        "192.0.0.9",
        "192.0.0.10",
        "192.88.98.255",
        "192.88.100.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "198.51.99.255",
        "198.51.101.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "5.2.0.1",
        "64:ff9b::1",
        "2000::",
        "2001:200::",
        "2001:3::1",
        "2001:db7:ffff::",
        "2001:db9::",
        "2003::",
        "2a00::1",
        "3fff:1000::",
        "3ffe::",
        "2001:1::1",
    ];
    for text in public {
        assert!(!is_special_purpose(address(text)), "{text}");
    }
    for text in [
        "192.0.0.11",
        "64:ff9a::",
        "64:ff9b::1:0:0",
        "2001:1::4",
        "2001:40::",
        "6000::",
        "1000::",
    ] {
        assert!(is_special_purpose(address(text)), "{text}");
    }
}

#[test]
fn the_original_reserves_less_and_more() {
    for row in TNT_V4 {
        for edge in [row.network, last(row)] {
            assert!(is_tnt_reserved(edge), "{edge}");
        }
    }
    let blocks = [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    ];
    let rows: Vec<_> = TNT_V4
        .iter()
        .map(|row| format!("{}/{}", row.network, row.prefix_len))
        .collect();
    assert_eq!(rows, blocks);
    // The original knows no exceptions inside of 192.0.0.0/24.
    assert!(is_tnt_reserved(address("192.0.0.9")) && !is_special_purpose(address("192.0.0.9")));
    for text in [
        "5.2.0.1",
        "223.255.255.255",
        "100.128.0.0",
        "2a00::1",
        "192.0.1.0",
    ] {
        assert!(!is_tnt_reserved(address(text)), "{text}");
    }
    assert!(is_tnt_reserved(address("2001:db8::1")) && is_tnt_reserved(address("fe80::1")));
}

#[test]
fn families_do_not_mix() {
    assert!(!V4[0].contains(address("::")));
    assert!(!V6[0].contains(address("0.0.0.0")));
}
