//! The stream of events that a job gives: a start, results as they come, exactly one `done` or `failed`.
use crate::job::{Kind, Privilege};
use crate::record::{Counters, Hop, PingResult, Reply, TntResult, Trace};
use alloc::string::String;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    Start { schema: u32, job: String, kind: Kind, privilege: Privilege, targets: u32, seed: u64 },
    /// One ping reply, as it comes; `PingResult` repeats it.
    PingReply { target: IpAddr, reply: Reply },
    /// One hop settled, in TTL order, as it comes; `Trace` repeats it.
    Hop { target: IpAddr, hop: Hop },
    Ping(PingResult),
    Trace(Trace),
    Tnt(TntResult),
    Done { counters: Counters, targets_done: u32, duration_ns: u64 },
    Failed { reason: String, hint: String },
}
