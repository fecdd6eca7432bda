//! An attachment as an Ethernet segment: for hosts that bring a network card and no kernel.
//!
//! On the segment there is one router, which answers for every address but those of the host itself.
use netsonde_wire::WireError;
use netsonde_wire::arp::{self, Arp};
use netsonde_wire::ethernet::{Frame, MacAddr, ethertype};
use netsonde_wire::icmp::nd::{self, Nd};
use netsonde_wire::ip::{IpBuild, IpPacket};
use std::net::{IpAddr, Ipv6Addr};

/// The router's own address: locally administered, of nobody.
pub const ROUTER: MacAddr = MacAddr([2, 0x6e, 0x73, 0, 0, 1]);
const ICMPV6: u8 = 58;
/// The option of an advertisement that carries a link-layer address (RFC 4861 section 4.6.1).
const TARGET_LINK_LAYER: [u8; 2] = [2, 1];

/// What a frame from the host comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ingress<'a> {
    /// An IP packet for [`crate::Lab::inject`].
    Packet(&'a [u8]),
    /// A frame that goes back at once.
    Answer(Vec<u8>),
    /// Nothing: it is for nobody, or cut.
    Nothing,
}

/// The segment: knows its host once the host has sent something.
#[derive(Clone, Debug, Default)]
pub struct Segment {
    host: Option<MacAddr>,
}

impl Segment {
    /// A segment whose host has not yet spoken.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a frame from the host.
    pub fn receive<'a>(&mut self, bytes: &'a [u8]) -> Ingress<'a> {
        self.read(bytes).unwrap_or(Ingress::Nothing)
    }

    /// Appends the frame that carries a packet to the host; false if nobody knows the host yet.
    pub fn send(&self, packet: &[u8], out: &mut Vec<u8>) -> bool {
        let (Some(host), Some(ethertype)) = (self.host, ethertype_of(packet)) else {
            return false;
        };
        emit(host, ethertype, packet, out);
        true
    }

    fn read<'a>(&mut self, bytes: &'a [u8]) -> Result<Ingress<'a>, WireError> {
        let frame = Frame::parse(bytes)?;
        if frame.source.is_multicast() || frame.vlan.is_some() {
            return Ok(Ingress::Nothing);
        }
        self.host = Some(frame.source);
        match frame.ethertype {
            ethertype::ARP => Ok(answer_arp(&Arp::parse(frame.payload)?)),
            ethertype::IPV6 if frame.destination != ROUTER => answer_nd(&frame),
            ethertype::IPV4 | ethertype::IPV6 if frame.destination == ROUTER => {
                Ok(Ingress::Packet(without_padding(frame.payload)))
            }
            _ => Ok(Ingress::Nothing),
        }
    }
}

/// Requests for the sender's own address ask whether somebody else has it: nobody does.
fn answer_arp(asked: &Arp) -> Ingress<'static> {
    let about_itself = asked.target_ip == asked.sender_ip || asked.sender_ip.is_unspecified();
    if asked.operation != arp::operation::REQUEST || about_itself {
        return Ingress::Nothing;
    }
    let mut message = Vec::new();
    Arp {
        operation: arp::operation::REPLY,
        sender_mac: ROUTER,
        sender_ip: asked.target_ip,
        target_mac: asked.sender_mac,
        target_ip: asked.sender_ip,
    }
    .emit(&mut message);
    let mut answer = Vec::new();
    emit(asked.sender_mac, ethertype::ARP, &message, &mut answer);
    Ingress::Answer(answer)
}

/// Solicitations from no address ask whether somebody else has the target: nobody does.
fn answer_nd<'a>(frame: &Frame<'a>) -> Result<Ingress<'a>, WireError> {
    let packet = IpPacket::parse(frame.payload)?;
    let header = packet.header;
    let IpAddr::V6(host) = header.source else {
        return Ok(Ingress::Nothing);
    };
    if header.protocol != ICMPV6 || header.ttl != nd::HOP_LIMIT || host.is_unspecified() {
        return Ok(Ingress::Nothing);
    }
    let Nd::NeighborSolicitation { target, .. } = Nd::parse(packet.payload)? else {
        return Ok(Ingress::Nothing);
    };
    if target == host {
        return Ok(Ingress::Nothing);
    }
    Ok(Ingress::Answer(advertisement(target, host, frame.source)))
}

fn advertisement(target: Ipv6Addr, host: Ipv6Addr, mac: MacAddr) -> Vec<u8> {
    let options = [&TARGET_LINK_LAYER[..], &ROUTER.0].concat();
    let (mut message, mut packet, mut answer) = (Vec::new(), Vec::new(), Vec::new());
    Nd::NeighborAdvertisement {
        target,
        is_router: true,
        solicited: true,
        overrides: true,
        options: &options,
    }
    .emit(target, host, &mut message);
    IpBuild {
        source: target.into(),
        destination: host.into(),
        protocol: ICMPV6,
        ttl: nd::HOP_LIMIT,
        tos: 0,
        ident: 0,
        flow_label: 0,
        dont_fragment: false,
    }
    .emit(&message, &mut packet);
    emit(mac, ethertype::IPV6, &packet, &mut answer);
    answer
}

fn emit(destination: MacAddr, ethertype: u16, payload: &[u8], out: &mut Vec<u8>) {
    Frame {
        destination,
        source: ROUTER,
        service_vlan: None,
        vlan: None,
        ethertype,
        payload,
    }
    .emit(out);
}

fn ethertype_of(packet: &[u8]) -> Option<u16> {
    match packet.first()? >> 4 {
        4 => Some(ethertype::IPV4),
        6 => Some(ethertype::IPV6),
        _ => None,
    }
}

/// The packet without what a card put behind it to fill a frame.
fn without_padding(bytes: &[u8]) -> &[u8] {
    let word = |at: usize| {
        let octets = bytes.get(at..at + 2).and_then(|two| two.first_chunk());
        octets.map_or(0, |two| usize::from(u16::from_be_bytes(*two)))
    };
    let length = match ethertype_of(bytes) {
        Some(ethertype::IPV4) => word(2),
        _ => word(4) + 40,
    };
    bytes.get(..length).unwrap_or(bytes)
}

#[cfg(test)]
mod tests;
