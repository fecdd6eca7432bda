//! TNT, the revelation of MPLS tunnels, as a machine that asks for pings and traces and never sends one.
//!
//! A [`Machine`] measures one target: a first trace, pings of its hops, detection, revelation, pings of what was
//! revealed, and one [`TntResult`]. The machines of a run share a [`Shared`]: an address is pinged once and a pair
//! of routers is revealed once, whoever needs it. `docs/concepts/tnt.md` explains the method and names its sources.

mod detect;
mod echo;
pub mod infer;
mod job;
mod machine;
mod path;
mod pings;
mod records;
mod revelation;
mod shared;
pub mod vendors;

pub(crate) use echo::{EchoOutcome, EchoReply};
pub(crate) use machine::Machine;
pub(crate) use shared::Shared;

use crate::job::TraceOptions;
use core::net::IpAddr;

/// A measurement that a machine needs; the engine runs it with its own pacing and budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// ICMP echo requests to one address.
    Echo {
        /// Whom to ping.
        address: IpAddr,
        /// How many requests.
        count: u8,
    },
    /// A Paris traceroute.
    Trace {
        /// Where to.
        target: IpAddr,
        /// How.
        options: TraceOptions,
    },
}

impl Task {
    /// Where its probes go.
    pub(crate) fn destination(&self) -> IpAddr {
        match self {
            Self::Echo { address, .. } => *address,
            Self::Trace { target, .. } => *target,
        }
    }
}

/// Names a task of one machine; another machine may use the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TaskId(u32);

#[cfg(test)]
mod tests;
