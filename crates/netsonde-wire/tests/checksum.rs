//! The checksum against its definition, the RFCs' own examples, and its incremental update.
use netsonde_wire::checksum::{Checksum, internet, update};
use netsonde_wire::ip::{self, IpBuild, IpPacket};
use proptest::prelude::*;
use std::net::IpAddr;

/// RFC 1071 section 1, word by word.
fn by_definition(bytes: &[u8]) -> u16 {
    let mut sum = 0_u32;
    for pair in bytes.chunks(2) {
        let word = u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]);
        sum += u32::from(word);
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).expect("carries are folded")
}

#[test]
fn the_example_of_rfc_1071() {
    assert_eq!(
        internet(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]),
        0x220d
    );
}

#[test]
fn the_example_of_rfc_1624() {
    assert_eq!(update(0xdd2f, 0x5555, 0x3285), 0x0000);
}

#[test]
fn a_well_known_ipv4_header() {
    let header = [
        0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0x00, 0x00, 0xc0, 0xa8, 0x00,
        0x01, 0xc0, 0xa8, 0x00, 0xc7,
    ];
    assert_eq!(internet(&header), 0xb861);
}

#[test]
fn carries_are_not_lost_in_the_longest_packets() {
    for length in [65_534, 65_535] {
        let bytes = vec![0xff; length];
        assert_eq!(internet(&bytes), by_definition(&bytes), "{length} bytes");
    }
}

fn addresses() -> impl Strategy<Value = [IpAddr; 2]> {
    prop_oneof![
        any::<[[u8; 4]; 2]>().prop_map(|pair| pair.map(IpAddr::from)),
        any::<[[u8; 16]; 2]>().prop_map(|pair| pair.map(IpAddr::from)),
    ]
}

proptest! {
    #[test]
    fn it_is_the_sum_of_its_definition(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert_eq!(internet(&bytes), by_definition(&bytes));
    }

    #[test]
    fn data_with_its_checksum_sums_to_zero(
        mut bytes in prop::collection::vec(any::<u8>(), 2..200),
        at in any::<prop::sample::Index>(),
    ) {
        let at = at.index(bytes.len() / 2) * 2;
        bytes[at..at + 2].fill(0);
        let sum = internet(&bytes);
        bytes[at..at + 2].copy_from_slice(&sum.to_be_bytes());
        prop_assert_eq!(internet(&bytes), 0);
    }

    #[test]
    fn pieces_of_even_length_add_up(
        head in prop::collection::vec(any::<u16>(), 0..40),
        tail in prop::collection::vec(any::<u8>(), 0..80),
        word in any::<u16>(),
    ) {
        let mut sum = Checksum::default();
        let mut whole: Vec<u8> = head.iter().flat_map(|word| word.to_be_bytes()).collect();
        sum.add(&whole);
        sum.add_u16(word);
        sum.add(&tail);
        whole.extend(word.to_be_bytes());
        whole.extend(tail);
        prop_assert_eq!(sum.finish(), by_definition(&whole));
    }

    #[test]
    fn the_pseudo_header_is_that_of_the_rfcs(
        [source, destination] in addresses(), protocol: u8, length in 0..=65_535_usize,
    ) {
        let mut header = Vec::new();
        for address in [source, destination] {
            match address {
                IpAddr::V4(v4) => header.extend(v4.octets()),
                IpAddr::V6(v6) => header.extend(v6.octets()),
            }
        }
        let length_field = u32::try_from(length).expect("short").to_be_bytes();
        if source.is_ipv4() {
            header.extend([0, protocol, length_field[2], length_field[3]]);
        } else {
            header.extend(length_field);
            header.extend([0, 0, 0, protocol]);
        }
        let sum = Checksum::pseudo(source, destination, protocol, length);
        prop_assert_eq!(sum.finish(), by_definition(&header));
    }

    /// Equal but for data of nothing but zeros, whose sum has two representations.
    #[test]
    fn an_update_is_the_same_as_summing_again(
        mut words in prop::collection::vec(any::<u16>(), 1..30),
        at in any::<prop::sample::Index>(),
        new_word in prop_oneof![any::<u16>(), Just(0), Just(0xffff)],
        anchor in 1..=u16::MAX,
    ) {
        words.push(anchor);
        let bytes = |words: &[u16]| -> Vec<u8> { words.iter().flat_map(|word| word.to_be_bytes()).collect() };
        let before = internet(&bytes(&words));
        let at = at.index(words.len() - 1);
        let old_word = std::mem::replace(&mut words[at], new_word);
        prop_assert_eq!(update(before, old_word, new_word), internet(&bytes(&words)));
    }

    #[test]
    fn a_forwarded_packet_keeps_a_right_checksum(
        [source, destination] in addresses(), old_ttl: u8, new_ttl: u8, tos: u8, ident: u16,
    ) {
        let (protocol, flow_label, dont_fragment) = (17, 7, false);
        let build = |ttl| {
            let mut out = Vec::new();
            IpBuild { source, destination, protocol, ttl, tos, ident, flow_label, dont_fragment }
                .emit(b"payload", &mut out);
            out
        };
        let mut packet = build(old_ttl);
        prop_assert!(ip::set_ttl(&mut packet, new_ttl));
        prop_assert_eq!(&packet, &build(new_ttl));
        prop_assert_eq!(IpPacket::parse(&packet).expect("a right checksum").header.ttl, new_ttl);
    }
}
