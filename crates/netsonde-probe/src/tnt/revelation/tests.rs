//! A revelation, step by step: what it asks, and what it makes of the answer.
use super::*;
use crate::job::TntOptions;
use crate::record::{Hop, ReplyKind};
use crate::tnt::tests::reply;
use ReplyKind::{EchoReply, TimeExceeded, Unreachable};
use alloc::vec;

const ENTRY: IpAddr = address(1);
const EXIT: IpAddr = address(6);

const fn address(number: u8) -> IpAddr {
    IpAddr::V4(core::net::Ipv4Addr::new(5, 1, number, 2))
}

fn revelation(gap: Option<Side>, buddy: bool) -> Revelation {
    Revelation::new(Plan {
        entry: ENTRY,
        entry_ttl: 2,
        exit: EXIT,
        gap,
        buddy,
        trace: TraceOptions::default(),
        options: TntOptions::default(),
        path: vec![address(0), ENTRY, EXIT, address(7)],
    })
}

/// A trace of hops from TTL 1; it is completed if the last of them is not a time-exceeded.
fn trace(hops: &[Option<(IpAddr, ReplyKind)>]) -> Trace {
    let hop = |(ttl, seen): (u8, &Option<(IpAddr, ReplyKind)>)| {
        let replies = seen.map(|(responder, kind)| Reply {
            icmp_code: Some(if kind == Unreachable { 3 } else { 0 }),
            ..reply(responder, kind, 250)
        });
        Hop {
            probe_ttl: ttl,
            sent: 1,
            replies: replies.into_iter().collect(),
        }
    };
    let is_complete = hops
        .last()
        .is_some_and(|last| last.is_some_and(|(_, kind)| kind != TimeExceeded));
    Trace {
        target: EXIT,
        source: address(9),
        method: TraceMethod::IcmpParis,
        flow: 0,
        first_ttl: 1,
        hops: (1..).zip(hops).map(hop).collect(),
        stop: if is_complete {
            StopReason::Completed
        } else {
            StopReason::GapLimit
        },
        sent: 1,
        duplicates: 0,
        late: 0,
        started_ns: 0,
        ended_ns: 1,
        path_mtu: None,
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "a hop of a path, some of which are silent"
)]
fn expired(number: u8) -> Option<(IpAddr, ReplyKind)> {
    Some((address(number), TimeExceeded))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "a hop of a path, some of which are silent"
)]
fn reached(number: u8) -> Option<(IpAddr, ReplyKind)> {
    Some((address(number), EchoReply))
}

/// Target, method and flow of the trace that is asked for.
fn asked(revelation: &Revelation) -> Option<(IpAddr, TraceMethod, u16)> {
    match revelation.ask()? {
        Ask::Run(Task::Trace { target, options }) => Some((target, options.method, options.flow)),
        other => panic!("{other:?}"),
    }
}

fn last_outcome(revelation: &Revelation) -> AttemptOutcome {
    revelation
        .found
        .attempts
        .last()
        .expect("an attempt")
        .outcome
}

#[test]
fn methods_change_while_the_target_is_silent_and_flows_while_the_entry_hides() {
    use TraceMethod::{IcmpParis, TcpSyn, UdpParis};
    let mut revelation = revelation(None, false);
    let (silent, elsewhere) = (
        trace(&[expired(0), expired(1), None]),
        trace(&[expired(0), expired(8), reached(6)]),
    );
    let steps = [
        (&elsewhere, (EXIT, IcmpParis, 0)),
        (&silent, (EXIT, IcmpParis, 1)),
        (&silent, (EXIT, UdpParis, 1)),
        (&elsewhere, (EXIT, TcpSyn, 1)),
        (&elsewhere, (EXIT, TcpSyn, 2)),
        (&elsewhere, (EXIT, TcpSyn, 3)),
        (&elsewhere, (EXIT, TcpSyn, 4)),
    ];
    for (answer, expected) in steps {
        assert_eq!(asked(&revelation), Some(expected));
        revelation.handle_trace(answer);
    }
    assert_eq!(asked(&revelation), None);
    assert_eq!(
        revelation.into_revealed().stop,
        Some(AttemptOutcome::IngressNotFound)
    );
}

#[test]
fn each_step_aims_at_the_first_router_of_the_last_one() {
    let mut revelation = revelation(None, false);
    revelation.handle_trace(&trace(&[expired(0), expired(1), expired(5), reached(6)]));
    assert_eq!(asked(&revelation).map(|asked| asked.0), Some(address(5)));
    revelation.handle_trace(&trace(&[
        expired(0),
        expired(1),
        expired(3),
        expired(4),
        reached(5),
    ]));
    assert_eq!(asked(&revelation).map(|asked| asked.0), Some(address(3)));
    revelation.handle_trace(&trace(&[expired(0), expired(1), reached(3)]));
    let found = revelation.into_revealed();
    let steps: Vec<(Option<IpAddr>, u8)> = found
        .routers
        .iter()
        .map(|hidden| (hidden.address(), hidden.step))
        .collect();
    assert_eq!(
        steps,
        [
            (Some(address(3)), 2),
            (Some(address(4)), 2),
            (Some(address(5)), 1)
        ]
    );
    assert!(found.complete && !found.cut);
}

#[test]
fn a_router_seen_twice_or_out_of_place_ends_it() {
    let contradictions = [
        trace(&[
            expired(0),
            expired(1),
            expired(4),
            expired(5),
            expired(4),
            reached(6),
        ]),
        trace(&[expired(0), expired(1), expired(7), reached(6)]),
        trace(&[expired(0), expired(1), expired(4), expired(1), reached(6)]),
        trace(&[
            expired(0),
            expired(1),
            Some((address(4), Unreachable)),
            reached(6),
        ]),
    ];
    for contradiction in contradictions {
        let mut revelation = revelation(None, false);
        revelation.handle_trace(&contradiction);
        assert_eq!(last_outcome(&revelation), AttemptOutcome::Inconsistent);
        assert!(revelation.found.routers.is_empty());
    }
}

#[test]
fn a_buddy_is_believed_only_right_behind_the_entry_and_with_news() {
    let news = Some((address(5), Unreachable));
    let buddy = IpAddr::from([5, 1, 6, 1]);
    let answers = [
        (
            trace(&[expired(0), expired(1), news]),
            AttemptOutcome::Revealed,
        ),
        (trace(&[expired(0), news]), AttemptOutcome::IngressNotFound),
        (
            trace(&[expired(0), expired(1), None, news]),
            AttemptOutcome::IngressNotFound,
        ),
        (
            trace(&[expired(0), expired(1), expired(4), news]),
            AttemptOutcome::IngressNotFound,
        ),
        (
            trace(&[expired(0), expired(1), Some((buddy, Unreachable))]),
            AttemptOutcome::NothingRevealed,
        ),
        (
            trace(&[expired(0), expired(1), Some((address(7), Unreachable))]),
            AttemptOutcome::NothingRevealed,
        ),
        (
            trace(&[expired(0), expired(1), expired(5)]),
            AttemptOutcome::TargetNotReached,
        ),
    ];
    for (answer, expected) in answers {
        let mut revelation = revelation(None, true);
        revelation.handle_trace(&trace(&[expired(0), expired(1), reached(6)]));
        assert_eq!(revelation.ask(), Some(Ask::Echo([5, 1, 6, 0].into())));
        revelation.handle_echo(false);
        assert_eq!(asked(&revelation), Some((buddy, TraceMethod::UdpParis, 0)));
        revelation.handle_trace(&answer);
        assert_eq!(last_outcome(&revelation), expected, "{answer:?}");
        assert_eq!(
            revelation.found.routers.len(),
            usize::from(expected == AttemptOutcome::Revealed)
        );
    }
}

#[test]
fn the_silent_hop_is_where_silence_shows_again() {
    let cases = [
        (
            trace(&[
                expired(0),
                expired(1),
                None,
                expired(4),
                expired(5),
                reached(6),
            ]),
            Side::Ingress,
            2,
        ),
        (
            trace(&[
                expired(0),
                expired(1),
                expired(4),
                expired(5),
                None,
                reached(6),
            ]),
            Side::Egress,
            2,
        ),
        (
            trace(&[expired(0), expired(1), expired(3), expired(4), reached(6)]),
            Side::Egress,
            1,
        ),
    ];
    for (answer, side, hidden) in cases {
        let mut revelation = revelation(Some(Side::Egress), false);
        revelation.handle_trace(&answer);
        let gap = revelation.found.gap.as_ref().expect("the gap is placed");
        assert_eq!((gap.0, revelation.found.routers.len()), (side, hidden));
    }
}
