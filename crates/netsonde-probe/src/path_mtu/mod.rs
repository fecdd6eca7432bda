//! Path MTU, hop by hop: what follows a trace that asks for it.
//!
//! Probes are those of the trace, larger, and must not be fragmented. A router that cannot pass one on says so (RFC 1191,
//! RFC 8201) or drops it in silence; either way the size is found that does pass. The result is part of the trace's.
mod search;
#[cfg(test)]
mod tests;

use crate::event::Event;
use crate::identity::Shape;
use crate::job::{Privilege, Target, TraceOptions};
use crate::measurement::{MILLISECOND_NS, Verdict};
use crate::record::{HopMtu, PathMtu, ReplyKind, StopReason, Trace};
use crate::session::{Answer, Ask, Session};
use alloc::boxed::Box;
use alloc::vec::Vec;
use search::{Place, Question, Search, Verdict as Found};

/// Questions that one path may cost, far more than a narrow place at every hop does.
const QUESTIONS_MAX: u32 = 400;

/// The search along the path that a trace showed.
#[derive(Debug)]
pub(crate) struct PathMtuSession {
    /// Holds the trace: a trace's own event, or that of its tunnels.
    event: Event,
    search: Search,
    shape: Shape,
    start: u16,
    attempts: u8,
    wait_ns: u64,
    /// Attempts at the question, and when the last one is over.
    tried: u8,
    waiting_until_ns: Option<u64>,
    token: u32,
    /// Token of the first attempt at the question: answers to earlier ones are late.
    first_token: u32,
    questions: u32,
    is_refused: bool,
    is_over: bool,
}

impl PathMtuSession {
    /// What follows `event`, which holds a trace.
    pub(crate) fn new(event: Event, target: Target, options: &TraceOptions) -> Self {
        let hops = trace_of(&event).map_or(&[][..], |trace| &trace.hops);
        let places: Vec<Place> = hops
            .iter()
            .filter_map(|hop| {
                hop.replies.first().map(|reply| Place {
                    ttl: hop.probe_ttl,
                    address: reply.responder,
                })
            })
            .collect();
        let shape = Shape {
            dont_fragment: true,
            ..Shape::of_trace(target, options, Privilege::Raw)
        };
        Self {
            search: Search::new(places, options.mtu, target.address.is_ipv6()),
            event,
            shape,
            start: options.mtu,
            attempts: options.attempts,
            wait_ns: u64::from(options.wait_ms) * MILLISECOND_NS,
            tried: 0,
            waiting_until_ns: None,
            token: 0,
            first_token: 1,
            questions: 0,
            is_refused: false,
            is_over: false,
        }
    }

    fn question(&self) -> Option<Question> {
        self.search
            .question()
            .filter(|_| !self.is_over && self.questions < QUESTIONS_MAX)
    }

    fn settle(&mut self, found: Found) {
        self.search.answer(found);
        self.waiting_until_ns = None;
        self.tried = 0;
        self.questions += 1;
        self.first_token = self.token + 1;
    }
}

impl Session for PathMtuSession {
    fn is_ready(&self, _now_ns: u64) -> bool {
        self.waiting_until_ns.is_none() && !self.is_refused && self.question().is_some()
    }

    fn poll_ask(&mut self, now_ns: u64) -> Option<Ask> {
        if !self.is_ready(now_ns) {
            return None;
        }
        let Question { ttl, size } = self.question()?;
        self.tried += 1;
        self.token += 1;
        self.waiting_until_ns = Some(now_ns.saturating_add(self.wait_ns));
        Some(Ask {
            shape: Shape { size, ..self.shape },
            ttl,
            token: self.token,
            wait_ns: self.wait_ns,
        })
    }

    fn handle_answer(&mut self, answer: Answer<'_>) -> Verdict {
        if answer.token < self.first_token || self.waiting_until_ns.is_none() {
            return Verdict::Late;
        }
        let reply = answer.reply;
        self.settle(match reply.kind {
            ReplyKind::PacketTooBig => {
                Found::TooBig(reply.responder, reply.mtu.unwrap_or_default())
            }
            _ => Found::Passed,
        });
        Verdict::InTime
    }

    fn handle_timeout(&mut self, now_ns: u64) {
        if self
            .waiting_until_ns
            .is_none_or(|until_ns| until_ns > now_ns)
        {
            return;
        }
        self.waiting_until_ns = None;
        if self.tried >= self.attempts {
            self.settle(Found::Silent);
        }
    }

    fn poll_timeout(&self, now_ns: u64) -> Option<u64> {
        self.waiting_until_ns.filter(|until_ns| *until_ns > now_ns)
    }

    fn refuse(&mut self) {
        self.is_refused = true;
    }

    fn finish(&mut self, _reason: StopReason) {
        self.is_over = true;
        self.waiting_until_ns = None;
    }

    fn in_flight(&self) -> u32 {
        u32::from(self.waiting_until_ns.is_some())
    }

    fn is_finished(&self) -> bool {
        self.waiting_until_ns.is_none() && (self.is_refused || self.question().is_none())
    }

    fn into_event(self: Box<Self>, _started_ns: u64, _ended_ns: u64) -> Event {
        let incomplete = self.search.question().is_some();
        let (known, changes) = self.search.into_parts();
        let mut event = self.event;
        let trace = match &mut event {
            Event::Trace(trace) => trace,
            Event::Tnt(result) => &mut result.trace,
            _ => return event,
        };
        let hops = trace.hops.iter().map(|hop| HopMtu {
            probe_ttl: hop.probe_ttl,
            mtu: known
                .iter()
                .find(|found| found.probe_ttl == hop.probe_ttl)
                .and_then(|found| found.mtu),
        });
        trace.path_mtu = Some(PathMtu {
            start: self.start,
            mtu: known.last().and_then(|hop| hop.mtu).filter(|_| !incomplete),
            hops: hops.collect(),
            changes,
            sent: self.token,
            incomplete,
        });
        event
    }
}

fn trace_of(event: &Event) -> Option<&Trace> {
    match event {
        Event::Trace(trace) => Some(trace),
        Event::Tnt(result) => Some(&result.trace),
        _ => None,
    }
}
