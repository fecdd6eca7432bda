//! The topology with names turned into numbers: what never changes while the lab runs.
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::BTreeMap;

use crate::LabError;
use crate::random;
use crate::topology::{Behaviour, Hash, Mutator, Nat, Prefix, Role, Topology};

pub(crate) mod check;
mod lookup;

pub(crate) use lookup::{Destination, Destinations};

/// Who is at one end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Node(u32),
    /// The host of an attachment.
    Attached(u32),
}

/// One end of a link. Interface `2 * link + side` faces interface `2 * link + (1 - side)`.
#[derive(Clone, Debug)]
pub(crate) struct Interface {
    pub(crate) owner: Owner,
    pub(crate) v4: Option<Ipv4Addr>,
    pub(crate) v6: Option<Ipv6Addr>,
    /// Number among its node's interfaces, from 1, for RFC 5837.
    pub(crate) number: u32,
}

impl Interface {
    pub(crate) fn address(&self, v6: bool) -> Option<IpAddr> {
        if v6 {
            self.v6.map(IpAddr::V6)
        } else {
            self.v4.map(IpAddr::V4)
        }
    }
}

/// A link, or the access link of an attachment (near side: the host).
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) name: String,
    pub(crate) mtu: u16,
    pub(crate) mpls: bool,
    pub(crate) shape: Shape,
}

/// What a link does to packets; faults change it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) up: bool,
    pub(crate) cost: [u32; 2],
    pub(crate) delay_ns: u64,
    pub(crate) jitter_ns: u64,
    pub(crate) loss: [f64; 2],
    pub(crate) reorder: f64,
    pub(crate) reorder_ns: u64,
    pub(crate) duplicate: f64,
}

/// A node.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) behaviour: Behaviour,
    pub(crate) hash: Hash,
    pub(crate) hash_seed: u64,
    pub(crate) spread: Vec<u32>,
    pub(crate) loopback: Option<Ipv4Addr>,
    pub(crate) loopback6: Option<Ipv6Addr>,
    pub(crate) interfaces: Vec<u32>,
    pub(crate) domain: Option<u32>,
    pub(crate) tcp_ports: Vec<u16>,
    pub(crate) udp_ports: Vec<u16>,
    pub(crate) nat: Option<Nat>,
}

/// A static route.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) node: u32,
    pub(crate) prefix: Prefix,
    pub(crate) via: Vec<u32>,
}

/// A label distribution domain; members are node numbers.
#[derive(Clone, Debug)]
pub(crate) struct Domain {
    pub(crate) config: crate::topology::Domain,
    pub(crate) members: Vec<u32>,
    pub(crate) plain_ingress: Vec<u32>,
    /// (member, egress member) to label.
    pub(crate) pins: BTreeMap<(u32, u32), u32>,
}

/// An explicit LSP; the path is node numbers.
#[derive(Clone, Debug)]
pub(crate) struct Lsp {
    pub(crate) config: crate::topology::Lsp,
    pub(crate) path: Vec<u32>,
}

/// Everything, checked.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) nodes: Vec<Node>,
    pub(crate) links: Vec<Link>,
    pub(crate) interfaces: Vec<Interface>,
    pub(crate) attachments: Vec<String>,
    pub(crate) domains: Vec<Domain>,
    pub(crate) lsps: Vec<Lsp>,
    pub(crate) routes: Vec<Route>,
    pub(crate) mutators: Vec<(Mutator, Vec<u32>)>,
    pub(crate) destinations: Destinations,
}

impl Plan {
    /// Checks a topology and numbers its parts.
    pub(crate) fn new(topology: &Topology) -> Result<Self, LabError> {
        check::topology(topology)?;
        let names = Names::of(topology);
        let mut plan = Self {
            seed: topology.seed,
            nodes: nodes(topology, &names),
            links: Vec::new(),
            interfaces: Vec::new(),
            attachments: topology.attachments.keys().cloned().collect(),
            domains: Vec::new(),
            lsps: Vec::new(),
            routes: Vec::new(),
            mutators: Vec::new(),
            destinations: Destinations::default(),
        };
        plan.add_links(topology, &names);
        plan.add_attachments(topology, &names);
        plan.add_domains(topology, &names);
        plan.lsps = topology
            .lsps
            .values()
            .map(|lsp| Lsp {
                config: lsp.clone(),
                path: names.nodes(&lsp.path),
            })
            .collect();
        plan.routes = topology
            .routes
            .iter()
            .map(|route| Route {
                node: names.node(&route.node),
                prefix: route.prefix,
                via: names.nodes(&route.via),
            })
            .collect();
        plan.mutators = topology
            .mutators
            .iter()
            .map(|m| (m.clone(), directions(topology, m)))
            .collect();
        plan.destinations = Destinations::new(&plan, topology)?;
        Ok(plan)
    }

    /// The node on the other side of an interface, if it is one.
    pub(crate) fn neighbour(&self, interface: u32) -> Option<u32> {
        match self.interfaces[(interface ^ 1) as usize].owner {
            Owner::Node(node) => Some(node),
            Owner::Attached(_) => None,
        }
    }

    /// Number of a link or attachment of that name; links first.
    pub(crate) fn link(&self, name: &str) -> Option<u32> {
        let index = self.links.iter().position(|link| link.name == name)?;
        u32::try_from(index).ok()
    }

    /// Number of a node of that name.
    pub(crate) fn node(&self, name: &str) -> Option<u32> {
        let index = self
            .nodes
            .binary_search_by(|node| node.name.as_str().cmp(name))
            .ok()?;
        u32::try_from(index).ok()
    }

    fn add_links(&mut self, topology: &Topology, names: &Names) {
        for (name, link) in &topology.links {
            self.links.push(Link {
                name: name.clone(),
                mtu: link.mtu,
                mpls: link.mpls,
                shape: Shape {
                    up: true,
                    cost: link.cost,
                    delay_ns: link.delay_ns,
                    jitter_ns: link.jitter_ns,
                    loss: [link.loss, link.loss_back.unwrap_or(link.loss)],
                    reorder: link.reorder,
                    reorder_ns: link.reorder_ns,
                    duplicate: link.duplicate,
                },
            });
            for (side, end) in [0_u8, 1].into_iter().zip(&link.ends) {
                self.add_interface(
                    Owner::Node(names.node(end)),
                    check::end_address(
                        link.subnet,
                        link.addresses.map(|a| a.map(IpAddr::V4)),
                        side,
                    ),
                    check::end_address(
                        link.subnet6,
                        link.addresses6.map(|a| a.map(IpAddr::V6)),
                        side,
                    ),
                );
            }
        }
    }

    fn add_attachments(&mut self, topology: &Topology, names: &Names) {
        for (index, (name, attachment)) in (0..).zip(&topology.attachments) {
            self.links.push(Link {
                name: name.clone(),
                mtu: attachment.mtu,
                mpls: false,
                shape: Shape {
                    up: true,
                    cost: [1, 1],
                    delay_ns: attachment.delay_ns,
                    jitter_ns: 0,
                    loss: [0.0; 2],
                    reorder: 0.0,
                    reorder_ns: 0,
                    duplicate: 0.0,
                },
            });
            let [v4, v6] = [false, true].map(|v6| attachment.host_address(v6));
            self.add_interface(Owner::Attached(index), v4, v6);
            let [v4, v6] = check::router_addresses(attachment);
            self.add_interface(Owner::Node(names.node(&attachment.node)), v4, v6);
        }
    }

    fn add_interface(&mut self, owner: Owner, v4: Option<IpAddr>, v6: Option<IpAddr>) {
        let index = u32::try_from(self.interfaces.len()).expect("checked: fewer than 2^20 links");
        let mut number = 1;
        if let Owner::Node(node) = owner {
            let interfaces = &mut self.nodes[node as usize].interfaces;
            interfaces.push(index);
            number = u32::try_from(interfaces.len()).expect("checked: fewer than 2^20 links");
        }
        let v4 = v4.and_then(|address| {
            if let IpAddr::V4(v4) = address {
                Some(v4)
            } else {
                None
            }
        });
        let v6 = v6.and_then(|address| {
            if let IpAddr::V6(v6) = address {
                Some(v6)
            } else {
                None
            }
        });
        self.interfaces.push(Interface {
            owner,
            v4,
            v6,
            number,
        });
    }

    fn add_domains(&mut self, topology: &Topology, names: &Names) {
        for (index, domain) in (0..).zip(topology.domains.values()) {
            let members = names.nodes(&domain.members);
            for &member in &members {
                self.nodes[member as usize].domain = Some(index);
            }
            let pin = |pin: &crate::topology::LabelPin| {
                ((names.node(&pin.node), names.node(&pin.egress)), pin.label)
            };
            self.domains.push(Domain {
                config: domain.clone(),
                members,
                plain_ingress: names.nodes(&domain.plain_ingress),
                pins: domain.pins.iter().map(pin).collect(),
            });
        }
    }
}

/// Numbers by name; the names were checked.
struct Names<'a>(BTreeMap<&'a str, u32>);

impl<'a> Names<'a> {
    fn of(topology: &'a Topology) -> Self {
        Self(topology.nodes.keys().map(String::as_str).zip(0..).collect())
    }

    fn node(&self, name: &str) -> u32 {
        self.0[name]
    }

    fn nodes(&self, names: &[String]) -> Vec<u32> {
        names.iter().map(|name| self.node(name)).collect()
    }
}

/// The sending interfaces on whose line a mutator sits.
fn directions(topology: &Topology, mutator: &Mutator) -> Vec<u32> {
    let names = topology.links.keys().chain(topology.attachments.keys());
    let Some((link, _)) = (0_u32..)
        .zip(names)
        .find(|(_, name)| **name == mutator.link)
    else {
        return Vec::new(); // cannot be: the name was checked
    };
    let ends = topology.links.get(&mutator.link).map(|link| &link.ends);
    let is_from = |side: usize| match (&mutator.from, ends) {
        (None, _) => true,
        (Some(from), Some(ends)) => ends[side] == *from,
        (Some(from), None) => (from == check::HOST) == (side == 0),
    };
    (0..2)
        .filter(|&side| is_from(side as usize))
        .map(|side| 2 * link + side)
        .collect()
}

fn nodes(topology: &Topology, names: &Names) -> Vec<Node> {
    let node = |(name, node): (&String, &crate::topology::Node)| Node {
        name: name.clone(),
        role: node.role,
        behaviour: node.behaviour.clone(),
        hash: node.ecmp.hash,
        // The salt alone makes routers hash alike, as equal salts do on real ones.
        hash_seed: random::key(topology.seed, &node.ecmp.salt.to_string(), "ecmp"),
        spread: names.nodes(&node.ecmp.next),
        loopback: node.loopback,
        loopback6: node.loopback6,
        interfaces: Vec::new(),
        domain: None,
        tcp_ports: node.open_tcp_ports.clone(),
        udp_ports: node.open_udp_ports.clone(),
        nat: node.nat.clone(),
    };
    topology.nodes.iter().map(node).collect()
}
