//! Order and maps where things are few, or where code counts more than time: the general ones of the library take
//! kilobytes for each type, which the image would carry.
use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::mem;

/// Sorts a handful of things, such as the tunnels of a path; what is equal stays in order. Time is quadratic.
pub(crate) fn sort_few<T>(things: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    for end in 1..things.len() {
        let mut at = end;
        while at > 0 && compare(&things[at], &things[at - 1]) == Ordering::Less {
            things.swap(at, at - 1);
            at -= 1;
        }
    }
}

/// Sorts as many as there may be; equal things are the same. In the image by a heap: some times slower than the
/// library's own, and a tenth of its code.
pub(crate) fn sort_many<T: Ord>(things: &mut Vec<T>) {
    if cfg!(feature = "surveys") {
        things.sort_unstable();
    } else {
        *things = BinaryHeap::from(mem::take(things)).into_sorted_vec();
    }
}

/// A map of a few hundred entries at most. Finding one looks at all.
#[derive(Debug)]
pub(crate) struct FewMap<K, V>(Vec<(K, V)>);

impl<K, V> Default for FewMap<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: PartialEq, V> FewMap<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.0
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, value)| value)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts a value where its key had another, or at the end.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key, value)),
        }
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let place = self.0.iter().position(|(known, _)| known == key)?;
        Some(self.0.swap_remove(place).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn few_are_sorted_as_by_the_library(mut things in proptest::collection::vec((0_u8..9, any::<u8>()), 0..40)) {
            let mut expected = things.clone();
            expected.sort_by_key(|thing| thing.0);
            sort_few(&mut things, |a, b| a.0.cmp(&b.0));
            prop_assert_eq!(things, expected);
        }

        #[test]
        fn many_are_sorted(mut things in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut expected = things.clone();
            expected.sort_unstable();
            sort_many(&mut things);
            prop_assert_eq!(things, expected);
        }

        #[test]
        fn a_map_of_few_is_a_map(steps in proptest::collection::vec((any::<bool>(), 0_u8..9, any::<u8>()), 0..60)) {
            let (mut map, mut expected) = (FewMap::default(), BTreeMap::new());
            for (adds, key, value) in steps {
                if adds {
                    map.insert(key, value);
                    expected.insert(key, value);
                } else {
                    prop_assert_eq!(map.remove(&key), expected.remove(&key));
                }
                prop_assert_eq!(map.get(&key), expected.get(&key));
                prop_assert_eq!(map.is_empty(), expected.is_empty());
            }
        }
    }
}
