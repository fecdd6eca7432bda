//! How to find all paths to a target.
use serde::{Deserialize, Serialize};

/// The probes of a multipath measurement, and the field that tells its flows apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MultipathMethod {
    /// Echo requests; a flow is a checksum and an identifier.
    IcmpEcho,
    /// Datagrams; a flow is a source port.
    UdpSport,
    /// Datagrams; a flow is a destination port.
    UdpDport,
    /// Connection attempts; a flow is a source port.
    TcpSport,
    /// Acknowledgments of nothing; a flow is a source port.
    TcpAckSport,
}

/// How flows are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// Hop by hop; node by node only in diamonds that are meshed or uneven (Vermeulen et al., IMC 2018).
    MdaLite,
    /// Node by node everywhere (Augustin et al., IMC 2007; Veitch et al., Infocom 2009).
    Mda,
}

/// How to find all paths to a target.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MultipathOptions {
    /// The kind of probe.
    pub method: MultipathMethod,
    /// How flows are chosen.
    pub algorithm: Algorithm,
    /// Percent: how sure it is that no next hop is missing.
    pub confidence: f64,
    /// Branch points that share the confidence: 1 bounds the failure of each, n that of all n together.
    pub branch_points: u16,
    /// Flows per node with which MDA-Lite looks for meshing.
    pub meshing_flows: u8,
    /// Repeat flows at branch points, to tell per-packet balancers from per-flow ones.
    pub per_packet: bool,
    /// Other addresses of the target's /24 or /64 that are probed for per-destination balancers; 0 for none.
    pub destinations: u8,
    /// Run TNT along one flow of every path.
    pub tnt: bool,
    /// TTL of the first hop, from 1.
    pub first_ttl: u8,
    /// TTL after which nothing is probed.
    pub last_ttl: u8,
    /// Probes per flow and TTL until one is answered.
    pub attempts: u8,
    /// How long a probe may be answered; the attempts of a flow and TTL share one wait.
    pub wait_ms: u32,
    /// Silent TTLs in a row after which a branch ends.
    pub gap_limit: u8,
    /// Repeats of an address, not directly after itself, after which a branch ends; 0 for no limit.
    pub loop_limit: u8,
    /// Probes in flight at once towards one target.
    pub window: u16,
    /// Flows at most.
    pub flows_max: u16,
    /// Probes with one TTL at most.
    pub hop_probes_max: u32,
    /// Whole IP packet, in bytes; see [`PingOptions::size`](super::PingOptions::size).
    pub size: u16,
    /// Type of service, or traffic class.
    pub tos: u8,
    /// Of UDP and TCP; 0 for 33434 and 80. The first of the flows of `udp-dport`.
    pub destination_port: u16,
    /// Give every flow an IPv6 flow label of its own.
    pub vary_flow_label: bool,
}

impl Default for MultipathOptions {
    fn default() -> Self {
        Self {
            method: MultipathMethod::UdpSport,
            algorithm: Algorithm::MdaLite,
            confidence: 95.0,
            branch_points: 1,
            meshing_flows: 2,
            per_packet: true,
            destinations: 0,
            tnt: false,
            first_ttl: 1,
            last_ttl: 32,
            attempts: 3,
            wait_ms: 1_000,
            gap_limit: 5,
            loop_limit: 1,
            window: 64,
            flows_max: 1_024,
            hop_probes_max: 1_024,
            size: 60,
            tos: 0,
            destination_port: 0,
            vary_flow_label: false,
        }
    }
}
