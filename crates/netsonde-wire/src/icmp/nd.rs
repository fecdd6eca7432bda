//! Neighbour Discovery for IPv6 (RFC 4861).
use crate::error::Fields;
use crate::ethernet::MacAddr;
use crate::{WireError, icmp};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv6Addr};

pub use options::{NdOption, PrefixInformation, emit_option, options};

mod options;

/// A message with another hop limit has crossed a router and must be ignored (RFC 4861 section 6.1).
pub const HOP_LIMIT: u8 = 255;

/// Message types.
pub mod types {
    /// Router solicitation.
    pub const ROUTER_SOLICITATION: u8 = 133;
    /// Router advertisement.
    pub const ROUTER_ADVERTISEMENT: u8 = 134;
    /// Neighbour solicitation.
    pub const NEIGHBOR_SOLICITATION: u8 = 135;
    /// Neighbour advertisement.
    pub const NEIGHBOR_ADVERTISEMENT: u8 = 136;
    /// Redirect.
    pub const REDIRECT: u8 = 137;
}

const HEADER: (&str, usize) = ("nd.checksum", 4);
const FIXED_FIELDS: [&Fields; 5] = [
    &[HEADER, ("nd.reserved", 8)],
    &[
        HEADER,
        ("nd.hop_limit", 5),
        ("nd.flags", 6),
        ("nd.router_lifetime", 8),
        ("nd.reachable_time", 12),
        ("nd.retransmit_timer", 16),
    ],
    &[HEADER, ("nd.reserved", 8), ("nd.target", 24)],
    &[HEADER, ("nd.flags", 8), ("nd.target", 24)],
    &[
        HEADER,
        ("nd.reserved", 8),
        ("nd.target", 24),
        ("nd.destination", 40),
    ],
];

const MANAGED: u8 = 0x80;
const OTHER_CONFIG: u8 = 0x40;
const ROUTER: u8 = 0x80;
const SOLICITED: u8 = 0x40;
const OVERRIDE: u8 = 0x20;

/// A parsed message. `options` are raw: read them with [`options`], write them with [`emit_option`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Nd<'a> {
    /// Which routers are here?
    RouterSolicitation {
        /// Raw options.
        options: &'a [u8],
    },
    /// I am one.
    RouterAdvertisement {
        /// The hop limit that hosts should use; 0 for no opinion.
        hop_limit: u8,
        /// Whether addresses come from `DHCPv6`.
        managed: bool,
        /// Whether other settings come from `DHCPv6`.
        other_config: bool,
        /// In seconds; 0 for no default router.
        router_lifetime_s: u16,
        /// In milliseconds; 0 for no opinion.
        reachable_time_ms: u32,
        /// In milliseconds; 0 for no opinion.
        retransmit_timer_ms: u32,
        /// Raw options.
        options: &'a [u8],
    },
    /// Who has the target address?
    NeighborSolicitation {
        /// The address asked for.
        target: Ipv6Addr,
        /// Raw options.
        options: &'a [u8],
    },
    /// I have it.
    NeighborAdvertisement {
        /// The address asked for.
        target: Ipv6Addr,
        /// Whether the sender is a router.
        is_router: bool,
        /// Whether this answers a solicitation.
        solicited: bool,
        /// Whether a cached link-layer address should be replaced.
        overrides: bool,
        /// Raw options.
        options: &'a [u8],
    },
    /// There is a better first hop.
    Redirect {
        /// That hop.
        target: Ipv6Addr,
        /// For packets to there.
        destination: Ipv6Addr,
        /// Raw options.
        options: &'a [u8],
    },
}

impl<'a> Nd<'a> {
    /// Reads a message and checks that its options fit. Checksum and hop limit are the caller's to check.
    ///
    /// # Errors
    /// `Short` when a field or an option is cut; `Invalid` for another type, a code that is not 0,
    /// or an option of length 0, all of which RFC 4861 wants discarded.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, WireError> {
        let Some((&[icmp_type, code, _, _], _)) = bytes.split_first_chunk() else {
            return Err(WireError::short(icmp::BASE_FIELDS, bytes.len()));
        };
        let Some(fields) = fields_of(icmp_type) else {
            let (field, expected) = ("nd.type", "133 to 137");
            return Err(WireError::Invalid {
                field,
                expected,
                found: u32::from(icmp_type),
            });
        };
        if code != 0 {
            let (field, expected) = ("nd.code", "0");
            return Err(WireError::Invalid {
                field,
                expected,
                found: u32::from(code),
            });
        }
        let fixed_len = fields.last().map_or(0, |(_, end)| *end);
        let Some((fixed, options)) = bytes.split_at_checked(fixed_len) else {
            return Err(WireError::short(fields, bytes.len()));
        };
        options::check(options)?;
        Ok(read(icmp_type, fixed, options))
    }

    /// Appends the message with its checksum.
    pub fn emit(&self, source: Ipv6Addr, destination: Ipv6Addr, out: &mut Vec<u8>) {
        let start = out.len();
        let (icmp_type, options) = self.type_and_options();
        out.extend_from_slice(&[icmp_type, 0, 0, 0]);
        self.emit_fixed(out);
        out.extend_from_slice(options);
        icmp::finish(start, IpAddr::V6(source), IpAddr::V6(destination), out);
    }

    fn type_and_options(&self) -> (u8, &'a [u8]) {
        match *self {
            Self::RouterSolicitation { options } => (types::ROUTER_SOLICITATION, options),
            Self::RouterAdvertisement { options, .. } => (types::ROUTER_ADVERTISEMENT, options),
            Self::NeighborSolicitation { options, .. } => (types::NEIGHBOR_SOLICITATION, options),
            Self::NeighborAdvertisement { options, .. } => (types::NEIGHBOR_ADVERTISEMENT, options),
            Self::Redirect { options, .. } => (types::REDIRECT, options),
        }
    }

    fn emit_fixed(&self, out: &mut Vec<u8>) {
        let bit = |set: bool, bit: u8| if set { bit } else { 0 };
        match *self {
            Self::RouterSolicitation { .. } => out.extend_from_slice(&[0; 4]),
            Self::RouterAdvertisement {
                hop_limit,
                managed,
                other_config,
                router_lifetime_s,
                reachable_time_ms,
                retransmit_timer_ms,
                ..
            } => {
                out.extend_from_slice(&[
                    hop_limit,
                    bit(managed, MANAGED) | bit(other_config, OTHER_CONFIG),
                ]);
                out.extend_from_slice(&router_lifetime_s.to_be_bytes());
                out.extend_from_slice(&reachable_time_ms.to_be_bytes());
                out.extend_from_slice(&retransmit_timer_ms.to_be_bytes());
            }
            Self::NeighborSolicitation { target, .. } => {
                out.extend_from_slice(&[0; 4]);
                out.extend_from_slice(&target.octets());
            }
            Self::NeighborAdvertisement {
                target,
                is_router,
                solicited,
                overrides,
                ..
            } => {
                let flags =
                    bit(is_router, ROUTER) | bit(solicited, SOLICITED) | bit(overrides, OVERRIDE);
                out.extend_from_slice(&[flags, 0, 0, 0]);
                out.extend_from_slice(&target.octets());
            }
            Self::Redirect {
                target,
                destination,
                ..
            } => {
                out.extend_from_slice(&[0; 4]);
                out.extend_from_slice(&target.octets());
                out.extend_from_slice(&destination.octets());
            }
        }
    }
}

/// The group in which the owner of an address listens for solicitations (RFC 4291 section 2.7.1).
pub fn solicited_node(address: Ipv6Addr) -> Ipv6Addr {
    let [.., a, b, c] = address.octets();
    Ipv6Addr::from([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, a, b, c])
}

/// The link-layer address of an IPv6 group on Ethernet (RFC 2464 section 7).
pub fn multicast_mac(group: Ipv6Addr) -> MacAddr {
    let [.., a, b, c, d] = group.octets();
    MacAddr([0x33, 0x33, a, b, c, d])
}

fn fields_of(icmp_type: u8) -> Option<&'static Fields> {
    let index = icmp_type.checked_sub(types::ROUTER_SOLICITATION)?;
    FIXED_FIELDS.get(usize::from(index)).copied()
}

/// `fixed` is as long as the last of the type's fields says.
fn read<'a>(icmp_type: u8, fixed: &[u8], options: &'a [u8]) -> Nd<'a> {
    let address = |at: usize| Ipv6Addr::from(be::<16>(fixed, at));
    let flags = be::<1>(fixed, 4)[0];
    match icmp_type {
        types::ROUTER_SOLICITATION => Nd::RouterSolicitation { options },
        types::ROUTER_ADVERTISEMENT => {
            let [hop_limit, flags] = be::<2>(fixed, 4);
            Nd::RouterAdvertisement {
                hop_limit,
                managed: flags & MANAGED != 0,
                other_config: flags & OTHER_CONFIG != 0,
                router_lifetime_s: u16::from_be_bytes(be(fixed, 6)),
                reachable_time_ms: u32::from_be_bytes(be(fixed, 8)),
                retransmit_timer_ms: u32::from_be_bytes(be(fixed, 12)),
                options,
            }
        }
        types::NEIGHBOR_SOLICITATION => Nd::NeighborSolicitation {
            target: address(8),
            options,
        },
        types::NEIGHBOR_ADVERTISEMENT => Nd::NeighborAdvertisement {
            target: address(8),
            is_router: flags & ROUTER != 0,
            solicited: flags & SOLICITED != 0,
            overrides: flags & OVERRIDE != 0,
            options,
        },
        _ => Nd::Redirect {
            target: address(8),
            destination: address(24),
            options,
        },
    }
}

/// `N` bytes at `at`, which the caller has checked to be there.
fn be<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let found = bytes.get(at..).and_then(|rest| rest.first_chunk());
    debug_assert!(
        found.is_some(),
        "the caller checks the length of the fixed part"
    );
    found.copied().unwrap_or([0; N])
}

#[cfg(test)]
mod tests;
