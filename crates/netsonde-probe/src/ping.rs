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
    waiting: Waiting,
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
            waiting: Waiting::default(),
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
            .push((self.sent, now_ns.saturating_add(self.timeout_ns)));
        Some(Probe {
            ttl: self.ttl,
            attempt: self.sent,
        })
    }

    pub(crate) fn handle_reply(&mut self, reply: Reply) -> Verdict {
        if !self.waiting.remove(reply.attempt) {
            self.late += 1;
            return Verdict::Late;
        }
        if self.replies.is_empty() {
            // Mostly the only one: room for several would be some hundred octets.
            self.replies.reserve_exact(1);
        }
        self.replies.push(reply);
        Verdict::InTime
    }

    pub(crate) fn handle_duplicate(&mut self) {
        self.duplicates += 1;
    }

    pub(crate) fn handle_timeout(&mut self, now_ns: u64) {
        while self
            .waiting
            .first()
            .is_some_and(|(_, end_ns)| end_ns <= now_ns)
        {
            self.waiting.pop();
        }
    }

    /// When something happens by itself, if that is later than `now_ns`.
    pub(crate) fn poll_timeout(&self, now_ns: u64) -> Option<u64> {
        let next_ns = (self.sent < self.count && !self.refused).then_some(self.next_ns);
        let end_ns = self.waiting.first().map(|(_, end_ns)| end_ns);
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
        self.waiting.len()
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

/// Attempt and end of wait of the unanswered probes, oldest first. The oldest has a place of its own: a sweep is
/// millions of pings with one probe each, which then take no memory elsewhere.
#[derive(Debug, Default)]
struct Waiting {
    /// None only if there are no others.
    oldest: Option<(u32, u64)>,
    others: VecDeque<(u32, u64)>,
}

impl Waiting {
    fn push(&mut self, probe: (u32, u64)) {
        if self.oldest.is_none() {
            self.oldest = Some(probe);
        } else {
            self.others.push_back(probe);
        }
    }

    fn first(&self) -> Option<(u32, u64)> {
        self.oldest
    }

    fn pop(&mut self) {
        self.oldest = self.others.pop_front();
    }

    /// False if the attempt is not waited for.
    fn remove(&mut self, wanted: u32) -> bool {
        if self.oldest.is_some_and(|(attempt, _)| attempt == wanted) {
            self.pop();
            return true;
        }
        let position = self
            .others
            .iter()
            .position(|(attempt, _)| *attempt == wanted);
        position
            .and_then(|position| self.others.remove(position))
            .is_some()
    }

    fn len(&self) -> u32 {
        let others = u32::try_from(self.others.len()).expect("no more than `count`");
        u32::from(self.oldest.is_some()) + others
    }

    fn is_empty(&self) -> bool {
        self.oldest.is_none()
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
