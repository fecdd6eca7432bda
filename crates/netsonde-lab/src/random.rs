//! Random streams: one per seed, entity and purpose, so that no entity disturbs another's.
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// One stream of random numbers.
#[derive(Clone, Debug)]
pub(crate) struct Stream(Xoshiro256PlusPlus);

impl Stream {
    /// The stream of a purpose (`"loss"`) of an entity (`"link p1-p2 0"`).
    pub(crate) fn new(seed: u64, entity: &str, purpose: &str) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(key(
            seed, entity, purpose,
        )))
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// True with the given probability; draws nothing where the answer is certain.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        if probability <= 0.0 {
            return false;
        }
        if probability >= 1.0 {
            return true;
        }
        #[allow(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        unit < probability
    }

    /// A number from 0 to `most`; draws nothing where `most` is 0.
    pub(crate) fn up_to(&mut self, most: u64) -> u64 {
        if most == 0 {
            return 0;
        }
        let wide = u128::from(self.next()) * (u128::from(most) + 1);
        u64::try_from(wide >> 64).expect("the high half of a 128-bit product")
    }
}

/// A number that depends on all three, for seeds and hash salts.
pub(crate) fn key(seed: u64, entity: &str, purpose: &str) -> u64 {
    let mut hash = mix(seed ^ 0x9e37_79b9_7f4a_7c15);
    for byte in entity.bytes().chain([0xff]).chain(purpose.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    mix(hash)
}

/// Spreads every input bit over the output (the finalizer of `SplitMix64`).
pub(crate) fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_seed_entity_and_purpose_and_repeat() {
        let first = |seed, entity, purpose| Stream::new(seed, entity, purpose).next();
        let base = first(1, "link a", "loss");
        assert_eq!(base, first(1, "link a", "loss"));
        assert_ne!(base, first(2, "link a", "loss"));
        assert_ne!(base, first(1, "link b", "loss"));
        assert_ne!(base, first(1, "link a", "jitter"));
        assert_ne!(first(1, "ab", "c"), first(1, "a", "bc"));
    }

    #[test]
    fn chances_come_as_often_as_they_say() {
        let mut stream = Stream::new(7, "test", "chance");
        let hits = (0..100_000).filter(|_| stream.chance(0.2)).count();
        assert!((19_500..20_500).contains(&hits), "{hits}");
        assert!(!stream.chance(0.0) && stream.chance(1.0));
        assert!((0..1_000).all(|_| stream.up_to(3) <= 3) && stream.up_to(0) == 0);
        assert!((0..100).any(|_| stream.up_to(3) == 3));
    }
}
