//! What alias resolution found: sets, the evidence for each pair, and what each address is like.
use super::StopReason;
use crate::job::{AliasMethod, AliasProbe};
use alloc::vec::Vec;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// What the identifications of an address's replies are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IpIdClass {
    /// They grow: aliases can be told by them.
    Counter,
    /// They follow no order.
    Random,
    /// All 0.
    Zero,
    /// All the same, but not 0.
    Constant,
    /// Those of our own probes.
    Reflected,
    /// Echo replies came whole where fragments were asked for, or a link put them together.
    Unfragmented,
    /// Too few came to tell.
    Few,
    /// None came.
    Silent,
    /// Nobody looked.
    Unprobed,
}

/// What is said of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AliasVerdict {
    /// Addresses of one router.
    Alias,
    /// Their identifications come from different counters.
    Not,
    /// The evidence does not do.
    Unknown,
}

/// One address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AliasAddress {
    /// Which.
    pub address: IpAddr,
    /// Whether it is a target; the others answered for one, or lie in its subnet.
    pub is_target: bool,
    /// The probe whose replies are classified; `None` if there was none.
    pub probe: Option<AliasProbe>,
    /// What its identifications are like.
    pub class: IpIdClass,
    /// Whether its counter is written in the wrong byte order.
    pub byte_swapped: bool,
    /// Counts per second while it was classified, those for our own probes included.
    pub velocity: Option<f64>,
    /// Probes to it.
    pub sent: u32,
    /// Replies.
    pub received: u32,
}

/// The evidence for or against one pair; `a` is before `b`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AliasPair {
    /// One address.
    pub a: IpAddr,
    /// The other.
    pub b: IpAddr,
    /// Never `auto`.
    pub method: AliasMethod,
    /// What it says.
    pub verdict: AliasVerdict,
    /// Replies that it rests on.
    pub samples: u32,
    /// Repeats of the test that were passed.
    pub rounds: u32,
    /// Bounds of the monotonic bounds test that were looked at.
    pub bounds: u32,
    /// Ally: largest step in sequence. `RadarGun`: mean distance.
    pub distance: Option<u32>,
    /// How likely two unrelated counters of this velocity would have passed; `None` where none is estimated.
    pub false_positive: Option<f64>,
}

/// Addresses of one router.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AliasSet {
    /// In order; two or more.
    pub addresses: Vec<IpAddr>,
    /// Whose pairs made it.
    pub methods: Vec<AliasMethod>,
    /// That of the weakest pair without which it would fall apart.
    pub false_positive: f64,
}

/// Two sets that an alias pair joins and a rejected pair keeps apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasConflict {
    /// The alias pair.
    pub alias: [IpAddr; 2],
    /// Who found it.
    pub alias_method: AliasMethod,
    /// The rejected pair.
    pub rejected: [IpAddr; 2],
    /// Who rejected it.
    pub rejected_method: AliasMethod,
    /// Whether the sets were joined all the same: a common source address is proof, differing counters are not.
    pub joined: bool,
}

/// What a job about aliases gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AliasResult {
    /// As the job says it.
    pub method: AliasMethod,
    /// Targets in the order of the job, then the others.
    pub addresses: Vec<AliasAddress>,
    /// By their first address.
    pub sets: Vec<AliasSet>,
    /// What was tested, by addresses; without those counted in `eliminated`.
    pub pairs: Vec<AliasPair>,
    /// By the alias pair.
    pub conflicts: Vec<AliasConflict>,
    /// Pairs told apart in passing.
    pub eliminated: u64,
    /// Pairs of usable addresses that were never compared, for lack of probes or time.
    pub untested: u64,
    /// Why it ended.
    pub stop: StopReason,
    /// Probes and messages, the cost of it all.
    pub sent: u32,
    /// Replies in time.
    pub received: u32,
    /// Further replies to one probe.
    pub duplicates: u32,
    /// Replies after their wait.
    pub late: u32,
    /// On the caller's monotonic clock.
    pub started_ns: u64,
    /// On the same clock.
    pub ended_ns: u64,
}
