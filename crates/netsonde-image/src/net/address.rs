//! The image's own addresses and what it reaches through whom.
use core::net::{IpAddr, Ipv6Addr};
use netsonde_wire::ethernet::MacAddr;

/// What is known of one address family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Family {
    /// Our address.
    pub address: Option<Address>,
    /// Who takes packets to other links.
    pub gateway: Option<IpAddr>,
}

/// An address and the prefix of its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// The address.
    pub ip: IpAddr,
    /// Bits that the addresses of the link share.
    pub prefix_len: u8,
}

impl Address {
    /// Whether an address is on the same link.
    pub fn is_on_link(&self, other: IpAddr) -> bool {
        match (self.ip, other) {
            (IpAddr::V4(ours), IpAddr::V4(other)) => shares(
                ours.to_bits().into(),
                other.to_bits().into(),
                96 + u32::from(self.prefix_len),
            ),
            (IpAddr::V6(ours), IpAddr::V6(other)) => {
                shares(ours.to_bits(), other.to_bits(), self.prefix_len.into())
            }
            _ => false,
        }
    }
}

impl Family {
    /// Whom to hand a packet for `destination` to; `None` if nobody would take it.
    pub fn next_hop(&self, destination: IpAddr) -> Option<IpAddr> {
        let address = self.address?;
        let is_near = address.is_on_link(destination) || is_link_local(destination);
        if is_near {
            return Some(destination);
        }
        self.gateway
    }
}

/// Whether 128 bits begin alike; those of IPv4 begin with 96 zeros.
fn shares(a: u128, b: u128, bits: u32) -> bool {
    (a ^ b).leading_zeros() >= bits
}

/// Whether an address is of one link only.
pub(super) fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

/// The address that a card gives itself (RFC 4291 appendix A).
pub(super) fn link_local(mac: MacAddr) -> Ipv6Addr {
    from_prefix(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), mac)
}

/// The address that a card makes from a prefix of 64 bits.
pub(super) fn from_prefix(prefix: Ipv6Addr, MacAddr(mac): MacAddr) -> Ipv6Addr {
    let identifier = u64::from_be_bytes([
        mac[0] ^ 2,
        mac[1],
        mac[2],
        0xff,
        0xfe,
        mac[3],
        mac[4],
        mac[5],
    ]);
    Ipv6Addr::from_bits(prefix.to_bits() >> 64 << 64 | u128::from(identifier))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn family(address: &str, prefix_len: u8, gateway: Option<&str>) -> Family {
        Family {
            address: Some(Address {
                ip: ip(address),
                prefix_len,
            }),
            gateway: gateway.map(ip),
        }
    }

    #[test]
    fn the_link_is_asked_first_and_then_the_gateway() {
        let v4 = family("5.1.0.2", 30, Some("5.1.0.1"));
        assert_eq!(v4.next_hop(ip("5.1.0.3")), Some(ip("5.1.0.3")));
        assert_eq!(v4.next_hop(ip("5.1.0.4")), Some(ip("5.1.0.1")));
        assert_eq!(family("5.1.0.2", 32, None).next_hop(ip("5.1.0.3")), None);
        assert_eq!(
            family("5.1.0.2", 0, None).next_hop(ip("9.9.9.9")),
            Some(ip("9.9.9.9"))
        );
        assert_eq!(Family::default().next_hop(ip("9.9.9.9")), None);
        let v6 = family("2001:db8::2", 64, Some("fe80::1"));
        assert_eq!(v6.next_hop(ip("2001:db8:0:1::")), Some(ip("fe80::1")));
        assert_eq!(
            v6.next_hop(ip("2001:db8::ffff")),
            Some(ip("2001:db8::ffff"))
        );
        assert_eq!(v6.next_hop(ip("fe80::9")), Some(ip("fe80::9")));
    }

    #[test]
    fn cards_name_themselves_as_the_rfc_says() {
        let mac = MacAddr([0x02, 0, 0x5e, 0x10, 0xff, 0x0a]);
        assert_eq!(
            link_local(mac),
            "fe80::5eff:fe10:ff0a".parse::<Ipv6Addr>().unwrap()
        );
        let prefix = "2001:db8:1:2:3::".parse().unwrap();
        assert_eq!(
            from_prefix(prefix, mac),
            "2001:db8:1:2:0:5eff:fe10:ff0a".parse::<Ipv6Addr>().unwrap()
        );
    }
}
