//! The kernel itself runs the programs here: on a pair of local datagram sockets, which need no right.
use super::*;
use crate::sys::socket::attach_filter;
use netsonde_wire::icmp::{ErrorBuild, ExtensionStyle, emit_echo};
use netsonde_wire::ip::{IpBuild, protocol};
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::os::unix::net::UnixDatagram;

const IDENTS: RangeInclusive<u16> = 100..=200;
const PORTS: RangeInclusive<u16> = 61_000..=61_999;

fn passes(carries: Carries, packet: &[u8]) -> bool {
    let (near, far) = UnixDatagram::pair().unwrap();
    near.set_nonblocking(true).unwrap();
    attach_filter(
        near.as_fd(),
        &program(
            carries,
            &Scope {
                idents: IDENTS,
                ports: PORTS,
                udp_replies: true,
            },
            &Frames::default(),
        ),
    )
    .unwrap();
    // Refused at sending or gone at receiving: dropped either way.
    let _ = far.send(packet);
    near.recv(&mut [0; 4096])
        .is_ok_and(|length| length == packet.len())
}

fn addresses(v6: bool) -> (IpAddr, IpAddr) {
    let (near, far) = if v6 {
        ("2001:db8::1", "2001:db8::2")
    } else {
        ("192.0.2.1", "192.0.2.2")
    };
    (near.parse().unwrap(), far.parse().unwrap())
}

fn with_header(v6: bool, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let (source, destination) = addresses(v6);
    let header = IpBuild {
        source,
        destination,
        protocol,
        ttl: 1,
        tos: 0,
        ident: 1,
        flow_label: 0,
        dont_fragment: false,
    };
    let mut packet = Vec::new();
    header.emit(payload, &mut packet);
    packet
}

fn echo(v6: bool, is_reply: bool, ident: u16) -> Vec<u8> {
    let (source, destination) = addresses(v6);
    let mut bytes = Vec::new();
    emit_echo(
        source,
        destination,
        is_reply,
        ident,
        1,
        b"payload",
        &mut bytes,
    );
    bytes
}

fn ports(source: u16, destination: u16) -> Vec<u8> {
    [
        source.to_be_bytes(),
        destination.to_be_bytes(),
        [0, 8],
        [0, 0],
    ]
    .concat()
}

fn error(v6: bool, icmp_type: u8, quote: &[u8]) -> Vec<u8> {
    let (source, destination) = addresses(v6);
    let style = ExtensionStyle::Rfc4884;
    let mut bytes = Vec::new();
    ErrorBuild {
        icmp_type,
        icmp_code: 0,
        rest: 0,
        quote,
        objects: &[],
        style,
    }
    .emit(source, destination, &mut bytes);
    bytes
}

/// Hands `message` to the filter as the kernel does: IPv4 with its header (here with options), IPv6 without.
fn icmp_passes(v6: bool, message: &[u8]) -> bool {
    if v6 {
        passes(Carries::Icmp6, message)
    } else {
        passes(
            Carries::Icmp4,
            &with_options(&with_header(false, 1, message)),
        )
    }
}

fn with_options(packet: &[u8]) -> Vec<u8> {
    let mut longer = packet.to_vec();
    longer[0] = 0x47;
    longer.splice(20..20, [1; 8]);
    longer
}

#[test]
fn our_echo_replies_pass() {
    for v6 in [false, true] {
        for (ident, expected) in [
            (99, false),
            (100, true),
            (150, true),
            (200, true),
            (201, false),
        ] {
            assert_eq!(
                icmp_passes(v6, &echo(v6, true, ident)),
                expected,
                "v6 {v6} ident {ident}"
            );
            assert!(
                !icmp_passes(v6, &echo(v6, false, ident)),
                "a request is no reply"
            );
        }
    }
}

#[test]
fn errors_about_our_probes_pass() {
    for v6 in [false, true] {
        let errors: &[u8] = if v6 { &[1, 2, 3, 4] } else { &[3, 5, 11, 12] };
        let icmp = if v6 { protocol::ICMPV6 } else { protocol::ICMP };
        for icmp_type in 0..=255 {
            let is_error = errors.contains(&icmp_type);
            for (ident, port, ours) in [
                (150, 61_500, true),
                (99, 60_999, false),
                (201, 62_000, false),
            ] {
                for (protocol, transport) in [
                    (icmp, echo(v6, false, ident)),
                    (protocol::UDP, ports(port, 5)),
                    (protocol::TCP, ports(port, 5)),
                ] {
                    let quote = with_header(v6, protocol, &transport);
                    // Types that are no errors have something else where the quote would be.
                    let message = error(v6, icmp_type, &quote);
                    let passed = icmp_passes(v6, &message);
                    assert_eq!(
                        passed,
                        is_error && ours,
                        "v6 {v6} type {icmp_type} protocol {protocol} {ident} {port}"
                    );
                }
            }
        }
    }
}

#[test]
fn errors_about_other_packets_do_not() {
    for v6 in [false, true] {
        let icmp = if v6 { protocol::ICMPV6 } else { protocol::ICMP };
        let exceeded = if v6 { 3 } else { 11 };
        let reply_quoted = with_header(v6, icmp, &echo(v6, true, 150));
        assert!(
            !icmp_passes(v6, &error(v6, exceeded, &reply_quoted)),
            "we send no echo replies"
        );
        let other_protocol = with_header(v6, 132, &ports(61_500, 61_500));
        assert!(!icmp_passes(v6, &error(v6, exceeded, &other_protocol)));
        let destination_only = with_header(v6, protocol::UDP, &ports(5, 61_500));
        assert!(!icmp_passes(v6, &error(v6, exceeded, &destination_only)));
    }
}

#[test]
fn a_quoted_header_with_options_is_passed_over() {
    let quote = with_options(&with_header(false, protocol::UDP, &ports(61_500, 5)));
    assert!(icmp_passes(false, &error(false, 11, &quote)));
}

#[test]
fn a_quote_cut_before_its_ports_is_dropped() {
    let whole = with_header(
        false,
        1,
        &error(
            false,
            11,
            &with_header(false, protocol::UDP, &ports(61_500, 5)),
        ),
    );
    assert!(!passes(Carries::Icmp4, &whole[..=(20 + 8 + 20)]));
    assert!(passes(Carries::Icmp4, &whole[..20 + 8 + 20 + 2]));
}

/// A TCP header, but for what no filter looks at.
fn segment(destination: u16, flags: u8) -> Vec<u8> {
    let mut bytes = [ports(80, destination), vec![0; 12]].concat();
    bytes[13] = flags;
    bytes
}

#[test]
fn replies_to_our_ports_pass() {
    for (port, expected) in [
        (60_999, false),
        (61_000, true),
        (61_999, true),
        (62_000, false),
    ] {
        let answer = ports(80, port);
        assert_eq!(passes(Carries::Udp6, &answer), expected, "{port}");
        let packet = with_options(&with_header(false, protocol::UDP, &answer));
        assert_eq!(passes(Carries::Udp4, &packet), expected, "{port}");
        let answer = segment(port, 0x12);
        assert_eq!(passes(Carries::Tcp6, &answer), expected, "{port}");
        let packet = with_options(&with_header(false, protocol::TCP, &answer));
        assert_eq!(passes(Carries::Tcp4, &packet), expected, "{port}");
    }
    assert!(
        !passes(Carries::Udp6, &ports(61_500, 80)),
        "from our port, not to it"
    );
}

#[test]
fn of_tcp_only_answers_to_probes_pass() {
    // RST, RST-ACK, SYN-ACK, SYN; then ACK, data, FIN.
    let flags = [(0x04, true), (0x14, true), (0x12, true), (0x02, true)];
    for (flags, expected) in flags
        .into_iter()
        .chain([(0x10, false), (0x18, false), (0x11, false)])
    {
        let answer = segment(61_500, flags);
        assert_eq!(passes(Carries::Tcp6, &answer), expected, "{flags:#x}");
        let packet = with_header(false, protocol::TCP, &answer);
        assert_eq!(passes(Carries::Tcp4, &packet), expected, "{flags:#x}");
    }
}
