//! Measurements whose probes differ in more than TTL and attempt: multipath, alias resolution, fingerprints, TCP behaviour.
//!
//! A session brings the whole shape of each probe and knows it by a token. The engine paces, counts, authenticates
//! and routes; the session decides what to send next, what a reply means and when to give up waiting.
use crate::event::Event;
use crate::identity::Shape;
use crate::measurement::Verdict;
use crate::record::{Reply, StopReason};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

/// One probe that a session wants to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    /// Target, method, flow, size and the rest that a probe is made from.
    pub(crate) shape: Shape,
    pub(crate) ttl: u8,
    /// The session's own name for the probe; `Reply::attempt` repeats it.
    pub(crate) token: u32,
    /// How long it may be answered: the engine calls later replies late. The session keeps its own timer.
    pub(crate) wait_ns: u64,
}

/// The first authentic reply to a probe.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) token: u32,
    pub(crate) reply: Reply,
    pub(crate) sent_ns: u64,
    pub(crate) received_ns: u64,
    /// The whole IP packet, for what a record does not keep.
    pub(crate) packet: &'a [u8],
}

/// A measurement as a state machine. Who drives it calls `poll_ask` while `is_ready`, `handle_timeout` at
/// `poll_timeout`, and `into_event` once `is_finished`.
pub(crate) trait Session: Send + Sync {
    /// Whether `poll_ask` would give a probe now.
    fn is_ready(&self, now_ns: u64) -> bool;

    /// A whole IP packet to be sent before the next probe, to which no reply is expected.
    fn poll_message(&mut self) -> Option<Vec<u8>> {
        None
    }

    /// The next probe, taken as sent.
    fn poll_ask(&mut self, now_ns: u64) -> Option<Ask>;

    /// The bytes of the probe that `poll_ask` gave last: one whole IP packet.
    fn handle_sent(&mut self, _token: u32, _packet: &[u8]) {}

    /// Takes an authentic reply, the first to its probe. `Rejected` leaves the probe open for another one.
    fn handle_answer(&mut self, answer: Answer<'_>) -> Verdict;

    /// A further reply to a probe that was answered.
    fn handle_duplicate(&mut self) {}

    /// Lets time pass; early calls are harmless.
    fn handle_timeout(&mut self, now_ns: u64);

    /// When something happens by itself, or another probe may leave, if that is later than `now_ns`.
    fn poll_timeout(&self, now_ns: u64) -> Option<u64>;

    /// No probe will be sent any more; those in flight are waited for.
    fn refuse(&mut self);

    /// Ends at once, with what there is.
    fn finish(&mut self, reason: StopReason);

    /// Probes that are waited for.
    fn in_flight(&self) -> u32;

    /// Whether there is a result. A refused session finishes once nothing is in flight.
    fn is_finished(&self) -> bool;

    /// The result, as the caller gets it.
    fn into_event(self: Box<Self>, started_ns: u64, ended_ns: u64) -> Event;
}

/// Short: each session's whole state would come with the code that prints it, into the image, too.
impl fmt::Debug for dyn Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session")
    }
}
