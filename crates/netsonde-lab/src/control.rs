//! The control plane: from the plan and the state of the links to the tables that packets follow.
//!
//! It is computed whole, at the start and after each change: routes by shortest paths, labels as
//! LDP would give them out along those, then explicit LSPs and static routes on top.
use std::collections::BTreeMap;

use crate::plan::{Destination, Plan, Shape};

mod labels;
mod lsp;
mod paths;
mod routes;

/// Stands for "no label" in a [`Hop`].
pub(crate) const UNLABELLED: u32 = u32::MAX;
/// Explicit null; on the wire 0 before IPv4 and 2 before IPv6.
pub(crate) const EXPLICIT_NULL: u32 = 0;

/// One way out of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hop {
    pub(crate) interface: u32,
    /// Label to push or to swap to, or [`UNLABELLED`]: forward plain, or pop.
    pub(crate) label: u32,
    /// Label below it, or [`UNLABELLED`].
    pub(crate) service: u32,
    /// As ingress: whether the label's TTL hides that of the packet.
    pub(crate) pipe: bool,
}

/// Ways out of equal cost: a range of [`Tables::hops`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    first: u32,
    count: u32,
}

/// What a router does with a label that it gave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LabelAction {
    /// Swap, or pop where the hop says [`UNLABELLED`]. `pipe` matters for the pop rule.
    Switch { route: Route, pipe: bool },
    /// The LSP ends here.
    End { pipe: bool, opaque: bool },
}

/// The tables of all nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables {
    groups: usize,
    /// Route by node and group: `node * groups + group`.
    fib: Vec<Option<Route>>,
    /// Static routes and LSPs by node and destination; they win.
    overrides: Vec<BTreeMap<u32, Option<Route>>>,
    /// By node, sorted by label.
    labels: Vec<Vec<(u32, LabelAction)>>,
    hops: Vec<Hop>,
}

/// What a node does with a packet to a destination that is not its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Forward(Route),
    /// No route: unreachable.
    NoRoute,
    /// A static route says so.
    Discard,
}

impl Tables {
    /// Computes everything for the given state of the links (faults change it).
    pub(crate) fn new(plan: &Plan, shapes: &[Shape]) -> Self {
        let groups = plan.nodes.len() + plan.links.len();
        let mut tables = Self {
            groups,
            fib: vec![None; plan.nodes.len() * groups],
            overrides: vec![BTreeMap::new(); plan.nodes.len()],
            labels: vec![Vec::new(); plan.nodes.len()],
            hops: Vec::new(),
        };
        let paths = paths::Paths::new(plan, shapes);
        let bindings: Vec<labels::Bindings> = plan
            .domains
            .iter()
            .map(|domain| labels::Bindings::new(plan, domain, &paths))
            .collect();
        routes::fill(&mut tables, plan, &paths, &bindings);
        for bindings in &bindings {
            bindings.fill(&mut tables, plan);
        }
        routes::add_static(&mut tables, plan, shapes);
        lsp::add(&mut tables, plan, shapes);
        for labels in &mut tables.labels {
            // Stable: of two meanings of a label the later wins, which only null labels have.
            labels.sort_by_key(|(label, _)| *label);
        }
        tables
    }

    /// What `node` does with packets to `destination`, which is not its own.
    pub(crate) fn decide(&self, node: u32, index: u32, destination: &Destination) -> Decision {
        let overrides = &self.overrides[node as usize];
        if let Some(route) = overrides.get(&index) {
            return route.map_or(Decision::Discard, Decision::Forward);
        }
        let route = destination
            .group
            .and_then(|group| self.fib[node as usize * self.groups + group as usize]);
        route.map_or(Decision::NoRoute, Decision::Forward)
    }

    /// What `node` does with a label.
    pub(crate) fn label(&self, node: u32, label: u32) -> Option<LabelAction> {
        let labels = &self.labels[node as usize];
        let behind = labels.partition_point(|(known, _)| *known <= label);
        labels[..behind]
            .last()
            .filter(|(known, _)| *known == label)
            .map(|(_, action)| *action)
    }

    /// The ways out of a route; never empty.
    pub(crate) fn hops(&self, route: Route) -> &[Hop] {
        &self.hops[route.first as usize..(route.first + route.count) as usize]
    }

    /// Stores ways out; `None` if there are none.
    fn add_route(&mut self, hops: &[Hop]) -> Option<Route> {
        if hops.is_empty() {
            return None;
        }
        let index = |length: usize| u32::try_from(length).expect("nodes and links are limited");
        let route = Route {
            first: index(self.hops.len()),
            count: index(hops.len()),
        };
        self.hops.extend_from_slice(hops);
        Some(route)
    }

    fn set(&mut self, node: u32, group: u32, route: Option<Route>) {
        self.fib[node as usize * self.groups + group as usize] = route;
    }
}
