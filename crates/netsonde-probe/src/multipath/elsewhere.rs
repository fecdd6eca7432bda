//! Per-destination balancers: the same flow towards other addresses of the target's prefix.
//!
//! Where ports make no difference but the address does, and the paths meet again, a balancer looks at the address.
//! Paths that part for good are different routes, and say nothing of a balancer.
use super::graph::Graph;
use super::plan::SCOUT;
use super::repeats::Place;
use super::table::{Key, Lane, Outcome, Table};
use crate::record::Elsewhere;
use crate::seed;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Draws per address wanted: a /24 has 254 of them, and some may not be probed.
const DRAWS_PER_ADDRESS: u64 = 64;

/// Up to `count` other addresses of the target's /24 or /64, near it, that `allowed` lets pass.
pub(super) fn neighbours(
    target: IpAddr,
    count: u8,
    seed: u64,
    allowed: impl Fn(IpAddr) -> bool,
) -> Vec<IpAddr> {
    let mut found = BTreeSet::new();
    for draw in 0..u64::from(count) * DRAWS_PER_ADDRESS {
        let host = (seed::mix(seed.wrapping_add(draw)) & 0xff) as u8;
        let address = with_host(target, host);
        // The first and the last of a /24 are seldom hosts.
        let is_host = host != 0 && (host != u8::MAX || target.is_ipv6());
        if is_host && address != target && allowed(address) {
            found.insert(address);
        }
        if found.len() == usize::from(count) {
            break;
        }
    }
    found.into_iter().collect()
}

/// What is asked to compare the paths: every TTL before the target's.
pub(super) fn keys(graph: &Graph, count: usize) -> Vec<Key> {
    let last = graph.hops.iter().rev().find(|hop| {
        let goes_on =
            |vertex: &super::graph::Vertex| vertex.end.is_none() && vertex.address.is_some();
        hop.vertices.iter().any(goes_on)
    });
    let first_ttl = graph.hops[0].ttl + 1;
    let last_ttl = last.map_or(0, |hop| hop.ttl);
    let number = |index: usize| u8::try_from(index).unwrap_or(u8::MAX);
    let lanes = (0..count).map(|index| Lane::Elsewhere(number(index)));
    let key = |lane| {
        move |ttl| Key {
            ttl,
            lane,
            flow: SCOUT,
        }
    };
    lanes
        .flat_map(|lane| (first_ttl..=last_ttl).map(key(lane)))
        .collect()
}

/// Where paths to other addresses leave the target's, though no flow to it does, and meet it again.
pub(super) fn per_destination(
    table: &Table,
    graph: &Graph,
    others: &[IpAddr],
) -> BTreeMap<Place, Vec<Elsewhere>> {
    let mut found: BTreeMap<Place, Vec<Elsewhere>> = BTreeMap::new();
    for (number, destination) in (0..).zip(others) {
        let seen = |ttl| match table.outcome(Key {
            ttl,
            lane: Lane::Elsewhere(number),
            flow: SCOUT,
        }) {
            Some(Outcome::Answered(reply)) => Some(reply.responder),
            _ => None,
        };
        let knows = |index: usize, address: IpAddr| {
            let hop = graph.hops.get(index);
            hop.is_some_and(|hop| {
                hop.vertices
                    .iter()
                    .any(|vertex| vertex.address == Some(address))
            })
        };
        for (index, hop) in graph.hops.iter().enumerate() {
            let Some(address) = seen(hop.ttl + 1).filter(|address| !knows(index + 1, *address))
            else {
                continue;
            };
            let here = seen(hop.ttl);
            let vertex = hop
                .vertices
                .iter()
                .find(|vertex| index == 0 || vertex.address == here && here.is_some());
            let meets_again = (index + 2..graph.hops.len()).any(|later| {
                seen(graph.hops[later].ttl).is_some_and(|address| knows(later, address))
            });
            if let Some(vertex) = vertex.filter(|vertex| vertex.next.len() == 1 && meets_again) {
                let place = (hop.ttl, vertex.address);
                let destination = *destination;
                found.entry(place).or_default().push(Elsewhere {
                    destination,
                    address,
                });
                break;
            }
        }
    }
    found
}

fn with_host(target: IpAddr, host: u8) -> IpAddr {
    match target {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            Ipv4Addr::new(a, b, c, host).into()
        }
        IpAddr::V6(v6) => {
            let mut octets = v6.octets();
            octets[15] = host;
            Ipv6Addr::from(octets).into()
        }
    }
}
