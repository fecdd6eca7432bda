//! Nanoseconds per packet for reading, writing and forwarding: `cargo bench -p netsonde-wire`.
//!
//! Reading checks every checksum and looks at all that a prober looks at; writing includes the IP
//! header and goes to a buffer that is used again. Each figure is the median of its rounds.
use netsonde_wire::icmp::{
    ErrorBuild, ExtensionStyle, Icmp, Object, emit_echo, emit_label_stack, types,
};
use netsonde_wire::ip::{self, IpBuild, IpPacket, protocol};
use netsonde_wire::mpls::{self, Lse};
use netsonde_wire::tcp::{self, Tcp, TcpBuild, TcpOption, flags};
use netsonde_wire::{checksum, udp};
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_millis(10);
const PAYLOAD: [u8; 24] = *b"netsonde bench, 24 bytes";
const OPTIONS: [TcpOption<'static>; 4] = [
    TcpOption::MaximumSegmentSize(1460),
    TcpOption::SackPermitted,
    TcpOption::Timestamps { value: 1, echo: 0 },
    TcpOption::WindowScale(7),
];

fn main() {
    let v4 = [
        IpAddr::V4(Ipv4Addr::new(5, 1, 0, 1)),
        IpAddr::V4(Ipv4Addr::new(5, 2, 0, 1)),
    ];
    let v6 = [1, 2].map(|net| IpAddr::V6(Ipv6Addr::new(0x2a00, net, 0, 0, 0, 0, 0, 1)));
    for (version, ends) in [("v4", v4), ("v6", v6)] {
        let builders: [(&str, Builder); 4] = [
            ("echo", echo),
            ("UDP", udp_probe),
            ("TCP SYN", tcp_syn),
            ("time exceeded, 2 labels", time_exceeded),
        ];
        for (name, build) in builders {
            let mut packet = Vec::new();
            build(ends, &mut Vec::new(), &mut packet);
            report(&format!("parse {name} {version}"), || {
                parse(black_box(&packet))
            });
            let (mut payload, mut out) = (Vec::new(), Vec::new());
            report(&format!("build {name} {version}"), || {
                payload.clear();
                out.clear();
                build(black_box(ends), &mut payload, &mut out);
                out.len()
            });
        }
        let mut packet = Vec::new();
        udp_probe(ends, &mut Vec::new(), &mut packet);
        report(&format!("forward {version}"), || {
            forward(black_box(&mut packet))
        });
    }
    let long = vec![0xa5; 1500];
    report("checksum of 1500 bytes", || {
        checksum::internet(black_box(&long))
    });
}

type Builder = fn([IpAddr; 2], &mut Vec<u8>, &mut Vec<u8>);

/// Prints the median time of one call.
fn report<T>(name: &str, mut work: impl FnMut() -> T) {
    let mut calls = 1_u32;
    while time(calls, &mut work) < ROUND {
        calls *= 2;
    }
    let mut rounds: Vec<_> = (0..ROUNDS).map(|_| time(calls, &mut work)).collect();
    rounds.sort_unstable();
    let ns = rounds[ROUNDS / 2].as_secs_f64() * 1e9 / f64::from(calls);
    println!("{name:<34}  {ns:>8.1} ns/packet");
}

fn time<T>(calls: u32, work: &mut impl FnMut() -> T) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(work());
    }
    start.elapsed()
}

/// Reads a packet as a prober does; returns something of every part.
fn parse(bytes: &[u8]) -> u64 {
    let packet = IpPacket::parse(bytes).expect("a whole packet");
    let header = packet.header;
    let (source, destination) = (header.source, header.destination);
    let payload = packet.payload;
    u64::from(header.ttl)
        + match header.protocol {
            protocol::UDP => {
                assert!(udp::Udp::checksum_ok(payload, source, destination));
                u64::from(
                    udp::Udp::parse(payload)
                        .expect("a whole datagram")
                        .destination_port,
                )
            }
            protocol::TCP => {
                assert!(Tcp::checksum_ok(payload, source, destination));
                let segment = Tcp::parse(payload).expect("a whole segment");
                u64::from(segment.sequence) + tcp::options(segment.options).count() as u64
            }
            _ => {
                assert!(Icmp::checksum_ok(payload, source, destination));
                message(Icmp::parse(payload, source.is_ipv6()).expect("a whole message"))
            }
        }
}

fn message(message: Icmp<'_>) -> u64 {
    match message {
        Icmp::EchoRequest {
            ident, sequence, ..
        } => u64::from(ident) + u64::from(sequence),
        Icmp::Error(error) => {
            let (quoted, transport) = error.quoted_transport().expect("a whole quote");
            black_box(transport);
            let extensions = error.extensions.expect("labels were written");
            assert_eq!(extensions.checksum_ok(), Some(true));
            let labels = extensions.objects().map(|object| match object {
                Object::LabelStack { raw } => {
                    mpls::entries(raw).map(|entry| u64::from(entry.label)).sum()
                }
                _ => 0,
            });
            u64::from(quoted.header.ttl) + labels.sum::<u64>()
        }
        _ => 0,
    }
}

/// What a router does to every packet.
fn forward(packet: &mut [u8]) -> Option<IpAddr> {
    let ttl = ip::ttl(packet)?;
    ip::set_ttl(packet, ttl.wrapping_sub(1));
    ip::destination(packet)
}

fn packet([source, destination]: [IpAddr; 2], protocol: u8, payload: &[u8], out: &mut Vec<u8>) {
    let (ttl, tos, ident, flow_label, dont_fragment) = (64, 0, 7, 9, true);
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
    .emit(payload, out);
}

fn icmp(ends: [IpAddr; 2]) -> u8 {
    if ends[0].is_ipv6() {
        protocol::ICMPV6
    } else {
        protocol::ICMP
    }
}

fn echo(ends: [IpAddr; 2], payload: &mut Vec<u8>, out: &mut Vec<u8>) {
    emit_echo(ends[0], ends[1], false, 1, 2, &PAYLOAD, payload);
    packet(ends, icmp(ends), payload, out);
}

fn udp_probe(ends: [IpAddr; 2], payload: &mut Vec<u8>, out: &mut Vec<u8>) {
    udp::emit(ends[0], ends[1], 33_434, 33_435, &PAYLOAD, payload);
    packet(ends, protocol::UDP, payload, out);
}

fn tcp_syn(ends: [IpAddr; 2], payload: &mut Vec<u8>, out: &mut Vec<u8>) {
    let build = TcpBuild {
        source_port: 40_000,
        destination_port: 80,
        sequence: 1,
        acknowledgment: 0,
        flags: flags::SYN,
        window: 64_240,
        options: &OPTIONS,
        payload: &[],
    };
    build.emit(ends[0], ends[1], payload);
    packet(ends, protocol::TCP, payload, out);
}

/// A reply of a label switch router to a UDP probe; the probe is written too, as the lab does.
fn time_exceeded(ends: [IpAddr; 2], payload: &mut Vec<u8>, out: &mut Vec<u8>) {
    let mut quote = Vec::with_capacity(128);
    udp_probe(ends, payload, &mut quote);
    payload.clear();
    let top = Lse {
        label: 24_001,
        tc: 0,
        bottom: false,
        ttl: 1,
    };
    let mut objects = Vec::with_capacity(16);
    emit_label_stack(
        &[
            top,
            Lse {
                label: 16,
                bottom: true,
                ..top
            },
        ],
        &mut objects,
    );
    let icmp_type = if ends[0].is_ipv6() {
        types::V6_TIME_EXCEEDED
    } else {
        types::V4_TIME_EXCEEDED
    };
    let build = ErrorBuild {
        icmp_type,
        icmp_code: 0,
        rest: 0,
        quote: &quote,
        objects: &objects,
        style: ExtensionStyle::Rfc4884,
    };
    build.emit(ends[1], ends[0], payload);
    packet([ends[1], ends[0]], icmp(ends), payload, out);
}
