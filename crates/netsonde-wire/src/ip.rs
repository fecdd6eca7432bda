//! IPv4 (RFC 791) and IPv6 (RFC 8200) behind one header type.
use crate::WireError;
use alloc::vec::Vec;
use core::net::IpAddr;

/// IANA protocol numbers.
pub mod protocol {
    pub const ICMP: u8 = 1;
    pub const TCP: u8 = 6;
    pub const UDP: u8 = 17;
    pub const ICMPV6: u8 = 58;
}

/// An IP header of either version, options and extension headers summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpHeader {
    pub source: IpAddr,
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
    pub dont_fragment: bool,
    pub more_fragments: bool,
    /// In bytes.
    pub fragment_offset: u16,
    /// Header with options or extension headers, in bytes.
    pub header_len: usize,
    /// Whole packet as the header states it, in bytes.
    pub total_len: usize,
}

/// A parsed packet: its header and what follows it.
#[derive(Clone, Copy, Debug)]
pub struct IpPacket<'a> {
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
    pub fn parse(bytes: &'a [u8]) -> Result<Self, WireError> { todo!() }
    /// Reads the beginning of a packet, as ICMP errors quote it: the payload may be missing or cut,
    /// and the header checksum is not checked (routers change the TTL without it).
    pub fn parse_quote(bytes: &'a [u8]) -> Result<Self, WireError> { todo!() }
}

/// What is needed to write a packet: a header without the derived fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpBuild {
    pub source: IpAddr,
    pub destination: IpAddr,
    pub protocol: u8,
    pub ttl: u8,
    pub tos: u8,
    /// IPv4 identification; ignored for IPv6.
    pub ident: u16,
    pub flow_label: u32,
    pub dont_fragment: bool,
}

impl IpBuild {
    /// Appends header and payload. Panics in debug builds when the address families differ.
    pub fn emit(&self, payload: &[u8], out: &mut Vec<u8>) { todo!() }
}

/// TTL or hop limit of a packet, without parsing the rest; `None` if it is no IP packet. For forwarding.
pub fn ttl(packet: &[u8]) -> Option<u8> { todo!() }
/// Sets TTL or hop limit in place, IPv4 checksum updated incrementally. False if it is no IP packet.
pub fn set_ttl(packet: &mut [u8], ttl: u8) -> bool { todo!() }
/// Destination address, without parsing the rest. For forwarding.
pub fn destination(packet: &[u8]) -> Option<IpAddr> { todo!() }
/// Source address, without parsing the rest.
pub fn source(packet: &[u8]) -> Option<IpAddr> { todo!() }
/// True if the address lies in a range of the IANA special-purpose registries that is not globally
/// reachable, or is multicast, reserved or unspecified (RFC 6890 and its registries).
pub fn is_special_purpose(address: IpAddr) -> bool { todo!() }
