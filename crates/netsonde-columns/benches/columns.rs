//! Nanoseconds per row: `cargo bench -p netsonde-columns`. Each figure is the median of its rounds.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "a bench")]
use netsonde_columns::Columns;
use netsonde_probe::event::Event;
use netsonde_probe::job::{PingMethod, TraceMethod};
use netsonde_probe::record::{Hop, PingResult, Reply, ReplyKind, StopReason, Trace};
use std::net::IpAddr;
use std::time::Instant;

const ROUNDS: usize = 9;
/// Results of one round.
const RESULTS: u32 = 65_536;
/// Hops of a path, the target included: the usual length of the Internet's.
const HOPS: u8 = 13;

fn main() {
    for (family, address) in [("IPv4", v4 as fn(u32) -> IpAddr), ("IPv6", v6)] {
        report(&format!("ping, {family}"), &pings(address), 1);
        report(&format!("hop, {family}"), &traces(address), u64::from(HOPS));
    }
}

fn report(name: &str, events: &[Event], rows_per_event: u64) {
    let mut bytes = 0;
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let mut columns = Columns::new();
            bytes = 0;
            let began = Instant::now();
            for event in events {
                assert!(columns.push(event));
                while let Some((_, chunk)) = columns.poll_chunk(0) {
                    bytes += chunk.len() as u64;
                }
            }
            columns.flush();
            while let Some((_, chunk)) = columns.poll_chunk(0) {
                bytes += chunk.len() as u64;
            }
            let rows = events.len() as u64 * rows_per_event;
            began.elapsed().as_secs_f64() * 1e9 / rows as f64
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    let rows = events.len() as u64 * rows_per_event;
    println!("{name:<16}  {:6.1} ns/row", rounds[ROUNDS / 2]);
    println!(
        "{:<16}  {:6} bytes/row",
        format!("{name}, size"),
        bytes / rows
    );
}

fn pings(address: fn(u32) -> IpAddr) -> Vec<Event> {
    let result = |index| {
        Event::Ping(PingResult {
            target: address(index),
            source: address(1),
            method: PingMethod::Icmp,
            sent: 1,
            replies: vec![reply(address(index), ReplyKind::EchoReply)],
            duplicates: 0,
            late: 0,
            started_ns: 0,
            ended_ns: 1,
            incomplete: false,
        })
    };
    (0..RESULTS).map(result).collect()
}

fn traces(address: fn(u32) -> IpAddr) -> Vec<Event> {
    let hop = |index: u32, ttl: u8| Hop {
        probe_ttl: ttl,
        sent: 1,
        replies: vec![reply(address(index % (1 << ttl)), ReplyKind::TimeExceeded)],
    };
    let result = |index: u32| {
        Event::Trace(Trace {
            target: address(index),
            source: address(1),
            method: TraceMethod::IcmpParis,
            flow: 0,
            first_ttl: 1,
            hops: (1..=HOPS).map(|ttl| hop(index, ttl)).collect(),
            stop: StopReason::Completed,
            sent: u32::from(HOPS),
            duplicates: 0,
            late: 0,
            started_ns: u64::from(index) * 10_000,
            ended_ns: u64::from(index) * 10_000 + 50_000_000,
            path_mtu: None,
        })
    };
    (0..RESULTS / u32::from(HOPS)).map(result).collect()
}

fn reply(responder: IpAddr, kind: ReplyKind) -> Reply {
    Reply {
        responder,
        kind,
        attempt: 1,
        sent_ns: Some(1_000_000),
        rtt_ns: 12_345_678,
        reply_ttl: Some(250),
        reply_tos: Some(0),
        ip_id: Some(4_321),
        size: 56,
        icmp_type: Some(11),
        icmp_code: Some(0),
        quoted_ttl: Some(1),
        quoted_tos: Some(0),
        mtu: None,
        labels: Vec::new(),
        extensions: Vec::new(),
    }
}

fn v4(index: u32) -> IpAddr {
    IpAddr::from((0x0500_0000 + index.wrapping_mul(2_654_435_761) % 0x5000_0000).to_be_bytes())
}

fn v6(index: u32) -> IpAddr {
    let low = u128::from(index.wrapping_mul(2_654_435_761));
    IpAddr::from((0x2a00_1450_4001_u128 << 80 | low << 40 | 1).to_be_bytes())
}
