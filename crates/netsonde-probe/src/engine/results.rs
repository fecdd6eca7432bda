//! What ended measurements say.
use crate::identity::Shape;
use crate::job::{PingMethod, TraceOptions};
use crate::record::{PingResult, ReplyKind, Trace as TraceRecord};
use crate::tnt::{EchoOutcome, EchoReply};
use crate::{ping, trace};

/// What a machine is told of a ping.
pub(super) fn echo_outcome(outcome: &ping::Outcome) -> EchoOutcome {
    let echoes = outcome
        .replies
        .iter()
        .filter(|reply| reply.kind == ReplyKind::EchoReply);
    let replies = echoes
        .map(|reply| EchoReply {
            ttl: reply.reply_ttl,
            rtt_ns: reply.rtt_ns,
        })
        .collect();
    EchoOutcome {
        sent: outcome.sent,
        replies,
    }
}

/// What a ping that is its target's result says.
pub(super) fn ping_result(
    shape: &Shape,
    method: PingMethod,
    outcome: ping::Outcome,
    (started_ns, ended_ns): (u64, u64),
) -> PingResult {
    PingResult {
        target: shape.target,
        source: shape.source,
        method,
        sent: outcome.sent,
        replies: outcome.replies,
        duplicates: outcome.duplicates,
        late: outcome.late,
        incomplete: outcome.incomplete,
        started_ns,
        ended_ns,
    }
}

/// What a trace says, whoever asked for it.
pub(super) fn trace_record(
    shape: &Shape,
    options: &TraceOptions,
    outcome: trace::Outcome,
    started_ns: u64,
    ended_ns: u64,
) -> TraceRecord {
    TraceRecord {
        target: shape.target,
        source: shape.source,
        method: options.method,
        flow: options.flow,
        first_ttl: options.first_ttl,
        hops: outcome.hops,
        stop: outcome.stop,
        sent: outcome.sent,
        duplicates: outcome.duplicates,
        late: outcome.late,
        started_ns: outcome.started_ns.unwrap_or(started_ns),
        ended_ns,
        path_mtu: None,
    }
}
