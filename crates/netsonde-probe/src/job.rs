//! The job: what to measure, how, and how much it may cost.
use alloc::{string::String, vec::Vec};
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// Version of the job and event schema; a job of another version is refused.
pub const SCHEMA: u32 = 1;

/// One job, as every vantage accepts it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    pub schema: u32,
    /// UUIDv7, made by the caller.
    pub id: String,
    pub kind: Kind,
    pub targets: Vec<Target>,
    #[serde(default)]
    pub ping: PingOptions,
    /// For `trace`, and for the first trace of `tnt`.
    #[serde(default)]
    pub trace: TraceOptions,
    #[serde(default)]
    pub tnt: TntOptions,
    /// Probes per second over all measurements of the job; never exceeded in any one-second window.
    pub rate_pps: u32,
    /// Probes awaiting a reply at once, over all measurements.
    pub in_flight_max: u32,
    #[serde(default)]
    pub budget: Budget,
    /// After this long the job ends with what it has.
    #[serde(default)]
    pub deadline_ms: Option<u64>,
    #[serde(default)]
    pub privilege: Privilege,
    /// Who asked: free text for the records.
    #[serde(default)]
    pub origin: String,
    /// Orders targets and draws flow identifiers.
    pub seed: u64,
    /// 32 hexadecimal digits: the SipHash key that authenticates replies. Never echoed in results.
    pub key: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind { Ping, Trace, Tnt }

/// One target and the address to probe it from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Privilege {
    /// Packets are built whole and every header of a reply is seen.
    #[default]
    Raw,
    /// UDP sockets and their error queue: addresses and RTTs only.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PingMethod { Icmp, Udp, TcpSyn, TcpAck }

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PingOptions {
    pub method: PingMethod,
    pub count: u32,
    pub interval_ms: u32,
    pub timeout_ms: u32,
    /// Whole IP packet, in bytes; raised to the smallest that the method can authenticate.
    pub size: u16,
    pub ttl: u8,
    /// Type of service, or traffic class.
    pub tos: u8,
    pub destination_port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TraceMethod { IcmpParis, UdpParis, TcpSyn }

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TraceOptions {
    pub method: TraceMethod,
    pub first_ttl: u8,
    pub last_ttl: u8,
    /// Probes per TTL until one is answered.
    pub attempts: u8,
    /// Send every attempt even after an answer (loss and RTT per hop).
    pub all_attempts: bool,
    pub wait_ms: u32,
    /// Silent TTLs in a row after which the trace stops.
    pub gap_limit: u8,
    /// Repeats of an address, not directly after itself, after which the trace stops; 0 for no limit.
    pub loop_limit: u8,
    /// TTLs in flight at once; 1 is stop-and-wait, 255 is all.
    pub window: u8,
    /// Whole IP packet, in bytes.
    pub size: u16,
    pub tos: u8,
    pub destination_port: u16,
    /// Paris flow identifier: the same number gives the same path through per-flow balancers.
    pub flow: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TntOptions {
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
    pub opaque_max: u8,
}

impl Default for Budget {
    fn default() -> Self { Self { per_target: 2_000, total: u64::MAX } }
}
impl Default for PingOptions {
    fn default() -> Self {
        Self { method: PingMethod::Icmp, count: 4, interval_ms: 1_000, timeout_ms: 1_000, size: 84, ttl: 64, tos: 0, destination_port: 0 }
    }
}
impl Default for TraceOptions {
    fn default() -> Self {
        Self {
            method: TraceMethod::IcmpParis, first_ttl: 1, last_ttl: 32, attempts: 3, all_attempts: false, wait_ms: 1_000,
            gap_limit: 5, loop_limit: 1, window: 8, size: 60, tos: 0, destination_port: 0, flow: 0,
        }
    }
}
impl Default for TntOptions {
    fn default() -> Self {
        Self {
            ping_count: 1, frpla_min: 3, rtla_min: 1, brute_force: false, reveal_64_64: true, treat_as_public: false,
            flow_retries: 2, opaque_min: 1, opaque_max: 255,
        }
    }
}
