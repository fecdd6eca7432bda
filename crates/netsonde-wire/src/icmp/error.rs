//! Error messages and the packets they quote.
use super::{Extensions, echo_kind, locate, split_echo, types};
use crate::WireError;
use crate::ip::{IpPacket, protocol, v6};
use crate::tcp::Tcp;
use crate::udp::Udp;

/// What an error message is about, the same for both IP versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// TTL or hop limit reached 0, or a reassembly took too long.
    TimeExceeded,
    /// The packet cannot be delivered; the code says why.
    Unreachable,
    /// `ICMPv6` "packet too big", or ICMP "fragmentation needed" (type 3, code 4).
    PacketTooBig,
    /// A field of the packet makes no sense to the sender.
    ParameterProblem,
    /// ICMP only: there is a better first hop.
    Redirect,
}

impl ErrorKind {
    /// The kind of a type and code; `None` for other messages.
    pub(super) fn of(icmp_type: u8, icmp_code: u8, v6: bool) -> Option<Self> {
        match (v6, icmp_type, icmp_code) {
            (false, types::V4_TIME_EXCEEDED, _) | (true, types::V6_TIME_EXCEEDED, _) => {
                Some(Self::TimeExceeded)
            }
            (false, types::V4_UNREACHABLE, FRAGMENTATION_NEEDED)
            | (true, types::V6_PACKET_TOO_BIG, _) => Some(Self::PacketTooBig),
            (false, types::V4_UNREACHABLE, _) | (true, types::V6_UNREACHABLE, _) => {
                Some(Self::Unreachable)
            }
            (false, types::V4_PARAMETER_PROBLEM, _) | (true, types::V6_PARAMETER_PROBLEM, _) => {
                Some(Self::ParameterProblem)
            }
            (false, types::V4_REDIRECT, _) => Some(Self::Redirect),
            _ => None,
        }
    }
}

const FRAGMENTATION_NEEDED: u8 = 4;

/// An error message: the quoted packet and its extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpError<'a> {
    /// What it is about.
    pub kind: ErrorKind,
    /// Type as sent.
    pub icmp_type: u8,
    /// Code as sent.
    pub icmp_code: u8,
    /// Next-hop MTU of "fragmentation needed" and "packet too big", else 0.
    pub mtu: u32,
    /// Bytes 4..8 as sent: gateway of a redirect, pointer of a parameter problem, length, MTU.
    pub rest: u32,
    /// The length field of RFC 4884 in bytes (4-byte words for ICMP, 8-byte for `ICMPv6`); 0 from legacy senders.
    pub stated_quote_len: usize,
    /// The raw bytes of the original datagram (extensions and zero padding cut off where recognised).
    pub quote: &'a [u8],
    /// The raw extension structure with its 4-byte header, if a plausible one is there; may fail its checksum.
    pub extensions: Option<Extensions<'a>>,
}

/// The transport header inside a quote, as far as it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QuotedTransport<'a> {
    /// An echo request or reply.
    Echo {
        /// Identifier.
        ident: u16,
        /// Sequence number.
        sequence: u16,
        /// As quoted.
        checksum: u16,
        /// What is there of it.
        payload: &'a [u8],
        /// Whether it is a reply.
        is_reply: bool,
    },
    /// A UDP datagram.
    Udp(Udp<'a>),
    /// A TCP segment.
    Tcp(Tcp<'a>),
    /// Another protocol, another ICMP type, or a fragment that is not the first.
    Other(&'a [u8]),
    /// Fewer bytes than the header needs: the field that was short is in the error.
    Short(WireError),
}

impl<'a> IcmpError<'a> {
    /// Reads what follows the checksum: `rest` is bytes 4..8, `body` what comes after.
    pub(super) fn read(
        kind: ErrorKind,
        [icmp_type, icmp_code]: [u8; 2],
        rest: [u8; 4],
        body: &'a [u8],
        v6: bool,
    ) -> Self {
        let stated_quote_len = match (kind, v6) {
            (ErrorKind::TimeExceeded | ErrorKind::Unreachable, true) => usize::from(rest[0]) * 8,
            // RFC 4884 changes no other ICMPv6 message, and no redirect.
            (_, true) | (ErrorKind::Redirect, false) => 0,
            (_, false) => usize::from(rest[1]) * 4,
        };
        let mtu = match (kind, v6) {
            (ErrorKind::PacketTooBig, false) => u32::from(u16::from_be_bytes([rest[2], rest[3]])),
            (ErrorKind::PacketTooBig, true) => u32::from_be_bytes(rest),
            _ => 0,
        };
        let extensible = match kind {
            ErrorKind::TimeExceeded | ErrorKind::Unreachable => true,
            ErrorKind::PacketTooBig | ErrorKind::ParameterProblem => !v6,
            ErrorKind::Redirect => false,
        };
        let (quote, extensions) = if extensible {
            locate::split(body, stated_quote_len)
        } else {
            (body, None)
        };
        Self {
            kind,
            icmp_type,
            icmp_code,
            mtu,
            rest: u32::from_be_bytes(rest),
            stated_quote_len,
            quote: locate::without_padding(quote),
            extensions,
        }
    }

    /// The header of the quoted packet.
    ///
    /// # Errors
    /// As of [`IpPacket::parse_quote`].
    pub fn quoted_ip(&self) -> Result<IpPacket<'a>, WireError> {
        IpPacket::parse_quote(self.quote)
    }

    /// The header of the quoted packet and the transport header in it, as far as that goes.
    ///
    /// # Errors
    /// As of [`IpPacket::parse_quote`]; a cut transport header is no error.
    pub fn quoted_transport(&self) -> Result<(IpPacket<'a>, QuotedTransport<'a>), WireError> {
        let packet = self.quoted_ip()?;
        Ok((packet, transport(&packet)))
    }
}

fn transport<'a>(packet: &IpPacket<'a>) -> QuotedTransport<'a> {
    let bytes = packet.payload;
    if packet.header.fragment_offset != 0 {
        return QuotedTransport::Other(bytes);
    }
    let is_v6 = packet.header.source.is_ipv6();
    match packet.header.protocol {
        protocol::UDP => Udp::parse_quote(bytes).map(QuotedTransport::Udp),
        protocol::TCP => Tcp::parse_quote(bytes).map(QuotedTransport::Tcp),
        protocol::ICMP if !is_v6 => quoted_icmp(bytes, false),
        protocol::ICMPV6 if is_v6 => quoted_icmp(bytes, true),
        kind if is_v6 => {
            v6::cut_extension(kind, bytes).map_or(Ok(QuotedTransport::Other(bytes)), Err)
        }
        _ => Ok(QuotedTransport::Other(bytes)),
    }
    .unwrap_or_else(QuotedTransport::Short)
}

fn quoted_icmp(bytes: &[u8], v6: bool) -> Result<QuotedTransport<'_>, WireError> {
    let is_reply = match bytes.first() {
        Some(icmp_type) => echo_kind(*icmp_type, v6),
        None => {
            return Err(WireError::Short {
                field: "icmp.type",
                needed: 1,
                got: 0,
            });
        }
    };
    let Some(is_reply) = is_reply else {
        return Ok(QuotedTransport::Other(bytes));
    };
    let (ident, sequence, payload) = split_echo(bytes)?;
    let checksum = bytes
        .first_chunk::<4>()
        .map_or(0, |b| u16::from_be_bytes([b[2], b[3]]));
    Ok(QuotedTransport::Echo {
        ident,
        sequence,
        checksum,
        payload,
        is_reply,
    })
}
