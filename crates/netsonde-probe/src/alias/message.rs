//! The message of Speedtrap: "your reply is too big for my path", which is ours to say about our own path.
use alloc::vec::Vec;
use netsonde_wire::icmp::{ErrorBuild, ExtensionStyle, types};
use netsonde_wire::ip::{IpBuild, IpPacket, protocol};

/// The smallest MTU of IPv6: whoever is told it must send fragments of at most this (RFC 8200, section 5).
const MTU: u32 = 1_280;
/// What of the reply is quoted: as much as fits a packet of that size (RFC 4443, section 3.2).
const QUOTE_LEN: usize = 1_280 - 40 - 8;

/// The "packet too big" about an echo reply that came whole; `None` if it is no IPv6 packet.
pub(super) fn too_big(reply: &[u8], ttl: u8) -> Option<Vec<u8>> {
    let header = IpPacket::parse(reply).ok()?.header;
    if !header.source.is_ipv6() {
        return None;
    }
    let build = ErrorBuild {
        icmp_type: types::V6_PACKET_TOO_BIG,
        icmp_code: 0,
        rest: MTU,
        quote: &reply[..reply.len().min(QUOTE_LEN)],
        objects: &[],
        style: ExtensionStyle::Rfc4884,
    };
    let mut message = Vec::new();
    build.emit(header.destination, header.source, &mut message);
    let build = IpBuild {
        source: header.destination,
        destination: header.source,
        protocol: protocol::ICMPV6,
        ttl,
        tos: 0,
        ident: 0,
        flow_label: 0,
        dont_fragment: false,
    };
    let mut packet = Vec::new();
    build.emit(&message, &mut packet);
    Some(packet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{address, wrap};
    use netsonde_wire::icmp::{ErrorKind, Icmp};

    #[test]
    fn it_is_from_us_to_the_sender_and_quotes_the_reply() {
        let reply = wrap(
            address(true, 9),
            address(true, 0),
            protocol::ICMPV6,
            &[129; 1_260],
        );
        let message = too_big(&reply, 64).unwrap();
        assert_eq!(message.len(), 1_280);
        let packet = IpPacket::parse(&message).unwrap();
        let header = packet.header;
        assert_eq!(
            (header.source, header.destination),
            (address(true, 0), address(true, 9))
        );
        assert!(Icmp::checksum_ok(
            packet.payload,
            header.source,
            header.destination
        ));
        let Icmp::Error(error) = Icmp::parse(packet.payload, true).unwrap() else {
            panic!()
        };
        assert_eq!((error.kind, error.mtu), (ErrorKind::PacketTooBig, 1_280));
        assert_eq!(&packet.payload[8..], &reply[..1_232]);
        assert_eq!(
            too_big(&wrap(address(false, 9), address(false, 0), 1, &[0; 30]), 64),
            None
        );
    }
}
