//! Ethernet II frames with IEEE 802.1Q tags.
use crate::WireError;
use crate::error::Fields;
use alloc::vec::Vec;
use core::fmt;

const HEADER_LEN: usize = 14;
const TAG_LEN: usize = 4;
/// Smaller values are lengths of IEEE 802.3 frames, which carry no IP.
const ETHERTYPE_MIN: u16 = 0x0600;
const FIELDS: &Fields = &[
    ("ethernet.destination", 6),
    ("ethernet.source", 12),
    ("ethernet.ethertype", HEADER_LEN),
];
const TAG_FIELDS: &Fields = &[("ethernet.vlan", 2), ("ethernet.vlan_ethertype", TAG_LEN)];

/// What a frame carries.
pub mod ethertype {
    /// IPv4.
    pub const IPV4: u16 = 0x0800;
    /// ARP (RFC 826).
    pub const ARP: u16 = 0x0806;
    /// An IEEE 802.1Q tag.
    pub const VLAN: u16 = 0x8100;
    /// IPv6.
    pub const IPV6: u16 = 0x86dd;
    /// MPLS (RFC 5332).
    pub const MPLS: u16 = 0x8847;
    /// An IEEE 802.1ad service tag, outside of another tag.
    pub const SERVICE_VLAN: u16 = 0x88a8;
}

/// A 48-bit link-layer address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddr(pub [u8; 6]);

impl MacAddr {
    /// The address of everyone on the link.
    pub const BROADCAST: Self = Self([0xff; 6]);

    /// The six bytes at the start of `bytes`, which the caller has checked to be there.
    pub(crate) fn at(bytes: &[u8]) -> Self {
        debug_assert!(
            bytes.len() >= 6,
            "the caller checks the length of the header"
        );
        Self(bytes.first_chunk().copied().unwrap_or_default())
    }

    /// Whether the address is of a group, broadcast included.
    pub fn is_multicast(self) -> bool {
        self.0[0] & 1 == 1
    }
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, octet) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ":" };
            write!(f, "{separator}{octet:02x}")?;
        }
        Ok(())
    }
}

/// An IEEE 802.1Q tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vlan {
    /// Priority code point, 3 bits.
    pub priority: u8,
    /// Whether the frame may be dropped first.
    pub drop_eligible: bool,
    /// VLAN identifier, 12 bits.
    pub id: u16,
}

impl Vlan {
    fn from_word(word: u16) -> Self {
        let [high, _] = word.to_be_bytes();
        Self {
            priority: high >> 5,
            drop_eligible: high & 0x10 != 0,
            id: word & 0x0fff,
        }
    }

    fn to_word(self) -> u16 {
        u16::from(self.priority & 7) << 13 | u16::from(self.drop_eligible) << 12 | self.id & 0x0fff
    }
}

/// A parsed frame, without its check sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Who gets it.
    pub destination: MacAddr,
    /// Who sent it.
    pub source: MacAddr,
    /// The service tag of IEEE 802.1ad, outside of `vlan`.
    pub service_vlan: Option<Vlan>,
    /// The IEEE 802.1Q tag.
    pub vlan: Option<Vlan>,
    /// What the payload is, past the tags.
    pub ethertype: u16,
    /// The rest of the frame, link padding included.
    pub payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Reads a frame with at most one service tag and one tag.
    ///
    /// # Errors
    /// `Short` when the header or a tag is cut; `Invalid` for IEEE 802.3 frames, which state a length.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, WireError> {
        let Some((header, mut payload)) = bytes.split_first_chunk::<HEADER_LEN>() else {
            return Err(WireError::short(FIELDS, bytes.len()));
        };
        let mut ethertype = u16::from_be_bytes([header[12], header[13]]);
        let service_vlan = take_tag(ethertype::SERVICE_VLAN, &mut ethertype, &mut payload)?;
        let vlan = take_tag(ethertype::VLAN, &mut ethertype, &mut payload)?;
        if ethertype < ETHERTYPE_MIN {
            let (field, expected) = ("ethernet.ethertype", "1536 or more");
            return Err(WireError::Invalid {
                field,
                expected,
                found: u32::from(ethertype),
            });
        }
        Ok(Self {
            destination: MacAddr::at(header),
            source: MacAddr::at(&header[6..]),
            service_vlan,
            vlan,
            ethertype,
            payload,
        })
    }

    /// Appends the frame, without padding and check sequence: the device adds those.
    pub fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.destination.0);
        out.extend_from_slice(&self.source.0);
        let tags = [
            (ethertype::SERVICE_VLAN, self.service_vlan),
            (ethertype::VLAN, self.vlan),
        ];
        for (tag_type, tag) in tags {
            if let Some(tag) = tag {
                out.extend_from_slice(&tag_type.to_be_bytes());
                out.extend_from_slice(&tag.to_word().to_be_bytes());
            }
        }
        out.extend_from_slice(&self.ethertype.to_be_bytes());
        out.extend_from_slice(self.payload);
    }
}

fn take_tag(
    tag_type: u16,
    ethertype: &mut u16,
    payload: &mut &[u8],
) -> Result<Option<Vlan>, WireError> {
    if *ethertype != tag_type {
        return Ok(None);
    }
    let Some((&[a, b, t0, t1], rest)) = payload.split_first_chunk::<TAG_LEN>() else {
        return Err(WireError::short(TAG_FIELDS, payload.len()));
    };
    *payload = rest;
    *ethertype = u16::from_be_bytes([t0, t1]);
    Ok(Some(Vlan::from_word(u16::from_be_bytes([a, b]))))
}

#[cfg(test)]
mod tests {
    use super::MacAddr;
    use alloc::string::ToString;

    #[test]
    fn addresses_are_written_as_everyone_writes_them() {
        let address = MacAddr([0x02, 0, 0x5e, 0x10, 0xff, 0x0a]);
        assert_eq!(address.to_string(), "02:00:5e:10:ff:0a");
    }

    #[test]
    fn the_lowest_bit_of_the_first_byte_marks_groups() {
        assert!(MacAddr::BROADCAST.is_multicast());
        assert!(MacAddr([0x33, 0x33, 0, 0, 0, 1]).is_multicast());
        assert!(!MacAddr([0x02, 0xff, 0xff, 0xff, 0xff, 0xff]).is_multicast());
    }
}
