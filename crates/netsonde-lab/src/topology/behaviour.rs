//! What vendors do differently: every knob of one node. Profiles are data on the Python side.
use serde::{Deserialize, Serialize};

use super::{LabelPolicy, Pop, PopRule, TtlMode};

/// How one node behaves; the defaults are those of Cisco IOS with PHP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "independent knobs of real routers"
)]
pub struct Behaviour {
    /// Initial TTL (hop limit) of time-exceeded messages.
    pub te_ttl: u8,
    /// Initial TTL of echo replies.
    pub er_ttl: u8,
    /// Initial TTL of destination unreachable messages.
    pub unreachable_ttl: u8,
    /// Initial TTL of TCP RST and SYN-ACK.
    pub tcp_ttl: u8,
    /// Initial hop limit of `ICMPv6` errors: 64 with nearly every vendor.
    pub te_ttl6: u8,
    /// Initial hop limit of all else that the node sends over IPv6.
    pub er_ttl6: u8,
    /// As ingress: whether the IP TTL is copied into the label (uniform) or hidden (pipe). `None`: as the domain says.
    pub ttl: Option<TtlMode>,
    /// Label policy as egress for its own prefixes. `None`: as the domain says.
    pub labels: Option<LabelPolicy>,
    /// What it asks its upstream neighbours to do with labels of LSPs that end here. `None`: as the domain says.
    pub pop: Option<Pop>,
    /// What the router that removes the last label does with the IP TTL (the penultimate one with PHP, the egress else).
    pub pop_rule: PopRule,
    /// Initial TTL of a label in pipe mode. 64 for some Linux-based stacks.
    pub lse_ttl: u8,
    /// When a label's TTL expires.
    pub label_expiry: LabelExpiry,
    /// Source address of ICMP errors.
    pub icmp_source: ReplySource,
    /// Source of port unreachable: RFC 1812 and most vendors answer from the interface facing the
    /// sender. Nodes of role `host` always answer from the address that was probed.
    pub udp_source: ReplySource,
    /// Bytes of the offending IPv4 packet that are quoted: 28, 128 or any; 0 for as many as fit 576 bytes.
    /// `ICMPv6` always quotes as many as fit 1280 bytes.
    pub quote_len: u16,
    /// TTL inside the quote.
    pub quoted_ttl: QuotedTtl,
    /// ICMP multi-part extensions with the label stack (RFC 4950), if any.
    pub extensions: Extensions,
    /// Whether the whole label stack is quoted, or only the top entry.
    pub whole_stack: bool,
    /// Whether RFC 5837 information on the incoming interface is added (needs `extensions`).
    pub interface_info: bool,
    /// Cisco as UHP egress in pipe mode: a packet whose IP TTL is 1 is forwarded undecremented.
    pub uhp_quirk: bool,
    /// Limit on ICMP errors sent. `None`: no limit.
    pub rate_limit: Option<RateLimit>,
    /// Identification field of what the node itself sends over IPv4.
    pub ip_id: IpId,
    /// Packets per second that it numbers for others by each of its counters.
    pub ip_id_rate: f64,
    /// Identification of the IPv6 packets that it fragments itself.
    pub fragment_id: FragmentId,
    /// Whether "packet too big" makes it fragment what it sends over IPv6.
    pub heeds_too_big: bool,
    /// Sends no ICMP errors at all (it still answers echo unless `drops_echo`).
    pub silent: bool,
    /// Ignores echo requests to itself.
    pub drops_echo: bool,
    /// Ignores UDP to itself instead of answering port unreachable.
    pub drops_udp: bool,
    /// What TCP to closed ports of itself gets.
    pub tcp: TcpMode,
    /// What its open TCP ports know.
    pub tcp_features: Vec<TcpFeature>,
    /// Maximum segment size of its SYN-ACKs.
    pub tcp_mss: u16,
    /// Identifier of its `SNMPv3` engine, in hexadecimal: then UDP port 161 answers discoveries.
    pub snmp_engine: Option<String>,
    /// What it says of packets that are too big for the next link.
    pub too_big: TooBig,
    /// The MTU that it then names, instead of the link's.
    pub too_big_mtu: Option<u16>,
    /// Time between receiving a packet and sending the answer to it.
    pub answer_delay_ns: u64,
    /// Type of service of ICMP errors: copied from nothing, 0xc0 on Cisco and Linux.
    pub icmp_tos: u8,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            te_ttl: 255,
            er_ttl: 255,
            unreachable_ttl: 255,
            tcp_ttl: 255,
            te_ttl6: 64,
            er_ttl6: 64,
            ttl: None,
            labels: None,
            pop: None,
            pop_rule: PopRule::Min,
            lse_ttl: 255,
            label_expiry: LabelExpiry::IcmpAlongLsp,
            icmp_source: ReplySource::Incoming,
            udp_source: ReplySource::FacingSender,
            quote_len: 28,
            quoted_ttl: QuotedTtl::Received,
            extensions: Extensions::Rfc4884,
            whole_stack: true,
            interface_info: false,
            uhp_quirk: false,
            rate_limit: None,
            ip_id: IpId::Counter,
            ip_id_rate: 0.0,
            fragment_id: FragmentId::Counter,
            heeds_too_big: true,
            silent: false,
            drops_echo: false,
            drops_udp: false,
            tcp: TcpMode::Rst,
            tcp_features: Vec::new(),
            tcp_mss: 1_220,
            snmp_engine: None,
            too_big: TooBig::Tells,
            too_big_mtu: None,
            answer_delay_ns: 0,
            icmp_tos: 0,
        }
    }
}

/// What happens when a label's TTL reaches 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelExpiry {
    /// Time exceeded, routed straight back.
    Icmp,
    /// Nothing (Linux).
    Silent,
    /// Time exceeded that rides on to the end of the LSP and is routed back from there.
    IcmpAlongLsp,
}

/// Source address of a message about a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplySource {
    /// The interface on which the packet came in.
    Incoming,
    /// The interface on which the route to the sender leaves.
    FacingSender,
    /// The loopback; the incoming interface where there is none.
    Loopback,
    /// The address that was probed, where the packet was for the node itself; else the incoming interface.
    Probed,
}

/// TTL inside the quote of an ICMP error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuotedTtl {
    /// As it came in.
    Received,
    /// Rewritten to 1 (some Juniper routers inside LSPs).
    One,
}

/// How extensions are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extensions {
    /// None: label stacks stay unseen.
    None,
    /// RFC 4884.
    Rfc4884,
    /// Length field 0 (legacy senders).
    LengthZero,
    /// Length field and checksum 0 (NetBSD).
    LengthAndChecksumZero,
    /// Length field 17 with the extension at byte 128.
    #[serde(rename = "length-17")]
    Length17,
}

/// A token bucket on ICMP errors.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Messages per second.
    pub rate_pps: f64,
    /// Messages at once.
    pub burst: u32,
    /// What has a bucket of its own.
    #[serde(default)]
    pub scope: LimitScope,
    /// Whether echo replies count and are limited too.
    #[serde(default)]
    pub echo: bool,
}

/// What has a token bucket of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitScope {
    /// The node.
    #[default]
    Global,
    /// Each destination of the messages (Linux).
    Destination,
    /// Each interface on which the offending packets come in.
    Interface,
}

/// The IPv4 identification field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IpId {
    /// Always 0.
    Zero,
    /// One counter for all interfaces: aliases can be resolved.
    Counter,
    /// The same, its bytes in the wrong order.
    Swapped,
    /// One counter for each address that it sends from.
    Interface,
    /// One counter for each destination, as Linux has for connections.
    Destination,
    /// One counter for each protocol.
    Protocol,
    /// That of the packet that it answers.
    Reflected,
    /// Always the same, but not 0.
    Constant,
    /// Random.
    Random,
}

/// The identification of IPv6 fragments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FragmentId {
    /// One counter for the node: aliases can be resolved.
    Counter,
    /// One counter for each destination.
    Destination,
    /// Random.
    Random,
}

/// What becomes of packets that are too big for the next link and must not be fragmented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TooBig {
    /// The sender is told, with the MTU of the link (RFC 1191, RFC 8201).
    Tells,
    /// The sender is told, without an MTU: routers older than RFC 1191.
    TellsNoMtu,
    /// They vanish: a black hole.
    Silent,
}

/// What TCP to the node itself gets where no port is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TcpMode {
    /// RST.
    Rst,
    /// Nothing.
    None,
}

/// What a host accepts if a SYN offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TcpFeature {
    /// Selective acknowledgments (RFC 2018).
    Sack,
    /// Timestamps (RFC 7323).
    Timestamps,
    /// Window scaling (RFC 7323).
    WindowScale,
    /// Explicit congestion notification (RFC 3168).
    Ecn,
    /// Multipath TCP, version 1 (RFC 8684).
    Mptcp,
    /// Multipath TCP, version 0 (RFC 6824).
    MptcpV0,
    /// Fast Open (RFC 7413): a cookie for whoever asks.
    FastOpen,
    /// All options and flags of the SYN come back as they are.
    Mirror,
}
