//! One Paris traceroute. The engine brings replies and time; the trace only decides.
//!
//! **Order.** TTLs are opened upwards, `window` of them at once, but judged strictly in order: a TTL counts once
//! all below it are settled. So the hops and the stop reason are those of a trace that sends one probe at a time,
//! whatever the window; the window buys time and costs probes beyond the target.
//!
//! **Repeats.** With a window of 1 an attempt gets its whole wait before the next (stop-and-wait). With a larger
//! window the `attempts` of a TTL are spread over one wait: attempt k leaves (k - 1) / attempts of the wait after
//! the first, unless the TTL has answered. After the last one the TTL stays open for the rest of the wait plus the
//! longest RTT seen on this path so far, but never longer than a whole wait from its last attempt. A silent TTL,
//! and so a destination that never answers, costs one wait plus the path's RTT however many the attempts; and a
//! router no further away than those that did answer has time to answer the last attempt, too.
#[cfg(test)]
mod tests;

use crate::job::TraceOptions;
use crate::measurement::{MILLISECOND_NS, Probe, Verdict};
use crate::record::{Hop, Reply, ReplyKind, StopReason};
use alloc::vec::Vec;
use core::net::IpAddr;

/// A traceroute towards one target.
#[derive(Debug)]
pub(crate) struct Trace {
    target: IpAddr,
    options: TraceOptions,
    wait_ns: u64,
    /// Between two attempts of one TTL that share a wait.
    spacing_ns: u64,
    /// From `first_ttl` on, in the order of opening.
    slots: Vec<Slot>,
    /// Slots that are settled and judged.
    judged: usize,
    /// Slots that can matter: up to the smallest TTL at which the path ended.
    relevant: usize,
    /// Judged hops that `poll_hop` has given.
    reported: usize,
    rtt_max_ns: u64,
    gap: u8,
    loops: u8,
    seen: Vec<IpAddr>,
    previous: Option<IpAddr>,
    refused: bool,
    stop: Option<StopReason>,
    started_ns: Option<u64>,
    duplicates: u32,
    late: u32,
    sent: u32,
}

/// One TTL.
#[derive(Debug, Default)]
struct Slot {
    sent: u8,
    answered: u8,
    last_sent_ns: u64,
    /// Attempt and end of wait of the probes in flight, oldest first.
    waiting: Vec<(u32, u64)>,
    settled: bool,
    replies: Vec<Reply>,
}

impl Trace {
    /// A trace that has sent nothing yet.
    pub(crate) fn new(target: IpAddr, options: &TraceOptions) -> Self {
        let wait_ns = u64::from(options.wait_ms) * MILLISECOND_NS;
        Self {
            target,
            options: *options,
            wait_ns,
            spacing_ns: wait_ns / u64::from(options.attempts.max(1)),
            slots: Vec::new(),
            judged: 0,
            relevant: usize::from(options.last_ttl - options.first_ttl) + 1,
            reported: 0,
            rtt_max_ns: 0,
            gap: 0,
            loops: 0,
            seen: Vec::new(),
            previous: None,
            refused: false,
            stop: None,
            started_ns: None,
            duplicates: 0,
            late: 0,
            sent: 0,
        }
    }

    pub(crate) fn is_ready(&self, now_ns: u64) -> bool {
        self.next_slot(now_ns).is_some()
    }

    /// The next probe, taken as sent.
    pub(crate) fn poll_probe(&mut self, now_ns: u64) -> Option<Probe> {
        let index = self.next_slot(now_ns)?;
        if index == self.slots.len() {
            self.slots.push(Slot::default());
        }
        let slot = &mut self.slots[index];
        slot.sent += 1;
        slot.last_sent_ns = now_ns;
        let attempt = u32::from(slot.sent);
        slot.waiting
            .push((attempt, now_ns.saturating_add(self.wait_ns)));
        self.sent += 1;
        self.started_ns.get_or_insert(now_ns);
        let ttl = self.options.first_ttl + ttl_offset(index);
        Some(Probe { ttl, attempt })
    }

    /// Takes an authentic reply, the first to its probe.
    pub(crate) fn handle_reply(&mut self, ttl: u8, reply: Reply) -> Verdict {
        let index = usize::from(ttl - self.options.first_ttl);
        let slot = &mut self.slots[index];
        if index < self.judged || self.stop.is_some() {
            // A hop that was reported already is not rewritten, neither by late replies nor by those to other attempts.
            if slot.replies.is_empty() {
                self.late += 1;
                return Verdict::Late;
            }
            return Verdict::InTime;
        }
        slot.answered += 1;
        slot.waiting
            .retain(|(attempt, _)| *attempt != reply.attempt);
        self.rtt_max_ns = self.rtt_max_ns.max(reply.rtt_ns);
        if slot.replies.is_empty() && ending(&reply, self.target).is_some() {
            self.relevant = self.relevant.min(index + 1);
        }
        slot.replies.push(reply);
        slot.settled |= !self.options.all_attempts || slot.answered == self.options.attempts;
        self.judge();
        Verdict::InTime
    }

    pub(crate) fn handle_duplicate(&mut self) {
        self.duplicates += 1;
    }

    pub(crate) fn handle_timeout(&mut self, now_ns: u64) {
        for index in self.open().collect::<Vec<usize>>() {
            self.slots[index]
                .waiting
                .retain(|(_, end_ns)| *end_ns > now_ns);
            if self.due_ns(index).is_none() && self.close_ns(index) <= now_ns {
                self.slots[index].settled = true;
            }
        }
        self.judge();
    }

    /// When something happens by itself, if that is later than `now_ns`.
    pub(crate) fn poll_timeout(&self, now_ns: u64) -> Option<u64> {
        let next_ns = |index| {
            let turn_ns = self.due_ns(index).unwrap_or_else(|| self.close_ns(index));
            let first_ns = self.slots[index].waiting.first().map(|(_, end_ns)| *end_ns);
            [Some(turn_ns), first_ns]
        };
        let times_ns = self.open().flat_map(next_ns).flatten();
        times_ns.filter(|time_ns| *time_ns > now_ns).min()
    }

    /// The next hop that is settled, in TTL order.
    pub(crate) fn poll_hop(&mut self) -> Option<Hop> {
        let index = self.reported;
        (index < self.judged).then(|| {
            self.reported += 1;
            self.hop(index)
        })
    }

    /// No probe will be sent any more; those in flight are waited for.
    pub(crate) fn refuse(&mut self) {
        self.refused = true;
        self.judge();
    }

    /// Ends at once: hops above the last that answered are left out.
    pub(crate) fn finish(&mut self, reason: StopReason) {
        if self.stop.is_none() {
            let heard = self
                .slots
                .iter()
                .rposition(|slot| !slot.replies.is_empty())
                .map_or(0, |last| last + 1);
            self.judged = self.judged.max(heard.min(self.relevant));
            self.stop = Some(reason);
        }
    }

    pub(crate) fn in_flight(&self) -> u32 {
        let waiting = self
            .open()
            .map(|index| self.slots[index].waiting.len())
            .sum::<usize>();
        u32::try_from(waiting).expect("at most 255 attempts for each of 255 TTLs")
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.stop.is_some()
    }

    /// Everything that a record needs and the engine does not know.
    pub(crate) fn into_outcome(self) -> Outcome {
        Outcome {
            hops: (0..self.judged).map(|index| self.hop(index)).collect(),
            stop: self.stop.unwrap_or(StopReason::Interrupted),
            sent: self.sent,
            duplicates: self.duplicates,
            late: self.late,
            started_ns: self.started_ns,
        }
    }

    fn hop(&self, index: usize) -> Hop {
        let slot = &self.slots[index];
        let probe_ttl = self.options.first_ttl + ttl_offset(index);
        Hop {
            probe_ttl,
            sent: slot.sent,
            replies: slot.replies.clone(),
        }
    }

    /// Indices of the slots that are waited for; empty once the trace has stopped.
    fn open(&self) -> impl Iterator<Item = usize> {
        let end = if self.stop.is_some() {
            0
        } else {
            self.slots.len().min(self.relevant)
        };
        (self.judged..end).filter(|index| !self.slots[*index].settled)
    }

    /// The slot that the next probe belongs to: a repeat that is due, else the next TTL if the window allows.
    fn next_slot(&self, now_ns: u64) -> Option<usize> {
        if self.refused || self.stop.is_some() {
            return None;
        }
        let repeat = self
            .open()
            .find(|index| self.due_ns(*index).is_some_and(|due_ns| due_ns <= now_ns));
        let may_open = self.slots.len() < self.relevant
            && self.open().count() < usize::from(self.options.window);
        repeat.or_else(|| may_open.then_some(self.slots.len()))
    }

    /// When the next attempt of a slot is due; `None` if there is none.
    fn due_ns(&self, index: usize) -> Option<u64> {
        let slot = &self.slots[index];
        if self.refused || slot.sent >= self.options.attempts {
            return None;
        }
        let pause_ns = match (self.is_stop_and_wait(), slot.answered == slot.sent) {
            (true, true) => 0,
            (true, false) => self.wait_ns,
            (false, _) => self.spacing_ns,
        };
        Some(slot.last_sent_ns.saturating_add(pause_ns))
    }

    /// When a slot without further attempts is given up.
    fn close_ns(&self, index: usize) -> u64 {
        let pause_ns = if self.is_stop_and_wait() {
            self.wait_ns
        } else {
            self.wait_ns
                .min(self.spacing_ns.saturating_add(self.rtt_max_ns))
        };
        self.slots[index].last_sent_ns.saturating_add(pause_ns)
    }

    fn is_stop_and_wait(&self) -> bool {
        self.options.window == 1
    }

    /// Passes the settled slots in TTL order until the trace stops or one is still open.
    fn judge(&mut self) {
        while self.stop.is_none() && self.slots.get(self.judged).is_some_and(|slot| slot.settled) {
            let index = self.judged;
            self.judged += 1;
            self.stop = self.stop_at(index);
        }
        if self.stop.is_none() && self.refused && self.judged == self.slots.len() {
            self.stop = Some(StopReason::Budget);
        }
    }

    /// Whether the trace ends with this slot, all before it being judged.
    fn stop_at(&mut self, index: usize) -> Option<StopReason> {
        let is_last = self.options.first_ttl + ttl_offset(index) == self.options.last_ttl;
        let last = is_last.then_some(StopReason::LastTtl);
        let Some(first) = self.slots[index].replies.first() else {
            self.gap = self.gap.saturating_add(1);
            self.previous = None;
            // Whoever answered further on shows that the path goes on.
            let silent_beyond = self.slots[index..]
                .iter()
                .all(|slot| slot.replies.is_empty());
            let is_gap = self.gap >= self.options.gap_limit && silent_beyond;
            return if is_gap {
                Some(StopReason::GapLimit)
            } else {
                last
            };
        };
        self.gap = 0;
        if let Some(reason) = ending(first, self.target) {
            return Some(reason);
        }
        let responder = first.responder;
        if self.previous.replace(responder) == Some(responder) {
            return last;
        }
        if self.seen.contains(&responder) {
            self.loops = self.loops.saturating_add(1);
            if self.options.loop_limit != 0 && self.loops >= self.options.loop_limit {
                return Some(StopReason::LoopLimit);
            }
        } else {
            self.seen.push(responder);
        }
        last
    }
}

/// What a trace gave.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) hops: Vec<Hop>,
    pub(crate) stop: StopReason,
    pub(crate) sent: u32,
    pub(crate) duplicates: u32,
    pub(crate) late: u32,
    pub(crate) started_ns: Option<u64>,
}

/// How a path ends with this reply, if it does: nothing is forwarded beyond it.
pub(crate) fn ending(reply: &Reply, target: IpAddr) -> Option<StopReason> {
    match reply.kind {
        ReplyKind::EchoReply | ReplyKind::TcpSynAck | ReplyKind::TcpRst | ReplyKind::UdpReply => {
            Some(StopReason::Completed)
        }
        ReplyKind::Unreachable | ReplyKind::PacketTooBig | ReplyKind::ParameterProblem => {
            Some(if reply.responder == target {
                StopReason::Completed
            } else {
                StopReason::Unreachable
            })
        }
        ReplyKind::TimeExceeded | ReplyKind::Redirect => None,
    }
}

fn ttl_offset(index: usize) -> u8 {
    u8::try_from(index).expect("no more slots than TTLs")
}
