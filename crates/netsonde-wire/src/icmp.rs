//! ICMP (RFC 792) and ICMPv6 (RFC 4443) with quoted packets and multi-part extensions (RFC 4884),
//! among them label stacks (RFC 4950) and interface information (RFC 5837).
use crate::ip::IpPacket;
use crate::mpls::Lse;
use crate::tcp::Tcp;
use crate::udp::Udp;
use crate::WireError;
use alloc::vec::Vec;
use core::net::IpAddr;

/// Message types, ICMP and ICMPv6.
pub mod types {
    pub const V4_ECHO_REPLY: u8 = 0;
    pub const V4_UNREACHABLE: u8 = 3;
    pub const V4_REDIRECT: u8 = 5;
    pub const V4_ECHO: u8 = 8;
    pub const V4_TIME_EXCEEDED: u8 = 11;
    pub const V4_PARAMETER_PROBLEM: u8 = 12;
    pub const V6_UNREACHABLE: u8 = 1;
    pub const V6_PACKET_TOO_BIG: u8 = 2;
    pub const V6_TIME_EXCEEDED: u8 = 3;
    pub const V6_PARAMETER_PROBLEM: u8 = 4;
    pub const V6_ECHO: u8 = 128;
    pub const V6_ECHO_REPLY: u8 = 129;
}

/// What an error message is about, the same for both IP versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind { TimeExceeded, Unreachable, PacketTooBig, ParameterProblem, Redirect }

/// One ICMP or ICMPv6 message.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Icmp<'a> {
    EchoRequest { ident: u16, sequence: u16, payload: &'a [u8] },
    EchoReply { ident: u16, sequence: u16, payload: &'a [u8] },
    Error(IcmpError<'a>),
    /// Anything else, kept raw.
    Other { icmp_type: u8, icmp_code: u8, body: &'a [u8] },
}

/// An error message: the quoted packet and its extensions.
#[derive(Clone, Copy, Debug)]
pub struct IcmpError<'a> {
    pub kind: ErrorKind,
    pub icmp_type: u8,
    pub icmp_code: u8,
    /// Next-hop MTU of "fragmentation needed" and "packet too big", else 0.
    pub mtu: u32,
    /// The length field of RFC 4884 in bytes (4-byte words for ICMP, 8-byte for ICMPv6); 0 from legacy senders.
    pub stated_quote_len: usize,
    /// The raw bytes of the original datagram (extensions and zero padding cut off where recognised).
    pub quote: &'a [u8],
    /// The raw extension structure with its 4-byte header, if a plausible one is there; may fail its checksum.
    pub extensions: Option<Extensions<'a>>,
}

impl<'a> Icmp<'a> {
    /// Reads a message over IPv4 (`v6 == false`) or IPv6, without checking the checksum.
    pub fn parse(bytes: &'a [u8], v6: bool) -> Result<Self, WireError> { todo!() }
    /// Whether the checksum is right; the addresses matter for ICMPv6 only.
    pub fn checksum_ok(bytes: &[u8], source: IpAddr, destination: IpAddr) -> bool { todo!() }
}

/// The transport header inside a quote, as far as it goes.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum QuotedTransport<'a> {
    Echo { ident: u16, sequence: u16, checksum: u16, payload: &'a [u8], is_reply: bool },
    Udp(Udp<'a>),
    Tcp(Tcp<'a>),
    Other(&'a [u8]),
    /// Fewer bytes than the header needs: the field that was short is in the error.
    Short(WireError),
}

impl<'a> IcmpError<'a> {
    pub fn quoted_ip(&self) -> Result<IpPacket<'a>, WireError> { todo!() }
    pub fn quoted_transport(&self) -> Result<(IpPacket<'a>, QuotedTransport<'a>), WireError> { todo!() }
}

/// The extension structure of RFC 4884 section 7.
#[derive(Clone, Copy, Debug)]
pub struct Extensions<'a> { bytes: &'a [u8] }

impl<'a> Extensions<'a> {
    /// `Some(true)`: right; `Some(false)`: wrong; `None`: zero, that is, not computed by the sender.
    pub fn checksum_ok(&self) -> Option<bool> { todo!() }
    /// Objects in order; ends at the first whose length does not fit.
    pub fn objects(&self) -> impl Iterator<Item = Object<'a>> { core::iter::empty() }
    /// Byte offset within the structure at which an object did not fit, if one did not.
    pub fn malformed_at(&self) -> Option<usize> { todo!() }
}

/// One extension object.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Object<'a> {
    /// RFC 4950: class 1, type 1. Iterate with `mpls::entries`.
    LabelStack { raw: &'a [u8] },
    /// RFC 5837: class 2.
    Interface(InterfaceInfo<'a>),
    Unknown { class: u8, c_type: u8, payload: &'a [u8] },
}

/// RFC 5837 interface information.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterfaceInfo<'a> {
    /// 0 incoming, 1 sub-IP component of incoming, 2 outgoing, 3 next hop.
    pub role: u8,
    pub if_index: Option<u32>,
    pub address: Option<IpAddr>,
    /// UTF-8 as sent, padding removed; not necessarily valid.
    pub name: Option<&'a [u8]>,
    pub mtu: Option<u32>,
}

/// Appends an echo request or reply with its checksum.
pub fn emit_echo(source: IpAddr, destination: IpAddr, is_reply: bool, ident: u16, sequence: u16, payload: &[u8], out: &mut Vec<u8>) { todo!() }

/// How an error message is written; the lab's routers use every variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtensionStyle {
    /// RFC 4884: quote zero-padded to 128 bytes, length field set, checksum computed.
    Rfc4884,
    /// Extensions at byte 128, length field 0 (older senders).
    LengthZero,
    /// Length field and extension checksum both 0 (NetBSD).
    LengthAndChecksumZero,
    /// Length field 17 words, yet extensions at byte 128 (seen in a capture of AT&T).
    Length17At128,
}

/// What is needed to write an error message.
#[derive(Clone, Copy, Debug)]
pub struct ErrorBuild<'a> {
    pub icmp_type: u8,
    pub icmp_code: u8,
    /// Bytes 4..8 of the message apart from the length field: MTU, pointer or gateway.
    pub rest: u32,
    /// The original datagram, already cut as the sender cuts it.
    pub quote: &'a [u8],
    /// Whole extension objects, each with its 4-byte header; empty for none.
    pub objects: &'a [u8],
    pub style: ExtensionStyle,
}

impl ErrorBuild<'_> {
    /// Appends the message with its checksum; the family is that of the addresses.
    pub fn emit(&self, source: IpAddr, destination: IpAddr, out: &mut Vec<u8>) { todo!() }
}

/// Appends an RFC 4950 object with its header.
pub fn emit_label_stack(stack: &[Lse], out: &mut Vec<u8>) { todo!() }
/// Appends an RFC 5837 object with its header.
pub fn emit_interface_info(info: &InterfaceInfo<'_>, out: &mut Vec<u8>) { todo!() }
