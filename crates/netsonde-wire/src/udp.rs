//! UDP (RFC 768).
use crate::WireError;
use alloc::vec::Vec;
use core::net::IpAddr;

/// A UDP datagram; in a quote the payload may be cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Udp<'a> {
    pub source_port: u16,
    pub destination_port: u16,
    /// As stated, header included.
    pub length: u16,
    pub checksum: u16,
    pub payload: &'a [u8],
}

impl<'a> Udp<'a> {
    /// Reads a datagram, cut at its stated length.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, WireError> { todo!() }
    /// Reads the beginning of one: 8 bytes are enough.
    pub fn parse_quote(bytes: &'a [u8]) -> Result<Self, WireError> { todo!() }
    /// Whether the checksum is right, or absent over IPv4.
    pub fn checksum_ok(bytes: &[u8], source: IpAddr, destination: IpAddr) -> bool { todo!() }
}

/// Appends a datagram with its checksum (0 is sent as 0xffff).
pub fn emit(source: IpAddr, destination: IpAddr, source_port: u16, destination_port: u16, payload: &[u8], out: &mut Vec<u8>) { todo!() }
