//! The probes of the last seconds, found again by what their replies carry.
use super::craft::{self, Fields};
use super::keys::Keys;
use super::shape::{Method, Shape};
use crate::job::Privilege;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::net::IpAddr;
use netsonde_wire::ip::protocol;

/// Draws tried until an identity is free; each is taken with a probability far below one in a thousand.
const DRAWS_MAX: u8 = 64;
/// How long a probe is remembered after its wait: so long late replies are known as such.
const LINGER_NS: u64 = 10_000_000_000;
/// Probes remembered at most, beside those in flight.
const REMEMBERED_MAX: usize = 1 << 20;

/// One probe that was sent.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) measurement: u32,
    pub(crate) ttl: u8,
    /// From 1.
    pub(crate) attempt: u32,
    pub(crate) sent_ns: u64,
    /// When its own wait is over.
    pub(crate) expires_ns: u64,
    pub(crate) answered: bool,
    pub(super) target: IpAddr,
    pub(super) method: Method,
    pub(super) fields: Fields,
    pub(super) index: Index,
    pub(super) conversation: Conversation,
}

/// The method (or a number for the target, where ports are the identity), and the keyed field itself.
pub(super) type Index = (u64, u32);
/// Target, protocol, source port: what makes a packet ours to judge.
pub(super) type Conversation = (IpAddr, u8, u16);

/// The probes of the last seconds.
#[derive(Debug)]
pub(crate) struct Registry {
    pub(super) keys: Keys,
    pub(super) privilege: Privilege,
    /// By serial number, that is, in the order of sending.
    pub(super) entries: BTreeMap<u32, Entry>,
    pub(super) by_index: BTreeMap<Index, u32>,
    pub(super) conversations: BTreeMap<Conversation, u32>,
    serial: u32,
    /// Payload lengths of TCP probes, which their acknowledgments include.
    pub(super) tcp_payload_lens: Vec<u32>,
    remembered_max: usize,
}

impl Registry {
    /// An empty one.
    pub(crate) fn new(keys: Keys, privilege: Privilege, in_flight_max: u32) -> Self {
        let in_flight_max = usize::try_from(in_flight_max).unwrap_or(usize::MAX);
        Self {
            keys,
            privilege,
            entries: BTreeMap::new(),
            by_index: BTreeMap::new(),
            conversations: BTreeMap::new(),
            serial: 0,
            tcp_payload_lens: alloc::vec![0],
            remembered_max: REMEMBERED_MAX.saturating_add(in_flight_max),
        }
    }

    /// Makes a probe that nothing in flight can be confused with, adds it to `out`, and remembers it by a number.
    pub(crate) fn issue(&mut self, shape: &Shape, probe: Issue, out: &mut Vec<u8>) -> u32 {
        let serial = self.serial;
        self.serial = self.serial.wrapping_add(1);
        let Issue {
            measurement,
            ttl,
            attempt,
            now_ns,
            wait_ns,
        } = probe;
        let mut nonce = 0;
        let (mut fields, index) = loop {
            let draw = self.keys.draw(shape, measurement, ttl, attempt, nonce);
            let fields = Fields::new(&self.keys, shape, draw, ttl);
            let index = self.index(shape.method, shape.target, &fields);
            nonce += 1;
            if nonce == DRAWS_MAX || !self.by_index.contains_key(&index) {
                break (fields, index);
            }
        };
        fields.serial = serial;
        fields.keyed = self.keys.payload(shape, measurement, ttl, attempt, serial);
        let tcp_payload_len = u32::from(craft::tcp_payload_len(shape));
        if is_tcp(shape.method) && !self.tcp_payload_lens.contains(&tcp_payload_len) {
            self.tcp_payload_lens.push(tcp_payload_len);
        }
        let conversation = (shape.target, protocol_of(shape), fields.source_port);
        let begin = out.len();
        craft::packet(&self.keys, shape, &fields, out);
        if let Some(checksum) = craft::own_checksum(shape, &out[begin..]) {
            fields.checksum = checksum;
        }
        self.by_index.insert(index, serial);
        *self.conversations.entry(conversation).or_default() += 1;
        let entry = Entry {
            measurement,
            ttl,
            attempt,
            sent_ns: now_ns,
            expires_ns: now_ns.saturating_add(wait_ns),
            answered: false,
            target: shape.target,
            method: shape.method,
            fields,
            index,
            conversation,
        };
        self.entries.insert(serial, entry);
        serial
    }

    /// The probe with this serial number.
    pub(crate) fn entry_mut(&mut self, serial: u32) -> Option<&mut Entry> {
        self.entries.get_mut(&serial)
    }

    /// Forgets the probes whose replies would be later than late.
    pub(crate) fn forget(&mut self, now_ns: u64) {
        while let Some(entry) = self.entries.first_entry() {
            let old = entry.get().expires_ns.saturating_add(LINGER_NS) < now_ns;
            if !old && self.entries.len() <= self.remembered_max {
                break;
            }
            let Some((serial, entry)) = self.entries.pop_first() else {
                break;
            };
            if self.by_index.get(&entry.index) == Some(&serial) {
                self.by_index.remove(&entry.index);
            }
            if let Some(count) = self.conversations.get_mut(&entry.conversation) {
                *count -= 1;
                if *count == 0 {
                    self.conversations.remove(&entry.conversation);
                }
            }
        }
    }

    /// Where a probe is found again. Ports and lone checksums need the target beside them: the others have 32 bits.
    fn index(&self, method: Method, target: IpAddr, fields: &Fields) -> Index {
        match method {
            Method::Icmp | Method::TcpSyn | Method::TcpAck => (tag(method, target), fields.word),
            Method::UdpParis => {
                let ip_id = if target.is_ipv6() { 0 } else { fields.ip_id };
                (self.paris_tag(target), word(fields.checksum, ip_id))
            }
            Method::UdpBySourcePort | Method::UdpByDestinationPort => (
                self.keys.destination(target),
                word(fields.source_port, fields.destination_port),
            ),
        }
    }

    pub(super) fn paris_tag(&self, target: IpAddr) -> u64 {
        if target.is_ipv6() {
            self.keys.destination(target)
        } else {
            tag(Method::UdpParis, target)
        }
    }
}

/// A probe to be issued.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Issue {
    pub(crate) measurement: u32,
    pub(crate) ttl: u8,
    pub(crate) attempt: u32,
    pub(crate) now_ns: u64,
    pub(crate) wait_ns: u64,
}

fn is_tcp(method: Method) -> bool {
    matches!(method, Method::TcpSyn | Method::TcpAck)
}

fn protocol_of(shape: &Shape) -> u8 {
    match shape.method {
        Method::Icmp if shape.target.is_ipv6() => protocol::ICMPV6,
        Method::Icmp => protocol::ICMP,
        Method::UdpParis | Method::UdpBySourcePort | Method::UdpByDestinationPort => protocol::UDP,
        Method::TcpSyn | Method::TcpAck => protocol::TCP,
    }
}

/// Keeps the keyed fields of different protocols apart in one index.
pub(super) fn tag(method: Method, address: IpAddr) -> u64 {
    let protocol = match method {
        Method::Icmp => 0,
        Method::UdpParis | Method::UdpBySourcePort | Method::UdpByDestinationPort => 2,
        Method::TcpSyn | Method::TcpAck => 4,
    };
    protocol + u64::from(address.is_ipv6())
}

pub(super) fn word(high: u16, low: u16) -> u32 {
    u32::from(high) << 16 | u32::from(low)
}
