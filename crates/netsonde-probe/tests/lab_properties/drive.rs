//! The engine on the lab, watched from outside.
use crate::world::{Draw, World};
use netsonde_lab::{Host, Lab};
use netsonde_probe::Engine;
use netsonde_probe::event::Event;
use netsonde_probe::job::{Job, Kind, Target, TraceOptions};
use netsonde_probe::record::Trace;
use netsonde_wire::icmp::Icmp;
use netsonde_wire::ip::{IpPacket, protocol};
use netsonde_wire::tcp::Tcp;
use netsonde_wire::udp::Udp;
use std::collections::BTreeSet;
use std::ops::Range;

/// Far beyond any job of these tests.
const END_NS: u64 = 1_000_000_000_000;
const SECOND_NS: u64 = 1_000_000_000;

/// The seeds of a property, or the one that `NETSONDE_SEED` names.
pub(crate) fn replay(seeds: Range<u64>) -> Range<u64> {
    let chosen = std::env::var("NETSONDE_SEED")
        .ok()
        .and_then(|text| text.parse::<u64>().ok());
    chosen.map_or(seeds.clone(), |seed| {
        if seeds.contains(&seed) {
            seed..seed + 1
        } else {
            seeds.start..seeds.start
        }
    })
}

/// A job that no limit holds back.
pub(crate) fn job(draw: &mut Draw, kind: Kind, targets: &[Target]) -> Job {
    let seed = draw.next();
    let key = format!("{:016x}{:016x}", draw.next(), draw.next());
    Job {
        trace: TraceOptions {
            last_ttl: 12,
            ..TraceOptions::default()
        },
        rate_pps: 1_000_000,
        in_flight_max: 10_000,
        ..Job::new(kind, targets.to_vec(), seed, &key)
    }
}

/// What a job did.
pub(crate) struct Run {
    pub(crate) sent: Vec<(u64, Vec<u8>)>,
    pub(crate) events: Vec<Event>,
    pub(crate) ended_ns: u64,
}

/// Runs a job in virtual time.
pub(crate) fn measure(world: &World, job: &Job) -> Run {
    let mut lab = Lab::new(&world.topology).unwrap_or_else(|error| panic!("{error}"));
    let attachment = lab.attachment("vp").expect("every world has one");
    let engine = Engine::new(job, 0).unwrap_or_else(|error| panic!("{error}"));
    let mut watched = Watched {
        engine,
        sent: Vec::new(),
    };
    let ended_ns = lab.drive(attachment, &mut watched, END_NS);
    let Watched { mut engine, sent } = watched;
    assert!(
        engine.is_finished(),
        "the engine waits for nothing, yet goes on"
    );
    Run {
        sent,
        events: std::iter::from_fn(|| engine.poll_event()).collect(),
        ended_ns,
    }
}

struct Watched {
    engine: Engine,
    sent: Vec<(u64, Vec<u8>)>,
}

impl Host for Watched {
    fn poll_transmit(&mut self, now_ns: u64) -> Option<Vec<u8>> {
        let packet = self.engine.poll_transmit(now_ns)?;
        self.sent.push((now_ns, packet.clone()));
        Some(packet)
    }

    fn handle_packet(&mut self, received_ns: u64, packet: &[u8]) {
        self.engine.handle_packet(received_ns, packet);
    }

    fn handle_timeout(&mut self, now_ns: u64) {
        self.engine.handle_timeout(now_ns);
    }

    fn poll_timeout(&self) -> Option<u64> {
        self.engine.poll_timeout()
    }

    fn is_finished(&self) -> bool {
        self.engine.is_finished()
    }
}

impl Run {
    pub(crate) fn traces(&self) -> impl Iterator<Item = &Trace> {
        self.events.iter().filter_map(|event| {
            if let Event::Trace(trace) = event {
                Some(trace)
            } else {
                None
            }
        })
    }

    /// All probes of the one trace are of one flow, and no two are the same packet.
    pub(crate) fn check_flow(&self, seed: u64) {
        let flows: BTreeSet<_> = self.sent.iter().map(|(_, probe)| flow(probe)).collect();
        assert!(flows.len() <= 1, "seed {seed}: flows {flows:?}");
        let probes: BTreeSet<_> = self.sent.iter().map(|(_, probe)| probe).collect();
        assert_eq!(
            probes.len(),
            self.sent.len(),
            "seed {seed}: two probes alike"
        );
    }

    pub(crate) fn check_limits(&self, seed: u64, job: &Job) {
        let rate = usize::try_from(job.rate_pps).expect("32 bits fit");
        for (first, later) in self.sent.iter().zip(self.sent.iter().skip(rate)) {
            assert!(
                later.0 - first.0 >= SECOND_NS,
                "seed {seed}: more than {rate} probes within a second"
            );
        }
        let count = self.sent.len() as u64;
        let most = u64::from(job.budget.per_target) * job.targets.len() as u64;
        assert!(
            count <= job.budget.total.min(most),
            "seed {seed}: {count} probes"
        );
        let deadline_ns = job.deadline_ms.map_or(END_NS, |ms| ms * 1_000_000);
        assert!(
            self.ended_ns <= deadline_ns,
            "seed {seed}: ended at {} ns",
            self.ended_ns
        );
    }
}

/// What per-flow balancers look at: addresses and protocol, flow label, ports or type, code, checksum (and identifier).
fn flow(probe: &[u8]) -> (String, u32, u64) {
    let packet = IpPacket::parse(probe).expect("probes are whole packets");
    let (header, bytes) = (packet.header, packet.payload);
    let (from, to) = (header.source, header.destination);
    let (word, right) = match header.protocol {
        protocol::UDP => {
            let udp = Udp::parse(bytes).expect("as the header says");
            (
                u64::from(udp.source_port) << 16 | u64::from(udp.destination_port),
                Udp::checksum_ok(bytes, from, to),
            )
        }
        protocol::TCP => {
            let tcp = Tcp::parse(bytes).expect("as the header says");
            (
                u64::from(tcp.source_port) << 16 | u64::from(tcp.destination_port),
                Tcp::checksum_ok(bytes, from, to),
            )
        }
        _ => {
            let head = bytes.first_chunk::<6>().expect("an echo header");
            let word = head
                .iter()
                .fold(0, |word, byte| word << 8 | u64::from(*byte));
            (word, Icmp::checksum_ok(bytes, from, to))
        }
    };
    assert!(right, "a probe with a wrong checksum");
    (
        format!("{from} {to} {}", header.protocol),
        header.flow_label,
        word,
    )
}
