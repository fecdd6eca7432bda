//! When chunks are cut, and in which order they leave.
use netsonde_columns::{Columns, ROWS_MAX, Table, WAIT_MAX_NS};
use netsonde_probe::event::Event;
use netsonde_probe::job::{PingMethod, TraceMethod};
use netsonde_probe::record::{Completeness, TntResult, Tunnel};
use netsonde_probe::record::{
    Hop, PingResult, Reply, ReplyKind, StopReason, Trace, TunnelClass, TunnelRouter,
};
use std::net::IpAddr;

#[test]
fn nothing_gives_nothing() {
    let mut columns = Columns::new();
    columns.flush();
    assert_eq!(columns.poll_chunk(u64::MAX), None);
    assert_eq!(columns.poll_timeout(), None);
}

#[test]
fn rows_wait_for_others_but_not_for_long() {
    let mut columns = Columns::new();
    assert!(columns.push(&ping()));
    assert_eq!(columns.poll_chunk(5), None);
    assert_eq!(columns.poll_timeout(), Some(5 + WAIT_MAX_NS));
    assert_eq!(columns.poll_chunk(4 + WAIT_MAX_NS), None);
    let (table, _) = columns.poll_chunk(5 + WAIT_MAX_NS).expect("it is time");
    assert_eq!(table, Table::Pings);
    assert_eq!(columns.poll_timeout(), None);
    assert!(columns.push(&ping()));
    assert_eq!(
        columns.poll_chunk(6 + WAIT_MAX_NS),
        None,
        "the wait starts anew"
    );
}

#[test]
fn many_rows_do_not_wait() {
    let mut columns = Columns::new();
    for _ in 1..ROWS_MAX {
        columns.push(&ping());
        assert_eq!(columns.poll_chunk(0), None);
    }
    columns.push(&ping());
    assert_eq!(columns.poll_timeout(), Some(0));
    assert!(columns.poll_chunk(0).is_some());
    assert_eq!(columns.poll_chunk(0), None);
}

#[test]
fn the_row_that_announces_the_others_leaves_last() {
    let mut columns = Columns::new();
    columns.push(&tnt());
    columns.push(&ping());
    columns.flush();
    let mut order = Vec::new();
    while let Some((table, _)) = columns.poll_chunk(0) {
        order.push(table.name());
    }
    let expected = ["tunnel_routers", "tunnels", "hops", "traces", "pings"];
    assert_eq!(order, expected);
}

#[test]
fn what_comes_again_in_a_result_is_taken_and_what_has_no_rows_is_not() {
    let mut columns = Columns::new();
    let target = address();
    let reply = reply();
    assert!(columns.push(&Event::PingReply { target, reply }));
    assert!(columns.push(&Event::Hop { target, hop: hop() }));
    assert_eq!(columns.poll_timeout(), None);
    let failed = Event::Failed {
        reason: String::new(),
        hint: String::new(),
    };
    assert!(!columns.push(&failed));
}

#[test]
fn tables_have_the_numbers_that_streams_use() {
    for table in Table::ALL {
        assert_eq!(Table::from_id(table.id()), Some(table));
    }
    assert_eq!(Table::from_id(0), None);
    assert_eq!(Table::from_id(3).map(Table::name), Some("hops"));
}

fn address() -> IpAddr {
    [192, 0, 2, 1].into()
}

fn ping() -> Event {
    Event::Ping(PingResult {
        target: address(),
        source: address(),
        method: PingMethod::Icmp,
        sent: 1,
        replies: Vec::new(),
        duplicates: 0,
        late: 0,
        started_ns: 0,
        ended_ns: 1,
        incomplete: false,
    })
}

fn reply() -> Reply {
    Reply {
        responder: address(),
        kind: ReplyKind::TimeExceeded,
        attempt: 1,
        sent_ns: None,
        rtt_ns: 1,
        reply_ttl: None,
        reply_tos: None,
        ip_id: None,
        size: 56,
        icmp_type: None,
        icmp_code: None,
        quoted_ttl: None,
        quoted_tos: None,
        mtu: None,
        labels: Vec::new(),
        extensions: Vec::new(),
    }
}

fn hop() -> Hop {
    Hop {
        probe_ttl: 1,
        sent: 1,
        replies: vec![reply()],
    }
}

fn tnt() -> Event {
    let router = TunnelRouter {
        address: Some(address()),
        probe_ttl: None,
        step: Some(1),
        method: None,
        hop: None,
        vendors: Vec::new(),
        labels: Vec::new(),
    };
    Event::Tnt(TntResult {
        trace: trace(),
        hops: Vec::new(),
        tunnels: vec![Tunnel {
            class: TunnelClass::Opaque,
            triggers: Vec::new(),
            method: None,
            ingress_ttl: None,
            egress_ttl: None,
            ingress: None,
            egress: None,
            lsrs: vec![router],
            inferred_length: None,
            completeness: Completeness::Complete,
            stop: None,
            attempts: Vec::new(),
        }],
        failed: Vec::new(),
        sent_trace: 1,
        sent_ping: 0,
        sent_revelation: 0,
        incomplete: false,
    })
}

fn trace() -> Trace {
    Trace {
        target: address(),
        source: address(),
        method: TraceMethod::IcmpParis,
        flow: 0,
        first_ttl: 1,
        hops: vec![hop()],
        stop: StopReason::Completed,
        sent: 1,
        duplicates: 0,
        late: 0,
        started_ns: 0,
        ended_ns: 1,
        path_mtu: None,
    }
}
