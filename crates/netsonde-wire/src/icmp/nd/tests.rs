use super::{Nd, NdOption, emit_option, multicast_mac, options, solicited_node};
use crate::WireError;
use crate::ethernet::MacAddr;
use crate::icmp::Icmp;
use alloc::vec;
use alloc::vec::Vec;
use core::net::Ipv6Addr;

const HOST: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
const ROUTER: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0x00aa, 0xbbcc);

/// A router advertisement written by hand from RFC 4861 sections 4.2 and 4.6.
fn advertisement() -> Vec<u8> {
    let mut bytes = vec![
        134, 0, 0, 0, 64, 0xc0, 0x07, 0x08, 0, 0, 0x75, 0x30, 0, 0, 3, 0xe8,
    ];
    bytes.extend([1, 1, 2, 0, 0, 0, 0, 9]);
    bytes.extend([5, 1, 0, 0, 0, 0, 0x05, 0xdc]);
    bytes.extend([
        3, 4, 64, 0xc0, 0, 0, 0x0e, 0x10, 0, 0, 0x07, 0x08, 0, 0, 0, 0,
    ]);
    bytes.extend([0x2a, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

#[test]
fn a_router_advertisement_is_read() {
    let bytes = advertisement();
    let Nd::RouterAdvertisement { options: raw, .. } = Nd::parse(&bytes).unwrap() else {
        panic!("another message");
    };
    let expected = Nd::RouterAdvertisement {
        hop_limit: 64,
        managed: true,
        other_config: true,
        router_lifetime_s: 1800,
        reachable_time_ms: 30_000,
        retransmit_timer_ms: 1000,
        options: raw,
    };
    assert_eq!(Nd::parse(&bytes), Ok(expected));
    let options: Vec<_> = options(raw).collect();
    assert_eq!(
        options[0],
        NdOption::SourceLinkLayer(MacAddr([2, 0, 0, 0, 0, 9]))
    );
    assert_eq!(options[1], NdOption::Mtu(1500));
    let NdOption::Prefix(prefix) = options[2] else {
        panic!("no prefix")
    };
    assert_eq!(
        (prefix.prefix_len, prefix.on_link, prefix.autonomous),
        (64, true, true)
    );
    assert_eq!(
        (prefix.valid_lifetime_s, prefix.preferred_lifetime_s),
        (3600, 1800)
    );
    assert_eq!(prefix.prefix, "2a00:0:0:7::".parse::<Ipv6Addr>().unwrap());
    assert_eq!(options.len(), 3);
}

#[test]
fn what_was_read_is_written_again() {
    let mut expected = advertisement();
    let parsed = Nd::parse(&expected).unwrap();
    let mut out = vec![0xee];
    parsed.emit(ROUTER, HOST, &mut out);
    assert!(Icmp::checksum_ok(&out[1..], ROUTER.into(), HOST.into()));
    expected[2..4].copy_from_slice(&out[3..5]);
    assert_eq!(out[1..], expected);
}

#[test]
fn messages_that_must_be_discarded_are_refused() {
    let mut bytes = advertisement();
    bytes[1] = 1;
    let (field, expected) = ("nd.code", "0");
    assert_eq!(
        Nd::parse(&bytes),
        Err(WireError::Invalid {
            field,
            expected,
            found: 1
        })
    );
    bytes[1] = 0;
    bytes[17] = 0; // the length of the first option
    let (field, expected) = ("nd.option.length", "1 or more");
    assert_eq!(
        Nd::parse(&bytes),
        Err(WireError::Invalid {
            field,
            expected,
            found: 0
        })
    );
    bytes[0] = 128;
    assert!(matches!(
        Nd::parse(&bytes),
        Err(WireError::Invalid {
            field: "nd.type",
            ..
        })
    ));
}

#[test]
fn the_field_that_is_cut_is_named() {
    let bytes = advertisement();
    let cases = [
        (1, "icmp.code"),
        (4, "nd.hop_limit"),
        (6, "nd.router_lifetime"),
        (11, "nd.reachable_time"),
        (15, "nd.retransmit_timer"),
        (17, "nd.option.length"),
        (23, "nd.option.data"),
    ];
    for (got, name) in cases {
        let Err(WireError::Short { field, .. }) = Nd::parse(&bytes[..got]) else {
            panic!("{got} bytes are enough");
        };
        assert_eq!(field, name);
    }
}

#[test]
fn groups_follow_their_rfcs() {
    let group = solicited_node(ROUTER);
    assert_eq!(group, "ff02::1:ffaa:bbcc".parse::<Ipv6Addr>().unwrap());
    assert_eq!(
        multicast_mac(group),
        MacAddr([0x33, 0x33, 0xff, 0xaa, 0xbb, 0xcc])
    );
}

#[test]
fn an_option_too_long_to_say_is_cut() {
    let mut out = Vec::new();
    emit_option(
        NdOption::Unknown {
            kind: 99,
            data: &[7; 3000],
        },
        &mut out,
    );
    assert_eq!((out.len(), out[1]), (2040, 255));
    assert_eq!(options(&out).count(), 1);
}

#[test]
fn every_message_names_its_own_fields() {
    let cases = [
        (133, &[("nd.checksum", 4), ("nd.reserved", 8)][..]),
        (
            135,
            &[("nd.checksum", 4), ("nd.reserved", 8), ("nd.target", 24)],
        ),
        (
            136,
            &[("nd.checksum", 4), ("nd.flags", 8), ("nd.target", 24)],
        ),
        (
            137,
            &[
                ("nd.reserved", 8),
                ("nd.target", 24),
                ("nd.destination", 40),
            ],
        ),
    ];
    for (icmp_type, fields) in cases {
        let enough = fields[fields.len() - 1].1;
        let mut bytes = vec![icmp_type, 0, 0, 0];
        bytes.resize(enough, 0);
        for got in 4..enough {
            let (field, needed) = *fields.iter().find(|(_, needed)| *needed > got).unwrap();
            let short = WireError::Short { field, needed, got };
            assert_eq!(Nd::parse(&bytes[..got]), Err(short));
        }
        assert!(Nd::parse(&bytes).is_ok());
    }
}
