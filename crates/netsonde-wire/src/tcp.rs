//! TCP (RFC 9293).
mod options;

pub use options::{SackBlock, TcpOption, options, sack_blocks};

use crate::error::Fields;
use crate::{WireError, checksum, ip};
use alloc::vec::Vec;
use core::net::IpAddr;

/// Flag bits.
pub mod flags {
    /// No more data from the sender.
    pub const FIN: u16 = 0x01;
    /// Synchronise sequence numbers.
    pub const SYN: u16 = 0x02;
    /// Reset the connection.
    pub const RST: u16 = 0x04;
    /// Push.
    pub const PSH: u16 = 0x08;
    /// The acknowledgment field counts.
    pub const ACK: u16 = 0x10;
    /// The urgent pointer counts.
    pub const URG: u16 = 0x20;
    /// Congestion was seen (RFC 3168).
    pub const ECE: u16 = 0x40;
    /// The congestion window was reduced (RFC 3168).
    pub const CWR: u16 = 0x80;
}

const HEADER_LEN: usize = 20;
const QUOTE_LEN: usize = 8;
const OPTIONS_MAX: usize = 40;
/// The flags with the reserved bits beside them, so that nothing sent is lost.
const FLAGS_MASK: u16 = 0x0fff;
const FIELDS: &Fields = &[
    ("tcp.source_port", 2),
    ("tcp.destination_port", 4),
    ("tcp.sequence", QUOTE_LEN),
    ("tcp.acknowledgment", 12),
    ("tcp.flags", 14),
    ("tcp.window", 16),
    ("tcp.checksum", 18),
    ("tcp.urgent", HEADER_LEN),
];

/// A TCP segment, or as much of it as a quote holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tcp<'a> {
    /// Port of the sender.
    pub source_port: u16,
    /// Port of the receiver.
    pub destination_port: u16,
    /// Sequence number.
    pub sequence: u32,
    /// The fields past the first 8 bytes are `None`/empty when the quote ends before them.
    pub acknowledgment: Option<u32>,
    /// The bits in [`flags`], with the reserved ones above them as they came (12 bits).
    pub flags: Option<u16>,
    /// Receive window, not scaled.
    pub window: Option<u16>,
    /// As stated.
    pub checksum: Option<u16>,
    /// Urgent pointer.
    pub urgent: Option<u16>,
    /// Raw options; read them with [`options`].
    pub options: &'a [u8],
    /// What follows the header.
    pub payload: &'a [u8],
}

impl<'a> Tcp<'a> {
    /// Reads a whole segment.
    ///
    /// # Errors
    /// `Short` when the header or its options are cut, `Invalid` for a data offset below 5 words.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, WireError> {
        let Some(header) = bytes.first_chunk::<HEADER_LEN>() else {
            return Err(WireError::short(FIELDS, bytes.len()));
        };
        // At most 15, since the options are bounded.
        let words = header[12] >> 4;
        let header_len = usize::from(words) * 4;
        if header_len < HEADER_LEN {
            let (field, expected) = ("tcp.data_offset", "5 or more");
            return Err(WireError::Invalid {
                field,
                expected,
                found: u32::from(words),
            });
        }
        if header_len > bytes.len() {
            let (needed, got) = (header_len, bytes.len());
            return Err(WireError::Short {
                field: "tcp.options",
                needed,
                got,
            });
        }
        Self::parse_quote(bytes)
    }

    /// Reads the beginning of one: 8 bytes are enough.
    ///
    /// # Errors
    /// `Short` when fewer than 8 bytes are there.
    pub fn parse_quote(bytes: &'a [u8]) -> Result<Self, WireError> {
        let Some(head) = bytes.first_chunk::<QUOTE_LEN>() else {
            return Err(WireError::short(FIELDS, bytes.len()));
        };
        let (options, payload) = match bytes.split_first_chunk::<HEADER_LEN>() {
            Some((header, rest)) => {
                let options_len = (usize::from(header[12] >> 4) * 4).saturating_sub(HEADER_LEN);
                rest.split_at_checked(options_len).unwrap_or((rest, &[]))
            }
            None => (&[][..], &[][..]),
        };
        Ok(Self {
            source_port: u16::from_be_bytes([head[0], head[1]]),
            destination_port: u16::from_be_bytes([head[2], head[3]]),
            sequence: u32::from_be_bytes([head[4], head[5], head[6], head[7]]),
            acknowledgment: bytes
                .first_chunk::<12>()
                .map(|b| u32::from_be_bytes([b[8], b[9], b[10], b[11]])),
            flags: be16_at::<14>(bytes).map(|word| word & FLAGS_MASK),
            window: be16_at::<16>(bytes),
            checksum: be16_at::<18>(bytes),
            urgent: be16_at::<20>(bytes),
            options,
            payload,
        })
    }

    /// Whether the checksum of a whole segment is right.
    pub fn checksum_ok(bytes: &[u8], source: IpAddr, destination: IpAddr) -> bool {
        bytes.len() >= HEADER_LEN
            && checksum::upper_layer(source, destination, ip::protocol::TCP, bytes) == 0
    }
}

/// The 16-bit word that ends at byte `END`, if it is there.
fn be16_at<const END: usize>(bytes: &[u8]) -> Option<u16> {
    bytes
        .first_chunk::<END>()?
        .last_chunk()
        .copied()
        .map(u16::from_be_bytes)
}

/// What is needed to write a segment.
#[derive(Clone, Copy, Debug)]
pub struct TcpBuild<'a> {
    /// Port of the sender.
    pub source_port: u16,
    /// Port of the receiver.
    pub destination_port: u16,
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgment number; 0 where the flag is not set.
    pub acknowledgment: u32,
    /// Flag bits, 12 of them.
    pub flags: u16,
    /// Receive window.
    pub window: u16,
    /// At most 40 bytes of options; those that do not fit are left out.
    pub options: &'a [TcpOption<'a>],
    /// Payload.
    pub payload: &'a [u8],
}

impl TcpBuild<'_> {
    /// Appends the segment with its checksum; options are padded to four bytes.
    pub fn emit(&self, source: IpAddr, destination: IpAddr, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&self.source_port.to_be_bytes());
        out.extend_from_slice(&self.destination_port.to_be_bytes());
        out.extend_from_slice(&self.sequence.to_be_bytes());
        out.extend_from_slice(&self.acknowledgment.to_be_bytes());
        out.extend_from_slice(&(self.flags & FLAGS_MASK).to_be_bytes());
        out.extend_from_slice(&self.window.to_be_bytes());
        out.extend_from_slice(&[0; 4]); // checksum and urgent pointer
        options::emit(self.options, OPTIONS_MAX, out);
        // At most 15, since the options are bounded.
        let words = u8::try_from((out.len() - start) / 4).unwrap_or(u8::MAX);
        out[start + 12] |= words << 4;
        out.extend_from_slice(self.payload);
        let sum = checksum::upper_layer(source, destination, ip::protocol::TCP, &out[start..]);
        out[start + 16..start + 18].copy_from_slice(&sum.to_be_bytes());
    }
}
