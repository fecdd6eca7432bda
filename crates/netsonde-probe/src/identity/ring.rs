//! The probes of the last seconds by serial number, in blocks: growing copies nothing, and what is forgotten is freed.
use super::registry::Entry;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Entries in one block of memory.
const BLOCK: usize = 1 << 10;

/// Consecutive serial numbers and their entries.
#[derive(Debug, Default)]
pub(super) struct Ring {
    /// All but the last are full.
    blocks: VecDeque<Vec<Entry>>,
    /// Entries of the first block that were taken out again.
    taken: usize,
    len: usize,
    /// Serial number of the oldest entry.
    first: u32,
    /// An empty block to be filled next.
    spare: Vec<Entry>,
}

impl Ring {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The serial number that the next entry will have.
    pub(super) fn next_serial(&self) -> u32 {
        self.first.wrapping_add(length(self.len))
    }

    pub(super) fn push(&mut self, entry: Entry) {
        if self.blocks.back().is_none_or(|block| block.len() == BLOCK) {
            let mut block = core::mem::take(&mut self.spare);
            block.reserve_exact(BLOCK);
            self.blocks.push_back(block);
        }
        if let Some(block) = self.blocks.back_mut() {
            block.push(entry);
            self.len += 1;
        }
    }

    pub(super) fn get(&self, serial: u32) -> Option<&Entry> {
        let (block, index) = self.place(serial)?;
        self.blocks.get(block)?.get(index)
    }

    pub(super) fn get_mut(&mut self, serial: u32) -> Option<&mut Entry> {
        let (block, index) = self.place(serial)?;
        self.blocks.get_mut(block)?.get_mut(index)
    }

    pub(super) fn first(&self) -> Option<&Entry> {
        self.blocks.front()?.get(self.taken)
    }

    /// Takes the oldest entry out.
    pub(super) fn pop(&mut self) -> Option<(u32, Entry)> {
        let popped = (self.first, *self.first()?);
        self.first = self.first.wrapping_add(1);
        self.taken += 1;
        self.len -= 1;
        if self.taken == BLOCK {
            self.taken = 0;
            if let Some(mut block) = self.blocks.pop_front() {
                block.clear();
                self.spare = block;
            }
        }
        Some(popped)
    }

    fn place(&self, serial: u32) -> Option<(usize, usize)> {
        let distance = usize::try_from(serial.wrapping_sub(self.first)).ok()?;
        let position = self.taken + distance;
        (distance < self.len).then_some((position / BLOCK, position % BLOCK))
    }
}

/// Serial numbers come again after 2^32: far fewer probes are remembered.
fn length(len: usize) -> u32 {
    u32::try_from(len).expect("fewer entries than serial numbers")
}

#[cfg(test)]
mod tests {
    use super::super::craft::Fields;
    use super::super::shape::Method;
    use super::*;
    use crate::slab::Handle;
    use alloc::collections::BTreeMap;
    use proptest::prelude::*;

    fn entry(attempt: u32) -> Entry {
        Entry {
            measurement: Handle {
                number: 0,
                place: 0,
            },
            attempt,
            ttl: 1,
            answered: false,
            method: Method::Icmp,
            sent_ns: 0,
            expires_ns: 0,
            target: [5, 1, 0, 1].into(),
            fields: Fields::default(),
            index: 0,
        }
    }

    proptest! {
        /// Against a map by serial number that goes on from 0 after the last.
        #[test]
        fn a_ring_is_a_map_by_serial_number(first in prop_oneof![Just(0), u32::MAX - 3_000..=u32::MAX], runs in proptest::collection::vec((1_u32..2_500, 1_u32..2_500), 1..6)) {
            let mut ring = Ring { first, ..Ring::default() };
            let (mut expected, mut pushed, mut popped) = (BTreeMap::new(), 0_u32, 0_u32);
            for (pushes, pops) in runs {
                for _ in 0..pushes {
                    prop_assert_eq!(ring.next_serial(), first.wrapping_add(pushed));
                    expected.insert(pushed, ring.next_serial());
                    ring.push(entry(pushed));
                    pushed += 1;
                }
                for _ in 0..pops {
                    let known = expected.remove(&popped);
                    popped += u32::from(known.is_some());
                    let found = ring.pop().map(|(serial, entry)| (serial, entry.attempt));
                    prop_assert_eq!(found, known.map(|serial| (serial, popped - 1)));
                }
                prop_assert_eq!(ring.len(), expected.len());
                for (attempt, serial) in &expected {
                    prop_assert_eq!(ring.get(*serial).map(|entry| entry.attempt), Some(*attempt));
                }
                let beyond = [first.wrapping_add(popped).wrapping_sub(1), ring.next_serial()];
                prop_assert!(beyond.iter().all(|serial| ring.get_mut(*serial).is_none()));
                prop_assert!(ring.blocks.len() <= expected.len() / BLOCK + 2);
            }
        }
    }
}
