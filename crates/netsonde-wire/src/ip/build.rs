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
    ///
    /// IPv6 extension headers are part of the payload: `v6::emit_extensions` writes them.
    pub fn emit(&self, payload: &[u8], out: &mut Vec<u8>) {
        self.emit_with_options(&[], payload, out);
    }

    /// As `emit`, with IPv4 options: padded to four bytes, cut at the 40 there is room for. IPv6 has none.
    pub fn emit_with_options(&self, options: &[u8], payload: &[u8], out: &mut Vec<u8>) {
        match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                self.emit_v4([source, destination], options, payload, out);
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                debug_assert!(
                    options.is_empty(),
                    "IPv6 has extension headers, not options"
                );
                self.emit_v6([source, destination], payload, out);
            }
            _ => debug_assert!(false, "source and destination are of one address family"),
        }
    }

    fn emit_v4(&self, ends: [Ipv4Addr; 2], options: &[u8], payload: &[u8], out: &mut Vec<u8>) {
        let options = options.get(..v4::OPTIONS_MAX).unwrap_or(options);
        let header_len = v4::HEADER_LEN + options.len().next_multiple_of(4);
        let words = u8::try_from(header_len / 4).unwrap_or(15); // at most 15: options are cut
        let [length0, length1] = length_field(header_len + payload.len());
        let [ident0, ident1] = self.ident.to_be_bytes();
        let flags = if self.dont_fragment { 0x40 } else { 0 };
        let mut fixed = [0; v4::HEADER_LEN];
        fixed[..4].copy_from_slice(&[0x40 | words, self.tos, length0, length1]);
        fixed[4..10].copy_from_slice(&[ident0, ident1, flags, 0, self.ttl, self.protocol]);
        fixed[12..16].copy_from_slice(&ends[0].octets());
        fixed[16..].copy_from_slice(&ends[1].octets());
        let mut sum = checksum::Checksum::default();
        sum.add(&fixed);
        sum.add(options);
        fixed[10..12].copy_from_slice(&sum.finish().to_be_bytes());
        out.reserve(header_len + payload.len());
        let start = out.len();
        out.extend_from_slice(&fixed);
        out.extend_from_slice(options);
        out.resize(start + header_len, 0);
        out.extend_from_slice(payload);
    }

    fn emit_v6(&self, ends: [Ipv6Addr; 2], payload: &[u8], out: &mut Vec<u8>) {
        let word = 6 << 28 | u32::from(self.tos) << 20 | self.flow_label & 0xf_ffff;
        let [length0, length1] = length_field(payload.len());
        let mut fixed = [0; v6::HEADER_LEN];
        fixed[..4].copy_from_slice(&word.to_be_bytes());
        fixed[4..8].copy_from_slice(&[length0, length1, self.protocol, self.ttl]);
        fixed[8..24].copy_from_slice(&ends[0].octets());
        fixed[24..].copy_from_slice(&ends[1].octets());
        out.reserve(fixed.len() + payload.len());
        out.extend_from_slice(&fixed);
        out.extend_from_slice(payload);
    }
}

fn length_field(length: usize) -> [u8; 2] {
    let length = u16::try_from(length);
    debug_assert!(length.is_ok(), "a packet is at most 65,535 bytes long");
    length.unwrap_or(u16::MAX).to_be_bytes()
}
