//! Rates, budgets, limits and deadlines hold whatever the network does.
use super::{PING_METHODS, TRACE_METHODS};
use crate::event::Event;
use crate::job::{Job, Kind};
use crate::record::{StopReason, Trace};
use crate::testing::{Answers, Log, MS, address, job, path, run};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::net::IpAddr;
use netsonde_wire::ip;
use proptest::prelude::*;

/// Jobs of every kind with limits that bite.
fn jobs() -> impl Strategy<Value = Job> {
    let limits = (
        1_u32..300,
        1_u32..20,
        1_u32..60,
        1_u64..200,
        proptest::option::of(1_u64..3_000),
    );
    (
        limits,
        1_usize..12,
        0..3_usize,
        0..4_usize,
        any::<u64>(),
        0_u8..3,
    )
        .prop_map(
            |(
                (rate_pps, in_flight_max, per_target, total, deadline_ms),
                count,
                kind,
                method,
                seed,
                window,
            )| {
                let targets: Vec<IpAddr> = (0..count)
                    .map(|n| address(n % 2 == 1, 200 + u8::try_from(n).unwrap()))
                    .collect();
                let kind = [Kind::Ping, Kind::Trace, Kind::Tnt][kind];
                let mut job = job(kind, &targets);
                (job.rate_pps, job.in_flight_max, job.deadline_ms, job.seed) =
                    (rate_pps, in_flight_max, deadline_ms, seed);
                (job.budget.per_target, job.budget.total) = (per_target, total);
                (job.ping.method, job.trace.method) =
                    (PING_METHODS[method], TRACE_METHODS[method % 3]);
                (job.ping.interval_ms, job.trace.window) = (50, [1, 8, 255][usize::from(window)]);
                job
            },
        )
}

/// Answers two probes of three, some of them late, drawn from the probe's bytes.
fn unreliable(now_ns: u64, probe: &[u8]) -> Answers {
    let luck = probe
        .iter()
        .fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(*byte));
    match luck % 6 {
        0 | 1 => Vec::new(),
        2 => path(6)(now_ns, probe)
            .into_iter()
            .map(|(_, reply)| (1_500 * MS, reply))
            .collect(),
        _ => path(6)(now_ns, probe),
    }
}

/// No second holds more than the rate.
fn check_rate(log: &Log, rate_pps: u32) {
    let rate = usize::try_from(rate_pps).unwrap();
    for (first, later) in log.sent.iter().zip(log.sent.iter().skip(rate)) {
        assert!(
            later.0 - first.0 >= 1_000 * MS,
            "more than {rate} probes within a second"
        );
    }
}

fn traces(log: &Log) -> Vec<&Trace> {
    log.events
        .iter()
        .filter_map(|event| match event {
            Event::Trace(trace) => Some(trace),
            Event::Tnt(result) => Some(&result.trace),
            _ => None,
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn limits_hold(job in jobs()) {
        let log = run(&job, unreliable);
        check_rate(&log, job.rate_pps);
        prop_assert!(log.sent.len() as u64 <= job.budget.total);
        let mut per_target: BTreeMap<IpAddr, u32> = BTreeMap::new();
        if job.kind != Kind::Tnt {
            for (_, probe) in &log.sent {
                *per_target.entry(ip::destination(probe).unwrap()).or_default() += 1;
            }
        }
        prop_assert!(per_target.values().all(|sent| *sent <= job.budget.per_target));
        let most = u64::from(job.budget.per_target) * job.targets.len() as u64;
        prop_assert!(log.sent.len() as u64 <= most);
        if let Some(deadline_ms) = job.deadline_ms {
            prop_assert!(log.ended_ns <= deadline_ms * MS);
        }
        let ends = log.events.iter().filter(|event| matches!(event, Event::Done { .. } | Event::Failed { .. })).count();
        prop_assert_eq!(ends, 1);
        let Some(Event::Done { counters, targets_done, .. }) = log.events.last() else {
            return Err(TestCaseError::fail("the last event is no end"));
        };
        prop_assert_eq!(counters.sent, log.sent.len() as u64);
        let results = log.events.iter().filter(|event| matches!(event, Event::Ping(_) | Event::Trace(_) | Event::Tnt(_)));
        prop_assert_eq!(results.count(), *targets_done as usize);
        if job.deadline_ms.is_none() && counters.sent < job.budget.total {
            prop_assert_eq!(*targets_done as usize, job.targets.len());
        }
    }

    #[test]
    fn equal_jobs_give_equal_results(job in jobs()) {
        prop_assert_eq!(run(&job, unreliable), run(&job, unreliable));
    }

    /// With a silent network every probe waits its whole second: no more than the limit may have been sent in it.
    #[test]
    fn the_in_flight_limit_holds(in_flight_max in 1_u32..30, window in 1_u8..20) {
        let targets: Vec<IpAddr> = (200..220).map(|host| address(false, host)).collect();
        let mut job = job(Kind::Trace, &targets);
        (job.in_flight_max, job.trace.window, job.trace.attempts) = (in_flight_max, window, 1);
        let log = run(&job, |_, _| Vec::new());
        check_rate(&log, in_flight_max);
        prop_assert_eq!(traces(&log).len(), targets.len());
    }
}

#[test]
fn a_budget_that_ends_within_a_trace_says_so() {
    let mut job = job(Kind::Trace, &[address(false, 200)]);
    (job.budget.per_target, job.trace.window) = (4, 1);
    let log = run(&job, path(9));
    let [trace] = traces(&log)[..] else {
        panic!("{:?}", log.events)
    };
    assert_eq!(
        (trace.stop, trace.hops.len(), trace.sent),
        (StopReason::Budget, 4, 4)
    );
}

#[test]
fn a_deadline_keeps_what_came_before_it() {
    let mut job = job(Kind::Trace, &[address(false, 200)]);
    (job.deadline_ms, job.trace.window) = (Some(4), 255);
    let log = run(&job, path(9));
    let [trace] = traces(&log)[..] else {
        panic!("{:?}", log.events)
    };
    assert_eq!(
        (trace.stop, trace.hops.len(), log.ended_ns),
        (StopReason::Deadline, 4, 4 * MS)
    );
}

#[test]
fn a_hundred_thousand_targets_are_begun_as_the_rate_allows() {
    let target = |n: u32| IpAddr::from((0x0502_0000 + n).to_be_bytes());
    let mut job = job(Kind::Ping, &(0..100_000).map(target).collect::<Vec<_>>());
    (job.ping.count, job.rate_pps, job.in_flight_max) = (1, 50_000, 1_000);
    let log = run(&job, path(3));
    let Some(Event::Done {
        counters,
        targets_done,
        ..
    }) = log.events.last()
    else {
        panic!("no end")
    };
    assert_eq!((counters.received, *targets_done), (100_000, 100_000));
    assert!(
        log.ended_ns < 2_100 * MS,
        "{} ns for two seconds' probes",
        log.ended_ns
    );
}
