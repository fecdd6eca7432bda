//! Which destination an address belongs to: one longest-prefix table for the whole lab.
use core::net::IpAddr;
use std::collections::BTreeMap;

use super::{Owner, Plan};
use crate::LabError;
use crate::topology::{Prefix, Topology};

/// All addresses that are routed alike everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) prefix: Prefix,
    /// Routing group: a node (its number) or a link (nodes + its number). `None`: only static
    /// routes and LSPs lead there.
    pub(crate) group: Option<u32>,
    /// The node whose own address this is.
    pub(crate) node: Option<u32>,
    /// Whether anybody has these addresses; a link's subnet also has others.
    pub(crate) assigned: bool,
}

/// Every destination, and the table that finds them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Destinations {
    pub(crate) all: Vec<Destination>,
    /// First address of each range in which all addresses have the same destination.
    ranges4: Vec<(u32, Option<u32>)>,
    ranges6: Vec<(u128, Option<u32>)>,
}

impl Destinations {
    /// Gathers every prefix that the topology names.
    pub(super) fn new(plan: &Plan, topology: &Topology) -> Result<Self, LabError> {
        let mut table = Table::default();
        table.add_nodes(plan, topology)?;
        table.add_links(plan, topology)?;
        table.add_foreign(topology);
        let all: Vec<Destination> = table
            .0
            .into_values()
            .map(|(destination, _)| destination)
            .collect();
        let prefixes: Vec<Prefix> = all.iter().map(|destination| destination.prefix).collect();
        let ranges4 = ranges(&prefixes, false)
            .into_iter()
            .map(|(first, index)| (u32::try_from(first).expect("an IPv4 address"), index))
            .collect();
        Ok(Self {
            all,
            ranges4,
            ranges6: ranges(&prefixes, true),
        })
    }

    /// Index of the most specific destination of an address.
    pub(crate) fn find(&self, address: IpAddr) -> Option<u32> {
        match address {
            IpAddr::V4(address) => find(&self.ranges4, address.to_bits()),
            IpAddr::V6(address) => find(&self.ranges6, address.to_bits()),
        }
    }
}

/// Destinations by prefix, each with the key in the topology that named it.
#[derive(Default)]
struct Table(BTreeMap<Prefix, (Destination, String)>);

impl Table {
    fn add_nodes(&mut self, plan: &Plan, topology: &Topology) -> Result<(), LabError> {
        for (index, (name, node)) in (0_u32..).zip(&topology.nodes) {
            let mut add =
                |prefix, key: String| self.add(prefix, Some(index), Some(index), true, key);
            let planned = &plan.nodes[index as usize];
            if let Some(address) = planned.loopback {
                add(
                    Prefix::host(address.into()),
                    format!("nodes.{name}.loopback"),
                )?;
            }
            if let Some(address) = planned.loopback6 {
                add(
                    Prefix::host(address.into()),
                    format!("nodes.{name}.loopback6"),
                )?;
            }
            let has = |address| {
                plan.interfaces
                    .iter()
                    .any(|interface| interface.v4 == Some(address))
            };
            if let Some(address) = node
                .nat
                .as_ref()
                .and_then(|nat| nat.address)
                .filter(|address| !has(*address))
            {
                add(
                    Prefix::host(address.into()),
                    format!("nodes.{name}.nat.address"),
                )?;
            }
            for &prefix in &node.addresses {
                add(prefix, format!("nodes.{name}.addresses"))?;
            }
        }
        Ok(())
    }

    fn add_links(&mut self, plan: &Plan, topology: &Topology) -> Result<(), LabError> {
        let subnets = topology
            .links
            .iter()
            .map(|(name, link)| (format!("links.{name}"), [link.subnet, link.subnet6]));
        let access = topology.attachments.iter().map(|(name, access)| {
            (
                format!("attachments.{name}"),
                [access.subnet, access.subnet6],
            )
        });
        let nodes = u32::try_from(plan.nodes.len()).expect("checked: fewer than 2^20 nodes");
        for (index, (key, subnets)) in subnets.chain(access).enumerate() {
            let group = Some(nodes + u32::try_from(index).expect("checked: fewer than 2^20 links"));
            for interface in &plan.interfaces[2 * index..2 * index + 2] {
                let node = match interface.owner {
                    Owner::Node(node) => Some(node),
                    Owner::Attached(_) => None,
                };
                for address in [interface.address(false), interface.address(true)]
                    .into_iter()
                    .flatten()
                {
                    self.add(Prefix::host(address), group, node, true, key.clone())?;
                }
            }
            for subnet in subnets.into_iter().flatten() {
                self.add(subnet, group, None, false, key.clone())?;
            }
        }
        for (index, (name, access)) in topology.attachments.iter().enumerate() {
            let link = u32::try_from(topology.links.len() + index)
                .expect("checked: fewer than 2^20 links");
            for &prefix in &access.routed {
                self.add(
                    prefix,
                    Some(nodes + link),
                    None,
                    true,
                    format!("attachments.{name}.routed"),
                )?;
            }
        }
        Ok(())
    }

    /// Prefixes that only static routes and LSPs name: they go where the announced prefix around them goes.
    fn add_foreign(&mut self, topology: &Topology) {
        let routes = topology.routes.iter().map(|route| route.prefix);
        let lsps = topology
            .lsps
            .values()
            .flat_map(|lsp| lsp.fec.iter().chain(&lsp.return_fec).copied());
        let mut foreign: Vec<Prefix> = routes
            .chain(lsps)
            .filter(|prefix| !self.0.contains_key(prefix))
            .collect();
        foreign.sort_unstable();
        foreign.dedup();
        let around = |prefix: Prefix| {
            let covers = |known: &&Destination| {
                known.prefix.length() < prefix.length() && known.prefix.contains(prefix.network())
            };
            self.0
                .values()
                .map(|(known, _)| known)
                .filter(covers)
                .max_by_key(|known| known.prefix.length())
        };
        let added: Vec<Destination> = foreign
            .into_iter()
            .map(|prefix| {
                around(prefix).map_or(
                    Destination {
                        prefix,
                        group: None,
                        node: None,
                        assigned: true,
                    },
                    |known| Destination { prefix, ..*known },
                )
            })
            .collect();
        self.0
            .extend(added.into_iter().map(|d| (d.prefix, (d, String::new()))));
    }

    fn add(
        &mut self,
        prefix: Prefix,
        group: Option<u32>,
        node: Option<u32>,
        assigned: bool,
        key: String,
    ) -> Result<(), LabError> {
        let destination = Destination {
            prefix,
            group,
            node,
            assigned,
        };
        match self.0.insert(prefix, (destination, key)) {
            None => Ok(()),
            Some((_, other)) => {
                let (_, key) = &self.0[&prefix];
                Err(LabError::topology(
                    key,
                    format!("a prefix that {other} does not use"),
                    prefix.to_string(),
                ))
            }
        }
    }
}

/// Cuts the address space of one family at the borders of every prefix.
fn ranges(prefixes: &[Prefix], v6: bool) -> Vec<(u128, Option<u32>)> {
    let mut starts = vec![0_u128];
    let family = || {
        (0_u32..)
            .zip(prefixes)
            .filter(|(_, prefix)| prefix.is_ipv6() == v6)
    };
    for (_, prefix) in family() {
        let first = bits(prefix.network());
        starts.push(first);
        let width = if v6 { 128 } else { 32 };
        let free = u32::from(width - prefix.length());
        let size = 1_u128.checked_shl(free);
        if let Some(next) = size
            .and_then(|size| first.checked_add(size))
            .filter(|next| v6 || *next < 1 << 32)
        {
            starts.push(next);
        }
    }
    starts.sort_unstable();
    starts.dedup();
    // Nested prefixes: paint from the shortest to the longest.
    let mut painted: Vec<(u128, Option<u32>)> =
        starts.into_iter().map(|start| (start, None)).collect();
    let mut by_length: Vec<(u32, &Prefix)> = family().collect();
    by_length.sort_by_key(|(_, prefix)| prefix.length());
    for (index, prefix) in by_length {
        let first = painted.partition_point(|(start, _)| *start < bits(prefix.network()));
        for (start, owner) in &mut painted[first..] {
            if !prefix.contains(address(*start, v6)) {
                break;
            }
            *owner = Some(index);
        }
    }
    painted
}

fn find<T: Ord + Copy>(ranges: &[(T, Option<u32>)], bits: T) -> Option<u32> {
    let behind = ranges.partition_point(|(start, _)| *start <= bits);
    ranges[..behind].last()?.1
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn address(bits: u128, v6: bool) -> IpAddr {
    if v6 {
        IpAddr::V6(bits.into())
    } else {
        IpAddr::V4(u32::try_from(bits).expect("an IPv4 address").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_wins() {
        let prefixes: Vec<Prefix> = [
            "5.0.0.0/8",
            "5.1.0.0/16",
            "5.1.0.0/30",
            "5.1.0.2/32",
            "0.0.0.0/0",
            "255.255.255.255/32",
            "::/0",
        ]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
        let ranges = ranges(&prefixes, false);
        for text in [
            "0.0.0.0",
            "4.9.9.9",
            "5.0.0.0",
            "5.1.0.1",
            "5.1.0.2",
            "5.1.0.3",
            "5.1.0.4",
            "5.2.0.0",
            "6.0.0.0",
            "255.255.255.255",
        ] {
            let address: IpAddr = text.parse().unwrap();
            let slow = (0_u32..)
                .zip(&prefixes)
                .filter(|(_, prefix)| prefix.contains(address))
                .max_by_key(|(_, prefix)| prefix.length());
            assert_eq!(
                find(&ranges, bits(address)),
                slow.map(|(index, _)| index),
                "{text}"
            );
        }
    }
}
