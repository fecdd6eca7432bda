//! ICMP and `ICMPv6` errors in every style, about every kind of probe.
use crate::frames::{Named, echo, icmp, ip_frame, named, packet, tcp_syn, udp_probe};
use netsonde_wire::icmp::{
    ErrorBuild, ExtensionStyle, InterfaceInfo, emit_interface_info, emit_label_stack, types,
};
use netsonde_wire::ip;
use netsonde_wire::mpls::Lse;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const STYLES: [(&str, ExtensionStyle); 4] = [
    ("rfc4884", ExtensionStyle::Rfc4884),
    ("length-zero", ExtensionStyle::LengthZero),
    (
        "length-and-checksum-zero",
        ExtensionStyle::LengthAndChecksumZero,
    ),
    ("length-17", ExtensionStyle::Length17At128),
];

/// Appends a frame for each error between two ends.
pub(crate) fn all(ends: [IpAddr; 2], frames: &mut Vec<Named>) {
    let probes = [
        ("udp", udp_probe(ends)),
        ("tcp", tcp_syn(ends)),
        ("echo", echo(ends, false)),
    ];
    for (name, probe) in probes {
        let mut expired = probe.clone();
        ip::set_ttl(&mut expired, 1);
        plain(ends, name, &expired, frames);
        for (style_name, style) in STYLES {
            let name = format!("time-exceeded-{name}-labels-{style_name}");
            error(
                ends,
                &name,
                time_exceeded(ends),
                &expired,
                (&labels(), style),
                frames,
            );
        }
    }
    let mut expired = udp_probe(ends);
    ip::set_ttl(&mut expired, 1);
    let objects = [interface(ends), labels(), vec![0, 8, 200, 9, 1, 2, 3, 4]].concat();
    let extensions = (&objects[..], ExtensionStyle::Rfc4884);
    error(
        ends,
        "time-exceeded-objects",
        time_exceeded(ends),
        &expired,
        extensions,
        frames,
    );
}

fn plain(ends: [IpAddr; 2], name: &str, probe: &[u8], frames: &mut Vec<Named>) {
    let (unreachable, too_big, problem) = if ends[0].is_ipv6() {
        (
            [types::V6_UNREACHABLE, 4],
            [types::V6_PACKET_TOO_BIG, 0],
            [types::V6_PARAMETER_PROBLEM, 1],
        )
    } else {
        (
            [types::V4_UNREACHABLE, 3],
            [types::V4_UNREACHABLE, 4],
            [types::V4_PARAMETER_PROBLEM, 0],
        )
    };
    let legacy = probe
        .get(..28)
        .filter(|_| ends[0].is_ipv4())
        .unwrap_or(probe);
    let none = (&[][..], ExtensionStyle::Rfc4884);
    for (kind, message, rest, quote) in [
        ("time-exceeded", time_exceeded(ends), 0, legacy),
        ("unreachable", unreachable, 0, probe),
        ("too-big", too_big, 1400, probe),
        (
            "problem",
            problem,
            if ends[0].is_ipv6() { 6 } else { 9 << 24 },
            probe,
        ),
    ] {
        let name = format!("{kind}-{name}");
        let message = Message {
            icmp: message,
            rest,
        };
        emit(ends, &name, message, quote, none, frames);
    }
    if ends[0].is_ipv4() {
        let gateway = u32::from(Ipv4Addr::new(5, 1, 0, 254));
        let message = Message {
            icmp: [types::V4_REDIRECT, 1],
            rest: gateway,
        };
        emit(
            ends,
            &format!("redirect-{name}"),
            message,
            legacy,
            none,
            frames,
        );
    }
}

#[derive(Clone, Copy)]
struct Message {
    icmp: [u8; 2],
    rest: u32,
}

fn error(
    ends: [IpAddr; 2],
    name: &str,
    icmp: [u8; 2],
    quote: &[u8],
    extensions: (&[u8], ExtensionStyle),
    frames: &mut Vec<Named>,
) {
    emit(
        ends,
        name,
        Message { icmp, rest: 0 },
        quote,
        extensions,
        frames,
    );
}

fn emit(
    ends: [IpAddr; 2],
    name: &str,
    message: Message,
    quote: &[u8],
    (objects, style): (&[u8], ExtensionStyle),
    frames: &mut Vec<Named>,
) {
    let router = match ends[0] {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::new(5, 3, 0, 1)),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::new(0x2a00, 3, 0, 0, 0, 0, 0, 1)),
    };
    let Message {
        icmp: [icmp_type, icmp_code],
        rest,
    } = message;
    let back = [router, ends[0]];
    let mut out = Vec::new();
    ErrorBuild {
        icmp_type,
        icmp_code,
        rest,
        quote,
        objects,
        style,
    }
    .emit(back[0], back[1], &mut out);
    frames.push((named(name, ends), ip_frame(&packet(back, icmp(ends), &out))));
}

fn time_exceeded(ends: [IpAddr; 2]) -> [u8; 2] {
    [
        if ends[0].is_ipv6() {
            types::V6_TIME_EXCEEDED
        } else {
            types::V4_TIME_EXCEEDED
        },
        0,
    ]
}

fn labels() -> Vec<u8> {
    let top = Lse {
        label: 24_001,
        tc: 0,
        bottom: false,
        ttl: 1,
    };
    let mut out = Vec::new();
    emit_label_stack(
        &[
            top,
            Lse {
                label: 299_776,
                tc: 5,
                bottom: true,
                ttl: 254,
            },
        ],
        &mut out,
    );
    out
}

fn interface(ends: [IpAddr; 2]) -> Vec<u8> {
    let info = InterfaceInfo {
        role: 2,
        if_index: Some(42),
        address: Some(ends[1]),
        name: Some(b"ge-0/0/1.0"),
        mtu: Some(9000),
    };
    let mut out = Vec::new();
    emit_interface_info(&info, &mut out);
    out
}
