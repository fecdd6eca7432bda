//! Emitters: where they write, what they write at the limits of a format, and the bytes they leave zero.
use netsonde_wire::arp::Arp;
use netsonde_wire::ethernet::{Frame, MacAddr};
use netsonde_wire::icmp::nd::{Nd, NdOption, PrefixInformation, emit_option};
use netsonde_wire::icmp::{
    ErrorBuild, ExtensionStyle, InterfaceInfo, emit_echo, emit_interface_info, emit_label_stack,
};
use netsonde_wire::ip::v4::{self, Ipv4Option};
use netsonde_wire::ip::v6::{self, Extension, kind};
use netsonde_wire::ip::{IpBuild, IpPacket};
use netsonde_wire::mpls::{self, Lse};
use netsonde_wire::tcp::{TcpBuild, TcpOption, flags};
use netsonde_wire::udp;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const ENDS: [[IpAddr; 2]; 2] = [
    [
        IpAddr::V4(Ipv4Addr::new(5, 0, 0, 1)),
        IpAddr::V4(Ipv4Addr::new(5, 0, 0, 2)),
    ],
    [
        IpAddr::V6(Ipv6Addr::new(0x2a00, 0, 0, 0, 0, 0, 0, 1)),
        IpAddr::V6(Ipv6Addr::new(0x2a00, 0, 0, 0, 0, 0, 0, 2)),
    ],
];
const MAC: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
const ENTRY: Lse = Lse {
    label: 16,
    tc: 0,
    bottom: true,
    ttl: 1,
};
const PREFIX: PrefixInformation = PrefixInformation {
    prefix_len: 64,
    on_link: true,
    autonomous: true,
    valid_lifetime_s: u32::MAX,
    preferred_lifetime_s: u32::MAX,
    prefix: Ipv6Addr::new(0x2a00, 0, 0, 0, 0, 0, 0, 0),
};

fn build([source, destination]: [IpAddr; 2]) -> IpBuild {
    let (protocol, ttl, tos, ident, flow_label, dont_fragment) = (17, 64, 0, 1, 2, true);
    IpBuild {
        source,
        destination,
        protocol,
        ttl,
        tos,
        ident,
        flow_label,
        dont_fragment,
    }
}

fn info(address: IpAddr) -> InterfaceInfo<'static> {
    InterfaceInfo {
        role: 2,
        if_index: Some(7),
        address: Some(address),
        name: Some(b"eth0"),
        mtu: Some(1500),
    }
}

/// Runs every emitter that depends on the address family, one after the other.
fn transports(ends: [IpAddr; 2], mut each: impl FnMut(&dyn Fn(&mut Vec<u8>))) {
    let [source, destination] = ends;
    each(&|out| build(ends).emit(b"odd", out));
    each(&|out| emit_echo(source, destination, false, 1, 2, b"odd", out));
    each(&|out| udp::emit(source, destination, 1, 2, b"odd", out));
    each(&|out| emit_interface_info(&info(source), out));
    let tcp = TcpBuild {
        source_port: 1,
        destination_port: 2,
        sequence: 3,
        acknowledgment: 4,
        flags: flags::ACK,
        window: 5,
        options: &[TcpOption::Nop],
        payload: b"odd",
    };
    each(&|out| tcp.emit(source, destination, out));
    let mut objects = Vec::new();
    emit_label_stack(&[ENTRY], &mut objects);
    for style in [ExtensionStyle::Rfc4884, ExtensionStyle::LengthZero] {
        let (icmp_type, icmp_code, rest, quote) =
            (if source.is_ipv6() { 3 } else { 11 }, 0, 0, &b"odd"[..]);
        let error = ErrorBuild {
            icmp_type,
            icmp_code,
            rest,
            quote,
            objects: &objects,
            style,
        };
        each(&|out| error.emit(source, destination, out));
    }
}

fn others(mut each: impl FnMut(&dyn Fn(&mut Vec<u8>))) {
    let (payload, ip) = (&b"odd"[..], Ipv4Addr::new(5, 0, 0, 1));
    let frame = Frame {
        destination: MAC,
        source: MAC,
        service_vlan: None,
        vlan: None,
        ethertype: 0x800,
        payload,
    };
    each(&|out| frame.emit(out));
    let arp = Arp {
        operation: 1,
        sender_mac: MAC,
        sender_ip: ip,
        target_mac: MAC,
        target_ip: ip,
    };
    each(&|out| arp.emit(out));
    each(&|out| mpls::emit_stack(&[ENTRY], out));
    each(&|out| emit_label_stack(&[ENTRY], out));
    each(&|out| emit_option(NdOption::Prefix(PREFIX), out));
    let unknown = NdOption::Unknown {
        kind: 99,
        data: b"odd",
    };
    each(&|out| emit_option(unknown, out));
    each(&|out| v4::emit_option(Ipv4Option::RouterAlert(0), out));
    each(&|out| v6::emit_options(&[(5, b"odd")], out));
    let header = Extension {
        kind: kind::DESTINATION,
        body: b"odd",
    };
    each(&|out| assert_eq!(v6::emit_extensions(&[header], 17, out), kind::DESTINATION));
    let [IpAddr::V6(source), IpAddr::V6(destination)] = ENDS[1] else {
        unreachable!("the constants are IPv6");
    };
    let message = Nd::NeighborSolicitation {
        target: source,
        options: &[],
    };
    each(&|out| message.emit(source, destination, out));
}

#[test]
fn every_emitter_appends_the_same_bytes_wherever_it_starts() {
    let check = |emit: &dyn Fn(&mut Vec<u8>)| {
        let mut alone = Vec::new();
        emit(&mut alone);
        for before in [&[0xee][..], &[0xee; 7], &[0xee; 300]] {
            let mut out = before.to_vec();
            emit(&mut out);
            assert_eq!(out[..before.len()], *before);
            assert_eq!(out[before.len()..], alone);
        }
    };
    for ends in ENDS {
        transports(ends, check);
    }
    others(check);
}

#[test]
fn an_interface_object_is_written_as_rfc_5837_draws_it() {
    let mut out = Vec::new();
    emit_interface_info(&info(ENDS[0][1]), &mut out);
    let expected = [
        0, 28, 2, 0x8f, 0, 0, 0, 7, 0, 1, 0, 0, 5, 0, 0, 2, 8, b'e', b't', b'h', b'0', 0, 0, 0, 0,
        0, 5, 0xdc,
    ];
    assert_eq!(out, expected);
    out.clear();
    emit_interface_info(&info(ENDS[1][1]), &mut out);
    assert_eq!(
        (out.len(), &out[..16]),
        (
            40,
            &[0, 40, 2, 0x8f, 0, 0, 0, 7, 0, 2, 0, 0, 0x2a, 0, 0, 0][..]
        )
    );
}

#[test]
fn an_interface_name_is_cut_at_63_bytes() {
    let mut out = Vec::new();
    let nothing = InterfaceInfo {
        role: 0,
        if_index: None,
        address: None,
        name: None,
        mtu: None,
    };
    emit_interface_info(
        &InterfaceInfo {
            name: Some(&[b'x'; 64]),
            ..nothing
        },
        &mut out,
    );
    assert_eq!((out.len(), out[4], out[1]), (4 + 64, 64, 4 + 64));
    assert_eq!(out[5..], [b'x'; 63]);
}

#[test]
fn ipv4_options_are_cut_at_40_bytes() {
    for (given, written) in [
        (0, 0),
        (1, 4),
        (4, 4),
        (39, 40),
        (40, 40),
        (41, 40),
        (300, 40),
    ] {
        let mut out = Vec::new();
        build(ENDS[0]).emit_with_options(&vec![1; given], b"payload", &mut out);
        let packet = IpPacket::parse(&out).unwrap();
        assert_eq!(
            (packet.options.len(), packet.payload),
            (written, &b"payload"[..])
        );
    }
}

#[test]
fn an_ipv4_option_is_cut_at_what_its_length_can_say() {
    for (option, head) in [
        (
            Ipv4Option::RecordRoute {
                pointer: 4,
                route: &[0; 300],
            },
            1,
        ),
        (
            Ipv4Option::Unknown {
                option_type: 68,
                data: &[0; 300],
            },
            0,
        ),
    ] {
        let mut out = Vec::new();
        v4::emit_option(option, &mut out);
        assert_eq!(
            (out.len(), out[1]),
            (255, 255),
            "{head} bytes before the data"
        );
    }
}

#[test]
fn ipv6_extension_headers_are_cut_at_what_their_length_can_say() {
    let cases = [
        (kind::DESTINATION, 256 * 8),
        (kind::ROUTING, 256 * 8),
        (kind::AUTHENTICATION, 257 * 4),
        (kind::FRAGMENT, 8),
    ];
    for (kind, longest) in cases {
        for (body, whole) in [(0, 8), (6, 8), (3000, longest)] {
            let mut out = Vec::new();
            let first = v6::emit_extensions(
                &[Extension {
                    kind,
                    body: &vec![0; body],
                }],
                59,
                &mut out,
            );
            assert_eq!(
                (first, out.len(), out[0]),
                (kind, whole, 59),
                "{kind} with {body} bytes"
            );
            let mut packet = Vec::new();
            IpBuild {
                protocol: first,
                ..build(ENDS[1])
            }
            .emit(&out, &mut packet);
            assert_eq!(
                IpPacket::parse(&packet).unwrap().header.header_len,
                40 + whole
            );
        }
    }
    assert_eq!(v6::emit_extensions(&[], 6, &mut Vec::new()), 6);
}

#[test]
fn a_long_quote_is_cut_at_what_the_length_can_say() {
    let mut objects = Vec::new();
    emit_label_stack(&[ENTRY], &mut objects);
    for (ends, icmp_type, at, words, room) in
        [(ENDS[0], 11, 5, 255, 1020), (ENDS[1], 3, 4, 255, 2040)]
    {
        let (icmp_code, rest, style) = (0, 0, ExtensionStyle::Rfc4884);
        let quote = &[1; 4000];
        let error = ErrorBuild {
            icmp_type,
            icmp_code,
            rest,
            quote,
            objects: &objects,
            style,
        };
        let mut out = Vec::new();
        error.emit(ends[0], ends[1], &mut out);
        assert_eq!((out[at], out.len()), (words, 8 + room + 4 + objects.len()));
        assert_eq!(out[8 + room..][..2], [0x20, 0]);
    }
}

#[test]
fn what_is_reserved_is_zero() {
    let mut out = Vec::new();
    emit_option(NdOption::Prefix(PREFIX), &mut out);
    assert_eq!((out.len(), &out[12..16]), (32, &[0; 4][..]));
    out.clear();
    emit_option(NdOption::Mtu(1500), &mut out);
    assert_eq!(out, [5, 1, 0, 0, 0, 0, 5, 0xdc]);
    out.clear();
    emit_option(NdOption::RedirectedHeader(&[9; 3]), &mut out);
    assert_eq!(out, [4, 2, 0, 0, 0, 0, 0, 0, 9, 9, 9, 0, 0, 0, 0, 0]);
    out.clear();
    let (kind, data) = (99, &[1, 2, 3][..]);
    emit_option(NdOption::Unknown { kind, data }, &mut out);
    assert_eq!(out, [99, 1, 1, 2, 3, 0, 0, 0]);
    out.clear();
    v6::emit_options(&[], &mut out);
    assert_eq!(out, [1, 4, 0, 0, 0, 0]);
    out.clear();
    v6::emit_options(&[(5, &[1, 2, 3])], &mut out);
    assert_eq!(out, [5, 3, 1, 2, 3, 0]);
}
