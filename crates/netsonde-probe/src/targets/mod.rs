//! Whom to measure, for millions: prefixes and addresses as one numbered space, walked in a keyed order.
//!
//! A [`Space`] takes memory for what was written down, not for what it stands for: a /8 costs as much as a /24.
//! Its addresses are numbered from 0; a keyed [`Permutation`] of the numbers draws the order, so that what
//! is sent one after another goes to different networks. What must not be probed is refused and counted by
//! reason; what was measured before is skipped.
mod block;
mod done;
mod permutation;
mod prefix;
mod ranges;
mod space;
mod text;
mod walk;

pub use block::{Host, Selection, SelectionError};
pub use permutation::Permutation;
pub use prefix::{Family, Prefix, PrefixError};
pub use ranges::RangeSet;
pub use space::{Space, SpaceError};
pub use text::{Leftover, LineError, LineOptions, read_lines};
pub use walk::{RECORD_LEN, Refused, Walk};
