//! Dialogues with the engine: jobs in, packets both ways, events out.
mod jobs;
mod limits;
mod prefixes;
mod strangers;
mod streams;

use crate::event::Event;
use crate::job::{Kind, PingMethod, TraceMethod};
use crate::record::{ReplyKind, StopReason};
use crate::testing::{address, job, path, run};
use alloc::vec::Vec;

const TRACE_METHODS: [TraceMethod; 3] = [
    TraceMethod::IcmpParis,
    TraceMethod::UdpParis,
    TraceMethod::TcpSyn,
];
const PING_METHODS: [PingMethod; 4] = [
    PingMethod::Icmp,
    PingMethod::Udp,
    PingMethod::TcpSyn,
    PingMethod::TcpAck,
];

#[test]
fn every_method_traces_a_path_of_either_version() {
    for (method, v6) in TRACE_METHODS
        .into_iter()
        .flat_map(|method| [(method, false), (method, true)])
    {
        let mut job = job(Kind::Trace, &[address(v6, 200)]);
        job.trace.method = method;
        let log = run(&job, path(5));
        let traces: Vec<_> = log
            .events
            .iter()
            .filter_map(|event| {
                if let Event::Trace(trace) = event {
                    Some(trace)
                } else {
                    None
                }
            })
            .collect();
        let [trace] = traces[..] else {
            panic!("{method:?} {v6}: {:?}", log.events)
        };
        let responders: Vec<_> = trace
            .hops
            .iter()
            .map(|hop| hop.replies[0].responder)
            .collect();
        let expected: Vec<_> = (1..=5).chain([200]).map(|host| address(v6, host)).collect();
        assert_eq!(
            (trace.stop, responders),
            (StopReason::Completed, expected),
            "{method:?} {v6}"
        );
        assert!(
            matches!(log.events.last(), Some(Event::Done { counters, .. }) if counters.rejected + counters.unrelated + counters.unparsed == 0)
        );
    }
}

#[test]
fn every_method_pings_a_host_of_either_version() {
    for (method, v6) in PING_METHODS
        .into_iter()
        .flat_map(|method| [(method, false), (method, true)])
    {
        let mut job = job(Kind::Ping, &[address(v6, 200)]);
        job.ping.method = method;
        let log = run(&job, path(5));
        let expected = match method {
            PingMethod::Icmp => ReplyKind::EchoReply,
            PingMethod::Udp => ReplyKind::Unreachable,
            PingMethod::TcpSyn | PingMethod::TcpAck => ReplyKind::TcpRst,
        };
        let Some(Event::Ping(result)) = log.events.iter().rev().nth(1) else {
            panic!("{:?}", log.events)
        };
        assert_eq!(
            result
                .replies
                .iter()
                .map(|reply| (reply.kind, reply.attempt))
                .collect::<Vec<_>>(),
            (1..=4)
                .map(|attempt| (expected, attempt))
                .collect::<Vec<_>>()
        );
    }
}
