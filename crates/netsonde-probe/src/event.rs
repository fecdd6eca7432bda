//! The stream of events that a job gives: a start, results as they come, exactly one `done` or `failed`.
use crate::job::{Kind, Privilege};
use crate::record::{
    AliasResult, Counters, FingerprintResult, Hop, MultipathResult, PingResult, Reply, TcpResult,
    TntResult, Trace,
};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// A way by which packets may leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkUsed {
    /// What it is.
    pub link: LinkKind,
    /// The name of the interface, of frames.
    #[serde(default)]
    pub interface: Option<String>,
}

/// How packets leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKind {
    /// As Ethernet frames.
    Frames,
    /// By raw sockets.
    Raw,
    /// By sockets that need no right.
    Unprivileged,
}

/// One event, one JSON object, told apart by its `type`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// The first.
    Start {
        /// [`SCHEMA`](crate::job::SCHEMA).
        schema: u32,
        /// Its identifier.
        job: String,
        /// What is measured.
        kind: Kind,
        /// What the link may do; with `none`, replies lack what it cannot see.
        privilege: Privilege,
        /// How many the job names; those that stream in later are not among them.
        targets: u32,
        /// As the job says it.
        seed: u64,
        /// As the job says it: the other times of the stream are on the vantage's own clock.
        #[serde(default)]
        epoch_ns: Option<u64>,
        /// How packets may leave, filled in by whoever runs the engine on a link; empty where none leaves the process.
        #[serde(default)]
        links: Vec<LinkUsed>,
    },
    /// One ping reply, as it comes; `PingResult` repeats it.
    PingReply {
        /// Whom the probe was for.
        target: IpAddr,
        /// What came.
        reply: Reply,
    },
    /// One hop settled, in TTL order, as it comes; `Trace` repeats it.
    Hop {
        /// Where the trace goes.
        target: IpAddr,
        /// What came.
        hop: Hop,
    },
    /// A ping has ended.
    Ping(PingResult),
    /// A trace has ended.
    Trace(Trace),
    /// The measurement of a target's tunnels has ended.
    Tnt(TntResult),
    /// The measurement of all targets together has ended.
    #[cfg_attr(not(feature = "surveys"), serde(skip))]
    Alias(AliasResult),
    /// All paths to a target were found.
    #[cfg_attr(not(feature = "surveys"), serde(skip))]
    Multipath(Box<MultipathResult>),
    /// What an address answered to questions about its maker.
    #[cfg_attr(not(feature = "surveys"), serde(skip))]
    Fingerprint(Box<FingerprintResult>),
    /// What a TCP port and the path to it showed.
    Tcp(Box<TcpResult>),
    /// How far the job has come, as often as it asked for.
    Progress {
        /// Probes.
        sent: u64,
        /// Authentic replies, first and in time.
        received: u64,
        /// Targets under way or done.
        targets_begun: u32,
        /// Targets that have a result.
        targets_done: u32,
        /// Probes awaiting a reply.
        in_flight: u32,
        /// From the start of the job.
        elapsed_ns: u64,
    },
    /// The last, when the job was done, wholly or as far as its limits let it.
    Done {
        /// Over all measurements.
        counters: Counters,
        /// Targets that have a result.
        targets_done: u32,
        /// From the start of the job.
        duration_ns: u64,
    },
    /// The last, when the job could not be done.
    Failed {
        /// What went wrong.
        reason: String,
        /// What may help.
        hint: String,
    },
}

impl Event {
    /// The event as one JSON object, without a line end.
    ///
    /// # Panics
    /// Never: events hold nothing that JSON cannot.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("every field has a JSON form")
    }
}
