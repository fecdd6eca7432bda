//! What the engine runs: one ping or one trace, behind one interface.
use crate::event::Event;
use crate::identity::Shape;
use crate::job::TraceOptions;
use crate::ping::{self, Ping};
use crate::record::{Reply, StopReason};
use crate::tnt::TaskId;
use crate::trace::{self, Trace};
use alloc::collections::VecDeque;

/// Milliseconds are for people, the engine counts in these.
pub(crate) const MILLISECOND_NS: u64 = 1_000_000;

/// What one probe of a measurement has of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Probe {
    pub(crate) ttl: u8,
    /// From 1, within its TTL or ping.
    pub(crate) attempt: u32,
}

/// How a measurement takes an authentic reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It was still waited for.
    InTime,
    /// It was not.
    Late,
}

/// One ping or trace in progress.
#[derive(Debug)]
pub(crate) struct Measurement {
    pub(crate) shape: Shape,
    /// The run that it is (a part) of.
    pub(crate) run: u32,
    pub(crate) purpose: Purpose,
    pub(crate) wait_ns: u64,
    pub(crate) started_ns: u64,
    pub(crate) body: Body,
    /// As last counted by the engine.
    pub(crate) in_flight: u32,
    /// As last set in the engine.
    pub(crate) timer_ns: Option<u64>,
    /// Whether it is in the engine's queue of those that want to send.
    pub(crate) queued: bool,
}

/// Who wants the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The caller: it is the result of its target.
    Result,
    /// The machine of its run. A trace goes by these options.
    Task(TaskId, TraceOptions),
}

impl Measurement {
    pub(crate) fn streams_replies(&self) -> bool {
        self.purpose == Purpose::Result && matches!(self.body, Body::Ping(_))
    }

    /// Passes on the hops that have settled, if the caller is to see them one by one.
    pub(crate) fn stream_hops(&mut self, events: &mut VecDeque<Event>) {
        if let (Purpose::Result, Body::Trace(trace)) = (self.purpose, &mut self.body) {
            while let Some(hop) = trace.poll_hop() {
                events.push_back(Event::Hop {
                    target: self.shape.target,
                    hop,
                });
            }
        }
    }
}

/// What it does.
#[derive(Debug)]
pub(crate) enum Body {
    Ping(Ping),
    Trace(Trace),
}

/// What it gave.
#[derive(Debug)]
pub(crate) enum Outcome {
    Ping(ping::Outcome),
    Trace(trace::Outcome),
}

macro_rules! either {
    ($self:expr, $inner:ident => $body:expr) => {
        match $self {
            Body::Ping($inner) => $body,
            Body::Trace($inner) => $body,
        }
    };
}

impl Body {
    pub(crate) fn is_ready(&self, now_ns: u64) -> bool {
        either!(self, inner => inner.is_ready(now_ns))
    }

    pub(crate) fn poll_probe(&mut self, now_ns: u64) -> Option<Probe> {
        either!(self, inner => inner.poll_probe(now_ns))
    }

    pub(crate) fn handle_reply(&mut self, ttl: u8, reply: Reply) -> Verdict {
        match self {
            Self::Ping(ping) => ping.handle_reply(reply),
            Self::Trace(trace) => trace.handle_reply(ttl, reply),
        }
    }

    pub(crate) fn handle_duplicate(&mut self) {
        either!(self, inner => inner.handle_duplicate());
    }

    pub(crate) fn handle_timeout(&mut self, now_ns: u64) {
        either!(self, inner => inner.handle_timeout(now_ns));
    }

    pub(crate) fn poll_timeout(&self, now_ns: u64) -> Option<u64> {
        either!(self, inner => inner.poll_timeout(now_ns))
    }

    pub(crate) fn refuse(&mut self) {
        either!(self, inner => inner.refuse());
    }

    pub(crate) fn finish(&mut self, reason: StopReason) {
        match self {
            Self::Ping(ping) => ping.refuse(),
            Self::Trace(trace) => trace.finish(reason),
        }
    }

    pub(crate) fn in_flight(&self) -> u32 {
        either!(self, inner => inner.in_flight())
    }

    pub(crate) fn is_finished(&self) -> bool {
        either!(self, inner => inner.is_finished())
    }

    pub(crate) fn into_outcome(self) -> Outcome {
        match self {
            Self::Ping(ping) => Outcome::Ping(ping.into_outcome()),
            Self::Trace(trace) => Outcome::Trace(trace.into_outcome()),
        }
    }
}
