//! Writing packets of either version.
use super::{v4, v6};
use crate::checksum;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What is needed to write a packet: a header without the derived fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpBuild {
    /// Who sends it.
    pub source: IpAddr,
    /// Where it goes.
    pub destination: IpAddr,
    /// Protocol of the payload.
    pub protocol: u8,
    /// TTL or hop limit.
    pub ttl: u8,
    /// Type of service, or traffic class.
    pub tos: u8,
    /// IPv4 identification; ignored for IPv6.
    pub ident: u16,
    /// IPv6 flow label, 20 bits; ignored for IPv4.
    pub flow_label: u32,
    /// IPv4 "don't fragment"; ignored for IPv6.
    pub dont_fragment: bool,
}

impl IpBuild {
    /// Appends header and payload. Panics in debug builds when the address families differ, or when
    /// the payload is longer than the length field can say.
    pub fn emit(&self, payload: &[u8], out: &mut Vec<u8>) {
        match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                self.emit_v4(source, destination, payload, out);
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                self.emit_v6(source, destination, payload, out);
            }
            _ => debug_assert!(false, "source and destination are of one address family"),
        }
    }

    fn emit_v4(&self, source: Ipv4Addr, dest: Ipv4Addr, payload: &[u8], out: &mut Vec<u8>) {
        let [length0, length1] = length_field(v4::HEADER_LEN + payload.len());
        let [ident0, ident1] = self.ident.to_be_bytes();
        let flags = if self.dont_fragment { 0x40 } else { 0 };
        let [s0, s1, s2, s3] = source.octets();
        let [d0, d1, d2, d3] = dest.octets();
        let mut header = [
            0x45,
            self.tos,
            length0,
            length1,
            ident0,
            ident1,
            flags,
            0,
            self.ttl,
            self.protocol,
            0,
            0,
            s0,
            s1,
            s2,
            s3,
            d0,
            d1,
            d2,
            d3,
        ];
        [header[10], header[11]] = checksum::internet(&header).to_be_bytes();
        out.reserve(header.len() + payload.len());
        out.extend_from_slice(&header);
        out.extend_from_slice(payload);
    }

    fn emit_v6(&self, source: Ipv6Addr, dest: Ipv6Addr, payload: &[u8], out: &mut Vec<u8>) {
        let word = 6 << 28 | u32::from(self.tos) << 20 | self.flow_label & 0xf_ffff;
        out.reserve(v6::HEADER_LEN + payload.len());
        out.extend_from_slice(&word.to_be_bytes());
        out.extend_from_slice(&length_field(payload.len()));
        out.extend_from_slice(&[self.protocol, self.ttl]);
        out.extend_from_slice(&source.octets());
        out.extend_from_slice(&dest.octets());
        out.extend_from_slice(payload);
    }
}

fn length_field(length: usize) -> [u8; 2] {
    debug_assert!(
        length <= usize::from(u16::MAX),
        "a packet is at most 65,535 bytes long"
    );
    u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes()
}
