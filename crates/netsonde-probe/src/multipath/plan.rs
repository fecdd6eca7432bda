//! What to ask next: MDA, MDA-Lite, and the repeats that tell per-packet balancers.
//!
//! The plan is made anew from all that is known whenever something was learnt; it only ever asks for more. It goes down
//! hop by hop. A hop is *settled* when nothing more has to be asked there and nothing is waited for.
//!
//! * Behind a hop with one vertex every flow will do: flows are sent until the stopping point of as many next hops
//!   as were seen.
//! * Behind a hop with several, MDA-Lite does the same for the hop as a whole, and completes the links. If the links
//!   are meshed or uneven, if a flow ends or is not answered, then the hops from the last single vertex on are done
//!   as MDA does all.
//! * MDA asks for each vertex as many flows as the stopping point of its next hops says, steered through it: flows that
//!   are known to go through a vertex before it are tried until enough are known to go through it.
//! * Whoever delivers to the target does not balance: one flow is enough there.
//! * Behind a per-packet balancer flows mean nothing, up to the next single vertex: hops are counted, not linked.
use super::graph::{Graph, Hop, Vertex};
use super::progress::Progress;
use super::repeats::{Repeats, Tested};
use super::stopping::Stopping;
use super::table::{Key, Table};
use crate::job::{Algorithm, MultipathOptions};
use crate::record::NodeEnd;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

/// TTLs that the first flow is ahead of its last answer.
const SCOUTS: u8 = 2;
/// The flow that goes first.
pub(super) const SCOUT: u16 = 0;

/// What was concluded for good, and what is asked for next.
#[derive(Debug)]
pub(super) struct Planner {
    pub(super) options: MultipathOptions,
    pub(super) stopping: Stopping,
    /// TTLs behind a single vertex from which MDA-Lite gave up.
    pub(super) doubtful: BTreeSet<u8>,
    /// TTLs from which on a per-packet balancer scatters flows.
    pub(super) scattered: BTreeSet<u8>,
    pub(super) repeats: Repeats,
    /// TTLs at which a limit left something out.
    pub(super) limited: BTreeSet<u8>,
    wants: Vec<Key>,
    complete: bool,
}

/// How a hop is explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Any flow will do.
    Whole,
    /// The same, with links completed and tested.
    Lite,
    /// Per vertex of the hop before.
    Nodes,
    /// Flows mean nothing.
    Scattered,
}

impl Planner {
    pub(super) fn new(options: &MultipathOptions) -> Self {
        Self {
            options: *options,
            stopping: Stopping::new(options.confidence, options.branch_points),
            doubtful: BTreeSet::new(),
            scattered: BTreeSet::new(),
            repeats: Repeats::default(),
            limited: BTreeSet::new(),
            wants: Vec::new(),
            complete: false,
        }
    }

    /// Whether every path was followed to its end when the last plan was made.
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether the hop at `index`, behind several vertices, is done node by node.
    pub(super) fn controls_nodes(&self, graph: &Graph, index: usize) -> bool {
        index > 0 && index < graph.hops.len() && self.mode(graph, index) == Mode::Nodes
    }

    /// What is to be asked now; empty if everything is known, or what was asked has to be waited for.
    pub(super) fn plan(&mut self, table: &Table, graph: &Graph) -> Vec<Key> {
        self.complete = false;
        // Each conclusion makes the plan anew; there are few, as each is about a TTL.
        while self.pass(table, graph) {
            self.wants.clear();
        }
        if !self.complete {
            self.run_ahead(table, graph);
        }
        core::mem::take(&mut self.wants)
    }

    /// Where the region of several vertices that reaches the hop at `index` begins.
    pub(super) fn region(graph: &Graph, index: usize) -> u8 {
        let start = (1..=index).rev().find(|at| graph.hops[at - 1].is_sole());
        graph.hops[0].ttl + u8::try_from(start.unwrap_or(1)).expect("an index of a TTL")
    }

    /// Whether flows mean nothing at the hop at `index`.
    pub(super) fn is_scattered(&self, graph: &Graph, index: usize) -> bool {
        let ttl = graph.hops[0].ttl + u8::try_from(index).expect("an index of a TTL");
        index > 0
            && self
                .scattered
                .range(Self::region(graph, index)..=ttl)
                .next()
                .is_some()
    }

    /// Goes down the hops as far as they are settled; true if something was concluded that changes the plan.
    fn pass(&mut self, table: &Table, graph: &Graph) -> bool {
        for index in 1.. {
            let before = &graph.hops[index - 1];
            if before.vertices.iter().all(|vertex| vertex.end.is_some()) {
                self.complete = true;
                return false;
            }
            let Some(hop) = graph.hops.get(index) else {
                let empty = Hop::empty(before.ttl + 1);
                self.enough_flows(table, graph, before, &empty);
                return false;
            };
            let mode = self.mode(graph, index);
            if mode == Mode::Lite && before.vertices.iter().any(is_odd) {
                self.doubtful.insert(Self::region(graph, index));
                return true;
            }
            self.explore(table, graph, index, mode);
            if !self.wants.is_empty() || hop.pending > 0 || before.pending > 0 {
                return false;
            }
            if mode == Mode::Lite && self.doubts(table, graph, index) {
                self.doubtful.insert(Self::region(graph, index));
                return true;
            }
            if !self.wants.is_empty() {
                return false;
            }
            if self.options.per_packet && mode != Mode::Scattered {
                match self
                    .repeats
                    .test(table, graph, index, &self.stopping, &mut self.wants)
                {
                    Tested::Settled => {}
                    Tested::Waiting => return false,
                    Tested::PerPacket => {
                        self.scattered.insert(hop.ttl);
                        return true;
                    }
                }
            }
        }
        false
    }

    fn mode(&self, graph: &Graph, index: usize) -> Mode {
        if self.is_scattered(graph, index) {
            Mode::Scattered
        } else if graph.hops[index - 1].is_sole() {
            Mode::Whole
        } else if self.options.algorithm == Algorithm::Mda
            || self.doubtful.contains(&Self::region(graph, index))
        {
            Mode::Nodes
        } else {
            Mode::Lite
        }
    }

    fn explore(&mut self, table: &Table, graph: &Graph, index: usize, mode: Mode) {
        let (before, hop) = (&graph.hops[index - 1], &graph.hops[index]);
        match mode {
            Mode::Nodes => self.per_vertex(table, graph, index),
            Mode::Lite => {
                self.cover(table, before, hop);
                self.enough_flows(table, graph, before, hop);
            }
            Mode::Whole | Mode::Scattered => self.enough_flows(table, graph, before, hop),
        }
        if self.wants.is_empty() && hop.pending == 0 && mode != Mode::Scattered {
            self.place(table, before, hop);
        }
    }

    /// Sends flows until the stopping point of the hop as a whole; flows known at the hop before come first.
    fn enough_flows(&mut self, table: &Table, graph: &Graph, before: &Hop, hop: &Hop) {
        let enough = if hop.is_target() {
            1
        } else {
            self.stopping.enough(hop.vertices.len())
        };
        let missing = enough.saturating_sub(hop.asked() + self.wanted_at(hop.ttl));
        if missing == 0 {
            return;
        }
        let index = usize::from(hop.ttl - graph.hops[0].ttl);
        let is_scattered = self.is_scattered(graph, index);
        let fits = |flow: &u16| is_scattered || !before.ends(*flow);
        let known = (0..self.options.flows_max).filter(|flow| before.saw(*flow));
        let fresh = (0..self.options.flows_max).filter(|flow| !before.saw(*flow));
        let flows = known.chain(fresh).filter(fits);
        if self.ask(table, hop.ttl, missing, flows) < missing {
            self.limited.insert(hop.ttl);
        }
    }

    /// Sends one flow of every vertex of the hop before.
    fn cover(&mut self, table: &Table, before: &Hop, hop: &Hop) {
        for vertex in before.vertices.iter().filter(|vertex| vertex.end.is_none()) {
            let asked = |flow: &u16| table.contains(Key::explore(hop.ttl, *flow));
            if !vertex.live.iter().any(asked) {
                self.ask(table, hop.ttl, 1, vertex.live.iter().copied());
            }
        }
    }

    /// Finds out behind whom a vertex is that no flow has linked, and behind whom is silence.
    ///
    /// Behind a single vertex that seems plain. But if another one was missed there, a flow that was not seen at both
    /// ends would invent a link; one probe rules it out, and may find the missing vertex.
    fn place(&mut self, table: &Table, before: &Hop, hop: &Hop) {
        if before.ttl < self.options.first_ttl {
            return;
        }
        let is_linked = |vertex: &Vertex| vertex.flows.iter().any(|flow| before.saw(*flow));
        let unlinked = hop.vertices.iter().filter(|vertex| !is_linked(vertex));
        let flows: Vec<u16> = unlinked.map(|vertex| vertex.flows[0]).collect();
        for flow in flows.into_iter().chain(hop.unplaced.iter().copied()) {
            self.ask(table, before.ttl, 1, [flow].into_iter());
        }
    }

    /// Sends as many flows through each vertex of the hop before as the stopping point of its next hops says.
    fn per_vertex(&mut self, table: &Table, graph: &Graph, index: usize) {
        let (before, hop) = (&graph.hops[index - 1], &graph.hops[index]);
        let ttl = hop.ttl;
        let mut short = BTreeMap::new();
        for (at, vertex) in before.vertices.iter().enumerate() {
            if vertex.end.is_some() {
                continue;
            }
            let asked = |flow: &&u16| table.contains(Key::explore(ttl, **flow));
            let done = vertex.live.iter().filter(asked).count();
            let is_target = |at: &usize| hop.vertices[*at].end == Some(NodeEnd::Destination);
            let delivers = !vertex.next.is_empty() && vertex.next.iter().all(is_target);
            let enough = if delivers {
                1
            } else {
                self.stopping.enough(vertex.next.len())
            };
            let missing = enough.saturating_sub(done);
            let sent = self.ask(table, ttl, missing, vertex.live.iter().copied());
            if sent < missing {
                short.insert(at, missing - sent);
            }
        }
        self.steer(table, graph, index - 1, &short);
    }

    /// Whether MDA-Lite would err on the hop at `index` and the one before: meshed, uneven, cut off or silent.
    fn doubts(&mut self, table: &Table, graph: &Graph, index: usize) -> bool {
        let (before, hop) = (&graph.hops[index - 1], &graph.hops[index]);
        let all_end = hop.vertices.iter().all(|vertex| vertex.end.is_some());
        if !all_end && hop.vertices.iter().any(is_odd) {
            return true;
        }
        if hop.vertices.len() < 2 {
            return false;
        }
        self.test_meshing(table, before, hop);
        if !self.wants.is_empty() {
            return false;
        }
        let forward: Vec<usize> = before
            .vertices
            .iter()
            .map(|vertex| vertex.next.len())
            .collect();
        let backward: Vec<usize> = hop
            .vertices
            .iter()
            .map(|vertex| vertex.previous.len())
            .collect();
        let is_meshed = |degrees: &[usize]| degrees.iter().any(|degree| *degree > 1);
        let is_uneven = |degrees: &[usize]| degrees.iter().any(|degree| *degree != degrees[0]);
        match before.vertices.len().cmp(&hop.vertices.len()) {
            core::cmp::Ordering::Less => is_meshed(&backward) || is_uneven(&forward),
            core::cmp::Ordering::Greater => is_meshed(&forward) || is_uneven(&backward),
            core::cmp::Ordering::Equal => is_meshed(&forward) || is_meshed(&backward),
        }
    }

    /// Asks for the flows that would show a second link of a vertex, on the side that has more of them.
    fn test_meshing(&mut self, table: &Table, before: &Hop, hop: &Hop) {
        let from_before = before.vertices.len() >= hop.vertices.len();
        let (side, other) = if from_before {
            (before, hop)
        } else {
            (hop, before)
        };
        let wanted = usize::from(self.options.meshing_flows);
        let mut short = 0;
        for vertex in &side.vertices {
            let seen = vertex.flows.iter().filter(|flow| other.saw(**flow)).count();
            let missing = wanted.saturating_sub(seen);
            let sent = self.ask(table, other.ttl, missing, vertex.flows.iter().copied());
            short = short.max(missing - sent);
        }
        // Any flow goes through one of them.
        let tries = (short * side.vertices.len()).div_ceil(2);
        let flows = 0..self.options.flows_max;
        self.ask(table, side.ttl, tries, flows);
    }

    /// Keeps the first flow ahead, and the flows that every hop needs not far behind it.
    fn run_ahead(&mut self, table: &Table, graph: &Graph) {
        let first = self.options.first_ttl;
        let progress = Progress::of(table, graph, &self.options);
        let last = progress.end.unwrap_or(self.options.last_ttl);
        let ahead = progress.settled.saturating_add(SCOUTS);
        let gap = progress.answered.saturating_add(self.options.gap_limit);
        for ttl in first..=last.min(ahead).min(gap).min(self.options.last_ttl) {
            self.ask(table, ttl, 1, [SCOUT].into_iter());
        }
        let flows = u16::try_from(self.stopping.enough(1))
            .unwrap_or(u16::MAX)
            .min(self.options.flows_max);
        // The scout shows where the target is; what delivers to it does not balance.
        let last = last - u8::from(progress.end.is_some());
        for ttl in first..=progress.answered.min(last) {
            let before = graph.hops.get(usize::from(ttl - first));
            let goes_on = |flow: &u16| before.is_none_or(|before| !before.ends(*flow));
            let flows: Vec<u16> = (1..flows).filter(goes_on).collect();
            self.ask(table, ttl, flows.len(), flows.into_iter());
        }
    }

    fn wanted_at(&self, ttl: u8) -> usize {
        self.wants.iter().filter(|key| key.ttl == ttl).count()
    }

    /// Asks for up to `count` of `flows` that were not asked for yet, and returns for how many it did.
    pub(super) fn ask(
        &mut self,
        table: &Table,
        ttl: u8,
        count: usize,
        flows: impl Iterator<Item = u16>,
    ) -> usize {
        if count == 0 {
            return 0;
        }
        let mut asked = table.asked_at(ttl) + self.wanted_at(ttl);
        let (before, most) = (asked, self.options.hop_probes_max as usize);
        for flow in flows {
            let key = Key::explore(ttl, flow);
            if asked - before == count {
                break;
            }
            if table.contains(key) || self.wants.contains(&key) {
                continue;
            }
            if asked >= most {
                break;
            }
            self.wants.push(key);
            asked += 1;
        }
        if asked - before < count && asked >= most {
            self.limited.insert(ttl);
        }
        asked - before
    }
}

/// Whether a vertex among others makes flows unequal: they end there, or nobody answers.
fn is_odd(vertex: &Vertex) -> bool {
    vertex.end.is_some() || vertex.address.is_none()
}
