//! When measurements want to be woken, in order of time, then of age.
use crate::slab::Handle;
use alloc::collections::{BTreeSet, VecDeque};

/// Queues of ascending times. Waits of a job have few lengths, so what is set later is mostly due later, too.
const LANES: usize = 4;
/// Entries that nobody waits for any more, beside those that somebody does, before they are thrown out.
const STALE_MAX: usize = 1 << 10;

/// A wake-up: its time, and who wants it.
type Timer = (u64, Handle);

/// Wake-ups; one that does not count any more stays until it
/// would be next: who set them says which do.
#[derive(Debug, Default)]
pub(super) struct Timers {
    lanes: [VecDeque<Timer>; LANES],
    /// What fits behind no lane.
    others: BTreeSet<Timer>,
    /// Those that count.
    live: usize,
    /// The next of all: asked for far more often than it changes.
    next: Option<Timer>,
}

impl Timers {
    /// Adds one.
    pub(super) fn insert(&mut self, timer: Timer) {
        self.live += 1;
        if self.next.is_none_or(|next| timer < next) {
            self.next = Some(timer);
        }
        // The fullest lane that it fits behind keeps the others free for other lengths of wait.
        let mut best: Option<&mut VecDeque<Timer>> = None;
        for lane in &mut self.lanes {
            let last = lane.back();
            if last.is_none_or(|last| *last <= timer)
                && best.as_ref().is_none_or(|best| best.back() < last)
            {
                best = Some(lane);
            }
        }
        match best {
            Some(lane) => lane.push_back(timer),
            None => drop(self.others.insert(timer)),
        }
    }

    /// One of those added does not count any more; `counts` says so, too, from now on.
    pub(super) fn forget(&mut self, timer: Timer, counts: impl Fn(&Timer) -> bool) {
        self.live -= 1;
        if !self.others.remove(&timer) {
            self.prune(counts);
        }
        self.find_next();
    }

    /// The next.
    pub(super) fn first(&self) -> Option<Timer> {
        self.next
    }

    fn find_next(&mut self) {
        let mut next = self.others.first();
        for lane in &self.lanes {
            if let Some(front) = lane.front()
                && next.is_none_or(|next| front < next)
            {
                next = Some(front);
            }
        }
        self.next = next.copied();
    }

    /// Takes the next out: `counts` knows it no more.
    pub(super) fn pop(&mut self, counts: impl Fn(&Timer) -> bool) {
        let Some(first) = self.first() else { return };
        self.live -= 1;
        self.others.remove(&first);
        self.prune(counts);
        self.find_next();
    }

    /// Throws out what does not count and would be next, and everything that does not once there is much of it.
    fn prune(&mut self, counts: impl Fn(&Timer) -> bool) {
        for lane in &mut self.lanes {
            while lane.front().is_some_and(|timer| !counts(timer)) {
                lane.pop_front();
            }
        }
        let kept = self.lanes.iter().map(VecDeque::len).sum::<usize>();
        if kept > 2 * self.live + STALE_MAX {
            for lane in &mut self.lanes {
                lane.retain(&counts);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn handle(number: u32) -> Handle {
        Handle { number, place: 0 }
    }

    proptest! {
        /// Against one sorted set, with waits of few lengths and of any.
        #[test]
        fn timers_come_in_order(
            steps in proptest::collection::vec((0_u8..4, 0_u64..50, 0_u32..12), 1..400),
            lengths in proptest::collection::vec(1_u64..1_000, 1..7),
        ) {
            let (mut timers, mut expected, mut now) = (Timers::default(), BTreeSet::new(), 0);
            for (step, pause, who) in steps {
                now += pause;
                let set: Option<Timer> = expected.iter().find(|(_, handle): &&Timer| handle.number == who).copied();
                match (step, set) {
                    (0 | 1, None) => {
                        let timer = (now + lengths[usize::from(step) * 3 % lengths.len()] + pause % 2, handle(who));
                        timers.insert(timer);
                        expected.insert(timer);
                    }
                    (2, Some(timer)) => {
                        expected.remove(&timer);
                        timers.forget(timer, |timer| expected.contains(timer));
                    }
                    (3, _) => {
                        expected.pop_first();
                        timers.pop(|timer| expected.contains(timer));
                    }
                    _ => {}
                }
                prop_assert_eq!(timers.first(), expected.first().copied());
                prop_assert_eq!(timers.live, expected.len());
            }
        }
    }

    #[test]
    fn what_nobody_waits_for_takes_no_room() {
        let mut timers = Timers::default();
        timers.insert((1, handle(0)));
        for number in 1..100_000 {
            timers.insert((u64::from(number), handle(number)));
            timers.forget((u64::from(number), handle(number)), |(_, handle)| {
                handle.number == 0
            });
        }
        let kept = timers.lanes.iter().map(VecDeque::len).sum::<usize>();
        assert!(kept <= STALE_MAX + 2, "{kept}");
        assert_eq!(timers.first(), Some((1, handle(0))));
    }
}
