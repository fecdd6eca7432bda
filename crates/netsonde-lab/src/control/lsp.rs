//! LSPs laid by hand along a path, and their mirrors.
use std::collections::BTreeMap;

use super::routes::{covered, interface_to};
use super::{EXPLICIT_NULL, Hop, LabelAction, Tables, UNLABELLED};
use crate::plan::{Plan, Shape, check};
use crate::topology::{Lsp, Pop, Prefix, TtlMode, UhpLabel};

/// Adds every LSP all of whose links are up.
pub(super) fn add(tables: &mut Tables, plan: &Plan, shapes: &[Shape]) {
    let mut free = Free::new(tables);
    for lsp in &plan.lsps {
        let config = &lsp.config;
        let labels = free.labels(&lsp.path, config, &config.labels);
        lay(
            tables,
            plan,
            shapes,
            &Way {
                path: &lsp.path,
                fec: &config.fec,
                labels,
                config,
            },
        );
        if !config.return_fec.is_empty() {
            let path: Vec<u32> = lsp.path.iter().rev().copied().collect();
            let labels = free.labels(&path, config, &[]);
            lay(
                tables,
                plan,
                shapes,
                &Way {
                    path: &path,
                    fec: &config.return_fec,
                    labels,
                    config,
                },
            );
        }
    }
}

/// One direction of an LSP.
struct Way<'a> {
    path: &'a [u32],
    fec: &'a [Prefix],
    /// Label on the way to each router after the ingress.
    labels: Vec<u32>,
    config: &'a Lsp,
}

fn lay(tables: &mut Tables, plan: &Plan, shapes: &[Shape], way: &Way<'_>) {
    let interfaces: Option<Vec<u32>> = way
        .path
        .windows(2)
        .map(|pair| interface_to(plan, shapes, pair[0], pair[1]))
        .collect();
    let Some(interfaces) = interfaces else { return }; // a link is down: routing takes over
    let pipe = way.config.ttl == TtlMode::Pipe;
    let service = way.config.service_label;
    let last = way.path.len() - 1;
    for (index, &interface) in interfaces.iter().enumerate() {
        let hop = Hop {
            interface,
            label: way.labels[index],
            service: service.filter(|_| index == 0).unwrap_or(UNLABELLED),
            pipe,
        };
        let node = way.path[index];
        let Some(route) = tables.add_route(&[hop]) else {
            continue;
        };
        if index == 0 {
            for prefix in way.fec {
                for destination in covered(plan, node, *prefix) {
                    tables.overrides[node as usize].insert(destination, Some(route));
                }
            }
        } else {
            let action = LabelAction::Switch { route, pipe };
            tables.labels[node as usize].push((way.labels[index - 1], action));
        }
    }
    let opaque = way.config.pop == Pop::Opaque;
    let labels = &mut tables.labels[way.path[last] as usize];
    match way.labels[last - 1] {
        UNLABELLED => {}
        EXPLICIT_NULL => {
            labels.extend([0, 2].map(|null| (null, LabelAction::End { pipe, opaque })));
        }
        label => labels.push((label, LabelAction::End { pipe, opaque })),
    }
    if let Some(service) = service {
        labels.push((service, LabelAction::End { pipe, opaque: true }));
    }
}

/// The next label that each node has free.
struct Free(BTreeMap<u32, u32>);

impl Free {
    /// First label that LSPs give out where there is no domain.
    const FIRST: u32 = 24_000;

    fn new(tables: &Tables) -> Self {
        let after = |labels: &Vec<(u32, LabelAction)>| {
            labels
                .iter()
                .map(|(label, _)| label + 1)
                .max()
                .unwrap_or(0)
                .max(Self::FIRST)
        };
        Self((0_u32..).zip(tables.labels.iter().map(after)).collect())
    }

    /// Labels towards each router after the ingress, those given by hand first.
    fn labels(&mut self, path: &[u32], config: &Lsp, by_hand: &[u32]) -> Vec<u32> {
        let last = path.len() - 2;
        let mut label = |(index, &node): (usize, &u32)| match (config.pop, config.uhp_label) {
            (Pop::Php, _) if index == last => UNLABELLED,
            (Pop::Uhp, UhpLabel::ExplicitNull) if index == last => EXPLICIT_NULL,
            _ => by_hand
                .get(index)
                .copied()
                .unwrap_or_else(|| self.next(node)),
        };
        path[1..].iter().enumerate().map(&mut label).collect()
    }

    fn next(&mut self, node: u32) -> u32 {
        let next = self.0.entry(node).or_insert(Self::FIRST);
        let label = (*next).min(*check::LABELS.end());
        *next = label + 1;
        label
    }
}
