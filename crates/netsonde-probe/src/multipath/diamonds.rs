//! Diamonds: stretches of several vertices between single ones, and their measures.
//!
//! Source: Augustin, Friedman, Teixeira, "Measuring multipath routing in the Internet", IEEE/ACM Transactions on Networking 2011;
//! Vermeulen et al., "Multilevel MDA-Lite Paris Traceroute", IMC 2018.
use super::graph::{Graph, Hop, Vertex};
use crate::record::{Diamond, MultipathLink, MultipathNode, NodeEnd};
use alloc::vec::Vec;

/// The diamonds of a graph that somebody else found: nodes by TTL, links by node.
pub fn diamonds_of(nodes: &[MultipathNode], links: &[MultipathLink]) -> Vec<Diamond> {
    let first_ttl = nodes.iter().map(|node| node.ttl).min().unwrap_or(1);
    let last_ttl = nodes.iter().map(|node| node.ttl).max().unwrap_or(0);
    let mut source = Hop::empty(first_ttl.saturating_sub(1));
    source.vertices.push(Vertex::default());
    let mut graph = Graph {
        hops: Vec::from([source]),
    };
    graph.hops.extend((first_ttl..=last_ttl).map(Hop::empty));
    // Where each node went: its hop, and which of it.
    let mut places = Vec::with_capacity(nodes.len());
    for node in nodes {
        let hop = usize::from(node.ttl - first_ttl) + 1;
        let vertices = &mut graph.hops[hop].vertices;
        places.push((hop, vertices.len()));
        vertices.push(Vertex {
            address: node.address,
            end: node.end,
            ..Vertex::default()
        });
    }
    for link in links {
        let near = link
            .near
            .map_or(Some(&(0, 0)), |at| places.get(at as usize));
        if let (Some(near), Some(far)) = (near, places.get(link.far as usize))
            && near.0 + 1 == far.0
        {
            graph.hops[near.0].vertices[near.1].next.insert(far.1);
            graph.hops[far.0].vertices[far.1].previous.insert(near.1);
        }
    }
    let number = |hop, vertex| {
        let at = places.iter().position(|place| *place == (hop, vertex));
        count(at.unwrap_or(usize::MAX))
    };
    diamonds(&graph, number)
}

/// The diamonds of a graph; `number` gives the index of a node of the result.
pub(super) fn diamonds(graph: &Graph, number: impl Fn(usize, usize) -> u32) -> Vec<Diamond> {
    let mut found = Vec::new();
    let mut index = 1;
    while index < graph.hops.len() {
        if graph.hops[index].vertices.len() < 2 {
            index += 1;
            continue;
        }
        let start = index - 1;
        while graph
            .hops
            .get(index)
            .is_some_and(|hop| hop.vertices.len() > 1)
        {
            index += 1;
        }
        let meets = graph
            .hops
            .get(index)
            .is_some_and(|hop| hop.vertices.len() == 1);
        let end = if meets { index } else { index - 1 };
        let last = &graph.hops[end];
        // Branches of different lengths meet at the target, at different TTLs.
        let target = || {
            let at = last
                .vertices
                .iter()
                .position(|vertex| vertex.end == Some(NodeEnd::Destination));
            at.filter(|_| last.vertices.len() == 1 || ends_at_target(graph, start))
        };
        let convergence = if meets { Some(0) } else { target() };
        let hops = &graph.hops[start..=end];
        let (length_min, length_max) = lengths(hops);
        found.push(Diamond {
            divergence: (start > 0).then(|| number(start, 0)),
            convergence: convergence.map(|vertex| number(end, vertex)),
            first_ttl: hops[0].ttl,
            last_ttl: last.ttl,
            width_max: count(hops.iter().map(|hop| hop.vertices.len()).max().unwrap_or(0)),
            length_max,
            length_min,
            width_asymmetry: count(hops.windows(2).map(asymmetry).max().unwrap_or(0)),
            meshed: count(hops.windows(2).filter(|pair| is_meshed(pair)).count()),
        });
    }
    found
}

fn ends_at_target(graph: &Graph, start: usize) -> bool {
    let vertices = graph.hops[start + 1..].iter().flat_map(|hop| &hop.vertices);
    vertices
        .filter_map(|vertex| vertex.end)
        .all(|end| end == NodeEnd::Destination)
}

/// Links of the shortest and of the longest way through: branches may end before the last hop.
fn lengths(hops: &[Hop]) -> (u32, u32) {
    let ends = |hop: &&Hop| hop.vertices.iter().any(|vertex| vertex.end.is_some());
    let longest = hops.len() - 1;
    let shortest = hops.iter().position(|hop| ends(&hop)).unwrap_or(longest);
    (count(shortest), count(longest))
}

/// Greatest difference in links: of the nearer nodes where paths spread, of the farther ones where they gather.
fn asymmetry(pair: &[Hop]) -> usize {
    let spread = |degrees: Vec<usize>| match (degrees.iter().max(), degrees.iter().min()) {
        (Some(most), Some(least)) => most - least,
        _ => 0,
    };
    let open = pair[0]
        .vertices
        .iter()
        .filter(|vertex| vertex.end.is_none());
    let forward = spread(open.map(|vertex| vertex.next.len()).collect());
    let backward = spread(
        pair[1]
            .vertices
            .iter()
            .map(|vertex| vertex.previous.len())
            .collect(),
    );
    match pair[0].vertices.len().cmp(&pair[1].vertices.len()) {
        core::cmp::Ordering::Less => forward,
        core::cmp::Ordering::Greater => backward,
        core::cmp::Ordering::Equal => forward.max(backward),
    }
}

fn is_meshed(pair: &[Hop]) -> bool {
    let (near, far) = (&pair[0].vertices, &pair[1].vertices);
    if near.len() < 2 || far.len() < 2 {
        return false;
    }
    let forward = near.iter().any(|vertex| vertex.next.len() > 1);
    let backward = far.iter().any(|vertex| vertex.previous.len() > 1);
    match near.len().cmp(&far.len()) {
        core::cmp::Ordering::Less => backward,
        core::cmp::Ordering::Greater => forward,
        core::cmp::Ordering::Equal => forward || backward,
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
