//! Packets too big for a link: an error to the sender, or IPv4 fragments.
use crate::Drop;
use crate::control::Hop;
use crate::forward::At;
use crate::icmp::{Fault, Stack};
use crate::lab::Lab;
use crate::packet::Packet;
use crate::topology::TooBig;
use netsonde_wire::checksum;

/// "More fragments", in the byte that also holds the highest bits of the offset.
const MORE: u16 = 0x2000;
/// Next header of a fragment header.
const FRAGMENT: u8 = 44;
const DONT: u16 = 0x4000;
const OFFSET: u16 = 0x1fff;

impl Lab {
    /// An IP packet does not fit the link behind its next hop.
    pub(crate) fn too_big(&mut self, at: At, packet: Packet, hop: Hop, mtu: u16) {
        let pieces = pieces(packet.data(), mtu);
        if pieces.is_empty() {
            if let Some(said) = self.named_mtu(at, mtu) {
                let fault = Fault::TooBig(said);
                return self.refuse(at, packet, fault, &Stack::default(), Drop::TooBig);
            }
            return self.drop(packet, Drop::TooBig);
        }
        self.statistics.consumed += 1;
        self.pool.recycle(packet);
        for piece in pieces {
            self.statistics.originated += 1;
            let mut fragment = self.pool.fresh();
            fragment.assign(&piece);
            self.impose(at.node, &mut fragment, hop);
            self.transmit(at.now_ns, hop.interface, fragment);
        }
    }

    /// A labelled one does not: label switches do not fragment, they tell the sender (RFC 3032, 3.4).
    pub(crate) fn too_big_labelled(&mut self, at: At, packet: Packet, mtu: u16) {
        let stack = Stack::read(packet.data());
        let inner = packet.ip().unwrap_or_default();
        let message = self
            .named_mtu(at, mtu)
            .and_then(|said| self.error_message(at, inner, Fault::TooBig(said), &stack));
        if let Some(message) = message {
            self.answer(at, message);
        }
        self.drop(packet, Drop::TooBig);
    }

    /// The MTU that a node names for a link; `None` if it says nothing at all.
    fn named_mtu(&self, at: At, mtu: u16) -> Option<u16> {
        let behaviour = &self.plan.nodes[at.node as usize].behaviour;
        match behaviour.too_big {
            TooBig::Tells => Some(behaviour.too_big_mtu.unwrap_or(mtu)),
            TooBig::TellsNoMtu => Some(0),
            TooBig::Silent => None,
        }
    }
}

/// The fragments of an IPv4 packet; none if it must not be or cannot be fragmented.
fn pieces(packet: &[u8], mtu: u16) -> Vec<Vec<u8>> {
    let header_len = packet
        .first()
        .map_or(0, |byte| usize::from(byte & 0x0f) * 4);
    let is_v4 = packet.first().is_some_and(|byte| byte >> 4 == 4);
    if !is_v4 || header_len < 20 || packet.len() < header_len {
        return Vec::new();
    }
    let (header, payload) = packet.split_at(header_len);
    let field = u16::from_be_bytes([header[6], header[7]]);
    let room = usize::from(mtu).saturating_sub(header_len) / 8 * 8;
    if field & DONT != 0 || room == 0 {
        return Vec::new();
    }
    let mut pieces = Vec::new();
    for (part, offset) in payload.chunks(room).zip((0_u16..).step_by(room / 8)) {
        let is_last = usize::from(offset) * 8 + part.len() == payload.len();
        let more = if is_last { field & MORE } else { MORE };
        let field = ((field & OFFSET) + offset) & OFFSET | more;
        let mut piece = header.to_vec();
        let length = u16::try_from(header_len + part.len()).unwrap_or(u16::MAX);
        piece[2..4].copy_from_slice(&length.to_be_bytes());
        piece[6..8].copy_from_slice(&field.to_be_bytes());
        piece[10..12].fill(0);
        let sum = checksum::internet(&piece);
        piece[10..12].copy_from_slice(&sum.to_be_bytes());
        piece.extend_from_slice(part);
        pieces.push(piece);
    }
    pieces
}

/// The fragments of an IPv6 packet without extension headers, as its sender makes them (RFC 8200, section 4.5).
pub(crate) fn pieces_v6(packet: &[u8], mtu: u16, id: u32) -> Vec<Vec<u8>> {
    let Some((fixed, payload)) = packet.split_first_chunk::<40>() else {
        return Vec::new();
    };
    let room = usize::from(mtu).saturating_sub(fixed.len() + 8).max(8) / 8 * 8;
    let mut pieces = Vec::new();
    for (index, part) in payload.chunks(room).enumerate() {
        let is_last = index * room + part.len() == payload.len();
        let offset = u16::try_from(index * room).unwrap_or(u16::MAX) | u16::from(!is_last);
        let length = u16::try_from(8 + part.len()).unwrap_or(u16::MAX);
        let mut piece = fixed.to_vec();
        piece[4..6].copy_from_slice(&length.to_be_bytes());
        piece[6] = FRAGMENT;
        piece.extend([fixed[6], 0]);
        piece.extend(offset.to_be_bytes());
        piece.extend(id.to_be_bytes());
        piece.extend_from_slice(part);
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use netsonde_wire::ip::{IpBuild, IpPacket};

    fn packet(dont_fragment: bool) -> Vec<u8> {
        let mut packet = Vec::new();
        let payload: Vec<u8> = (0..=255).cycle().take(1_000).collect();
        let [source, destination] = ["5.1.0.1", "5.2.0.1"].map(|text| text.parse().unwrap());
        IpBuild {
            source,
            destination,
            protocol: 17,
            ttl: 9,
            tos: 0,
            ident: 7,
            flow_label: 0,
            dont_fragment,
        }
        .emit(&payload, &mut packet);
        packet
    }

    #[test]
    fn fragments_put_together_are_the_packet() {
        let whole = packet(false);
        let pieces = pieces(&whole, 300);
        assert_eq!(pieces.len(), 4);
        let mut payload = Vec::new();
        for (index, piece) in pieces.iter().enumerate() {
            assert!(piece.len() <= 300);
            let parsed = IpPacket::parse(piece).unwrap();
            assert_eq!(usize::from(parsed.header.fragment_offset), payload.len());
            assert_eq!(parsed.header.more_fragments, index < 3);
            payload.extend_from_slice(parsed.payload);
        }
        assert_eq!(payload, whole[20..]);
    }

    #[test]
    fn fragments_of_ipv6_put_together_are_the_packet() {
        let mut whole = Vec::new();
        let payload: Vec<u8> = (0..=255).cycle().take(2_900).collect();
        let [source, destination] = ["2a00::1", "2a00::2"].map(|text| text.parse().unwrap());
        IpBuild {
            source,
            destination,
            protocol: 58,
            ttl: 9,
            tos: 0,
            ident: 0,
            flow_label: 0,
            dont_fragment: false,
        }
        .emit(&payload, &mut whole);
        let pieces = pieces_v6(&whole, 1_280, 0x0102_0304);
        assert_eq!(pieces.len(), 3);
        let mut found = Vec::new();
        for (index, piece) in pieces.iter().enumerate() {
            assert!(piece.len() <= 1_280);
            let parsed = IpPacket::parse(piece).unwrap();
            let header = parsed.header;
            assert_eq!(usize::from(header.fragment_offset), found.len());
            assert_eq!(
                (header.more_fragments, header.ident),
                (index < 2, Some(0x0102_0304))
            );
            assert_eq!(header.protocol, 58);
            found.extend_from_slice(parsed.payload);
        }
        assert_eq!(found, payload);
    }

    #[test]
    fn some_packets_are_not_fragmented() {
        assert!(pieces(&packet(true), 300).is_empty());
        assert!(pieces(&[0x60; 400], 300).is_empty());
        assert!(pieces(&[], 300).is_empty());
    }
}
