//! The hops of a trace as TNT looks at them: the first reply of each, and what it means.
use super::infer;
use crate::few::FewMap;
use crate::job::TntOptions;
use crate::record::{HopFacts, Label, Reply, ReplyKind, Trace};
use alloc::vec::Vec;
use core::net::IpAddr;
use netsonde_wire::ip;

/// Echo reply TTLs by address; `None` for one that was asked and did not answer.
pub(super) type EchoTtls = FewMap<IpAddr, Option<u8>>;

/// One hop; without a reply it is silent.
#[derive(Clone, Debug)]
pub(super) struct Observed {
    pub(super) probe_ttl: u8,
    pub(super) reply: Option<Reply>,
    pub(super) facts: Option<HopFacts>,
}

impl Observed {
    pub(super) fn new(
        probe_ttl: u8,
        reply: Option<Reply>,
        echo: &EchoTtls,
        options: &TntOptions,
    ) -> Self {
        let facts = reply.as_ref().map(|reply| {
            let er_ttl = echo.get(&reply.responder).copied().flatten();
            facts(reply, probe_ttl, er_ttl, options)
        });
        Self {
            probe_ttl,
            reply,
            facts,
        }
    }

    pub(super) fn address(&self) -> Option<IpAddr> {
        self.reply.as_ref().map(|reply| reply.responder)
    }

    pub(super) fn is_time_exceeded(&self) -> bool {
        self.reply.as_ref().is_some_and(is_time_exceeded)
    }

    pub(super) fn is_reserved(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.reserved)
    }

    /// The quoted TTL of a time-exceeded; 255 is bogus, and no tunnel begins before the first router.
    pub(super) fn quoted_ttl(&self) -> Option<u8> {
        let reply = self
            .reply
            .as_ref()
            .filter(|reply| is_time_exceeded(reply))?;
        reply
            .quoted_ttl
            .filter(|&ttl| ttl != u8::MAX && ttl < self.probe_ttl)
    }

    pub(super) fn labels(&self) -> &[Label] {
        self.reply.as_ref().map_or(&[], |reply| &reply.labels)
    }

    pub(super) fn frpla(&self) -> Option<i16> {
        self.facts.as_ref()?.frpla
    }

    pub(super) fn rtla(&self) -> Option<i16> {
        self.facts.as_ref()?.rtla
    }

    pub(super) fn uturn(&self) -> Option<i16> {
        self.facts.as_ref()?.uturn
    }
}

/// The hops of a trace, silent ones included.
pub(super) fn observe(trace: &Trace, echo: &EchoTtls, options: &TntOptions) -> Vec<Observed> {
    let observed = |hop: &crate::record::Hop| {
        Observed::new(hop.probe_ttl, hop.replies.first().cloned(), echo, options)
    };
    trace.hops.iter().map(observed).collect()
}

/// Whether an address is left alone: no ping, no revelation, no end of a tunnel.
pub(super) fn is_reserved(address: IpAddr, options: &TntOptions) -> bool {
    !options.treat_as_public && ip::is_tnt_reserved(address)
}

pub(super) fn is_time_exceeded(reply: &Reply) -> bool {
    reply.kind == ReplyKind::TimeExceeded
}

/// The quantities of one reply. FRPLA, RTLA and U-turn mean something for time-exceeded only; RTLA not for IPv6,
/// where nearly all routers start both replies at 64.
fn facts(reply: &Reply, probe_ttl: u8, er_ttl: Option<u8>, options: &TntOptions) -> HopFacts {
    let error_ttl = reply
        .reply_ttl
        .filter(|_| matches!(reply.kind, ReplyKind::TimeExceeded | ReplyKind::Unreachable));
    let te_ttl = reply.reply_ttl.filter(|_| is_time_exceeded(reply));
    let both = te_ttl.zip(er_ttl);
    HopFacts {
        rtt_ns: reply.rtt_ns,
        te_ttl: reply.reply_ttl,
        er_ttl,
        signature: infer::signature(error_ttl, er_ttl),
        quoted_ttl: reply.quoted_ttl,
        frpla: te_ttl.map(|te_ttl| infer::frpla(te_ttl, probe_ttl)),
        rtla: both
            .filter(|_| reply.responder.is_ipv4())
            .and_then(|(te_ttl, er_ttl)| infer::rtla(te_ttl, er_ttl)),
        uturn: both.map(|(te_ttl, er_ttl)| infer::uturn(te_ttl, er_ttl)),
        reserved: is_reserved(reply.responder, options),
    }
}
