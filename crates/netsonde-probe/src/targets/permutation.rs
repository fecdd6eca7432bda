//! A keyed order of the numbers below a size, without a table.
use crate::seed::mix;

/// Rounds of the network; four would do for load, six leave no visible pattern at small sizes.
const ROUNDS: usize = 6;
/// Sizes are below this: the halves of a number must fit 64 bits with room to add.
const SIZE_MAX: u128 = 1 << 124;

/// A bijection of `0..size` onto itself that a key draws.
///
/// A Feistel network whose halves count to `a` and `b`, with `a * b` little above `size`; what falls
/// outside is sent through again until it falls inside (cycle walking). Needs no memory, and runs backwards.
///
/// Source: Black and Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002, methods 2 and 3.
#[derive(Clone, Copy, Debug)]
pub struct Permutation {
    size: u128,
    a: u64,
    b: u64,
    keys: [u64; ROUNDS],
}

impl Permutation {
    /// The order of `0..size` that a key draws; `size` is at most 2^124.
    ///
    /// # Panics
    /// When `size` exceeds that.
    pub fn new(size: u128, key: u64) -> Self {
        assert!(size <= SIZE_MAX, "sizes are limited where they come in");
        let a = ceil_sqrt(size.max(1));
        let b = size.max(1).div_ceil(u128::from(a));
        let mut state = key;
        let keys = core::array::from_fn(|_| {
            state = mix(state);
            state
        });
        Self {
            size,
            a,
            b: u64::try_from(b).expect("no more than the root"),
            keys,
        }
    }

    /// How many numbers are put in order.
    pub fn size(&self) -> u128 {
        self.size
    }

    /// The number at a position of the order; the position must be below the size.
    pub fn number(&self, position: u128) -> u128 {
        debug_assert!(position < self.size);
        let mut walked = position;
        loop {
            walked = self.forward(walked);
            if walked < self.size {
                return walked;
            }
        }
    }

    /// The position of a number in the order; the number must be below the size.
    pub fn position(&self, number: u128) -> u128 {
        debug_assert!(number < self.size);
        let mut walked = number;
        loop {
            walked = self.backward(walked);
            if walked < self.size {
                return walked;
            }
        }
    }

    fn forward(&self, number: u128) -> u128 {
        let (mut left, mut right) = self.halves(number);
        for (round, key) in self.keys.iter().enumerate() {
            if round % 2 == 0 {
                left = add(left, below(mix(key ^ right), self.a), self.a);
            } else {
                right = add(right, below(mix(key ^ left), self.b), self.b);
            }
        }
        self.whole(left, right)
    }

    fn backward(&self, number: u128) -> u128 {
        let (mut left, mut right) = self.halves(number);
        for (round, key) in self.keys.iter().enumerate().rev() {
            if round % 2 == 0 {
                left = subtract(left, below(mix(key ^ right), self.a), self.a);
            } else {
                right = subtract(right, below(mix(key ^ left), self.b), self.b);
            }
        }
        self.whole(left, right)
    }

    fn halves(&self, number: u128) -> (u64, u64) {
        if let Ok(number) = u64::try_from(number) {
            return (number % self.a, number / self.a);
        }
        let a = u128::from(self.a);
        let half = |part: u128| u64::try_from(part).expect("below a or b");
        (half(number % a), half(number / a))
    }

    fn whole(&self, left: u64, right: u64) -> u128 {
        u128::from(left) + u128::from(self.a) * u128::from(right)
    }
}

/// Spreads 64 random bits over `0..bound` (Lemire's multiplication; the bias is below 2^-31 at our sizes).
pub(super) fn below(random: u64, bound: u64) -> u64 {
    u64::try_from((u128::from(random) * u128::from(bound)) >> 64).expect("the upper half")
}

fn add(left: u64, right: u64, modulus: u64) -> u64 {
    let sum = left + right;
    if sum >= modulus { sum - modulus } else { sum }
}

fn subtract(left: u64, right: u64, modulus: u64) -> u64 {
    if left >= right {
        left - right
    } else {
        left + (modulus - right)
    }
}

/// The least number whose square is no less.
fn ceil_sqrt(size: u128) -> u64 {
    let floor = size.isqrt();
    let root = if floor * floor == size {
        floor
    } else {
        floor + 1
    };
    u64::try_from(root).expect("the root of a number below 2^124")
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn order(size: u128, key: u64) -> Vec<u128> {
        let permutation = Permutation::new(size, key);
        (0..size)
            .map(|position| permutation.number(position))
            .collect()
    }

    #[test]
    fn every_small_size_is_a_bijection() {
        for size in (0..300).chain([4_095, 4_096, 4_097, 65_535, 65_536, 65_537]) {
            for key in [0, 1, 0x1234_5678_9abc_def0] {
                let mut seen = order(size, key);
                seen.sort_unstable();
                assert_eq!(seen, (0..size).collect::<Vec<_>>(), "size {size} key {key}");
            }
        }
    }

    proptest! {
        #[test]
        fn positions_and_numbers_are_inverses(
            bits in 1_u32..124, low: u128, at: u128, key: u64
        ) {
            let size = (low >> (128 - bits)).max(1);
            let permutation = Permutation::new(size, key);
            let position = at % size;
            let number = permutation.number(position);
            prop_assert!(number < size);
            prop_assert_eq!(permutation.position(number), position);
        }

        #[test]
        fn keys_draw_different_orders(size in 64_u128..5_000, key: u64, other: u64) {
            prop_assume!(key != other);
            let same = order(size, key).iter().zip(order(size, other)).filter(|(a, b)| **a == *b).count();
            // Two orders drawn at random agree in one place, give or take one.
            prop_assert!(same < 12, "{same} of {size} places agree");
        }
    }

    /// Of a /8, any 1,000 probes in a row reach each of its 256 networks of length 16 a few times only.
    #[test]
    fn probes_in_a_row_spread_over_networks() {
        let permutation = Permutation::new(1 << 24, 7);
        for start in (0..1 << 24).step_by(1 << 19) {
            let mut per_network = vec![0_u32; 256];
            for position in start..start + 1_000 {
                let network = usize::try_from(permutation.number(position) >> 16).unwrap();
                per_network[network] += 1;
            }
            let most = per_network.iter().max().unwrap();
            // 3.9 are expected; 17 has a chance below one in 10^4 over all looks.
            assert!(*most <= 17, "{most} probes of 1,000 in one /16 of 256");
            let reached = per_network.iter().filter(|&&count| count > 0).count();
            assert!(reached > 235, "{reached} of 256 networks");
        }
    }

    #[test]
    fn neighbours_do_not_stay_neighbours() {
        let found = order(100_000, 3);
        let close = found
            .windows(2)
            .filter(|pair| pair[0].abs_diff(pair[1]) < 256)
            .count();
        // Two random numbers below 100,000 are that close with a chance of 0.5 %.
        assert!((350..680).contains(&close), "{close}");
    }

    #[test]
    fn the_largest_size_works() {
        let permutation = Permutation::new(SIZE_MAX, 5);
        for position in [0, 1, SIZE_MAX / 2, SIZE_MAX - 1] {
            assert_eq!(permutation.position(permutation.number(position)), position);
        }
    }
}
