//! Changing packets in place, as middleboxes do: checksums follow, cut packets are changed as far as they go.
use core::net::IpAddr;

use netsonde_wire::checksum::{self, Checksum};
use netsonde_wire::ip::protocol;

/// Which end of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Source,
    Destination,
}

/// Where the parts of an IP packet are. Extension headers of IPv6 are not looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) v6: bool,
    pub(crate) protocol: u8,
    /// Where the transport header starts.
    pub(crate) transport: usize,
    /// Whether the transport header is elsewhere, in the first fragment.
    pub(crate) is_later_fragment: bool,
}

impl Layout {
    /// `None` if the bytes end within the fixed header.
    pub(crate) fn of(packet: &[u8]) -> Option<Self> {
        match packet.first()? >> 4 {
            4 if packet.len() >= 20 => Some(Self {
                v6: false,
                protocol: packet[9],
                transport: usize::from(packet[0] & 0x0f) * 4,
                is_later_fragment: packet[6] & 0x1f != 0 || packet[7] != 0,
            }),
            6 if packet.len() >= 40 => Some(Self {
                v6: true,
                protocol: packet[6],
                transport: 40,
                is_later_fragment: false,
            }),
            _ => None,
        }
    }

    /// Type of an ICMP message of either version.
    pub(crate) fn icmp_type(&self, packet: &[u8]) -> Option<u8> {
        let is_icmp = self.protocol
            == if self.v6 {
                protocol::ICMPV6
            } else {
                protocol::ICMP
            };
        packet
            .get(self.transport)
            .copied()
            .filter(|_| is_icmp && !self.is_later_fragment)
    }

    /// Whether this is an ICMP error.
    pub(crate) fn is_error(&self, packet: &[u8]) -> bool {
        self.icmp_type(packet).is_some_and(|kind| {
            if self.v6 {
                kind < 128
            } else {
                matches!(kind, 3 | 4 | 5 | 11 | 12)
            }
        })
    }

    /// Whether this asks for an answer: an echo request, UDP or TCP.
    pub(crate) fn is_probe(&self, packet: &[u8]) -> bool {
        let echo = if self.v6 { 128 } else { 8 };
        self.icmp_type(packet) == Some(echo)
            || matches!(self.protocol, protocol::UDP | protocol::TCP)
    }

    /// Where the quote of an ICMP error starts.
    pub(crate) fn quote(&self) -> usize {
        self.transport + 8
    }

    /// Where the transport checksum is.
    fn checksum(&self) -> Option<usize> {
        let at = match self.protocol {
            protocol::UDP => 6,
            protocol::TCP => 16,
            protocol::ICMP | protocol::ICMPV6 => 2,
            _ => return None,
        };
        (!self.is_later_fragment).then_some(self.transport + at)
    }

    /// Where the port of an end is; of ICMP echo messages the identifier, for either end.
    fn port(&self, packet: &[u8], end: End) -> Option<usize> {
        let at = match (self.protocol, self.icmp_type(packet), end) {
            (protocol::UDP | protocol::TCP, _, End::Source) => 0,
            (protocol::UDP | protocol::TCP, _, End::Destination) => 2,
            (_, Some(0 | 8 | 128 | 129), _) => 4,
            _ => return None,
        };
        (!self.is_later_fragment && packet.len() >= self.transport + at + 2)
            .then_some(self.transport + at)
    }
}

/// The port of an end, or the identifier of an ICMP echo message.
pub(crate) fn port(packet: &[u8], end: End) -> Option<u16> {
    let at = Layout::of(packet)?.port(packet, end)?;
    Some(u16::from_be_bytes([packet[at], packet[at + 1]]))
}

/// Changes a port or echo identifier.
pub(crate) fn set_port(packet: &mut [u8], end: End, port: u16) {
    let Some(layout) = Layout::of(packet) else {
        return;
    };
    if let Some(at) = layout.port(packet, end) {
        replace(
            packet,
            at,
            &port.to_be_bytes(),
            layout.checksum(),
            layout.protocol,
        );
    }
}

/// Changes an address; the other family's packets stay as they are.
pub(crate) fn set_address(packet: &mut [u8], end: End, address: IpAddr) {
    let Some(layout) = Layout::of(packet).filter(|layout| layout.v6 == address.is_ipv6()) else {
        return;
    };
    match address {
        IpAddr::V4(address) => {
            let at = if end == End::Source { 12 } else { 16 };
            let octets = address.octets();
            // ICMP has no pseudo-header.
            let covered = layout
                .checksum()
                .filter(|_| layout.protocol != protocol::ICMP);
            let old: [u8; 4] = [packet[at], packet[at + 1], packet[at + 2], packet[at + 3]];
            replace(packet, at, &octets, Some(10), 0);
            if let Some(sum_at) = covered {
                adjust(packet, sum_at, &old, &octets, layout.protocol);
            }
        }
        IpAddr::V6(address) => {
            let at = if end == End::Source { 8 } else { 24 };
            replace(
                packet,
                at,
                &address.octets(),
                layout.checksum(),
                layout.protocol,
            );
        }
    }
}

/// Changes type of service or traffic class.
pub(crate) fn set_tos(packet: &mut [u8], tos: u8) {
    match Layout::of(packet) {
        Some(Layout { v6: false, .. }) => replace(packet, 0, &[packet[0], tos], Some(10), 0),
        Some(_) => {
            packet[0] = 0x60 | tos >> 4;
            packet[1] = tos << 4 | packet[1] & 0x0f;
        }
        None => {}
    }
}

/// Computes lengths and checksums of a packet anew after its ICMP message was changed.
pub(crate) fn mend_icmp(packet: &mut [u8]) {
    let Some(layout) = Layout::of(packet).filter(|layout| layout.icmp_type(packet).is_some())
    else {
        return;
    };
    let length = u16::try_from(packet.len()).unwrap_or(u16::MAX);
    let (header, message) = packet.split_at_mut(layout.transport);
    if message.len() < 4 {
        return;
    }
    message[2..4].fill(0);
    let mut sum = Checksum::default();
    if layout.v6 {
        header[4..6].copy_from_slice(&(length - 40).to_be_bytes());
        let [source, destination] = [
            netsonde_wire::ip::source(header),
            netsonde_wire::ip::destination(header),
        ];
        if let (Some(source), Some(destination)) = (source, destination) {
            sum = Checksum::pseudo(source, destination, protocol::ICMPV6, message.len());
        }
    } else {
        header[2..4].copy_from_slice(&length.to_be_bytes());
        header[10..12].fill(0);
        let header_sum = checksum::internet(header);
        header[10..12].copy_from_slice(&header_sum.to_be_bytes());
    }
    sum.add(message);
    message[2..4].copy_from_slice(&sum.finish().to_be_bytes());
}

/// Overwrites bytes that start at an even offset from the checksummed part, and mends the checksum.
fn replace(packet: &mut [u8], at: usize, new: &[u8], sum_at: Option<usize>, protocol: u8) {
    let mut old = [0; 16];
    let old = &mut old[..new.len()];
    old.copy_from_slice(&packet[at..at + new.len()]);
    packet[at..at + new.len()].copy_from_slice(new);
    if let Some(sum_at) = sum_at {
        adjust(packet, sum_at, old, new, protocol);
    }
}

/// Mends a checksum, if it is there: quotes may end before it.
fn adjust(packet: &mut [u8], sum_at: usize, old: &[u8], new: &[u8], protocol: u8) {
    let Some(field) = packet.get_mut(sum_at..sum_at + 2) else {
        return;
    };
    let mut sum = u16::from_be_bytes([field[0], field[1]]);
    if protocol == protocol::UDP && sum == 0 {
        return; // the sender computed none
    }
    for (old, new) in old.chunks_exact(2).zip(new.chunks_exact(2)) {
        sum = checksum::update(
            sum,
            u16::from_be_bytes([old[0], old[1]]),
            u16::from_be_bytes([new[0], new[1]]),
        );
    }
    if protocol == protocol::UDP && sum == 0 {
        sum = u16::MAX;
    }
    field.copy_from_slice(&sum.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use netsonde_wire::icmp::{Icmp, emit_echo};
    use netsonde_wire::ip::{IpBuild, IpPacket};
    use netsonde_wire::{tcp, udp};

    fn packet(ends: [&str; 2], protocol: u8) -> Vec<u8> {
        let [source, destination] = ends.map(|text| text.parse::<IpAddr>().unwrap());
        let (mut body, mut packet) = (Vec::new(), Vec::new());
        match protocol {
            protocol::UDP => udp::emit(source, destination, 40_000, 33_434, b"payload", &mut body),
            protocol::TCP => tcp::TcpBuild {
                source_port: 40_000,
                destination_port: 80,
                sequence: 1,
                acknowledgment: 0,
                flags: tcp::flags::SYN,
                window: 9,
                options: &[],
                payload: b"odd",
            }
            .emit(source, destination, &mut body),
            _ => emit_echo(source, destination, false, 40_000, 7, b"payload", &mut body),
        }
        IpBuild {
            source,
            destination,
            protocol,
            ttl: 9,
            tos: 0,
            ident: 1,
            flow_label: 0,
            dont_fragment: false,
        }
        .emit(&body, &mut packet);
        packet
    }

    fn is_right(packet: &[u8]) -> bool {
        let parsed = IpPacket::parse(packet).unwrap();
        let (source, destination) = (parsed.header.source, parsed.header.destination);
        match parsed.header.protocol {
            protocol::UDP => udp::Udp::checksum_ok(parsed.payload, source, destination),
            protocol::TCP => tcp::Tcp::checksum_ok(parsed.payload, source, destination),
            _ => Icmp::checksum_ok(parsed.payload, source, destination),
        }
    }

    #[test]
    fn checksums_stay_right() {
        let v4 = ["5.1.0.1", "5.2.0.1"];
        let v6 = ["2a00:1::1", "2a00:2::1"];
        for (ends, protocol) in [(v4, 17), (v4, 6), (v4, 1), (v6, 17), (v6, 6), (v6, 58)] {
            let mut packet = packet(ends, protocol);
            let address: IpAddr = if ends == v6 { "2a00:9::77" } else { "9.8.7.6" }
                .parse()
                .unwrap();
            set_address(&mut packet, End::Source, address);
            set_port(&mut packet, End::Source, 12_345);
            set_tos(&mut packet, 0xb8);
            assert!(is_right(&packet), "{ends:?} {protocol}");
            let header = IpPacket::parse(&packet).unwrap().header;
            assert_eq!((header.source, header.tos), (address, 0xb8));
            assert_eq!(port(&packet, End::Source), Some(12_345));
            set_address(&mut packet, End::Destination, address);
            assert!(is_right(&packet), "{ends:?} {protocol}");
        }
    }

    #[test]
    fn cut_packets_are_changed_as_far_as_they_go() {
        let whole = packet(["5.1.0.1", "5.2.0.1"], protocol::UDP);
        for length in 0..whole.len() {
            let mut cut = whole[..length].to_vec();
            set_address(&mut cut, End::Source, "9.8.7.6".parse().unwrap());
            set_port(&mut cut, End::Destination, 1);
            set_tos(&mut cut, 1);
            mend_icmp(&mut cut);
            assert_eq!(cut.len(), length);
        }
    }

    #[test]
    fn a_shortened_message_is_mended() {
        for (ends, protocol) in [
            (["5.1.0.1", "5.2.0.1"], 1),
            (["2a00:1::1", "2a00:2::1"], 58),
        ] {
            let mut packet = packet(ends, protocol);
            packet.truncate(packet.len() - 3);
            mend_icmp(&mut packet);
            assert!(is_right(&packet));
            assert_eq!(
                IpPacket::parse(&packet).unwrap().header.total_len,
                packet.len()
            );
        }
    }
}
