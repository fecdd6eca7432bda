//! Labels of a domain, given out as LDP does: each member for each FEC, along the shortest paths.
use std::collections::BTreeMap;

use super::paths::Paths;
use super::{EXPLICIT_NULL, Hop, LabelAction, Tables, UNLABELLED};
use crate::plan::{Domain, Plan, check};
use crate::topology::{LabelPolicy, Pop, TtlMode, UhpLabel};

/// How far the labels of one member are from those of the next, where they all fit.
const LABEL_STEP: u32 = 100;

/// Who gave out which label for what.
pub(super) struct Bindings<'a> {
    domain: &'a Domain,
    /// Routing groups that have labels: the members, then links with a member at an end.
    fecs: Vec<u32>,
    /// Index into `fecs` by group.
    index: BTreeMap<u32, usize>,
    /// LSPs by member and FEC (index into `fecs`): the hops, none where the LSP ends.
    lsps: BTreeMap<(u32, usize), Vec<Hop>>,
}

impl<'a> Bindings<'a> {
    pub(super) fn new(plan: &Plan, domain: &'a Domain, paths: &Paths<'_>) -> Self {
        let fecs = fecs(plan, domain);
        let index = fecs.iter().copied().zip(0..).collect();
        let mut bindings = Self {
            domain,
            fecs,
            index,
            lsps: BTreeMap::new(),
        };
        for fec in 0..bindings.fecs.len() {
            bindings.bind(plan, paths, fec);
        }
        bindings
    }

    /// The labelled ways of a member towards a group with labels; `None` if it has none.
    pub(super) fn towards(&self, member: u32, group: u32) -> Option<&[Hop]> {
        self.lsps
            .get(&(member, *self.index.get(&group)?))
            .map(Vec::as_slice)
    }

    /// Whether a group belongs to the domain: a member, or a link of one.
    pub(super) fn is_inside(&self, group: u32) -> bool {
        self.index.contains_key(&group)
    }

    /// Writes what each member does with its labels.
    pub(super) fn fill(&self, tables: &mut Tables, plan: &Plan) {
        for (&(member, fec), hops) in &self.lsps {
            let pipe = is_pipe(plan, self.domain, member);
            let action = match tables.add_route(hops) {
                Some(route) => LabelAction::Switch { route, pipe },
                None => LabelAction::End {
                    pipe,
                    opaque: pop(plan, self.domain, member) == Pop::Opaque,
                },
            };
            let label = self.label(member, fec);
            tables.labels[member as usize].push((label, action));
        }
        for &member in &self.domain.members {
            let pipe = is_pipe(plan, self.domain, member);
            let labels = &mut tables.labels[member as usize];
            labels.extend([0, 2].map(|null| {
                (
                    null,
                    LabelAction::End {
                        pipe,
                        opaque: false,
                    },
                )
            }));
            if let Some(service) = self.domain.config.service_label {
                labels.push((service, LabelAction::End { pipe, opaque: true }));
            }
        }
    }

    /// Lays the LSPs of one FEC from its ends outwards: a member is bound once a next hop of it is.
    fn bind(&mut self, plan: &Plan, paths: &Paths<'_>, fec: usize) {
        let group = self.fecs[fec];
        let mut members: Vec<u32> = self.domain.members.clone();
        members.sort_by_key(|&member| (paths.distance(member, group), member));
        let links_from = plan.nodes.len();
        for member in members {
            let is_end = match (group as usize).checked_sub(links_from) {
                None => member == group,
                Some(link) => plan.nodes[member as usize]
                    .interfaces
                    .iter()
                    .any(|i| *i as usize / 2 == link),
            };
            if is_end {
                let of_link = group as usize >= links_from;
                if !of_link || self.policy(plan, member) == LabelPolicy::AllPrefixes {
                    self.lsps.insert((member, fec), Vec::new());
                }
                continue;
            }
            let pipe = is_pipe(plan, self.domain, member);
            let mut hops = Vec::new();
            for interface in paths.next_interfaces(member, group) {
                let next = plan.neighbour(interface);
                let next = next.filter(|next| {
                    plan.nodes[*next as usize].domain == plan.nodes[member as usize].domain
                });
                let Some(next) = next.filter(|_| plan.links[interface as usize / 2].mpls) else {
                    continue;
                };
                let Some(rest) = self.lsps.get(&(next, fec)) else {
                    continue;
                };
                let label = self.given(plan, next, fec, rest.is_empty());
                hops.push(Hop {
                    interface,
                    label,
                    service: UNLABELLED,
                    pipe,
                });
            }
            if !hops.is_empty() {
                self.lsps.insert((member, fec), hops);
            }
        }
    }

    /// The label that a member asks its upstream neighbours to use.
    fn given(&self, plan: &Plan, member: u32, fec: usize, ends: bool) -> u32 {
        match (
            ends,
            pop(plan, self.domain, member),
            self.domain.config.uhp_label,
        ) {
            (true, Pop::Php, _) => UNLABELLED,
            (true, Pop::Uhp, UhpLabel::ExplicitNull) => EXPLICIT_NULL,
            _ => self.label(member, fec),
        }
    }

    fn label(&self, member: u32, fec: usize) -> u32 {
        if let Some(pinned) = self.domain.pins.get(&(member, self.fecs[fec])) {
            return *pinned;
        }
        let position = self
            .domain
            .members
            .iter()
            .position(|known| *known == member)
            .unwrap_or(0);
        let count = |length: usize| u32::try_from(length).expect("nodes and links are limited");
        let base = self.domain.config.label_base;
        let room = check::LABELS
            .end()
            .saturating_sub(base)
            .saturating_sub(count(self.fecs.len()));
        let step = (room / count(self.domain.members.len().max(1))).min(LABEL_STEP);
        (base + step * count(position) + count(fec)).min(*check::LABELS.end())
    }

    fn policy(&self, plan: &Plan, member: u32) -> LabelPolicy {
        plan.nodes[member as usize]
            .behaviour
            .labels
            .unwrap_or(self.domain.config.labels)
    }
}

/// Whether a member hides the IP TTL under its labels.
pub(super) fn is_pipe(plan: &Plan, domain: &Domain, member: u32) -> bool {
    let node = &plan.nodes[member as usize];
    let own = domain
        .config
        .ttl_at
        .get(&node.name)
        .copied()
        .or(node.behaviour.ttl);
    own.unwrap_or(domain.config.ttl) == TtlMode::Pipe
}

fn pop(plan: &Plan, domain: &Domain, member: u32) -> Pop {
    plan.nodes[member as usize]
        .behaviour
        .pop
        .unwrap_or(domain.config.pop)
}

fn fecs(plan: &Plan, domain: &Domain) -> Vec<u32> {
    let nodes = u32::try_from(plan.nodes.len()).expect("nodes are limited");
    let links = (0_u32..).zip(plan.interfaces.chunks_exact(2)).filter(|(_, ends)| {
        ends.iter().any(|end| matches!(end.owner, crate::plan::Owner::Node(node) if domain.members.contains(&node)))
    });
    domain
        .members
        .iter()
        .copied()
        .chain(links.map(|(link, _)| nodes + link))
        .collect()
}
