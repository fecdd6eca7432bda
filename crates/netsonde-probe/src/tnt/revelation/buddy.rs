//! The other address of a point-to-point link. Probed with UDP, it makes the router in front of the link answer
//! from the interface that faces us: an address of the tunnel, where no trace to the target shows any.
use alloc::collections::VecDeque;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses that may be the other end of a target's link, likeliest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Buddies {
    ready: VecDeque<IpAddr>,
    /// The first address of the target's /30: if it answers, the link is numbered as a /31.
    to_ping: Option<IpAddr>,
}

impl Buddies {
    /// The outer addresses of a /30 can only belong to a /31. Which one an inner address belongs to, a ping of the
    /// first address tells for IPv4. For IPv6 that address is anycast of the subnet (RFC 4291, section 2.6.1) and
    /// proves nothing, so that both are tried: /126 (also the habit of `::1` and `::2` in a /64), then /127.
    pub(super) fn of(target: IpAddr) -> Self {
        let inner = matches!(low_bits(target), 1 | 2);
        match (inner, target) {
            (false, _) => Self {
                ready: [as_slash_31(target)].into(),
                to_ping: None,
            },
            (true, IpAddr::V4(_)) => Self {
                ready: VecDeque::new(),
                to_ping: Some(with_low_bits(target, 0)),
            },
            (true, IpAddr::V6(_)) => Self {
                ready: [as_slash_30(target), as_slash_31(target)].into(),
                to_ping: None,
            },
        }
    }

    pub(super) fn to_ping(&self) -> Option<IpAddr> {
        self.to_ping
    }

    pub(super) fn handle_echo(&mut self, target: IpAddr, answered: bool) {
        if self.to_ping.take().is_some() {
            self.ready.push_back(if answered {
                as_slash_31(target)
            } else {
                as_slash_30(target)
            });
        }
    }

    pub(super) fn pop(&mut self) -> Option<IpAddr> {
        self.ready.pop_front()
    }
}

fn as_slash_30(target: IpAddr) -> IpAddr {
    with_low_bits(target, 3 - low_bits(target))
}

fn as_slash_31(target: IpAddr) -> IpAddr {
    with_low_bits(target, low_bits(target) ^ 1)
}

/// The last two bits, as a number.
fn low_bits(address: IpAddr) -> u8 {
    let last = match address {
        IpAddr::V4(address) => address.octets()[3],
        IpAddr::V6(address) => address.octets()[15],
    };
    last & 3
}

fn with_low_bits(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() & !3 | u32::from(bits)).into(),
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !3 | u128::from(bits)).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn buddy(target: &str, first_answers: bool) -> IpAddr {
        let target = address(target);
        let mut buddies = Buddies::of(target);
        buddies.handle_echo(target, first_answers);
        buddies.pop().unwrap()
    }

    #[test]
    fn outer_addresses_are_of_a_slash_31() {
        assert_eq!(Buddies::of(address("5.1.6.0")).to_ping(), None);
        assert_eq!(buddy("5.1.6.0", false), address("5.1.6.1"));
        assert_eq!(buddy("5.1.6.3", false), address("5.1.6.2"));
    }

    #[test]
    fn a_ping_of_the_first_address_decides_for_inner_ones() {
        assert_eq!(
            Buddies::of(address("5.1.6.6")).to_ping(),
            Some(address("5.1.6.4"))
        );
        assert_eq!(buddy("5.1.6.2", false), address("5.1.6.1"));
        assert_eq!(buddy("5.1.6.1", false), address("5.1.6.2"));
        assert_eq!(buddy("5.1.6.2", true), address("5.1.6.3"));
        assert_eq!(buddy("5.1.6.1", true), address("5.1.6.0"));
    }

    #[test]
    fn ipv6_tries_both_numberings() {
        let mut buddies = Buddies::of(address("2a00:6::2"));
        let tried: [_; 3] = core::array::from_fn(|_| buddies.pop());
        assert_eq!(
            tried,
            [Some(address("2a00:6::1")), Some(address("2a00:6::3")), None]
        );
        assert_eq!(
            Buddies::of(address("2a00:6::")).pop(),
            Some(address("2a00:6::1"))
        );
    }
}
