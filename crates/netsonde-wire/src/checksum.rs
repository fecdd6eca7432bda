//! The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
use core::net::IpAddr;

/// A checksum being summed up, piece by piece; a piece of odd length is padded with zero.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checksum(u64);

impl Checksum {
    /// A checksum that starts with the pseudo-header of UDP, TCP and `ICMPv6` (RFC 768, RFC 8200 section 8.1).
    ///
    /// `length` is that of the upper-layer packet, header included.
    pub fn pseudo(source: IpAddr, destination: IpAddr, protocol: u8, length: usize) -> Self {
        let mut sum = Self::default();
        for address in [source, destination] {
            match address {
                IpAddr::V4(v4) => sum.add(&v4.octets()),
                IpAddr::V6(v6) => sum.add(&v6.octets()),
            }
        }
        // The length is 16 bits wide in one pseudo-header and 32 in the other: the sum is the same.
        sum.0 += u64::from(protocol) + (length as u64 & 0xffff_ffff);
        sum
    }

    /// Adds a piece of the covered data.
    pub fn add(&mut self, bytes: &[u8]) {
        // 32-bit words into a 64-bit sum: its carries cannot be lost below 16 GiB of data.
        let (words, rest) = bytes.as_chunks::<4>();
        self.0 += words
            .iter()
            .map(|word| u64::from(u32::from_be_bytes(*word)))
            .sum::<u64>();
        let mut last = [0; 4];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        self.0 += u64::from(u32::from_be_bytes(last));
    }

    /// Adds one 16-bit word.
    pub fn add_u16(&mut self, word: u16) {
        self.0 += u64::from(word);
    }

    /// The value to write into the checksum field; over data that holds its checksum, 0.
    pub fn finish(self) -> u16 {
        fold(self.0)
    }
}

/// The checksum of `bytes` alone.
pub fn internet(bytes: &[u8]) -> u16 {
    let mut sum = Checksum::default();
    sum.add(bytes);
    sum.finish()
}

/// The checksum after one 16-bit word of the covered data changed (RFC 1624, equation 3).
///
/// Equal to summing again, but for data of nothing but zeros: there this gives 0, and summing 0xffff.
#[inline]
pub fn update(checksum: u16, old_word: u16, new_word: u16) -> u16 {
    fold(u64::from(!checksum) + u64::from(!old_word) + u64::from(new_word))
}

/// The one's complement of the one's complement sum of four words.
#[inline]
fn fold(sum: u64) -> u16 {
    let sum = (sum & 0xffff_ffff) + (sum >> 32);
    let sum = (sum & 0xffff) + (sum >> 16);
    let sum = (sum & 0xffff) + (sum >> 16);
    let sum = (sum & 0xffff) + (sum >> 16);
    let [.., high, low] = sum.to_be_bytes();
    !u16::from_be_bytes([high, low])
}

/// The checksum of an upper-layer packet and its pseudo-header: 0 if it holds the right one.
pub(crate) fn upper_layer(source: IpAddr, destination: IpAddr, protocol: u8, bytes: &[u8]) -> u16 {
    let mut sum = Checksum::pseudo(source, destination, protocol, bytes.len());
    sum.add(bytes);
    sum.finish()
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn every_carry_is_folded() {
        // Each of these needs one more round than the one before.
        assert_eq!(fold(0xffff), 0);
        assert_eq!(fold(0x1_ffff), !1);
        assert_eq!(fold(0xffff_0001), !1);
        assert_eq!(fold(0xffff_ffff_0000_0001), !1);
        assert_eq!(fold(0xffff_ffff_0001_0000), !1);
    }
}
