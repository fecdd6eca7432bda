//! Addresses that no measurement of the Internet should target.
//!
//! The tables hold the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890, RFC 8190) as of 2025,
//! and what other documents keep back: multicast, site-local and the rest of the IPv6 space that the IETF holds.
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One row: a range of addresses with a purpose of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpecialRange {
    /// First address of the range.
    pub network: IpAddr,
    /// Bits that all its addresses share.
    pub prefix_len: u8,
    /// Whether packets to it may cross the Internet. Where the registry says "N/A" (6to4, Teredo), they should not.
    pub globally_reachable: bool,
    /// What it is for.
    pub name: &'static str,
    /// Number of the RFC that says so.
    pub rfc: u16,
}

impl SpecialRange {
    /// Whether the address lies in the range.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (differing, width) = match (self.network, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits() ^ b.to_bits()), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits(), 128),
            _ => return false,
        };
        // A prefix of length 0 would shift by the whole width.
        differing
            .checked_shr(width - u32::from(self.prefix_len))
            .unwrap_or(0)
            == 0
    }
}

/// The most specific row of the registries that holds the address, reachable ones included.
pub fn special_range(address: IpAddr) -> Option<&'static SpecialRange> {
    let table = match address {
        IpAddr::V4(_) => V4,
        IpAddr::V6(_) => V6,
    };
    table
        .iter()
        .filter(|range| range.contains(address))
        .max_by_key(|range| range.prefix_len)
}

/// Every row of both registries, the reachable ones included.
pub fn special_ranges() -> impl Iterator<Item = &'static SpecialRange> {
    V4.iter().chain(V6)
}

/// True if the address lies in a range of the IANA special-purpose registries that is not globally
/// reachable, or is multicast, reserved or unspecified (RFC 6890 and its registries).
pub fn is_special_purpose(address: IpAddr) -> bool {
    special_range(address).is_some_and(|range| !range.globally_reachable)
}

/// True if the original TNT would neither ping the address nor take it for a tunnel's end: its own
/// list for IPv4, which differs from the registry in both directions; for IPv6, which it does not
/// know, [`is_special_purpose`].
pub fn is_tnt_reserved(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => TNT_V4.iter().any(|range| range.contains(address)),
        IpAddr::V6(_) => is_special_purpose(address),
    }
}

const fn v4(octets: [u8; 4], prefix_len: u8, rfc: u16, name: &'static str) -> SpecialRange {
    let [a, b, c, d] = octets;
    let network = IpAddr::V4(Ipv4Addr::new(a, b, c, d));
    SpecialRange {
        network,
        prefix_len,
        globally_reachable: false,
        name,
        rfc,
    }
}

const fn v6(bits: u128, prefix_len: u8, rfc: u16, name: &'static str) -> SpecialRange {
    let network = IpAddr::V6(Ipv6Addr::from_bits(bits));
    SpecialRange {
        network,
        prefix_len,
        globally_reachable: false,
        name,
        rfc,
    }
}

const fn reachable(range: SpecialRange) -> SpecialRange {
    SpecialRange {
        globally_reachable: true,
        ..range
    }
}

/// IPv4, in order of address.
const V4: &[SpecialRange] = &[
    v4([0, 0, 0, 0], 8, 791, "this network"),
    v4([0, 0, 0, 0], 32, 1122, "this host on this network"),
    v4([10, 0, 0, 0], 8, 1918, "private use"),
    v4([100, 64, 0, 0], 10, 6598, "shared address space"),
    v4([127, 0, 0, 0], 8, 1122, "loopback"),
    v4([169, 254, 0, 0], 16, 3927, "link local"),
    v4([172, 16, 0, 0], 12, 1918, "private use"),
    v4([192, 0, 0, 0], 24, 6890, "IETF protocol assignments"),
    v4([192, 0, 0, 0], 29, 7335, "IPv4 service continuity prefix"),
    v4([192, 0, 0, 8], 32, 7600, "IPv4 dummy address"),
    reachable(v4(
        [192, 0, 0, 9],
        32,
        7723,
        "Port Control Protocol anycast",
    )),
    reachable(v4([192, 0, 0, 10], 32, 8155, "TURN anycast")),
    v4([192, 0, 0, 170], 32, 8880, "NAT64/DNS64 discovery"),
    v4([192, 0, 0, 171], 32, 8880, "NAT64/DNS64 discovery"),
    v4([192, 0, 2, 0], 24, 5737, "documentation"),
    reachable(v4([192, 31, 196, 0], 24, 7535, "AS112 (v4)")),
    reachable(v4([192, 52, 193, 0], 24, 7450, "AMT")),
    v4([192, 88, 99, 0], 24, 7526, "6to4 relay anycast, deprecated"),
    v4([192, 88, 99, 2], 32, 6751, "6a44 relay anycast"),
    v4([192, 168, 0, 0], 16, 1918, "private use"),
    reachable(v4([192, 175, 48, 0], 24, 7534, "AS112, direct delegation")),
    v4([198, 18, 0, 0], 15, 2544, "benchmarking"),
    v4([198, 51, 100, 0], 24, 5737, "documentation"),
    v4([203, 0, 113, 0], 24, 5737, "documentation"),
    v4([224, 0, 0, 0], 4, 5771, "multicast"),
    v4([240, 0, 0, 0], 4, 1112, "reserved"),
    v4([255, 255, 255, 255], 32, 8190, "limited broadcast"),
];

/// IPv6, in order of address. Outside of `2000::/3` everything is reserved that no other row names.
const V6: &[SpecialRange] = &[
    v6(0, 3, 4291, "reserved by the IETF"),
    v6(0, 96, 4291, "IPv4-compatible, deprecated"),
    v6(0, 128, 4291, "unspecified"),
    v6(1, 128, 4291, "loopback"),
    v6(0xffff_0000_0000, 96, 4291, "IPv4-mapped"),
    reachable(v6(0x0064_ff9b << 96, 96, 6052, "IPv4-IPv6 translation")),
    v6(
        0x0064_ff9b_0001 << 80,
        48,
        8215,
        "IPv4-IPv6 translation, local use",
    ),
    v6(0x0100 << 112, 64, 6666, "discard only"),
    v6(0x0100_0000_0000_0001 << 64, 64, 9780, "dummy prefix"),
    v6(0x0200 << 112, 7, 4048, "NSAP-mapped, deprecated"),
    v6(0x2001 << 112, 23, 2928, "IETF protocol assignments"),
    v6(0x2001 << 112, 32, 4380, "Teredo"),
    reachable(v6(
        (0x2001_0001 << 96) + 1,
        128,
        7723,
        "Port Control Protocol anycast",
    )),
    reachable(v6((0x2001_0001 << 96) + 2, 128, 8155, "TURN anycast")),
    reachable(v6(
        (0x2001_0001 << 96) + 3,
        128,
        9665,
        "DNS-SD service registration anycast",
    )),
    v6(0x2001_0002 << 96, 48, 5180, "benchmarking"),
    reachable(v6(0x2001_0003 << 96, 32, 7450, "AMT")),
    reachable(v6(0x2001_0004_0112 << 80, 48, 7535, "AS112 (v6)")),
    v6(0x2001_0010 << 96, 28, 4843, "ORCHID, deprecated"),
    reachable(v6(0x2001_0020 << 96, 28, 7343, "ORCHIDv2")),
    reachable(v6(
        0x2001_0030 << 96,
        28,
        9374,
        "drone remote identification",
    )),
    v6(0x2001_0db8 << 96, 32, 3849, "documentation"),
    v6(0x2002 << 112, 16, 3056, "6to4"),
    reachable(v6(
        0x2620_004f_8000 << 80,
        48,
        7534,
        "AS112, direct delegation",
    )),
    v6(0x3fff << 112, 20, 9637, "documentation"),
    v6(0x4000 << 112, 2, 4291, "reserved by the IETF"),
    v6(0x5f00 << 112, 16, 9602, "segment identifiers of SRv6"),
    v6(0x8000 << 112, 1, 4291, "reserved by the IETF"),
    v6(0xfc00 << 112, 7, 4193, "unique local"),
    v6(0xfe80 << 112, 10, 4291, "link local"),
    v6(0xfec0 << 112, 10, 3879, "site local, deprecated"),
    v6(0xff00 << 112, 8, 4291, "multicast"),
];

/// What the original TNT calls reserved.
const TNT_V4: &[SpecialRange] = &[
    v4([0, 0, 0, 0], 8, 791, "this network"),
    v4([10, 0, 0, 0], 8, 1918, "private use"),
    v4([100, 64, 0, 0], 10, 6598, "shared address space"),
    v4([127, 0, 0, 0], 8, 1122, "loopback"),
    v4([169, 254, 0, 0], 16, 3927, "link local"),
    v4([172, 16, 0, 0], 12, 1918, "private use"),
    v4([192, 0, 0, 0], 24, 6890, "IETF protocol assignments"),
    v4([192, 0, 2, 0], 24, 5737, "documentation"),
    v4([192, 88, 99, 0], 24, 7526, "6to4 relay anycast, deprecated"),
    v4([192, 168, 0, 0], 16, 1918, "private use"),
    v4([198, 18, 0, 0], 15, 2544, "benchmarking"),
    v4([198, 51, 100, 0], 24, 5737, "documentation"),
    v4([203, 0, 113, 0], 24, 5737, "documentation"),
    v4([224, 0, 0, 0], 4, 5771, "multicast"),
    v4([240, 0, 0, 0], 4, 1112, "reserved"),
];

#[cfg(test)]
mod tests;
