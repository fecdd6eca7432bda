//! What the lab's faults must never do to a measurement: 10,000 seeded runs.
//!
//! Each property draws a small Internet from a seed: layers of routers of which every one is joined to all of the
//! next layer, so that whatever path a probe takes, a router of layer `n` answers TTL `n`. That is the specification.
//! A failure names its seed; `NETSONDE_SEED=n cargo test -p netsonde-probe --test lab_properties` replays it alone.
#[path = "lab_properties/drive.rs"]
mod drive;
#[path = "lab_properties/trouble.rs"]
mod trouble;
#[path = "lab_properties/world.rs"]
mod world;

use drive::{Run, job, measure, replay};
use netsonde_lab::topology::{Domain, TtlMode};
use netsonde_probe::event::Event;
use netsonde_probe::job::{Job, Kind, PingMethod, TraceMethod};
use netsonde_probe::record::{Label, Reply, ReplyKind, StopReason, Trace};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use world::{Draw, World};

/// Options of a trace, drawn.
fn trace_job(draw: &mut Draw, world: &World, method: TraceMethod) -> Job {
    let target = world.target(draw.one_in(2));
    let mut job = job(draw, Kind::Trace, &[target]);
    job.trace.method = method;
    job.trace.window = *draw.pick(&[1, 2, 8, 255]);
    job.trace.attempts = *draw.pick(&[1, 2, 3]);
    job.trace.all_attempts = draw.one_in(4);
    job.trace.first_ttl = *draw.pick(&[1, 1, 1, 2]);
    job.trace.size = *draw.pick(&[0, 60, 120, 600]);
    job.trace.flow = u16::try_from(draw.below(1_000)).expect("small");
    job
}

/// No reply that is shown comes from anyone but a router of its layer.
fn check_sound(seed: u64, world: &World, run: &Run) {
    for trace in run.traces() {
        for hop in &trace.hops {
            for reply in &hop.replies {
                // Only a router without a route answers for TTLs beyond its own.
                let lowest = if reply.kind == ReplyKind::Unreachable {
                    1
                } else {
                    hop.probe_ttl
                };
                let ttl = (lowest..=hop.probe_ttl)
                    .rev()
                    .find(|ttl| world.layer(*ttl).contains(&reply.responder));
                let ttl = ttl.unwrap_or_else(|| {
                    panic!(
                        "seed {seed}: TTL {} shows {reply:?}\n{}",
                        hop.probe_ttl,
                        world.troubles()
                    )
                });
                assert!(
                    reply.rtt_ns >= world.rtt_min_ns(ttl),
                    "seed {seed}: faster than the path: {reply:?}"
                );
            }
        }
        let completed = trace.stop == StopReason::Completed;
        let last = trace.hops.last().and_then(|hop| hop.replies.first());
        assert!(
            !completed || last.is_some_and(|reply| reply.responder == trace.target),
            "seed {seed}"
        );
    }
}

fn sound(method: TraceMethod, first: u64) {
    let mut heard = 0;
    for seed in replay(first..first + 1_500) {
        let mut draw = Draw::new(seed);
        let mut world = World::layered(&mut draw);
        world.break_things(&mut draw);
        let job = trace_job(&mut draw, &world, method);
        let run = measure(&world, &job);
        check_sound(seed, &world, &run);
        run.check_flow(seed);
        heard += run
            .traces()
            .flat_map(|trace| &trace.hops)
            .filter(|hop| !hop.replies.is_empty())
            .count();
    }
    assert!(
        heard > 1_500 || replay(0..2).count() < 2,
        "the faults left {heard} hops to check"
    );
}

#[test]
fn icmp_hops_are_never_false() {
    sound(TraceMethod::IcmpParis, 0);
}

#[test]
fn udp_hops_are_never_false() {
    sound(TraceMethod::UdpParis, 1_500);
}

#[test]
fn tcp_hops_are_never_false() {
    sound(TraceMethod::TcpSyn, 3_000);
}

/// A responder and its label stack: label and TTL of each entry.
type Shown = (IpAddr, Vec<(u32, u8)>);

/// What each TTL shows.
fn shown(traces: &[&Trace]) -> BTreeMap<u8, BTreeSet<Shown>> {
    let stack = |labels: &[Label]| {
        labels
            .iter()
            .map(|entry| (entry.label, entry.ttl))
            .collect()
    };
    let entry = |reply: &Reply| (reply.responder, stack(&reply.labels));
    // A router without a route may answer for any TTL beyond its own.
    let forwarded = |reply: &&Reply| reply.kind != ReplyKind::Unreachable;
    let hops = traces.iter().flat_map(|trace| &trace.hops);
    hops.map(|hop| {
        (
            hop.probe_ttl,
            hop.replies.iter().filter(forwarded).map(entry).collect(),
        )
    })
    .collect()
}

#[test]
fn labels_are_never_false() {
    let mut labelled = 0;
    for seed in replay(4_500..6_000) {
        let mut draw = Draw::new(seed);
        let mut world = World::line(&mut draw);
        let domain = Domain {
            members: world.core(),
            ttl: TtlMode::Uniform,
            ..Domain::default()
        };
        world.topology.domains.insert("core".to_owned(), domain);
        let method = *draw.pick(&[
            TraceMethod::IcmpParis,
            TraceMethod::UdpParis,
            TraceMethod::TcpSyn,
        ]);
        let job = trace_job(&mut draw, &world, method);
        let clean = measure(&world, &job);
        world.break_things(&mut draw);
        let broken = measure(&world, &job);
        let truth = shown(&clean.traces().collect::<Vec<_>>());
        for (ttl, entries) in shown(&broken.traces().collect::<Vec<_>>()) {
            let real = &truth.get(&ttl).cloned().unwrap_or_default();
            for (responder, labels) in entries {
                labelled += usize::from(!labels.is_empty());
                // A stack that was cut off or fails its checksum is not shown at all.
                let known = real.iter().any(|(address, stack)| {
                    *address == responder && (labels.is_empty() || *stack == labels)
                });
                assert!(
                    known || ttl >= world.length(),
                    "seed {seed}: TTL {ttl} shows {responder} {labels:?}, not {real:?}\n{}\n{:?}",
                    world.troubles(),
                    broken.events
                );
            }
        }
    }
    assert!(
        labelled > 1_000 || replay(0..2).count() < 2,
        "only {labelled} labelled hops were checked"
    );
}

/// With loss p and r attempts a responsive hop is missed with probability p^r.
#[test]
fn hops_are_found_as_often_as_loss_allows() {
    let (loss, mut hops, mut missed, mut expected) = (0.3_f64, 0.0, 0.0, 0.0);
    for seed in replay(6_000..8_500) {
        let mut draw = Draw::new(seed);
        let mut world = World::layered(&mut draw);
        world.lose(loss);
        let method = *draw.pick(&[
            TraceMethod::IcmpParis,
            TraceMethod::UdpParis,
            TraceMethod::TcpSyn,
        ]);
        let mut job = trace_job(&mut draw, &world, method);
        (job.trace.first_ttl, job.trace.gap_limit) = (1, 32);
        let run = measure(&world, &job);
        for trace in run.traces() {
            for ttl in 1..=world.length() {
                let answered = trace
                    .hops
                    .get(usize::from(ttl) - 1)
                    .is_some_and(|hop| !hop.replies.is_empty());
                hops += 1.0;
                missed += f64::from(u8::from(!answered));
                expected += loss.powi(i32::from(job.trace.attempts));
            }
        }
    }
    let deviation = 4.0 * f64::sqrt(expected);
    assert!(
        missed <= expected + deviation,
        "{missed} of {hops} hops missed, {expected} expected"
    );
    assert!(
        missed >= expected - deviation,
        "{missed} of {hops} hops missed: there was too little loss"
    );
}

/// Rates, budgets and deadlines hold, and every job ends exactly once, whatever breaks.
#[test]
fn limits_hold_and_every_job_ends() {
    for seed in replay(8_500..10_000) {
        let mut draw = Draw::new(seed);
        let mut world = World::layered(&mut draw);
        world.break_things(&mut draw);
        let kind = *draw.pick(&[Kind::Ping, Kind::Trace, Kind::Tnt]);
        let targets: Vec<_> = (0..=draw.below(4))
            .map(|n| world.target(n % 2 == 1))
            .collect();
        let mut job = job(&mut draw, kind, &targets);
        job.rate_pps = u32::try_from(5 + draw.below(200)).expect("small");
        job.in_flight_max = u32::try_from(1 + draw.below(20)).expect("small");
        job.budget.per_target = u32::try_from(1 + draw.below(60)).expect("small");
        job.budget.total = 1 + draw.below(150);
        job.deadline_ms = Some(1 + draw.below(5_000));
        job.ping.interval_ms = 100;
        job.ping.method = *draw.pick(&[
            PingMethod::Icmp,
            PingMethod::Udp,
            PingMethod::TcpSyn,
            PingMethod::TcpAck,
        ]);
        let run = measure(&world, &job);
        run.check_limits(seed, &job);
        check_sound(seed, &world, &run);
        let ends = run
            .events
            .iter()
            .filter(|event| matches!(event, Event::Done { .. } | Event::Failed { .. }));
        assert_eq!(ends.count(), 1, "seed {seed}");
        assert!(
            matches!(run.events.last(), Some(Event::Done { .. })),
            "seed {seed}"
        );
    }
}
