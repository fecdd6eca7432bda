//! The topology: what the virtual Internet is made of, as JSON or as Rust values.
//!
//! Every struct refuses unknown keys and has defaults, so that `{}` is an empty network. Units are
//! in the names (`_ns`, `_pps`); probabilities are 0.0 to 1.0. Names of nodes, links, domains, LSPs
//! and attachments are map keys. Iteration is in key order, and every random stream is seeded by a
//! hash of names, so adding an entity changes nothing for the others.
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod behaviour;
mod incident;
mod mpls;
mod prefix;

pub use behaviour::{
    Behaviour, Extensions, FragmentId, IpId, LabelExpiry, LimitScope, QuotedTtl, RateLimit,
    ReplySource, TcpFeature, TcpMode, TooBig,
};
pub use incident::{Action, Fault, Mutation, Mutator, OptionAction, QuoteChange};
pub use mpls::{Domain, LabelPin, LabelPolicy, Lsp, Pop, PopRule, TtlMode, UhpLabel};
pub use prefix::Prefix;

/// A whole virtual Internet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Topology {
    /// Seeds every random stream.
    pub seed: u64,
    /// Routers and hosts by name.
    pub nodes: BTreeMap<String, Node>,
    /// Point-to-point links by name.
    pub links: BTreeMap<String, Link>,
    /// Label distribution domains (LDP-like) by name; a node is a member of at most one.
    pub domains: BTreeMap<String, Domain>,
    /// Explicit LSPs by name; they win over domains and routes at their ingress.
    pub lsps: BTreeMap<String, Lsp>,
    /// Static routes; they win over shortest paths, the longest prefix first.
    pub routes: Vec<Route>,
    /// What happens at given times.
    pub faults: Vec<Fault>,
    /// Middleboxes and liars.
    pub mutators: Vec<Mutator>,
    /// Where real or simulated measurement hosts plug in, by name.
    pub attachments: BTreeMap<String, Attachment>,
}

/// What a node does with packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Forwards and answers.
    #[default]
    Router,
    /// Answers, never forwards.
    Host,
    /// A router that also translates IPv4 addresses and ports; see [`Node::nat`].
    Nat,
    /// Behaviour supplied from outside (`Lab::set_node`): a Python class or a Rust test node.
    Python,
}

/// A router or host.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Node {
    /// What it does with packets.
    pub role: Role,
    /// IPv4 loopback, announced as a /32. Members of a domain may do without: labels are for the node.
    pub loopback: Option<Ipv4Addr>,
    /// IPv6 loopback, announced as a /128.
    pub loopback6: Option<Ipv6Addr>,
    /// More prefixes that are announced, every address of which the node answers as its own
    /// (`5.2.0.0/24` makes 256 targets).
    pub addresses: Vec<Prefix>,
    /// Every knob of its vendor.
    pub behaviour: Behaviour,
    /// How it chooses among next hops of equal cost.
    pub ecmp: Ecmp,
    /// TCP ports that answer SYN with SYN-ACK; all others with RST.
    pub open_tcp_ports: Vec<u16>,
    /// UDP ports that swallow datagrams instead of answering port unreachable.
    pub open_udp_ports: Vec<u16>,
    /// For role `nat`.
    pub nat: Option<Nat>,
}

/// Choice among next hops of equal cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ecmp {
    /// What is hashed.
    pub hash: Hash,
    /// Mixed into the hash; equal salts on two routers polarise them, as in reality.
    pub salt: u64,
    /// Neighbours among which traffic is spread whatever the link costs, as long as they are nearer
    /// to its destination than the node itself; empty, or none nearer: the shortest paths decide.
    pub next: Vec<String>,
}

/// What chooses among equal next hops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hash {
    /// Addresses, protocol, ports; for ICMP type, code, checksum. IPv6: flow label too.
    #[default]
    #[serde(rename = "5-tuple")]
    FiveTuple,
    /// Destination address.
    Destination,
    /// A random number per packet.
    PerPacket,
    /// IPv6 addresses and flow label; IPv4 addresses.
    FlowLabel,
}

/// Address and port translation of a node of role `nat` (IPv4; IPv6 is forwarded unchanged).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Nat {
    /// Links and attachments whose far hosts are hidden.
    pub inside: Vec<String>,
    /// The address shown outside; default: that of the outgoing interface.
    pub address: Option<Ipv4Addr>,
    /// Whether quotes inside ICMP errors are translated back too (RFC 5508 wants it).
    pub translate_quotes: bool,
}

/// A point-to-point link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Link {
    /// Its two nodes, near side first.
    pub ends: [String; 2],
    /// IPv4 subnet: near side takes the first usable address, far side the second (`/30`: .1 and .2; `/31`: .0 and .1).
    pub subnet: Option<Prefix>,
    /// IPv6 subnet, numbered alike (`/64`, `/126`: `::1` and `::2`; `/127`: `::0` and `::1`).
    pub subnet6: Option<Prefix>,
    /// Other IPv4 addresses of the two ends within `subnet`.
    pub addresses: Option<[Ipv4Addr; 2]>,
    /// Other IPv6 addresses of the two ends within `subnet6`.
    pub addresses6: Option<[Ipv6Addr; 2]>,
    /// One-way delay.
    pub delay_ns: u64,
    /// Added to each packet's delay: uniform between 0 and this. Order is kept.
    pub jitter_ns: u64,
    /// Probability that a packet is lost.
    pub loss: f64,
    /// The same from the far to the near end, where it differs.
    pub loss_back: Option<f64>,
    /// Probability that a packet is held back by `reorder_ns` and overtaken by later ones.
    pub reorder: f64,
    /// How long an overtaken packet is held back.
    pub reorder_ns: u64,
    /// Probability that a packet arrives twice.
    pub duplicate: f64,
    /// Largest IP packet in bytes; labels do not count.
    pub mtu: u16,
    /// Cost from near to far and from far to near, 1 to 65535; unequal costs give asymmetric paths.
    pub cost: [u32; 2],
    /// Whether label switching runs over this link, if both ends are in one domain.
    pub mpls: bool,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            ends: [String::new(), String::new()],
            subnet: None,
            subnet6: None,
            addresses: None,
            addresses6: None,
            delay_ns: 1_000_000,
            jitter_ns: 0,
            loss: 0.0,
            loss_back: None,
            reorder: 0.0,
            reorder_ns: 5_000_000,
            duplicate: 0.0,
            mtu: 1_500,
            cost: [1, 1],
            mpls: true,
        }
    }
}

/// A static route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Where it is configured.
    pub node: String,
    /// Which destinations it covers.
    pub prefix: Prefix,
    /// Neighbouring nodes, balanced by the node's `ecmp`; empty: discarded (unreachable).
    pub via: Vec<String>,
}

/// The place where one measurement host plugs in: a link of its own to a router.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// The router that it plugs into.
    pub node: String,
    /// IPv4 subnet of the access link: the host takes the first usable address, the router the second.
    #[serde(default)]
    pub subnet: Option<Prefix>,
    /// IPv6 subnet of the access link, numbered alike.
    #[serde(default)]
    pub subnet6: Option<Prefix>,
    /// Another host address within `subnet`.
    #[serde(default)]
    pub address: Option<Ipv4Addr>,
    /// Another host address within `subnet6`.
    #[serde(default)]
    pub address6: Option<Ipv6Addr>,
    /// More destinations behind the host, routed to it (a whole prefix of fleet or spoofing tests).
    #[serde(default)]
    pub routed: Vec<Prefix>,
    /// One-way delay of the access link.
    #[serde(default)]
    pub delay_ns: u64,
    /// Largest IP packet of the access link, in bytes.
    #[serde(default = "default_mtu")]
    pub mtu: u16,
}

fn default_mtu() -> u16 {
    1_500
}

impl Attachment {
    /// The host's address of one family, if it has one.
    pub fn host_address(&self, v6: bool) -> Option<IpAddr> {
        if v6 {
            self.address6
                .map(IpAddr::V6)
                .or_else(|| self.subnet6.and_then(|subnet| subnet.usable(0)))
        } else {
            self.address
                .map(IpAddr::V4)
                .or_else(|| self.subnet.and_then(|subnet| subnet.usable(0)))
        }
    }
}
