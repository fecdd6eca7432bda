//! What a reply is looked up in: small entries, since at high rates nearly every look is one into memory that no cache
//! holds.
use super::registry::Index;
use crate::seed::mix;
use hashbrown::HashTable;

/// Probes by index: the serial number of each, with so much of its hash that hardly any other is looked at.
#[derive(Debug)]
pub(super) struct Places(HashTable<Place>);

#[derive(Clone, Copy, Debug)]
struct Place {
    hash: u32,
    serial: u32,
}

impl Places {
    /// An empty one with room for so many.
    pub(super) fn with_room(room: usize) -> Self {
        Self(HashTable::with_capacity(room))
    }

    /// The probe at an index; `is_it` knows for sure.
    pub(super) fn find(&self, index: Index, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let hash = short(index);
        let found = self.0.find(spread(hash), |place| {
            place.hash == hash && is_it(place.serial)
        });
        found.map(|place| place.serial)
    }

    /// Adds a probe whose index is free.
    pub(super) fn insert(&mut self, index: Index, serial: u32) {
        let hash = short(index);
        let place = Place { hash, serial };
        self.0
            .insert_unique(spread(hash), place, |known| spread(known.hash));
    }

    /// Puts another probe in the place of one.
    pub(super) fn replace(&mut self, index: Index, old: u32, new: u32) {
        let same = |place: &Place| place.serial == old;
        if let Some(place) = self.0.find_mut(spread(short(index)), same) {
            place.serial = new;
        }
    }

    /// Takes out a probe, unless another one is in its place.
    pub(super) fn remove(&mut self, index: Index, serial: u32) {
        let same = |place: &Place| place.serial == serial;
        if let Ok(found) = self.0.find_entry(spread(short(index)), same) {
            found.remove();
        }
    }
}

/// Conversations by a number drawn from them, and how many probes of each are remembered.
///
/// 40 bits of the number and 24 of the count share a word. Where a stranger's packet has the number of one of ours, it
/// is taken for a forged reply and not for an unrelated packet: one in a million at the highest rates.
#[derive(Debug)]
pub(super) struct Conversations(HashTable<u64>);

/// Where the count begins, and what it cannot exceed: a conversation with so many probes is remembered to the end.
const COUNT_BITS: u32 = 24;
const COUNT_MAX: u64 = (1 << COUNT_BITS) - 1;

impl Conversations {
    /// An empty one with room for so many.
    pub(super) fn with_room(room: usize) -> Self {
        Self(HashTable::with_capacity(room))
    }

    pub(super) fn contains(&self, number: u64) -> bool {
        let find = |known: &u64| is_same(*known, number);
        self.0.find(scatter(number), find).is_some()
    }

    /// One more probe.
    pub(super) fn add(&mut self, number: u64) {
        let hash = scatter(number);
        match self.0.find_mut(hash, |known| is_same(*known, number)) {
            Some(known) if *known & COUNT_MAX < COUNT_MAX => *known += 1,
            Some(_) => {}
            None => {
                let first = number & !COUNT_MAX | 1;
                self.0.insert_unique(hash, first, |known| scatter(*known));
            }
        }
    }

    /// One less.
    pub(super) fn remove(&mut self, number: u64) {
        let find = |known: &u64| is_same(*known, number);
        let Ok(mut found) = self.0.find_entry(scatter(number), find) else {
            return;
        };
        match *found.get() & COUNT_MAX {
            COUNT_MAX => {}
            1 => drop(found.remove()),
            _ => *found.get_mut() -= 1,
        }
    }
}

fn is_same(known: u64, number: u64) -> bool {
    (known ^ number) >> COUNT_BITS == 0
}

/// The part of a number that is kept, over all bits of a hash.
fn scatter(number: u64) -> u64 {
    mix(number >> COUNT_BITS)
}

fn short(index: Index) -> u32 {
    (mix(index) >> 32 & 0xffff_ffff) as u32
}

/// 32 bits of a hash over all of its bits: a table takes its places from the low ones and tells entries by the high ones.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    proptest! {
        /// Against maps, with indices that come again.
        #[test]
        fn tables_are_maps(steps in proptest::collection::vec((0_u8..4, 0_u64..60), 1..500)) {
            let mut places = Places::with_room(0);
            let (mut by_index, mut indices) = (BTreeMap::new(), Vec::new());
            let mut conversations = Conversations::with_room(0);
            let mut counts = BTreeMap::<u64, u32>::new();
            for (step, number) in steps {
                let index = number << 31;
                let serial = u32::try_from(indices.len()).unwrap();
                let is_it = |indices: &Vec<u64>, serial: u32| indices[serial as usize] == index;
                let known = places.find(index, |serial| is_it(&indices, serial));
                prop_assert_eq!(known, by_index.get(&index).copied());
                match (step, known) {
                    (0 | 1, None) => places.insert(index, serial),
                    (0 | 1, Some(old)) => places.replace(index, old, serial),
                    (2, Some(old)) => places.remove(index, old),
                    _ => places.remove(index, serial),
                }
                match step {
                    0 | 1 => {
                        by_index.insert(index, serial);
                        indices.push(index);
                    }
                    2 => drop(by_index.remove(&index)),
                    _ => {}
                }
                let far = mix(number);
                if step < 2 {
                    conversations.add(far);
                    *counts.entry(far).or_default() += 1;
                } else if let Some(count) = counts.get_mut(&far).filter(|count| **count > 0) {
                    conversations.remove(far);
                    *count -= 1;
                }
                for (number, count) in &counts {
                    prop_assert_eq!(conversations.contains(*number), *count > 0);
                }
            }
        }
    }

    #[test]
    fn a_count_that_is_full_stays() {
        let mut conversations = Conversations::with_room(1);
        conversations.add(7 << COUNT_BITS);
        let full = |known: &mut u64| *known |= COUNT_MAX;
        conversations.0.iter_mut().for_each(full);
        conversations.add(7 << COUNT_BITS);
        conversations.remove(7 << COUNT_BITS);
        assert!(conversations.contains(7 << COUNT_BITS));
        assert!(!conversations.contains(8 << COUNT_BITS));
    }
}
