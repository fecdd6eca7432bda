//! Which vendors a signature <TE, ER> may mean.
//!
//! Source: the 2025 replication of TNT (IMC 2025, doi 10.1145/3730567.3764457), table 6: initial TTLs of 628,000
//! router interfaces whose vendor `SNMPv3` told. For IPv6 its table 12 shows <64,64> for 87 to 99.9 % of every major
//! vendor, so that a signature there says nothing.
use crate::few::sort_few;
use crate::record::VendorCandidate;
use alloc::string::ToString;
use alloc::vec::Vec;

/// One vendor's row: how many of its interfaces were seen, and what percentage showed each signature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VendorRow {
    /// Name as the source spells it.
    pub vendor: &'static str,
    /// Interfaces behind the percentages.
    pub interfaces: u32,
    /// Percent with <255,255>.
    pub cisco_like_percent: f32,
    /// Percent with <255,64>.
    pub juniper_like_percent: f32,
    /// Percent with <64,64>.
    pub linux_like_percent: f32,
}

/// The table, in its source's order.
pub const VENDORS: [VendorRow; 8] = [
    row("Cisco", 377_785, [99.8, 0.1, 0.0]),
    row("Huawei", 89_640, [99.9, 0.0, 0.0]),
    row("MikroTik", 60_224, [0.2, 0.5, 99.2]),
    row("H3C", 24_439, [99.8, 0.0, 0.0]),
    row("Juniper", 11_228, [0.1, 99.6, 0.2]),
    row("OneAccess", 11_032, [61.7, 0.3, 37.9]),
    row("Nokia", 5_709, [0.1, 0.9, 99.0]),
    row("Ruijie", 4_590, [0.1, 0.6, 83.5]),
];

/// A vendor that shows a signature on fewer of its interfaces is no candidate for it.
pub const SHARE_MIN_PERCENT: f32 = 1.0;

/// The vendors that a signature may mean, the most typical first; none for IPv6 and for signatures unknown to the
/// source.
pub fn candidates(signature: (u8, u8), is_ipv6: bool) -> Vec<VendorCandidate> {
    if is_ipv6 {
        return Vec::new();
    }
    let mut found: Vec<VendorCandidate> = VENDORS
        .iter()
        .filter_map(|row| Some((row.vendor, row.share_percent(signature)?)))
        .filter(|&(_, share_percent)| share_percent >= SHARE_MIN_PERCENT)
        .map(|(vendor, share_percent)| VendorCandidate {
            vendor: vendor.to_string(),
            share_percent,
        })
        .collect();
    sort_few(&mut found, |a, b| {
        b.share_percent.total_cmp(&a.share_percent)
    });
    found
}

impl VendorRow {
    /// Percent of the vendor's interfaces with a signature; `None` where the source does not say.
    pub fn share_percent(&self, signature: (u8, u8)) -> Option<f32> {
        match signature {
            (255, 255) => Some(self.cisco_like_percent),
            (255, 64) => Some(self.juniper_like_percent),
            (64, 64) => Some(self.linux_like_percent),
            _ => None,
        }
    }
}

const fn row(vendor: &'static str, interfaces: u32, percent: [f32; 3]) -> VendorRow {
    let [cisco_like_percent, juniper_like_percent, linux_like_percent] = percent;
    VendorRow {
        vendor,
        interfaces,
        cisco_like_percent,
        juniper_like_percent,
        linux_like_percent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(signature: (u8, u8), is_ipv6: bool) -> Vec<alloc::string::String> {
        candidates(signature, is_ipv6)
            .into_iter()
            .map(|candidate| candidate.vendor)
            .collect()
    }

    #[test]
    fn the_most_typical_vendor_comes_first() {
        assert_eq!(
            names((255, 255), false),
            ["Huawei", "Cisco", "H3C", "OneAccess"]
        );
        assert_eq!(names((255, 64), false), ["Juniper"]);
        assert_eq!(
            names((64, 64), false),
            ["MikroTik", "Nokia", "Ruijie", "OneAccess"]
        );
    }

    #[test]
    fn unknown_signatures_and_ipv6_give_none() {
        for signature in [(128, 128), (255, 0), (0, 64), (0, 0), (64, 255)] {
            assert!(names(signature, false).is_empty(), "{signature:?}");
        }
        assert!(names((64, 64), true).is_empty());
    }
}
