//! What a forwarding router needs, without parsing the rest.
use super::{v4, v6};
use crate::checksum;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// TTL or hop limit of a packet, without parsing the rest; `None` if it is no IP packet. For forwarding.
#[inline]
pub fn ttl(packet: &[u8]) -> Option<u8> {
    match packet.first()? >> 4 {
        4 => packet
            .first_chunk::<{ v4::HEADER_LEN }>()
            .map(|header| header[8]),
        6 => packet
            .first_chunk::<{ v6::HEADER_LEN }>()
            .map(|header| header[7]),
        _ => None,
    }
}

/// Sets TTL or hop limit in place, IPv4 checksum updated incrementally. False if it is no IP packet.
#[inline]
pub fn set_ttl(packet: &mut [u8], ttl: u8) -> bool {
    match packet.first().map(|byte| byte >> 4) {
        Some(4) => {
            let Some(header) = packet.first_chunk_mut::<{ v4::HEADER_LEN }>() else {
                return false;
            };
            // The protocol shares its word with the TTL and cancels out of the difference.
            let (old_word, new_word) = (u16::from(header[8]) << 8, u16::from(ttl) << 8);
            let sum = u16::from_be_bytes([header[10], header[11]]);
            header[8] = ttl;
            [header[10], header[11]] = checksum::update(sum, old_word, new_word).to_be_bytes();
            true
        }
        Some(6) => match packet.first_chunk_mut::<{ v6::HEADER_LEN }>() {
            Some(header) => {
                header[7] = ttl;
                true
            }
            None => false,
        },
        _ => false,
    }
}

/// Destination address, without parsing the rest. For forwarding.
#[inline]
pub fn destination(packet: &[u8]) -> Option<IpAddr> {
    address::<16, 24>(packet)
}

/// Source address, without parsing the rest.
#[inline]
pub fn source(packet: &[u8]) -> Option<IpAddr> {
    address::<12, 8>(packet)
}

#[inline]
fn address<const V4_AT: usize, const V6_AT: usize>(packet: &[u8]) -> Option<IpAddr> {
    match packet.first()? >> 4 {
        4 => {
            let header = packet.first_chunk::<{ v4::HEADER_LEN }>()?;
            let octets: &[u8; 4] = header[V4_AT..].first_chunk()?;
            Some(IpAddr::V4(Ipv4Addr::from(*octets)))
        }
        6 => {
            let header = packet.first_chunk::<{ v6::HEADER_LEN }>()?;
            let octets: &[u8; 16] = header[V6_AT..].first_chunk()?;
            Some(IpAddr::V6(Ipv6Addr::from(*octets)))
        }
        _ => None,
    }
}
