//! How far the job has come, now and then.
use super::Engine;
use crate::event::Event;
use crate::measurement::MILLISECOND_NS;

/// When the next report is due.
#[derive(Debug)]
pub(super) struct Progress {
    /// 0: never.
    interval_ns: u64,
    next_ns: u64,
}

impl Progress {
    pub(super) fn new(interval_ms: u32, now_ns: u64) -> Self {
        let interval_ns = u64::from(interval_ms) * MILLISECOND_NS;
        Self {
            interval_ns,
            next_ns: now_ns.saturating_add(interval_ns),
        }
    }

    /// When to look again, if ever.
    pub(super) fn due_ns(&self) -> Option<u64> {
        (self.interval_ns > 0).then_some(self.next_ns)
    }
}

impl Engine {
    /// Says how far the job has come, if it is time to.
    pub(super) fn report_progress(&mut self, now_ns: u64) {
        let progress = &mut self.progress;
        if progress.due_ns().is_none_or(|due_ns| due_ns > now_ns) {
            return;
        }
        // Counted from now: after a long sleep one report says all that several would.
        progress.next_ns = now_ns.saturating_add(progress.interval_ns);
        self.events.push_back(Event::Progress {
            sent: self.counters.sent,
            received: self.counters.received,
            targets_begun: self.begun,
            targets_done: self.ended,
            in_flight: self.in_flight,
            elapsed_ns: now_ns.saturating_sub(self.started_ns),
        });
    }
}
