//! The paths as far as they are known: a lattice of hops, rebuilt from the table whenever a decision is due.
use super::table::{Key, Lane, Outcome, Table};
use crate::job::MultipathOptions;
use crate::record::{NodeEnd, Reply, ReplyKind};
use crate::trace::ending;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::net::IpAddr;

/// One router at one TTL, or the silence behind one.
#[derive(Clone, Debug, Default)]
pub(super) struct Vertex {
    /// `None` for silence.
    pub(super) address: Option<IpAddr>,
    /// Flows seen here.
    pub(super) flows: Vec<u16>,
    /// Those of them that go on.
    pub(super) live: Vec<u16>,
    /// Vertices of the hop before and after that it shares a flow with.
    pub(super) previous: BTreeSet<usize>,
    pub(super) next: BTreeSet<usize>,
    /// Silent hops up to here.
    pub(super) gap: u8,
    /// Why nothing is asked beyond, if nothing is.
    pub(super) end: Option<NodeEnd>,
}

/// All vertices of one TTL.
#[derive(Clone, Debug, Default)]
pub(super) struct Hop {
    pub(super) ttl: u8,
    pub(super) vertices: Vec<Vertex>,
    /// Where each settled flow was seen.
    at: BTreeMap<u16, usize>,
    /// Flows that are waited for.
    pub(super) pending: usize,
    /// Silent flows of which nobody knows behind whom.
    pub(super) unplaced: Vec<u16>,
}

impl Hop {
    /// One at which nothing is known yet.
    pub(super) fn empty(ttl: u8) -> Self {
        Self {
            ttl,
            ..Self::default()
        }
    }

    /// Whether every flow is here at the same vertex, as far as is known.
    pub(super) fn is_sole(&self) -> bool {
        self.vertices.len() == 1 && self.unplaced.is_empty()
    }

    /// The vertex of a flow; where there is but one, of every flow.
    pub(super) fn locate(&self, flow: u16) -> Option<usize> {
        if self.is_sole() {
            return Some(0);
        }
        self.at.get(&flow).copied()
    }

    /// Whether a flow was seen here itself.
    pub(super) fn saw(&self, flow: u16) -> bool {
        self.at.contains_key(&flow)
    }

    /// Whether all that is known here is the target: what delivers to it does not balance.
    pub(super) fn is_target(&self) -> bool {
        let is_target = |vertex: &Vertex| vertex.end == Some(NodeEnd::Destination);
        !self.vertices.is_empty() && self.vertices.iter().all(is_target)
    }

    /// Flows settled or waited for.
    pub(super) fn asked(&self) -> usize {
        self.at.len() + self.pending + self.unplaced.len()
    }

    /// Whether a flow ends here.
    pub(super) fn ends(&self, flow: u16) -> bool {
        self.locate(flow).is_some_and(|index| {
            let vertex = &self.vertices[index];
            vertex.end.is_some() || (self.saw(flow) && vertex.live.binary_search(&flow).is_err())
        })
    }
}

/// Hops from the source (index 0) on, each TTL that was asked for.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    pub(super) hops: Vec<Hop>,
}

impl Graph {
    pub(super) fn new(table: &Table, options: &MultipathOptions, target: IpAddr) -> Self {
        let source = Hop {
            ttl: options.first_ttl - 1,
            vertices: Vec::from([Vertex::default()]),
            ..Hop::default()
        };
        let mut graph = Self {
            hops: Vec::from([source]),
        };
        for ttl in options.first_ttl..=options.last_ttl {
            // Behind a hop of which nothing is known there is nothing to hold on to.
            let is_known = graph
                .hops
                .last()
                .is_some_and(|hop| !hop.vertices.is_empty());
            if !is_known || table.lane(ttl, Lane::Explore).next().is_none() {
                break;
            }
            graph.add_hop(ttl, table, options, target);
        }
        graph
    }

    fn add_hop(&mut self, ttl: u8, table: &Table, options: &MultipathOptions, target: IpAddr) {
        let before = self.hops.last().expect("the source is there");
        let mut hop = Hop::empty(ttl);
        let mut names: BTreeMap<(Option<IpAddr>, usize), usize> = BTreeMap::new();
        for (flow, outcome) in table.lane(ttl, Lane::Explore) {
            // The scout ran past its end.
            if before.ends(flow) {
                continue;
            }
            let reply = match outcome {
                Outcome::Pending => {
                    hop.pending += 1;
                    continue;
                }
                Outcome::Answered(reply) => Some(reply),
                Outcome::Silent => None,
            };
            let previous = before.locate(flow);
            let name = match (reply, previous) {
                (Some(reply), _) => (Some(reply.responder), 0),
                (None, Some(previous)) => (None, previous),
                (None, None) => {
                    hop.unplaced.push(flow);
                    continue;
                }
            };
            let index = *names.entry(name).or_insert(hop.vertices.len());
            if index == hop.vertices.len() {
                let address = name.0;
                hop.vertices.push(Vertex {
                    address,
                    ..Vertex::default()
                });
            }
            hop.at.insert(flow, index);
            let vertex = &mut hop.vertices[index];
            vertex.flows.push(flow);
            if reply.is_none_or(|reply| ending(reply, target).is_none()) {
                vertex.live.push(flow);
            }
            vertex.previous.extend(previous);
        }
        self.link(&hop);
        self.close(&mut hop, table, options, target);
        self.hops.push(hop);
    }

    fn link(&mut self, hop: &Hop) {
        let before = self.hops.last_mut().expect("the source is there");
        for (index, vertex) in hop.vertices.iter().enumerate() {
            for previous in &vertex.previous {
                before.vertices[*previous].next.insert(index);
            }
        }
    }

    /// Says of each vertex whether the paths go on behind it.
    fn close(&self, hop: &mut Hop, table: &Table, options: &MultipathOptions, target: IpAddr) {
        let before = self.hops.last().expect("the source is there");
        for index in 0..hop.vertices.len() {
            let vertex = &hop.vertices[index];
            let gaps = vertex.previous.iter().map(|at| before.vertices[*at].gap);
            let gap = if vertex.address.is_some() {
                0
            } else {
                1 + gaps.min().unwrap_or(0)
            };
            let end = if vertex.live.is_empty() {
                let first = table.outcome(Key::explore(hop.ttl, vertex.flows[0]));
                Some(end_of(first, target))
            } else if gap >= options.gap_limit {
                Some(NodeEnd::GapLimit)
            } else if self.loops(vertex, options.loop_limit) {
                Some(NodeEnd::LoopLimit)
            } else {
                (hop.ttl == options.last_ttl).then_some(NodeEnd::LastTtl)
            };
            let vertex = &mut hop.vertices[index];
            (vertex.gap, vertex.end) = (gap, end);
        }
    }

    /// Whether the first flow through a vertex has met addresses again, not directly after themselves, too often.
    fn loops(&self, vertex: &Vertex, limit: u8) -> bool {
        let Some(flow) = vertex.flows.first().filter(|_| limit > 0) else {
            return false;
        };
        let on_path = self.hops[1..].iter().filter_map(|hop| {
            let at = hop.locate(*flow)?;
            hop.vertices[at].address
        });
        let (mut seen, mut last, mut repeats) = (BTreeSet::new(), None, 0);
        for address in on_path.chain(vertex.address) {
            if last.replace(address) != Some(address) && !seen.insert(address) {
                repeats += 1;
            }
        }
        repeats >= u32::from(limit)
    }
}

fn end_of(outcome: Option<Outcome<'_>>, target: IpAddr) -> NodeEnd {
    let is_reached = |reply: &Reply| {
        reply.responder == target
            || matches!(
                reply.kind,
                ReplyKind::EchoReply
                    | ReplyKind::TcpSynAck
                    | ReplyKind::TcpRst
                    | ReplyKind::UdpReply
            )
    };
    match outcome {
        Some(Outcome::Answered(reply)) if is_reached(reply) => NodeEnd::Destination,
        _ => NodeEnd::Unreachable,
    }
}
