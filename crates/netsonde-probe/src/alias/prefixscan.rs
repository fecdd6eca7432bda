//! Prefixscan: the other end of the link behind which a hop answered.
//!
//! A hop answers from the interface on which a probe came in; its link is a /30 or /31 as a rule, and the address at
//! the other end belongs to the hop before. Each target is the near side of the next one. The addresses of the
//! far one's subnet are tested against the near one, from the smallest subnet on.
use super::book::Book;
use crate::job::Target;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Candidates of one hop at most: those of a /24.
const CANDIDATES_MAX: u32 = 254;

/// Hops and who may be the other end of their link: pairs to be tested, and the candidates.
pub(super) fn pairs(book: &mut Book, path: &[u32]) -> (Vec<(u32, u32)>, Vec<u32>) {
    let mut pairs = Vec::new();
    let mut candidates = Vec::new();
    for ends in path.windows(2) {
        let (near, far) = (book.address(ends[0]).target, book.address(ends[1]).target);
        let v6 = far.address.is_ipv6();
        if near.address.is_ipv6() != v6 {
            continue;
        }
        let others = others(far.address, book.options.prefix_len);
        // The near address itself is the other end: nothing is left to find.
        if others.contains(&near.address) {
            continue;
        }
        for address in others {
            let target = Target {
                address,
                source: near.source,
            };
            if let Some(number) = book.intern(target) {
                pairs.push(super::book::pair(ends[0], number));
                candidates.push(number);
            }
        }
    }
    (pairs, candidates)
}

/// The other host addresses of the subnets of an address, from the /31 to that of `prefix_len`, nearest first.
pub(super) fn others(address: IpAddr, prefix_len: u8) -> Vec<IpAddr> {
    let bits = match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    };
    let host_bits = u32::from(32_u8.saturating_sub(prefix_len)).clamp(1, 8);
    let mut found = Vec::new();
    for width in 1..=host_bits {
        let mask = (1_u128 << width) - 1;
        let start = bits & !mask;
        for host in 0..=mask {
            let other = start | host;
            let is_inner = width == 1 || (host != 0 && host != mask) || address.is_ipv6();
            // An address that is first or last of a subnet has no neighbours there but in a /31.
            let fits = width == 1 || (bits & mask != 0 && bits & mask != mask) || address.is_ipv6();
            if other != bits && is_inner && fits && !found.contains(&other) {
                found.push(other);
            }
        }
    }
    found.truncate(usize::try_from(CANDIDATES_MAX).unwrap_or(usize::MAX));
    let made = |bits: u128| match address {
        IpAddr::V4(_) => Ipv4Addr::from(u32::try_from(bits & 0xffff_ffff).unwrap_or(0)).into(),
        IpAddr::V6(_) => Ipv6Addr::from(bits).into(),
    };
    found.into_iter().map(made).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    fn texts(address: &str, prefix_len: u8) -> Vec<String> {
        others(address.parse().unwrap(), prefix_len)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn subnets_from_the_smallest_on() {
        assert_eq!(texts("5.1.0.2", 31), ["5.1.0.3"]);
        assert_eq!(texts("5.1.0.2", 30), ["5.1.0.3", "5.1.0.1"]);
        assert_eq!(
            texts("5.1.0.4", 30),
            ["5.1.0.5"],
            "a network address has no /30"
        );
        assert_eq!(
            texts("5.1.0.2", 29),
            ["5.1.0.3", "5.1.0.1", "5.1.0.4", "5.1.0.5", "5.1.0.6"]
        );
        assert_eq!(texts("2a00::2", 30), ["2a00::3", "2a00::", "2a00::1"]);
        assert!(others("5.1.0.77".parse().unwrap(), 24).len() <= 254);
    }
}
