//! One ping. The engine brings replies and time; the ping only decides.
#[cfg(test)]
mod tests;

use crate::job::PingOptions;
use crate::measurement::{MILLISECOND_NS, Probe, Verdict};
use crate::record::Reply;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// A series of probes of one TTL, one every interval.
#[derive(Debug)]
pub(crate) struct Ping {
    ttl: u8,
    count: u32,
    interval_ns: u64,
    timeout_ns: u64,
    sent: u32,
    next_ns: u64,
    /// Attempt and end of wait of the unanswered probes, oldest first.
    waiting: VecDeque<(u32, u64)>,
    refused: bool,
    replies: Vec<Reply>,
    duplicates: u32,
    late: u32,
}

impl Ping {
    /// A ping whose first probe is due at `now_ns`.
    pub(crate) fn new(options: &PingOptions, now_ns: u64) -> Self {
        Self {
            ttl: options.ttl,
            count: options.count,
            interval_ns: u64::from(options.interval_ms) * MILLISECOND_NS,
            timeout_ns: u64::from(options.timeout_ms) * MILLISECOND_NS,
            sent: 0,
            next_ns: now_ns,
            waiting: VecDeque::new(),
            refused: false,
            replies: Vec::new(),
            duplicates: 0,
            late: 0,
        }
    }

    pub(crate) fn is_ready(&self, now_ns: u64) -> bool {
        !self.refused && self.sent < self.count && self.next_ns <= now_ns
    }

    /// The next probe, taken as sent.
    pub(crate) fn poll_probe(&mut self, now_ns: u64) -> Option<Probe> {
        if !self.is_ready(now_ns) {
            return None;
        }
        self.sent += 1;
        self.next_ns = now_ns.saturating_add(self.interval_ns);
        self.waiting
            .push_back((self.sent, now_ns.saturating_add(self.timeout_ns)));
        Some(Probe {
            ttl: self.ttl,
            attempt: self.sent,
        })
    }

    pub(crate) fn handle_reply(&mut self, reply: Reply) -> Verdict {
        let Some(position) = self
            .waiting
            .iter()
            .position(|(attempt, _)| *attempt == reply.attempt)
        else {
            self.late += 1;
            return Verdict::Late;
        };
        self.waiting.remove(position);
        self.replies.push(reply);
        Verdict::InTime
    }

    pub(crate) fn handle_duplicate(&mut self) {
        self.duplicates += 1;
    }

    pub(crate) fn handle_timeout(&mut self, now_ns: u64) {
        while self
            .waiting
            .front()
            .is_some_and(|(_, end_ns)| *end_ns <= now_ns)
        {
            self.waiting.pop_front();
        }
    }

    /// When something happens by itself, if that is later than `now_ns`.
    pub(crate) fn poll_timeout(&self, now_ns: u64) -> Option<u64> {
        let next_ns = (self.sent < self.count && !self.refused).then_some(self.next_ns);
        let end_ns = self.waiting.front().map(|(_, end_ns)| *end_ns);
        next_ns
            .into_iter()
            .chain(end_ns)
            .filter(|time_ns| *time_ns > now_ns)
            .min()
    }

    /// No probe will be sent any more; those in flight are waited for.
    pub(crate) fn refuse(&mut self) {
        self.refused = true;
    }

    pub(crate) fn in_flight(&self) -> u32 {
        u32::try_from(self.waiting.len()).expect("no more than `count`")
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.waiting.is_empty() && (self.refused || self.sent == self.count)
    }

    /// Probes sent, replies in order of arrival, duplicates, late ones, and whether it was cut short.
    pub(crate) fn into_outcome(self) -> Outcome {
        Outcome {
            sent: self.sent,
            incomplete: self.sent < self.count || !self.waiting.is_empty(),
            replies: self.replies,
            duplicates: self.duplicates,
            late: self.late,
        }
    }
}

/// What a ping gave.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) sent: u32,
    pub(crate) replies: Vec<Reply>,
    pub(crate) duplicates: u32,
    pub(crate) late: u32,
    pub(crate) incomplete: bool,
}
