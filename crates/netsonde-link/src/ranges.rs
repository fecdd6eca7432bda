//! Longest-prefix match over a whole address space, as sorted ranges.
use std::net::IpAddr;

/// A prefix of one IP version and what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefix<T> {
    /// The first address.
    pub(crate) first: u128,
    /// Significant bits.
    pub(crate) length: u8,
    pub(crate) value: T,
}

/// What each address of one IP version stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ranges<T> {
    /// Where each range begins; the first begins at 0. Neighbours differ in value.
    starts: Vec<(u128, T)>,
}

impl<T: Copy + Eq> Ranges<T> {
    /// Ranges in which the longest prefix wins, and `default` where there is none. Of equal prefixes the first counts.
    ///
    /// `width` is the number of bits of an address.
    pub(crate) fn new(mut prefixes: Vec<Prefix<T>>, width: u8, default: T) -> Self {
        prefixes.sort_by_key(|prefix| (prefix.first, prefix.length));
        prefixes.dedup_by_key(|prefix| (prefix.first, prefix.length));
        let mut ranges = Self { starts: Vec::new() };
        // The prefixes around the current address with their last addresses, shortest first.
        let mut around: Vec<(Option<u128>, T)> = vec![(None, default)];
        ranges.push(0, default);
        for prefix in prefixes {
            ranges.leave(&mut around, Some(prefix.first));
            ranges.push(prefix.first, prefix.value);
            around.push((Some(last(&prefix, width)), prefix.value));
        }
        ranges.leave(&mut around, None);
        ranges
    }

    /// Ranges as [`Ranges::starts`] gave them; `None` if they do not begin at 0 or are out of order.
    pub(crate) fn from_starts(starts: Vec<(u128, T)>) -> Option<Self> {
        let in_order = starts.windows(2).all(|pair| pair[0].0 < pair[1].0);
        (in_order && starts.first()?.0 == 0).then_some(Self { starts })
    }

    pub(crate) fn starts(&self) -> &[(u128, T)] {
        &self.starts
    }

    pub(crate) fn at(&self, address: u128) -> T {
        let after = self.starts.partition_point(|(start, _)| *start <= address);
        self.starts[after - 1].1
    }

    /// The same ranges with other values.
    pub(crate) fn map<U: Copy + Eq>(&self, value: impl Fn(T) -> U) -> Ranges<U> {
        let mut mapped = Ranges { starts: Vec::new() };
        for (start, old) in &self.starts {
            mapped.push(*start, value(*old));
        }
        mapped
    }

    /// Ends the prefixes around that end before `before`.
    fn leave(&mut self, around: &mut Vec<(Option<u128>, T)>, before: Option<u128>) {
        while let Some((Some(end), _)) = around.last().copied()
            && before.is_none_or(|before| end < before)
        {
            around.pop();
            let (_, outer) = around.last().expect("the default never ends");
            if let Some(next) = end.checked_add(1) {
                self.push(next, *outer);
            }
        }
    }

    fn push(&mut self, start: u128, value: T) {
        if self.starts.last().is_some_and(|(last, _)| *last == start) {
            self.starts.pop();
        }
        if self.starts.last().is_none_or(|(_, last)| *last != value) {
            self.starts.push((start, value));
        }
    }
}

/// The number of an address, and the bits that numbers of its version have.
pub(crate) fn number(address: IpAddr) -> (u128, u8) {
    match address {
        IpAddr::V4(v4) => (u32::from(v4).into(), 32),
        IpAddr::V6(v6) => (v6.into(), 128),
    }
}

fn last<T>(prefix: &Prefix<T>, width: u8) -> u128 {
    let host_bits = u32::from(width.saturating_sub(prefix.length));
    let hosts = u128::MAX.checked_shr(128 - host_bits).unwrap_or(0);
    prefix.first | hosts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The longest prefix that holds the address; of equal ones the first.
    fn slow(prefixes: &[Prefix<u8>], width: u8, address: u128) -> u8 {
        let holding = prefixes
            .iter()
            .filter(|prefix| (prefix.first..=last(prefix, width)).contains(&address));
        let longest = holding.rev().max_by_key(|prefix| prefix.length);
        longest.map_or(0, |prefix| prefix.value)
    }

    fn prefixes(width: u8) -> impl Strategy<Value = Vec<Prefix<u8>>> {
        // Few bits differ, so that prefixes nest and repeat.
        let prefix = (any::<u8>(), any::<bool>(), 0..=8u8, 0..4u8);
        let made = prefix.prop_map(move |(bits, low, length, value)| {
            let (shift, length) = if low {
                (0, width - 8 + length)
            } else {
                (width - 8, length)
            };
            let host_bits = u32::from(width - length);
            let first = u128::from(bits) << shift;
            let first = first.checked_shr(host_bits).unwrap_or(0);
            let first = first.checked_shl(host_bits).unwrap_or(0);
            Prefix {
                first,
                length,
                value,
            }
        });
        proptest::collection::vec(made, 0..12)
    }

    proptest! {
        #[test]
        fn the_longest_prefix_wins(v4 in prefixes(32), v6 in prefixes(128), bits in any::<u8>()) {
            for (prefixes, width) in [(v4, 32), (v6, 128)] {
                let ranges = Ranges::new(prefixes.clone(), width, 0);
                let edges = prefixes.iter().flat_map(|prefix| {
                    let end = last(prefix, width);
                    [prefix.first, prefix.first.saturating_sub(1), end]
                });
                let top = u128::MAX >> (128 - u32::from(width));
                for address in edges.chain([0, bits.into(), top]) {
                    prop_assert_eq!(ranges.at(address), slow(&prefixes, width, address));
                }
                let again = Ranges::from_starts(ranges.starts().to_vec());
                prop_assert_eq!(again, Some(ranges));
            }
        }
    }

    #[test]
    fn starts_out_of_order_are_refused() {
        for starts in [vec![], vec![(1, 0)], vec![(0, 0), (5, 1), (5, 0)]] {
            assert_eq!(Ranges::<u8>::from_starts(starts), None);
        }
    }

    #[test]
    fn equal_neighbours_become_one() {
        let half = |first| Prefix {
            first,
            length: 1,
            value: 7,
        };
        let ranges = Ranges::new(vec![half(0), half(1 << 31)], 32, 0);
        // What lies above all addresses of the version is never asked for.
        assert_eq!(ranges.starts()[0], (0, 7));
        assert_eq!(ranges.map(|_| 1).starts(), [(0, 1)]);
    }
}
