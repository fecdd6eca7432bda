//! Sets of addresses, as sorted ranges.
use super::prefix::{Family, Prefix, low32, split};
use crate::few::sort_many;
use alloc::vec::Vec;
use core::net::IpAddr;
use netsonde_wire::ip;

/// Addresses that some prefixes hold. A lookup costs a binary search; a million prefixes cost 8 MB (IPv4) or 32 MB.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RangeSet {
    /// First and last of each range, sorted, apart from each other.
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
}

impl RangeSet {
    /// The addresses of any of the prefixes.
    pub fn new(prefixes: impl IntoIterator<Item = Prefix>) -> Self {
        let mut set = Self::default();
        for prefix in prefixes {
            set.push(prefix.family(), prefix.first(), prefix.last());
        }
        set.merge();
        set
    }

    /// What no measurement of the Internet should target: [`ip::is_special_purpose`], as ranges.
    pub fn special_purpose() -> Self {
        let mut set = Self::default();
        for family in [Family::V4, Family::V6] {
            // Between two neighbouring edges of the registry's rows, all addresses are alike.
            let mut edges = Vec::from([0]);
            for row in ip::special_ranges() {
                let prefix = Prefix::around(row.network, row.prefix_len);
                if prefix.family() == family {
                    edges.push(prefix.first());
                    edges.extend(prefix.last().checked_add(1));
                }
            }
            sort_many(&mut edges);
            edges.dedup();
            edges.retain(|&edge| edge <= family.max());
            for (index, &first) in edges.iter().enumerate() {
                let last = edges.get(index + 1).map_or(family.max(), |next| next - 1);
                if ip::is_special_purpose(super::prefix::join(family, first)) {
                    set.push(family, first, last);
                }
            }
        }
        set.merge();
        set
    }

    /// Whether the set has the address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (family, bits) = split(address);
        self.has(family, bits)
    }

    /// Whether it has none at all.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    pub(super) fn has(&self, family: Family, bits: u128) -> bool {
        match family {
            Family::V4 => holds(&self.v4, low32(bits)),
            Family::V6 => holds(&self.v6, bits),
        }
    }

    fn push(&mut self, family: Family, first: u128, last: u128) {
        match family {
            Family::V4 => self.v4.push((low32(first), low32(last))),
            Family::V6 => self.v6.push((first, last)),
        }
    }

    fn merge(&mut self) {
        merge(&mut self.v4, |last| last.checked_add(1));
        merge(&mut self.v6, |last| last.checked_add(1));
    }
}

fn holds<T: Ord + Copy>(ranges: &[(T, T)], bits: T) -> bool {
    let after = ranges.partition_point(|&(first, _)| first <= bits);
    after > 0 && bits <= ranges[after - 1].1
}

/// Sorts ranges and joins those that overlap or touch.
fn merge<T: Ord + Copy>(ranges: &mut Vec<(T, T)>, next: impl Fn(T) -> Option<T>) {
    sort_many(ranges);
    let mut kept = 0;
    for index in 0..ranges.len() {
        let (first, last) = ranges[index];
        if kept > 0 {
            let before = &mut ranges[kept - 1];
            if next(before.1).is_none_or(|after| first <= after) {
                before.1 = before.1.max(last);
                continue;
            }
        }
        ranges[kept] = (first, last);
        kept += 1;
    }
    ranges.truncate(kept);
    ranges.shrink_to_fit();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::prefix::join;
    use proptest::prelude::*;

    fn prefixes() -> impl Strategy<Value = Vec<Prefix>> {
        let one = (any::<u128>(), any::<bool>(), 0_u8..=128).prop_map(|(bits, v4, len)| {
            // Few bits, so that prefixes meet.
            let (family, bits) = if v4 {
                (Family::V4, bits & 0x0303)
            } else {
                (Family::V6, bits & 0x0303)
            };
            Prefix::around(
                join(family, bits),
                if v4 { 22 + len % 11 } else { 118 + len % 11 },
            )
        });
        proptest::collection::vec(one, 0..12)
    }

    proptest! {
        #[test]
        fn a_set_has_what_a_prefix_of_it_has(prefixes in prefixes()) {
            let set = RangeSet::new(prefixes.iter().copied());
            for bits in 0..0x800_u128 {
                for family in [Family::V4, Family::V6] {
                    let address = join(family, bits);
                    let expected = prefixes.iter().any(|prefix| prefix.contains(address));
                    prop_assert_eq!(set.contains(address), expected, "{}", address);
                }
            }
            for pair in set.v4.windows(2) {
                prop_assert!(pair[0].1 + 1 < pair[1].0, "touching ranges are one");
            }
        }

        #[test]
        fn special_purpose_ranges_are_the_registry(bits: u128, len in 0_u8..=128, v4: bool) {
            let set = RangeSet::special_purpose();
            let family = if v4 { Family::V4 } else { Family::V6 };
            let address = join(family, (bits >> len.min(127)) & family.max());
            prop_assert_eq!(set.contains(address), ip::is_special_purpose(address), "{}", address);
        }
    }

    /// Every row of the IANA registries, its last and first address, and both neighbours.
    #[test]
    fn every_edge_of_the_registry_is_decided_as_the_registry_does() {
        let set = RangeSet::special_purpose();
        let mut looked_at = 0;
        for row in ip::special_ranges() {
            let prefix = Prefix::around(row.network, row.prefix_len);
            let family = prefix.family();
            let edges = [
                Some(prefix.first()),
                Some(prefix.last()),
                prefix.first().checked_sub(1),
                prefix.last().checked_add(1),
            ];
            for bits in edges
                .into_iter()
                .flatten()
                .filter(|&bits| bits <= family.max())
            {
                let address = join(family, bits);
                assert_eq!(
                    set.contains(address),
                    ip::is_special_purpose(address),
                    "{address}"
                );
                looked_at += 1;
            }
        }
        assert!(looked_at > 200, "{looked_at}");
    }

    #[test]
    fn whole_families_and_nothing() {
        let everything = RangeSet::new(["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()]);
        for text in [
            "0.0.0.0",
            "255.255.255.255",
            "::",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        ] {
            assert!(everything.contains(text.parse().unwrap()), "{text}");
            assert!(
                !RangeSet::default().contains(text.parse().unwrap()),
                "{text}"
            );
        }
        assert!(RangeSet::default().is_empty() && !everything.is_empty());
    }
}
