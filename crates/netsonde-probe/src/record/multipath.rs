//! All paths to a target, as far as flows show them.
use super::{Reply, StopReason, TntResult};
use crate::job::{Algorithm, MultipathMethod};
use alloc::vec::Vec;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// What a multipath measurement of one target gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MultipathResult {
    /// Where to.
    pub target: IpAddr,
    /// From which address.
    pub source: IpAddr,
    /// The kind of probe.
    pub method: MultipathMethod,
    /// How flows were chosen.
    pub algorithm: Algorithm,
    /// Percent, as asked for.
    pub confidence: f64,
    /// TTL of the first hop.
    pub first_ttl: u8,
    /// By TTL.
    pub nodes: Vec<MultipathNode>,
    /// By node.
    pub links: Vec<MultipathLink>,
    /// In path order.
    pub diamonds: Vec<Diamond>,
    /// Where paths part, in path order.
    pub branches: Vec<BranchPoint>,
    /// What each TTL cost.
    pub hops: Vec<HopCost>,
    /// What the flows are.
    pub flows: Vec<FlowFields>,
    /// Every probe, in the order of sending.
    pub probes: Vec<MultipathProbe>,
    /// The tunnels along one flow of every path, if asked for.
    pub tnt: Vec<FlowTunnels>,
    /// Why it ended.
    pub stop: StopReason,
    /// Probes, all purposes together.
    pub sent: u32,
    /// Of them, those that repeat flows at branch points.
    pub sent_repeats: u32,
    /// Of them, those to other addresses of the target's prefix.
    pub sent_elsewhere: u32,
    /// Of them, those of TNT.
    pub sent_tnt: u32,
    /// Further replies to one probe.
    pub duplicates: u32,
    /// Replies after the wait was over.
    pub late: u32,
    /// On the caller's monotonic clock.
    pub started_ns: u64,
    /// On the same clock.
    pub ended_ns: u64,
}

/// Why nothing was asked behind a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeEnd {
    /// It is the target.
    Destination,
    /// It refuses to forward.
    Unreachable,
    /// Too many silent hops in a row.
    GapLimit,
    /// The path loops.
    LoopLimit,
    /// The last TTL.
    LastTtl,
}

/// One router at one TTL, or the silence behind one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MultipathNode {
    /// TTL of the probes.
    pub ttl: u8,
    /// `None` for silence.
    pub address: Option<IpAddr>,
    /// The flows seen there.
    pub flows: Vec<u16>,
    /// Why nothing was asked behind it, if nothing was.
    pub end: Option<NodeEnd>,
}

/// Two nodes that follow each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MultipathLink {
    /// Index of the nearer node; `None` for the source.
    pub near: Option<u32>,
    /// Index of the farther node.
    pub far: u32,
    /// The flows seen at both; empty where every flow takes the link and none was probed at both ends.
    pub flows: Vec<u16>,
    /// False between two hops of a per-packet balancer's branches, where packets of a flow part.
    pub certain: bool,
}

/// A stretch of several vertices between two single ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diamond {
    /// Index of the node where the paths part; `None` for the source.
    pub divergence: Option<u32>,
    /// Index of the node where they meet again; `None` if they do not.
    pub convergence: Option<u32>,
    /// TTL of the divergence.
    pub first_ttl: u8,
    /// TTL of the convergence, or of the last hop.
    pub last_ttl: u8,
    /// Most nodes at one TTL.
    pub width_max: u32,
    /// Links of the longest path from divergence to convergence.
    pub length_max: u32,
    /// Links of the shortest.
    pub length_min: u32,
    /// Greatest difference in the number of links between nodes of one TTL.
    pub width_asymmetry: u32,
    /// Pairs of TTLs between which links are meshed.
    pub meshed: u32,
}

/// What chooses among next hops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BalancerKind {
    /// The packets of a flow stay together.
    PerFlow,
    /// They do not.
    PerPacket,
    /// The packets to one address stay together, whatever their flow.
    PerDestination,
    /// Not tested, or no repeat was answered.
    Unknown,
}

/// Where paths part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BranchPoint {
    /// Index of the node; `None` for the source.
    pub node: Option<u32>,
    /// Its TTL.
    pub ttl: u8,
    /// Next hops.
    pub width: u32,
    /// What chooses among them.
    pub kind: BalancerKind,
    /// Percent: how surely the probes spent would have told another kind.
    pub confidence: f64,
    /// Probes spent on telling the kind.
    pub sent: u32,
    /// The route changed meanwhile: a flow moved, and stayed.
    pub changed: bool,
    /// Of a per-destination balancer: next hops towards other addresses.
    pub elsewhere: Vec<Elsewhere>,
}

/// The next hop towards another address of the target's prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The other address.
    pub destination: IpAddr,
    /// The next hop towards it.
    pub address: IpAddr,
}

/// What one TTL cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HopCost {
    /// TTL of the probes.
    pub ttl: u8,
    /// Probes, all purposes but TNT together.
    pub sent: u32,
    /// A limit on probes or flows left something out.
    pub limited: bool,
    /// Done node by node, as MDA does.
    pub node_control: bool,
}

/// What the probes of a flow have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowFields {
    /// Its number.
    pub flow: u16,
    /// UDP or TCP; 0 for ICMP.
    pub source_port: u16,
    /// UDP or TCP; 0 for ICMP.
    pub destination_port: u16,
    /// ICMP; 0 for UDP and TCP, where it differs from probe to probe.
    pub checksum: u16,
    /// IPv6; 0 for IPv4.
    pub flow_label: u32,
}

/// One probe and what answered it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MultipathProbe {
    /// TTL it left with.
    pub ttl: u8,
    /// Its flow.
    pub flow: u16,
    /// From 1, of its purpose at this TTL.
    pub attempt: u8,
    /// Why it was sent.
    pub purpose: ProbePurpose,
    /// Where to, if not to the target.
    pub destination: Option<IpAddr>,
    /// When it left, on the caller's monotonic clock.
    pub sent_ns: u64,
    /// `None` for silence.
    pub reply: Option<Reply>,
}

/// Why a probe was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbePurpose {
    /// To find paths.
    Explore,
    /// To tell per-packet balancers.
    Repeat,
    /// To tell per-destination balancers.
    Elsewhere,
}

/// The tunnels along one path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowTunnels {
    /// The flow that stands for the path.
    pub flow: u16,
    /// Its first trace, and the tunnels in it.
    pub result: TntResult,
}
