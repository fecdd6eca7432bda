//! Which probe a packet answers, and whether it may be believed.
use super::content::unstamp;
use super::craft::{Fields, TAG_LEN};
use super::heard::Heard;
use super::registry::{Conversation, Entry, Index, Registry, by_tag, tag, word};
use super::shape::Method;
use crate::job::Privilege;
use core::net::IpAddr;
use netsonde_wire::icmp::QuotedTransport;
use netsonde_wire::ip::{IpHeader, protocol};
use netsonde_wire::tcp::{self, Tcp, TcpOption, flags};
use netsonde_wire::udp::Udp;

/// Keyed bits that make a reply authentic whatever its quoted destination.
const BITS_ALONE: u32 = 48;
/// Keyed bits that make a reply authentic when the quoted destination is right.
const BITS_WITH_DESTINATION: u32 = 30;
/// The same without privilege, where the source port is all there is if the job demands the destination's.
const BITS_UNPRIVILEGED: u32 = 15;

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

impl Registry {
    /// Finds the probe that `heard` answers.
    pub(crate) fn find(&self, heard: &Heard<'_>) -> Finding {
        let responder = heard.ip().source;
        match *heard {
            Heard::Error {
                quoted, transport, ..
            } => self.find_quoted(&quoted, transport),
            Heard::EchoReply {
                ip,
                ident,
                sequence,
                payload,
            } => {
                let index = by_tag(tag(Method::Icmp, ip.source), word(ident, sequence));
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
            if same && self.privilege == Privilege::Raw {
                16
            } else {
                0
            }
        };
        match transport {
            QuotedTransport::Echo {
                ident,
                sequence,
                payload,
                is_reply: false,
                ..
            } => {
                let index = by_tag(tag(Method::Icmp, target), word(ident, sequence));
                let bits = |entry: &Entry| {
                    index_bits(entry, index) + id_bits(entry) + payload_bits(entry, payload)
                };
                self.judge(index, payload, target, bits)
                    .unwrap_or_else(|| self.stranger((target, quoted.protocol, 0)))
            }
            QuotedTransport::Udp(udp) => {
                let bits = |entry: &Entry| {
                    udp_bits(entry, &udp, self.privilege)
                        + id_bits(entry)
                        + payload_bits(entry, udp.payload)
                };
                let ip_id = quoted.ident.map_or(0, |id| (id & 0xffff) as u16);
                let paris = self.paris_index(target, word(udp.checksum, ip_id));
                let ports = self.ports_index(target, word(udp.source_port, udp.destination_port));
                self.judge(ports, udp.payload, target, bits)
                    .filter(|finding| matches!(finding, Finding::Authentic(_)))
                    .or_else(|| self.judge(paris, udp.payload, target, bits))
                    .unwrap_or_else(|| self.stranger((target, protocol::UDP, udp.source_port)))
            }
            QuotedTransport::Tcp(tcp) => {
                let by = |word| {
                    let index = by_tag(tag(Method::TcpSyn, target), word);
                    let bits = |entry: &Entry| index_bits(entry, index) + id_bits(entry);
                    self.judge(index, &[], target, bits)
                };
                // Middleboxes that rewrite sequence numbers leave timestamps alone.
                by(tcp.sequence)
                    .or_else(|| stamped_word(&tcp).and_then(by))
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
        let acknowledged = tcp
            .acknowledgment
            .filter(|_| tcp_flags & flags::ACK != 0)
            .unwrap_or_default();
        let by_acknowledgment = self
            .tcp_payload_lens
            .iter()
            .map(|len| acknowledged.wrapping_sub(1 + len));
        for sequence in by_acknowledgment.chain([tcp.sequence]) {
            let index = by_tag(tag(Method::TcpSyn, responder), sequence);
            let bits = |entry: &Entry| {
                let Fields {
                    source_port,
                    destination_port,
                    ..
                } = entry.fields;
                let same_ports =
                    (tcp.destination_port, tcp.source_port) == (source_port, destination_port);
                if same_ports {
                    index_bits(entry, index)
                } else {
                    0
                }
            };
            if let Some(finding @ Finding::Authentic(_)) = self.judge(index, &[], responder, bits) {
                return finding;
            }
        }
        self.stranger((responder, protocol::TCP, tcp.destination_port))
    }

    /// A UDP reply has nothing but its ports: only probes whose source port is their own can be told.
    fn find_udp(&self, responder: IpAddr, udp: &Udp<'_>) -> Finding {
        let index = self.ports_index(responder, word(udp.destination_port, udp.source_port));
        if let Some((serial, Entry { fields, target, .. })) = self.by_index(index)
            && (*target, fields.destination_port, fields.source_port)
                == (responder, udp.source_port, udp.destination_port)
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
        let by_payload = payload
            .get(2..6)
            .and_then(|serial| serial.try_into().ok())
            .map(u32::from_be_bytes);
        let by_payload = by_payload.and_then(|serial| Some((serial, self.entries.get(serial)?)));
        // A whole tag is enough and costs no search.
        if let Some((serial, entry)) = by_payload
            && bits(entry) >= BITS_ALONE
        {
            return Some(Finding::Authentic(serial));
        }
        let mut known = [self.by_index(index), by_payload].into_iter().flatten();
        let mut finding = None;
        known
            .find_map(|(serial, entry)| {
                let bits = bits(entry);
                let enough = bits >= BITS_ALONE
                    || (bits >= self.bits_needed(entry) && entry.target == target);
                if bits > 0 {
                    finding = Some(Finding::Rejected);
                }
                enough.then_some(Finding::Authentic(serial))
            })
            .or(finding)
    }

    fn bits_needed(&self, entry: &Entry) -> u32 {
        match (self.privilege, entry.method) {
            (Privilege::None, Method::UdpBySourcePort) => BITS_UNPRIVILEGED,
            _ => BITS_WITH_DESTINATION,
        }
    }

    fn stranger(&self, conversation: Conversation) -> Finding {
        if self.is_ours(conversation) {
            Finding::Rejected
        } else {
            Finding::Unrelated
        }
    }
}

/// Keyed bits of ports and checksum that match.
fn udp_bits(entry: &Entry, udp: &Udp<'_>, privilege: Privilege) -> u32 {
    let fields = &entry.fields;
    let source = if udp.source_port == fields.source_port {
        15
    } else {
        0
    };
    let destination = if udp.destination_port == fields.destination_port {
        15
    } else {
        0
    };
    let checksum = if udp.checksum == fields.checksum && privilege == Privilege::Raw {
        16
    } else {
        0
    };
    match entry.method {
        Method::UdpParis => checksum,
        Method::UdpBySourcePort => source + checksum,
        Method::UdpByDestinationPort => source + destination,
        Method::Icmp | Method::TcpSyn | Method::TcpAck => 0,
    }
}

/// The keyed number in the timestamp of a quoted SYN, if that much is quoted.
fn stamped_word(tcp: &Tcp<'_>) -> Option<u32> {
    tcp::options(tcp.options).find_map(|option| match option {
        TcpOption::Timestamps { value, .. } => Some(unstamp(value)),
        _ => None,
    })
}

fn index_bits(entry: &Entry, index: Index) -> u32 {
    if entry.index == index { 32 } else { 0 }
}

/// 48 if the tag is there, else 0: some routers cut it, some pad what they cut with zeros.
fn payload_bits(entry: &Entry, payload: &[u8]) -> u32 {
    if payload.get(2..TAG_LEN) == Some(&entry.fields.tag()) {
        48
    } else {
        0
    }
}
