//! What a host negotiates over TCP, and what the path to it does to a SYN.
use super::{Reply, StopReason};
use alloc::{string::String, vec::Vec};
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// What one TCP port and the path to it showed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TcpResult {
    /// Whom.
    pub target: IpAddr,
    /// From which address.
    pub source: IpAddr,
    /// The port asked.
    pub destination_port: u16,
    /// What became of a SYN that offers much.
    pub handshake: TcpHandshake,
    /// One per TTL, if the path was asked for.
    pub hops: Vec<TcpHop>,
    /// What quotes show to be changed on the way, in the order of the hops.
    pub changes: Vec<TcpChange>,
    /// Why the path ended; `None` if it was not asked for.
    pub stop: Option<StopReason>,
    /// SYNs.
    pub sent: u32,
    /// Resets sent to give up what a SYN had opened.
    pub resets: u32,
    /// True when a budget or the deadline cut it short.
    pub incomplete: bool,
    /// On the caller's monotonic clock.
    pub started_ns: u64,
    /// On the same clock.
    pub ended_ns: u64,
}

/// What a SYN to a port gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PortState {
    /// A SYN-ACK.
    Open,
    /// A reset.
    Closed,
    /// An ICMP error.
    Unreachable,
    /// Nothing.
    Silent,
}

/// What became of something that a SYN offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TcpFeature {
    /// It was not offered.
    NotOffered,
    /// The SYN-ACK does not have it.
    Refused,
    /// The SYN-ACK has its answer.
    Accepted,
    /// The SYN-ACK has a copy of what was offered, which no host that knows it would send.
    Mirrored,
}

/// One handshake, given up after its second segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TcpHandshake {
    /// What the SYN got.
    pub state: PortState,
    /// What the SYN had.
    pub offered: TcpSegment,
    /// What the SYN-ACK or reset had.
    pub answered: Option<TcpSegment>,
    /// The reply itself.
    pub reply: Option<Reply>,
    /// Where the SYN was not answered: what a SYN got that has no option but the segment size; `None` if not asked.
    pub plain: Option<PortState>,
    /// Multipath TCP; this and the following are `None` without a SYN-ACK.
    pub mptcp: Option<TcpFeature>,
    /// The version that the SYN-ACK names.
    pub mptcp_version: Option<u8>,
    /// Explicit congestion notification.
    pub ecn: Option<TcpFeature>,
    /// Selective acknowledgments.
    pub sack: Option<TcpFeature>,
    /// Timestamps.
    pub timestamps: Option<TcpFeature>,
    /// Window scaling.
    pub window_scaling: Option<TcpFeature>,
    /// Fast Open: accepted where a cookie came.
    pub fast_open: Option<TcpFeature>,
    /// By which power of two the host shifts its window.
    pub window_shift: Option<u8>,
    /// The host's maximum segment size.
    pub mss: Option<u16>,
}

/// The fields of a segment in which hosts differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TcpSegment {
    /// 12 bits, the reserved ones included.
    pub flags: u16,
    /// Not scaled.
    pub window: u16,
    /// Urgent pointer.
    pub urgent: u16,
    /// In order, padding left out.
    pub options: Vec<SegmentOption>,
}

/// One option of a segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentOption {
    /// As IANA numbers them.
    pub kind: u8,
    /// What follows kind and length, in hexadecimal.
    pub data: String,
}

/// How far into a probe a quote goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuoteReach {
    /// The IP header, ports and sequence number: what RFC 792 asks for.
    Ports,
    /// The TCP header too, not all of its options.
    Header,
    /// All options.
    Options,
}

/// One TTL of the path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TcpHop {
    /// TTL of the probes.
    pub probe_ttl: u8,
    /// Probes sent with this TTL.
    pub sent: u8,
    /// `None`: silent.
    pub reply: Option<Reply>,
    /// Bytes of the probe that the reply quotes; `None` where it quotes none.
    pub quoted: Option<u16>,
    /// Up to which field these go.
    pub reach: Option<QuoteReach>,
    /// In what the quote differs from the probe, but for TTL and IP checksum.
    pub differences: Vec<TcpDifference>,
}

/// A field of a SYN on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TcpField {
    /// IP source.
    SourceAddress,
    /// IP destination.
    DestinationAddress,
    /// The upper six bits of type of service or traffic class.
    Dscp,
    /// The lower two.
    Ecn,
    /// IPv6.
    FlowLabel,
    /// IPv4 identification.
    IpId,
    /// IPv4.
    DontFragment,
    /// Of the whole packet.
    TotalLength,
    /// TCP source.
    SourcePort,
    /// TCP destination.
    DestinationPort,
    /// Initial sequence number.
    Sequence,
    /// 0 in a SYN.
    Acknowledgment,
    /// 12 bits.
    Flags,
    /// Receive window.
    Window,
    /// Of TCP.
    Checksum,
    /// Urgent pointer.
    Urgent,
    /// One option; `option` is its kind.
    Option,
    /// The order of the options.
    OptionOrder,
}

/// What was done to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TcpEdit {
    /// It has another value.
    Changed,
    /// The option is gone.
    Removed,
    /// The option is gone, and no-operations fill its place.
    Blanked,
    /// The option was not sent.
    Added,
}

/// In what a quote differs from the probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TcpDifference {
    /// Where.
    pub field: TcpField,
    /// Kind of the option.
    pub option: Option<u8>,
    /// How.
    pub edit: TcpEdit,
    /// Value sent: a decimal number, an address, or the data of an option in hexadecimal; `None` if added.
    pub sent: Option<String>,
    /// Value quoted, alike; `None` if removed.
    pub quoted: Option<String>,
}

/// Who may have made a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TcpCause {
    /// Any router may mark packets: DSCP and ECN.
    Marking,
    /// Address or port translation.
    Translation,
    /// It follows from another change: lengths and checksums.
    Consequence,
    /// Only this router's quote has it: the packet itself was not changed, or was restored.
    Quote,
    /// Something that changes segments.
    Middlebox,
}

/// One change of the SYN on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TcpChange {
    /// What.
    #[serde(flatten)]
    pub difference: TcpDifference,
    /// By what, as far as it shows.
    pub cause: TcpCause,
    /// The last TTL before it whose quote has the field as it was sent; `None`: no quote before it goes so far.
    pub after_ttl: Option<u8>,
    /// The first TTL whose quote shows it: it was made between the two.
    pub first_ttl: u8,
    /// All TTLs whose quote shows it.
    pub ttls: Vec<u8>,
    /// Whether every later quote that goes so far has the field changed too.
    pub lasts: bool,
}
