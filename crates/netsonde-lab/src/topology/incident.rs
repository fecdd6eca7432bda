//! What goes wrong: timed faults, and mutators (middleboxes and liars).
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

use super::{Prefix, RateLimit};

/// Something that happens once, at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// When, on the lab's clock.
    pub at_ns: u64,
    /// What; its keys stand beside `at_ns` (`{"at_ns": 0, "action": "icmp", "node": "p2", "silent": true}`).
    #[serde(flatten)]
    pub action: Action,
}

/// What a fault does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Action {
    /// The node stops (or starts again) sending ICMP errors and echo replies.
    Icmp {
        /// Whose.
        node: String,
        /// Whether it falls silent.
        silent: bool,
    },
    /// The node's ICMP limit changes; without `limit` there is none.
    Limit {
        /// Whose.
        node: String,
        /// The new limit.
        #[serde(default)]
        limit: Option<RateLimit>,
    },
    /// The link goes down (packets on it are lost) or up; routes and labels follow after `reroute_ns`.
    Link {
        /// Which.
        link: String,
        /// Whether it is up afterwards.
        up: bool,
        /// How long the old routes lead into the hole.
        #[serde(default)]
        reroute_ns: u64,
    },
    /// The link's costs change, and routes with them.
    Cost {
        /// Which.
        link: String,
        /// Near to far, far to near.
        cost: [u32; 2],
    },
    /// The link's loss changes, in both directions.
    Loss {
        /// Which.
        link: String,
        /// Probability, 0 to 1.
        loss: f64,
    },
    /// The link's delay changes.
    Delay {
        /// Which.
        link: String,
        /// One-way delay.
        delay_ns: u64,
    },
}

/// Something on the path that rewrites, invents or repeats packets. Labelled ones it can only drop and delay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mutator {
    /// The link or attachment on which it sits.
    pub link: String,
    /// Only packets that leave this node; default: both directions. For an attachment the host is `"host"`.
    #[serde(default)]
    pub from: Option<String>,
    /// Only packets to these destinations; empty: all.
    #[serde(default)]
    pub to: Vec<Prefix>,
    /// Probability that it touches a packet, 0 to 1.
    #[serde(default = "always")]
    pub probability: f64,
    /// What it does; its keys stand beside the others (`{"link": "a-b", "mutation": "dscp", "tos": 0}`).
    #[serde(flatten)]
    pub mutation: Mutation,
}

fn always() -> f64 {
    1.0
}

/// What a mutator does to a packet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mutation", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Mutation {
    /// Rewrites type of service or traffic class.
    Dscp {
        /// The new byte.
        tos: u8,
    },
    /// Rewrites the source address of whatever passes (one-sided NAT, spoofing), checksums kept right.
    Source {
        /// The new address; packets of the other family pass.
        address: IpAddr,
    },
    /// Adds to the UDP or TCP source port, checksums kept right.
    SourcePort {
        /// Added modulo 65536.
        add: u16,
    },
    /// Takes an option out of TCP segments.
    TcpOption {
        /// Which.
        kind: u8,
        /// What is left in its place.
        action: OptionAction,
    },
    /// Lowers the maximum segment size that TCP segments offer.
    TcpMss {
        /// To this, where it is more.
        mss: u16,
    },
    /// Adds to TCP sequence numbers; another mutator has to take it from the acknowledgments that come back.
    TcpSequence {
        /// Added modulo 2^32.
        offset: u32,
    },
    /// Subtracts from TCP acknowledgment numbers.
    TcpAcknowledgment {
        /// Subtracted modulo 2^32.
        offset: u32,
    },
    /// Clears TCP flags.
    TcpFlags {
        /// The bits; 0xc0 are those of explicit congestion notification.
        clear: u8,
    },
    /// Changes the quote inside ICMP errors.
    Quote {
        /// How.
        change: QuoteChange,
    },
    /// Cuts ICMP errors with extensions short by so many bytes (lengths and outer checksums made right).
    TruncateExtensions {
        /// Bytes cut from the end.
        bytes: u16,
    },
    /// Makes the checksum of extensions wrong.
    ExtensionChecksum {},
    /// Removes extensions.
    StripExtensions {},
    /// Holds packets back.
    Late {
        /// For how long.
        delay_ns: u64,
    },
    /// Sends probes (echo requests, UDP, TCP) back to their sender: addresses swapped, all else as it came.
    Reflect {},
    /// Answers for others: for each probe that passes, also a forged reply is sent to its sender: an
    /// echo reply where `source` was pinged, else time exceeded.
    Forge {
        /// Whom it claims to be.
        source: IpAddr,
        /// Whether the forger saw the probe (its quote is right), or guesses identifiers, ports and payload.
        blind: bool,
    },
    /// Flips one random bit in the packet, past the IP header; checksums are not mended.
    Corrupt {},
    /// Drops the packet.
    Drop {},
}

/// What is left of an option that is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptionAction {
    /// Nothing: the header is shorter.
    Strip,
    /// No-operations.
    Blank,
}

/// A lie in a quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuoteChange {
    /// Another destination address.
    Destination,
    /// Other ports or echo identifier.
    Ports,
    /// Cut to the IP header and 4 bytes.
    Cut,
    /// Another TTL.
    Ttl,
}
