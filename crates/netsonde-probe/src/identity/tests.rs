//! What is constant in a flow, what is keyed, and what of it a reply must bring back.
use super::{Finding, Heard, Issue, Keys, Registry, Shape};
use crate::job::{PingMethod, PingOptions, Privilege, Target, TraceMethod, TraceOptions};
use crate::slab::Handle;
use crate::testing::{address, error, source, target_answer};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use netsonde_wire::icmp::{Icmp, types};
use netsonde_wire::ip::{IpPacket, protocol};
use netsonde_wire::tcp::Tcp;
use netsonde_wire::udp::Udp;
use proptest::prelude::*;

const METHODS: [TraceMethod; 3] = [
    TraceMethod::IcmpParis,
    TraceMethod::UdpParis,
    TraceMethod::TcpSyn,
];

fn target(v6: bool) -> Target {
    Target {
        address: address(v6, 200),
        source: source(v6),
    }
}

fn registry(privilege: Privilege) -> Registry {
    Registry::new(Keys::new([7; 16], 1), privilege, 100, 0)
}

fn trace_shape(method: TraceMethod, v6: bool, flow: u16, size: u16) -> Shape {
    let options = TraceOptions {
        method,
        size,
        flow,
        ..TraceOptions::default()
    };
    Shape::of_trace(target(v6), &options, Privilege::Raw)
}

fn issue(registry: &mut Registry, shape: &Shape, ttl: u8, attempt: u32) -> Vec<u8> {
    let probe = Issue {
        measurement: Handle {
            number: 1,
            place: 0,
        },
        ttl,
        attempt,
        now_ns: 0,
        wait_ns: 1,
    };
    let mut packet = Vec::new();
    registry.issue(shape, probe, &mut packet);
    packet
}

/// Every field that a per-flow balancer may hash, and whether all checksums are right.
fn flow_fields(probe: &[u8]) -> (Vec<u32>, bool) {
    let packet = IpPacket::parse(probe).unwrap();
    let (header, bytes) = (packet.header, packet.payload);
    let (from, to) = (header.source, header.destination);
    let common = [
        u32::from(header.protocol),
        u32::from(header.tos),
        header.flow_label,
    ];
    let (fields, right) = match header.protocol {
        protocol::UDP => {
            let udp = Udp::parse(bytes).unwrap();
            (
                Vec::from([udp.source_port.into(), udp.destination_port.into()]),
                Udp::checksum_ok(bytes, from, to),
            )
        }
        protocol::TCP => {
            let tcp = Tcp::parse(bytes).unwrap();
            (
                Vec::from([tcp.source_port.into(), tcp.destination_port.into()]),
                Tcp::checksum_ok(bytes, from, to),
            )
        }
        // Type, code and checksum, then the identifier.
        _ => {
            let word = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            let ident = u32::from(u16::from_be_bytes([bytes[4], bytes[5]]));
            (Vec::from([word, ident]), Icmp::checksum_ok(bytes, from, to))
        }
    };
    (common.into_iter().chain(fields).collect(), right)
}

proptest! {
    #[test]
    fn all_probes_of_a_flow_look_alike_to_balancers(
        method in 0..3_usize, v6: bool, flow: u16, size in 0_u16..1_400, attempts in 1_u32..4, seed: u64, key: [u8; 16],
    ) {
        let mut registry = Registry::new(Keys::new(key, seed), Privilege::Raw, 100, 0);
        let shape = trace_shape(METHODS[method], v6, flow, size);
        let probes: Vec<_> = (1..=30).flat_map(|ttl| (1..=attempts).map(move |attempt| (ttl, attempt)))
            .map(|(ttl, attempt)| issue(&mut registry, &shape, ttl, attempt))
            .collect();
        let fields: Vec<_> = probes.iter().map(|probe| flow_fields(probe)).collect();
        prop_assert!(fields.iter().all(|(fields, right)| *right && *fields == fields_of_first(&probes)));
        prop_assert!(probes.iter().all(|probe| probe.len() >= usize::from(size.min(38))));
        let other = issue(&mut registry, &trace_shape(METHODS[method], v6, flow.wrapping_add(1), size), 1, 1);
        prop_assert_ne!(flow_fields(&other).0, fields_of_first(&probes), "another flow differs");
    }

    /// Each probe of a run can be told from all others by what the shortest quote brings back.
    #[test]
    fn no_two_probes_are_alike(method in 0..3_usize, v6: bool, count in 1_usize..2_000) {
        let mut registry = registry(Privilege::Raw);
        let shape = trace_shape(METHODS[method], v6, 0, 60);
        let mut seen = BTreeSet::new();
        for number in 0..count {
            let probe = issue(&mut registry, &shape, u8::try_from(number % 255).unwrap() + 1, 1);
            let mut quote = probe[..if v6 { 60 } else { 28 }].to_vec();
            // TTL and the checksum of the header, which changes with it.
            quote[if v6 { 7..8 } else { 8..9 }].fill(0);
            quote[if v6 { 7..8 } else { 10..12 }].fill(0);
            prop_assert!(seen.insert(quote));
        }
    }

    /// A forger who knows everything but the keyed bits of a short quote is found out, whichever he guesses wrong.
    #[test]
    fn a_wrong_keyed_bit_is_rejected(method in 0..3_usize, bit in 0_usize..32, dont_care in 1_u16..=u16::MAX) {
        let shape = trace_shape(METHODS[method], false, 0, 60);
        let mut registry = registry(Privilege::Raw);
        let mut probe = issue(&mut registry, &shape, 5, 1);
        // Sequence (and identifier) of ICMP and TCP; IP-ID and checksum of UDP.
        let byte = match METHODS[method] {
            TraceMethod::IcmpParis | TraceMethod::TcpSyn => 24 + bit / 8,
            TraceMethod::UdpParis => [4, 5, 26, 27][bit / 8],
        };
        probe[byte] ^= 1 << (bit % 8);
        prop_assert_eq!(find(&registry, &probe, 28), Finding::Rejected);
        // Nor does a wrong IP-ID beside it help.
        probe[4..6].copy_from_slice(&dont_care.to_be_bytes());
        prop_assert_eq!(find(&registry, &probe, 28), Finding::Rejected);
    }
}

fn fields_of_first(probes: &[Vec<u8>]) -> Vec<u32> {
    flow_fields(&probes[0]).0
}

/// How an error that quotes the first `quote_len` bytes of `probe` is judged.
fn find(registry: &Registry, probe: &[u8], quote_len: usize) -> Finding {
    let mut probe = probe.to_vec();
    if probe[0] >> 4 == 4 {
        fix_header(&mut probe);
    }
    let v6 = probe[0] >> 4 == 6;
    let icmp_type = if v6 {
        types::V6_TIME_EXCEEDED
    } else {
        types::V4_TIME_EXCEEDED
    };
    let reply = error(&probe, address(v6, 9), icmp_type, 0, quote_len);
    registry.find(&Heard::parse(&reply).unwrap())
}

pub(super) fn fix_header(probe: &mut [u8]) {
    probe[10..12].fill(0);
    let checksum = netsonde_wire::checksum::internet(&probe[..20]);
    probe[10..12].copy_from_slice(&checksum.to_be_bytes());
}

#[test]
fn every_quote_length_from_eight_bytes_on_is_enough() {
    for (method, v6) in METHODS
        .into_iter()
        .flat_map(|method| [(method, false), (method, true)])
    {
        let mut registry = registry(Privilege::Raw);
        let probe = issue(&mut registry, &trace_shape(method, v6, 0, 100), 5, 1);
        // Over IPv6 a UDP probe needs its payload: there is no identification.
        let shortest = if v6 {
            if method == TraceMethod::UdpParis {
                60
            } else {
                48
            }
        } else {
            28
        };
        for quote_len in shortest..=probe.len() {
            assert_eq!(
                find(&registry, &probe, quote_len),
                Finding::Authentic(0),
                "{method:?} {v6} {quote_len}"
            );
        }
        assert_ne!(
            find(&registry, &probe, shortest - 1),
            Finding::Authentic(0),
            "{method:?} {v6}"
        );
    }
}

/// Which rewritten fields are forgiven in short and in long quotes, by method: IP-ID, destination, both, checksum.
const FORGIVEN: [(TraceMethod, [bool; 4], [bool; 4]); 3] = [
    (TraceMethod::IcmpParis, [true, true, false, true], [true; 4]),
    (
        TraceMethod::UdpParis,
        [false, false, false, false],
        [true; 4],
    ),
    (
        TraceMethod::TcpSyn,
        [true, true, false, true],
        [true, true, false, true],
    ),
];

#[test]
fn what_middleboxes_rewrite_is_forgiven_where_enough_is_left() {
    for (method, short, long) in FORGIVEN {
        for (quote_len, forgiven) in [(28, short), (100, long)] {
            for (change, forgiven) in forgiven.into_iter().enumerate() {
                let mut registry = registry(Privilege::Raw);
                let mut probe = issue(&mut registry, &trace_shape(method, false, 0, 60), 5, 1);
                if change == 0 || change == 2 {
                    probe[4] ^= 0x55;
                }
                // A middlebox that rewrites an address mends the checksum of UDP; of ICMP there is none.
                if change == 1 || change == 2 {
                    probe[19] ^= 0x55;
                    probe[27] ^= if method == TraceMethod::UdpParis {
                        0x55
                    } else {
                        0
                    };
                }
                if change == 3 && method == TraceMethod::UdpParis {
                    probe[26] ^= 0x55;
                }
                let authentic = find(&registry, &probe, quote_len) == Finding::Authentic(0);
                assert_eq!(
                    authentic, forgiven,
                    "{method:?}, change {change}, {quote_len} bytes quoted"
                );
            }
        }
    }
}

#[test]
fn padding_after_a_short_quote_is_no_payload() {
    for method in METHODS {
        let mut registry = registry(Privilege::Raw);
        let mut probe = issue(&mut registry, &trace_shape(method, false, 0, 60), 5, 1);
        probe[28..].fill(0);
        assert_eq!(
            find(&registry, &probe, 60),
            Finding::Authentic(0),
            "{method:?}"
        );
    }
}

#[test]
fn without_privilege_ports_alone_tell_the_probes_apart() {
    let udp = TraceOptions {
        method: TraceMethod::UdpParis,
        ..TraceOptions::default()
    };
    let ping = PingOptions {
        method: PingMethod::Udp,
        ..PingOptions::default()
    };
    for v6 in [false, true] {
        let shapes = [
            Shape::of_trace(target(v6), &udp, Privilege::None),
            Shape::of_trace(
                target(v6),
                &TraceOptions {
                    destination_port: 53,
                    ..udp
                },
                Privilege::None,
            ),
            Shape::of_ping(target(v6), &ping),
        ];
        for shape in shapes {
            let mut registry = registry(Privilege::None);
            let probes: Vec<_> = (1..=200)
                .map(|ttl| issue(&mut registry, &shape, ttl, 1))
                .collect();
            for (serial, probe) in (0..).zip(&probes) {
                let mut sent = probe.clone();
                // The kernel chose identification and checksum.
                let transport = if v6 { 40 } else { 20 };
                sent[transport + 6..transport + 8].fill(0xaa);
                if !v6 {
                    sent[4..6].fill(0);
                }
                assert_eq!(
                    find(&registry, &sent, transport + 8),
                    Finding::Authentic(serial)
                );
                // A wrong port is one too many, even beside the right serial number, which is no secret.
                sent[transport + if shape.destination_port == 0 { 3 } else { 1 }] ^= 1;
                for quote_len in [transport + 8, transport + 14] {
                    assert_ne!(
                        find(&registry, &sent, quote_len),
                        Finding::Authentic(serial)
                    );
                }
            }
        }
    }
}

#[test]
fn a_reply_from_another_address_needs_the_payload() {
    let ping = PingOptions {
        method: PingMethod::Icmp,
        ..PingOptions::default()
    };
    let mut registry = registry(Privilege::Raw);
    let probe = issue(&mut registry, &Shape::of_ping(target(false), &ping), 64, 1);
    let mut answer = target_answer(&probe);
    answer[15] = 77;
    fix_header(&mut answer);
    let judge = |answer: &[u8]| registry.find(&Heard::parse(answer).unwrap());
    assert_eq!(judge(&answer), Finding::Authentic(0));
    let mut cut = probe.clone();
    cut.truncate(28);
    cut[2..4].copy_from_slice(&28_u16.to_be_bytes());
    fix_header(&mut cut);
    let mut answer = target_answer(&cut);
    assert_eq!(
        judge(&answer),
        Finding::Authentic(0),
        "its own address makes up for the payload"
    );
    answer[15] = 77;
    fix_header(&mut answer);
    assert_ne!(judge(&answer), Finding::Authentic(0));
}
