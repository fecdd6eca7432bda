//! Lines of target files, whatever they say, and the walk over what they name.
use netsonde_probe::targets::{LineOptions, RangeSet, Space, Walk, read_lines};
use std::collections::BTreeSet;

/// Numbers of a space that are walked whole.
const WALKED_MAX: u64 = 10_000;

/// The first byte is the seed, the rest is the text.
pub fn targets(bytes: &[u8]) {
    let Some((&seed, text)) = bytes.split_first() else {
        return;
    };
    let mut space = Space::default();
    let (lines, left) = read_lines(&mut space, text, &LineOptions::default());
    assert!(
        left.iter().all(|one| one.line < lines),
        "a line that is not there"
    );
    let count = space.count();
    let mut walk = Walk::new(space, seed.into(), RangeSet::default(), false);
    assert!(u128::from(walk.size()) <= count, "numbers are not made");
    let mut given = BTreeSet::new();
    if walk.size() > WALKED_MAX {
        given.extend(walk.poll_addresses(100));
    } else {
        while !walk.is_exhausted() {
            for address in walk.poll_addresses(1_000) {
                assert!(given.insert(address), "{address} came twice");
            }
        }
        let refused = walk.refused();
        let out = given.len() as u64 + refused.special_purpose + refused.duplicate;
        assert_eq!(u128::from(out), count, "each is given or counted");
    }
    for address in given {
        assert!(walk.mark_done(address), "{address} has a number");
        assert!(!walk.mark_done(address), "{address} was marked");
    }
}
