//! Whether a branch point chooses by flow or by packet.
//!
//! Flows through the branch point are sent once more. A per-flow balancer sends them where they went before; a
//! per-packet balancer of K next hops does so with probability 1/K each, so few repeats are enough for any confidence.
//! One that went elsewhere may also tell of a changed route: that flow is repeated again, and only one that goes on
//! changing shows a per-packet balancer.
use super::graph::{Graph, Hop};
use super::stopping::Stopping;
use super::table::{Key, Lane, Outcome, Table};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::net::IpAddr;

/// Numbers of the repeats of a flow that was seen to change.
const FOLLOW_UP: u16 = 1_000;

/// A branch point: its TTL (that of its next hops less one) and its number among the vertices there.
pub(super) type Place = (u8, Option<IpAddr>);

/// What repeats have shown of a branch point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) per_packet: bool,
    /// A flow moved once, and stayed: the route changed.
    pub(super) changed: bool,
    /// Repeats that were answered.
    pub(super) answered: usize,
    /// Probes, attempts included.
    pub(super) sent: u32,
}

/// How the test of a hop went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tested {
    /// Nothing to test, or all per-flow.
    Settled,
    /// Something is asked or waited for.
    Waiting,
    /// Flows mean nothing from this hop on.
    PerPacket,
}

/// What repeats have shown of all branch points.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    pub(super) shown: BTreeMap<Place, Shown>,
}

impl Repeats {
    /// Tests the branch points before the hop at `index`, which is settled.
    pub(super) fn test(
        &mut self,
        table: &Table,
        graph: &Graph,
        index: usize,
        stopping: &Stopping,
        wants: &mut Vec<Key>,
    ) -> Tested {
        let (before, hop) = (&graph.hops[index - 1], &graph.hops[index]);
        let mut tested = Tested::Settled;
        for (at, vertex) in before
            .vertices
            .iter()
            .enumerate()
            .filter(|(_, vertex)| vertex.next.len() > 1)
        {
            let place = (before.ttl, vertex.address);
            let test = Test {
                table,
                hop,
                flows: &answered(table, before, hop, at),
                repeats: stopping.repeats(vertex.next.len()),
            };
            if test.flows.is_empty() {
                continue;
            }
            let asked = wants.len();
            match test.run(wants) {
                Some(shown) => {
                    let old = self.shown.insert(place, shown);
                    if shown.per_packet && old.is_none_or(|old| !old.per_packet) {
                        return Tested::PerPacket;
                    }
                }
                None => tested = Tested::Waiting,
            }
            if wants.len() > asked {
                tested = Tested::Waiting;
            }
        }
        tested
    }
}

/// The test of one branch point.
struct Test<'a> {
    table: &'a Table,
    hop: &'a Hop,
    flows: &'a [u16],
    repeats: usize,
}

impl Test<'_> {
    /// What was shown; `None` as long as something is asked or waited for.
    fn run(&self, wants: &mut Vec<Key>) -> Option<Shown> {
        let keys: Vec<Key> = (0..self.repeats)
            .map(|number| {
                let round = u16::try_from(number / self.flows.len()).expect("few repeats");
                self.key(self.flows[number % self.flows.len()], round)
            })
            .collect();
        self.settle(&keys, wants)?;
        let mut all = keys.clone();
        let moved = keys.iter().find(|key| {
            let first = self.responder(Key::explore(key.ttl, key.flow));
            self.responder(**key)
                .is_some_and(|responder| Some(responder) != first)
        });
        let mut shown = Shown {
            per_packet: false,
            changed: moved.is_some(),
            answered: 0,
            sent: 0,
        };
        if let Some(moved) = moved {
            let further: Vec<Key> = (0..self.repeats)
                .map(|number| {
                    self.key(
                        moved.flow,
                        FOLLOW_UP + u16::try_from(number).expect("few repeats"),
                    )
                })
                .collect();
            self.settle(&further, wants)?;
            let responders: BTreeSet<IpAddr> = further
                .iter()
                .chain([moved])
                .filter_map(|key| self.responder(*key))
                .collect();
            shown.per_packet = responders.len() > 1;
            shown.changed = !shown.per_packet;
            all.extend(further);
        }
        shown.answered = all
            .iter()
            .filter(|key| self.responder(**key).is_some())
            .count();
        shown.sent = all.iter().map(|key| u32::from(self.table.sent(*key))).sum();
        Some(shown)
    }

    /// Asks for what was not asked; `None` unless all is settled.
    fn settle(&self, keys: &[Key], wants: &mut Vec<Key>) -> Option<()> {
        let is_settled = |key: &Key| {
            matches!(
                self.table.outcome(*key),
                Some(Outcome::Answered(_) | Outcome::Silent)
            )
        };
        wants.extend(keys.iter().filter(|key| !self.table.contains(**key)));
        keys.iter().all(is_settled).then_some(())
    }

    fn key(&self, flow: u16, number: u16) -> Key {
        let (ttl, lane) = (self.hop.ttl, Lane::Repeat(number));
        Key { ttl, lane, flow }
    }

    fn responder(&self, key: Key) -> Option<IpAddr> {
        match self.table.outcome(key) {
            Some(Outcome::Answered(reply)) => Some(reply.responder),
            _ => None,
        }
    }
}

/// Flows through vertex `at` of `before` that were answered at `hop`.
fn answered(table: &Table, before: &Hop, hop: &Hop, at: usize) -> Vec<u16> {
    let lane = table.lane(hop.ttl, Lane::Explore);
    lane.filter(|(flow, outcome)| {
        matches!(outcome, Outcome::Answered(_))
            && hop.saw(*flow)
            && before.locate(*flow) == Some(at)
    })
    .map(|(flow, _)| flow)
    .collect()
}
