//! The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
use core::net::IpAddr;

/// A checksum being summed up, piece by piece; a piece of odd length is padded with zero.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checksum(u64);

impl Checksum {
    /// A checksum that starts with the pseudo-header of UDP, TCP and ICMPv6 (RFC 768, RFC 8200 section 8.1).
    pub fn pseudo(source: IpAddr, destination: IpAddr, protocol: u8, length: usize) -> Self { todo!() }
    pub fn add(&mut self, bytes: &[u8]) { todo!() }
    pub fn add_u16(&mut self, word: u16) { todo!() }
    /// The value to write into the checksum field; over data that holds its checksum, 0.
    pub fn finish(self) -> u16 { todo!() }
}

/// The checksum of `bytes` alone.
pub fn internet(bytes: &[u8]) -> u16 { todo!() }

/// The checksum after one 16-bit word of the covered data changed (RFC 1624, equation 3).
pub fn update(checksum: u16, old_word: u16, new_word: u16) -> u16 { todo!() }
