//! The probes of the last seconds, found again by what their replies carry.
use super::craft::{self, Fields, TAG_LEN};
use super::heard::Heard;
use super::keys::Keys;
use super::shape::{Method, Shape};
use crate::job::Privilege;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::net::IpAddr;
use netsonde_wire::icmp::QuotedTransport;
use netsonde_wire::ip::{IpHeader, protocol};
use netsonde_wire::tcp::{Tcp, flags};
use netsonde_wire::udp::Udp;

/// Draws tried until an identity is free; each is taken with a probability far below one in a thousand.
const DRAWS_MAX: u8 = 64;
/// How long a probe is remembered after its wait: so long late replies are known as such.
const LINGER_NS: u64 = 3_000_000_000;
/// Probes remembered at most, beside those in flight.
const REMEMBERED_MAX: usize = 1 << 20;
/// Keyed bits that make a reply authentic whatever its quoted destination.
const BITS_ALONE: u32 = 48;
/// Keyed bits that make a reply authentic when the quoted destination is right.
const BITS_WITH_DESTINATION: u32 = 30;
/// The same without privilege, where a port may be all there is.
const BITS_UNPRIVILEGED: u32 = 15;

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
    target: IpAddr,
    method: Method,
    fields: Fields,
    index: Index,
    conversation: Conversation,
}

/// What a packet turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// The reply to the probe with this serial number.
    Authentic(u32),
    /// For us by address and port, but the keyed fields are wrong.
    Rejected,
    /// For us perhaps, but without any identity.
    Unparsed,
    /// Somebody else's.
    Unrelated,
}

/// The method (or a number for the target, where ports are the identity), and the keyed field itself.
type Index = (u64, u32);
/// Target, protocol, source port: what makes a packet ours to judge.
type Conversation = (IpAddr, u8, u16);

/// The probes of the last seconds.
#[derive(Debug)]
pub(crate) struct Registry {
    keys: Keys,
    privilege: Privilege,
    /// By serial number, that is, in the order of sending.
    entries: BTreeMap<u32, Entry>,
    by_index: BTreeMap<Index, u32>,
    conversations: BTreeMap<Conversation, u32>,
    serial: u32,
    /// Payload lengths of TCP probes, which their acknowledgments include.
    tcp_payload_lens: Vec<u32>,
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

    /// Makes a probe that nothing in flight can be confused with, and remembers it.
    pub(crate) fn issue(&mut self, shape: &Shape, probe: Issue) -> Vec<u8> {
        let serial = self.serial;
        self.serial = self.serial.wrapping_add(1);
        let Issue { measurement, ttl, attempt, now_ns, wait_ns } = probe;
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
        craft::packet(&self.keys, shape, &fields)
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
            let Some((serial, entry)) = self.entries.pop_first() else { break };
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

    /// Finds the probe that `heard` answers.
    pub(crate) fn find(&self, heard: &Heard<'_>) -> Finding {
        let responder = heard.ip().source;
        match *heard {
            Heard::Error { quoted, transport, .. } => self.find_quoted(&quoted, transport),
            Heard::EchoReply { ip, ident, sequence, payload } => {
                let index = (tag(Method::Icmp, ip.source), word(ident, sequence));
                let bits = |entry: &Entry| index_bits(entry, index) + payload_bits(entry, payload);
                self.judge(index, payload, responder, bits)
                    .unwrap_or_else(|| self.stranger((responder, ip.protocol, 0)))
            }
            Heard::Tcp { ref tcp, .. } => self.find_tcp(responder, tcp),
            Heard::Udp { ref udp, .. } => self.find_udp(responder, udp),
        }
    }

    fn find_quoted(&self, quoted: &IpHeader, transport: QuotedTransport<'_>) -> Finding {
        let target = quoted.destination;
        let id_bits = |entry: &Entry| {
            let same = quoted.ident == Some(u32::from(entry.fields.ip_id));
            if same && self.privilege == Privilege::Raw { 16 } else { 0 }
        };
        match transport {
            QuotedTransport::Echo { ident, sequence, payload, is_reply: false, .. } => {
                let index = (tag(Method::Icmp, target), word(ident, sequence));
                let bits = |entry: &Entry| index_bits(entry, index) + id_bits(entry) + payload_bits(entry, payload);
                self.judge(index, payload, target, bits)
                    .unwrap_or_else(|| self.stranger((target, quoted.protocol, 0)))
            }
            QuotedTransport::Udp(udp) => {
                let bits = |entry: &Entry| {
                    udp_bits(entry, &udp, self.privilege) + id_bits(entry) + payload_bits(entry, udp.payload)
                };
                let ip_id = quoted.ident.map_or(0, |id| (id & 0xffff) as u16);
                let paris = (self.paris_tag(target), word(udp.checksum, ip_id));
                let ports = (self.keys.destination(target), word(udp.source_port, udp.destination_port));
                self.judge(ports, udp.payload, target, bits)
                    .filter(|finding| matches!(finding, Finding::Authentic(_)))
                    .or_else(|| self.judge(paris, udp.payload, target, bits))
                    .unwrap_or_else(|| self.stranger((target, protocol::UDP, udp.source_port)))
            }
            QuotedTransport::Tcp(tcp) => {
                let index = (tag(Method::TcpSyn, target), tcp.sequence);
                let bits = |entry: &Entry| index_bits(entry, index) + id_bits(entry);
                self.judge(index, &[], target, bits)
                    .unwrap_or_else(|| self.stranger((target, protocol::TCP, tcp.source_port)))
            }
            QuotedTransport::Short(_) => Finding::Unparsed,
            _ => Finding::Unrelated,
        }
    }

    fn find_tcp(&self, responder: IpAddr, tcp: &Tcp<'_>) -> Finding {
        let tcp_flags = tcp.flags.unwrap_or_default();
        if tcp_flags & (flags::RST | flags::SYN) == 0 {
            return Finding::Unrelated;
        }
        let acknowledged = tcp.acknowledgment.filter(|_| tcp_flags & flags::ACK != 0).unwrap_or_default();
        let by_acknowledgment = self.tcp_payload_lens.iter().map(|len| acknowledged.wrapping_sub(1 + len));
        for sequence in by_acknowledgment.chain([tcp.sequence]) {
            let index = (tag(Method::TcpSyn, responder), sequence);
            let bits = |entry: &Entry| {
                let Fields { source_port, destination_port, .. } = entry.fields;
                let same_ports = (tcp.destination_port, tcp.source_port) == (source_port, destination_port);
                if same_ports { index_bits(entry, index) } else { 0 }
            };
            if let Some(finding @ Finding::Authentic(_)) = self.judge(index, &[], responder, bits) {
                return finding;
            }
        }
        self.stranger((responder, protocol::TCP, tcp.destination_port))
    }

    /// A UDP reply has nothing but its ports: only probes whose source port is their own can be told.
    fn find_udp(&self, responder: IpAddr, udp: &Udp<'_>) -> Finding {
        let index = (self.keys.destination(responder), word(udp.destination_port, udp.source_port));
        let by_ports = self.by_index.get(&index).and_then(|serial| Some((*serial, self.entries.get(serial)?)));
        if let Some((serial, Entry { fields, .. })) = by_ports
            && (fields.destination_port, fields.source_port) == (udp.source_port, udp.destination_port)
        {
            return Finding::Authentic(serial);
        }
        match self.stranger((responder, protocol::UDP, udp.destination_port)) {
            Finding::Rejected => Finding::Unparsed,
            other => other,
        }
    }

    /// Weighs the probes that `index` and the serial number in `payload` point to; `None` if there are none.
    fn judge(
        &self,
        index: Index,
        payload: &[u8],
        target: IpAddr,
        bits: impl Fn(&Entry) -> u32,
    ) -> Option<Finding> {
        let by_payload = payload.get(2..6).and_then(|serial| serial.try_into().ok()).map(u32::from_be_bytes);
        let candidates = [self.by_index.get(&index).copied(), by_payload];
        let mut known = candidates.into_iter().flatten().filter_map(|serial| Some((serial, self.entries.get(&serial)?)));
        let (mut finding, needed) = (None, self.bits_needed());
        known
            .find_map(|(serial, entry)| {
                let bits = bits(entry);
                let enough = bits >= BITS_ALONE || (bits >= needed && entry.target == target);
                if bits > 0 {
                    finding = Some(Finding::Rejected);
                }
                enough.then_some(Finding::Authentic(serial))
            })
            .or(finding)
    }

    fn bits_needed(&self) -> u32 {
        if self.privilege == Privilege::Raw { BITS_WITH_DESTINATION } else { BITS_UNPRIVILEGED }
    }

    fn stranger(&self, conversation: Conversation) -> Finding {
        if self.conversations.contains_key(&conversation) { Finding::Rejected } else { Finding::Unrelated }
    }

    /// Where a probe is found again. Ports and lone checksums need the target beside them: the others have 32 bits.
    fn index(&self, method: Method, target: IpAddr, fields: &Fields) -> Index {
        match method {
            Method::Icmp | Method::TcpSyn | Method::TcpAck => (tag(method, target), fields.word),
            Method::UdpParis => {
                let ip_id = if target.is_ipv6() { 0 } else { fields.ip_id };
                (self.paris_tag(target), word(fields.checksum, ip_id))
            }
            Method::UdpBySourcePort | Method::UdpByDestinationPort => {
                (self.keys.destination(target), word(fields.source_port, fields.destination_port))
            }
        }
    }

    fn paris_tag(&self, target: IpAddr) -> u64 {
        if target.is_ipv6() { self.keys.destination(target) } else { tag(Method::UdpParis, target) }
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

/// Keyed bits of ports and checksum that match.
fn udp_bits(entry: &Entry, udp: &Udp<'_>, privilege: Privilege) -> u32 {
    let fields = &entry.fields;
    let source = if udp.source_port == fields.source_port { 15 } else { 0 };
    let destination = if udp.destination_port == fields.destination_port { 15 } else { 0 };
    let checksum = if udp.checksum == fields.checksum && privilege == Privilege::Raw { 16 } else { 0 };
    match entry.method {
        Method::UdpParis => checksum,
        Method::UdpBySourcePort => source + checksum,
        Method::UdpByDestinationPort => source + destination,
        Method::Icmp | Method::TcpSyn | Method::TcpAck => 0,
    }
}

fn index_bits(entry: &Entry, index: Index) -> u32 {
    if entry.index == index { 32 } else { 0 }
}

/// 48 if the tag is there, else 0: some routers cut it, some pad what they cut with zeros.
fn payload_bits(entry: &Entry, payload: &[u8]) -> u32 {
    if payload.get(2..TAG_LEN) == Some(&entry.fields.tag()) { 48 } else { 0 }
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
fn tag(method: Method, address: IpAddr) -> u64 {
    let protocol = match method {
        Method::Icmp => 0,
        Method::UdpParis | Method::UdpBySourcePort | Method::UdpByDestinationPort => 2,
        Method::TcpSyn | Method::TcpAck => 4,
    };
    protocol + u64::from(address.is_ipv6())
}

fn word(high: u16, low: u16) -> u32 {
    u32::from(high) << 16 | u32::from(low)
}
