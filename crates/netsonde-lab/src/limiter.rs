//! Token buckets on what a node sends about other packets.
use core::net::IpAddr;
use std::collections::BTreeMap;

use crate::topology::{LimitScope, RateLimit};

/// Buckets kept at once. Full ones are forgotten, which changes nothing; for more there are no messages.
const BUCKETS_MAX: usize = 4_096;

/// The buckets of one node, none without a limit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limiter {
    limit: Option<RateLimit>,
    /// By what has a bucket of its own: the moment at which it would be full again.
    full_at_ns: BTreeMap<Bucket, u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Bucket {
    Node,
    Destination(IpAddr),
    Interface(u32),
}

impl Limiter {
    pub(crate) fn new(limit: Option<RateLimit>) -> Self {
        Self {
            limit,
            full_at_ns: BTreeMap::new(),
        }
    }

    /// Whether echo replies fall under the limit.
    pub(crate) fn limits_echo(&self) -> bool {
        self.limit.is_some_and(|limit| limit.echo)
    }

    /// Takes a token for one message to `destination` about a packet that came in on `interface`.
    pub(crate) fn admit(&mut self, now_ns: u64, destination: IpAddr, interface: u32) -> bool {
        let Some(limit) = self.limit else { return true };
        let bucket = match limit.scope {
            LimitScope::Global => Bucket::Node,
            LimitScope::Destination => Bucket::Destination(destination),
            LimitScope::Interface => Bucket::Interface(interface),
        };
        if self.full_at_ns.len() >= BUCKETS_MAX {
            self.full_at_ns.retain(|_, full_at_ns| *full_at_ns > now_ns);
            if self.full_at_ns.len() >= BUCKETS_MAX && !self.full_at_ns.contains_key(&bucket) {
                return false;
            }
        }
        let token_ns = token_ns(limit.rate_pps);
        let full_at_ns = self
            .full_at_ns
            .get(&bucket)
            .map_or(now_ns, |full_at_ns| now_ns.max(*full_at_ns));
        let then_full_ns = full_at_ns.saturating_add(token_ns);
        let is_admitted = then_full_ns - now_ns <= token_ns.saturating_mul(u64::from(limit.burst));
        if is_admitted {
            self.full_at_ns.insert(bucket, then_full_ns);
        }
        is_admitted
    }
}

/// Time to earn a token; for a rate of 0 longer than any lab runs.
fn token_ns(rate_pps: f64) -> u64 {
    const LONG_NS: f64 = 1e15;
    let token_ns = if rate_pps > 0.0 {
        (1e9 / rate_pps).min(LONG_NS)
    } else {
        LONG_NS
    };
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and 1e15"
    )]
    let token_ns = token_ns.max(1.0) as u64;
    token_ns
}

#[cfg(test)]
mod tests {
    use super::*;

    const TO: IpAddr = IpAddr::V4(core::net::Ipv4Addr::new(5, 1, 0, 1));

    fn limiter(rate_pps: f64, burst: u32, scope: LimitScope) -> Limiter {
        Limiter::new(Some(RateLimit {
            rate_pps,
            burst,
            scope,
            echo: false,
        }))
    }

    #[test]
    fn a_burst_then_the_rate() {
        let mut limiter = limiter(1.0, 6, LimitScope::Global);
        assert_eq!((0..20).filter(|_| limiter.admit(0, TO, 0)).count(), 6);
        assert!(!limiter.admit(999_999_999, TO, 0));
        assert!(limiter.admit(1_000_000_000, TO, 0));
        assert!(!limiter.admit(1_000_000_000, TO, 0));
        assert_eq!(
            (0..20)
                .filter(|_| limiter.admit(60_000_000_000, TO, 0))
                .count(),
            6
        );
    }

    #[test]
    fn buckets_are_limited_and_used_again() {
        let mut limiter = limiter(1.0, 1, LimitScope::Interface);
        let mut admitted = |at_ns| (0..10_000).filter(|i| limiter.admit(at_ns, TO, *i)).count();
        assert_eq!(
            [admitted(0), admitted(1), admitted(1_000_000_000)],
            [BUCKETS_MAX, 0, BUCKETS_MAX]
        );
    }

    #[test]
    fn scopes_have_buckets_of_their_own() {
        let other = IpAddr::V4(core::net::Ipv4Addr::new(5, 1, 0, 2));
        let admitted = |scope| {
            let mut limiter = limiter(0.0, 1, scope);
            let packets = [(TO, 0), (TO, 0), (other, 0), (TO, 1)];
            packets.map(|(to, interface)| limiter.admit(5, to, interface))
        };
        assert_eq!(admitted(LimitScope::Global), [true, false, false, false]);
        assert_eq!(
            admitted(LimitScope::Destination),
            [true, false, true, false]
        );
        assert_eq!(admitted(LimitScope::Interface), [true, false, false, true]);
        assert!((0..100).all(|_| Limiter::new(None).admit(0, TO, 0)));
    }
}
