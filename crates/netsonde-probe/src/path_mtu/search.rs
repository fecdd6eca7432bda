//! Where a path grows narrower, and how narrow: questions and answers, no packets and no time.
//!
//! The first question is whether a packet of full size reaches the last hop: on most paths that is all. If not,
//! the first hop that it does not reach is found, then the largest size that does reach that hop, and so on from there.
use crate::record::{HopMtu, MtuChange, MtuSource};
use alloc::vec::Vec;
use core::net::IpAddr;

/// Every IPv4 link carries packets of this size (RFC 791).
const FLOOR_V4: u16 = 68;
/// Every IPv6 link carries 1280 (RFC 8200), but broken tunnels are what is looked for: less is tried.
const FLOOR_V6: u16 = 80;
/// What a router of IPv6 that names less than this means.
const LEAST_V6: u32 = 1_280;
/// Sizes that links and tunnels usually have, tried before others: RFC 1191, section 7, and encapsulations
/// (`PPPoE`, GRE, `IPsec`, `WireGuard`, 6in4, VXLAN) on top of 1500.
const USUAL: [u16; 25] = [
    296, 508, 576, 1_006, 1_280, 1_380, 1_400, 1_420, 1_428, 1_436, 1_440, 1_450, 1_454, 1_460,
    1_472, 1_476, 1_480, 1_492, 1_500, 2_002, 4_352, 8_166, 9_000, 17_914, 32_000,
];

/// Whether a packet of `size` bytes reaches the hop at `ttl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) ttl: u8,
    pub(super) size: u16,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Passed,
    /// Somebody says that it is too big, and for which MTU.
    TooBig(IpAddr, u32),
    Silent,
}

/// A hop that answered the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) ttl: u8,
    pub(super) address: IpAddr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Does it reach the last hop?
    End,
    /// Which is the first of these that it does not reach? The last of them is one.
    Place {
        low: usize,
        high: usize,
    },
    /// Does what was said pass?
    Said(u16),
    /// Does one byte more pass?
    More(u16),
    /// Does anything pass now?
    Floor,
    /// What is the largest that passes? `low` does, `high` does not.
    Size {
        low: u16,
        high: u16,
    },
    /// One byte less passes: was the answer only lost?
    Again(u16),
    Done,
}

/// The search along one path.
#[derive(Debug)]
pub(super) struct Search {
    places: Vec<Place>,
    /// The first of `places` whose MTU is not known.
    from: usize,
    /// What passes up to there.
    size: u16,
    step: Step,
    /// The last word on why a packet did not pass.
    failure: Verdict,
    settled: Vec<HopMtu>,
    changes: Vec<MtuChange>,
    is_v6: bool,
}

impl Search {
    pub(super) fn new(places: Vec<Place>, start: u16, is_v6: bool) -> Self {
        let step = if places.is_empty() {
            Step::Done
        } else {
            Step::End
        };
        Self {
            places,
            from: 0,
            size: start.max(floor(is_v6)),
            step,
            failure: Verdict::Silent,
            settled: Vec::new(),
            changes: Vec::new(),
            is_v6,
        }
    }

    /// What to find out next; `None` once all is known.
    pub(super) fn question(&self) -> Option<Question> {
        let last = self.places.len().checked_sub(1)?;
        let (place, size) = match self.step {
            Step::End => (last, self.size),
            Step::Place { low, high } => (usize::midpoint(low, high), self.size),
            Step::Said(size) | Step::More(size) | Step::Again(size) => (self.from, size),
            Step::Floor => (self.from, floor(self.is_v6)),
            Step::Size { low, high } => (self.from, pivot(low, high)),
            Step::Done => return None,
        };
        let ttl = self.places[place].ttl;
        Some(Question { ttl, size })
    }

    /// Takes the answer to the question.
    pub(super) fn answer(&mut self, verdict: Verdict) {
        let passed = verdict == Verdict::Passed;
        if !passed && !matches!(self.step, Step::Floor | Step::More(_)) {
            self.failure = verdict;
        }
        match self.step {
            Step::End if passed => self.settle(self.places.len()),
            Step::End => self.locate(),
            Step::Place { low, high } => {
                let middle = usize::midpoint(low, high);
                let (low, high) = if passed {
                    (middle + 1, high)
                } else {
                    (low, middle)
                };
                self.narrow(low, high);
            }
            Step::Said(size) if passed && size + 1 < self.size => self.step = Step::More(size + 1),
            Step::Said(size) if passed => self.change(size, MtuSource::PacketTooBig),
            // Another narrow place before the next hop that answers, or a lie.
            Step::Said(_) => self.measure(),
            // The router named less than passes.
            Step::More(size) if passed => self.close_in(size, self.size),
            Step::More(size) => self.change(size - 1, MtuSource::PacketTooBig),
            // The very size that did not pass before: that answer was only lost.
            Step::Floor if passed && self.size <= floor(self.is_v6) => self.settle(self.from + 1),
            Step::Floor if passed => self.close_in(floor(self.is_v6), self.size),
            Step::Floor => self.give_up(),
            Step::Size { low, high } => {
                let size = pivot(low, high);
                let (low, high) = if passed { (size, high) } else { (low, size) };
                self.close_in(low, high);
            }
            Step::Again(_) if passed => self.settle(self.from + 1),
            Step::Again(size) => self.change(size - 1, MtuSource::Search),
            Step::Done => {}
        }
    }

    /// What is known, now or at the end: the hops, and the places where the path grows narrower.
    pub(super) fn into_parts(self) -> (Vec<HopMtu>, Vec<MtuChange>) {
        (self.settled, self.changes)
    }

    /// A packet of full size does not reach the end: which is the first hop that it does not reach?
    fn locate(&mut self) {
        let last = self.places.len() - 1;
        let sayer = match self.failure {
            Verdict::TooBig(router, _) => self.places[self.from.saturating_sub(1)..]
                .iter()
                .position(|place| place.address == router)
                .map(|at| at + self.from.saturating_sub(1)),
            _ => None,
        };
        match sayer {
            // It came as far as the router that complains, and no further.
            Some(at) if at < last => self.narrow((at + 1).max(self.from), at + 1),
            _ => self.narrow(self.from, last),
        }
    }

    fn narrow(&mut self, low: usize, high: usize) {
        if low < high {
            self.step = Step::Place { low, high };
            return;
        }
        self.record(high);
        self.measure();
    }

    /// The next hop is out of reach of `size`: what does reach it?
    fn measure(&mut self) {
        let tried = match self.step {
            Step::Said(size) => size,
            _ => self.size,
        };
        self.step = match self.named() {
            Some(size) if size < tried => Step::Said(size),
            _ => Step::Floor,
        };
    }

    /// The MTU that was named, if it can be.
    fn named(&self) -> Option<u16> {
        let Verdict::TooBig(_, said) = self.failure else {
            return None;
        };
        let said = if self.is_v6 { said.max(LEAST_V6) } else { said };
        u16::try_from(said)
            .ok()
            .filter(|size| *size >= floor(self.is_v6) && *size < self.size)
    }

    fn close_in(&mut self, low: u16, high: u16) {
        if high - low > 1 {
            self.step = Step::Size { low, high };
        } else if high == self.size {
            self.step = Step::Again(high);
        } else {
            self.change(low, MtuSource::Search);
        }
    }

    /// The path is narrower from here on.
    fn change(&mut self, size: u16, found: MtuSource) {
        let (router, said) = match self.failure {
            Verdict::TooBig(router, said) => (Some(router), Some(said)),
            _ => (None, None),
        };
        self.changes.push(MtuChange {
            probe_ttl: self.places[self.from].ttl,
            before: self.size,
            after: size,
            found,
            router,
            said,
        });
        self.size = size;
        self.settle(self.from + 1);
    }

    /// The next hop answers nothing any more: it says nothing of the path.
    fn give_up(&mut self) {
        self.places.remove(self.from);
        self.go_on();
    }

    /// What passes now passes up to the hop before `end`.
    fn settle(&mut self, end: usize) {
        self.record(end);
        self.go_on();
    }

    fn record(&mut self, end: usize) {
        self.settled
            .extend(self.places[self.from..end].iter().map(|place| HopMtu {
                probe_ttl: place.ttl,
                mtu: Some(self.size),
            }));
        self.from = end;
    }

    fn go_on(&mut self) {
        self.step = if self.from < self.places.len() {
            Step::End
        } else {
            Step::Done
        };
    }
}

fn floor(is_v6: bool) -> u16 {
    if is_v6 { FLOOR_V6 } else { FLOOR_V4 }
}

/// The size to try between one that passes and one that does not: if the former is a usual one, the next byte,
/// which most likely does not; else the middle one of the usual sizes; else the middle.
fn pivot(low: u16, high: u16) -> u16 {
    if USUAL.contains(&low) {
        return low + 1;
    }
    let first = USUAL.partition_point(|size| *size <= low);
    let end = USUAL.partition_point(|size| *size < high);
    USUAL[first..end.max(first)]
        .get((end.saturating_sub(first)) / 2)
        .copied()
        .unwrap_or_else(|| u16::midpoint(low, high))
}

#[cfg(test)]
mod tests;
