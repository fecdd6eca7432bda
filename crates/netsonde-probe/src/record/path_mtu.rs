//! How large packets may be on a path, hop by hop.
use alloc::vec::Vec;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// The largest packets that pass to each hop of a path without being fragmented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathMtu {
    /// Size of the first probes: the MTU of the vantage's own interface.
    pub start: u16,
    /// Largest that passes to the last hop that answers; `None` if that was not found out.
    pub mtu: Option<u16>,
    /// One for each hop of the trace.
    pub hops: Vec<HopMtu>,
    /// Where it shrinks, in path order.
    pub changes: Vec<MtuChange>,
    /// Probes that this took, beside those of the trace.
    pub sent: u32,
    /// True when a budget or the deadline cut it short.
    pub incomplete: bool,
}

/// The largest packets that pass to one hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HopMtu {
    /// TTL of the probes.
    pub probe_ttl: u8,
    /// In bytes; `None` if the hop does not answer, or if it is not known.
    pub mtu: Option<u16>,
}

/// A place where the path grows narrower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MtuChange {
    /// First answering hop behind it.
    pub probe_ttl: u8,
    /// Largest that passes before.
    pub before: u16,
    /// Largest that passes behind.
    pub after: u16,
    /// How it was found.
    pub found: MtuSource,
    /// Who said that a packet was too big; `None` if nobody did.
    pub router: Option<IpAddr>,
    /// The MTU that it named, whether right or not; 0 of routers older than RFC 1191.
    pub said: Option<u32>,
}

/// How the MTU behind a narrow place was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MtuSource {
    /// A router named it, and it holds: it passes, and one byte more does not.
    PacketTooBig,
    /// By trying sizes, since nobody named one that holds.
    Search,
}
