//! Traces against a specification that fits in a glance, and their cost in time.
use super::{MILLISECOND_NS, StopReason};
use crate::event::Event;
use crate::job::{Job, Kind};
use crate::record::{Counters, Trace};
use crate::testing::{Answers, address, forge, job, path, run, target_answer, time_exceeded};
use alloc::vec::Vec;
use core::net::IpAddr;
use netsonde_wire::ip;
use proptest::prelude::*;

const MS: u64 = MILLISECOND_NS;

/// What the network does to the probes of one TTL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Answer,
    Lose,
    Late,
    Duplicate,
    Forged,
    Reach,
}

impl Fate {
    fn is_heard(self) -> bool {
        matches!(self, Self::Answer | Self::Duplicate | Self::Reach)
    }

    fn answers(self, ttl: u8, probe: &[u8]) -> Answers {
        let reply = time_exceeded(probe, address(false, ttl), 28);
        match self {
            Self::Answer => Vec::from([(MS, reply)]),
            Self::Lose => Vec::new(),
            Self::Late => Vec::from([(5_000 * MS, reply)]),
            Self::Duplicate => Vec::from([(MS, reply.clone()), (2 * MS, reply)]),
            Self::Forged => Vec::from([(MS, forge(&reply))]),
            Self::Reach => Vec::from([(MS, target_answer(probe))]),
        }
    }
}

/// Long lists, rarely `Reach`: short traces test little.
fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let fate = prop_oneof![
        4 => Just(Fate::Answer),
        2 => Just(Fate::Lose),
        1 => Just(Fate::Late),
        1 => Just(Fate::Duplicate),
        1 => Just(Fate::Forged),
        1 => Just(Fate::Reach),
    ];
    proptest::collection::vec(fate, 10..40)
}

/// The specification: who is heard at each TTL, and why the trace ends.
fn expected(fates: &[Fate], gap_limit: u8, all_at_once: bool) -> (Vec<Option<u8>>, StopReason) {
    let (mut hops, mut gap) = (Vec::new(), 0);
    for (fate, ttl) in fates.iter().zip(1..) {
        gap = if fate.is_heard() { 0 } else { gap + 1 };
        hops.push(match fate {
            Fate::Reach => Some(200),
            _ => fate.is_heard().then_some(ttl),
        });
        let heard_beyond =
            all_at_once && fates[usize::from(ttl)..].iter().any(|fate| fate.is_heard());
        if *fate == Fate::Reach {
            return (hops, StopReason::Completed);
        } else if gap >= gap_limit && !heard_beyond {
            return (hops, StopReason::GapLimit);
        }
    }
    (hops, StopReason::LastTtl)
}

fn trace_job(fates: &[Fate], gap_limit: u8, window: u8, attempts: u8) -> Job {
    let mut job = job(Kind::Trace, &[address(false, 200)]);
    job.trace.last_ttl = u8::try_from(fates.len()).unwrap();
    job.trace.gap_limit = gap_limit;
    job.trace.window = window;
    job.trace.attempts = attempts;
    job
}

fn outcome(job: &Job, fates: &[Fate]) -> (Trace, Counters) {
    let log = run(job, |_, probe| {
        let ttl = ip::ttl(probe).unwrap();
        fates[usize::from(ttl) - 1].answers(ttl, probe)
    });
    let mut hops = Vec::new();
    let mut result = None;
    for event in log.events {
        match event {
            Event::Hop { hop, .. } => hops.push(hop),
            Event::Trace(trace) => result = Some(trace),
            Event::Done { counters, .. } => {
                let trace: Trace = result.expect("results come before the end");
                assert_eq!(hops, trace.hops, "the stream and the record agree");
                return (trace, counters);
            }
            _ => {}
        }
    }
    panic!("no end");
}

fn hosts(trace: &Trace) -> Vec<Option<u8>> {
    let host = |address: IpAddr| match address {
        IpAddr::V4(v4) => v4.octets()[2],
        IpAddr::V6(_) => unreachable!("these traces are over IPv4"),
    };
    trace
        .hops
        .iter()
        .map(|hop| hop.replies.first().map(|reply| host(reply.responder)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_trace_is_what_the_network_did(fates in fates(), gap_limit in 1_u8..6, attempts in 1_u8..4, at_once: bool) {
        let window = if at_once { 255 } else { 1 };
        let (trace, counters) = outcome(&trace_job(&fates, gap_limit, window, attempts), &fates);
        prop_assert_eq!((hosts(&trace), trace.stop), expected(&fates, gap_limit, at_once));
        // Beyond the target, probes that were sent all at once are forged replies to, too, but not repeated.
        let of = |fates: &[Fate]| fates.iter().filter(|fate| **fate == Fate::Forged).count() as u64 * u64::from(attempts);
        let shown = of(&fates[..trace.hops.len()]);
        let most = if at_once { of(&fates) } else { shown };
        prop_assert!((shown..=most).contains(&counters.rejected));
        prop_assert_eq!(counters.unrelated + counters.unparsed, 0);
    }

    /// A window finds no less than one probe at a time and no more than all at once.
    #[test]
    fn a_window_only_buys_time(fates in fates(), gap_limit in 1_u8..6, window in 2_u8..20) {
        let (trace, _) = outcome(&trace_job(&fates, gap_limit, window, 2), &fates);
        let hops = hosts(&trace);
        prop_assert!(hops.starts_with(&expected(&fates, gap_limit, false).0));
        prop_assert!(expected(&fates, gap_limit, true).0.starts_with(&hops));
    }

    /// All attempts are sent, and each reply is recorded, when that is asked for.
    #[test]
    fn all_attempts_are_made(attempts in 1_u8..6, window in prop_oneof![Just(1_u8), Just(4), Just(255)]) {
        let mut job = trace_job(&[Fate::Answer; 4], 5, window, attempts);
        job.trace.all_attempts = true;
        let (trace, _) = outcome(&job, &[Fate::Answer; 4]);
        for hop in &trace.hops {
            prop_assert_eq!((hop.sent, hop.replies.len()), (attempts, usize::from(attempts)));
        }
    }
}

#[test]
fn counters_tell_late_from_duplicate() {
    let fates = [
        Fate::Answer,
        Fate::Duplicate,
        Fate::Late,
        Fate::Answer,
        Fate::Lose,
        Fate::Lose,
        Fate::Lose,
    ];
    let mut job = trace_job(&fates, 9, 1, 1);
    job.trace.wait_ms = 3_000;
    let (trace, counters) = outcome(&job, &fates);
    assert_eq!((trace.duplicates, trace.late), (1, 1));
    assert_eq!(
        (
            counters.sent,
            counters.received,
            counters.duplicate,
            counters.late
        ),
        (7, 3, 1, 1)
    );
}

#[test]
fn a_silent_destination_costs_one_wait_and_the_rtt_of_the_path() {
    for attempts in 1..=5 {
        let mut job = job(Kind::Trace, &[address(false, 200)]);
        (job.trace.window, job.trace.attempts) = (255, attempts);
        let log = run(&job, |now_ns, probe| {
            if ip::ttl(probe).unwrap() > 8 {
                Vec::new()
            } else {
                path(8)(now_ns, probe)
            }
        });
        assert!(
            log.ended_ns <= 1_008 * MS,
            "{attempts} attempts took {} ns",
            log.ended_ns
        );
        let silent = log
            .sent
            .iter()
            .filter(|(_, probe)| ip::ttl(probe) == Some(9))
            .count();
        assert_eq!(silent, usize::from(attempts), "and every attempt was made");
    }
}

#[test]
fn the_last_attempt_has_time_to_be_answered() {
    // Every router is 600 ms away and answers the third attempt only.
    let mut job = job(Kind::Trace, &[address(false, 200)]);
    job.trace.window = 255;
    let mut tries = [0_u8; 256];
    let log = run(&job, |now_ns, probe| {
        let ttl = ip::ttl(probe).unwrap();
        tries[usize::from(ttl)] += 1;
        let answered = tries[usize::from(ttl)] == 3 || ttl == 1;
        let late = |(_, packet)| (600 * MS, packet);
        if answered {
            path(3)(now_ns, probe).into_iter().map(late).collect()
        } else {
            Vec::new()
        }
    });
    let Some(Event::Trace(trace)) = log.events.iter().rev().nth(1) else {
        panic!("{:?}", log.events)
    };
    assert_eq!(hosts(trace), [Some(1), Some(2), Some(3), Some(200)]);
}

#[test]
fn loops_end_a_trace_but_a_repeated_neighbour_does_not() {
    let ends = |hosts: &'static [u8], loop_limit| {
        let mut job = job(Kind::Trace, &[address(false, 200)]);
        job.trace.loop_limit = loop_limit;
        job.trace.last_ttl = u8::try_from(hosts.len()).unwrap();
        let log = run(&job, |_, probe| {
            let host = hosts[usize::from(ip::ttl(probe).unwrap()) - 1];
            Vec::from([(MS, time_exceeded(probe, address(false, host), 28))])
        });
        let Some(Event::Trace(trace)) = log.events.iter().rev().nth(1) else {
            panic!("{:?}", log.events)
        };
        (trace.stop, trace.hops.len())
    };
    assert_eq!(ends(&[1, 2, 2, 3, 3, 4], 1), (StopReason::LastTtl, 6));
    assert_eq!(ends(&[1, 2, 3, 2, 3, 2], 1), (StopReason::LoopLimit, 4));
    assert_eq!(ends(&[1, 2, 3, 2, 3, 2], 2), (StopReason::LoopLimit, 5));
    assert_eq!(ends(&[1, 2, 3, 2, 3, 2], 0), (StopReason::LastTtl, 6));
}

#[test]
fn a_refusing_router_ends_a_trace() {
    for (code, responder, stop) in [
        (1, 3, StopReason::Unreachable),
        (13, 3, StopReason::Unreachable),
        (2, 200, StopReason::Completed),
    ] {
        let job = job(Kind::Trace, &[address(false, 200)]);
        let log = run(&job, |now_ns, probe| {
            if ip::ttl(probe).unwrap() < 3 {
                return path(9)(now_ns, probe);
            }
            Vec::from([(
                3 * MS,
                crate::testing::error(probe, address(false, responder), 3, code, 28),
            )])
        });
        let Some(Event::Trace(trace)) = log.events.iter().rev().nth(1) else {
            panic!("{:?}", log.events)
        };
        assert_eq!(
            (trace.stop, hosts(trace)),
            (stop, Vec::from([Some(1), Some(2), Some(responder)]))
        );
        assert_eq!(trace.hops[2].replies[0].icmp_code, Some(code));
    }
}
