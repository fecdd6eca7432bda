//! Routers with several addresses each, and the ways in which they number their packets.
use crate::seed;
use crate::testing::{Answers, MS, error, target_answer};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use netsonde_wire::checksum;
use netsonde_wire::icmp::types;
use netsonde_wire::ip::{IpPacket, protocol};

/// One way of numbering; `velocity` in packets per second beside ours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Model {
    /// One counter.
    Shared {
        velocity: u64,
    },
    /// The same, its bytes in the wrong order.
    Swapped {
        velocity: u64,
    },
    /// One for each address.
    PerAddress {
        velocity: u64,
    },
    /// A counter for TCP, zero for the rest.
    TcpOnly {
        velocity: u64,
    },
    Random,
    Zero,
    Constant,
    Reflected,
    /// One counter, and datagrams are answered from the first address.
    CommonSource {
        velocity: u64,
    },
    /// IPv6: does not heed "packet too big".
    Unheeding,
    Silent,
}

#[derive(Clone, Debug)]
pub(crate) struct Router {
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) model: Model,
    start: u64,
    /// Packets sent to us: by all addresses, or by each.
    own: BTreeMap<usize, u64>,
    told: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) routers: Vec<Router>,
    places: BTreeMap<IpAddr, (usize, usize)>,
    count: u64,
    /// Percent of the answers that are lost.
    pub(crate) loss: u64,
    /// Each way takes up to so much longer.
    pub(crate) jitter_ms: u64,
}

impl World {
    /// A router of each model, with so many addresses.
    pub(crate) fn new(v6: bool, models: &[Model], addresses: usize) -> Self {
        let mut world = Self {
            routers: Vec::new(),
            places: BTreeMap::new(),
            count: 0,
            loss: 0,
            jitter_ms: 0,
        };
        for (number, model) in models.iter().enumerate() {
            let address = |place: usize| -> IpAddr {
                // Neighbours in number are not neighbours on a router.
                let host = u32::try_from(place * models.len() + number).unwrap();
                if v6 {
                    Ipv6Addr::from(0x2a00_u128 << 112 | u128::from(host + 0x1_0000)).into()
                } else {
                    Ipv4Addr::from(0x0501_0000 + host * 4 + 1).into()
                }
            };
            let addresses: Vec<IpAddr> = (0..addresses).map(address).collect();
            for (place, address) in addresses.iter().enumerate() {
                world.places.insert(*address, (number, place));
            }
            let start = seed::mix(u64::try_from(number).unwrap());
            world.routers.push(Router {
                addresses,
                model: *model,
                start,
                own: BTreeMap::new(),
                told: false,
            });
        }
        world
    }

    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        self.places.keys().copied().collect()
    }

    /// What comes back for a packet.
    pub(crate) fn answer(&mut self, now_ns: u64, packet: &[u8]) -> Answers {
        let parsed = IpPacket::parse(packet).unwrap();
        let Some(&(router, place)) = self.places.get(&parsed.header.destination) else {
            return Vec::new();
        };
        self.count += 1;
        let drawn = seed::mix(self.count);
        let there_ns = 10 * MS + drawn % (self.jitter_ms * MS + 1);
        let back_ns = 10 * MS + (drawn >> 24) % (self.jitter_ms * MS + 1);
        let router = &mut self.routers[router];
        let icmp_type = parsed.payload.first().copied();
        if parsed.header.protocol == protocol::ICMPV6 && icmp_type == Some(types::V6_PACKET_TOO_BIG)
        {
            router.told = router.model != Model::Unheeding;
            return Vec::new();
        }
        if router.model == Model::Silent || (drawn >> 48) % 100 < self.loss {
            return Vec::new();
        }
        let answer = router.reply(packet, &parsed, place, now_ns + there_ns);
        Vec::from([(there_ns + back_ns, answer)])
    }
}

impl Router {
    fn reply(&mut self, packet: &[u8], parsed: &IpPacket<'_>, place: usize, at_ns: u64) -> Vec<u8> {
        let is_tcp = parsed.header.protocol == protocol::TCP;
        let v6 = parsed.header.source.is_ipv6();
        let is_udp = parsed.header.protocol == protocol::UDP;
        if matches!(self.model, Model::CommonSource { .. }) && is_udp {
            let icmp_type = if v6 {
                types::V6_UNREACHABLE
            } else {
                types::V4_UNREACHABLE
            };
            let code = if v6 { 4 } else { 3 };
            let length = if v6 { 1_000 } else { 28 };
            let mut answer = error(packet, self.addresses[0], icmp_type, code, length);
            let id = self.identification(place, at_ns, 0, is_tcp);
            if !v6 {
                number(&mut answer, id);
            }
            return answer;
        }
        let mut answer = target_answer(packet);
        if !v6 {
            let probe_id = parsed.header.ident.unwrap_or(0);
            let id = self.identification(place, at_ns, probe_id, is_tcp);
            number(&mut answer, id);
        } else if self.told && answer.len() > 1_280 {
            let id = self.identification(place, at_ns, 0, is_tcp);
            first_fragment(&mut answer, id);
        }
        answer
    }

    fn identification(&mut self, place: usize, at_ns: u64, probe_id: u32, is_tcp: bool) -> u32 {
        let mut count = |which: usize, velocity: u64| {
            let own = self.own.entry(which).or_default();
            *own += 1;
            let others = u128::from(velocity) * u128::from(at_ns) / 1_000_000_000;
            let start = seed::mix(self.start ^ u64::try_from(which).unwrap());
            let sum = u128::from(start) + others + u128::from(*own);
            u32::try_from(sum & 0xffff_ffff).unwrap()
        };
        match self.model {
            Model::Shared { velocity } | Model::CommonSource { velocity } => count(0, velocity),
            Model::Swapped { velocity } => {
                let id = count(0, velocity) & 0xffff;
                (id & 0xff) << 8 | id >> 8
            }
            Model::PerAddress { velocity } => count(place, velocity),
            Model::TcpOnly { velocity } if is_tcp => count(0, velocity),
            Model::Random => {
                let drawn = seed::mix(u64::from(count(0, 0)));
                u32::try_from(drawn & 0xffff_ffff).unwrap()
            }
            Model::Constant => 4_711,
            Model::Reflected => probe_id,
            Model::TcpOnly { .. } | Model::Zero | Model::Unheeding | Model::Silent => 0,
        }
    }
}

/// Writes an IPv4 identification, and the checksum again.
fn number(packet: &mut [u8], id: u32) {
    packet[4..6].copy_from_slice(&u16::try_from(id & 0xffff).unwrap().to_be_bytes());
    packet[10..12].fill(0);
    let sum = checksum::internet(&packet[..20]);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
}

/// Makes of an IPv6 packet the first of its fragments.
fn first_fragment(packet: &mut Vec<u8>, id: u32) {
    let next = core::mem::replace(&mut packet[6], 44);
    let mut header = [next, 0, 0, 1, 0, 0, 0, 0];
    header[4..].copy_from_slice(&id.to_be_bytes());
    packet.splice(40..40, header);
    packet.truncate(1_280);
    packet[4..6].copy_from_slice(&1_240_u16.to_be_bytes());
}

impl World {
    /// Gives each router other addresses.
    pub(crate) fn set_addresses(&mut self, of: impl Fn(usize) -> Vec<IpAddr>) {
        self.places.clear();
        for (number, router) in self.routers.iter_mut().enumerate() {
            router.addresses = of(number);
            for (place, address) in router.addresses.iter().enumerate() {
                self.places.insert(*address, (number, place));
            }
        }
    }
}
