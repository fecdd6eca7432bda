//! Fragments that come by a ring, put together as the kernel does it for raw sockets.
use crate::filter::{V4_MAX, V6_FRAGMENT_HEADER, V6_MAX};
use netsonde_wire::ip::reassembly::{Counts, Reassembler, Taken};
use netsonde_wire::ip::{IpPacket, protocol, v6};

/// Where the headers say that a packet is a fragment: "more fragments" and the offset of IPv4, the next header of IPv6.
const V4_FRAGMENT: u16 = 0x3fff;
const V6_NEXT_HEADER: usize = 6;

/// Packets in the making.
#[derive(Debug, Default)]
pub(super) struct Fragments(Reassembler);

impl Fragments {
    /// The packet itself if it is whole, the packet that it completes if it is a fragment. Nothing comes of packets that
    /// are too long for rings: raw sockets give them.
    pub(super) fn pass<'a>(&'a mut self, received_ns: u64, packet: &'a [u8]) -> Option<&'a [u8]> {
        if !may_be_fragment(packet) {
            return Some(packet);
        }
        if is_left(packet) {
            self.0.leave(received_ns, packet);
            return None;
        }
        match self.0.take(received_ns, packet) {
            Taken::Whole => Some(packet),
            Taken::Kept => None,
            Taken::Completed(whole) => Some(whole),
        }
    }

    pub(super) fn counts(&self) -> Counts {
        self.0.counts()
    }
}

fn may_be_fragment(packet: &[u8]) -> bool {
    match packet.first().map(|first| first >> 4) {
        Some(4) => packet
            .get(6..8)
            .is_some_and(|word| u16::from_be_bytes([word[0], word[1]]) & V4_FRAGMENT != 0),
        Some(6) => packet.get(V6_NEXT_HEADER) == Some(&v6::kind::FRAGMENT),
        _ => false,
    }
}

/// Whether a fragment is of a packet that is longer than what is taken from rings.
fn is_left(packet: &[u8]) -> bool {
    let Ok(IpPacket { header, .. }) = IpPacket::parse(packet) else {
        return false;
    };
    let end = header.total_len + usize::from(header.fragment_offset);
    if !header.source.is_ipv6() {
        end > V4_MAX as usize
    } else if header.protocol == protocol::ICMPV6 {
        false
    } else {
        end > (V6_MAX + V6_FRAGMENT_HEADER) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netsonde_wire::ip::IpBuild;

    /// An IPv4 fragment with so many octets of data from an offset on.
    fn fragment(offset: u16, octets: usize, more: bool) -> Vec<u8> {
        let build = IpBuild {
            source: "192.0.2.1".parse().unwrap(),
            destination: "192.0.2.2".parse().unwrap(),
            protocol: protocol::UDP,
            ttl: 9,
            tos: 0,
            ident: 7,
            flow_label: 0,
            dont_fragment: false,
        };
        let mut packet = Vec::new();
        build.emit(&vec![0; octets], &mut packet);
        let word = (offset >> 3 | u16::from(more) << 13).to_be_bytes();
        packet[6..8].copy_from_slice(&word);
        packet[10..12].fill(0);
        let sum = netsonde_wire::checksum::internet(&packet[..20]);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
        packet
    }

    #[test]
    fn a_short_packet_is_put_together_and_a_long_one_left_to_the_kernel() {
        let (first, last) = (fragment(0, 400, true), fragment(400, 156, false));
        let mut fragments = Fragments::default();
        assert_eq!(fragments.pass(1, &first), None);
        assert_eq!(fragments.pass(2, &last).map(<[u8]>::len), Some(576));
        assert_eq!(fragments.counts().reassembled, 1);
        // One octet more, in either order.
        let longer = fragment(400, 157, false);
        for order in [[&first, &longer], [&longer, &first]] {
            let mut fragments = Fragments::default();
            for packet in order {
                assert_eq!(fragments.pass(1, packet), None);
            }
            fragments.pass(u64::MAX, &fragment(0, 8, true));
            assert_eq!(fragments.counts(), Counts::default());
        }
    }

    #[test]
    fn what_is_no_packet_passes_as_it_is() {
        let mut fragments = Fragments::default();
        for packet in [&b""[..], &[0x45; 9], &[0x60, 0, 0, 0, 0, 0, 44]] {
            assert_eq!(fragments.pass(1, packet), Some(packet));
        }
    }
}
