//! Extension headers one by one, and the options in them.
use super::{EXTENSIONS_MAX, HEADER_LEN};
use crate::WireError;
use crate::error::Fields;
use alloc::vec::Vec;

/// Numbers of the extension headers that are read.
pub mod kind {
    /// Hop-by-hop options.
    pub const HOP_BY_HOP: u8 = 0;
    /// Routing.
    pub const ROUTING: u8 = 43;
    /// Fragment.
    pub const FRAGMENT: u8 = 44;
    /// Authentication (RFC 4302).
    pub const AUTHENTICATION: u8 = 51;
    /// Nothing follows.
    pub const NONE: u8 = 59;
    /// Destination options.
    pub const DESTINATION: u8 = 60;
}

/// An extension header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    /// See [`kind`].
    pub kind: u8,
    /// What follows its first two bytes: options, routing data, or fragment offset and identification.
    pub body: &'a [u8],
}

/// The whole extension headers of a packet in order, at most [`EXTENSIONS_MAX`]; nothing if it is not IPv6.
pub fn extensions(packet: &[u8]) -> impl Iterator<Item = Extension<'_>> {
    let fixed = packet
        .first_chunk::<HEADER_LEN>()
        .filter(|fixed| fixed[0] >> 4 == 6);
    let mut next = fixed.map_or(kind::NONE, |fixed| fixed[6]);
    let mut rest = packet.get(HEADER_LEN..).unwrap_or_default();
    let walk = core::iter::from_fn(move || {
        let kind = next;
        let (header, after) = rest.split_at_checked(len(kind, rest)?.ok()?)?;
        let (&[next_header, _], body) = header.split_first_chunk()?;
        let is_later_fragment = kind == kind::FRAGMENT && !matches!(body, [0, 0..=7, ..]);
        next = if is_later_fragment {
            kind::NONE
        } else {
            next_header
        };
        rest = after;
        Some(Extension { kind, body })
    });
    walk.take(EXTENSIONS_MAX)
}

/// Appends extension headers before an upper-layer protocol and returns the number of the first:
/// what `IpBuild::protocol` must be. Bodies are zero-padded to the size their kind wants, and cut
/// at what its length field can say.
pub fn emit_extensions(headers: &[Extension<'_>], upper: u8, out: &mut Vec<u8>) -> u8 {
    let next_headers = headers
        .iter()
        .skip(1)
        .map(|header| header.kind)
        .chain([upper]);
    for (header, next_header) in headers.iter().zip(next_headers) {
        let start = out.len();
        let (unit, first) = match header.kind {
            kind::AUTHENTICATION => (4, 8),
            _ => (8, 8),
        };
        let longest = if header.kind == kind::FRAGMENT {
            first
        } else {
            first + 255 * unit
        };
        let whole = (2 + header.body.len())
            .next_multiple_of(unit)
            .clamp(first, longest);
        let units = u8::try_from((whole - first) / unit).unwrap_or(u8::MAX);
        out.extend_from_slice(&[next_header, units]);
        out.extend_from_slice(header.body.get(..whole - 2).unwrap_or(header.body));
        out.resize(start + whole, 0);
    }
    headers.first().map_or(upper, |header| header.kind)
}

/// Type and data of each option in the body of a hop-by-hop or destination options header, padding
/// left out; ends at the first that does not fit.
pub fn options(body: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = body;
    core::iter::from_fn(move || {
        loop {
            match *rest {
                [] | [_] => return None,
                [0, ref after @ ..] => rest = after,
                [option_type, length, ref after @ ..] => {
                    let (data, after) = after.split_at_checked(usize::from(length))?;
                    rest = after;
                    if option_type != 1 {
                        return Some((option_type, data));
                    }
                }
            }
        }
    })
}

/// Appends options, then the padding that a header of them needs (RFC 8200 section 4.2).
pub fn emit_options(list: &[(u8, &[u8])], out: &mut Vec<u8>) {
    let start = out.len();
    for (option_type, data) in list {
        let data = data.get(..255).unwrap_or(data);
        out.extend_from_slice(&[*option_type, u8::try_from(data.len()).unwrap_or(u8::MAX)]);
        out.extend_from_slice(data);
    }
    // The two bytes before the body count.
    match (8 - (2 + out.len() - start) % 8) % 8 {
        0 => {}
        1 => out.push(0),
        gap => {
            let end = out.len() + gap;
            out.extend_from_slice(&[1, u8::try_from(gap - 2).unwrap_or_default()]);
            out.resize(end, 0);
        }
    }
}

/// Length of the extension header at the start of `bytes`, or why it is not whole;
/// `None` if `kind` is an upper-layer protocol.
pub(super) fn len(kind: u8, bytes: &[u8]) -> Option<Result<usize, WireError>> {
    let (fields, body) = fields(kind)?;
    let got = bytes.len();
    let [_, units, ..] = *bytes else {
        return Some(Err(WireError::short(fields, got)));
    };
    let units = usize::from(units);
    let needed = match kind {
        kind::FRAGMENT => 8,
        kind::AUTHENTICATION => (units + 2) * 4,
        _ => (units + 1) * 8,
    };
    let is_cut = got < needed;
    Some(if is_cut {
        Err(WireError::Short {
            field: body,
            needed,
            got,
        })
    } else {
        Ok(needed)
    })
}

/// Names of the two bytes that start an extension header, and of what follows them.
fn fields(kind: u8) -> Option<(&'static Fields, &'static str)> {
    Some(match kind {
        kind::HOP_BY_HOP => (
            &[
                ("ipv6.hop_by_hop.next_header", 1),
                ("ipv6.hop_by_hop.length", 2),
            ],
            "ipv6.hop_by_hop.options",
        ),
        kind::ROUTING => (
            &[("ipv6.routing.next_header", 1), ("ipv6.routing.length", 2)],
            "ipv6.routing.data",
        ),
        kind::FRAGMENT => (
            &[
                ("ipv6.fragment.next_header", 1),
                ("ipv6.fragment.reserved", 2),
            ],
            "ipv6.fragment.identification",
        ),
        kind::AUTHENTICATION => (
            &[
                ("ipv6.authentication.next_header", 1),
                ("ipv6.authentication.length", 2),
            ],
            "ipv6.authentication.data",
        ),
        kind::DESTINATION => (
            &[
                ("ipv6.destination_options.next_header", 1),
                ("ipv6.destination_options.length", 2),
            ],
            "ipv6.destination_options.options",
        ),
        _ => return None,
    })
}
