//! A path for tests: routers in a row, a target, and replies as bytes.
use crate::engine::Engine;
use crate::event::Event;
use crate::job::{Job, Kind, Target};
use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use netsonde_wire::icmp::{ErrorBuild, ExtensionStyle, Icmp, emit_echo, types};
use netsonde_wire::ip::{IpBuild, IpPacket, protocol};
use netsonde_wire::tcp::{Tcp, TcpBuild, flags};

pub(crate) const MS: u64 = 1_000_000;
/// How much a router of the old kind quotes.
pub(crate) const QUOTE_V4: usize = 28;

/// The address of the prober.
pub(crate) fn source(v6: bool) -> IpAddr {
    address(v6, 0)
}

/// The address of hop `ttl`, or of target `200 + n`.
pub(crate) fn address(v6: bool, host: u8) -> IpAddr {
    if v6 {
        Ipv6Addr::new(0x2a00, 0, 0, 0, 0, 0, 0, 1 + u16::from(host)).into()
    } else {
        Ipv4Addr::new(5, 1, host, 1).into()
    }
}

/// A job towards `targets` that no limit holds back.
pub(crate) fn job(kind: Kind, targets: &[IpAddr]) -> Job {
    let target = |address: &IpAddr| Target {
        address: *address,
        source: source(address.is_ipv6()),
    };
    let targets = targets.iter().map(target).collect();
    Job {
        id: "0190a6f2-0000-7000-8000-000000000000".to_string(),
        rate_pps: 1_000_000,
        in_flight_max: 100_000,
        origin: "test".to_string(),
        ..Job::new(kind, targets, 1, "000102030405060708090a0b0c0d0e0f")
    }
}

/// What the network gives back for one probe: after how many nanoseconds, and what.
pub(crate) type Answers = Vec<(u64, Vec<u8>)>;

/// Everything that happened in a run.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Log {
    pub(crate) sent: Vec<(u64, Vec<u8>)>,
    pub(crate) events: Vec<Event>,
    pub(crate) ended_ns: u64,
}

/// Drives a job to its end in simulated time: `network` answers each probe, silence jumps the clock.
pub(crate) fn run(job: &Job, mut network: impl FnMut(u64, &[u8]) -> Answers) -> Log {
    let (mut engine, mut now_ns, mut log) = (Engine::new(job, 0).unwrap(), 0, Log::default());
    let mut coming: BTreeMap<(u64, usize), Vec<u8>> = BTreeMap::new();
    let mut count = 0;
    loop {
        while let Some(entry) = coming.first_entry() {
            if entry.key().0 > now_ns {
                break;
            }
            let ((at_ns, _), packet) = entry.remove_entry();
            engine.handle_packet(at_ns, &packet);
        }
        engine.handle_timeout(now_ns);
        while let Some(packet) = engine.poll_transmit(now_ns) {
            for (delay_ns, answer) in network(now_ns, &packet) {
                count += 1;
                coming.insert((now_ns + delay_ns, count), answer);
            }
            log.sent.push((now_ns, packet));
        }
        log.events
            .extend(core::iter::from_fn(|| engine.poll_event()));
        if engine.is_finished() {
            break;
        }
        let wanted_ns = engine.poll_timeout();
        assert!(
            wanted_ns.is_none_or(|wanted_ns| wanted_ns > now_ns),
            "all is done that could be, yet the engine wants to be called at once"
        );
        let next_ns = wanted_ns
            .into_iter()
            .chain(coming.keys().next().map(|key| key.0))
            .min();
        let Some(next_ns) = next_ns else { break };
        now_ns = next_ns;
    }
    log.events
        .extend(core::iter::from_fn(|| engine.poll_event()));
    assert!(
        engine.is_finished(),
        "an unfinished engine waits for something"
    );
    log.ended_ns = now_ns;
    log
}

/// A path of `routers`: hop `ttl` is `address(v6, ttl)` and answers after `ttl` milliseconds, then comes the target.
pub(crate) fn path(routers: u8) -> impl Fn(u64, &[u8]) -> Answers {
    move |_, probe| {
        let header = IpPacket::parse(probe).unwrap().header;
        let v6 = header.source.is_ipv6();
        let (hops, answer) = if header.ttl <= routers {
            (
                header.ttl,
                time_exceeded(
                    probe,
                    address(v6, header.ttl),
                    QUOTE_V4.max(usize::from(v6) * 1_000),
                ),
            )
        } else {
            (routers + 1, target_answer(probe))
        };
        Vec::from([(u64::from(hops) * MS, answer)])
    }
}

/// The time-exceeded message of `router`, quoting at most `quote_len` bytes.
pub(crate) fn time_exceeded(probe: &[u8], router: IpAddr, quote_len: usize) -> Vec<u8> {
    let icmp_type = if router.is_ipv6() {
        types::V6_TIME_EXCEEDED
    } else {
        types::V4_TIME_EXCEEDED
    };
    error(probe, router, icmp_type, 0, quote_len)
}

/// An ICMP error of `router`.
pub(crate) fn error(
    probe: &[u8],
    router: IpAddr,
    icmp_type: u8,
    icmp_code: u8,
    quote_len: usize,
) -> Vec<u8> {
    let quote = &probe[..probe.len().min(quote_len)];
    let style = ExtensionStyle::Rfc4884;
    let build = ErrorBuild {
        icmp_type,
        icmp_code,
        rest: 0,
        quote,
        objects: &[],
        style,
    };
    let to = IpPacket::parse(probe).unwrap().header.source;
    let mut message = Vec::new();
    build.emit(router, to, &mut message);
    let protocol = if router.is_ipv6() {
        protocol::ICMPV6
    } else {
        protocol::ICMP
    };
    wrap(router, to, protocol, &message)
}

/// What a host answers that has no port open: an echo reply, port unreachable, or a reset.
pub(crate) fn target_answer(probe: &[u8]) -> Vec<u8> {
    let packet = IpPacket::parse(probe).unwrap();
    let (host, to) = (packet.header.destination, packet.header.source);
    let v6 = host.is_ipv6();
    let mut answer = Vec::new();
    match packet.header.protocol {
        protocol::UDP if v6 => return error(probe, host, types::V6_UNREACHABLE, 4, 1_000),
        protocol::UDP => return error(probe, host, types::V4_UNREACHABLE, 3, QUOTE_V4),
        protocol::TCP => {
            let tcp = Tcp::parse(packet.payload).unwrap();
            let is_syn = tcp.flags.unwrap() & flags::SYN != 0;
            let length = u32::try_from(tcp.payload.len()).unwrap();
            let build = TcpBuild {
                source_port: tcp.destination_port,
                destination_port: tcp.source_port,
                sequence: if is_syn {
                    0
                } else {
                    tcp.acknowledgment.unwrap()
                },
                acknowledgment: if is_syn {
                    tcp.sequence.wrapping_add(1 + length)
                } else {
                    0
                },
                flags: if is_syn {
                    flags::RST | flags::ACK
                } else {
                    flags::RST
                },
                window: 0,
                options: &[],
                payload: &[],
            };
            build.emit(host, to, &mut answer);
        }
        _ => {
            let Icmp::EchoRequest {
                ident,
                sequence,
                payload,
            } = Icmp::parse(packet.payload, v6).unwrap()
            else {
                panic!("probes are echo requests, UDP or TCP")
            };
            emit_echo(host, to, true, ident, sequence, payload, &mut answer);
        }
    }
    wrap(host, to, packet.header.protocol, &answer)
}

/// An IP packet around a transport segment.
pub(crate) fn wrap(source: IpAddr, destination: IpAddr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let build = IpBuild {
        source,
        destination,
        protocol,
        ttl: 60,
        tos: 0,
        ident: 77,
        flow_label: 0,
        dont_fragment: false,
    };
    let mut packet = Vec::new();
    build.emit(payload, &mut packet);
    packet
}

/// A reply as one without the key would invent it: right addresses, a guessed identity, a right checksum.
pub(crate) fn forge(reply: &[u8]) -> Vec<u8> {
    let packet = IpPacket::parse(reply).unwrap();
    let (from, to) = (packet.header.source, packet.header.destination);
    let mut message = packet.payload.to_vec();
    // The quoted (or echoed) identification, identifier and sequence, and what follows.
    if message[0] != types::V4_ECHO_REPLY {
        message[12..14].iter_mut().for_each(|byte| *byte ^= 0x5a);
    }
    let skipped = if message[0] == types::V4_ECHO_REPLY {
        4
    } else {
        32
    };
    message
        .iter_mut()
        .skip(skipped)
        .for_each(|byte| *byte ^= 0x5a);
    message[2..4].fill(0);
    let checksum = netsonde_wire::checksum::internet(&message);
    message[2..4].copy_from_slice(&checksum.to_be_bytes());
    wrap(from, to, packet.header.protocol, &message)
}
