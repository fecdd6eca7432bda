//! IPv4: the header and its options (RFC 791).
use super::{IpHeader, IpPacket};
use crate::error::Fields;
use crate::{WireError, checksum};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};

/// Bytes of a header without options.
pub const HEADER_LEN: usize = 20;

const FIELDS: &Fields = &[
    ("ipv4.version", 1),
    ("ipv4.tos", 2),
    ("ipv4.total_length", 4),
    ("ipv4.identification", 6),
    ("ipv4.fragment", 8),
    ("ipv4.ttl", 9),
    ("ipv4.protocol", 10),
    ("ipv4.checksum", 12),
    ("ipv4.source", 16),
    ("ipv4.destination", HEADER_LEN),
];

pub(super) fn parse(bytes: &[u8]) -> Result<IpPacket<'_>, WireError> {
    let packet = parse_quote(bytes)?;
    let IpHeader {
        header_len,
        total_len,
        ..
    } = packet.header;
    let got = bytes.len();
    let Some(header) = bytes.get(..header_len) else {
        return Err(WireError::Short {
            field: "ipv4.options",
            needed: header_len,
            got,
        });
    };
    if total_len < header_len {
        let (field, expected) = ("ipv4.total_length", "at least the header length");
        return Err(WireError::Invalid {
            field,
            expected,
            found: u32::from(u16::from_be_bytes([header[2], header[3]])),
        });
    }
    if packet.truncated {
        return Err(WireError::Short {
            field: "ipv4.payload",
            needed: total_len,
            got,
        });
    }
    if checksum::internet(header) != 0 {
        let (field, expected) = ("ipv4.checksum", "the sum of the header");
        let found = u32::from(u16::from_be_bytes([header[10], header[11]]));
        return Err(WireError::Invalid {
            field,
            expected,
            found,
        });
    }
    Ok(packet)
}

pub(super) fn parse_quote(bytes: &[u8]) -> Result<IpPacket<'_>, WireError> {
    let Some((fixed, rest)) = bytes.split_first_chunk::<HEADER_LEN>() else {
        return Err(WireError::short(FIELDS, bytes.len()));
    };
    let words = fixed[0] & 0x0f;
    let header_len = usize::from(words) * 4;
    let Some(options_len) = header_len.checked_sub(HEADER_LEN) else {
        let (field, expected) = ("ipv4.header_length", "5 or more");
        return Err(WireError::Invalid {
            field,
            expected,
            found: u32::from(words),
        });
    };
    let total_len = usize::from(u16::from_be_bytes([fixed[2], fixed[3]]));
    let (options, after) = rest.split_at_checked(options_len).unwrap_or((rest, &[]));
    // A total length that cannot be, as some senders mangle it in quotes, cuts nothing.
    let payload_len = total_len.checked_sub(header_len).unwrap_or(after.len());
    let fragment = u16::from_be_bytes([fixed[6], fixed[7]]);
    let header = IpHeader {
        source: IpAddr::V4(Ipv4Addr::new(fixed[12], fixed[13], fixed[14], fixed[15])),
        destination: IpAddr::V4(Ipv4Addr::new(fixed[16], fixed[17], fixed[18], fixed[19])),
        protocol: fixed[9],
        ttl: fixed[8],
        tos: fixed[1],
        ident: Some(u32::from(u16::from_be_bytes([fixed[4], fixed[5]]))),
        flow_label: 0,
        dont_fragment: fragment & 0x4000 != 0,
        more_fragments: fragment & 0x2000 != 0,
        fragment_offset: (fragment & 0x1fff) << 3,
        header_len,
        total_len,
    };
    let truncated = bytes.len() < total_len.max(header_len);
    Ok(IpPacket {
        header,
        options,
        payload: after.get(..payload_len).unwrap_or(after),
        truncated,
    })
}

/// One option of an IPv4 header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ipv4Option<'a> {
    /// Type 1, padding.
    Nop,
    /// Type 7 (RFC 791): where the next address goes, and the addresses.
    RecordRoute {
        /// Offset of the next free slot from the start of the option, 1 for its first byte.
        pointer: u8,
        /// Slots of four bytes, filled or not.
        route: &'a [u8],
    },
    /// Type 148 (RFC 2113).
    RouterAlert(u16),
    /// Any other type, raw.
    Unknown {
        /// Copied flag, class and number, as sent.
        option_type: u8,
        /// What follows type and length.
        data: &'a [u8],
    },
}

/// The most bytes of options that a header has room for.
pub const OPTIONS_MAX: usize = 40;

/// Appends one option; data past 253 bytes, which no header has room for, is cut off.
pub fn emit_option(option: Ipv4Option<'_>, out: &mut Vec<u8>) {
    match option {
        Ipv4Option::Nop => out.push(1),
        Ipv4Option::RecordRoute { pointer, route } => {
            emit_raw(7, &[pointer], route, out);
        }
        Ipv4Option::RouterAlert(value) => emit_raw(148, &value.to_be_bytes(), &[], out),
        Ipv4Option::Unknown { option_type, data } => emit_raw(option_type, &[], data, out),
    }
}

fn emit_raw(option_type: u8, head: &[u8], tail: &[u8], out: &mut Vec<u8>) {
    let tail = tail.get(..253 - head.len()).unwrap_or(tail);
    let length = u8::try_from(2 + head.len() + tail.len()).unwrap_or(u8::MAX);
    out.extend_from_slice(&[option_type, length]);
    out.extend_from_slice(head);
    out.extend_from_slice(tail);
}

/// The options in order; ends at the end-of-list or at the first one that does not fit.
pub fn options(bytes: &[u8]) -> impl Iterator<Item = Ipv4Option<'_>> {
    let mut rest = bytes;
    core::iter::from_fn(move || {
        let (option, after) = split_option(rest)?;
        rest = after;
        Some(option)
    })
}

fn split_option(bytes: &[u8]) -> Option<(Ipv4Option<'_>, &[u8])> {
    match *bytes {
        [] | [0, ..] => None,
        [1, ref rest @ ..] => Some((Ipv4Option::Nop, rest)),
        [option_type, length, ref rest @ ..] => {
            let (data, rest) = rest.split_at_checked(usize::from(length).checked_sub(2)?)?;
            let option = match (option_type, data) {
                (7, &[pointer, ref route @ ..]) => Ipv4Option::RecordRoute { pointer, route },
                (148, &[a, b]) => Ipv4Option::RouterAlert(u16::from_be_bytes([a, b])),
                _ => Ipv4Option::Unknown { option_type, data },
            };
            Some((option, rest))
        }
        [_] => None,
    }
}
