//! What a router's answers say of who made it.
use super::Reply;
use crate::job::FingerprintMethod;
use alloc::{string::String, vec::Vec};
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// What one address answered, and what follows from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FingerprintResult {
    /// Whom.
    pub target: IpAddr,
    /// From which address.
    pub source: IpAddr,
    /// What was asked.
    pub methods: Vec<FingerprintMethod>,
    /// Initial TTLs, if any were asked for.
    pub ttl: Option<TtlSignature>,
    /// What its SNMP agent says of itself; `None` if it was not asked, or says nothing.
    pub snmp: Option<SnmpEngine>,
    /// The LFP vector; `None` if it was not asked for, or nothing answered.
    pub lfp: Option<LfpVector>,
    /// The evidence: every reply, in the order of the probes.
    pub replies: Vec<FingerprintReply>,
    /// Probes.
    pub sent: u32,
    /// True when a budget or the deadline cut it short.
    pub incomplete: bool,
}

/// The TTLs that replies started with, as far as hosts use them: 32, 64, 128 or 255.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TtlSignature {
    /// Of echo replies.
    pub echo_reply: Option<u8>,
    /// Of destination unreachable.
    pub unreachable: Option<u8>,
    /// Of TCP resets.
    pub tcp_rst: Option<u8>,
}

/// What an SNMP agent says of itself to anybody (RFC 3411, RFC 3414).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnmpEngine {
    /// In hexadecimal.
    pub engine_id: String,
    /// IANA's number of who made it; `None` if the identifier is too short.
    pub enterprise: Option<u32>,
    /// The format byte; `None` in identifiers of the old form.
    pub format: Option<u8>,
    /// Formats 1 and 2.
    pub address: Option<IpAddr>,
    /// Format 3, such as "00:11:22:33:44:55".
    pub mac: Option<String>,
    /// Format 4; invalid UTF-8 replaced.
    pub text: Option<String>,
    /// How often the engine has started.
    pub engine_boots: u32,
    /// Seconds since it last did, when the reply was sent.
    pub engine_time: u32,
    /// When the reply came, on the vantage's clock: `engine_time` counts back from here.
    pub received_ns: u64,
}

/// How the IP identification of the replies of one protocol behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IpIdBehaviour {
    /// Grows, by no more than 1300 from reply to reply.
    Incremental,
    /// None of the others.
    Random,
    /// Always 0.
    Zero,
    /// Always the same, not 0.
    Static,
    /// Two the same, another one different.
    Duplicate,
}

/// The 15 features of LFP; `None` where the replies do not tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LfpVector {
    /// Echo replies repeat the identification of the request.
    pub icmp_ip_id_echo: Option<bool>,
    /// Of echo replies.
    pub icmp_ip_id: Option<IpIdBehaviour>,
    /// Of resets.
    pub tcp_ip_id: Option<IpIdBehaviour>,
    /// Of port unreachable.
    pub udp_ip_id: Option<IpIdBehaviour>,
    /// All three count with one counter.
    pub shared_all: Option<bool>,
    /// TCP and ICMP do.
    pub shared_tcp_icmp: Option<bool>,
    /// UDP and ICMP do.
    pub shared_udp_icmp: Option<bool>,
    /// TCP and UDP do.
    pub shared_tcp_udp: Option<bool>,
    /// Initial TTL of port unreachable.
    pub udp_ttl: Option<u8>,
    /// Of echo replies.
    pub icmp_ttl: Option<u8>,
    /// Of resets.
    pub tcp_ttl: Option<u8>,
    /// Bytes of echo replies.
    pub icmp_size: Option<u16>,
    /// Bytes of resets.
    pub tcp_size: Option<u16>,
    /// Bytes of port unreachable.
    pub udp_size: Option<u16>,
    /// The reset of a SYN has a sequence number other than 0.
    pub rst_sequence: Option<bool>,
    /// All of it in one line: two addresses of one text look alike.
    pub text: String,
}

/// What a probe of a fingerprint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FingerprintProbe {
    /// An echo request.
    Icmp,
    /// An acknowledgment of nothing.
    TcpAck,
    /// A SYN whose acknowledgment field is not 0.
    TcpSyn,
    /// A datagram to a closed port.
    Udp,
    /// An `SNMPv3` discovery.
    Snmpv3,
}

/// One probe and its reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FingerprintReply {
    /// What was asked.
    pub probe: FingerprintProbe,
    /// IPv4 identification of the probe.
    pub probe_ip_id: Option<u16>,
    /// When the probe left.
    pub sent_ns: u64,
    /// What came.
    pub reply: Reply,
    /// Sequence number of a TCP reply.
    pub tcp_sequence: Option<u32>,
}
