//! How to look at TCP: what a host negotiates, and what the path does to a SYN.
use serde::{Deserialize, Serialize};

/// Which version of Multipath TCP a SYN offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MptcpOffer {
    /// None.
    #[default]
    None,
    /// Version 0 (RFC 6824): the option holds a key.
    V0,
    /// Version 1 (RFC 8684): the option of a SYN holds no key.
    V1,
}

/// How to look at TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "independent choices of the caller"
)]
pub struct TcpOptions {
    /// Of every probe; an open one tells most.
    pub destination_port: u16,
    /// Probes per question and per TTL until one is answered.
    pub attempts: u8,
    /// How long each may be answered.
    pub wait_ms: u32,
    /// What the SYN offers of Multipath TCP.
    pub mptcp: MptcpOffer,
    /// Whether it offers explicit congestion notification (RFC 3168).
    pub ecn: bool,
    /// Whether it asks for a Fast Open cookie (RFC 7413).
    pub fast_open: bool,
    /// Maximum segment size that it offers; 0 for what Ethernet carries: 1460, or 1440 over IPv6.
    pub mss: u16,
    /// Type of service, or traffic class.
    pub tos: u8,
    /// Whether to look at the path too.
    pub path: bool,
    /// TTL of the first hop, from 1.
    pub first_ttl: u8,
    /// TTL after which the path ends.
    pub last_ttl: u8,
    /// Silent TTLs in a row, nothing having answered beyond, after which the path ends.
    pub gap_limit: u8,
    /// TTLs in flight at once.
    pub window: u8,
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self {
            destination_port: 80,
            attempts: 2,
            wait_ms: 1_000,
            mptcp: MptcpOffer::V1,
            ecn: true,
            fast_open: false,
            mss: 0,
            tos: 0,
            path: true,
            first_ttl: 1,
            last_ttl: 32,
            gap_limit: 5,
            window: 4,
        }
    }
}
