//! The session in a scripted world: attempts, lateness, budgets, and where the result goes.
use crate::event::Event;
use crate::job::{Job, Kind};
use crate::record::{MtuSource, PathMtu};
use crate::testing::{Answers, MS, address, error, job, path, run};
use alloc::vec::Vec;
use netsonde_wire::icmp::types;

const ROUTERS: u8 = 4;

fn mtu_job(kind: Kind, v6: bool) -> Job {
    let mut job = job(kind, &[address(v6, 200)]);
    job.trace.mtu = 1_500;
    (job.trace.attempts, job.trace.wait_ms) = (2, 100);
    job
}

/// Four routers; the link behind the second is narrow, and `tells` whether that one says so.
fn narrow(mtu: u16, tells: bool) -> impl FnMut(u64, &[u8]) -> Answers {
    let wide = path(ROUTERS);
    move |now_ns, probe| {
        let v6 = probe[0] >> 4 == 6;
        let ttl = if v6 { probe[7] } else { probe[8] };
        if ttl <= 2 || probe.len() <= usize::from(mtu) {
            return wide(now_ns, probe);
        }
        if !tells {
            return Vec::new();
        }
        assert!(v6 || probe[6] & 0x40 != 0, "it may be fragmented");
        let (kind, code) = if v6 {
            (types::V6_PACKET_TOO_BIG, 0)
        } else {
            (types::V4_UNREACHABLE, 4)
        };
        let mut reply = error(probe, address(v6, 2), kind, code, 100);
        let at = if v6 { 40 } else { 20 };
        // Next-hop MTU, and the checksum that goes with it.
        reply[at + 6..at + 8].copy_from_slice(&mtu.to_be_bytes());
        let sum = u16::from_be_bytes([reply[at + 2], reply[at + 3]]);
        let less = (u32::from(sum) + 0xffff - u32::from(mtu)) % 0xffff;
        reply[at + 2..at + 4].copy_from_slice(&u16::try_from(less).unwrap().to_be_bytes());
        Vec::from([(MS, reply)])
    }
}

fn found(events: &[Event]) -> PathMtu {
    let mtu = events.iter().find_map(|event| match event {
        Event::Trace(trace) => trace.path_mtu.clone(),
        Event::Tnt(result) => result.trace.path_mtu.clone(),
        _ => None,
    });
    mtu.expect("the trace has it")
}

#[test]
fn a_trace_tells_the_mtu_of_each_hop_and_who_said_so() {
    for (v6, kind) in [false, true]
        .into_iter()
        .flat_map(|v6| [(v6, Kind::Trace), (v6, Kind::Tnt)])
    {
        let log = run(&mtu_job(kind, v6), narrow(1_400, true));
        let mtu = found(&log.events);
        let hops: Vec<_> = mtu.hops.iter().map(|hop| hop.mtu.unwrap()).collect();
        assert_eq!(hops, [1_500, 1_500, 1_400, 1_400, 1_400], "{kind:?} {v6}");
        assert_eq!((mtu.mtu, mtu.sent, mtu.incomplete), (Some(1_400), 4, false));
        let [change] = mtu.changes[..] else { panic!() };
        assert_eq!(change.router, Some(address(v6, 2)));
        assert_eq!(
            (change.said, change.found),
            (Some(1_400), MtuSource::PacketTooBig)
        );
    }
}

#[test]
fn a_black_hole_is_measured() {
    let log = run(&mtu_job(Kind::Trace, false), narrow(1_234, false));
    let mtu = found(&log.events);
    assert_eq!((mtu.mtu, mtu.changes[0].probe_ttl), (Some(1_234), 3));
    assert_eq!((mtu.changes[0].router, mtu.changes[0].said), (None, None));
}

#[test]
fn without_the_option_nothing_is_sent_for_it() {
    let mut job = mtu_job(Kind::Trace, false);
    job.trace.mtu = 0;
    let log = run(&job, narrow(1_400, true));
    assert!(log.events.iter().all(|event| match event {
        Event::Trace(trace) => trace.path_mtu.is_none(),
        _ => true,
    }));
    assert!(log.sent.iter().all(|(_, probe)| probe.len() < 100));
}

#[test]
fn a_budget_and_a_deadline_leave_what_there_is() {
    let mut short = mtu_job(Kind::Trace, false);
    short.budget.per_target = 12;
    let mut brief = mtu_job(Kind::Trace, false);
    brief.deadline_ms = Some(700);
    for job in [short, brief] {
        let log = run(&job, narrow(1_234, false));
        let mtu = found(&log.events);
        assert!(mtu.incomplete && mtu.mtu.is_none(), "{mtu:?}");
        assert_eq!(mtu.hops.len(), 5);
        assert!(matches!(log.events.last(), Some(Event::Done { .. })));
    }
}
