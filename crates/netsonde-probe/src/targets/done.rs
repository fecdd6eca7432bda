//! Which positions were finished before.
use alloc::boxed::Box;
use alloc::collections::BTreeMap;

/// Positions that one page holds: work is finished nearly in order, so pages fill.
const PAGE_BITS: u64 = 1 << 15;
const WORDS: usize = 512;

/// A set of positions, as a bitmap of which only the pages with members exist.
#[derive(Clone, Debug, Default)]
pub(super) struct Done {
    pages: BTreeMap<u64, Box<[u64; WORDS]>>,
    len: u64,
}

impl Done {
    /// Adds a position; false if it was there.
    pub(super) fn insert(&mut self, position: u64) -> bool {
        let page = self
            .pages
            .entry(position / PAGE_BITS)
            .or_insert_with(|| Box::new([0; WORDS]));
        let (word, bit) = place(position);
        let is_new = page[word] & bit == 0;
        page[word] |= bit;
        self.len += u64::from(is_new);
        is_new
    }

    pub(super) fn contains(&self, position: u64) -> bool {
        let (word, bit) = place(position);
        self.len > 0
            && self
                .pages
                .get(&(position / PAGE_BITS))
                .is_some_and(|page| page[word] & bit != 0)
    }

    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.len
    }
}

fn place(position: u64) -> (usize, u64) {
    let within = position % PAGE_BITS;
    let word = usize::try_from(within / 64).expect("below 512");
    (word, 1 << (within % 64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_a_set(positions in proptest::collection::vec(prop_oneof![0_u64..200, 32_700_u64..32_800, any::<u64>()], 0..200)) {
            let (mut done, mut model) = (Done::default(), BTreeSet::new());
            for position in positions {
                prop_assert_eq!(done.contains(position), model.contains(&position));
                prop_assert_eq!(done.insert(position), model.insert(position));
                prop_assert!(done.contains(position));
            }
            prop_assert_eq!(done.len(), u64::try_from(model.len()).unwrap());
        }
    }
}
