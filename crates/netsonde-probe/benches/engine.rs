//! What the engine costs: `cargo bench -p netsonde-probe`, or with `--profile develop`; a part of a name after `--`
//! chooses figures.
//!
//! A responder in memory answers every probe 50 ms later, 200,000 probes a second of simulated time. A figure is
//! the processor's time for a whole job (targets begun, probes built, replies read and matched, events taken) less what the
//! responder costs by itself, the median of its rounds. Memory is what the process grows by.
mod world;

use netsonde_probe::Engine;
use netsonde_probe::job::{Job, Kind, Output, PingOptions, Target, TraceMethod, TraceOptions};
use std::hint::black_box;
use world::{Replies, respond};

const ROUNDS: usize = 5;
const TARGETS: u32 = 100_000;
/// Between two probes: 200,000 a second.
const STEP_NS: u64 = 5_000;
const HOPS: u8 = 4;

fn main() {
    // First: later the process keeps what it had.
    memory();
    for v6 in [false, true] {
        let version = if v6 { "v6" } else { "v4" };
        let ping = PingOptions {
            count: 1,
            ..PingOptions::default()
        };
        let job = |kind| Job {
            ping,
            ..job(kind, v6)
        };
        report(&format!("ping, 1 probe, {version}"), &job(Kind::Ping));
        for (name, method) in [
            ("ICMP", TraceMethod::IcmpParis),
            ("UDP", TraceMethod::UdpParis),
        ] {
            let trace = TraceOptions {
                method,
                window: HOPS,
                ..TraceOptions::default()
            };
            let job = Job {
                trace,
                ..job(Kind::Trace)
            };
            report(&format!("trace {name}, {HOPS} hops, {version}"), &job);
        }
        let trace = TraceOptions {
            window: HOPS,
            ..TraceOptions::default()
        };
        let tnt = Job {
            trace,
            ..job(Kind::Tnt)
        };
        report(&format!("TNT, {HOPS} hops, {version}"), &tnt);
    }
}

fn job(kind: Kind, v6: bool) -> Job {
    let targets = (0..TARGETS).map(|number| world::target(number, v6));
    Job {
        rate_pps: 10_000_000,
        in_flight_max: 1_000_000,
        output: Output::Columns,
        ..Job::new(
            kind,
            targets.collect(),
            1,
            "000102030405060708090a0b0c0d0e0f",
        )
    }
}

/// Prints what a target and a probe cost.
fn report(name: &str, job: &Job) {
    let wanted = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    if wanted.is_some_and(|part| !name.contains(&part)) {
        return;
    }
    let mut rounds: Vec<(u64, u64)> = (0..ROUNDS)
        .map(|_| {
            let (total_ns, probes) = run(job.clone());
            (total_ns.saturating_sub(responder_ns(job, probes)), probes)
        })
        .collect();
    rounds.sort_unstable();
    let (ns, probes) = rounds[ROUNDS / 2];
    println!("{name:<34}  {:>8.1} ns/target", per(ns, TARGETS.into()));
    println!("{name:<34}  {:>8.1} ns/probe", per(ns, probes));
}

#[expect(
    clippy::cast_precision_loss,
    reason = "figures of three or four digits"
)]
fn per(total: u64, count: u64) -> f64 {
    total as f64 / count as f64
}

/// Does a job; returns how long that took, and how many probes were sent.
fn run(job: Job) -> (u64, u64) {
    let start_ns = world::cpu_ns();
    let mut engine = Engine::from_job(job, 0).expect("a sound job");
    let (mut now_ns, mut probes) = (0, 0);
    let (mut replies, mut packet) = (Replies::default(), Vec::new());
    while !engine.is_finished() {
        now_ns += STEP_NS;
        while let Some((at_ns, reply)) = replies.due(now_ns) {
            engine.handle_packet(at_ns, reply);
            replies.pop();
        }
        packet.clear();
        if let Some(serial) = engine.poll_transmit_into(&mut packet, now_ns) {
            engine.handle_sent(serial, now_ns);
            probes += 1;
            respond(&packet, HOPS, now_ns, &mut replies);
        }
        while let Some(event) = engine.poll_event() {
            black_box(event);
        }
    }
    (world::cpu_ns() - start_ns, probes)
}

/// What answering that many probes costs, each answer put away and looked at.
fn responder_ns(job: &Job, probes: u64) -> u64 {
    let mut engine = Engine::from_job(job.clone(), 0).expect("a sound job");
    let samples: Vec<Vec<u8>> = (0..10_000)
        .map_while(|step| engine.poll_transmit(step * STEP_NS))
        .collect();
    let mut replies = Replies::default();
    let start_ns = world::cpu_ns();
    for (probe, now_ns) in samples.iter().cycle().zip((0..probes).map(|n| n * STEP_NS)) {
        respond(probe, HOPS, now_ns, &mut replies);
        while let Some(due) = replies.due(now_ns) {
            black_box(due);
            replies.pop();
        }
    }
    world::cpu_ns() - start_ns
}

/// Prints what targets take up that wait, and that are under way.
fn memory() {
    const WAITING: u32 = 1_000_000;
    let before = world::resident_bytes();
    let targets: Vec<Target> = (0..WAITING).map(|n| world::target(n, false)).collect();
    let mut job = Job {
        targets,
        ..job(Kind::Ping, false)
    };
    (job.ping.count, job.ping.timeout_ms) = (1, 60_000);
    let mut engine = Engine::from_job(job, 0).expect("a sound job");
    let waiting = world::resident_bytes().saturating_sub(before);
    println!(
        "{:<34}  {:>8.1} B/target",
        "memory, target waiting",
        per(waiting, WAITING.into())
    );
    let (mut sent, mut packet) = (0, Vec::new());
    while engine
        .poll_transmit_into(&mut packet, sent * STEP_NS)
        .is_some()
    {
        packet.clear();
        sent += 1;
    }
    let flying = world::resident_bytes().saturating_sub(before + waiting);
    println!(
        "{:<34}  {:>8.1} B/target",
        "memory, target in flight",
        per(flying, sent)
    );
}
