//! UDP (RFC 768).
use crate::error::Fields;
use crate::{WireError, checksum, ip};
use alloc::vec::Vec;
use core::net::IpAddr;

const HEADER_LEN: usize = 8;
const FIELDS: &Fields = &[
    ("udp.source_port", 2),
    ("udp.destination_port", 4),
    ("udp.length", 6),
    ("udp.checksum", HEADER_LEN),
];

/// A UDP datagram; in a quote the payload may be cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Udp<'a> {
    /// Port of the sender.
    pub source_port: u16,
    /// Port of the receiver.
    pub destination_port: u16,
    /// As stated, header included.
    pub length: u16,
    /// As stated; 0 over IPv4 means that there is none.
    pub checksum: u16,
    /// What follows the header, cut at the stated length.
    pub payload: &'a [u8],
}

impl<'a> Udp<'a> {
    /// Reads a datagram, cut at its stated length.
    ///
    /// # Errors
    /// `Short` when bytes are missing, `Invalid` when the stated length has no room for the header.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, WireError> {
        let udp = Self::parse_quote(bytes)?;
        let length = usize::from(udp.length);
        if length < HEADER_LEN {
            let found = u32::from(udp.length);
            return Err(WireError::Invalid {
                field: "udp.length",
                expected: "8 or more",
                found,
            });
        }
        if length > bytes.len() {
            let got = bytes.len();
            return Err(WireError::Short {
                field: "udp.payload",
                needed: length,
                got,
            });
        }
        Ok(udp)
    }

    /// Reads the beginning of one: 8 bytes are enough.
    ///
    /// A stated length that cannot be (below 8) cuts nothing.
    ///
    /// # Errors
    /// `Short` when the header itself is cut.
    pub fn parse_quote(bytes: &'a [u8]) -> Result<Self, WireError> {
        let Some((header, rest)) = bytes.split_first_chunk::<HEADER_LEN>() else {
            return Err(WireError::short(FIELDS, bytes.len()));
        };
        let length = u16::from_be_bytes([header[4], header[5]]);
        let stated = usize::from(length)
            .checked_sub(HEADER_LEN)
            .unwrap_or(rest.len());
        Ok(Self {
            source_port: u16::from_be_bytes([header[0], header[1]]),
            destination_port: u16::from_be_bytes([header[2], header[3]]),
            length,
            checksum: u16::from_be_bytes([header[6], header[7]]),
            payload: rest.get(..stated).unwrap_or(rest),
        })
    }

    /// Whether the checksum is right, or absent over IPv4.
    ///
    /// False for what `parse` refuses: a cut datagram cannot be checked.
    pub fn checksum_ok(bytes: &[u8], source: IpAddr, destination: IpAddr) -> bool {
        let Ok(udp) = Udp::parse(bytes) else {
            return false;
        };
        if udp.checksum == 0 {
            return source.is_ipv4();
        }
        let covered = bytes.get(..usize::from(udp.length)).unwrap_or(bytes);
        checksum::upper_layer(source, destination, ip::protocol::UDP, covered) == 0
    }
}

/// Appends a datagram with its checksum (0 is sent as 0xffff).
///
/// The payload is at most 65,527 bytes; the length field saturates past that.
pub fn emit(
    source: IpAddr,
    destination: IpAddr,
    source_port: u16,
    destination_port: u16,
    payload: &[u8],
    out: &mut Vec<u8>,
) {
    let start = out.len();
    let length = u16::try_from(HEADER_LEN + payload.len());
    debug_assert!(length.is_ok(), "a datagram holds at most 65,527 bytes");
    out.extend_from_slice(&source_port.to_be_bytes());
    out.extend_from_slice(&destination_port.to_be_bytes());
    out.extend_from_slice(&length.unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(payload);
    let sum = checksum::upper_layer(source, destination, ip::protocol::UDP, &out[start..]);
    let sum = if sum == 0 { u16::MAX } else { sum };
    out[start + 6..start + 8].copy_from_slice(&sum.to_be_bytes());
}
