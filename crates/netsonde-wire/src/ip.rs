//! IPv4 (RFC 791) and IPv6 (RFC 8200) behind one header type.
mod build;
mod forward;
pub mod reassembly;
mod special;
pub mod v4;
pub mod v6;

pub use build::IpBuild;
pub use forward::{destination, set_ttl, source, ttl};
pub use special::{
    SpecialRange, is_special_purpose, is_tnt_reserved, special_range, special_ranges,
};

use crate::WireError;
use core::net::IpAddr;

/// IANA protocol numbers.
pub mod protocol {
    /// `ICMP`, over IPv4.
    pub const ICMP: u8 = 1;
    /// `TCP`.
    pub const TCP: u8 = 6;
    /// `UDP`.
    pub const UDP: u8 = 17;
    /// `ICMPv6`.
    pub const ICMPV6: u8 = 58;
}

/// An IP header of either version, options and extension headers summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpHeader {
    /// Who sent the packet, as it says.
    pub source: IpAddr,
    /// Where it goes.
    pub destination: IpAddr,
    /// The upper-layer protocol: for IPv6 the one after the extension headers.
    pub protocol: u8,
    /// TTL or hop limit.
    pub ttl: u8,
    /// Type of service, or traffic class.
    pub tos: u8,
    /// IPv4 identification, or that of an IPv6 fragment header; `None` for IPv6 without one.
    pub ident: Option<u32>,
    /// IPv6 flow label, 20 bits; 0 for IPv4.
    pub flow_label: u32,
    /// IPv4 "don't fragment"; always true for IPv6, where routers never fragment.
    pub dont_fragment: bool,
    /// Whether this is a fragment and not the last one.
    pub more_fragments: bool,
    /// In bytes.
    pub fragment_offset: u16,
    /// Header with options or extension headers, in bytes.
    pub header_len: usize,
    /// Whole packet as the header states it, in bytes.
    pub total_len: usize,
}

/// A parsed packet: its header and what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpPacket<'a> {
    /// The header.
    pub header: IpHeader,
    /// IPv4 options, or the raw IPv6 extension headers.
    pub options: &'a [u8],
    /// What follows the header, cut at the stated length; shorter in a truncated quote.
    pub payload: &'a [u8],
    /// For quotes: whether fewer bytes are there than the header states.
    pub truncated: bool,
}

impl<'a> IpPacket<'a> {
    /// Reads a whole packet; bytes past the stated length (link padding) are ignored. Checks the IPv4 header checksum.
    ///
    /// # Errors
    /// `Short` names the first field that is not there; `Invalid` the one that cannot be read.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, WireError> {
        match version(bytes)? {
            4 => v4::parse(bytes),
            _ => v6::parse(bytes),
        }
    }

    /// Reads the beginning of a packet, as ICMP errors quote it: the payload may be missing or cut,
    /// and the header checksum is not checked (routers change the TTL without it).
    ///
    /// IPv4 options may be cut too. Where IPv6 extension headers are cut, `protocol` is that of the
    /// first one that is not whole, and `payload` its bytes.
    ///
    /// # Errors
    /// `Short` when the fixed header is cut, `Invalid` when it cannot be read.
    pub fn parse_quote(bytes: &'a [u8]) -> Result<Self, WireError> {
        match version(bytes)? {
            4 => v4::parse_quote(bytes),
            _ => v6::parse_quote(bytes),
        }
    }
}

fn version(bytes: &[u8]) -> Result<u8, WireError> {
    match bytes.first().map(|byte| byte >> 4) {
        Some(version @ (4 | 6)) => Ok(version),
        Some(other) => {
            let (field, expected) = ("ip.version", "4 or 6");
            Err(WireError::Invalid {
                field,
                expected,
                found: u32::from(other),
            })
        }
        None => Err(WireError::Short {
            field: "ip.version",
            needed: 1,
            got: 0,
        }),
    }
}
