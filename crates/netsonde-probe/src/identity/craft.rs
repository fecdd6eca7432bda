//! Probes as bytes. Whatever a load balancer may hash is the same in all probes of one flow.
use super::content::{Content, WINDOW};
use super::keys::{Draw, Keys};
use super::shape::{Method, Shape};
use alloc::vec::Vec;
use netsonde_wire::ip::{IpBuild, protocol};
use netsonde_wire::tcp::TcpBuild;
use netsonde_wire::{icmp, udp};

/// Payload of ICMP and UDP probes: two bytes that set the checksum, four of serial number, six keyed.
pub(super) const TAG_LEN: usize = 12;
/// Up to this whole-packet size TCP probes carry no payload: many firewalls drop a SYN that does.
const TCP_BARE_MAX: u16 = 100;
/// Where the tag starts: after an ICMP echo or UDP header.
const SHORT_HEADER: usize = 8;

/// The fields in which one probe differs from the others of its measurement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) ttl: u8,
    /// IPv4 identification.
    pub(super) ip_id: u16,
    pub(super) source_port: u16,
    pub(super) destination_port: u16,
    /// ICMP identifier and sequence, or TCP sequence number.
    pub(super) word: u32,
    /// ICMP or UDP checksum that the payload is made to give.
    pub(super) checksum: u16,
    pub(super) serial: u32,
    pub(super) keyed: [u8; 6],
}

impl Fields {
    /// What all probes of a flow have, and nothing of `draw` yet.
    pub(super) fn of_flow(keys: &Keys, shape: &Shape, ttl: u8) -> Self {
        let mut fields = Self {
            ttl,
            destination_port: shape.destination_port,
            ..Self::default()
        };
        match shape.method {
            Method::Icmp => {
                fields.word = u32::from(keys.ident(shape.target, shape.flow)) << 16;
                fields.checksum = keys.flow_checksum(shape.flow);
            }
            Method::UdpByDestinationPort => fields.source_port = keys.keyed_flow_port(shape.flow),
            Method::UdpParis | Method::UdpBySourcePort | Method::TcpSyn | Method::TcpAck => {
                fields.source_port = keys.flow_port(shape.flow);
            }
        }
        fields
    }

    /// With what `draw` gives the probe, by method.
    pub(super) fn with(mut self, draw: Draw, method: Method) -> Self {
        self.ip_id = draw.ip_id();
        if method != Method::Icmp {
            self.checksum = draw.checksum();
        }
        match method {
            Method::Icmp => self.word |= u32::from(draw.half()),
            Method::UdpParis => {}
            Method::UdpBySourcePort => self.source_port = draw.port(),
            Method::UdpByDestinationPort => self.destination_port = draw.port(),
            Method::TcpSyn | Method::TcpAck => self.word = draw.word(),
        }
        self
    }

    /// The first bytes of an ICMP or UDP payload but for the two that set the checksum.
    pub(super) fn tag(&self) -> [u8; TAG_LEN - 2] {
        let mut tag = [0; TAG_LEN - 2];
        tag[..4].copy_from_slice(&self.serial.to_be_bytes());
        tag[4..].copy_from_slice(&self.keyed);
        tag
    }
}

/// Bytes of TCP payload in a probe of this shape; 0 for the other methods.
pub(super) fn tcp_payload_len(shape: &Shape) -> u16 {
    if shape.size <= TCP_BARE_MAX {
        return 0;
    }
    shape.size - ip_header_len(shape) - shape.content.tcp_header_len(shape.method)
}

/// Buffers that every probe uses again.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    payload: Vec<u8>,
    transport: Vec<u8>,
}

/// Adds one whole IP packet to `out`.
pub(super) fn packet(
    keys: &Keys,
    shape: &Shape,
    fields: &Fields,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) {
    let v6 = shape.target.is_ipv6();
    let Scratch { payload, transport } = scratch;
    payload.clear();
    transport.clear();
    let protocol = match shape.method {
        Method::Icmp => {
            echo(shape, fields, payload, transport);
            if v6 { protocol::ICMPV6 } else { protocol::ICMP }
        }
        Method::UdpParis | Method::UdpBySourcePort | Method::UdpByDestinationPort => {
            datagram(shape, fields, payload, transport);
            protocol::UDP
        }
        Method::TcpSyn | Method::TcpAck => {
            segment(shape, fields, payload, transport);
            protocol::TCP
        }
    };
    let build = IpBuild {
        source: shape.source,
        destination: shape.target,
        protocol,
        ttl: fields.ttl,
        tos: shape.tos,
        ident: fields.ip_id,
        flow_label: if v6 {
            keys.flow_label(shape.label_flow)
        } else {
            0
        },
        dont_fragment: shape.dont_fragment,
    };
    build.emit(transport, out);
}

/// The checksum of a datagram that has no room to choose it: keyed nevertheless, since its payload is.
pub(super) fn own_checksum(shape: &Shape, packet: &[u8]) -> Option<u16> {
    let at = usize::from(ip_header_len(shape)) + SHORT_HEADER - 2;
    let bytes = packet.get(at..at + 2)?;
    (shape.content == Content::SnmpDiscovery).then(|| u16::from_be_bytes([bytes[0], bytes[1]]))
}

fn echo(shape: &Shape, fields: &Fields, payload: &mut Vec<u8>, out: &mut Vec<u8>) {
    let [a, b, c, d] = fields.word.to_be_bytes();
    let (ident, sequence) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    fill(shape, fields, payload);
    icmp::emit_echo(
        shape.source,
        shape.target,
        false,
        ident,
        sequence,
        payload,
        out,
    );
    force_checksum(out, 2, fields.checksum);
}

fn datagram(shape: &Shape, fields: &Fields, payload: &mut Vec<u8>, out: &mut Vec<u8>) {
    let said = shape.content.datagram(fields.keyed);
    match &said {
        Some(said) => payload.extend_from_slice(said),
        None => fill(shape, fields, payload),
    }
    udp::emit(
        shape.source,
        shape.target,
        fields.source_port,
        fields.destination_port,
        payload,
        out,
    );
    if said.is_none() {
        force_checksum(out, 6, fields.checksum);
    }
}

fn segment(shape: &Shape, fields: &Fields, payload: &mut Vec<u8>, out: &mut Vec<u8>) {
    // Those of an ordinary SYN unless the content says otherwise, so that firewalls see nothing unusual.
    let capable = shape.content.capable(fields.word);
    let options = shape
        .content
        .tcp_options(shape.method, fields.word, &capable);
    payload.resize(usize::from(tcp_payload_len(shape)), 0);
    let build = TcpBuild {
        source_port: fields.source_port,
        destination_port: fields.destination_port,
        sequence: fields.word,
        acknowledgment: shape.content.tcp_acknowledgment(shape.method, fields.word),
        flags: shape.content.tcp_flags(shape.method),
        window: WINDOW,
        options: &options,
        payload,
    };
    build.emit(shape.source, shape.target, out);
}

/// The tag, its first two bytes still 0, and zeros up to the size of the shape.
fn fill(shape: &Shape, fields: &Fields, payload: &mut Vec<u8>) {
    let headers = usize::from(ip_header_len(shape)) + SHORT_HEADER;
    let len = usize::from(shape.size).saturating_sub(headers).max(TAG_LEN);
    payload.resize(len, 0);
    payload[2..TAG_LEN].copy_from_slice(&fields.tag());
}

/// Sets the checksum at `offset` to `wanted` and the first two bytes of the payload such that it is right.
///
/// With those two bytes 0 the ones' complement sum of everything is the complement of the checksum that
/// `emit` computed. The bytes add what is missing to the complement of `wanted`; sums are modulo 0xffff.
fn force_checksum(transport: &mut [u8], offset: usize, wanted: u16) {
    let computed = u16::from_be_bytes([transport[offset], transport[offset + 1]]);
    let missing = (u32::from(computed) + 0xffff - u32::from(wanted)) % 0xffff;
    let missing = u16::try_from(missing).expect("a remainder of 0xffff");
    transport[SHORT_HEADER..SHORT_HEADER + 2].copy_from_slice(&missing.to_be_bytes());
    transport[offset..offset + 2].copy_from_slice(&wanted.to_be_bytes());
}

fn ip_header_len(shape: &Shape) -> u16 {
    if shape.target.is_ipv6() { 40 } else { 20 }
}
