//! What an alias job may choose.
use serde::{Deserialize, Serialize};

/// How aliases are told from strangers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AliasMethod {
    /// Mercator, then MIDAR over IPv4 and Speedtrap over IPv6.
    Auto,
    /// A datagram to a closed port is answered from another address (Govindan and Tangmunarunkit, 2000).
    Mercator,
    /// The IP identifications of two addresses follow one another (Spring et al., 2002).
    Ally,
    /// The monotonic bounds test: estimation, elimination, corroboration (Keys et al., 2013).
    Midar,
    /// The identifications of two addresses lie on one line (Bender et al., 2008).
    Radargun,
    /// Which address of its subnet is the other end of a hop's link; targets are hops in path order.
    Prefixscan,
    /// The monotonic bounds test on the identifications of IPv6 fragments (Luckie et al., 2013).
    Speedtrap,
}

/// The probes from whose replies identifications are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AliasProbe {
    /// For each address the first of the others whose replies show a counter.
    Auto,
    /// Echo requests.
    Icmp,
    /// Datagrams to a closed port.
    Udp,
    /// Acknowledgments of nothing.
    TcpAck,
}

/// How to look for aliases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::struct_excessive_bools, reason = "independent switches")]
pub struct AliasOptions {
    /// How aliases are told from strangers.
    pub method: AliasMethod,
    /// For all methods but Mercator and Speedtrap.
    pub probe: AliasProbe,
    /// Mercator: probes per address until one is answered.
    pub attempts: u8,
    /// How long a probe may be answered.
    pub wait_ms: u32,
    /// Between two probes of one pair or set; 0 for as long as replies take, at least 150 with Ally and
    /// prefixscan and 20 with the bounds test.
    pub gap_ms: u32,
    /// Between two probes of one address, where all addresses are probed in turn.
    pub interval_ms: u32,
    /// Probes per address to estimate a counter, and again in each window of the elimination; those of `RadarGun`.
    pub samples: u16,
    /// Repeats of a pair's or set's test; a pair must pass all.
    pub rounds: u8,
    /// Between two of them.
    pub round_gap_ms: u32,
    /// Ally: largest step between identifications in sequence.
    pub fudge: u16,
    /// Ally: draws who of a pair goes first, turn by turn.
    pub shuffle: bool,
    /// Whether counters in the wrong byte order are read as such.
    pub byte_swap: bool,
    /// `RadarGun`: mean distance up to which two addresses are aliases.
    pub near: u16,
    /// `RadarGun`: mean distance from which they are not.
    pub far: u16,
    /// MIDAR and Speedtrap: pairs that a stranger would pass more often than this, in millionths, stay unknown.
    pub false_positive_ppm: u32,
    /// Prefixscan: shortest prefix in which the other end is looked for, 24 to 31; over IPv6 96 is added.
    pub prefix_len: u8,
    /// Of UDP and TCP probes; 0 for 33434 and 80.
    pub destination_port: u16,
    /// Whether pairs that were told apart in passing are listed too, and not only counted.
    pub all_pairs: bool,
}

impl Default for AliasOptions {
    fn default() -> Self {
        Self {
            method: AliasMethod::Auto,
            probe: AliasProbe::Auto,
            attempts: 3,
            wait_ms: 1_000,
            gap_ms: 0,
            interval_ms: 500,
            samples: 10,
            rounds: 3,
            round_gap_ms: 2_000,
            fudge: 200,
            shuffle: false,
            byte_swap: true,
            near: 200,
            far: 1_000,
            false_positive_ppm: 100,
            prefix_len: 30,
            destination_port: 0,
            all_pairs: false,
        }
    }
}
