//! ICMP (RFC 792) and `ICMPv6` (RFC 4443) with quoted packets and multi-part extensions (RFC 4884),
//! among them label stacks (RFC 4950) and interface information (RFC 5837).
mod build;
mod error;
mod extensions;
mod interface;
mod locate;
pub mod nd;

pub use build::{ErrorBuild, ExtensionStyle, emit_echo, emit_label_stack};
pub use error::{ErrorKind, IcmpError, QuotedTransport};
pub use extensions::{Extensions, Object};
pub use interface::{InterfaceInfo, emit_interface_info};

use crate::error::Fields;
use crate::{WireError, checksum, ip};
use core::net::IpAddr;

/// Message types, ICMP and `ICMPv6`.
pub mod types {
    /// ICMP echo reply.
    pub const V4_ECHO_REPLY: u8 = 0;
    /// ICMP destination unreachable.
    pub const V4_UNREACHABLE: u8 = 3;
    /// ICMP redirect.
    pub const V4_REDIRECT: u8 = 5;
    /// ICMP echo request.
    pub const V4_ECHO: u8 = 8;
    /// ICMP time exceeded.
    pub const V4_TIME_EXCEEDED: u8 = 11;
    /// ICMP parameter problem.
    pub const V4_PARAMETER_PROBLEM: u8 = 12;
    /// `ICMPv6` destination unreachable.
    pub const V6_UNREACHABLE: u8 = 1;
    /// `ICMPv6` packet too big.
    pub const V6_PACKET_TOO_BIG: u8 = 2;
    /// `ICMPv6` time exceeded.
    pub const V6_TIME_EXCEEDED: u8 = 3;
    /// `ICMPv6` parameter problem.
    pub const V6_PARAMETER_PROBLEM: u8 = 4;
    /// `ICMPv6` echo request.
    pub const V6_ECHO: u8 = 128;
    /// `ICMPv6` echo reply.
    pub const V6_ECHO_REPLY: u8 = 129;
}

/// Type, code, checksum and the four bytes that each type uses in its own way.
pub(crate) const HEADER_LEN: usize = 8;

pub(crate) const BASE_FIELDS: &Fields = &[("icmp.type", 1), ("icmp.code", 2), ("icmp.checksum", 4)];
const ECHO_FIELDS: &Fields = &[
    ("icmp.type", 1),
    ("icmp.code", 2),
    ("icmp.checksum", 4),
    ("icmp.identifier", 6),
    ("icmp.sequence", HEADER_LEN),
];
const ERROR_FIELDS: &Fields = &[("icmp.checksum", 4), ("icmp.rest_of_header", HEADER_LEN)];

/// One ICMP or `ICMPv6` message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Icmp<'a> {
    /// A ping.
    EchoRequest {
        /// Identifier.
        ident: u16,
        /// Sequence number.
        sequence: u16,
        /// What follows, to be returned.
        payload: &'a [u8],
    },
    /// Its answer.
    EchoReply {
        /// Identifier, returned.
        ident: u16,
        /// Sequence number, returned.
        sequence: u16,
        /// Payload, returned.
        payload: &'a [u8],
    },
    /// An error about a packet that was sent.
    Error(IcmpError<'a>),
    /// Anything else, kept raw.
    Other {
        /// Type.
        icmp_type: u8,
        /// Code.
        icmp_code: u8,
        /// What follows the checksum.
        body: &'a [u8],
    },
}

impl<'a> Icmp<'a> {
    /// Reads a message over IPv4 (`v6 == false`) or IPv6, without checking the checksum.
    ///
    /// # Errors
    /// `Short` when the message ends inside its header; nothing else is refused.
    pub fn parse(bytes: &'a [u8], v6: bool) -> Result<Self, WireError> {
        let Some((&[icmp_type, icmp_code, _, _], body)) = bytes.split_first_chunk() else {
            return Err(WireError::short(BASE_FIELDS, bytes.len()));
        };
        if let Some(is_reply) = echo_kind(icmp_type, v6) {
            let (ident, sequence, payload) = split_echo(bytes)?;
            return Ok(if is_reply {
                Self::EchoReply {
                    ident,
                    sequence,
                    payload,
                }
            } else {
                Self::EchoRequest {
                    ident,
                    sequence,
                    payload,
                }
            });
        }
        let Some(kind) = ErrorKind::of(icmp_type, icmp_code, v6) else {
            return Ok(Self::Other {
                icmp_type,
                icmp_code,
                body,
            });
        };
        let Some((rest, body)) = body.split_first_chunk() else {
            return Err(WireError::short(ERROR_FIELDS, bytes.len()));
        };
        Ok(Self::Error(IcmpError::read(
            kind,
            [icmp_type, icmp_code],
            *rest,
            body,
            v6,
        )))
    }

    /// Whether the checksum is right; the addresses matter for `ICMPv6` only.
    pub fn checksum_ok(bytes: &[u8], source: IpAddr, destination: IpAddr) -> bool {
        bytes.len() >= 4 && sum(bytes, source, destination) == 0
    }
}

/// Writes the checksum of the message that starts at `start`; the family is that of the addresses.
fn finish(start: usize, source: IpAddr, destination: IpAddr, out: &mut [u8]) {
    let message = &mut out[start..];
    debug_assert!(
        message.len() >= HEADER_LEN,
        "the header is written before its checksum"
    );
    let sum = sum(message, source, destination);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
}

/// The checksum over a message; the family is that of the addresses.
fn sum(bytes: &[u8], source: IpAddr, destination: IpAddr) -> u16 {
    match source {
        IpAddr::V4(_) => checksum::internet(bytes),
        IpAddr::V6(_) => checksum::upper_layer(source, destination, ip::protocol::ICMPV6, bytes),
    }
}

/// Whether a type is an echo reply, an echo request or neither.
fn echo_kind(icmp_type: u8, v6: bool) -> Option<bool> {
    match (v6, icmp_type) {
        (false, types::V4_ECHO) | (true, types::V6_ECHO) => Some(false),
        (false, types::V4_ECHO_REPLY) | (true, types::V6_ECHO_REPLY) => Some(true),
        _ => None,
    }
}

fn split_echo(bytes: &[u8]) -> Result<(u16, u16, &[u8]), WireError> {
    match bytes.split_first_chunk::<HEADER_LEN>() {
        Some((&[_, _, _, _, i0, i1, s0, s1], payload)) => Ok((
            u16::from_be_bytes([i0, i1]),
            u16::from_be_bytes([s0, s1]),
            payload,
        )),
        None => Err(WireError::short(ECHO_FIELDS, bytes.len())),
    }
}
