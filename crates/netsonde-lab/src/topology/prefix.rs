//! An address prefix such as `5.1.2.0/30`.
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An IPv4 or IPv6 prefix without host bits; a bare address is a /32 or /128. In JSON a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prefix {
    network: IpAddr,
    length: u8,
}

impl Prefix {
    /// The prefix of that length around an address; `None` if the length is too long for the family.
    pub fn new(address: IpAddr, length: u8) -> Option<Self> {
        let bits = width(address);
        (length <= bits).then(|| Self {
            network: from_bits(address, to_bits(address) & mask(length, bits)),
            length,
        })
    }

    /// The one address as a prefix.
    pub fn host(address: IpAddr) -> Self {
        Self {
            network: address,
            length: width(address),
        }
    }

    /// Its first address.
    pub fn network(&self) -> IpAddr {
        self.network
    }

    /// Its length in bits.
    pub fn length(&self) -> u8 {
        self.length
    }

    /// Whether it is of IPv6.
    pub fn is_ipv6(&self) -> bool {
        self.network.is_ipv6()
    }

    /// Whether the address, of the same family, lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.network.is_ipv6() == address.is_ipv6()
            && to_bits(address) & mask(self.length, width(address)) == to_bits(self.network)
    }

    /// The `index`th usable host address: /31, /127 and single addresses count from the network
    /// itself, all others from the one after it.
    pub fn usable(&self, index: u32) -> Option<IpAddr> {
        let free_bits = width(self.network) - self.length;
        let offset = u128::from(index) + u128::from(free_bits > 1);
        let fits = free_bits == 128 || offset < (1_u128 << free_bits);
        fits.then(|| from_bits(self.network, to_bits(self.network) + offset))
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.length)
    }
}

impl FromStr for Prefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("expected a prefix such as 5.1.2.0/30, found {text:?}");
        let (address, length) = text
            .split_once('/')
            .map_or((text, None), |(a, l)| (a, Some(l)));
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let length = match length {
            Some(length) => length.parse().map_err(|_| bad())?,
            None => width(address),
        };
        let prefix = Self::new(address, length).ok_or_else(bad)?;
        if prefix.network == address {
            Ok(prefix)
        } else {
            Err(format!(
                "expected a prefix without host bits ({prefix}), found {text:?}"
            ))
        }
    }
}

impl Serialize for Prefix {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Prefix {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv6() { 128 } else { 32 }
}

fn mask(length: u8, width: u8) -> u128 {
    let all = if width == 128 {
        u128::MAX
    } else {
        u128::from(u32::MAX)
    };
    let free = u32::from(width - length);
    all.checked_shr(free)
        .and_then(|m| m.checked_shl(free))
        .unwrap_or(0)
        & all
}

fn to_bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn from_bits(like: IpAddr, bits: u128) -> IpAddr {
    match like {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits(
            u32::try_from(bits & u128::from(u32::MAX)).expect("masked to 32 bits"),
        )),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(bits)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_parse_contain_and_number() {
        let prefix: Prefix = "5.1.2.0/30".parse().unwrap();
        assert!(
            prefix.contains("5.1.2.3".parse().unwrap())
                && !prefix.contains("5.1.2.4".parse().unwrap())
        );
        assert_eq!(prefix.usable(1), Some("5.1.2.2".parse().unwrap()));
        assert_eq!(
            "2a00::/127".parse::<Prefix>().unwrap().usable(0),
            Some("2a00::".parse().unwrap())
        );
        assert_eq!("5.1.2.0/31".parse::<Prefix>().unwrap().usable(2), None);
        assert!(
            "::/0"
                .parse::<Prefix>()
                .unwrap()
                .contains("2a00::1".parse().unwrap())
        );
        for bad in ["5.1.2.1/30", "5.1.2.0/33", "x", "5.1.2.0/", "::/129"] {
            assert!(bad.parse::<Prefix>().is_err(), "{bad}");
        }
    }
}
