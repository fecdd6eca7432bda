//! What was asked of the network and what it said: one slot per TTL, flow and purpose, each with its attempts.
use crate::job::MultipathOptions;
use crate::measurement::{MILLISECOND_NS, Verdict};
use crate::record::Reply;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;

/// Why a flow is probed at a TTL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    /// To see where it goes.
    Explore,
    /// To see whether it goes there again; numbered.
    Repeat(u16),
    /// The same flow towards another address of the target's prefix; numbered.
    Elsewhere(u8),
}

/// What a slot is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) ttl: u8,
    pub(super) lane: Lane,
    pub(super) flow: u16,
}

impl Key {
    pub(super) fn explore(ttl: u8, flow: u16) -> Self {
        let lane = Lane::Explore;
        Self { ttl, lane, flow }
    }
}

/// What is known of a slot.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome<'a> {
    /// An attempt is due or may still be answered.
    Pending,
    /// The first reply.
    Answered(&'a Reply),
    /// Every attempt was made and waited for.
    Silent,
}

/// One probe sent.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    pub(super) key: Key,
    /// From 1, within its slot.
    pub(super) attempt: u8,
    pub(super) sent_ns: u64,
    pub(super) reply: Option<Reply>,
}

#[derive(Clone, Debug)]
struct Slot {
    sent: u8,
    last_sent_ns: u64,
    due_ns: Option<u64>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Queued,
    Waiting,
    /// The probe that was answered first.
    Answered(u32),
    Silent,
}

/// All slots, their probes, and what is due when.
#[derive(Debug)]
pub(super) struct Table {
    attempts: u8,
    wait_ns: u64,
    window: usize,
    slots: BTreeMap<Key, Slot>,
    queue: VecDeque<Key>,
    due: BTreeSet<(u64, Key)>,
    waiting: usize,
    probes: Vec<Probe>,
    rtt_max_ns: u64,
    refused: bool,
    pub(super) duplicates: u32,
    pub(super) late: u32,
}

impl Table {
    pub(super) fn new(options: &MultipathOptions) -> Self {
        Self {
            attempts: options.attempts,
            wait_ns: u64::from(options.wait_ms) * MILLISECOND_NS,
            window: usize::from(options.window),
            slots: BTreeMap::new(),
            queue: VecDeque::new(),
            due: BTreeSet::new(),
            waiting: 0,
            probes: Vec::new(),
            rtt_max_ns: 0,
            refused: false,
            duplicates: 0,
            late: 0,
        }
    }

    /// Asks for a slot, unless it was asked for already.
    pub(super) fn want(&mut self, key: Key) {
        if self.refused || self.slots.contains_key(&key) {
            return;
        }
        let slot = Slot {
            sent: 0,
            last_sent_ns: 0,
            due_ns: None,
            state: State::Queued,
        };
        self.slots.insert(key, slot);
        self.queue.push_back(key);
    }

    pub(super) fn is_ready(&self) -> bool {
        !self.queue.is_empty() && self.waiting < self.window
    }

    /// The next probe, taken as sent, and its token.
    pub(super) fn poll(&mut self, now_ns: u64) -> Option<(u32, Key)> {
        if !self.is_ready() {
            return None;
        }
        let key = self.queue.pop_front()?;
        let slot = self.slots.get_mut(&key)?;
        slot.sent += 1;
        slot.last_sent_ns = now_ns;
        slot.state = State::Waiting;
        let attempt = slot.sent;
        self.waiting += 1;
        let token = u32::try_from(self.probes.len()).ok()?;
        self.probes.push(Probe {
            key,
            attempt,
            sent_ns: now_ns,
            reply: None,
        });
        self.set_due(key);
        Some((token, key))
    }

    /// Takes the first reply to a probe.
    pub(super) fn answer(&mut self, token: u32, sent_ns: u64, mut reply: Reply) -> Verdict {
        let Some(probe) = self.probes.get_mut(token as usize) else {
            return Verdict::Late;
        };
        let key = probe.key;
        let Some(slot) = self.slots.get_mut(&key) else {
            return Verdict::Late;
        };
        // It may have left later than it was asked for.
        probe.sent_ns = sent_ns;
        reply.attempt = u32::from(probe.attempt);
        let rtt_ns = reply.rtt_ns;
        match slot.state {
            State::Silent => {
                self.late += 1;
                return Verdict::Late;
            }
            // Two attempts were both answered: the first reply stands.
            State::Answered(_) => probe.reply = Some(reply),
            State::Queued | State::Waiting => {
                probe.reply = Some(reply);
                if slot.state == State::Waiting {
                    self.waiting -= 1;
                } else {
                    self.queue.retain(|queued| *queued != key);
                }
                slot.state = State::Answered(token);
                if let Some(due_ns) = slot.due_ns.take() {
                    self.due.remove(&(due_ns, key));
                }
            }
        }
        self.rtt_max_ns = self.rtt_max_ns.max(rtt_ns);
        Verdict::InTime
    }

    /// Queues the repeats that are due, and gives up what was waited for long enough.
    ///
    /// `silent` says of a slot that nothing like it has answered although enough was tried: no repeat is worth it.
    pub(super) fn pass_time(&mut self, now_ns: u64, hopeless: impl Fn(&Self, Key) -> bool) {
        while let Some(&(due_ns, key)) = self.due.first()
            && due_ns <= now_ns
        {
            self.due.pop_first();
            let gives_up = self.refused || hopeless(self, key);
            let attempts = self.attempts;
            let Some(slot) = self.slots.get_mut(&key) else {
                continue;
            };
            slot.due_ns = None;
            self.waiting -= 1;
            if slot.sent < attempts && !gives_up {
                slot.state = State::Queued;
                self.queue.push_back(key);
            } else {
                slot.state = State::Silent;
            }
        }
    }

    /// When something is next due.
    pub(super) fn poll_timeout(&self) -> Option<u64> {
        self.due.first().map(|(due_ns, _)| *due_ns)
    }

    /// Nothing may be sent any more: what was not sent is forgotten.
    pub(super) fn refuse(&mut self) {
        self.refused = true;
        for key in core::mem::take(&mut self.queue) {
            match self.slots.get_mut(&key) {
                Some(slot) if slot.sent > 0 => slot.state = State::Silent,
                _ => {
                    self.slots.remove(&key);
                }
            }
        }
    }

    pub(super) fn is_refused(&self) -> bool {
        self.refused
    }

    /// Slots that are waited for.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Whether every slot is answered or silent.
    pub(super) fn is_settled(&self) -> bool {
        self.waiting == 0 && self.queue.is_empty()
    }

    pub(super) fn contains(&self, key: Key) -> bool {
        self.slots.contains_key(&key)
    }

    pub(super) fn outcome(&self, key: Key) -> Option<Outcome<'_>> {
        self.slots.get(&key).map(|slot| self.outcome_of(slot))
    }

    /// What is known of the flows of one TTL and lane, by flow.
    pub(super) fn lane(&self, ttl: u8, lane: Lane) -> impl Iterator<Item = (u16, Outcome<'_>)> {
        let key = |flow| Key { ttl, lane, flow };
        let slots = self.slots.range(key(0)..=key(u16::MAX));
        slots.map(|(key, slot)| (key.flow, self.outcome_of(slot)))
    }

    /// Slots asked for with one TTL.
    pub(super) fn asked_at(&self, ttl: u8) -> usize {
        let (from, to) = (Key::explore(ttl, 0), Key::explore(ttl + 1, 0));
        self.slots.range(from..to).count()
    }

    /// Whether a slot was sent as often as it may be, or more than once.
    pub(super) fn sent(&self, key: Key) -> u8 {
        self.slots.get(&key).map_or(0, |slot| slot.sent)
    }

    /// All probes in the order of sending.
    pub(super) fn probes(&self) -> &[Probe] {
        &self.probes
    }

    fn outcome_of(&self, slot: &Slot) -> Outcome<'_> {
        match slot.state {
            State::Queued | State::Waiting => Outcome::Pending,
            State::Silent => Outcome::Silent,
            State::Answered(token) => self
                .probes
                .get(token as usize)
                .and_then(|probe| probe.reply.as_ref())
                .map_or(Outcome::Silent, Outcome::Answered),
        }
    }

    /// The attempts of a slot share one wait; after the last one the path's longest round trip is waited for, too.
    fn set_due(&mut self, key: Key) {
        let spacing_ns = self.wait_ns / u64::from(self.attempts);
        let Some(slot) = self.slots.get_mut(&key) else {
            return;
        };
        let pause_ns = if slot.sent < self.attempts {
            spacing_ns
        } else {
            self.wait_ns.min(spacing_ns.saturating_add(self.rtt_max_ns))
        };
        let due_ns = slot.last_sent_ns.saturating_add(pause_ns);
        slot.due_ns = Some(due_ns);
        self.due.insert((due_ns, key));
    }
}
