//! Label switching: domains in which labels are distributed as LDP does, and explicit LSPs.
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::Prefix;

/// Routers among which labels are distributed, as LDP does along shortest paths.
///
/// Traffic to destinations outside rides an LSP to the loopback of the member at which the shortest
/// path leaves the domain. Return traffic does the same, so return LSPs arise by themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Domain {
    /// Member routers.
    pub members: Vec<String>,
    /// For which prefixes inside the domain there are labels.
    pub labels: LabelPolicy,
    /// How LSPs end.
    pub pop: Pop,
    /// Whether the IP TTL goes into the label.
    pub ttl: TtlMode,
    /// The same for one ingress, by node name; wins over `ttl` and over the node's behaviour.
    pub ttl_at: BTreeMap<String, TtlMode>,
    /// Members that never push: their traffic enters as plain IP. A way to have no return LSP: `["pe2"]`.
    pub plain_ingress: Vec<String>,
    /// What UHP asks for.
    pub uhp_label: UhpLabel,
    /// A second label below the transport label (a VPN or 6PE label), understood by every egress.
    pub service_label: Option<u32>,
    /// First label that the first member gives out for the first FEC: FECs are the members in order,
    /// then the links by name. Each further member starts 100 later. All labels of the lab are 16 to
    /// 262143: the first four bits of a frame tell labels from IP.
    pub label_base: u32,
    /// Labels fixed by hand.
    pub pins: Vec<LabelPin>,
}

impl Default for Domain {
    fn default() -> Self {
        Self {
            members: Vec::new(),
            labels: LabelPolicy::AllPrefixes,
            pop: Pop::Php,
            ttl: TtlMode::Uniform,
            ttl_at: BTreeMap::new(),
            plain_ingress: Vec::new(),
            uhp_label: UhpLabel::ExplicitNull,
            service_label: None,
            label_base: 16_000,
            pins: Vec::new(),
        }
    }
}

/// One label fixed by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelPin {
    /// The member that gives it out.
    pub node: String,
    /// The egress whose loopback it stands for.
    pub egress: String,
    /// The label, 16 to 262143.
    pub label: u32,
}

/// For which prefixes inside the domain labels are given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelPolicy {
    /// Link prefixes too (Cisco): traffic to a link address is switched to the nearer end, so that revelation is BRPR.
    AllPrefixes,
    /// Loopbacks only (Juniper): link addresses are reached by plain IP, so that revelation is DPR.
    Loopbacks,
}

/// How an LSP ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pop {
    /// The penultimate router removes the label.
    Php,
    /// The egress removes it.
    Uhp,
    /// The egress removes a label that is not null and, when the IP TTL expires there, quotes it.
    Opaque,
}

/// Which label the last hop of a UHP LSP carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UhpLabel {
    /// 0 for IPv4, 2 for IPv6.
    ExplicitNull,
    /// One of the egress's own labels.
    Allocated,
}

/// Whether the IP TTL goes into the label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TtlMode {
    /// Yes: routers inside are seen by traceroute.
    Uniform,
    /// No: the tunnel is one hop.
    Pipe,
}

/// What the router that removes the last label does with the IP TTL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PopRule {
    /// IP TTL := min(IP TTL, label TTL).
    Min,
    /// Uniform: IP TTL := label TTL; pipe: untouched.
    Copy,
    /// Uniform: IP TTL := label TTL; pipe: IP TTL - 1 without a check for 0 (Linux).
    DecrementUnchecked,
    /// Untouched in either mode ("no min").
    None,
}

/// An LSP laid by hand along a path, as a traffic-engineered tunnel is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lsp {
    /// Neighbouring routers, ingress first, egress last; at least two.
    pub path: Vec<String>,
    /// Destinations that the ingress sends into it.
    pub fec: Vec<Prefix>,
    /// Destinations that the egress sends into a mirror of it; empty: plain IP (or a domain) takes the way back.
    #[serde(default)]
    pub return_fec: Vec<Prefix>,
    /// How it ends.
    #[serde(default = "default_pop")]
    pub pop: Pop,
    /// Whether the IP TTL goes into the label.
    #[serde(default = "default_ttl")]
    pub ttl: TtlMode,
    /// What UHP asks for.
    #[serde(default = "default_uhp_label")]
    pub uhp_label: UhpLabel,
    /// Labels on the wire, one per hop of `path` after the ingress; empty: given out in order.
    #[serde(default)]
    pub labels: Vec<u32>,
    /// A second label below the first, understood by the egress.
    #[serde(default)]
    pub service_label: Option<u32>,
}

fn default_pop() -> Pop {
    Pop::Php
}

fn default_ttl() -> TtlMode {
    TtlMode::Uniform
}

fn default_uhp_label() -> UhpLabel {
    UhpLabel::ExplicitNull
}
