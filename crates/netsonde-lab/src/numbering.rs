//! Identifications: how a node numbers the IPv4 packets and the IPv6 fragments that it sends itself.
use crate::random::Stream;
use crate::topology::{Behaviour, FragmentId, IpId};
use core::net::IpAddr;
use std::collections::BTreeMap;

/// Counters of one node at most; for more destinations than these one counter does.
const COUNTERS_MAX: usize = 4_096;
/// Destinations whose path MTU a node remembers.
const MTUS_MAX: usize = 4_096;
/// Draws for the traffic of others since the last packet at most: it comes in bursts.
const BURSTS_MAX: u64 = 8;
/// Length of a burst.
const BURST_NS: u64 = 100_000_000;

/// A packet that is to be numbered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbered {
    pub(crate) now_ns: u64,
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) protocol: u8,
    /// Identification of the packet that it answers.
    pub(crate) cause: u16,
}

/// What has a counter of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Node,
    Address(IpAddr),
    Protocol(u8),
    Fragments,
    FragmentsTo(IpAddr),
}

#[derive(Clone, Copy, Debug)]
struct Counter {
    value: u64,
    seen_ns: u64,
    /// Part of a packet of others that has not come.
    rest: f64,
}

/// The numbers of one node.
#[derive(Debug)]
pub(crate) struct Numbering {
    counters: BTreeMap<Key, Counter>,
    /// Draws where counters start, and the traffic of others.
    random: Stream,
    mtus: BTreeMap<IpAddr, u16>,
}

impl Numbering {
    /// `start` is where the counter of the whole node begins.
    pub(crate) fn new(seed: u64, node: &str, start: u16) -> Self {
        let shared = Counter {
            value: u64::from(start),
            seen_ns: 0,
            rest: 0.0,
        };
        Self {
            counters: BTreeMap::from([(Key::Node, shared)]),
            random: Stream::new(seed, &format!("node {node}"), "numbers"),
            mtus: BTreeMap::new(),
        }
    }

    /// The identification of the next IPv4 packet; `packets` draws the random ones.
    pub(crate) fn ip_id(
        &mut self,
        behaviour: &Behaviour,
        packet: Numbered,
        packets: &mut Stream,
    ) -> u16 {
        let rate_pps = behaviour.ip_id_rate;
        let mut count = |key| (self.count(key, packet.now_ns, rate_pps) & 0xffff) as u16;
        match behaviour.ip_id {
            IpId::Zero => 0,
            IpId::Constant => 0x4d2,
            IpId::Reflected => packet.cause,
            IpId::Counter => count(Key::Node),
            IpId::Swapped => count(Key::Node).swap_bytes(),
            IpId::Interface => count(Key::Address(packet.source)),
            IpId::Destination => count(Key::Address(packet.destination)),
            IpId::Protocol => count(Key::Protocol(packet.protocol)),
            IpId::Random => u16::try_from(packets.up_to(0xffff)).expect("up to 0xffff"),
        }
    }

    /// The identification of the next IPv6 packet that is fragmented.
    pub(crate) fn fragment_id(&mut self, behaviour: &Behaviour, to: IpAddr, now_ns: u64) -> u32 {
        let value = match behaviour.fragment_id {
            FragmentId::Counter => self.count(Key::Fragments, now_ns, 0.0),
            FragmentId::Destination => self.count(Key::FragmentsTo(to), now_ns, 0.0),
            FragmentId::Random => self.random.next(),
        };
        (value & 0xffff_ffff) as u32
    }

    fn count(&mut self, key: Key, now_ns: u64, rate_pps: f64) -> u64 {
        let is_new = !self.counters.contains_key(&key);
        let key = if is_new && self.counters.len() >= COUNTERS_MAX {
            Key::Node
        } else {
            key
        };
        let random = &mut self.random;
        let counter = self.counters.entry(key).or_insert_with(|| Counter {
            value: random.next() & 0xffff_ffff,
            seen_ns: now_ns,
            rest: 0.0,
        });
        let passed_ns = now_ns.saturating_sub(counter.seen_ns);
        counter.seen_ns = counter.seen_ns.max(now_ns);
        let bursts = (passed_ns / BURST_NS).clamp(1, BURSTS_MAX);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "rates and times far below 2^53, not negative"
        )]
        for _ in 0..bursts {
            // Twice the mean at most, so that the mean comes out.
            let mean = rate_pps.max(0.0) * passed_ns as f64 / 1e9 / bursts as f64 + counter.rest;
            let most = (mean * 2.0) as u64;
            counter.rest = mean - most as f64 / 2.0;
            counter.value = counter.value.wrapping_add(random.up_to(most));
        }
        counter.value = counter.value.wrapping_add(1);
        counter.value
    }

    /// What fits the path to a destination, once something on it was too big.
    pub(crate) fn mtu(&self, to: IpAddr) -> Option<u16> {
        self.mtus.get(&to).copied()
    }

    /// Remembers what a router on the path said.
    pub(crate) fn learn_mtu(&mut self, to: IpAddr, mtu: u16) {
        if self.mtus.len() < MTUS_MAX || self.mtus.contains_key(&to) {
            self.mtus.insert(to, mtu);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ip_id: IpId, ip_id_rate: f64, packets: &[(u64, &str, u8)]) -> Vec<u16> {
        let behaviour = Behaviour {
            ip_id,
            ip_id_rate,
            ..Behaviour::default()
        };
        let mut numbering = Numbering::new(1, "r", 0xfffe);
        let mut random = Stream::new(1, "r", "packets");
        let number = |&(now_ms, address, protocol): &(u64, &str, u8)| {
            let packet = Numbered {
                now_ns: now_ms * 1_000_000,
                source: address.parse().unwrap(),
                destination: address.parse().unwrap(),
                protocol,
                cause: 77,
            };
            numbering.ip_id(&behaviour, packet, &mut random)
        };
        packets.iter().map(number).collect()
    }

    const PACKETS: [(u64, &str, u8); 4] = [
        (0, "5.1.0.1", 1),
        (1, "5.1.0.2", 6),
        (2, "5.1.0.1", 1),
        (3, "5.1.0.2", 1),
    ];

    #[test]
    fn each_model_numbers_as_it_says() {
        assert_eq!(ids(IpId::Counter, 0.0, &PACKETS), [0xffff, 0, 1, 2]);
        assert_eq!(ids(IpId::Swapped, 0.0, &PACKETS), [0xffff, 0, 0x100, 0x200]);
        assert_eq!(ids(IpId::Zero, 0.0, &PACKETS), [0; 4]);
        assert_eq!(ids(IpId::Reflected, 0.0, &PACKETS), [77; 4]);
        for by_address in [IpId::Interface, IpId::Destination] {
            let found = ids(by_address, 0.0, &PACKETS);
            assert_eq!(found[2], found[0].wrapping_add(1));
            assert_eq!(found[3], found[1].wrapping_add(1));
        }
        let found = ids(IpId::Protocol, 0.0, &PACKETS);
        assert_eq!(
            [found[2], found[3]],
            [found[0].wrapping_add(1), found[0].wrapping_add(2)]
        );
    }

    #[test]
    fn the_traffic_of_others_comes_at_its_rate_and_in_bursts() {
        let packets: Vec<_> = (0..=600).map(|turn| (turn * 100, "5.1.0.1", 1)).collect();
        let found = ids(IpId::Counter, 250.0, &packets);
        let steps: Vec<u16> = found
            .windows(2)
            .map(|pair| pair[1].wrapping_sub(pair[0]))
            .collect();
        let sum: u32 = steps.iter().map(|step| u32::from(*step)).sum();
        // 60 s of it, and our own 600.
        assert!((14_600..16_600).contains(&sum), "{sum}");
        assert!(steps.iter().all(|step| *step >= 1) && steps.iter().any(|step| *step < 10));
    }

    #[test]
    fn fragments_are_numbered_for_all_or_for_each() {
        let [one, other]: [IpAddr; 2] = ["2a00::1", "2a00::2"].map(|text| text.parse().unwrap());
        let number = |fragment_id| {
            let behaviour = Behaviour {
                fragment_id,
                ..Behaviour::default()
            };
            let mut numbering = Numbering::new(1, "r", 0);
            [one, other, one].map(|to| numbering.fragment_id(&behaviour, to, 0))
        };
        let [first, second, third] = number(FragmentId::Counter);
        assert_eq!(
            [second, third],
            [first.wrapping_add(1), first.wrapping_add(2)]
        );
        let [first, second, third] = number(FragmentId::Destination);
        assert!(third == first.wrapping_add(1) && second != third.wrapping_add(1));
    }
}
