//! What goes into a revelation and what comes out.
use crate::job::{TntOptions, TraceOptions};
use crate::record::{Attempt, AttemptOutcome, Method, Reply};
use alloc::vec::Vec;
use core::net::IpAddr;

/// Where to reveal, and how.
#[derive(Clone, Debug)]
pub(in crate::tnt) struct Plan {
    pub(in crate::tnt) entry: IpAddr,
    pub(in crate::tnt) entry_ttl: u8,
    pub(in crate::tnt) exit: IpAddr,
    /// Side on which the silent hop between entry and exit is supposed, if there is one.
    pub(in crate::tnt) gap: Option<Side>,
    /// Whether the other address of a link may be probed when nothing else helps.
    pub(in crate::tnt) buddy: bool,
    /// How the first trace went: its flow, method and limits are kept.
    pub(in crate::tnt) trace: TraceOptions,
    pub(in crate::tnt) options: TntOptions,
    /// What the first trace shows: none of it hides in a tunnel.
    pub(in crate::tnt) path: Vec<IpAddr>,
}

/// An end of a tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tnt) enum Side {
    Ingress,
    Egress,
}

/// A hidden router; silent without a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tnt) struct Hidden {
    /// TTL of the probe that it answered, in the trace that found it.
    pub(in crate::tnt) probe_ttl: u8,
    pub(in crate::tnt) reply: Option<Reply>,
    pub(in crate::tnt) step: u8,
    pub(in crate::tnt) method: Method,
}

/// What a revelation found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::tnt) struct Revealed {
    /// In path order.
    pub(in crate::tnt) routers: Vec<Hidden>,
    /// The hop of the first trace's gap, and on which side of the tunnel it turned out to be.
    pub(in crate::tnt) gap: Option<(Side, Option<Hidden>)>,
    pub(in crate::tnt) attempts: Vec<Attempt>,
    /// Why it did not go on; `NothingRevealed` is how a complete one ends.
    pub(in crate::tnt) stop: Option<AttemptOutcome>,
    pub(in crate::tnt) complete: bool,
    /// A budget or the deadline ended it.
    pub(in crate::tnt) cut: bool,
}

impl Hidden {
    pub(in crate::tnt) fn address(&self) -> Option<IpAddr> {
        self.reply.as_ref().map(|reply| reply.responder)
    }
}

impl Revealed {
    /// Addresses of all routers that answered, the one of the gap included.
    pub(in crate::tnt) fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let gap = self.gap.iter().filter_map(|(_, hop)| hop.as_ref());
        self.routers.iter().chain(gap).filter_map(Hidden::address)
    }
}
