//! What all stages of one job know.
use super::classify::{Reading, Seen};
use super::plan::Paced;
use super::sample::{Series, Width};
use crate::job::{AliasMethod, AliasOptions, AliasProbe, PingMethod, PingOptions, Target};
use crate::measurement::MILLISECOND_NS;
use crate::record::{AliasVerdict, IpIdClass};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::net::IpAddr;

/// Counters whose velocities differ by more than this factor and [`VELOCITY_SLACK_MILLI`] are not compared.
const VELOCITY_FACTOR: u64 = 2;
/// Steps per 1000 seconds: our own probes and a quiet router's traffic are no velocity to go by.
const VELOCITY_SLACK_MILLI: u64 = 50_000;
/// TTL of all probes.
pub(super) const TTL: u8 = 64;
/// Whole packet of the echo requests of Speedtrap: its answer does not fit the smallest MTU of IPv6.
pub(super) const BIG_SIZE: u16 = 1_300;
/// Addresses beside the targets at most.
const OTHERS_MAX: usize = 1 << 16;

/// A kind of probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Probe {
    Icmp,
    Udp,
    TcpAck,
    /// An echo request whose reply is to come in fragments.
    BigEcho,
}

impl Probe {
    /// As the record says it.
    pub(super) fn name(self) -> AliasProbe {
        match self {
            Self::Icmp | Self::BigEcho => AliasProbe::Icmp,
            Self::Udp => AliasProbe::Udp,
            Self::TcpAck => AliasProbe::TcpAck,
        }
    }

    pub(super) fn width(self) -> Width {
        if self == Self::BigEcho {
            Width::Bits32
        } else {
            Width::Bits16
        }
    }
}

/// What is known of one address.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) target: Target,
    pub(super) is_target: bool,
    pub(super) probe: Option<Probe>,
    pub(super) class: IpIdClass,
    pub(super) swapped: bool,
    pub(super) velocity_milli: u64,
    /// Median round trip while it was classified.
    pub(super) rtt_ns: u64,
    pub(super) sent: u32,
    pub(super) received: u32,
}

/// What was found out about a pair of addresses, by number; the lower one first.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Evidence {
    pub(super) pair: (u32, u32),
    pub(super) method: AliasMethod,
    pub(super) verdict: AliasVerdict,
    pub(super) samples: u32,
    pub(super) rounds: u32,
    pub(super) bounds: u32,
    pub(super) distance: Option<u32>,
    pub(super) false_positive: Option<f64>,
}

impl Evidence {
    /// Without figures.
    pub(super) fn new(pair: (u32, u32), method: AliasMethod, verdict: AliasVerdict) -> Self {
        Self {
            pair,
            method,
            verdict,
            samples: 0,
            rounds: 0,
            bounds: 0,
            distance: None,
            false_positive: None,
        }
    }
}

/// A reply, and the step that it came of.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    pub(super) address: u32,
    pub(super) probe: Probe,
    /// The step's own number: which pair or set it was made for.
    pub(super) tag: u32,
    pub(super) seen: Seen,
    pub(super) responder: IpAddr,
    pub(super) is_port_unreachable: bool,
}

/// The book.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) options: AliasOptions,
    pub(super) rate_pps: u32,
    pub(super) seed: u64,
    pub(super) addresses: Vec<Address>,
    numbers: BTreeMap<IpAddr, u32>,
    targets: usize,
    pub(super) evidence: Vec<Evidence>,
    /// Pairs told apart in passing.
    pub(super) eliminated: u64,
    /// Pairs that elimination left, with the shifts by which they passed; sets that confirmation made.
    pub(super) survivors: Vec<(u64, (u32, u32))>,
    pub(super) sets: Vec<Vec<u32>>,
}

impl Book {
    /// With the targets in the order of the job.
    pub(super) fn new(options: AliasOptions, targets: &[Target], rate_pps: u32, seed: u64) -> Self {
        let mut book = Self {
            options,
            rate_pps,
            seed,
            addresses: Vec::with_capacity(targets.len()),
            numbers: BTreeMap::new(),
            targets: 0,
            evidence: Vec::new(),
            eliminated: 0,
            survivors: Vec::new(),
            sets: Vec::new(),
        };
        for target in targets {
            book.add(*target, true);
        }
        book.targets = book.addresses.len();
        book
    }

    /// The number of an address that is no target; `None` if there are too many.
    pub(super) fn intern(&mut self, target: Target) -> Option<u32> {
        if let Some(number) = self.numbers.get(&target.address) {
            return Some(*number);
        }
        (self.addresses.len() - self.targets < OTHERS_MAX).then(|| self.add(target, false))
    }

    fn add(&mut self, target: Target, is_target: bool) -> u32 {
        if let Some(number) = self.numbers.get(&target.address) {
            return *number;
        }
        let number = u32::try_from(self.addresses.len()).expect("a job has fewer targets");
        self.numbers.insert(target.address, number);
        self.addresses.push(Address {
            target,
            is_target,
            probe: None,
            class: IpIdClass::Unprobed,
            swapped: false,
            velocity_milli: 0,
            rtt_ns: 0,
            sent: 0,
            received: 0,
        });
        number
    }

    pub(super) fn address(&self, number: u32) -> &Address {
        &self.addresses[index(number)]
    }

    pub(super) fn address_mut(&mut self, number: u32) -> &mut Address {
        &mut self.addresses[index(number)]
    }

    /// Numbers of the targets of one family.
    pub(super) fn family(&self, v6: bool) -> Vec<u32> {
        (0..)
            .zip(&self.addresses)
            .filter(|(_, address)| address.is_target && address.target.address.is_ipv6() == v6)
            .map(|(number, _)| number)
            .collect()
    }

    /// Those of `members` whose counter can be compared, with probe.
    pub(super) fn usable(&self, members: &[u32]) -> Vec<(u32, Probe)> {
        let probe = |number: &u32| {
            let address = self.address(*number);
            let probe = address
                .probe
                .filter(|_| address.class == IpIdClass::Counter);
            probe.map(|probe| (*number, probe))
        };
        members.iter().filter_map(probe).collect()
    }

    /// Keeps what was read of an address, unless an earlier probe showed more.
    pub(super) fn settle(&mut self, number: u32, probe: Probe, reading: &Reading) {
        let address = self.address_mut(number);
        let known = matches!(address.class, IpIdClass::Unprobed | IpIdClass::Silent);
        if known || reading.class == IpIdClass::Counter {
            address.probe = Some(probe);
            address.class = reading.class;
            address.swapped = reading.swapped;
            address.velocity_milli = reading.velocity_milli;
            address.rtt_ns = reading.series.rtt_ns();
        }
    }

    /// Whether the counters of two addresses may be one: by byte order and velocity, both being estimated.
    pub(super) fn may_share(&self, a: u32, b: u32) -> bool {
        let (a, b) = (self.address(a), self.address(b));
        let (slow, fast) = minmax(a.velocity_milli, b.velocity_milli);
        a.swapped == b.swapped
            && fast
                <= slow
                    .saturating_mul(VELOCITY_FACTOR)
                    .saturating_add(VELOCITY_SLACK_MILLI)
    }

    /// How fast the counters of two addresses may grow at most, in steps per 1000 seconds.
    pub(super) fn velocity_most(&self, a: u32, b: u32) -> u64 {
        let fast = self
            .address(a)
            .velocity_milli
            .max(self.address(b).velocity_milli);
        fast.saturating_mul(VELOCITY_FACTOR)
            .saturating_add(VELOCITY_SLACK_MILLI)
    }

    /// Whether a difference between two counters says that there are two routers: routers may have
    /// a counter for each protocol.
    pub(super) fn is_comparable(&self, a: u32, b: u32) -> bool {
        self.address(a).probe == self.address(b).probe
    }

    /// What a failed test says of a pair.
    pub(super) fn rejection(&self, a: u32, b: u32) -> AliasVerdict {
        if self.is_comparable(a, b) {
            AliasVerdict::Not
        } else {
            AliasVerdict::Unknown
        }
    }

    /// The samples of each address in what was heard, by tag and address, read in the right byte order.
    pub(super) fn series(&self, heard: &[Heard]) -> BTreeMap<(u32, u32), Series> {
        let mut found: BTreeMap<(u32, u32), (Probe, Vec<_>)> = BTreeMap::new();
        for reply in heard.iter().filter(|reply| reply.seen.has_id) {
            let entry = found.entry((reply.tag, reply.address));
            let (_, samples) = entry.or_insert_with(|| (reply.probe, Vec::new()));
            samples.push(reply.seen.sample);
        }
        let made = |((tag, number), (probe, samples)): (_, (Probe, _))| {
            let series = Series::new(probe.width(), samples);
            let series = if self.address(number).swapped {
                series.swapped()
            } else {
                series
            };
            ((tag, number), series)
        };
        found.into_iter().map(made).collect()
    }

    /// Time between two probes at the job's rate.
    pub(super) fn spacing_ns(&self) -> u64 {
        1_000_000_000_u64.div_ceil(u64::from(self.rate_pps.max(1)))
    }

    /// Between two probes of a pair or set, unless the job says it: so long, or as the replies take. Closer probes
    /// would have no bounds, as replies to the last one were still on their way.
    pub(super) fn gap_ns(&self, set: &[u32], least_ms: u32) -> u64 {
        match self.options.gap_ms {
            0 => {
                let slowest_ns = set.iter().map(|number| self.address(*number).rtt_ns).max();
                slowest_ns
                    .unwrap_or(0)
                    .max(u64::from(least_ms) * MILLISECOND_NS)
            }
            chosen => u64::from(chosen) * MILLISECOND_NS,
        }
    }

    /// The members of a set with their probes, and the gap between two of them.
    pub(super) fn paced(&self, set: &[u32], least_ms: u32) -> Paced {
        Paced {
            members: self.usable(set),
            gap_ns: self.gap_ns(set, least_ms),
        }
    }

    pub(super) fn interval_ns(&self) -> u64 {
        u64::from(self.options.interval_ms) * MILLISECOND_NS
    }

    pub(super) fn round_gap_ns(&self) -> u64 {
        u64::from(self.options.round_gap_ms) * MILLISECOND_NS
    }

    /// Of a pair that passes as an alias.
    pub(super) fn false_positive_most(&self) -> f64 {
        f64::from(self.options.false_positive_ppm) / 1e6
    }

    /// How a probe of that kind is made.
    pub(super) fn ping_options(&self, probe: Probe) -> PingOptions {
        PingOptions {
            method: match probe {
                Probe::Icmp | Probe::BigEcho => PingMethod::Icmp,
                Probe::Udp => PingMethod::Udp,
                Probe::TcpAck => PingMethod::TcpAck,
            },
            size: if probe == Probe::BigEcho { BIG_SIZE } else { 0 },
            ttl: TTL,
            destination_port: self.options.destination_port,
            ..PingOptions::default()
        }
    }
}

/// An address's place in the list.
pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).expect("an index of a list")
}

/// A pair, the lower number first.
pub(super) fn pair(a: u32, b: u32) -> (u32, u32) {
    (a.min(b), a.max(b))
}

fn minmax(a: u64, b: u64) -> (u64, u64) {
    (a.min(b), a.max(b))
}
