//! The digest of a run: which bytes were delivered where and when.
use crate::random::mix;

/// A running 64-bit digest. It tells runs apart; it does not withstand forgery.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digest(u64);

impl Digest {
    pub(crate) fn new(seed: u64) -> Self {
        Self(mix(seed.wrapping_add(1)))
    }

    /// Takes in one delivery; its order among the others matters.
    pub(crate) fn add(&mut self, at_ns: u64, attachment: u32, packet: &[u8]) {
        self.word(at_ns);
        self.word(u64::from(attachment) << 32 | packet.len() as u64);
        let mut chunks = packet.chunks_exact(8);
        for chunk in &mut chunks {
            self.word(u64::from_le_bytes(
                chunk.try_into().expect("chunks of 8 bytes"),
            ));
        }
        let mut last = [0; 8];
        last[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
        self.word(u64::from_le_bytes(last));
    }

    pub(crate) fn value(self) -> u64 {
        mix(self.0)
    }

    fn word(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_place_bytes_and_order_matter() {
        let digest = |deliveries: &[(u64, u32, &[u8])]| {
            let mut digest = Digest::new(0);
            for &(at, to, bytes) in deliveries {
                digest.add(at, to, bytes);
            }
            digest.value()
        };
        let a: (u64, u32, &[u8]) = (1, 0, b"123456789");
        let base = digest(&[a]);
        assert_eq!(base, digest(&[a]));
        let others: [(u64, u32, &[u8]); 3] = [
            (2, 0, b"123456789"),
            (1, 1, b"123456789"),
            (1, 0, b"123456780"),
        ];
        for other in others {
            assert_ne!(base, digest(&[other]));
            assert_ne!(digest(&[a, other]), digest(&[other, a]));
        }
    }
}
