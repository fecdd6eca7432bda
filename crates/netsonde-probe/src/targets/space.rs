//! Addresses and prefixes, numbered.
use super::block::{Block, Draw, Selection, SelectionError, TARGETS_MAX};
use super::prefix::{Family, Prefix, join, low32, split};
use alloc::vec::Vec;
use core::net::IpAddr;
use core::ops::Range;

/// Why a space does not take more.
pub type SpaceError = SelectionError;

/// What was written down: single addresses, and prefixes with a selection.
#[derive(Clone, Debug, Default)]
pub struct Space {
    v4: Vec<u32>,
    v6: Vec<u128>,
    blocks: Vec<Block>,
    count: u128,
}

impl Space {
    /// Adds one address.
    ///
    /// # Errors
    /// When there are too many targets.
    pub fn add_address(&mut self, address: IpAddr) -> Result<(), SpaceError> {
        self.grow(1)?;
        match split(address) {
            (Family::V4, bits) => self.v4.push(low32(bits)),
            (Family::V6, bits) => self.v6.push(bits),
        }
        Ok(())
    }

    /// Adds those addresses of a prefix that a selection picks.
    ///
    /// # Errors
    /// When the selection does not fit the prefix, or there are too many targets.
    pub fn add_prefix(&mut self, prefix: Prefix, selection: Selection) -> Result<(), SpaceError> {
        let block = Block::new(prefix, selection)?;
        self.grow(block.count())?;
        self.blocks.push(block);
        Ok(())
    }

    /// How many targets were added, those that were added twice included.
    pub fn count(&self) -> u128 {
        self.count
    }

    fn grow(&mut self, more: u128) -> Result<(), SpaceError> {
        if self.count + more > u128::from(TARGETS_MAX) {
            return Err(SpaceError::Many);
        }
        self.count += more;
        Ok(())
    }
}

/// A space whose addresses have numbers: single IPv4 addresses, single IPv6 addresses, then prefixes.
#[derive(Clone, Debug)]
pub(super) struct Numbering {
    v4: Vec<u32>,
    v6: Vec<u128>,
    /// Sorted by family and length, then network.
    blocks: Vec<Block>,
    /// Which blocks have a family and a length, shortest first.
    groups: Vec<(Family, u8, Range<usize>)>,
    ladder: Ladder,
    draw: Draw,
    size: u64,
    /// Targets that were added once more, and got no number of their own.
    pub(super) repeated: u64,
}

impl Numbering {
    /// Numbers a space; `key` draws the addresses that it leaves open.
    pub(super) fn new(space: Space, key: u64) -> Self {
        let Space {
            v4,
            v6,
            mut blocks,
            count,
        } = space;
        drop_repeated(&mut blocks);
        let mut made = Self {
            v4: Vec::new(),
            v6: Vec::new(),
            groups: groups(&blocks),
            ladder: Ladder::default(),
            draw: Draw::new(key, blocks.iter()),
            blocks,
            size: 0,
            repeated: 0,
        };
        made.v4 = sorted(v4, |bits| made.in_blocks(Family::V4, u128::from(bits)));
        made.v6 = sorted(v6, |bits| made.in_blocks(Family::V6, bits));
        let mut next = (made.v4.len() + made.v6.len()) as u64;
        for block in &mut made.blocks {
            block.start = next;
            next += u64::try_from(block.count()).expect("limited when it was added");
        }
        made.size = next;
        made.ladder = Ladder::new(&made.blocks, next);
        made.repeated = u64::try_from(count - u128::from(next)).expect("numbers are not made");
        made
    }

    /// How many numbers there are. Overlapping prefixes may give one address several.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The address with a number; `None` if a smaller number has it too.
    pub(super) fn address(&self, number: u64) -> Option<(Family, u128)> {
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        if let Some(&bits) = self.v4.get(at) {
            return Some((Family::V4, u128::from(bits)));
        }
        if let Some(&bits) = at.checked_sub(self.v4.len()).and_then(|at| self.v6.get(at)) {
            return Some((Family::V6, bits));
        }
        let block = &self.blocks[self.ladder.block(number, &self.blocks)];
        let family = block.prefix.family();
        let bits = block.address(number - block.start, &self.draw);
        let is_first = !block.is_overlapped || self.block_of(family, bits) == Some(number);
        is_first.then_some((family, bits))
    }

    /// The smallest number of an address.
    pub(super) fn number(&self, family: Family, bits: u128) -> Option<u64> {
        let single = match family {
            Family::V4 => self.v4.binary_search(&low32(bits)),
            Family::V6 => self.v6.binary_search(&bits).map(|at| at + self.v4.len()),
        };
        match single {
            Ok(at) => Some(at as u64),
            Err(_) => self.block_of(family, bits),
        }
    }

    fn in_blocks(&self, family: Family, bits: u128) -> bool {
        self.block_of(family, bits).is_some()
    }

    /// The number of an address in the first block that has it.
    fn block_of(&self, family: Family, bits: u128) -> Option<u64> {
        let address = join(family, bits);
        let same_family = self.groups.iter().filter(|group| group.0 == family);
        for (_, len, range) in same_family {
            let blocks = &self.blocks[range.clone()];
            let first = Prefix::around(address, *len).first();
            let from = blocks.partition_point(|block| block.prefix.first() < first);
            for block in &blocks[from..] {
                if block.prefix.first() != first {
                    break;
                }
                if let Some(number) = block.number(bits, &self.draw) {
                    return Some(block.start + number);
                }
            }
        }
        None
    }
}

/// Finds the block of a number in about two steps, where a search by halves would miss the cache at each of twenty.
#[derive(Clone, Debug, Default)]
struct Ladder {
    /// The block that the first number of each stretch belongs to, and the last block.
    rungs: Vec<u32>,
    /// Number of the first target of a block.
    first: u64,
    /// Numbers from one rung to the next.
    stretch: u64,
}

impl Ladder {
    /// One rung per block, at even distances up to `end`.
    fn new(blocks: &[Block], end: u64) -> Self {
        let Some(first) = blocks.first().map(|block| block.start) else {
            return Self::default();
        };
        let stretch = (end - first).div_ceil(blocks.len() as u64).max(1);
        let mut rungs = Vec::with_capacity(blocks.len() + 1);
        let mut at = 0;
        for number in (first..end).step_by(usize::try_from(stretch).expect("at most 2^40")) {
            while blocks.get(at + 1).is_some_and(|next| next.start <= number) {
                at += 1;
            }
            rungs.push(u32::try_from(at).expect("fewer than 2^32 prefixes"));
        }
        rungs.push(u32::try_from(blocks.len() - 1).expect("fewer than 2^32 prefixes"));
        Self {
            rungs,
            first,
            stretch,
        }
    }

    fn block(&self, number: u64, blocks: &[Block]) -> usize {
        let rung = usize::try_from((number - self.first) / self.stretch).expect("at most 2^40");
        let (low, high) = (self.rungs[rung] as usize, self.rungs[rung + 1] as usize);
        low + blocks[low + 1..=high].partition_point(|block| block.start <= number)
    }
}

/// Sorts blocks, removes those that another one gives whole, and marks those that another one may touch.
fn drop_repeated(blocks: &mut Vec<Block>) {
    // Larger prefixes before those that they hold, and the whole of a prefix before a part of it.
    blocks.sort_unstable_by_key(|block| {
        let prefix = block.prefix;
        (
            prefix.family(),
            prefix.first(),
            prefix.prefix_len(),
            block.selection,
        )
    });
    let mut around: Vec<Block> = Vec::new();
    blocks.retain_mut(|block| {
        let holds = |outer: &Block| {
            outer.prefix.family() == block.prefix.family()
                && block.prefix.first() <= outer.prefix.last()
        };
        while around.last().is_some_and(|outer| !holds(outer)) {
            around.pop();
        }
        if let Some(outer) = around.last() {
            let is_same = outer.prefix == block.prefix && outer.selection == block.selection;
            if is_same || outer.selection == Selection::All {
                return false;
            }
            block.is_overlapped = true;
        }
        around.push(*block);
        true
    });
    blocks.sort_by_key(|block| {
        let prefix = block.prefix;
        (
            prefix.family(),
            prefix.prefix_len(),
            prefix.first(),
            block.selection,
        )
    });
    blocks.shrink_to_fit();
}

fn groups(blocks: &[Block]) -> Vec<(Family, u8, Range<usize>)> {
    let mut groups: Vec<(Family, u8, Range<usize>)> = Vec::new();
    for (at, block) in blocks.iter().enumerate() {
        let (family, len) = (block.prefix.family(), block.prefix.prefix_len());
        match groups.last_mut() {
            Some(last) if (last.0, last.1) == (family, len) => last.2.end = at + 1,
            _ => groups.push((family, len, at..at + 1)),
        }
    }
    groups
}

/// Each once, in order, without those that blocks give.
fn sorted<T: Ord + Copy>(mut singles: Vec<T>, is_elsewhere: impl Fn(T) -> bool) -> Vec<T> {
    singles.sort_unstable();
    singles.dedup();
    singles.retain(|&single| !is_elsewhere(single));
    singles.shrink_to_fit();
    singles
}

#[cfg(test)]
mod tests;
