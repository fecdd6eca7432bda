//! What was measured: replies, hops, traces, tunnels. Plain data, serialised as it stands.
mod alias;
mod fingerprint;
mod multipath;
mod path_mtu;
mod tcp;
mod tunnel;

pub use alias::{
    AliasAddress, AliasConflict, AliasPair, AliasResult, AliasSet, AliasVerdict, IpIdClass,
};
pub use fingerprint::{
    FingerprintProbe, FingerprintReply, FingerprintResult, IpIdBehaviour, LfpVector, SnmpEngine,
    TtlSignature,
};
pub use multipath::{
    BalancerKind, BranchPoint, Diamond, Elsewhere, FlowFields, FlowTunnels, HopCost, MultipathLink,
    MultipathNode, MultipathProbe, MultipathResult, NodeEnd, ProbePurpose,
};

pub use path_mtu::{HopMtu, MtuChange, MtuSource, PathMtu};
pub use tcp::{
    PortState, QuoteReach, SegmentOption, TcpCause, TcpChange, TcpDifference, TcpEdit, TcpFeature,
    TcpField, TcpHandshake, TcpHop, TcpResult, TcpSegment,
};
pub use tunnel::{
    Attempt, AttemptOutcome, Completeness, FailedRevelation, HopFacts, Method, TntHop, TntResult,
    Trigger, Tunnel, TunnelClass, TunnelRouter, VendorCandidate,
};

use crate::job::{PingMethod, TraceMethod};
use alloc::{string::String, vec::Vec};
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// One label stack entry of RFC 4950.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// 20 bits.
    pub label: u32,
    /// Traffic class, 3 bits.
    pub tc: u8,
    /// Whether it is the bottom of the stack.
    pub bottom: bool,
    /// As the label switch router received it.
    pub ttl: u8,
}

/// An RFC 4884 object other than a label stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "object", rename_all = "kebab-case")]
pub enum Extension {
    /// RFC 5837. `role`: 0 incoming, 1 sub-IP of incoming, 2 outgoing, 3 next hop.
    Interface {
        /// 0 incoming, 1 sub-IP component of incoming, 2 outgoing, 3 next hop.
        role: u8,
        /// SNMP index.
        if_index: Option<u32>,
        /// Of the interface, or of the next hop.
        address: Option<IpAddr>,
        /// Invalid UTF-8 replaced.
        name: Option<String>,
        /// In bytes.
        mtu: Option<u32>,
    },
    /// Payload in hexadecimal.
    Unknown {
        /// Class number; 0 for a structure that fails its checksum, kept whole.
        class: u8,
        /// Type within the class.
        c_type: u8,
        /// In hexadecimal.
        payload: String,
    },
}

/// What a reply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplyKind {
    /// To an ICMP echo request.
    EchoReply,
    /// A router dropped the probe, its TTL being used up.
    TimeExceeded,
    /// Not delivered; the ICMP code says why.
    Unreachable,
    /// "Fragmentation needed", or "packet too big".
    PacketTooBig,
    /// The header made no sense to a router.
    ParameterProblem,
    /// Never recorded by this engine, since it answers no probe; other sources may have it.
    Redirect,
    /// The TCP port is open.
    TcpSynAck,
    /// The TCP port is closed, or knows of no connection.
    TcpRst,
    /// Something answered the datagram itself.
    UdpReply,
}

/// One authenticated reply to one probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Source address of the reply.
    pub responder: IpAddr,
    /// What it is.
    pub kind: ReplyKind,
    /// From 1, within its TTL or ping.
    pub attempt: u32,
    /// From handing the probe to the link to the arrival that the link stamped.
    pub rtt_ns: u64,
    /// When the probe left, on the vantage's clock.
    #[serde(default)]
    pub sent_ns: Option<u64>,
    /// IP TTL of the reply as received; `None` where the link cannot see it.
    pub reply_ttl: Option<u8>,
    /// Type of service or traffic class as received.
    pub reply_tos: Option<u8>,
    /// IPv4 identification.
    pub ip_id: Option<u32>,
    /// Whole IP packet, in bytes.
    pub size: u16,
    /// `None` for TCP and UDP replies.
    pub icmp_type: Option<u8>,
    /// `None` for TCP and UDP replies.
    pub icmp_code: Option<u8>,
    /// Of errors: IP TTL and TOS of the quoted probe; `None` if the quote is too short.
    pub quoted_ttl: Option<u8>,
    /// See `quoted_ttl`.
    pub quoted_tos: Option<u8>,
    /// Next-hop MTU of "fragmentation needed" and "packet too big".
    pub mtu: Option<u32>,
    /// The RFC 4950 stack, top first.
    pub labels: Vec<Label>,
    /// Other RFC 4884 objects, in order.
    pub extensions: Vec<Extension>,
}

/// Replies counted apart; none of them is lost, none shown as a hop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Probes.
    pub sent: u64,
    /// Authentic, first, in time.
    pub received: u64,
    /// Authentic, after the wait was over.
    pub late: u64,
    /// Authentic, not the first to its probe.
    pub duplicate: u64,
    /// Meant for us by address and port, but the keyed fields are wrong.
    pub rejected: u64,
    /// Packets that could not be parsed as far as their probe identity.
    pub unparsed: u64,
    /// Somebody else's packets.
    pub unrelated: u64,
    /// Probes that the host's own kernel would not send.
    pub refused: u64,
    /// Replies that the host lost because they were not read fast enough, as its kernel counts them.
    pub dropped: u64,
    /// Destinations refused because the job excludes them, or because a session found them and they are reserved.
    #[serde(default)]
    pub excluded: u64,
    /// Packets that the capture lacks, because its file did not take them.
    #[serde(default)]
    pub uncaptured: u64,
    /// Of the probes, those that left as Ethernet frames.
    #[serde(default)]
    pub frames: u64,
    /// Replies that were put together here from fragments; the kernel does so unseen for other sockets than rings.
    #[serde(default)]
    pub reassembled: u64,
    /// Fragmented packets given up because the rest did not come in time, or for want of room.
    #[serde(default)]
    pub unfinished: u64,
    /// Fragmented packets thrown away because their fragments overlapped, or made no packet.
    #[serde(default)]
    pub overlapped: u64,
}

/// What the pings of one target gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PingResult {
    /// Whom.
    pub target: IpAddr,
    /// From which address.
    pub source: IpAddr,
    /// The kind of probe.
    pub method: PingMethod,
    /// Probes.
    pub sent: u32,
    /// In order of arrival.
    pub replies: Vec<Reply>,
    /// Further replies to one probe.
    pub duplicates: u32,
    /// Replies after their wait.
    pub late: u32,
    /// True when a budget or deadline cut it short.
    pub incomplete: bool,
    /// On the caller's monotonic clock.
    #[serde(default)]
    pub started_ns: u64,
    /// On the same clock.
    #[serde(default)]
    pub ended_ns: u64,
}

/// One TTL of a trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// TTL of the probes.
    pub probe_ttl: u8,
    /// Probes sent with this TTL.
    pub sent: u8,
    /// In order of arrival; the first decides. Empty: silent.
    pub replies: Vec<Reply>,
}

/// Why a trace ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// The target answered.
    Completed,
    /// A router refused to forward.
    Unreachable,
    /// Too many silent TTLs in a row.
    GapLimit,
    /// Too many repeated addresses.
    LoopLimit,
    /// The last TTL was done.
    LastTtl,
    /// No more probes were allowed.
    Budget,
    /// The job ran out of time.
    Deadline,
    /// The caller ended it.
    Interrupted,
}

/// One path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Where to.
    pub target: IpAddr,
    /// From which address.
    pub source: IpAddr,
    /// The kind of probe.
    pub method: TraceMethod,
    /// Paris flow identifier.
    pub flow: u16,
    /// TTL of the first of `hops`.
    pub first_ttl: u8,
    /// From `first_ttl`, one per TTL up to the last that matters (no replies from beyond the target).
    pub hops: Vec<Hop>,
    /// Why it ended.
    pub stop: StopReason,
    /// Probes, those beyond the target included.
    pub sent: u32,
    /// Further replies to one probe.
    pub duplicates: u32,
    /// Replies after the wait of their TTL.
    pub late: u32,
    /// On the caller's monotonic clock.
    pub started_ns: u64,
    /// On the same clock.
    pub ended_ns: u64,
    /// How large packets may be on it, if that was asked for.
    #[serde(default)]
    pub path_mtu: Option<PathMtu>,
}
