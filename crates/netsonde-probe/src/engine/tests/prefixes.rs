//! Excluded prefixes get nothing, limited ones no more than their share, and nobody waits for another's.
use super::PING_METHODS;
use crate::engine::Engine;
use crate::event::Event;
use crate::identity::Shape;
use crate::job::{Job, Kind, PrefixLimits, Target};
use crate::measurement::Verdict;
use crate::record::{Counters, StopReason};
use crate::session::{Answer, Ask, Session};
use crate::targets::Prefix;
use crate::testing::{MS, address, job, path, run, source};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use netsonde_wire::ip;
use proptest::prelude::*;

/// Host `host` of network `net`: a /24 or a /48.
fn host(v6: bool, net: u8, host: u8) -> IpAddr {
    if v6 {
        Ipv6Addr::new(0x2a00, 7, net.into(), 0, 0, 0, 0, host.into()).into()
    } else {
        Ipv4Addr::new(5, 7, net, host).into()
    }
}

fn net(destination: IpAddr) -> Prefix {
    Prefix::around(destination, if destination.is_ipv4() { 24 } else { 48 })
}

fn counters(events: &[Event]) -> Counters {
    let Some(Event::Done { counters, .. }) = events.last() else {
        panic!("{:?}", events.last())
    };
    *counters
}

fn jobs() -> impl Strategy<Value = Job> {
    let targets = proptest::collection::vec((any::<bool>(), 0_u8..4, 1_u8..200), 1..20);
    let limits = (0_u32..30, 0_u64..40, 1_u32..200, 1_u32..30);
    (targets, limits, 0..3_usize, 0..4_usize, any::<u64>()).prop_map(
        |(targets, (prefix_pps, probes, rate_pps, in_flight_max), kind, method, seed)| {
            let targets: Vec<IpAddr> = targets
                .into_iter()
                .map(|(v6, net, last)| host(v6, net, last))
                .collect();
            let mut job = job([Kind::Ping, Kind::Trace, Kind::Tnt][kind], &targets);
            (job.prefix.rate_pps, job.prefix.probes) = (prefix_pps, probes);
            (job.rate_pps, job.in_flight_max, job.seed) = (rate_pps, in_flight_max, seed);
            (job.ping.method, job.ping.interval_ms) = (PING_METHODS[method], 20);
            job
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// `run` refuses an engine that asks to be called at once without need.
    #[test]
    fn no_prefix_gets_more_than_its_share_in_any_second(job in jobs()) {
        let log = run(&job, path(4));
        let mut sent: BTreeMap<Prefix, Vec<u64>> = BTreeMap::new();
        for (sent_ns, probe) in &log.sent {
            sent.entry(net(ip::destination(probe).unwrap())).or_default().push(*sent_ns);
        }
        let PrefixLimits { rate_pps, probes, .. } = job.prefix;
        for (prefix, times) in &sent {
            prop_assert!(probes == 0 || times.len() as u64 <= probes, "{} for {prefix}", times.len());
            let rate = usize::try_from(rate_pps).unwrap();
            for (first, later) in times.iter().zip(times.iter().skip(rate)) {
                prop_assert!(rate == 0 || later - first >= 1_000 * MS, "{prefix}");
            }
        }
        let is_result = |event: &&Event| matches!(event, Event::Ping(_) | Event::Trace(_) | Event::Tnt(_));
        prop_assert_eq!(log.events.iter().filter(is_result).count(), job.targets.len());
        prop_assert_eq!(run(&job, path(4)), log, "equal jobs give equal results");
    }

    #[test]
    fn nothing_is_sent_to_what_is_excluded(mut job in jobs(), nets in proptest::collection::vec((any::<bool>(), 0_u8..4), 0..4), hop in 1_u8..5) {
        (job.prefix, job.rate_pps, job.in_flight_max) = (PrefixLimits::default(), 10_000, 10_000);
        job.exclude = nets.into_iter().map(|(v6, number)| net(host(v6, number, 0))).collect();
        // A router that every trace finds, and TNT would ping.
        job.exclude.push(Prefix::around(address(false, hop), 32));
        let log = run(&job, path(4));
        for (_, probe) in &log.sent {
            let destination = ip::destination(probe).unwrap();
            prop_assert!(!job.exclude.iter().any(|prefix| prefix.contains(destination)), "{destination}");
        }
        let counters = counters(&log.events);
        let refused = job.targets.iter().filter(|target| job.exclude.iter().any(|prefix| prefix.contains(target.address)));
        let refused = refused.count() as u64;
        prop_assert!(counters.excluded >= refused);
        prop_assert!(job.kind == Kind::Tnt || counters.excluded == refused);
        prop_assert_eq!(counters.sent, log.sent.len() as u64);
    }
}

#[test]
fn a_prefix_that_waits_is_in_nobodys_way() {
    let crowd = (1..=200).map(|last| host(false, 1, last));
    let others = (2..100).map(|net| host(false, net, 1));
    let targets: Vec<IpAddr> = crowd.chain(others).collect();
    let mut job = job(Kind::Ping, &targets);
    (job.ping.count, job.prefix.rate_pps) = (1, 10);
    let log = run(&job, path(3));
    let crowded = net(targets[0]);
    let (last_ns, _) = log.sent.last().unwrap();
    assert!(*last_ns > 18_000 * MS, "the crowd takes its 20 seconds");
    for (sent_ns, probe) in &log.sent {
        let destination = ip::destination(probe).unwrap();
        assert!(
            crowded.contains(destination) || *sent_ns < MS,
            "{destination} after {sent_ns} ns"
        );
    }
    assert_eq!(counters(&log.events).received, 298);
}

/// Sends one probe to each of its addresses and waits a second for each.
#[derive(Debug)]
struct Scouts {
    open: Vec<IpAddr>,
    sent: Vec<u64>,
    answered: u32,
    refused: bool,
    shape: Shape,
}

impl Session for Scouts {
    fn is_ready(&self, _: u64) -> bool {
        !self.refused && !self.open.is_empty()
    }

    fn poll_ask(&mut self, now_ns: u64) -> Option<Ask> {
        let target = self.open.pop()?;
        self.sent.push(now_ns + 1_000 * MS);
        Some(Ask {
            shape: Shape {
                target,
                ..self.shape
            },
            ttl: 64,
            token: 1,
            wait_ns: 1_000 * MS,
        })
    }

    fn handle_answer(&mut self, _: Answer<'_>) -> Verdict {
        self.answered += 1;
        Verdict::InTime
    }

    fn handle_timeout(&mut self, now_ns: u64) {
        self.sent.retain(|end_ns| *end_ns > now_ns);
    }

    fn poll_timeout(&self, now_ns: u64) -> Option<u64> {
        self.sent
            .iter()
            .copied()
            .filter(|end_ns| *end_ns > now_ns)
            .min()
    }

    fn refuse(&mut self) {
        self.refused = true;
    }

    fn finish(&mut self, _: StopReason) {
        self.refused = true;
        self.sent.clear();
    }

    fn in_flight(&self) -> u32 {
        u32::try_from(self.sent.len()).unwrap()
    }

    fn is_finished(&self) -> bool {
        self.sent.is_empty() && (self.refused || self.open.is_empty())
    }

    fn into_event(self: Box<Self>, _: u64, _: u64) -> Event {
        Event::Failed {
            reason: alloc::format!("{} answered", self.answered),
            hint: alloc::string::String::new(),
        }
    }
}

/// Where a session of a job that streams was allowed to send, with the times, and the counters.
fn scout(job: &Job, own: IpAddr, open: Vec<IpAddr>) -> (Vec<(u64, IpAddr)>, Counters) {
    let target = Target {
        address: own,
        source: source(false),
    };
    let mut engine = Engine::new(job, 0).unwrap();
    let shape = Shape::of_ping(target, &job.ping);
    let session = Scouts {
        open,
        sent: Vec::new(),
        answered: 0,
        refused: false,
        shape,
    };
    engine.begin_scouts(target, Box::new(session));
    engine.end_targets();
    let (mut now_ns, mut sent) = (0, Vec::new());
    while !engine.is_finished() {
        engine.handle_timeout(now_ns);
        while let Some(probe) = engine.poll_transmit(now_ns) {
            sent.push((now_ns, ip::destination(&probe).unwrap()));
        }
        now_ns = engine.poll_timeout().unwrap_or(now_ns);
    }
    let events: Vec<Event> = core::iter::from_fn(|| engine.poll_event()).collect();
    (sent, counters(&events))
}

#[test]
fn sessions_are_held_to_the_limits_of_each_address() {
    let mut job = job(Kind::Ping, &[]);
    job.stream_targets = true;
    job.prefix.rate_pps = 2;
    job.exclude = Vec::from([net(host(false, 9, 0))]);
    let private = IpAddr::from([10, 0, 0, 1]);
    let open = Vec::from([
        host(false, 1, 1),
        host(false, 1, 2),
        host(false, 1, 3),
        host(false, 9, 1),
        private,
    ]);
    let (sent, counters) = scout(&job, host(false, 1, 9), open.clone());
    let expected = [
        (0, host(false, 1, 3)),
        (500 * MS, host(false, 1, 2)),
        (1_000 * MS, host(false, 1, 1)),
    ];
    assert_eq!(sent, expected);
    assert_eq!((counters.sent, counters.excluded), (3, 2));
    let (sent, counters) = scout(&job, IpAddr::from([10, 0, 0, 9]), open);
    assert_eq!(
        (sent.len(), counters.excluded),
        (4, 1),
        "where the target is one itself"
    );
}
