//! The job: what to measure, how, and how much it may cost.
mod alias;
mod fingerprint;
mod multipath;
mod surveys;
mod tcp;

pub use alias::{AliasMethod, AliasOptions, AliasProbe};
pub use fingerprint::{FingerprintMethod, FingerprintOptions};
pub use multipath::{Algorithm, MultipathMethod, MultipathOptions};
pub(crate) use surveys::SURVEYS;
pub use tcp::{MptcpOffer, TcpOptions};

use crate::error::JobError;
use crate::targets::Prefix;
use alloc::{string::String, vec::Vec};
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// Version of the job and event schema; a job of another version is refused.
pub const SCHEMA: u32 = 1;

/// One job, as every vantage accepts it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// [`SCHEMA`].
    pub schema: u32,
    /// A `UUIDv7`, made by the caller.
    pub id: String,
    /// What is measured.
    pub kind: Kind,
    /// Measured in an order that `seed` draws.
    pub targets: Vec<Target>,
    /// More targets come while the job runs, in the order in which they are begun.
    #[serde(default)]
    pub stream_targets: bool,
    /// For `ping`, and for the echo requests of `tnt`.
    #[serde(default)]
    pub ping: PingOptions,
    /// For `trace`, and for the first trace of `tnt`.
    #[serde(default)]
    pub trace: TraceOptions,
    /// For `tnt`, and for the branches of `multipath`.
    #[serde(default)]
    pub tnt: TntOptions,
    /// For `alias`.
    #[serde(default)]
    #[cfg_attr(not(feature = "surveys"), serde(deserialize_with = "surveys::unread"))]
    pub alias: AliasOptions,
    /// For `fingerprint`.
    #[serde(default)]
    #[cfg_attr(not(feature = "surveys"), serde(deserialize_with = "surveys::unread"))]
    pub fingerprint: FingerprintOptions,
    /// For `multipath`.
    #[serde(default)]
    #[cfg_attr(not(feature = "surveys"), serde(deserialize_with = "surveys::unread"))]
    pub multipath: MultipathOptions,
    /// For `tcp`.
    #[serde(default)]
    #[cfg_attr(not(feature = "surveys"), serde(deserialize_with = "surveys::unread"))]
    pub tcp: TcpOptions,
    /// Probes per second over all measurements of the job; never exceeded in any one-second window.
    pub rate_pps: u32,
    /// Probes awaiting a reply at once, over all measurements.
    pub in_flight_max: u32,
    /// What the job may send in all.
    #[serde(default)]
    pub budget: Budget,
    /// What may go to one prefix.
    #[serde(default)]
    pub prefix: PrefixLimits,
    /// Nothing is sent there, neither to a target nor to an address that a measurement finds.
    #[serde(default)]
    pub exclude: Vec<Prefix>,
    /// After this long the job ends with what it has.
    #[serde(default)]
    pub deadline_ms: Option<u64>,
    /// What the vantage's link may do.
    #[serde(default)]
    pub privilege: Privilege,
    /// Least time between two `progress` events; 0 for none.
    #[serde(default)]
    pub progress_ms: u32,
    /// In which form results leave the process that runs the engine.
    #[serde(default)]
    pub output: Output,
    /// Who asked: free text for the records.
    #[serde(default)]
    pub origin: String,
    /// Unix time at the zero of the vantage's clock; `None` where time is virtual. Only echoed.
    #[serde(default)]
    pub epoch_ns: Option<u64>,
    /// Orders targets and draws flow identifiers.
    pub seed: u64,
    /// 32 hexadecimal digits: the `SipHash` key that authenticates replies. Never echoed in results.
    pub key: String,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Whether and when a target answers.
    Ping,
    /// The path to it.
    Trace,
    /// The path with its MPLS tunnels.
    Tnt,
    /// Which targets are addresses of one router; all are measured together.
    Alias,
    /// All paths that balancers spread flows over.
    Multipath,
    /// What made it.
    Fingerprint,
    /// What it negotiates over TCP, and what the path changes.
    Tcp,
}

/// One target and the address to probe it from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Whom to measure.
    pub address: IpAddr,
    /// Of the same family; the caller's routing decides it.
    pub source: IpAddr,
}

/// How much a measurement may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// Probes per target, everything included (pings and revelations of `tnt` too).
    pub per_target: u32,
    /// Probes of the whole job.
    pub total: u64,
}

/// What may be sent to all addresses of one prefix together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PrefixLimits {
    /// Probes per second, never exceeded in any one-second window; 0 for no limit.
    pub rate_pps: u32,
    /// Probes of the whole job; 0 for no limit.
    pub probes: u64,
    /// Length of an IPv4 prefix.
    pub v4_len: u8,
    /// Length of an IPv6 prefix.
    pub v6_len: u8,
}

/// What the link of a vantage may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Privilege {
    /// Packets are built whole and every header of a reply is seen.
    #[default]
    Raw,
    /// UDP sockets and their error queue: addresses and RTTs only.
    None,
}

/// In which form results leave the process that runs the engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// Everything as JSON events, replies and hops as they come.
    #[default]
    Events,
    /// Pings, traces and tunnels as record batches; no event for each reply and hop.
    Columns,
}

/// The probes of a ping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PingMethod {
    /// Echo requests, answered by echo replies.
    Icmp,
    /// Datagrams, answered by port unreachable, or by whatever listens.
    Udp,
    /// Connection attempts, answered by a SYN-ACK or a reset.
    TcpSyn,
    /// Acknowledgments of nothing, answered by a reset.
    TcpAck,
}

/// How to ping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PingOptions {
    /// The kind of probe.
    pub method: PingMethod,
    /// Probes per target.
    pub count: u32,
    /// Between two probes to one target.
    pub interval_ms: u32,
    /// How long each probe may be answered.
    pub timeout_ms: u32,
    /// Whole IP packet, in bytes; raised to the smallest that the method can authenticate. TCP probes have no
    /// payload up to 100 bytes, whatever is asked: many firewalls drop a SYN that has one.
    pub size: u16,
    /// TTL or hop limit.
    pub ttl: u8,
    /// Type of service, or traffic class.
    pub tos: u8,
    /// Of UDP and TCP; 0 for 33434 and 80.
    pub destination_port: u16,
}

/// The probes of a trace; all keep one flow, so that per-flow balancers show one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TraceMethod {
    /// Echo requests of one identifier and checksum.
    IcmpParis,
    /// Datagrams of one pair of ports.
    UdpParis,
    /// Connection attempts of one pair of ports.
    TcpSyn,
}

/// How to trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TraceOptions {
    /// The kind of probe.
    pub method: TraceMethod,
    /// TTL of the first hop, from 1.
    pub first_ttl: u8,
    /// TTL after which the trace stops.
    pub last_ttl: u8,
    /// Probes per TTL until one is answered.
    pub attempts: u8,
    /// Send every attempt even after an answer (loss and RTT per hop).
    pub all_attempts: bool,
    /// How long a probe may be answered. With a window above 1 the attempts of a TTL share one wait.
    pub wait_ms: u32,
    /// Silent TTLs in a row, nothing having answered beyond, after which the trace stops.
    pub gap_limit: u8,
    /// Repeats of an address, not directly after itself, after which the trace stops; 0 for no limit.
    pub loop_limit: u8,
    /// TTLs in flight at once; 1 is stop-and-wait, 255 is all.
    pub window: u8,
    /// Whole IP packet, in bytes; see [`PingOptions::size`].
    pub size: u16,
    /// Type of service, or traffic class.
    pub tos: u8,
    /// Of UDP and TCP; 0 for 33434 and 80. Without privilege, 0 lets it tell the probes apart.
    pub destination_port: u16,
    /// Paris flow identifier: the same number gives the same path through per-flow balancers.
    pub flow: u16,
    /// Size in bytes at which the search for the MTU of each hop begins: that of the vantage's own interface.
    /// 0 for no search.
    pub mtu: u16,
}

/// How to look for tunnels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TntOptions {
    /// Echo requests per address; 0 for none, which leaves FRPLA, labels and quoted TTLs.
    pub ping_count: u8,
    /// Smallest FRPLA, in hops, that triggers a revelation.
    pub frpla_min: u8,
    /// Smallest RTLA, in hops, that triggers a revelation.
    pub rtla_min: u8,
    /// Attempt a revelation between every pair of hops.
    pub brute_force: bool,
    /// Attempt a revelation towards every <64,64> egress, on which the triggers are blind.
    pub reveal_64_64: bool,
    /// Probe and reveal reserved addresses too (private cores, labs).
    pub treat_as_public: bool,
    /// Other flow identifiers tried when a revelation does not cross the ingress.
    pub flow_retries: u8,
    /// Top LSE TTLs strictly between these are opaque tunnels.
    pub opaque_min: u8,
    /// See `opaque_min`.
    pub opaque_max: u8,
}

impl Job {
    /// A job with the default options: a thousand probes a second, and as many in flight.
    pub fn new(kind: Kind, targets: Vec<Target>, seed: u64, key: &str) -> Self {
        Self {
            schema: SCHEMA,
            id: String::from("00000000-0000-7000-8000-000000000000"),
            kind,
            targets,
            stream_targets: false,
            ping: PingOptions::default(),
            trace: TraceOptions::default(),
            tnt: TntOptions::default(),
            alias: AliasOptions::default(),
            fingerprint: FingerprintOptions::default(),
            multipath: MultipathOptions::default(),
            tcp: TcpOptions::default(),
            rate_pps: 1_000,
            in_flight_max: 1_000,
            budget: Budget::default(),
            prefix: PrefixLimits::default(),
            exclude: Vec::new(),
            deadline_ms: None,
            privilege: Privilege::default(),
            progress_ms: 0,
            output: Output::default(),
            origin: String::new(),
            epoch_ns: None,
            seed,
            key: String::from(key),
        }
    }

    /// Reads a job; what it says is checked by [`Engine::new`](crate::Engine::new).
    ///
    /// # Errors
    /// When the bytes are no JSON object of this schema.
    pub fn from_json(bytes: &[u8]) -> Result<Self, JobError> {
        Ok(serde_json::from_slice(bytes)?)
    }
}

impl Default for PrefixLimits {
    fn default() -> Self {
        Self {
            rate_pps: 0,
            probes: 0,
            v4_len: 24,
            v6_len: 48,
        }
    }
}
impl Default for Budget {
    fn default() -> Self {
        Self {
            per_target: 2_000,
            total: u64::MAX,
        }
    }
}
impl Default for PingOptions {
    fn default() -> Self {
        Self {
            method: PingMethod::Icmp,
            count: 4,
            interval_ms: 1_000,
            timeout_ms: 1_000,
            size: 84,
            ttl: 64,
            tos: 0,
            destination_port: 0,
        }
    }
}
impl Default for TraceOptions {
    fn default() -> Self {
        Self {
            method: TraceMethod::IcmpParis,
            first_ttl: 1,
            last_ttl: 32,
            attempts: 3,
            all_attempts: false,
            wait_ms: 1_000,
            gap_limit: 5,
            loop_limit: 1,
            window: 8,
            size: 60,
            tos: 0,
            destination_port: 0,
            flow: 0,
            mtu: 0,
        }
    }
}
impl Default for TntOptions {
    fn default() -> Self {
        Self {
            ping_count: 1,
            frpla_min: 3,
            rtla_min: 1,
            brute_force: false,
            reveal_64_64: true,
            treat_as_public: false,
            flow_retries: 4,
            opaque_min: 1,
            opaque_max: 255,
        }
    }
}
