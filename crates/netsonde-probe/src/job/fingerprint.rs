//! How to tell what made a router.
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What is asked of a router.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FingerprintMethod {
    /// Initial TTLs: one echo request, one TCP ACK and one UDP datagram to a closed port.
    Ttl,
    /// One `SNMPv3` discovery without a user.
    Snmpv3,
    /// Three echo requests, three TCP segments and three UDP datagrams to a closed port.
    Lfp,
}

/// How to fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FingerprintOptions {
    /// What to ask.
    pub methods: Vec<FingerprintMethod>,
    /// Probes per question until one is answered.
    pub attempts: u8,
    /// How long each may be answered.
    pub wait_ms: u32,
    /// Of UDP and TCP probes; it should be closed.
    pub closed_port: u16,
    /// Of SNMP agents.
    pub snmp_port: u16,
}

impl Default for FingerprintOptions {
    fn default() -> Self {
        Self {
            methods: Vec::from([FingerprintMethod::Ttl]),
            attempts: 2,
            wait_ms: 1_000,
            closed_port: 33_533,
            snmp_port: 161,
        }
    }
}
