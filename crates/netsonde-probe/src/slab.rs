//! A place in memory for each thing under way, used again by others: finding one costs no search.
use crate::few::sort_many;
use alloc::vec::Vec;

/// Names a thing in a slab. Its number is never used again (but for 2^32 others), its place is; handles sort by number,
/// that is, by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Handle {
    pub(crate) number: u32,
    pub(crate) place: u32,
}

/// Things under way.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    places: Vec<Option<(u32, T)>>,
    free: Vec<u32>,
    number: u32,
}

impl<T> Slab<T> {
    pub(crate) fn new() -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
            number: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn insert(&mut self, thing: T) -> Handle {
        let number = self.number;
        self.number = self.number.wrapping_add(1);
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(None);
            u32::try_from(self.places.len() - 1).expect("as many places as things under way")
        });
        self.places[index(place)] = Some((number, thing));
        Handle { number, place }
    }

    pub(crate) fn get(&self, handle: Handle) -> Option<&T> {
        let (number, thing) = self.places.get(index(handle.place))?.as_ref()?;
        (*number == handle.number).then_some(thing)
    }

    pub(crate) fn get_mut(&mut self, handle: Handle) -> Option<&mut T> {
        let (number, thing) = self.places.get_mut(index(handle.place))?.as_mut()?;
        (*number == handle.number).then_some(thing)
    }

    pub(crate) fn remove(&mut self, handle: Handle) -> Option<T> {
        let place = self.places.get_mut(index(handle.place))?;
        let (_, thing) = place.take_if(|(number, _)| *number == handle.number)?;
        self.free.push(handle.place);
        Some(thing)
    }

    /// All that are there now, oldest first.
    pub(crate) fn handles(&self) -> Vec<Handle> {
        let numbers = self
            .places
            .iter()
            .map(|place| place.as_ref().map(|(number, _)| *number));
        // The one that was the longest time ago is first, even if numbers began anew since.
        let mut aged: Vec<(u32, u32)> = (0..)
            .zip(numbers)
            .filter_map(|(place, number)| Some((number?.wrapping_sub(self.number), place)))
            .collect();
        sort_many(&mut aged);
        let handle = |(age, place): (u32, u32)| Handle {
            number: age.wrapping_add(self.number),
            place,
        };
        aged.into_iter().map(handle).collect()
    }
}

fn index(place: u32) -> usize {
    usize::try_from(place).expect("at least 32 bits of address")
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use proptest::prelude::*;

    proptest! {
        /// Against a map by number: a handle finds its own thing or nothing.
        #[test]
        fn a_slab_is_a_map_by_age(steps in proptest::collection::vec((any::<bool>(), 0_usize..40), 1..200)) {
            let (mut slab, mut map, mut known) = (Slab::new(), BTreeMap::new(), Vec::new());
            for (adds, which) in steps {
                if adds {
                    let handle = slab.insert(known.len());
                    map.insert(handle, known.len());
                    known.push(handle);
                } else if let Some(handle) = known.get(which) {
                    prop_assert_eq!(slab.remove(*handle), map.remove(handle));
                }
                for handle in &known {
                    prop_assert_eq!(slab.get(*handle), map.get(handle));
                    prop_assert_eq!(slab.get_mut(*handle).copied(), map.get(handle).copied());
                }
                prop_assert_eq!(slab.handles(), map.keys().copied().collect::<Vec<_>>());
                prop_assert_eq!((slab.len(), slab.is_empty()), (map.len(), map.is_empty()));
                prop_assert!(slab.places.len() <= known.len());
            }
        }
    }
}
