//! The probe engine with measurements under way, hearing anything at all: nothing panics, budgets hold,
//! every packet is counted once, and every job ends with one last event that survives JSON.
use crate::script::Script;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use netsonde_probe::Engine;
use netsonde_probe::event::Event;
use netsonde_probe::job::{
    Budget, Job, Kind, PingMethod, PingOptions, Target, TntOptions, TraceMethod, TraceOptions,
};
use netsonde_wire::icmp::{ErrorBuild, ExtensionStyle, Icmp, emit_echo, emit_label_stack, types};
use netsonde_wire::ip::{self, IpBuild, IpPacket, protocol};
use netsonde_wire::mpls::Lse;
use netsonde_wire::tcp::{Tcp, TcpBuild, flags};

const MS: u64 = 1_000_000;
const PROBES_MAX: u64 = 400;
/// Turns of the driver's loop after which a job must have ended.
const TURNS_MAX: u32 = 5_000;

/// Runs a script: a job, then what happens to it.
pub fn engine(bytes: &[u8]) {
    let mut script = Script(bytes);
    let Some(job) = job(&mut script) else {
        return;
    };
    let mut world = World {
        engine: Engine::new(&job, 0).expect("the job is valid"),
        now_ns: 0,
        sent: Vec::new(),
        heard: 0,
        events: Vec::new(),
    };
    world.turn();
    while step(&mut world, &mut script).is_some() {
        world.turn();
    }
    world.finish();
}

struct World {
    engine: Engine,
    now_ns: u64,
    sent: Vec<Vec<u8>>,
    /// Packets given to the engine before it had finished.
    heard: u64,
    events: Vec<Event>,
}

impl World {
    fn turn(&mut self) {
        self.engine.handle_timeout(self.now_ns);
        while let Some(packet) = self.engine.poll_transmit(self.now_ns) {
            IpPacket::parse(&packet).expect("a probe is a whole packet");
            self.sent.push(packet);
        }
        self.events
            .extend(core::iter::from_fn(|| self.engine.poll_event()));
        assert!(
            self.sent.len() as u64 <= PROBES_MAX,
            "the budget is exceeded"
        );
    }

    fn hear(&mut self, packet: &[u8]) {
        self.heard += u64::from(!self.engine.is_finished());
        self.engine.handle_packet(self.now_ns, packet);
    }

    /// One of the probes sent, the last for 0.
    fn probe(&self, back: u8) -> Option<Vec<u8>> {
        let index = self.sent.len().checked_sub(1 + usize::from(back))?;
        self.sent.get(index).cloned()
    }

    fn finish(mut self) {
        let mut turns = 0;
        while !self.engine.is_finished() {
            let next_ns = self
                .engine
                .poll_timeout()
                .expect("an unfinished job waits for something");
            self.now_ns = self.now_ns.max(next_ns);
            self.turn();
            turns += 1;
            assert!(turns < TURNS_MAX, "the job never ends");
        }
        self.turn();
        assert!(matches!(self.events.first(), Some(Event::Start { .. })));
        let Some(Event::Done { counters, .. }) = self.events.last() else {
            panic!("the last event is {:?}", self.events.last());
        };
        assert_eq!(counters.sent, self.sent.len() as u64);
        let counted = counters.received + counters.late + counters.duplicate + counters.rejected;
        assert_eq!(
            counted + counters.unparsed + counters.unrelated,
            self.heard,
            "{counters:?}"
        );
        let last = |event: &&Event| matches!(event, Event::Done { .. } | Event::Failed { .. });
        assert_eq!(self.events.iter().filter(last).count(), 1);
        for event in &self.events {
            let again: Event = serde_json::from_str(&event.to_json()).expect("an event is JSON");
            assert_eq!(again, *event);
        }
    }
}

/// The next thing that happens; `None` at the end of the script.
fn step(world: &mut World, script: &mut Script<'_>) -> Option<()> {
    match script.byte()? % 8 {
        0 => world.now_ns += u64::from(script.byte()?) * MS,
        1 => world.hear(script.bytes()?),
        2 => {
            let (probe, router) = (world.probe(script.byte()?)?, script.byte()?);
            let answer = expired(&probe, router, script)?;
            world.hear(&answer);
        }
        3 => {
            let probe = world.probe(script.byte()?)?;
            let answer = reached(&probe, script.byte()?);
            world.hear(&answer);
        }
        4 => {
            // A probe comes back, one of its bytes changed.
            let mut packet = world.probe(script.byte()?)?;
            let (index, flip) = (usize::from(script.byte()?), script.byte()?);
            let index = index % packet.len();
            packet[index] ^= flip;
            world.hear(&packet);
        }
        5 => {
            let probe = world.probe(script.byte()?)?;
            let mut answer = reached(&probe, 60);
            let (index, flip) = (usize::from(script.byte()?), script.byte()?);
            let index = index % answer.len();
            answer[index] ^= flip;
            world.hear(&answer);
        }
        6 => {
            let now_ns = world.now_ns;
            if script.byte()? == 0 {
                world.engine.interrupt(now_ns);
            }
        }
        _ => path(world, script)?,
    }
    Some(())
}

/// Answers the next rounds of probes as a path of routers would, each with the same habits.
fn path(world: &mut World, script: &mut Script<'_>) -> Option<()> {
    let (routers, silent) = (script.byte()? % 12, script.byte()?);
    let habits = script.bytes()?;
    let mut answered = world.sent.len().saturating_sub(8);
    for _ in 0..16 {
        for index in answered..world.sent.len() {
            let probe = world.sent[index].clone();
            let ttl = ip::ttl(&probe)?;
            if ttl == silent {
                continue;
            }
            let answer = if ttl <= routers {
                expired(&probe, ttl, &mut Script(habits))?
            } else {
                reached(&probe, 60)
            };
            world.hear(&answer);
        }
        answered = world.sent.len();
        world.now_ns += 5 * MS;
        world.turn();
    }
    Some(())
}

/// A router's time exceeded message about a probe, with what the script says of it.
fn expired(probe: &[u8], router: u8, script: &mut Script<'_>) -> Option<Vec<u8>> {
    let header = IpPacket::parse(probe)
        .expect("a probe is a whole packet")
        .header;
    let source = address(header.source.is_ipv6(), router);
    let (reply_ttl, quoted_ttl) = (script.byte()?, script.byte()?);
    let style = script.choice(&[
        ExtensionStyle::Rfc4884,
        ExtensionStyle::LengthZero,
        ExtensionStyle::LengthAndChecksumZero,
        ExtensionStyle::Length17At128,
    ])?;
    let entries = script.bytes()?;
    let stack: Vec<Lse> = entries
        .as_chunks::<4>()
        .0
        .iter()
        .take(8)
        .map(|entry| Lse::from_bytes(*entry))
        .collect();
    let mut objects = Vec::new();
    if !stack.is_empty() {
        emit_label_stack(&stack, &mut objects);
    }
    let mut quote = probe.to_vec();
    ip::set_ttl(&mut quote, quoted_ttl);
    let icmp_type = if source.is_ipv6() {
        types::V6_TIME_EXCEEDED
    } else {
        types::V4_TIME_EXCEEDED
    };
    let error = ErrorBuild {
        icmp_type,
        icmp_code: 0,
        rest: 0,
        quote: &quote,
        objects: &objects,
        style,
    };
    let mut payload = Vec::new();
    error.emit(source, header.source, &mut payload);
    Some(reply(
        source,
        header.source,
        icmp(source),
        reply_ttl,
        &payload,
    ))
}

/// The target's answer to a probe.
fn reached(probe: &[u8], reply_ttl: u8) -> Vec<u8> {
    let packet = IpPacket::parse(probe).expect("a probe is a whole packet");
    let (back, from) = (packet.header.source, packet.header.destination);
    let mut payload = Vec::new();
    let protocol = match packet.header.protocol {
        protocol::TCP => {
            let probe = Tcp::parse(packet.payload).expect("a probe is a whole segment");
            let rst = TcpBuild {
                source_port: probe.destination_port,
                destination_port: probe.source_port,
                sequence: probe.acknowledgment.unwrap_or(0),
                acknowledgment: probe.sequence.wrapping_add(1),
                flags: flags::RST | flags::ACK,
                window: 0,
                options: &[],
                payload: &[],
            };
            rst.emit(from, back, &mut payload);
            protocol::TCP
        }
        protocol::UDP => {
            let [icmp_type, icmp_code] = if from.is_ipv6() {
                [types::V6_UNREACHABLE, 4]
            } else {
                [types::V4_UNREACHABLE, 3]
            };
            let (quote, objects, style) = (probe, &[][..], ExtensionStyle::Rfc4884);
            let error = ErrorBuild {
                icmp_type,
                icmp_code,
                rest: 0,
                quote,
                objects,
                style,
            };
            error.emit(from, back, &mut payload);
            icmp(from)
        }
        _ => {
            if let Ok(Icmp::EchoRequest {
                ident,
                sequence,
                payload: data,
            }) = Icmp::parse(packet.payload, from.is_ipv6())
            {
                emit_echo(from, back, true, ident, sequence, data, &mut payload);
            }
            icmp(from)
        }
    };
    reply(from, back, protocol, reply_ttl, &payload)
}

fn reply(source: IpAddr, destination: IpAddr, protocol: u8, ttl: u8, payload: &[u8]) -> Vec<u8> {
    let (tos, ident, flow_label, dont_fragment) = (0, 0, 0, false);
    let mut out = Vec::new();
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
    .emit(payload, &mut out);
    out
}

fn icmp(address: IpAddr) -> u8 {
    if address.is_ipv6() {
        protocol::ICMPV6
    } else {
        protocol::ICMP
    }
}

/// The prober for 0, a router otherwise, the targets from 250.
fn address(v6: bool, host: u8) -> IpAddr {
    if v6 {
        Ipv6Addr::new(0x2a00, 0, 0, 0, 0, 0, 0, 1 + u16::from(host)).into()
    } else {
        Ipv4Addr::new(5, 1, host, 1).into()
    }
}

fn job(script: &mut Script<'_>) -> Option<Job> {
    let (knobs, window) = (script.byte()?, script.byte()?);
    let target = |host: u8, v6: bool| Target {
        address: address(v6, host),
        source: address(v6, 0),
    };
    let v6 = knobs & 1 != 0;
    let kind = script.choice(&[Kind::Tnt, Kind::Trace, Kind::Ping])?;
    let targets = vec![target(250, v6), target(251, v6 ^ (knobs & 2 != 0))];
    Some(Job {
        ping: PingOptions {
            method: script.choice(&[
                PingMethod::Icmp,
                PingMethod::Udp,
                PingMethod::TcpSyn,
                PingMethod::TcpAck,
            ])?,
            count: 2,
            interval_ms: 10,
            timeout_ms: 100,
            ..PingOptions::default()
        },
        trace: TraceOptions {
            method: script.choice(&[
                TraceMethod::IcmpParis,
                TraceMethod::UdpParis,
                TraceMethod::TcpSyn,
            ])?,
            last_ttl: 16,
            attempts: 1 + (knobs >> 2 & 1),
            all_attempts: knobs & 8 != 0,
            wait_ms: 100,
            gap_limit: 3,
            window: window.max(1),
            ..TraceOptions::default()
        },
        tnt: TntOptions {
            brute_force: knobs & 16 != 0,
            treat_as_public: true,
            ..TntOptions::default()
        },
        rate_pps: 10_000,
        in_flight_max: 50,
        budget: Budget {
            per_target: 300,
            total: PROBES_MAX,
        },
        deadline_ms: (knobs & 32 != 0).then_some(2_000),
        ..Job::new(
            kind,
            targets,
            u64::from(window),
            "000102030405060708090a0b0c0d0e0f",
        )
    })
}
