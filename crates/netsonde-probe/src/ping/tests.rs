//! Pings against a specification that fits in a glance.
use crate::event::Event;
use crate::job::Kind;
use crate::record::ReplyKind;
use crate::testing::{MS, address, forge, job, run, target_answer, time_exceeded};
use alloc::vec::Vec;
use proptest::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Answer,
    Lose,
    Late,
    Duplicate,
    Forged,
    Expire,
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let all = [
        Fate::Answer,
        Fate::Lose,
        Fate::Late,
        Fate::Duplicate,
        Fate::Forged,
        Fate::Expire,
    ];
    proptest::collection::vec(proptest::sample::select(all.to_vec()), 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_ping_is_what_the_network_did(fates in fates(), interval_ms in 0_u32..400) {
        let mut job = job(Kind::Ping, &[address(false, 200)]);
        (job.ping.count, job.ping.interval_ms, job.ping.timeout_ms) = (u32::try_from(fates.len()).unwrap(), interval_ms, 100);
        let mut probes = fates.iter();
        let log = run(&job, |_, probe| {
            let reply = target_answer(probe);
            match probes.next().expect("no more than `count`") {
                Fate::Answer => Vec::from([(MS, reply)]),
                Fate::Lose => Vec::new(),
                Fate::Late => Vec::from([(101 * MS, reply)]),
                Fate::Duplicate => Vec::from([(MS, reply.clone()), (100 * MS, reply)]),
                Fate::Forged => Vec::from([(MS, forge(&reply))]),
                Fate::Expire => Vec::from([(MS, time_exceeded(probe, address(false, 7), 28))]),
            }
        });
        let count = |wanted: &[Fate]| fates.iter().filter(|fate| wanted.contains(fate)).count();
        let Some(Event::Ping(result)) = log.events.iter().rev().nth(1) else { panic!("{:?}", log.events) };
        let heard: Vec<_> = fates.iter().zip(1_u32..).filter_map(|(fate, attempt)| match fate {
            Fate::Answer | Fate::Duplicate => Some((ReplyKind::EchoReply, attempt)),
            Fate::Expire => Some((ReplyKind::TimeExceeded, attempt)),
            _ => None,
        }).collect();
        let mut seen: Vec<_> = result.replies.iter().map(|reply| (reply.kind, reply.attempt)).collect();
        seen.sort_by_key(|(_, attempt)| *attempt);
        prop_assert_eq!(seen, heard);
        prop_assert_eq!((result.sent as usize, result.incomplete), (fates.len(), false));
        let streamed = log.events.iter().filter(|event| matches!(event, Event::PingReply { .. })).count();
        prop_assert_eq!(streamed, result.replies.len());
        let Some(Event::Done { counters, .. }) = log.events.last() else { panic!("{:?}", log.events) };
        prop_assert_eq!(counters.rejected, count(&[Fate::Forged]) as u64);
        for pair in log.sent.windows(2) {
            prop_assert!(pair[1].0 - pair[0].0 >= u64::from(interval_ms) * MS);
        }
    }
}

#[test]
fn late_and_duplicate_replies_are_counted_while_the_ping_lasts() {
    let mut job = job(Kind::Ping, &[address(false, 200)]);
    (job.ping.count, job.ping.interval_ms, job.ping.timeout_ms) = (3, 1_000, 100);
    let mut probe_number = 0;
    let log = run(&job, |_, probe| {
        probe_number += 1;
        let reply = target_answer(probe);
        match probe_number {
            1 => Vec::from([(MS, reply.clone()), (2 * MS, reply)]),
            2 => Vec::from([(101 * MS, reply)]),
            _ => Vec::from([(100 * MS, reply)]),
        }
    });
    let Some(Event::Ping(result)) = log.events.iter().rev().nth(1) else {
        panic!("{:?}", log.events)
    };
    assert_eq!(
        (result.duplicates, result.late, result.replies.len()),
        (1, 1, 2)
    );
    assert_eq!(
        result.replies[1].rtt_ns,
        100 * MS,
        "a reply at the very end of its wait is in time"
    );
    let left_ns: Vec<u64> = result
        .replies
        .iter()
        .filter_map(|reply| reply.sent_ns)
        .collect();
    assert_eq!(left_ns, [log.sent[0].0, log.sent[2].0]);
    assert_eq!(
        (result.started_ns, result.ended_ns),
        (log.sent[0].0, log.ended_ns)
    );
}
