//! What TNT found: hops with their facts, tunnels, and what was tried.
use super::{Label, Trace};
use crate::job::TraceMethod;
use alloc::{string::String, vec::Vec};
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// What of a tunnel traceroute sees (tnt.md 1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TunnelClass {
    /// All routers, labelled.
    Explicit,
    /// All routers, unlabelled.
    Implicit,
    /// One labelled hop.
    Opaque,
    /// Nothing but ingress and egress.
    InvisiblePhp,
    /// Not even the egress: the next hop shows twice.
    InvisibleUhp,
}

/// What gave a tunnel away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// RFC 4950 labels seen.
    Labels,
    /// Quoted TTL climbs.
    Qttl,
    /// Time-exceeded takes a longer way back than echo.
    Uturn,
    /// Top LSE TTL of an opaque tunnel.
    LseTtl,
    /// Return tunnel length: time-exceeded comes back over more hops than echo replies.
    Rtla,
    /// Forward and return path lengths differ.
    Frpla,
    /// FRPLA rises between two responding hops around a silent one.
    FrplaIncrease,
    /// One address at two TTLs in a row.
    DuplicateIp,
    /// Quoted TTL 0: a pop that decremented without looking (Linux in pipe mode).
    QttlZero,
    /// A <64,64> egress, on which FRPLA and RTLA are blind.
    #[serde(rename = "signature-64-64")]
    Signature6464,
    /// Nothing: every pair of hops is tried.
    BruteForce,
}

/// How hidden routers were revealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Direct path revelation: all hidden LSRs in one trace.
    Dpr,
    /// Backward recursive path revelation: one hidden LSR per trace.
    Brpr,
    /// The other address of the link is probed.
    Buddy,
    /// One hidden LSR in all: DPR and BRPR cannot be told apart.
    Unknown,
    /// Of a whole tunnel: its routers were found by more than one method.
    Mixed,
}

/// How a revelation trace ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptOutcome {
    /// Routers that the first trace did not show.
    Revealed,
    /// NTH-RV: entry and target are adjacent also in this trace.
    NothingRevealed,
    /// ING-NF: the trace does not cross the entry.
    IngressNotFound,
    /// TGT-NR
    TargetNotReached,
    /// The trace contradicts what is known: a loop, or a router seen elsewhere on the path.
    Inconsistent,
    /// The budget or the deadline forbade it.
    NotAttempted,
}

/// One revelation trace, for the record and the cost model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Where the trace went.
    pub target: IpAddr,
    /// Revelation step, from 1.
    pub step: u8,
    /// The kind of probe.
    pub method: TraceMethod,
    /// Paris flow identifier.
    pub flow: u16,
    /// Whether the target is the other address of a link.
    pub buddy: bool,
    /// What came of it.
    pub outcome: AttemptOutcome,
    /// 0 when it came from the run's cache.
    pub sent: u32,
}

/// A router of a tunnel, ingress and egress included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TunnelRouter {
    /// `None`: it is there but silent.
    pub address: Option<IpAddr>,
    /// TTL in the first trace; `None` if the first trace does not show it.
    pub probe_ttl: Option<u8>,
    /// Revelation step that found it, from 1; `None` if it was visible.
    pub step: Option<u8>,
    /// How it was revealed; `None` if it was visible.
    pub method: Option<Method>,
    /// Signature and vendors, gathered like those of any hop.
    pub hop: Option<HopFacts>,
    /// Candidates that its signature implies.
    pub vendors: Vec<VendorCandidate>,
    /// Its label stack, top first.
    pub labels: Vec<Label>,
}

/// One candidate vendor and the share of that vendor's routers with this signature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VendorCandidate {
    /// As the source spells it.
    pub vendor: String,
    /// Percent of the vendor's interfaces that show this signature (IMC'25, table 6).
    pub share_percent: f32,
}

/// What is known and derived of one responding hop (tnt.md 1.1 to 1.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HopFacts {
    /// Of the first reply.
    pub rtt_ns: u64,
    /// TTL of the time-exceeded (or final) reply; of the echo reply.
    pub te_ttl: Option<u8>,
    /// See `te_ttl`.
    pub er_ttl: Option<u8>,
    /// Inferred initial TTLs: the signature <TE, ER>; 0 for unknown.
    pub signature: (u8, u8),
    /// IP TTL that the time-exceeded message quotes.
    pub quoted_ttl: Option<u8>,
    /// Forward/return path length asymmetry, in hops.
    pub frpla: Option<i16>,
    /// Return tunnel length, in hops.
    pub rtla: Option<i16>,
    /// Time-exceeded against echo return length, in hops, any signature.
    pub uturn: Option<i16>,
    /// Whether the address is in a reserved range.
    pub reserved: bool,
}

/// How much of a tunnel is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Completeness {
    /// All of it.
    Complete,
    /// Detected, and nothing or not all was revealed.
    Incomplete,
    /// Nothing to reveal: the routers were visible.
    Visible,
}

/// One MPLS tunnel on a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tunnel {
    /// What traceroute sees of it.
    pub class: TunnelClass,
    /// What gave it away.
    pub triggers: Vec<Trigger>,
    /// How its routers were revealed.
    pub method: Option<Method>,
    /// TTL in the first trace of the last hop before the tunnel (the ingress), silent or not.
    pub ingress_ttl: Option<u8>,
    /// TTL in the first trace of the hop that closes it (the egress, or for UHP the hop after it).
    pub egress_ttl: Option<u8>,
    /// The router that puts packets in.
    pub ingress: Option<TunnelRouter>,
    /// The router that takes them out.
    pub egress: Option<TunnelRouter>,
    /// LSRs between ingress and egress in path order, revealed or visible.
    pub lsrs: Vec<TunnelRouter>,
    /// Hidden LSRs inferred from RTLA, FRPLA or the LSE TTL (tnt.md 1.9).
    pub inferred_length: Option<u8>,
    /// How much is known.
    pub completeness: Completeness,
    /// Why revelation stopped, if it was incomplete: the last outcome.
    pub stop: Option<AttemptOutcome>,
    /// Revelation traces, in order.
    pub attempts: Vec<Attempt>,
}

/// A hop of the first trace with what TNT derived of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TntHop {
    /// TTL of the probes.
    pub probe_ttl: u8,
    /// `None`: silent.
    pub address: Option<IpAddr>,
    /// `None`: silent.
    pub facts: Option<HopFacts>,
    /// Candidates that its signature implies.
    pub vendors: Vec<VendorCandidate>,
    /// Its label stack, top first.
    pub labels: Vec<Label>,
}

/// One path with its tunnels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TntResult {
    /// The first trace.
    pub trace: Trace,
    /// One for each of its hops.
    pub hops: Vec<TntHop>,
    /// In path order.
    pub tunnels: Vec<Tunnel>,
    /// Revelations that found no tunnel: entry, exit, trigger, attempts.
    pub failed: Vec<FailedRevelation>,
    /// Probes by purpose, for the cost model.
    pub sent_trace: u32,
    /// See `sent_trace`.
    pub sent_ping: u32,
    /// See `sent_trace`.
    pub sent_revelation: u32,
    /// True when a budget or the deadline cut it short.
    pub incomplete: bool,
}

/// A revelation that found no tunnel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedRevelation {
    /// The hop before.
    pub entry: IpAddr,
    /// The hop that was targeted first.
    pub exit: IpAddr,
    /// Its TTL in the first trace.
    pub exit_ttl: u8,
    /// Why it was tried.
    pub trigger: Trigger,
    /// Its traces, in order.
    pub attempts: Vec<Attempt>,
}
