//! Routes of every node: shortest paths, labelled where a domain says so, and static ones.
use super::labels::Bindings;
use super::paths::Paths;
use super::{Hop, Tables, UNLABELLED};
use crate::plan::{Plan, Shape};

/// Fills in the shortest paths of all nodes to all groups.
pub(super) fn fill(tables: &mut Tables, plan: &Plan, paths: &Paths<'_>, bindings: &[Bindings<'_>]) {
    let nodes = u32::try_from(plan.nodes.len()).expect("nodes are limited");
    let groups = nodes + u32::try_from(plan.links.len()).expect("links are limited");
    for group in 0..groups {
        let mut order: Vec<u32> = (0..nodes).collect();
        order.sort_by_key(|&node| (paths.distance(node, group), node));
        let plain: Vec<Vec<u32>> = (0..nodes)
            .map(|node| paths.next_interfaces(node, group))
            .collect();
        // Where the path leaves the node's domain, nearest nodes first.
        let mut exits: Vec<u32> = (0..nodes).collect();
        for &node in &order {
            let within = |interface: &u32| next_member(plan, node, *interface);
            if let Some(next) = plain[node as usize].first().and_then(within) {
                exits[node as usize] = exits[next as usize];
            }
        }
        for node in 0..nodes {
            let hops = hops(
                plan,
                bindings,
                node,
                group,
                exits[node as usize],
                &plain[node as usize],
            );
            let route = tables.add_route(&hops);
            tables.set(node, group, route);
        }
    }
}

/// Lays static routes over the shortest paths. A node's own links win over them.
pub(super) fn add_static(tables: &mut Tables, plan: &Plan, shapes: &[Shape]) {
    let mut routes: Vec<&crate::plan::Route> = plan.routes.iter().collect();
    routes.sort_by_key(|route| route.prefix.length()); // stable: the longest, then the last, wins
    for route in routes {
        let hops: Vec<Hop> = route
            .via
            .iter()
            .filter_map(|&via| interface_to(plan, shapes, route.node, via))
            .map(|interface| Hop {
                interface,
                label: UNLABELLED,
                service: UNLABELLED,
                pipe: false,
            })
            .collect();
        let stored = tables.add_route(&hops);
        if stored.is_none() && !route.via.is_empty() {
            continue; // every next hop is down: the route is withdrawn
        }
        for index in covered(plan, route.node, route.prefix) {
            tables.overrides[route.node as usize].insert(index, stored);
        }
    }
}

/// Destinations within a prefix that are not on a link of the node itself.
pub(super) fn covered(
    plan: &Plan,
    node: u32,
    prefix: crate::topology::Prefix,
) -> impl Iterator<Item = u32> {
    let own_link = move |group: Option<u32>| {
        let link = group.and_then(|group| (group as usize).checked_sub(plan.nodes.len()));
        link.is_some_and(|link| {
            plan.nodes[node as usize]
                .interfaces
                .iter()
                .any(|i| *i as usize / 2 == link)
        })
    };
    (0_u32..)
        .zip(&plan.destinations.all)
        .filter(move |(_, destination)| {
            let within = destination.prefix.length() >= prefix.length();
            within && prefix.contains(destination.prefix.network()) && !own_link(destination.group)
        })
        .map(|(index, _)| index)
}

/// The first interface of `node` that leads to `next` over a link that is up.
pub(super) fn interface_to(plan: &Plan, shapes: &[Shape], node: u32, next: u32) -> Option<u32> {
    let leads = |interface: &&u32| {
        plan.neighbour(**interface) == Some(next) && shapes[**interface as usize / 2].up
    };
    plan.nodes[node as usize]
        .interfaces
        .iter()
        .find(leads)
        .copied()
}

/// The node behind an interface if it is in the same domain as `node` and labels may cross the link.
fn next_member(plan: &Plan, node: u32, interface: u32) -> Option<u32> {
    let domain = plan.nodes[node as usize].domain?;
    let next = plan.neighbour(interface)?;
    let is_member = plan.nodes[next as usize].domain == Some(domain);
    (is_member && plan.links[interface as usize / 2].mpls).then_some(next)
}

fn hops(
    plan: &Plan,
    bindings: &[Bindings<'_>],
    node: u32,
    group: u32,
    exit: u32,
    plain: &[u32],
) -> Vec<Hop> {
    labelled(plan, bindings, node, group, exit).unwrap_or_else(|| {
        let hop = |&interface: &u32| Hop {
            interface,
            label: UNLABELLED,
            service: UNLABELLED,
            pipe: false,
        };
        plain.iter().map(hop).collect()
    })
}

/// The labelled ways of a domain member: to a prefix inside by that prefix's own labels, to one
/// outside by those of the router where the path leaves.
fn labelled(
    plan: &Plan,
    bindings: &[Bindings<'_>],
    node: u32,
    group: u32,
    exit: u32,
) -> Option<Vec<Hop>> {
    let index = plan.nodes[node as usize].domain?;
    let domain = &plan.domains[index as usize];
    if domain.plain_ingress.contains(&node) {
        return None;
    }
    let bindings = &bindings[index as usize];
    if bindings.is_inside(group) {
        return bindings
            .towards(node, group)
            .filter(|hops| !hops.is_empty())
            .map(<[Hop]>::to_vec);
    }
    let mut hops = bindings
        .towards(node, exit)
        .filter(|hops| !hops.is_empty())?
        .to_vec();
    if let Some(service) = domain.config.service_label {
        for hop in &mut hops {
            hop.service = service;
        }
    }
    Some(hops)
}
