//! Estimation: which probe shows a counter at which address, and how fast it grows.
use super::book::{Book, Heard, Probe};
use super::classify::{Reading, Seen, classify};
use super::plan::{Stage, Step, in_turns};
use crate::job::AliasProbe;
use crate::record::IpIdClass;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

/// Tries one kind of probe after the other on those that show no counter yet. As many at once as the rate lets be
/// probed within an interval: a fast counter must not make a turn between two probes.
#[derive(Debug)]
pub(super) struct Estimate {
    /// To be probed by the first of `probes`.
    waiting: VecDeque<u32>,
    /// Showed no counter to it.
    failed: VecDeque<u32>,
    probes: VecDeque<Probe>,
    current: Vec<u32>,
}

impl Estimate {
    /// Reads the identifications of IPv4, by the probe that the job chooses.
    pub(super) fn new(book: &Book, members: Vec<u32>) -> Self {
        let all = [Probe::Icmp, Probe::Udp, Probe::TcpAck];
        let chosen = |probe: &Probe| {
            book.options.probe == AliasProbe::Auto || book.options.probe == probe.name()
        };
        Self::with(members, all.into_iter().filter(chosen).collect())
    }

    /// Reads those of fragments.
    pub(super) fn of_fragments(members: Vec<u32>) -> Self {
        Self::with(members, VecDeque::from([Probe::BigEcho]))
    }

    fn with(members: Vec<u32>, probes: VecDeque<Probe>) -> Self {
        Self {
            waiting: members.into(),
            failed: VecDeque::new(),
            probes,
            current: Vec::new(),
        }
    }

    fn read(&mut self, book: &mut Book, probe: Probe, heard: &[Heard]) {
        let mut replies: BTreeMap<u32, Vec<Seen>> = BTreeMap::new();
        for reply in heard {
            replies.entry(reply.address).or_default().push(reply.seen);
        }
        for number in core::mem::take(&mut self.current) {
            let seen = replies.get(&number).map_or(&[][..], Vec::as_slice);
            // The reply that made us ask for fragments came whole.
            let whole = seen.iter().take_while(|reply| !reply.has_id).count();
            let seen = if whole < seen.len() {
                &seen[whole..]
            } else {
                seen
            };
            let reading: Reading = classify(probe.width(), seen, book.options.byte_swap);
            book.settle(number, probe, &reading);
            if reading.class != IpIdClass::Counter {
                self.failed.push_back(number);
            }
        }
    }
}

impl Stage for Estimate {
    fn next_plan(&mut self, book: &mut Book, heard: Vec<Heard>) -> Vec<Step> {
        if let (Some(probe), false) = (self.probes.front().copied(), self.current.is_empty()) {
            self.read(book, probe, &heard);
        }
        if self.waiting.is_empty() {
            self.probes.pop_front();
            self.waiting = core::mem::take(&mut self.failed);
        }
        let Some(probe) = self.probes.front().copied() else {
            return Vec::new();
        };
        let fits = book.interval_ns() / book.spacing_ns();
        let fits = usize::try_from(fits)
            .unwrap_or(usize::MAX)
            .clamp(1, self.waiting.len().max(1))
            .min(self.waiting.len());
        self.current = self.waiting.drain(..fits).collect();
        let members: Vec<_> = self.current.iter().map(|number| (*number, probe)).collect();
        // Speedtrap loses the replies up to the one that its message was about.
        let extra = if probe == Probe::BigEcho { 2 } else { 0 };
        let turns = book.options.samples.saturating_add(extra);
        in_turns(&members, turns, book.interval_ns(), book.spacing_ns())
    }
}
