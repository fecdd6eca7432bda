//! What an engine identifier says of its owner (RFC 3411, `SnmpEngineID`).
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Bit of the first byte that says that a format byte follows the enterprise.
const HAS_FORMAT: u32 = 0x8000_0000;

/// An engine identifier, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineId<'a> {
    /// IANA's number for who made the engine (or the software: net-snmp is 8072).
    pub enterprise: u32,
    /// The format byte; `None` in the old form without one.
    pub format: Option<u8>,
    /// The rest.
    pub data: EngineIdData<'a>,
}

/// What makes an engine identifier unique within its enterprise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EngineIdData<'a> {
    /// Formats 1 and 2: an address of the engine.
    Address(IpAddr),
    /// Format 3: a hardware address, of which the first three bytes name a vendor.
    Mac([u8; 6]),
    /// Format 4: text that an administrator gave.
    Text(&'a [u8]),
    /// Format 5, that of an enterprise, or data that does not fit its format.
    Octets(&'a [u8]),
}

impl<'a> EngineId<'a> {
    /// Reads an identifier; `None` below the five bytes that RFC 3411 wants at least.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<4>()?;
        let (format, data) = rest.split_first()?;
        let word = u32::from_be_bytes(*head);
        let enterprise = word & !HAS_FORMAT;
        if word & HAS_FORMAT == 0 {
            return Some(Self {
                enterprise,
                format: None,
                data: EngineIdData::Octets(rest),
            });
        }
        Some(Self {
            enterprise,
            format: Some(*format),
            data: read(*format, data),
        })
    }
}

fn read(format: u8, data: &[u8]) -> EngineIdData<'_> {
    let exact = match format {
        1 => <[u8; 4]>::try_from(data)
            .map(|octets| EngineIdData::Address(Ipv4Addr::from(octets).into())),
        2 => <[u8; 16]>::try_from(data)
            .map(|octets| EngineIdData::Address(Ipv6Addr::from(octets).into())),
        3 => <[u8; 6]>::try_from(data).map(EngineIdData::Mac),
        4 => Ok(EngineIdData::Text(data)),
        _ => Ok(EngineIdData::Octets(data)),
    };
    exact.unwrap_or(EngineIdData::Octets(data))
}
