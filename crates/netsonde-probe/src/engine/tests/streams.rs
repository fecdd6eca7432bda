//! Targets that come while the job runs, progress, columns, and the moment of sending.
use crate::engine::Engine;
use crate::event::Event;
use crate::job::{Job, Kind, Output, Target};
use crate::testing::{MS, address, job, path, run, source, target_answer};
use alloc::vec::Vec;
use core::net::IpAddr;
use netsonde_wire::ip;

fn target(host: u8) -> Target {
    let v6 = host % 2 == 1;
    Target {
        address: address(v6, host),
        source: source(v6),
    }
}

/// One probe to each target; no target yet.
fn streaming() -> Job {
    let mut job = job(Kind::Ping, &[]);
    (job.stream_targets, job.ping.count) = (true, 1);
    job
}

fn destinations(engine: &mut Engine, now_ns: u64) -> Vec<IpAddr> {
    core::iter::from_fn(|| engine.poll_transmit(now_ns))
        .map(|probe| ip::destination(&probe).unwrap())
        .collect()
}

#[test]
fn streamed_targets_are_taken_in_the_order_in_which_they_come() {
    let mut engine = Engine::new(&streaming(), 0).unwrap();
    assert!(destinations(&mut engine, 0).is_empty());
    assert_eq!(engine.poll_timeout(), None, "only a target can wake it");
    let targets: Vec<Target> = (200..220).map(target).collect();
    let expected: Vec<IpAddr> = targets.iter().map(|target| target.address).collect();
    let wanted = engine.targets_wanted();
    engine.add_targets(&targets[..7]).unwrap();
    assert_eq!(engine.targets_wanted(), wanted - 7);
    engine.add_targets(&targets[7..]).unwrap();
    assert_eq!(destinations(&mut engine, 0), expected);
    assert_eq!(engine.targets_wanted(), wanted);
}

#[test]
fn a_streaming_job_ends_after_its_last_target_and_not_before() {
    for ends_first in [false, true] {
        let mut engine = Engine::new(&streaming(), 0).unwrap();
        engine.add_targets(&[target(200)]).unwrap();
        let probe = engine.poll_transmit(0).unwrap();
        if ends_first {
            engine.end_targets();
        }
        engine.handle_packet(MS, &target_answer(&probe));
        assert_eq!(engine.is_finished(), ends_first);
        engine.end_targets();
        if !ends_first {
            assert_eq!(
                engine.poll_timeout(),
                Some(engine.woken_ns),
                "it wants to say so"
            );
        }
        engine.handle_timeout(MS);
        assert!(engine.is_finished());
        assert_eq!(engine.targets_wanted(), 0);
        let last = core::iter::from_fn(|| engine.poll_event()).last();
        assert!(
            matches!(
                last,
                Some(Event::Done {
                    targets_done: 1,
                    ..
                })
            ),
            "{last:?}"
        );
    }
}

#[test]
fn targets_of_the_job_come_first_and_a_bad_one_is_named() {
    let mut engine = Engine::new(
        &Job {
            targets: Vec::from([target(230)]),
            ..streaming()
        },
        0,
    )
    .unwrap();
    let mut bad = target(202);
    bad.source = source(true);
    let error = engine
        .add_targets(&[target(200), bad, target(204)])
        .unwrap_err();
    assert_eq!(error.field(), "targets[2].source");
    let expected = [target(230).address, target(200).address];
    assert_eq!(destinations(&mut engine, 0), expected);
}

#[test]
fn no_target_is_wanted_that_cannot_begin() {
    let mut job = streaming();
    job.budget.total = 1;
    let mut engine = Engine::new(&job, 0).unwrap();
    engine.add_targets(&[target(200), target(201)]).unwrap();
    assert_eq!(destinations(&mut engine, 0).len(), 1);
    assert_eq!(engine.targets_wanted(), 0);
    engine.handle_timeout(2_000 * MS);
    assert!(
        engine.is_finished(),
        "the budget is spent, the stream still open"
    );
    let plain = Engine::new(&super::job(Kind::Ping, &[address(false, 200)]), 0).unwrap();
    assert_eq!(plain.targets_wanted(), 0, "a job that does not stream");
}

#[test]
fn round_trips_count_from_the_moment_of_sending() {
    let mut job = streaming();
    job.targets.push(target(200));
    let mut engine = Engine::new(&job, 0).unwrap();
    let mut packets = Vec::from([1, 2, 3]);
    let serial = engine.poll_transmit_into(&mut packets, MS).unwrap();
    assert_eq!(packets[..3], [1, 2, 3], "it adds to what is there");
    engine.handle_sent(serial, 3 * MS);
    engine.handle_sent(serial.wrapping_add(1), 4 * MS);
    engine.handle_packet(8 * MS, &target_answer(&packets[3..]));
    let rtts: Vec<u64> = core::iter::from_fn(|| engine.poll_event())
        .filter_map(|event| match event {
            Event::PingReply { reply, .. } => Some(reply.rtt_ns),
            _ => None,
        })
        .collect();
    assert_eq!(rtts, [5 * MS]);
}

#[test]
fn progress_comes_no_more_often_than_asked_for_and_adds_up() {
    let hosts: Vec<IpAddr> = (100..200).map(|host| address(false, host)).collect();
    let mut job = job(Kind::Ping, &hosts);
    (job.progress_ms, job.ping.count, job.rate_pps) = (10, 2, 1_000);
    let log = run(&job, path(3));
    let reports: Vec<_> = log
        .events
        .iter()
        .filter_map(|event| match *event {
            Event::Progress {
                sent,
                received,
                targets_begun,
                targets_done,
                in_flight,
                elapsed_ns,
            } => {
                assert_eq!(
                    u64::from(in_flight),
                    sent - received,
                    "nothing is lost here"
                );
                assert!(targets_done <= targets_begun && targets_begun <= 100);
                Some((elapsed_ns, sent))
            }
            _ => None,
        })
        .collect();
    assert!(reports.len() > 50, "{}", reports.len());
    assert!(reports.is_sorted());
    for pair in reports.windows(2) {
        assert!(pair[1].0 - pair[0].0 >= 10 * MS, "{pair:?}");
    }
    job.progress_ms = 0;
    let silent = run(&job, path(3));
    assert!(
        !silent
            .events
            .iter()
            .any(|event| matches!(event, Event::Progress { .. }))
    );
}

#[test]
fn columns_leave_out_what_the_results_repeat() {
    for kind in [Kind::Ping, Kind::Trace] {
        let mut job = job(kind, &[address(false, 200)]);
        let all = run(&job, path(3));
        job.output = Output::Columns;
        let few = run(&job, path(3));
        let is_repeated =
            |event: &&Event| !matches!(event, Event::PingReply { .. } | Event::Hop { .. });
        let expected: Vec<&Event> = all.events.iter().filter(is_repeated).collect();
        assert_ne!(expected.len(), all.events.len());
        assert_eq!(few.events.iter().collect::<Vec<_>>(), expected);
    }
}
