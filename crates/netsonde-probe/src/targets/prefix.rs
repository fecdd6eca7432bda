//! Blocks of addresses.
use alloc::string::{String, ToString};
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

/// The two families of addresses; IPv4 comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// 32 bits.
    V4,
    /// 128 bits.
    V6,
}

impl Family {
    /// Bits of an address.
    pub fn width(self) -> u8 {
        match self {
            Self::V4 => 32,
            Self::V6 => 128,
        }
    }

    /// The last address.
    pub(crate) fn max(self) -> u128 {
        match self {
            Self::V4 => u128::from(u32::MAX),
            Self::V6 => u128::MAX,
        }
    }
}

/// An address as its family and a number.
pub(crate) fn split(address: IpAddr) -> (Family, u128) {
    match address {
        IpAddr::V4(v4) => (Family::V4, u128::from(v4.to_bits())),
        IpAddr::V6(v6) => (Family::V6, v6.to_bits()),
    }
}

/// The address that a number is, cut to the width of its family.
pub(crate) fn join(family: Family, bits: u128) -> IpAddr {
    match family {
        Family::V4 => Ipv4Addr::from_bits(low32(bits)).into(),
        Family::V6 => Ipv6Addr::from_bits(bits).into(),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the other bits are zero")]
pub(crate) fn low32(bits: u128) -> u32 {
    bits as u32
}

/// All addresses that begin with the same bits: `5.9.0.0/16`, `2a00::/12`; of one address, the length may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prefix {
    family: Family,
    first: u128,
    len: u8,
}

impl Prefix {
    /// The addresses that share the first `len` bits of `network`.
    ///
    /// # Errors
    /// When the length exceeds the family's, or bits after it are not zero.
    pub fn new(network: IpAddr, len: u8) -> Result<Self, PrefixError> {
        let (family, first) = split(network);
        if len > family.width() {
            return Err(PrefixError::Length {
                longest: family.width(),
            });
        }
        let prefix = Self { family, first, len };
        if first & prefix.host_mask() != 0 {
            let network = join(family, first & !prefix.host_mask());
            return Err(PrefixError::HostBits { network, len });
        }
        Ok(prefix)
    }

    /// The prefix of length `len` that holds an address; a longer length than the family's is the family's.
    pub fn around(address: IpAddr, len: u8) -> Self {
        let (family, bits) = split(address);
        let len = len.min(family.width());
        let mut prefix = Self {
            family,
            first: bits,
            len,
        };
        prefix.first &= !prefix.host_mask();
        prefix
    }

    /// Of the addresses.
    pub fn family(self) -> Family {
        self.family
    }

    /// Bits that the addresses share.
    pub fn prefix_len(self) -> u8 {
        self.len
    }

    /// Whether an address begins with these bits.
    pub fn contains(self, address: IpAddr) -> bool {
        let (family, bits) = split(address);
        family == self.family && bits & !self.host_mask() == self.first
    }

    /// The first address as a number.
    pub(crate) fn first(self) -> u128 {
        self.first
    }

    /// The last address as a number.
    pub(crate) fn last(self) -> u128 {
        self.first | self.host_mask()
    }

    /// Bits that tell the addresses apart.
    pub(crate) fn host_bits(self) -> u8 {
        self.family.width() - self.len
    }

    fn host_mask(self) -> u128 {
        // A shift by the whole width is none that Rust allows.
        self.family
            .max()
            .checked_shr(u32::from(self.len))
            .unwrap_or(0)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", join(self.family, self.first), self.len)
    }
}

/// What keeps a text from being a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PrefixError {
    /// Neither an address nor an address, a slash and a decimal length.
    Syntax,
    /// The length exceeds that of an address.
    Length {
        /// The longest that is allowed.
        longest: u8,
    },
    /// It is an address within a prefix rather than a prefix.
    HostBits {
        /// First address of the prefix that was probably meant.
        network: IpAddr,
        /// Its length.
        len: u8,
    },
}

impl fmt::Display for PrefixError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax => write!(f, "an address, or an address, a slash and a length"),
            Self::Length { longest } => write!(f, "a length from 0 to {longest}"),
            Self::HostBits { network, len } => {
                write!(f, "no bits beyond the length, such as {network}/{len}")
            }
        }
    }
}

impl core::error::Error for PrefixError {}

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let (address, len) = match text.split_once('/') {
            Some((address, len)) => (address, Some(len)),
            None => (text, None),
        };
        let network: IpAddr = address.parse().map_err(|_| PrefixError::Syntax)?;
        let width = split(network).0.width();
        let Some(len) = len else {
            return Self::new(network, width);
        };
        let is_decimal = (1..=3).contains(&len.len())
            && len.bytes().all(|byte| byte.is_ascii_digit())
            && (len.len() == 1 || !len.starts_with('0'));
        if !is_decimal {
            return Err(PrefixError::Syntax);
        }
        let len = len
            .parse()
            .map_err(|_| PrefixError::Length { longest: width })?;
        Self::new(network, len)
    }
}

impl serde::Serialize for Prefix {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

impl<'de> serde::Deserialize<'de> for Prefix {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error: PrefixError| {
            serde::de::Error::custom(format_args!(
                "expected a prefix: {error}; found \"{}\"",
                text.escape_default()
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use proptest::prelude::*;

    fn prefix(text: &str) -> Prefix {
        text.parse().unwrap()
    }

    #[test]
    fn texts_of_prefixes() {
        for text in [
            "0.0.0.0/0",
            "5.9.0.0/16",
            "255.255.255.255/32",
            "::/0",
            "2a00::/12",
            "::1/128",
        ] {
            assert_eq!(prefix(text).to_string(), text);
        }
        assert_eq!(prefix("5.2.0.1").to_string(), "5.2.0.1/32");
        assert_eq!(prefix("2a00::1").to_string(), "2a00::1/128");
    }

    #[test]
    fn texts_of_none() {
        for text in [
            "",
            "/",
            "5.2.0.1/",
            "/8",
            "5.2/16",
            "5.0.0.0/08",
            "5.0.0.0/+8",
            "5.0.0.0/ 8",
            "5.0.0.0/8/9",
            "x",
            "5.0.0.0/8x",
            "2a00::/1234",
            "fe80::1%eth0",
        ] {
            assert_eq!(text.parse::<Prefix>(), Err(PrefixError::Syntax), "{text}");
        }
        for (text, longest) in [("5.0.0.0/33", 32), ("5.0.0.0/999", 32), ("::/129", 128)] {
            assert_eq!(text.parse::<Prefix>(), Err(PrefixError::Length { longest }));
        }
        let network = "5.9.0.0".parse().unwrap();
        let error = PrefixError::HostBits { network, len: 16 };
        assert_eq!("5.9.1.0/16".parse::<Prefix>(), Err(error));
    }

    #[test]
    fn a_prefix_holds_what_lies_between_its_ends() {
        let block = prefix("5.9.0.0/16");
        for (text, inside) in [
            ("5.8.255.255", false),
            ("5.9.0.0", true),
            ("5.9.255.255", true),
            ("5.10.0.0", false),
            ("::509:0", false),
        ] {
            assert_eq!(block.contains(text.parse().unwrap()), inside, "{text}");
        }
        assert!(prefix("::/0").contains("ffff::".parse().unwrap()));
        assert!(prefix("0.0.0.0/0").contains("255.255.255.255".parse().unwrap()));
    }

    proptest! {
        #[test]
        fn around_holds_its_address(bits: u128, v4: bool, len in 0_u8..=128) {
            let family = if v4 { Family::V4 } else { Family::V6 };
            let address = join(family, bits & family.max());
            let found = Prefix::around(address, len);
            prop_assert!(found.contains(address));
            prop_assert_eq!(found.prefix_len(), len.min(family.width()));
            prop_assert_eq!(prefix(&found.to_string()), found);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,20}") {
            if let Ok(found) = text.parse::<Prefix>() {
                prop_assert_eq!(prefix(&format!("{found}")), found);
            }
        }
    }
}
