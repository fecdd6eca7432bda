//! Node control: flows that are made to go through a vertex.
use super::graph::{Graph, Hop, Vertex};
use super::plan::Planner;
use super::table::Table;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

impl Planner {
    /// Asks for further flows through vertices of the hop at `index`, among those that go through a vertex before.
    pub(super) fn steer(
        &mut self,
        table: &Table,
        graph: &Graph,
        index: usize,
        short: &BTreeMap<usize, usize>,
    ) {
        let mut short = short.clone();
        for index in (1..=index).rev() {
            let (before, hop) = (&graph.hops[index - 1], &graph.hops[index]);
            let mut tries: BTreeMap<usize, usize> = BTreeMap::new();
            for (at, missing) in &short {
                let vertex = &hop.vertices[*at];
                let best = vertex
                    .previous
                    .iter()
                    .map(|previous| (share(before, hop, *previous, *at), *previous));
                let Some(((mine, all), previous)) =
                    best.max_by(|a, b| (a.0.0 * b.0.1).cmp(&(b.0.0 * a.0.1)))
                else {
                    continue;
                };
                // Half of what is expected to be needed: the next round knows better.
                let wanted = (missing * all).div_ceil(2 * mine.max(1));
                let most = tries.entry(previous).or_default();
                *most = wanted.max(*most);
            }
            short.clear();
            for (previous, wanted) in tries {
                let flows: Vec<u16> = if before.is_sole() {
                    (0..self.options.flows_max)
                        .filter(|flow| !before.ends(*flow))
                        .collect()
                } else {
                    before.vertices[previous].live.clone()
                };
                let sent = self.ask(table, hop.ttl, wanted, flows.into_iter());
                if sent < wanted && before.is_sole() {
                    self.limited.insert(hop.ttl);
                } else if sent < wanted {
                    short.insert(previous, wanted - sent);
                }
            }
            if short.is_empty() {
                return;
            }
        }
    }
}

/// Of the flows through vertex `previous` of `before`, how many are at vertex `at` of `hop`, and of how many that is known.
fn share(before: &Hop, hop: &Hop, previous: usize, at: usize) -> (usize, usize) {
    let through = |vertex: &Vertex| {
        let from = |flow: &&u16| before.locate(**flow) == Some(previous);
        vertex.flows.iter().filter(from).count()
    };
    let all = hop.vertices.iter().map(through).sum();
    (through(&hop.vertices[at]), all)
}
