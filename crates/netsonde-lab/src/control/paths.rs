//! Shortest paths: how far every node is from every node and link, and by which interfaces.
use core::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::plan::{Owner, Plan, Shape};
use crate::topology::Role;

/// Further than anything.
const FAR: u32 = u32::MAX;

/// Distances along the costs of the links, each direction its own.
pub(super) struct Paths<'a> {
    plan: &'a Plan,
    shapes: &'a [Shape],
    /// `to[target][node]`.
    to: Vec<Vec<u32>>,
}

impl<'a> Paths<'a> {
    pub(super) fn new(plan: &'a Plan, shapes: &'a [Shape]) -> Self {
        let mut paths = Self {
            plan,
            shapes,
            to: Vec::with_capacity(plan.nodes.len()),
        };
        for target in 0..plan.nodes.len() {
            let distances = paths.towards(target);
            paths.to.push(distances);
        }
        paths
    }

    /// Interfaces of `node` on shortest paths to a group, in order; to a link of its own, the interface on it.
    pub(super) fn next_interfaces(&self, node: u32, group: u32) -> Vec<u32> {
        let nodes = self.plan.nodes.len();
        let interfaces = &self.plan.nodes[node as usize].interfaces;
        let link = (group as usize).checked_sub(nodes);
        let own = interfaces
            .iter()
            .find(|interface| Some(**interface as usize / 2) == link);
        if let Some(&own) = own {
            let is_up = self.shapes[own as usize / 2].up;
            return if is_up { vec![own] } else { Vec::new() };
        }
        let distance = self.distance(node, group);
        if distance == FAR || group == node {
            return Vec::new();
        }
        let spread = &self.plan.nodes[node as usize].spread;
        let nearer = |&interface: &u32| {
            self.step(interface, group).is_some_and(|(next, _)| {
                spread.contains(&next) && self.distance(next, group) < distance
            })
        };
        let shortest = |&interface: &u32| {
            self.step(interface, group).is_some_and(|(next, cost)| {
                self.distance(next, group).checked_add(cost) == Some(distance)
            })
        };
        let spread: Vec<u32> = interfaces.iter().copied().filter(nearer).collect();
        if spread.is_empty() {
            interfaces.iter().copied().filter(shortest).collect()
        } else {
            spread
        }
    }

    /// How far `node` is from a group: a node, or the nearer end of a link and the link itself.
    pub(super) fn distance(&self, node: u32, group: u32) -> u32 {
        let nodes = self.plan.nodes.len();
        let Some(link) = (group as usize).checked_sub(nodes) else {
            return self.to[group as usize][node as usize];
        };
        if !self.shapes[link].up {
            return FAR;
        }
        let through = |side: usize| match self.plan.interfaces[2 * link + side].owner {
            Owner::Node(end) => {
                self.to[end as usize][node as usize].saturating_add(self.shapes[link].cost[side])
            }
            Owner::Attached(_) => FAR,
        };
        through(0).min(through(1))
    }

    /// The node behind an interface through which packets to `group` may pass, and the cost of getting there.
    fn step(&self, interface: u32, group: u32) -> Option<(u32, u32)> {
        let next = self.plan.neighbour(interface)?;
        let link = interface as usize / 2;
        let may_pass = self.plan.nodes[next as usize].role != Role::Host || next == group;
        (self.shapes[link].up && may_pass)
            .then(|| (next, self.shapes[link].cost[interface as usize % 2]))
    }

    /// Dijkstra from the target against the direction of travel. Hosts end paths, they do not continue them.
    fn towards(&self, target: usize) -> Vec<u32> {
        let mut distances = vec![FAR; self.plan.nodes.len()];
        distances[target] = 0;
        let mut heap = BinaryHeap::from([Reverse((0_u32, target))]);
        while let Some(Reverse((distance, node))) = heap.pop() {
            let ends_here = self.plan.nodes[node].role == Role::Host && node != target;
            if distance > distances[node] || ends_here {
                continue;
            }
            for &interface in &self.plan.nodes[node].interfaces {
                let link = interface as usize / 2;
                let Some(previous) = self
                    .plan
                    .neighbour(interface)
                    .filter(|_| self.shapes[link].up)
                else {
                    continue;
                };
                let cost = self.shapes[link].cost[(interface ^ 1) as usize % 2];
                let there = distance.saturating_add(cost);
                if there < distances[previous as usize] {
                    distances[previous as usize] = there;
                    heap.push(Reverse((there, previous as usize)));
                }
            }
        }
        distances
    }
}
