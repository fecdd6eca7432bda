//! What the engine runs: a ping, a trace or a session, behind one interface.
use crate::event::Event;
use crate::identity::Shape;
use crate::job::TraceOptions;
use crate::ping::{self, Ping};
use crate::record::StopReason;
use crate::session::{Answer, Ask, Session};
use crate::slab::Handle;
use crate::tnt::TaskId;
use crate::trace::{self, Trace};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::net::IpAddr;
use netsonde_wire::ip;

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
    /// It says something that no answer to the probe would say: the probe stays open.
    #[allow(dead_code, reason = "the sessions that land next use it")]
    Rejected,
}

/// One ping, trace or session in progress.
#[derive(Debug)]
pub(crate) struct Measurement {
    /// That of all probes, but for those of a session.
    pub(crate) shape: Shape,
    /// The run that it is (a part) of.
    pub(crate) run: Handle,
    pub(crate) purpose: Purpose,
    pub(crate) wait_ns: u64,
    pub(crate) started_ns: u64,
    pub(crate) body: Body,
    /// As last counted by the engine.
    pub(crate) in_flight: u32,
    /// As last set in the engine.
    pub(crate) timer_ns: Option<u64>,
    /// Whether it is in one of the engine's queues of those that want to send.
    pub(crate) queued: bool,
    /// What a session gave and a prefix has no token for yet.
    pub(crate) held: Option<Box<Parcel>>,
}

/// What a measurement sends.
#[derive(Debug)]
pub(crate) enum Parcel {
    Probe(Ask),
    /// A whole IP packet to which no reply is expected.
    Message(Vec<u8>),
}

impl Parcel {
    /// Where to; `None` if that cannot be read.
    pub(crate) fn destination(&self) -> Option<IpAddr> {
        match self {
            Self::Probe(ask) => Some(ask.shape.target),
            Self::Message(packet) => ip::destination(packet),
        }
    }
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
    /// What is to be sent next, taken as sent.
    pub(crate) fn next_parcel(&mut self, now_ns: u64) -> Option<Parcel> {
        if let Some(held) = self.held.take() {
            return Some(*held);
        }
        if let Some(packet) = self.body.poll_message() {
            return Some(Parcel::Message(packet));
        }
        let ask = self.body.poll_ask(now_ns, &self.shape, self.wait_ns)?;
        Some(Parcel::Probe(ask))
    }

    /// No probe will be sent any more. What only waited for a repeat may have waited long enough.
    pub(crate) fn refuse(&mut self, now_ns: u64) {
        self.held = None;
        self.body.refuse();
        self.body.handle_timeout(now_ns);
    }

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
    /// Large beside a ping, of which there may be very many.
    Trace(Box<Trace>),
    Session(Box<dyn Session>),
}

/// What it gave.
#[derive(Debug)]
pub(crate) enum Outcome {
    Ping(ping::Outcome),
    Trace(trace::Outcome),
    Session(Event),
}

macro_rules! each {
    ($self:expr, $inner:ident => $body:expr) => {
        match $self {
            Body::Ping($inner) => $body,
            Body::Trace($inner) => $body,
            Body::Session($inner) => $body,
        }
    };
}

impl Body {
    pub(crate) fn is_ready(&self, now_ns: u64) -> bool {
        each!(self, inner => inner.is_ready(now_ns))
    }

    /// The next probe, taken as sent; `shape` and `wait_ns` are those of the measurement.
    pub(crate) fn poll_ask(&mut self, now_ns: u64, shape: &Shape, wait_ns: u64) -> Option<Ask> {
        let probe = match self {
            Self::Ping(ping) => ping.poll_probe(now_ns),
            Self::Trace(trace) => trace.poll_probe(now_ns),
            Self::Session(session) => return session.poll_ask(now_ns),
        };
        probe.map(|Probe { ttl, attempt }| Ask {
            shape: *shape,
            ttl,
            token: attempt,
            wait_ns,
        })
    }

    /// See [`Session::poll_message`].
    pub(crate) fn poll_message(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::Session(session) => session.poll_message(),
            Self::Ping(_) | Self::Trace(_) => None,
        }
    }

    pub(crate) fn handle_sent(&mut self, token: u32, packet: &[u8]) {
        if let Self::Session(session) = self {
            session.handle_sent(token, packet);
        }
    }

    pub(crate) fn handle_answer(&mut self, ttl: u8, answer: Answer<'_>) -> Verdict {
        match self {
            Self::Ping(ping) => ping.handle_reply(answer.reply),
            Self::Trace(trace) => trace.handle_reply(ttl, answer.reply),
            Self::Session(session) => session.handle_answer(answer),
        }
    }

    pub(crate) fn handle_duplicate(&mut self) {
        each!(self, inner => inner.handle_duplicate());
    }

    pub(crate) fn handle_timeout(&mut self, now_ns: u64) {
        each!(self, inner => inner.handle_timeout(now_ns));
    }

    pub(crate) fn poll_timeout(&self, now_ns: u64) -> Option<u64> {
        each!(self, inner => inner.poll_timeout(now_ns))
    }

    pub(crate) fn refuse(&mut self) {
        each!(self, inner => inner.refuse());
    }

    pub(crate) fn finish(&mut self, reason: StopReason) {
        match self {
            Self::Ping(ping) => ping.refuse(),
            Self::Trace(trace) => trace.finish(reason),
            Self::Session(session) => session.finish(reason),
        }
    }

    pub(crate) fn in_flight(&self) -> u32 {
        each!(self, inner => inner.in_flight())
    }

    pub(crate) fn is_finished(&self) -> bool {
        each!(self, inner => inner.is_finished())
    }

    pub(crate) fn into_outcome(self, started_ns: u64, ended_ns: u64) -> Outcome {
        match self {
            Self::Ping(ping) => Outcome::Ping(ping.into_outcome()),
            Self::Trace(trace) => Outcome::Trace(trace.into_outcome()),
            Self::Session(session) => Outcome::Session(session.into_event(started_ns, ended_ns)),
        }
    }
}
