//! The probes of the last seconds, found again by what their replies carry.
use super::craft::{self, Fields, Scratch};
use super::keys::Keys;
use super::ring::Ring;
use super::shape::{Method, Shape};
use super::tables::{Conversations, Places};
use crate::job::Privilege;
use crate::slab::Handle;
use alloc::vec::Vec;
use core::net::IpAddr;
use netsonde_wire::ip::protocol;

/// Draws tried until an identity is free; each is taken with a probability far below one in a thousand.
const DRAWS_MAX: u8 = 64;
/// How long a probe is remembered after its wait: so long late replies are known as such.
const LINGER_NS: u64 = 10_000_000_000;
/// Probes remembered at most, beside those in flight: late replies are known as such for 1.3 s at 200,000 probes a second.
/// Each takes about 150 bytes, and a sweep of a million targets is to fit in 300 MB with all that stores it.
const REMEMBERED_MAX: usize = 1 << 18;

/// Probes that there is room for from the beginning, at most; beyond that, tables grow with what they hold.
const EXPECTED_MAX: usize = 1 << 17;

/// One probe that was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) measurement: Handle,
    /// From 1.
    pub(crate) attempt: u32,
    pub(crate) ttl: u8,
    pub(crate) answered: bool,
    pub(super) method: Method,
    pub(crate) sent_ns: u64,
    /// When its own wait is over.
    pub(crate) expires_ns: u64,
    pub(super) target: IpAddr,
    pub(super) fields: Fields,
    pub(super) index: Index,
}

/// Where a probe is looked for: what its method keys, and a number for the protocol or the target beside it.
pub(super) type Index = u64;
/// Target, protocol, source port: what makes a packet ours to judge.
pub(super) type Conversation = (IpAddr, u8, u16);

/// The probes of the last seconds.
#[derive(Debug)]
pub(crate) struct Registry {
    pub(super) keys: Keys,
    pub(super) privilege: Privilege,
    pub(super) entries: Ring,
    places: Places,
    conversations: Conversations,
    /// Payload lengths of TCP probes, which their acknowledgments include.
    pub(super) tcp_payload_lens: Vec<u32>,
    remembered_max: usize,
    scratch: Scratch,
}

impl Registry {
    /// An empty one, with room for `expected` probes before it grows.
    pub(crate) fn new(keys: Keys, privilege: Privilege, in_flight_max: u32, expected: u32) -> Self {
        let in_flight_max = usize::try_from(in_flight_max).unwrap_or(usize::MAX);
        let room = usize::try_from(expected).map_or(EXPECTED_MAX, |room| room.min(EXPECTED_MAX));
        Self {
            keys,
            privilege,
            entries: Ring::default(),
            places: Places::with_room(room),
            conversations: Conversations::with_room(room),
            tcp_payload_lens: alloc::vec![0],
            remembered_max: REMEMBERED_MAX.saturating_add(in_flight_max),
            scratch: Scratch::default(),
        }
    }

    /// Makes a probe that nothing in flight can be confused with, adds it to `out`, and remembers it by a number.
    pub(crate) fn issue(&mut self, shape: &Shape, probe: Issue, out: &mut Vec<u8>) -> u32 {
        let Issue {
            measurement,
            ttl,
            attempt,
            now_ns,
            wait_ns,
        } = probe;
        let serial = self.entries.next_serial();
        let number = measurement.number;
        let base = Fields::of_flow(&self.keys, shape, ttl);
        let mut nonce = 0;
        let (mut fields, index, is_free) = loop {
            let draw = self.keys.draw(shape, number, ttl, attempt, nonce);
            let fields = base.with(draw, shape.method);
            let index = self.index(shape.method, shape.target, &fields);
            nonce += 1;
            let is_free = self.by_index(index).is_none();
            if is_free || nonce == DRAWS_MAX {
                break (fields, index, is_free);
            }
        };
        fields.serial = serial;
        fields.keyed = self.keys.payload(shape, number, ttl, attempt, serial);
        let tcp_payload_len = u32::from(craft::tcp_payload_len(shape));
        if is_tcp(shape.method) && !self.tcp_payload_lens.contains(&tcp_payload_len) {
            self.tcp_payload_lens.push(tcp_payload_len);
        }
        let begin = out.len();
        craft::packet(&self.keys, shape, &fields, &mut self.scratch, out);
        if let Some(checksum) = craft::own_checksum(shape, &out[begin..]) {
            fields.checksum = checksum;
        }
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
        };
        self.remember(serial, entry, is_free);
        serial
    }

    /// The probe with this serial number.
    pub(crate) fn entry_mut(&mut self, serial: u32) -> Option<&mut Entry> {
        self.entries.get_mut(serial)
    }

    /// The probe that an index leads to, and its serial number.
    pub(super) fn by_index(&self, index: Index) -> Option<(u32, &Entry)> {
        let is_it = |serial| {
            let entry = self.entries.get(serial);
            entry.is_some_and(|entry| entry.index == index)
        };
        let serial = self.places.find(index, is_it)?;
        Some((serial, self.entries.get(serial)?))
    }

    /// Whether any probe that is remembered went there from this port.
    pub(super) fn is_ours(&self, conversation: Conversation) -> bool {
        self.conversations
            .contains(self.keys.conversation(conversation))
    }

    /// Forgets the probes whose replies would be later than late.
    pub(crate) fn forget(&mut self, now_ns: u64) {
        while let Some(entry) = self.entries.first() {
            let old = entry.expires_ns.saturating_add(LINGER_NS) < now_ns;
            if !old && self.entries.len() <= self.remembered_max {
                break;
            }
            self.forget_first();
        }
    }

    fn remember(&mut self, serial: u32, entry: Entry, is_free: bool) {
        if is_free {
            self.places.insert(entry.index, serial);
        } else if let Some((old, _)) = self.by_index(entry.index) {
            // After so many draws the older probe of the same index gives way.
            self.places.replace(entry.index, old, serial);
        }
        let number = self.keys.conversation(conversation_of(&entry));
        self.conversations.add(number);
        self.entries.push(entry);
    }

    fn forget_first(&mut self) {
        let Some((serial, entry)) = self.entries.pop() else {
            return;
        };
        self.places.remove(entry.index, serial);
        let number = self.keys.conversation(conversation_of(&entry));
        self.conversations.remove(number);
    }

    /// Where a probe is found again. Ports and lone checksums need the target beside them: the others have 32 bits.
    fn index(&self, method: Method, target: IpAddr, fields: &Fields) -> Index {
        match method {
            Method::Icmp | Method::TcpSyn | Method::TcpAck => {
                by_tag(tag(method, target), fields.word)
            }
            Method::UdpParis => {
                let ip_id = if target.is_ipv6() { 0 } else { fields.ip_id };
                self.paris_index(target, word(fields.checksum, ip_id))
            }
            Method::UdpBySourcePort | Method::UdpByDestinationPort => {
                self.ports_index(target, word(fields.source_port, fields.destination_port))
            }
        }
    }

    pub(super) fn paris_index(&self, target: IpAddr, word: u32) -> Index {
        if target.is_ipv6() {
            self.ports_index(target, word)
        } else {
            by_tag(tag(Method::UdpParis, target), word)
        }
    }

    pub(super) fn ports_index(&self, target: IpAddr, word: u32) -> Index {
        // Apart from all tags, which are small.
        (self.keys.destination(target) | 1 << 63) & !0xffff_ffff | u64::from(word)
    }
}

/// A probe to be issued.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Issue {
    pub(crate) measurement: Handle,
    pub(crate) ttl: u8,
    pub(crate) attempt: u32,
    pub(crate) now_ns: u64,
    pub(crate) wait_ns: u64,
}

fn is_tcp(method: Method) -> bool {
    matches!(method, Method::TcpSyn | Method::TcpAck)
}

fn conversation_of(entry: &Entry) -> Conversation {
    let protocol = match entry.method {
        Method::Icmp if entry.target.is_ipv6() => protocol::ICMPV6,
        Method::Icmp => protocol::ICMP,
        Method::UdpParis | Method::UdpBySourcePort | Method::UdpByDestinationPort => protocol::UDP,
        Method::TcpSyn | Method::TcpAck => protocol::TCP,
    };
    (entry.target, protocol, entry.fields.source_port)
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

/// An index of 32 keyed bits.
pub(super) fn by_tag(tag: u64, word: u32) -> Index {
    tag << 32 | u64::from(word)
}

pub(super) fn word(high: u16, low: u16) -> u32 {
    u32::from(high) << 16 | u32::from(low)
}
