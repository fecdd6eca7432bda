//! Rows from records, column by column.
use crate::tables::{Facts, Replies, TraceKind, Traces, TunnelRouters, Tunnels};
use netsonde_probe::record::{
    Attempt, HopFacts, Reply, TntResult, Trace, Tunnel, TunnelRouter, VendorCandidate,
};
use std::net::IpAddr;

impl Replies {
    /// `started_ns` is when the measurement began: differences take less room than times.
    pub(crate) fn push(&mut self, reply: Option<&Reply>, started_ns: u64) {
        let sent_ns = reply.and_then(|reply| reply.sent_ns);
        let sent_after_ns = sent_ns.map(|sent_ns| sent_ns.wrapping_sub(started_ns).cast_signed());
        self.attempt.push(reply.map(|reply| reply.attempt));
        self.kind.push(reply.map(|reply| reply.kind));
        self.sent_after_ns.push(sent_after_ns);
        self.rtt_ns.push(reply.map(|reply| reply.rtt_ns));
        self.reply_ttl.push(reply.and_then(|reply| reply.reply_ttl));
        self.reply_tos.push(reply.and_then(|reply| reply.reply_tos));
        self.ip_id.push(reply.and_then(|reply| reply.ip_id));
        self.size.push(reply.map(|reply| reply.size));
        self.icmp_type.push(reply.and_then(|reply| reply.icmp_type));
        self.icmp_code.push(reply.and_then(|reply| reply.icmp_code));
        self.quoted_ttl
            .push(reply.and_then(|reply| reply.quoted_ttl));
        self.quoted_tos
            .push(reply.and_then(|reply| reply.quoted_tos));
        self.mtu.push(reply.and_then(|reply| reply.mtu));
        self.labels.push(reply.map_or(&[], |reply| &reply.labels));
        let extensions = reply.filter(|reply| !reply.extensions.is_empty());
        let extensions = extensions.map(|reply| {
            serde_json::to_string(&reply.extensions).expect("extensions have a JSON form")
        });
        self.extensions.push(extensions.as_deref());
    }
}

impl Facts {
    pub(crate) fn push(&mut self, facts: Option<&HopFacts>, vendors: &[VendorCandidate]) {
        self.er_ttl.push(facts.and_then(|facts| facts.er_ttl));
        self.signature_te.push(facts.map(|facts| facts.signature.0));
        self.signature_er.push(facts.map(|facts| facts.signature.1));
        self.frpla.push(facts.and_then(|facts| facts.frpla));
        self.rtla.push(facts.and_then(|facts| facts.rtla));
        self.uturn.push(facts.and_then(|facts| facts.uturn));
        self.reserved.push(facts.map(|facts| facts.reserved));
        self.vendors.push(vendors);
    }
}

impl Traces {
    pub(crate) fn push(&mut self, serial: u64, trace: &Trace, tnt: Option<&TntResult>, told: bool) {
        self.trace.push(serial);
        self.kind
            .push(tnt.map_or(TraceKind::Trace, |_| TraceKind::Tnt));
        self.target.push(trace.target);
        self.source.push(trace.source);
        self.method.push(trace.method);
        self.flow.push(trace.flow);
        self.first_ttl.push(trace.first_ttl);
        self.stop.push(trace.stop);
        self.hops.push(count(trace.hops.len()));
        self.sent.push(trace.sent);
        self.duplicates.push(trace.duplicates);
        self.late.push(trace.late);
        self.started_ns.push(trace.started_ns);
        self.ended_ns.push(trace.ended_ns);
        let path_mtu = trace.path_mtu.as_ref();
        self.mtu.push(path_mtu.and_then(|found| found.mtu));
        let path_mtu =
            path_mtu.map(|found| serde_json::to_string(found).expect("sizes have a JSON form"));
        self.path_mtu.push(path_mtu.as_deref());
        self.tunnels.push(tnt.map(|tnt| count(tnt.tunnels.len())));
        self.sent_trace.push(tnt.map(|tnt| tnt.sent_trace));
        self.sent_ping.push(tnt.map(|tnt| tnt.sent_ping));
        self.sent_revelation
            .push(tnt.map(|tnt| tnt.sent_revelation));
        self.incomplete.push(tnt.map(|tnt| tnt.incomplete));
        let untold = tnt.filter(|_| !told);
        let untold =
            untold.map(|tnt| serde_json::to_string(&tnt.hops).expect("hops have a JSON form"));
        self.tnt_hops.push(untold.as_deref());
    }
}

impl Tunnels {
    pub(crate) fn push(&mut self, trace: u64, target: IpAddr, index: u16, tunnel: &Tunnel) {
        let address = |end: &Option<TunnelRouter>| end.as_ref().and_then(|one| one.address);
        let ends = tunnel.ingress.iter().chain(&tunnel.egress);
        let hidden = ends
            .chain(&tunnel.lsrs)
            .filter(|one| one.probe_ttl.is_none());
        self.trace.push(trace);
        self.target.push(target);
        self.tunnel.push(index);
        self.class.push(tunnel.class);
        self.triggers.push(&tunnel.triggers);
        self.method.push(tunnel.method);
        self.ingress_ttl.push(tunnel.ingress_ttl);
        self.egress_ttl.push(tunnel.egress_ttl);
        self.ingress.push(address(&tunnel.ingress));
        self.egress.push(address(&tunnel.egress));
        self.length.push(count(tunnel.lsrs.len()));
        self.hidden.push(count(hidden.count()));
        self.inferred_length.push(tunnel.inferred_length);
        self.completeness.push(tunnel.completeness);
        self.stop.push(tunnel.stop);
        self.sent.push(probes(&tunnel.attempts));
        self.attempts.push(&tunnel.attempts);
    }
}

impl TunnelRouters {
    pub(crate) fn push(&mut self, router: &TunnelRouter) {
        let facts = router.hop.as_ref();
        self.address.push(router.address);
        self.ttl.push(router.probe_ttl);
        self.step.push(router.step);
        self.method.push(router.method);
        self.rtt_ns.push(facts.map(|facts| facts.rtt_ns));
        self.te_ttl.push(facts.and_then(|facts| facts.te_ttl));
        self.quoted_ttl
            .push(facts.and_then(|facts| facts.quoted_ttl));
        self.labels.push(&router.labels);
    }
}

/// Probes of all attempts together.
pub(crate) fn probes(attempts: &[Attempt]) -> u32 {
    attempts
        .iter()
        .fold(0, |sum, attempt| sum.saturating_add(attempt.sent))
}

fn count(items: usize) -> u16 {
    u16::try_from(items).unwrap_or(u16::MAX)
}
