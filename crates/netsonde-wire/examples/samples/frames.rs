//! One frame of every kind that the crate writes, by name.
use crate::{errors, neighbours};
use netsonde_wire::arp::{Arp, operation};
use netsonde_wire::ethernet::{Frame, MacAddr, Vlan, ethertype};
use netsonde_wire::icmp::emit_echo;
use netsonde_wire::ip::v4::{self, Ipv4Option};
use netsonde_wire::ip::v6::{self, Extension, kind};
use netsonde_wire::ip::{IpBuild, protocol};
use netsonde_wire::mpls::{self, Lse};
use netsonde_wire::tcp::{TcpBuild, TcpOption, flags};
use netsonde_wire::udp;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A prober and its target, IPv4 and IPv6.
pub(crate) const ENDS: [[IpAddr; 2]; 2] = [
    [
        IpAddr::V4(Ipv4Addr::new(5, 1, 0, 1)),
        IpAddr::V4(Ipv4Addr::new(5, 2, 0, 1)),
    ],
    [
        IpAddr::V6(Ipv6Addr::new(0x2a00, 1, 0, 0, 0, 0, 0, 1)),
        IpAddr::V6(Ipv6Addr::new(0x2a00, 2, 0, 0, 0, 0, 0, 1)),
    ],
];
pub(crate) const HOST: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
pub(crate) const ROUTER: MacAddr = MacAddr([2, 0, 0, 0, 0, 2]);

/// A name and the bytes of a frame.
pub(crate) type Named = (String, Vec<u8>);

/// Every sample frame.
pub(crate) fn all() -> Vec<Named> {
    let mut frames = Vec::new();
    link(&mut frames);
    neighbours::all(&mut frames);
    for ends in ENDS {
        transports(ends, &mut frames);
        errors::all(ends, &mut frames);
    }
    headers(&mut frames);
    frames
}

/// The packet in a frame.
pub(crate) fn ip_frame(packet: &[u8]) -> Vec<u8> {
    let is_v6 = packet.first().is_some_and(|byte| byte >> 4 == 6);
    frame(
        if is_v6 {
            ethertype::IPV6
        } else {
            ethertype::IPV4
        },
        packet,
    )
}

/// A packet between two ends.
pub(crate) fn packet([source, destination]: [IpAddr; 2], protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    plain([source, destination], protocol).emit(payload, &mut out);
    out
}

/// A UDP probe.
pub(crate) fn udp_probe(ends: [IpAddr; 2]) -> Vec<u8> {
    let mut out = Vec::new();
    udp::emit(
        ends[0],
        ends[1],
        33_434,
        33_435,
        b"netsonde sample",
        &mut out,
    );
    packet(ends, protocol::UDP, &out)
}

/// A TCP probe with the options that a connection starts with.
pub(crate) fn tcp_syn(ends: [IpAddr; 2]) -> Vec<u8> {
    let options = [
        TcpOption::MaximumSegmentSize(1460),
        TcpOption::SackPermitted,
        TcpOption::Timestamps { value: 7, echo: 0 },
        TcpOption::Nop,
        TcpOption::WindowScale(7),
    ];
    tcp(ends, flags::SYN, &options, b"")
}

/// An echo request or reply.
pub(crate) fn echo(ends: [IpAddr; 2], is_reply: bool) -> Vec<u8> {
    let mut out = Vec::new();
    emit_echo(
        ends[0],
        ends[1],
        is_reply,
        0x6e73,
        3,
        b"netsonde sample",
        &mut out,
    );
    packet(ends, icmp(ends), &out)
}

/// The protocol number of ICMP between two ends.
pub(crate) fn icmp(ends: [IpAddr; 2]) -> u8 {
    if ends[0].is_ipv6() {
        protocol::ICMPV6
    } else {
        protocol::ICMP
    }
}

/// A name with the IP version of the ends.
pub(crate) fn named(name: &str, ends: [IpAddr; 2]) -> String {
    format!("{name}-v{}", if ends[0].is_ipv6() { 6 } else { 4 })
}

pub(crate) fn plain([source, destination]: [IpAddr; 2], protocol: u8) -> IpBuild {
    let ttl = if protocol == protocol::UDP { 3 } else { 64 };
    let (tos, ident, flow_label) = (0, 0x1234, 0x54321);
    IpBuild {
        source,
        destination,
        protocol,
        ttl,
        tos,
        ident,
        flow_label,
        dont_fragment: true,
    }
}

fn tcp(ends: [IpAddr; 2], flags: u16, options: &[TcpOption<'_>], payload: &[u8]) -> Vec<u8> {
    let (source_port, destination_port, window) = (40_000, 80, 64_240);
    let (sequence, acknowledgment) = (0x0102_0304, if flags & flags::ACK == 0 { 0 } else { 99 });
    let build = TcpBuild {
        source_port,
        destination_port,
        sequence,
        acknowledgment,
        flags,
        window,
        options,
        payload,
    };
    let mut out = Vec::new();
    build.emit(ends[0], ends[1], &mut out);
    packet(ends, protocol::TCP, &out)
}

fn frame(ethertype: u16, payload: &[u8]) -> Vec<u8> {
    tagged(None, None, ethertype, payload)
}

fn tagged(service: Option<Vlan>, vlan: Option<Vlan>, ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let (destination, source) = (ROUTER, HOST);
    let mut out = Vec::new();
    Frame {
        destination,
        source,
        service_vlan: service,
        vlan,
        ethertype,
        payload,
    }
    .emit(&mut out);
    out
}

fn link(frames: &mut Vec<Named>) {
    let (sender_ip, target_ip) = (Ipv4Addr::new(5, 1, 0, 1), Ipv4Addr::new(5, 1, 0, 2));
    let request = Arp {
        operation: operation::REQUEST,
        sender_mac: HOST,
        sender_ip,
        target_mac: MacAddr([0; 6]),
        target_ip,
    };
    let reply = Arp {
        operation: operation::REPLY,
        sender_mac: ROUTER,
        sender_ip: target_ip,
        target_mac: HOST,
        target_ip: sender_ip,
    };
    for (name, message) in [("arp-request", request), ("arp-reply", reply)] {
        let mut out = Vec::new();
        message.emit(&mut out);
        frames.push((name.into(), frame(ethertype::ARP, &out)));
    }
    let vlan = Vlan {
        priority: 5,
        drop_eligible: true,
        id: 0xabc,
    };
    let service = Vlan {
        priority: 0,
        drop_eligible: false,
        id: 100,
    };
    let probe = udp_probe(ENDS[0]);
    let one = tagged(None, Some(vlan), ethertype::IPV4, &probe);
    let two = tagged(Some(service), Some(vlan), ethertype::IPV4, &probe);
    frames.extend([("vlan".into(), one), ("vlan-in-vlan".into(), two)]);
    let mut out = Vec::new();
    let top = Lse {
        label: 24_001,
        tc: 3,
        bottom: false,
        ttl: 254,
    };
    mpls::emit_stack(
        &[
            top,
            Lse {
                label: 16,
                tc: 0,
                bottom: true,
                ttl: 1,
            },
        ],
        &mut out,
    );
    out.extend(probe);
    frames.push(("mpls".into(), frame(ethertype::MPLS, &out)));
}

fn transports(ends: [IpAddr; 2], frames: &mut Vec<Named>) {
    let blocks = [0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 20, 0, 0, 0, 30];
    let sack = [TcpOption::Nop, TcpOption::Nop, TcpOption::Sack(&blocks)];
    let packets = [
        ("echo-request", echo(ends, false)),
        ("echo-reply", echo([ends[1], ends[0]], true)),
        ("udp", udp_probe(ends)),
        ("tcp-syn", tcp_syn(ends)),
        ("tcp-ack-sack", tcp(ends, flags::ACK, &sack, b"")),
        (
            "tcp-push",
            tcp(ends, flags::PSH | flags::ACK, &[], b"netsonde sample"),
        ),
        (
            "tcp-rst",
            tcp([ends[1], ends[0]], flags::RST | flags::ACK, &[], b""),
        ),
    ];
    frames.extend(packets.map(|(name, packet)| (named(name, ends), ip_frame(&packet))));
}

fn headers(frames: &mut Vec<Named>) {
    let mut options = Vec::new();
    v4::emit_option(Ipv4Option::RouterAlert(0), &mut options);
    v4::emit_option(Ipv4Option::Nop, &mut options);
    v4::emit_option(
        Ipv4Option::RecordRoute {
            pointer: 8,
            route: &[5, 1, 0, 2, 0, 0, 0, 0],
        },
        &mut options,
    );
    let datagram = &udp_probe(ENDS[0])[20..];
    let mut out = Vec::new();
    plain(ENDS[0], protocol::UDP).emit_with_options(&options, datagram, &mut out);
    frames.push(("options-v4".into(), ip_frame(&out)));

    let datagram = &udp_probe(ENDS[1])[40..];
    let mut hop_by_hop = Vec::new();
    v6::emit_options(&[(5, &[0, 0])], &mut hop_by_hop);
    let mut padding = Vec::new();
    v6::emit_options(&[], &mut padding);
    let extensions = [
        Extension {
            kind: kind::HOP_BY_HOP,
            body: &hop_by_hop,
        },
        Extension {
            kind: kind::DESTINATION,
            body: &padding,
        },
        Extension {
            kind: kind::FRAGMENT,
            body: &[0, 0, 0, 0, 0x12, 0x34],
        },
    ];
    for (name, upper, headers) in [
        ("extensions-v6", protocol::UDP, &extensions[..]),
        ("hop-by-hop-v6", protocol::UDP, &extensions[..1]),
        ("atomic-fragment-v6", protocol::UDP, &extensions[2..]),
    ] {
        let mut payload = Vec::new();
        let first = v6::emit_extensions(headers, upper, &mut payload);
        payload.extend_from_slice(datagram);
        frames.push((name.into(), ip_frame(&packet(ENDS[1], first, &payload))));
    }
}
