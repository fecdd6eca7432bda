//! Revelation: traces towards the end of a suspected tunnel, then towards what each of them uncovers.
//!
//! A trace towards an address inside the tunnel is not switched along the whole LSP: with labels for all prefixes
//! it uncovers the router before its target (BRPR), with labels for loopbacks only all of them (DPR). What answers
//! between entry and target was hidden; the first of it is the next target, until a trace uncovers nothing more.
mod buddy;
mod found;
mod reading;

#[cfg(test)]
mod tests;

pub(super) use found::{Hidden, Plan, Revealed, Side};

use super::Task;
use super::path::is_reserved;
use crate::job::{TraceMethod, TraceOptions};
use crate::record::{Attempt, AttemptOutcome, Method, Reply, StopReason, Trace};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use buddy::Buddies;
use core::net::IpAddr;
use reading::{Gap, Reading, Span};

/// What a revelation wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Run(Task),
    /// Whether an address answers echo, from the run's cache if it is there.
    Echo(IpAddr),
}

/// One revelation, one trace at a time.
#[derive(Debug)]
pub(super) struct Revelation {
    plan: Plan,
    found: Revealed,
    target: IpAddr,
    step: u8,
    /// Silent hops right before the target that are already known.
    known_silent: usize,
    state: State,
    /// Other methods to try while the target is silent.
    methods: VecDeque<TraceMethod>,
    method: TraceMethod,
    /// Added to the flow of the first trace; a flow that crosses the entry is kept.
    flow_offset: u16,
    flows_left: u8,
    /// How the direct traces to this target ended, while its buddies are tried.
    direct: AttemptOutcome,
    buddies: Buddies,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Direct,
    BuddyPing,
    BuddyTrace(IpAddr),
    Done,
}

impl Revelation {
    pub(super) fn new(plan: Plan) -> Self {
        let mut revelation = Self {
            target: plan.exit,
            step: 0,
            known_silent: 0,
            state: State::Direct,
            methods: VecDeque::new(),
            method: plan.trace.method,
            flow_offset: 0,
            flows_left: 0,
            direct: AttemptOutcome::NotAttempted,
            buddies: Buddies::default(),
            found: Revealed::default(),
            plan,
        };
        revelation.aim(revelation.plan.exit);
        revelation
    }

    /// The next wish; the same until it is met.
    pub(super) fn ask(&self) -> Option<Ask> {
        match self.state {
            State::Direct => Some(self.trace(self.target, self.method)),
            State::BuddyTrace(buddy) => Some(self.trace(buddy, TraceMethod::UdpParis)),
            State::BuddyPing => self.buddies.to_ping().map(Ask::Echo),
            State::Done => None,
        }
    }

    pub(super) fn into_revealed(self) -> Revealed {
        self.found
    }

    /// Meets [`Ask::Run`]. A trace that was cut short counts for what it shows, and is the last.
    pub(super) fn handle_trace(&mut self, trace: &Trace) {
        let cut = matches!(
            trace.stop,
            StopReason::Budget | StopReason::Deadline | StopReason::Interrupted
        );
        match self.state {
            State::Direct => self.handle_direct(trace, cut),
            State::BuddyTrace(buddy) => self.handle_buddy(buddy, trace, cut),
            State::BuddyPing | State::Done => {}
        }
        if cut {
            self.handle_refused();
        }
    }

    /// Meets [`Ask::Echo`].
    pub(super) fn handle_echo(&mut self, answered: bool) {
        if self.state == State::BuddyPing {
            self.buddies.handle_echo(self.target, answered);
            self.next_buddy();
        }
    }

    /// The wish cannot be met any more.
    pub(super) fn handle_refused(&mut self) {
        if self.found.attempts.is_empty() {
            self.record(
                self.target,
                false,
                self.method,
                AttemptOutcome::NotAttempted,
                0,
            );
        }
        self.found.cut = true;
        self.finish(AttemptOutcome::NotAttempted);
    }

    fn trace(&self, target: IpAddr, method: TraceMethod) -> Ask {
        let options = TraceOptions {
            method,
            first_ttl: self.plan.entry_ttl.saturating_sub(HOPS_BEFORE_ENTRY).max(1),
            all_attempts: false,
            flow: self.flow(),
            ..self.plan.trace
        };
        Ask::Run(Task::Trace { target, options })
    }

    fn flow(&self) -> u16 {
        self.plan.trace.flow.wrapping_add(self.flow_offset)
    }

    fn handle_direct(&mut self, trace: &Trace, cut: bool) {
        let span = Span {
            known_silent: self.known_silent,
            gap: self.gap_for_reading(),
        };
        let reading = reading::read(trace, self.target, &self.plan, &self.found.routers, span);
        let outcome = if cut && reading.outcome != AttemptOutcome::Revealed {
            AttemptOutcome::NotAttempted
        } else {
            reading.outcome
        };
        self.record(self.target, false, self.method, outcome, trace.sent);
        match outcome {
            AttemptOutcome::Revealed => self.advance(reading),
            AttemptOutcome::IngressNotFound | AttemptOutcome::Inconsistent
                if self.flows_left > 0 =>
            {
                self.flows_left -= 1;
                self.flow_offset = self.flow_offset.wrapping_add(1);
            }
            AttemptOutcome::TargetNotReached => match self.methods.pop_front() {
                Some(method) => self.method = method,
                None => self.end_direct(outcome, false),
            },
            AttemptOutcome::NothingRevealed => {
                let complete = reading.hops.is_empty();
                self.prepend(reading.hops, Method::Brpr);
                self.end_direct(outcome, complete);
            }
            _ => self.end_direct(outcome, false),
        }
    }

    /// The gap still counts on the ingress side of later traces; an egress lies behind their targets.
    fn gap_for_reading(&self) -> Option<Gap> {
        match self.found.gap {
            Some((Side::Ingress, _)) => Some(Gap {
                side: Side::Ingress,
                settled: true,
            }),
            Some((Side::Egress, _)) => None,
            None => self.plan.gap.map(|side| Gap {
                side,
                settled: false,
            }),
        }
    }

    fn advance(&mut self, reading: Reading) {
        if self.found.gap.is_none() {
            let step = self.step;
            self.found.gap = reading.gap.map(|(side, hop)| {
                let hidden = |(probe_ttl, reply)| Hidden {
                    probe_ttl,
                    reply: Some(reply),
                    step,
                    method: Method::Unknown,
                };
                (side, hop.map(hidden))
            });
        }
        let silent_before = reading
            .hops
            .iter()
            .take_while(|(_, reply)| reply.is_none())
            .count();
        let next = reading
            .hops
            .iter()
            .find_map(|(_, reply)| Some(reply.as_ref()?.responder));
        let method = if reading.hops.len() == 1 {
            Method::Brpr
        } else {
            Method::Dpr
        };
        self.prepend(reading.hops, method);
        self.known_silent = silent_before;
        match next {
            Some(next) if self.may_aim(next) => self.aim(next),
            _ => self.finish(AttemptOutcome::NotAttempted),
        }
    }

    fn may_aim(&self, next: IpAddr) -> bool {
        let is_room =
            self.found.attempts.len() < ATTEMPTS_MAX && self.found.routers.len() < ROUTERS_MAX;
        is_room && !is_reserved(next, &self.plan.options)
    }

    fn aim(&mut self, target: IpAddr) {
        let others = [
            TraceMethod::IcmpParis,
            TraceMethod::UdpParis,
            TraceMethod::TcpSyn,
        ];
        self.target = target;
        self.step += 1;
        self.state = State::Direct;
        self.method = self.plan.trace.method;
        self.methods = others
            .into_iter()
            .filter(|&method| method != self.method)
            .collect();
        self.flows_left = self.plan.options.flow_retries;
    }

    fn prepend(&mut self, hops: Vec<(u8, Option<Reply>)>, method: Method) {
        let step = self.step;
        let hidden = hops.into_iter().map(|(probe_ttl, reply)| Hidden {
            probe_ttl,
            reply,
            step,
            method,
        });
        self.found.routers.splice(0..0, hidden);
    }

    fn end_direct(&mut self, outcome: AttemptOutcome, complete: bool) {
        self.direct = outcome;
        self.found.complete = complete;
        if self.plan.buddy {
            self.buddies = Buddies::of(self.target);
            self.next_buddy();
        } else {
            self.finish(outcome);
        }
    }

    fn next_buddy(&mut self) {
        self.state = if self.buddies.to_ping().is_some() {
            State::BuddyPing
        } else if let Some(buddy) = self.buddies.pop() {
            State::BuddyTrace(buddy)
        } else {
            return self.finish(self.direct);
        };
    }

    fn handle_buddy(&mut self, buddy: IpAddr, trace: &Trace, cut: bool) {
        let gap = self.gap_for_reading().is_some();
        let (outcome, hop) =
            reading::read_buddy(trace, buddy, &self.plan, &self.found.routers, gap);
        let outcome = if cut && hop.is_none() {
            AttemptOutcome::NotAttempted
        } else {
            outcome
        };
        self.record(buddy, true, TraceMethod::UdpParis, outcome, trace.sent);
        match hop {
            Some((probe_ttl, reply)) => {
                let next = reply.responder;
                self.prepend([(probe_ttl, Some(reply))].into(), Method::Buddy);
                self.known_silent = 0;
                self.found.complete = false;
                if self.may_aim(next) {
                    self.aim(next);
                } else {
                    self.finish(AttemptOutcome::NotAttempted);
                }
            }
            None => self.next_buddy(),
        }
    }

    fn record(
        &mut self,
        target: IpAddr,
        buddy: bool,
        method: TraceMethod,
        outcome: AttemptOutcome,
        sent: u32,
    ) {
        let (step, flow) = (self.step, self.flow());
        self.found.attempts.push(Attempt {
            target,
            step,
            method,
            flow,
            buddy,
            outcome,
            sent,
        });
    }

    fn finish(&mut self, stop: AttemptOutcome) {
        self.found.stop = Some(stop);
        self.found.complete &= stop == AttemptOutcome::NothingRevealed;
        self.state = State::Done;
    }
}

/// Revelation traces start this many hops before the entry, to see that they cross it.
const HOPS_BEFORE_ENTRY: u8 = 2;
/// Traces of one revelation.
const ATTEMPTS_MAX: usize = 128;
/// Routers of one tunnel.
const ROUTERS_MAX: usize = 64;
