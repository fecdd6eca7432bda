//! A prefix and which of its addresses are targets.
use super::permutation::{Permutation, below};
use super::prefix::{Family, Prefix};
use crate::seed::mix;
use core::fmt;

/// Targets of one space at most: a year's work at 30,000 a second.
pub(super) const TARGETS_MAX: u64 = 1 << 40;
/// Host bits of an IPv6 prefix whose every address may be a target.
const ALL_BITS_MAX: u8 = 24;
/// Host bits of a prefix out of which addresses may be drawn.
pub(super) const RANDOM_BITS_MAX: u8 = 124;

/// Which addresses of a prefix are targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selection {
    /// Every address.
    All,
    /// One in each prefix of this length; a prefix that is longer already gives one.
    Each {
        /// Of the prefixes that give one target each.
        len: u8,
        /// Which one.
        host: Host,
    },
    /// This many different ones, drawn by the key.
    Random {
        /// How many.
        count: u64,
    },
}

impl Selection {
    /// The first host of each prefix of this length.
    pub fn each(len: u8, family: Family) -> Self {
        let host = Host::Fixed(u64::from(len < family.width()));
        Self::Each { len, host }
    }
}

/// Which address of a prefix stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host {
    /// The first address plus this; the last one where the prefix is too small.
    Fixed(u64),
    /// One that the key draws; not the first nor the last, where there are others.
    Random,
}

/// Why a selection does not fit a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SelectionError {
    /// `each` exceeds the family's width.
    Each {
        /// The longest that is allowed.
        longest: u8,
    },
    /// The host lies outside of a prefix of length `each`.
    Host {
        /// The last that lies in it.
        last: u64,
    },
    /// More are to be drawn than there are, or none.
    Count {
        /// How many there are.
        most: u64,
    },
    /// An IPv6 prefix that nobody can probe whole.
    All,
    /// A prefix too short to draw from.
    Short,
    /// More than [`TARGETS_MAX`] targets.
    Many,
}

impl fmt::Display for SelectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Each { longest } => write!(f, "each=LENGTH of at most {longest}"),
            Self::Host { last } => write!(f, "host=random, or host=N of at most {last}"),
            Self::Count { most } => write!(f, "random=COUNT from 1 to {most}"),
            Self::All => write!(f, "each=LENGTH or random=COUNT after so large a prefix"),
            Self::Short => write!(f, "a longer prefix to draw from"),
            Self::Many => write!(f, "at most {TARGETS_MAX} targets in all"),
        }
    }
}

impl core::error::Error for SelectionError {}

/// A prefix with a selection, and its place among the numbers of a space.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub(super) prefix: Prefix,
    pub(super) selection: Selection,
    /// Number of its first target.
    pub(super) start: u64,
    /// Whether a block before it in the list may have given an address already.
    pub(super) is_overlapped: bool,
}

impl Block {
    /// Fits a selection to a prefix.
    pub(super) fn new(prefix: Prefix, selection: Selection) -> Result<Self, SelectionError> {
        let width = prefix.family().width();
        match selection {
            Selection::All => {
                let is_v6 = prefix.family() == Family::V6;
                if is_v6 && prefix.host_bits() > ALL_BITS_MAX {
                    return Err(SelectionError::All);
                }
            }
            Selection::Each { len, host } => {
                if len > width {
                    return Err(SelectionError::Each { longest: width });
                }
                let last = u64::MAX
                    .checked_shr(64_u32.saturating_sub(u32::from(width - len)))
                    .unwrap_or(0);
                if matches!(host, Host::Fixed(offset) if offset > last) {
                    return Err(SelectionError::Host { last });
                }
            }
            Selection::Random { count } => {
                if prefix.host_bits() > RANDOM_BITS_MAX {
                    return Err(SelectionError::Short);
                }
                let most = u64::try_from(1_u128 << prefix.host_bits()).unwrap_or(u64::MAX);
                if !(1..=most).contains(&count) {
                    return Err(SelectionError::Count { most });
                }
            }
        }
        let block = Self {
            prefix,
            selection,
            start: 0,
            is_overlapped: false,
        };
        if block.count() > u128::from(TARGETS_MAX) {
            return Err(SelectionError::Many);
        }
        Ok(block)
    }

    /// How many targets it gives.
    pub(super) fn count(&self) -> u128 {
        match self.selection {
            Selection::All => 1 << self.prefix.host_bits(),
            Selection::Each { len, .. } => {
                let bits = len.saturating_sub(self.prefix.prefix_len());
                1_u128.checked_shl(u32::from(bits)).unwrap_or(u128::MAX)
            }
            Selection::Random { count } => u128::from(count),
        }
    }

    /// The address of a target by its number in the block.
    pub(super) fn address(&self, number: u64, draw: &Draw) -> u128 {
        let first = self.prefix.first();
        match self.selection {
            Selection::All => first + u128::from(number),
            Selection::Each { host, .. } => {
                let bits = self.each_bits();
                // A prefix of every address gives one, whose number is 0.
                let step = u128::from(number).checked_shl(u32::from(bits));
                let network = first + step.unwrap_or(0);
                network + offset(network, bits, host, draw.key)
            }
            Selection::Random { .. } => {
                let order = draw.order(self.prefix.host_bits());
                first + self.turned(order.number(u128::from(number)), draw.key)
            }
        }
    }

    /// The number in the block of a target by its address; `None` if it is none of its targets.
    pub(super) fn number(&self, bits: u128, draw: &Draw) -> Option<u64> {
        let within = bits.checked_sub(self.prefix.first())?;
        if bits > self.prefix.last() {
            return None;
        }
        let number = match self.selection {
            Selection::All => within,
            Selection::Each { host, .. } => {
                let each = self.each_bits();
                let number = within.checked_shr(u32::from(each)).unwrap_or(0);
                let network =
                    self.prefix.first() + number.checked_shl(u32::from(each)).unwrap_or(0);
                (network + offset(network, each, host, draw.key) == bits).then_some(number)?
            }
            Selection::Random { count } => {
                let order = draw.order(self.prefix.host_bits());
                let position = order.position(self.turned_back(within, draw.key));
                (position < u128::from(count)).then_some(position)?
            }
        };
        u64::try_from(number).ok()
    }

    /// Host bits of the prefixes that give one target each.
    fn each_bits(&self) -> u8 {
        match self.selection {
            Selection::Each { len, .. } => {
                self.prefix.family().width() - len.max(self.prefix.prefix_len())
            }
            _ => self.prefix.host_bits(),
        }
    }

    /// Moves what was drawn by a distance of the prefix's own, so that prefixes of a length differ.
    fn turned(&self, drawn: u128, key: u64) -> u128 {
        (drawn + self.turn(key)) & ((1 << self.prefix.host_bits()) - 1)
    }

    fn turned_back(&self, within: u128, key: u64) -> u128 {
        within.wrapping_sub(self.turn(key)) & ((1 << self.prefix.host_bits()) - 1)
    }

    fn turn(&self, key: u64) -> u128 {
        random(self.prefix.first(), key) & ((1 << self.prefix.host_bits()) - 1)
    }
}

/// What draws addresses: the key, and an order of the addresses of a prefix per number of host bits.
#[derive(Clone, Debug)]
pub(super) struct Draw {
    pub(super) key: u64,
    orders: alloc::collections::BTreeMap<u8, Permutation>,
}

impl Draw {
    /// What draws from these blocks.
    pub(super) fn new<'a>(key: u64, blocks: impl Iterator<Item = &'a Block>) -> Self {
        let drawn = blocks.filter(|block| matches!(block.selection, Selection::Random { .. }));
        let orders = drawn
            .map(|block| block.prefix.host_bits())
            .map(|bits| (bits, Permutation::new(1 << bits, key)))
            .collect();
        Self { key, orders }
    }

    fn order(&self, host_bits: u8) -> &Permutation {
        self.orders
            .get(&host_bits)
            .expect("made for every block that draws")
    }
}

/// Which address after the first of a network with so many host bits stands for it.
fn offset(network: u128, bits: u8, host: Host, key: u64) -> u128 {
    let last = u128::MAX.checked_shr(128 - u32::from(bits)).unwrap_or(0);
    match host {
        Host::Fixed(offset) => u128::from(offset).min(last),
        Host::Random if bits < 2 => random(network, key) & last,
        Host::Random if bits < 64 => {
            let others = u64::try_from(last - 1).expect("fewer than 64 bits");
            let (low, _) = halves(random(network, key));
            1 + u128::from(below(low, others))
        }
        Host::Random => (random(network, key) & last).clamp(1, last - 1),
    }
}

/// 128 bits that a key draws for a number.
fn random(number: u128, key: u64) -> u128 {
    let (low, high) = halves(number);
    let state = mix(mix(key ^ low) ^ high);
    u128::from(mix(state)) << 64 | u128::from(mix(!state))
}

#[expect(clippy::cast_possible_truncation, reason = "it takes the halves apart")]
fn halves(number: u128) -> (u64, u64) {
    (number as u64, (number >> 64) as u64)
}
