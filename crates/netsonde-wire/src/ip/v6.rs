//! IPv6: the header and its extension headers (RFC 8200, RFC 4302).
mod extension;

pub use extension::{Extension, emit_extensions, emit_options, extensions, kind, options};

use super::{IpHeader, IpPacket};
use crate::WireError;
use crate::error::Fields;
use core::net::{IpAddr, Ipv6Addr};

/// Bytes of the fixed header.
pub const HEADER_LEN: usize = 40;
/// More extension headers than this are refused: RFC 8200 lets a packet have six kinds, one of them twice.
pub const EXTENSIONS_MAX: usize = 8;

const FIELDS: &Fields = &[
    ("ipv6.version", 1),
    ("ipv6.traffic_class", 2),
    ("ipv6.flow_label", 4),
    ("ipv6.payload_length", 6),
    ("ipv6.next_header", 7),
    ("ipv6.hop_limit", 8),
    ("ipv6.source", 24),
    ("ipv6.destination", HEADER_LEN),
];

pub(super) fn parse(bytes: &[u8]) -> Result<IpPacket<'_>, WireError> {
    let (fixed, rest) = split_fixed(bytes)?;
    let payload_len = payload_length(fixed);
    let Some(rest) = rest.get(..payload_len) else {
        let (needed, got) = (HEADER_LEN + payload_len, bytes.len());
        return Err(WireError::Short {
            field: "ipv6.payload",
            needed,
            got,
        });
    };
    let chain = Chain::read(fixed[6], rest)?;
    match chain.cut {
        Some(error) => Err(error),
        None => Ok(chain.packet(fixed, rest)),
    }
}

pub(super) fn parse_quote(bytes: &[u8]) -> Result<IpPacket<'_>, WireError> {
    let (fixed, rest) = split_fixed(bytes)?;
    let rest = rest.get(..payload_length(fixed)).unwrap_or(rest);
    Ok(Chain::read(fixed[6], rest)?.packet(fixed, rest))
}

/// The error of a quote whose extension header of this kind is cut, if it is one and it is.
pub(crate) fn cut_extension(kind: u8, bytes: &[u8]) -> Option<WireError> {
    match extension::len(kind, bytes) {
        Some(Err(error)) => Some(error),
        _ => None,
    }
}

fn split_fixed(bytes: &[u8]) -> Result<(&[u8; HEADER_LEN], &[u8]), WireError> {
    bytes
        .split_first_chunk()
        .ok_or_else(|| WireError::short(FIELDS, bytes.len()))
}

fn payload_length(fixed: &[u8; HEADER_LEN]) -> usize {
    usize::from(u16::from_be_bytes([fixed[4], fixed[5]]))
}

/// What walking the extension headers finds.
struct Chain {
    len: usize,
    protocol: u8,
    /// Raw offset word and identification of a fragment header.
    fragment: Option<(u16, u32)>,
    cut: Option<WireError>,
}

impl Chain {
    fn read(first: u8, bytes: &[u8]) -> Result<Self, WireError> {
        let mut chain = Self {
            len: 0,
            protocol: first,
            fragment: None,
            cut: None,
        };
        for _ in 0..=EXTENSIONS_MAX {
            let rest = bytes.get(chain.len..).unwrap_or_default();
            match extension::len(chain.protocol, rest) {
                None => return Ok(chain),
                Some(Err(error)) => {
                    chain.cut = Some(error);
                    return Ok(chain);
                }
                Some(Ok(len)) => {
                    if chain.step(rest, len) {
                        return Ok(chain);
                    }
                }
            }
        }
        let (field, expected) = ("ipv6.extension_headers", "8 or fewer");
        Err(WireError::Invalid {
            field,
            expected,
            found: 9,
        })
    }

    /// Passes one whole extension header; true if what follows is not the start of a header.
    fn step(&mut self, header: &[u8], len: usize) -> bool {
        let kind = self.protocol;
        self.protocol = header.first().copied().unwrap_or(kind::NONE);
        self.len += len;
        if kind == kind::FRAGMENT
            && let Some(&[_, _, o0, o1, i0, i1, i2, i3]) = header.first_chunk()
        {
            let offset = u16::from_be_bytes([o0, o1]);
            self.fragment = Some((offset, u32::from_be_bytes([i0, i1, i2, i3])));
            return offset >> 3 != 0;
        }
        false
    }

    fn packet<'a>(&self, fixed: &[u8; HEADER_LEN], rest: &'a [u8]) -> IpPacket<'a> {
        let (options, payload) = rest.split_at_checked(self.len).unwrap_or((rest, &[]));
        let offset = self.fragment.map_or(0, |(offset, _)| offset);
        let header = IpHeader {
            source: address(fixed, 8),
            destination: address(fixed, 24),
            protocol: self.protocol,
            ttl: fixed[7],
            tos: (fixed[0] << 4) | (fixed[1] >> 4),
            ident: self.fragment.map(|(_, ident)| ident),
            flow_label: u32::from_be_bytes([0, fixed[1] & 0x0f, fixed[2], fixed[3]]),
            dont_fragment: true,
            more_fragments: offset & 1 != 0,
            fragment_offset: offset & !7,
            header_len: HEADER_LEN + self.len,
            total_len: HEADER_LEN + payload_length(fixed),
        };
        IpPacket {
            header,
            options,
            payload,
            truncated: HEADER_LEN + rest.len() < header.total_len,
        }
    }
}

fn address(fixed: &[u8; HEADER_LEN], at: usize) -> IpAddr {
    let octets = fixed.get(at..).and_then(|rest| rest.first_chunk::<16>());
    debug_assert!(octets.is_some(), "both addresses lie in the fixed header");
    IpAddr::V6(octets.map_or(Ipv6Addr::UNSPECIFIED, |octets| Ipv6Addr::from(*octets)))
}
