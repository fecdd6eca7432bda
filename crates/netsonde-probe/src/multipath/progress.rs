//! How far the first flow has come.
use super::graph::Graph;
use super::plan::SCOUT;
use super::table::{Key, Outcome, Table};
use crate::job::MultipathOptions;

/// TTLs, one below the first if there is none yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    /// Up to here everything is known.
    pub(super) settled: u8,
    /// The last that answered.
    pub(super) answered: u8,
    /// Where the flow ends.
    pub(super) end: Option<u8>,
}

impl Progress {
    pub(super) fn of(table: &Table, graph: &Graph, options: &MultipathOptions) -> Self {
        let start = options.first_ttl - 1;
        let mut progress = Self {
            settled: start,
            answered: start,
            end: None,
        };
        let mut in_row = true;
        for ttl in options.first_ttl..=options.last_ttl {
            match table.outcome(Key::explore(ttl, SCOUT)) {
                Some(Outcome::Answered(_)) => progress.answered = ttl,
                Some(Outcome::Silent) => {}
                Some(Outcome::Pending) => in_row = false,
                None => break,
            }
            if in_row {
                progress.settled = ttl;
            }
            let hop = graph.hops.get(usize::from(ttl - start));
            if hop.is_some_and(|hop| hop.saw(SCOUT) && hop.ends(SCOUT)) {
                progress.end = Some(ttl);
                progress.answered = progress.answered.min(ttl);
                break;
            }
        }
        progress
    }
}
