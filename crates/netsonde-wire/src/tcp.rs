//! TCP (RFC 9293).
use crate::WireError;
use alloc::vec::Vec;
use core::net::IpAddr;

/// Flag bits.
pub mod flags {
    pub const FIN: u16 = 0x01;
    pub const SYN: u16 = 0x02;
    pub const RST: u16 = 0x04;
    pub const PSH: u16 = 0x08;
    pub const ACK: u16 = 0x10;
    pub const URG: u16 = 0x20;
    pub const ECE: u16 = 0x40;
    pub const CWR: u16 = 0x80;
}

/// A TCP segment, or as much of it as a quote holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tcp<'a> {
    pub source_port: u16,
    pub destination_port: u16,
    pub sequence: u32,
    /// The fields past the first 8 bytes are `None`/empty when the quote ends before them.
    pub acknowledgment: Option<u32>,
    pub flags: Option<u16>,
    pub window: Option<u16>,
    pub checksum: Option<u16>,
    pub urgent: Option<u16>,
    pub options: &'a [u8],
    pub payload: &'a [u8],
}

impl<'a> Tcp<'a> {
    pub fn parse(bytes: &'a [u8]) -> Result<Self, WireError> { todo!() }
    /// Reads the beginning of one: 8 bytes are enough.
    pub fn parse_quote(bytes: &'a [u8]) -> Result<Self, WireError> { todo!() }
}

/// One option; unknown kinds are kept raw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TcpOption<'a> {
    Nop,
    MaximumSegmentSize(u16),
    WindowScale(u8),
    SackPermitted,
    Timestamps { value: u32, echo: u32 },
    Unknown { kind: u8, data: &'a [u8] },
}

/// The options in order; ends at the end-of-list or at the first one that does not fit.
pub fn options(bytes: &[u8]) -> impl Iterator<Item = TcpOption<'_>> { core::iter::empty() }

/// What is needed to write a segment.
#[derive(Clone, Copy, Debug)]
pub struct TcpBuild<'a> {
    pub source_port: u16,
    pub destination_port: u16,
    pub sequence: u32,
    pub acknowledgment: u32,
    pub flags: u16,
    pub window: u16,
    pub options: &'a [TcpOption<'a>],
    pub payload: &'a [u8],
}

impl TcpBuild<'_> {
    /// Appends the segment with its checksum; options are padded to four bytes.
    pub fn emit(&self, source: IpAddr, destination: IpAddr, out: &mut Vec<u8>) { todo!() }
}
