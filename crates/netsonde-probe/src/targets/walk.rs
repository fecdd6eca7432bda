//! Walks a space in a keyed order, and refuses what must not be probed.
use super::done::Done;
use super::permutation::Permutation;
use super::prefix::{Family, join, split};
use super::ranges::RangeSet;
use super::space::{Numbering, Space};
use crate::seed::mix;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::net::IpAddr;

/// Bytes of a packed target: version (4 or 6), 16 for the address, 16 for its source; IPv4 takes the first 4.
pub const RECORD_LEN: usize = 33;
/// Numbers looked at in one call, so that a caller stays in charge however many are refused.
const STEPS_MAX: usize = 1 << 20;

/// Why targets were left out, and how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// In the IANA special-purpose registries.
    pub special_purpose: u64,
    /// In a do-not-probe list.
    pub excluded: u64,
    /// Met before: written down twice, or in several prefixes.
    pub duplicate: u64,
    /// Finished in an earlier run.
    pub done: u64,
}

/// A space being walked.
#[derive(Clone, Debug)]
pub struct Walk {
    numbering: Numbering,
    order: Permutation,
    position: u64,
    special: RangeSet,
    exclude: RangeSet,
    done: Done,
    /// Addresses from elsewhere (host names) that were admitted, or finished before.
    named: BTreeSet<IpAddr>,
    named_done: BTreeSet<IpAddr>,
    refused: Refused,
    given: u64,
}

impl Walk {
    /// Begins a walk; `seed` draws the order, and the addresses that selections leave open.
    ///
    /// Special-purpose addresses are refused unless `allow_special_purpose`; `exclude` always holds.
    pub fn new(space: Space, seed: u64, exclude: RangeSet, allow_special_purpose: bool) -> Self {
        let numbering = Numbering::new(space, mix(seed));
        let order = Permutation::new(u128::from(numbering.size()), mix(!seed));
        let special = if allow_special_purpose {
            RangeSet::default()
        } else {
            RangeSet::special_purpose()
        };
        Self {
            refused: Refused {
                duplicate: numbering.repeated,
                ..Refused::default()
            },
            numbering,
            order,
            position: 0,
            special,
            exclude,
            done: Done::default(),
            named: BTreeSet::new(),
            named_done: BTreeSet::new(),
            given: 0,
        }
    }

    /// How many numbers the space has: targets at most.
    pub fn size(&self) -> u64 {
        self.numbering.size()
    }

    /// How many numbers were looked at.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// How many targets came out, admitted ones included.
    pub fn given(&self) -> u64 {
        self.given
    }

    /// How many targets of the space were marked as finished.
    pub fn done(&self) -> u64 {
        self.done.len() + self.named_done.len() as u64
    }

    /// What was refused so far.
    pub fn refused(&self) -> Refused {
        self.refused
    }

    /// Whether the last number was looked at.
    pub fn is_exhausted(&self) -> bool {
        self.position == self.size()
    }

    /// Leaves a target out that an earlier run finished; false if it was marked before.
    pub fn mark_done(&mut self, address: IpAddr) -> bool {
        let (family, bits) = split(address);
        match self.numbering.number(family, bits) {
            Some(number) => self.done.insert(self.place(number)),
            None => self.named_done.insert(address),
        }
    }

    /// Takes an address from elsewhere, such as a host name's, and packs it; `None` if it is refused, and counted.
    pub fn admit(&mut self, address: IpAddr) -> Option<[u8; RECORD_LEN]> {
        let (family, bits) = split(address);
        if !self.may_probe(family, bits) {
            return None;
        }
        if self.named_done.contains(&address) {
            self.refused.done += 1;
            return None;
        }
        if self.numbering.number(family, bits).is_some() || !self.named.insert(address) {
            self.refused.duplicate += 1;
            return None;
        }
        self.given += 1;
        Some(record(family, bits))
    }

    /// Where a number comes in the order.
    fn place(&self, number: u64) -> u64 {
        let position = self.order.position(u128::from(number));
        u64::try_from(position).expect("below the size")
    }

    /// The next target; `None` if the next number gave none.
    fn step(&mut self) -> Option<(Family, u128)> {
        let position = self.position;
        self.position += 1;
        if self.done.contains(position) {
            self.refused.done += 1;
            return None;
        }
        let number = self.order.number(u128::from(position));
        let number = u64::try_from(number).expect("below the size");
        let Some((family, bits)) = self.numbering.address(number) else {
            self.refused.duplicate += 1;
            return None;
        };
        self.may_probe(family, bits).then_some((family, bits))
    }

    fn may_probe(&mut self, family: Family, bits: u128) -> bool {
        if self.special.has(family, bits) {
            self.refused.special_purpose += 1;
            return false;
        }
        if self.exclude.has(family, bits) {
            self.refused.excluded += 1;
            return false;
        }
        true
    }

    /// Packs the next targets, `targets_max` at most, without a source: zeros stand for it.
    ///
    /// Fewer come near the end, or where much is refused: see [`Walk::is_exhausted`].
    pub fn poll_records(&mut self, targets_max: usize, records: &mut Vec<u8>) -> usize {
        let mut packed = 0;
        for _ in 0..STEPS_MAX {
            if packed == targets_max || self.is_exhausted() {
                break;
            }
            if let Some((family, bits)) = self.step() {
                records.extend_from_slice(&record(family, bits));
                packed += 1;
            }
        }
        self.given += packed as u64;
        packed
    }

    /// The next targets as addresses; see [`Walk::poll_records`].
    pub fn poll_addresses(&mut self, targets_max: usize) -> Vec<IpAddr> {
        let mut found = Vec::new();
        for _ in 0..STEPS_MAX {
            if found.len() == targets_max || self.is_exhausted() {
                break;
            }
            found.extend(self.step().map(|(family, bits)| join(family, bits)));
        }
        self.given += found.len() as u64;
        found
    }
}

fn record(family: Family, bits: u128) -> [u8; RECORD_LEN] {
    let mut record = [0; RECORD_LEN];
    match family {
        Family::V4 => {
            record[0] = 4;
            record[1..5].copy_from_slice(&super::prefix::low32(bits).to_be_bytes());
        }
        Family::V6 => {
            record[0] = 6;
            record[1..17].copy_from_slice(&bits.to_be_bytes());
        }
    }
    record
}

#[cfg(test)]
mod tests;
