//! What was measured: replies, hops, traces, tunnels. Plain data, serialised as it stands.
use crate::job::{PingMethod, TraceMethod};
use alloc::{string::String, vec::Vec};
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// One label stack entry of RFC 4950.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label { pub label: u32, pub tc: u8, pub bottom: bool, pub ttl: u8 }

/// An RFC 4884 object other than a label stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "object", rename_all = "kebab-case")]
pub enum Extension {
    /// RFC 5837. `role`: 0 incoming, 1 sub-IP of incoming, 2 outgoing, 3 next hop.
    Interface { role: u8, if_index: Option<u32>, address: Option<IpAddr>, name: Option<String>, mtu: Option<u32> },
    /// Payload in hexadecimal.
    Unknown { class: u8, c_type: u8, payload: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplyKind { EchoReply, TimeExceeded, Unreachable, PacketTooBig, ParameterProblem, Redirect, TcpSynAck, TcpRst, UdpReply }

/// One authenticated reply to one probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    pub responder: IpAddr,
    pub kind: ReplyKind,
    /// From 1, within its TTL or ping.
    pub attempt: u32,
    pub rtt_ns: u64,
    /// IP TTL of the reply as received; `None` where the link cannot see it.
    pub reply_ttl: Option<u8>,
    pub reply_tos: Option<u8>,
    pub ip_id: Option<u32>,
    /// Whole IP packet, in bytes.
    pub size: u16,
    /// `None` for TCP and UDP replies.
    pub icmp_type: Option<u8>,
    pub icmp_code: Option<u8>,
    /// Of errors: IP TTL and TOS of the quoted probe; `None` if the quote is too short.
    pub quoted_ttl: Option<u8>,
    pub quoted_tos: Option<u8>,
    /// Next-hop MTU of "fragmentation needed" and "packet too big".
    pub mtu: Option<u32>,
    /// The RFC 4950 stack, top first.
    pub labels: Vec<Label>,
    pub extensions: Vec<Extension>,
}

/// Replies counted apart; none of them is lost, none shown as a hop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    pub sent: u64,
    /// Authentic, first, in time.
    pub received: u64,
    /// Authentic, after the wait was over.
    pub late: u64,
    pub duplicate: u64,
    /// Meant for us by address and port, but the keyed fields are wrong.
    pub rejected: u64,
    /// Packets that could not be parsed as far as their probe identity.
    pub unparsed: u64,
    /// Somebody else's packets.
    pub unrelated: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PingResult {
    pub target: IpAddr,
    pub source: IpAddr,
    pub method: PingMethod,
    pub sent: u32,
    pub replies: Vec<Reply>,
    pub duplicates: u32,
    pub late: u32,
    /// True when a budget or deadline cut it short.
    pub incomplete: bool,
}

/// One TTL of a trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    pub probe_ttl: u8,
    /// Probes sent with this TTL.
    pub sent: u8,
    /// In order of arrival; the first decides. Empty: silent.
    pub replies: Vec<Reply>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason { Completed, Unreachable, GapLimit, LoopLimit, LastTtl, Budget, Deadline, Interrupted }

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    pub target: IpAddr,
    pub source: IpAddr,
    pub method: TraceMethod,
    pub flow: u16,
    pub first_ttl: u8,
    /// From `first_ttl`, one per TTL up to the last that matters (no replies from beyond the target).
    pub hops: Vec<Hop>,
    pub stop: StopReason,
    pub sent: u32,
    pub duplicates: u32,
    pub late: u32,
    /// On the caller's monotonic clock.
    pub started_ns: u64,
    pub ended_ns: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TunnelClass { Explicit, Implicit, Opaque, InvisiblePhp, InvisibleUhp }

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
    Rtla,
    Frpla,
    /// FRPLA rises between two responding hops around a silent one.
    FrplaIncrease,
    DuplicateIp,
    /// Quoted TTL 0: a pop that decremented without looking (Linux in pipe mode).
    QttlZero,
    /// A <64,64> egress, on which FRPLA and RTLA are blind.
    #[serde(rename = "signature-64-64")]
    Signature6464,
    BruteForce,
}

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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptOutcome {
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
    pub target: IpAddr,
    pub step: u8,
    pub method: TraceMethod,
    pub flow: u16,
    pub buddy: bool,
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
    pub method: Option<Method>,
    /// Signature and vendors, gathered like those of any hop.
    pub hop: Option<HopFacts>,
    pub vendors: Vec<VendorCandidate>,
    pub labels: Vec<Label>,
}

/// One candidate vendor and the share of that vendor's routers with this signature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VendorCandidate {
    pub vendor: String,
    /// Percent of the vendor's interfaces that show this signature (IMC'25, table 6).
    pub share_percent: f32,
}

/// What is known and derived of one responding hop (tnt.md 1.1 to 1.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HopFacts {
    pub rtt_ns: u64,
    /// TTL of the time-exceeded (or final) reply; of the echo reply.
    pub te_ttl: Option<u8>,
    pub er_ttl: Option<u8>,
    /// Inferred initial TTLs: the signature <TE, ER>; 0 for unknown.
    pub signature: (u8, u8),
    pub quoted_ttl: Option<u8>,
    pub frpla: Option<i16>,
    pub rtla: Option<i16>,
    pub uturn: Option<i16>,
    pub reserved: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Completeness {
    Complete,
    /// Detected, and nothing or not all was revealed.
    Incomplete,
    /// Nothing to reveal: the routers were visible.
    Visible,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tunnel {
    pub class: TunnelClass,
    pub triggers: Vec<Trigger>,
    pub method: Option<Method>,
    /// TTL in the first trace of the last hop before the tunnel (the ingress), silent or not.
    pub ingress_ttl: Option<u8>,
    /// TTL in the first trace of the hop that closes it (the egress, or for UHP the hop after it).
    pub egress_ttl: Option<u8>,
    pub ingress: Option<TunnelRouter>,
    pub egress: Option<TunnelRouter>,
    /// LSRs between ingress and egress in path order, revealed or visible.
    pub lsrs: Vec<TunnelRouter>,
    /// Hidden LSRs inferred from RTLA, FRPLA or the LSE TTL (tnt.md 1.9).
    pub inferred_length: Option<u8>,
    pub completeness: Completeness,
    /// Why revelation stopped, if it was incomplete: the last outcome.
    pub stop: Option<AttemptOutcome>,
    pub attempts: Vec<Attempt>,
}

/// A hop of the first trace with what TNT derived of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TntHop {
    pub probe_ttl: u8,
    pub address: Option<IpAddr>,
    pub facts: Option<HopFacts>,
    pub vendors: Vec<VendorCandidate>,
    pub labels: Vec<Label>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TntResult {
    pub trace: Trace,
    pub hops: Vec<TntHop>,
    /// In path order.
    pub tunnels: Vec<Tunnel>,
    /// Revelations that found no tunnel: entry, exit, trigger, attempts.
    pub failed: Vec<FailedRevelation>,
    /// Probes by purpose, for the cost model.
    pub sent_trace: u32,
    pub sent_ping: u32,
    pub sent_revelation: u32,
    /// True when a budget or the deadline cut it short.
    pub incomplete: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedRevelation {
    pub entry: IpAddr,
    pub exit: IpAddr,
    pub exit_ttl: u8,
    pub trigger: Trigger,
    pub attempts: Vec<Attempt>,
}
