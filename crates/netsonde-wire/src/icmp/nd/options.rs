//! Options of Neighbour Discovery (RFC 4861 section 4.6).
use crate::WireError;
use crate::ethernet::MacAddr;
use alloc::vec::Vec;
use core::net::Ipv6Addr;

const SOURCE_LINK_LAYER: u8 = 1;
const TARGET_LINK_LAYER: u8 = 2;
const PREFIX_INFORMATION: u8 = 3;
const REDIRECTED_HEADER: u8 = 4;
const MTU: u8 = 5;
/// Lengths are in units of eight bytes.
const UNIT: usize = 8;
const ON_LINK: u8 = 0x80;
const AUTONOMOUS: u8 = 0x40;

/// One option; unknown kinds are kept raw, and so are known ones of a wrong length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NdOption<'a> {
    /// Type 1: the sender's link-layer address.
    SourceLinkLayer(MacAddr),
    /// Type 2: the target's link-layer address.
    TargetLinkLayer(MacAddr),
    /// Type 3.
    Prefix(PrefixInformation),
    /// Type 4: the beginning of the packet that was redirected, padding included.
    RedirectedHeader(&'a [u8]),
    /// Type 5: of the link.
    Mtu(u32),
    /// Any other type.
    Unknown {
        /// Type as sent.
        kind: u8,
        /// What follows type and length.
        data: &'a [u8],
    },
}

/// A prefix that is used on the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrefixInformation {
    /// Bits that count in `prefix`.
    pub prefix_len: u8,
    /// Whether its addresses are reached without a router.
    pub on_link: bool,
    /// Whether hosts may make addresses from it.
    pub autonomous: bool,
    /// In seconds; all ones for ever.
    pub valid_lifetime_s: u32,
    /// In seconds; all ones for ever.
    pub preferred_lifetime_s: u32,
    /// The prefix.
    pub prefix: Ipv6Addr,
}

/// The options in order; ends at the first one that does not fit. `Nd::parse` has refused such messages.
pub fn options(bytes: &[u8]) -> impl Iterator<Item = NdOption<'_>> {
    let mut rest = bytes;
    core::iter::from_fn(move || {
        let (kind, data, after) = split(rest).ok()?;
        rest = after;
        Some(read(kind, data))
    })
}

/// Whether every option fits.
pub(super) fn check(mut bytes: &[u8]) -> Result<(), WireError> {
    while !bytes.is_empty() {
        (_, _, bytes) = split(bytes)?;
    }
    Ok(())
}

/// Type and data of the first option, and what follows it.
fn split(bytes: &[u8]) -> Result<(u8, &[u8], &[u8]), WireError> {
    let got = bytes.len();
    match *bytes {
        [] => Err(WireError::Short {
            field: "nd.option.type",
            needed: 1,
            got,
        }),
        [_] => Err(WireError::Short {
            field: "nd.option.length",
            needed: 2,
            got,
        }),
        [_, 0, ..] => {
            let (field, expected) = ("nd.option.length", "1 or more");
            Err(WireError::Invalid {
                field,
                expected,
                found: 0,
            })
        }
        [kind, units, ref rest @ ..] => {
            let needed = usize::from(units) * UNIT;
            match rest.split_at_checked(needed - 2) {
                Some((data, rest)) => Ok((kind, data, rest)),
                None => Err(WireError::Short {
                    field: "nd.option.data",
                    needed,
                    got,
                }),
            }
        }
    }
}

fn read(kind: u8, data: &[u8]) -> NdOption<'_> {
    match (kind, data) {
        (SOURCE_LINK_LAYER, [_, _, _, _, _, _]) => NdOption::SourceLinkLayer(MacAddr::at(data)),
        (TARGET_LINK_LAYER, [_, _, _, _, _, _]) => NdOption::TargetLinkLayer(MacAddr::at(data)),
        (PREFIX_INFORMATION, _) => {
            read_prefix(data).map_or(NdOption::Unknown { kind, data }, NdOption::Prefix)
        }
        (REDIRECTED_HEADER, [_, _, _, _, _, _, packet @ ..]) => NdOption::RedirectedHeader(packet),
        (MTU, &[_, _, a, b, c, d]) => NdOption::Mtu(u32::from_be_bytes([a, b, c, d])),
        _ => NdOption::Unknown { kind, data },
    }
}

fn read_prefix(data: &[u8]) -> Option<PrefixInformation> {
    let data: &[u8; 30] = data.try_into().ok()?;
    let [prefix_len, flags, v0, v1, v2, v3, p0, p1, p2, p3, ..] = *data;
    Some(PrefixInformation {
        prefix_len,
        on_link: flags & ON_LINK != 0,
        autonomous: flags & AUTONOMOUS != 0,
        valid_lifetime_s: u32::from_be_bytes([v0, v1, v2, v3]),
        preferred_lifetime_s: u32::from_be_bytes([p0, p1, p2, p3]),
        prefix: Ipv6Addr::from(*data.last_chunk::<16>()?),
    })
}

/// Appends one option, zero-padded to eight bytes; data that the length cannot say is cut off.
pub fn emit_option(option: NdOption<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    let kind = match option {
        NdOption::SourceLinkLayer(_) => SOURCE_LINK_LAYER,
        NdOption::TargetLinkLayer(_) => TARGET_LINK_LAYER,
        NdOption::Prefix(_) => PREFIX_INFORMATION,
        NdOption::RedirectedHeader(_) => REDIRECTED_HEADER,
        NdOption::Mtu(_) => MTU,
        NdOption::Unknown { kind, .. } => kind,
    };
    out.extend_from_slice(&[kind, 0]);
    match option {
        NdOption::SourceLinkLayer(mac) | NdOption::TargetLinkLayer(mac) => {
            out.extend_from_slice(&mac.0);
        }
        NdOption::Prefix(prefix) => emit_prefix(&prefix, out),
        NdOption::RedirectedHeader(packet) => {
            out.extend_from_slice(&[0; 6]);
            out.extend_from_slice(packet);
        }
        NdOption::Mtu(mtu) => {
            out.extend_from_slice(&[0; 2]);
            out.extend_from_slice(&mtu.to_be_bytes());
        }
        NdOption::Unknown { data, .. } => out.extend_from_slice(data),
    }
    let units = u8::try_from((out.len() - start).div_ceil(UNIT)).unwrap_or(u8::MAX);
    out.resize(start + usize::from(units) * UNIT, 0);
    out[start + 1] = units;
}

fn emit_prefix(prefix: &PrefixInformation, out: &mut Vec<u8>) {
    let bit = |set: bool, bit: u8| if set { bit } else { 0 };
    let flags = bit(prefix.on_link, ON_LINK) | bit(prefix.autonomous, AUTONOMOUS);
    out.extend_from_slice(&[prefix.prefix_len, flags]);
    out.extend_from_slice(&prefix.valid_lifetime_s.to_be_bytes());
    out.extend_from_slice(&prefix.preferred_lifetime_s.to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&prefix.prefix.octets());
}
