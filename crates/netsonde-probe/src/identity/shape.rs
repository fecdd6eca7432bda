//! What all probes of one measurement have in common.
use super::content::Content;
use crate::job::{PingMethod, PingOptions, Privilege, Target, TraceMethod, TraceOptions};
use core::net::IpAddr;

/// Destination port of UDP probes when the job names none: closed on nearly every host.
const UDP_PORT: u16 = 33_434;
/// Destination port of TCP probes when the job names none.
const TCP_PORT: u16 = 80;

/// How a probe carries its identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// Identifier and checksum constant; sequence, IP-ID and payload keyed.
    Icmp,
    /// Ports constant; checksum, IP-ID and payload keyed.
    UdpParis,
    /// Source port (and checksum, IP-ID, payload) keyed: every probe is its own flow.
    UdpBySourcePort,
    /// Destination port and payload keyed: for links that cannot choose anything else.
    UdpByDestinationPort,
    /// Ports constant; sequence number and IP-ID keyed.
    TcpSyn,
    /// The same, the acknowledgment number keyed too.
    TcpAck,
}

impl Method {
    /// A number for the keyed hash; never reuse one.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Icmp => 1,
            Self::UdpParis => 2,
            Self::UdpBySourcePort => 3,
            Self::UdpByDestinationPort => 4,
            Self::TcpSyn => 5,
            Self::TcpAck => 6,
        }
    }
}

/// What all probes of one measurement have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) target: IpAddr,
    pub(crate) source: IpAddr,
    pub(crate) method: Method,
    /// The Paris flow.
    pub(crate) flow: u16,
    /// The flow whose IPv6 flow label it has.
    pub(crate) label_flow: u16,
    /// Whole IP packet, in bytes.
    pub(crate) size: u16,
    pub(crate) tos: u8,
    /// 0 where the method chooses it.
    pub(crate) destination_port: u16,
    /// IPv4 only: routers of IPv6 never fragment.
    pub(crate) dont_fragment: bool,
    pub(crate) content: Content,
}

impl Shape {
    /// The probes of a ping.
    pub(crate) fn of_ping(target: Target, options: &PingOptions) -> Self {
        let (method, port) = match options.method {
            PingMethod::Icmp => (Method::Icmp, 0),
            PingMethod::Udp => (Method::UdpBySourcePort, UDP_PORT),
            PingMethod::TcpSyn => (Method::TcpSyn, TCP_PORT),
            PingMethod::TcpAck => (Method::TcpAck, TCP_PORT),
        };
        Self {
            target: target.address,
            source: target.source,
            method,
            flow: 0,
            label_flow: 0,
            size: options.size,
            tos: options.tos,
            destination_port: or_default(options.destination_port, port),
            dont_fragment: false,
            content: Content::Tag,
        }
    }

    /// The probes of a trace. Without privilege the identity must be in the ports: in the destination's,
    /// unless the job demands that one.
    pub(crate) fn of_trace(target: Target, options: &TraceOptions, privilege: Privilege) -> Self {
        let (method, port) = match (options.method, privilege) {
            (TraceMethod::IcmpParis, _) => (Method::Icmp, 0),
            (TraceMethod::TcpSyn, _) => (Method::TcpSyn, TCP_PORT),
            (TraceMethod::UdpParis, Privilege::Raw) => (Method::UdpParis, UDP_PORT),
            (TraceMethod::UdpParis, Privilege::None) if options.destination_port == 0 => {
                (Method::UdpByDestinationPort, 0)
            }
            (TraceMethod::UdpParis, Privilege::None) => (Method::UdpBySourcePort, UDP_PORT),
        };
        Self {
            target: target.address,
            source: target.source,
            method,
            flow: options.flow,
            label_flow: options.flow,
            size: options.size,
            tos: options.tos,
            destination_port: or_default(options.destination_port, port),
            dont_fragment: false,
            content: Content::Tag,
        }
    }
}

fn or_default(port: u16, default: u16) -> u16 {
    if port == 0 { default } else { port }
}
