//! From events to rows, and from rows to chunks.
use crate::column::batch;
use crate::ipc;
use crate::rows::probes;
use crate::tables::{
    Facts, FailedRevelations, Hops, Pings, Replies, Role, Table, Traces, TunnelRouters, Tunnels,
};
use netsonde_probe::event::Event;
use netsonde_probe::record::{Hop, PingResult, Reply, TntHop, TntResult, Trace, Tunnel};
use std::collections::VecDeque;
use std::net::IpAddr;

/// Rows of one table after which all tables are cut. The rows of one result stay together, so that a chunk may hold
/// those of one more.
pub const ROWS_MAX: usize = 16_384;

/// How long a row waits for others, in nanoseconds.
pub const WAIT_MAX_NS: u64 = 100_000_000;

/// Events being made into columns.
#[derive(Default)]
pub struct Columns {
    pings: Pings,
    ping_replies: Replies,
    hops: Hops,
    hop_replies: Replies,
    hop_facts: Facts,
    traces: Traces,
    tunnels: Tunnels,
    routers: TunnelRouters,
    router_facts: Facts,
    failed: FailedRevelations,
    next_ping: u64,
    next_trace: u64,
    /// When the oldest row was first seen; rows come without a time.
    since_ns: Option<u64>,
    chunks: VecDeque<(Table, Vec<u8>)>,
}

impl Columns {
    /// No rows; pings and traces are numbered from 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the rows of an event. False: it has none, and is for the caller to send in another form.
    ///
    /// Replies and hops as they come are taken and forgotten: the result repeats them.
    pub fn push(&mut self, event: &Event) -> bool {
        match event {
            Event::Ping(result) => self.push_ping(result),
            Event::Trace(trace) => self.push_trace(trace, None),
            Event::Tnt(result) => self.push_trace(&result.trace, Some(result)),
            Event::PingReply { .. } | Event::Hop { .. } => {}
            _ => return false,
        }
        true
    }

    /// The next chunk, if enough rows wait or they have waited long enough: a complete Arrow IPC stream of one table.
    ///
    /// Ask until there is none: the rows of a trace are spread over several.
    pub fn poll_chunk(&mut self, now_ns: u64) -> Option<(Table, Vec<u8>)> {
        if self.chunks.is_empty() && self.rows() > 0 {
            let since_ns = *self.since_ns.get_or_insert(now_ns);
            if self.rows() >= ROWS_MAX || now_ns.saturating_sub(since_ns) >= WAIT_MAX_NS {
                self.flush();
            }
        }
        self.chunks.pop_front()
    }

    /// When `poll_chunk` is next worth calling, in nanoseconds on the clock of its argument; `None`: no row waits.
    pub fn poll_timeout(&self) -> Option<u64> {
        if !self.chunks.is_empty() || self.rows() >= ROWS_MAX {
            return Some(0);
        }
        let waits = self.rows() > 0;
        waits.then(|| {
            self.since_ns
                .map_or(0, |since| since.saturating_add(WAIT_MAX_NS))
        })
    }

    /// Makes chunks of all rows that wait, for `poll_chunk` to hand out.
    pub fn flush(&mut self) {
        self.since_ns = None;
        // Traces last: who has one, has all of it.
        for table in Table::ALL.into_iter().rev() {
            if self.rows_of(table) > 0 {
                let columns = self.take(table);
                self.chunks.push_back((table, ipc::stream(&batch(columns))));
            }
        }
    }

    /// Rows that wait in the table with the most.
    fn rows(&self) -> usize {
        // Every tunnel and every failed revelation has a trace, every router a tunnel.
        let others = self.traces.trace.len().max(self.routers.trace.len());
        self.pings.ping.len().max(self.hops.trace.len()).max(others)
    }

    fn rows_of(&self, table: Table) -> usize {
        match table {
            Table::Pings => self.pings.ping.len(),
            Table::Traces => self.traces.trace.len(),
            Table::Hops => self.hops.trace.len(),
            Table::Tunnels => self.tunnels.trace.len(),
            Table::TunnelRouters => self.routers.trace.len(),
            Table::FailedRevelations => self.failed.trace.len(),
        }
    }

    fn take(&mut self, table: Table) -> Vec<(arrow_schema::Field, arrow_array::ArrayRef)> {
        match table {
            Table::Pings => [self.pings.take(), self.ping_replies.take()].concat(),
            Table::Traces => self.traces.take(),
            Table::Hops => {
                let parts = [
                    self.hops.take(),
                    self.hop_replies.take(),
                    self.hop_facts.take(),
                ];
                parts.concat()
            }
            Table::Tunnels => self.tunnels.take(),
            Table::TunnelRouters => [self.routers.take(), self.router_facts.take()].concat(),
            Table::FailedRevelations => self.failed.take(),
        }
    }

    fn push_ping(&mut self, result: &PingResult) {
        let ping = self.next_ping;
        self.next_ping += 1;
        for reply in or_none(&result.replies) {
            let rows = &mut self.pings;
            rows.ping.push(ping);
            rows.target.push(result.target);
            rows.source.push(result.source);
            rows.method.push(result.method);
            rows.sent.push(result.sent);
            rows.duplicates.push(result.duplicates);
            rows.late.push(result.late);
            rows.started_ns.push(result.started_ns);
            rows.ended_ns.push(result.ended_ns);
            rows.incomplete.push(result.incomplete);
            rows.responder.push(reply.map(|reply| reply.responder));
            self.ping_replies.push(reply, result.started_ns);
        }
    }

    fn push_trace(&mut self, trace: &Trace, tnt: Option<&TntResult>) {
        let serial = self.next_trace;
        self.next_trace += 1;
        // What cannot be told from the rows of the hops, which no engine gives, is kept as it is.
        let told = tnt.filter(|tnt| follows(trace, &tnt.hops));
        for (index, hop) in trace.hops.iter().enumerate() {
            let facts = told.and_then(|tnt| tnt.hops.get(index));
            self.push_hop(serial, trace, hop, facts);
        }
        if let Some(tnt) = tnt {
            for (index, tunnel) in (0..).zip(&tnt.tunnels) {
                self.push_tunnel(serial, trace.target, index, tunnel);
            }
            self.push_failed(serial, tnt);
        }
        self.traces.push(serial, trace, tnt, told.is_some());
    }

    fn push_hop(&mut self, serial: u64, trace: &Trace, hop: &Hop, facts: Option<&TntHop>) {
        for (index, reply) in or_none(&hop.replies).enumerate() {
            let rows = &mut self.hops;
            rows.trace.push(serial);
            rows.target.push(trace.target);
            rows.ttl.push(hop.probe_ttl);
            rows.sent.push(hop.sent);
            rows.address.push(reply.map(|reply| reply.responder));
            self.hop_replies.push(reply, trace.started_ns);
            let first = facts.filter(|_| index == 0);
            self.hop_facts.push(
                first.and_then(|hop| hop.facts.as_ref()),
                first.map_or(&[], |hop| &hop.vendors),
            );
        }
    }

    fn push_tunnel(&mut self, trace: u64, target: IpAddr, index: u16, tunnel: &Tunnel) {
        self.tunnels.push(trace, target, index, tunnel);
        let ingress = tunnel.ingress.iter().map(|one| (Role::Ingress, one));
        let lsrs = tunnel.lsrs.iter().map(|one| (Role::Lsr, one));
        let egress = tunnel.egress.iter().map(|one| (Role::Egress, one));
        let routers = ingress.chain(lsrs).chain(egress);
        for (position, (role, router)) in (0..).zip(routers) {
            let rows = &mut self.routers;
            rows.trace.push(trace);
            rows.tunnel.push(index);
            rows.position.push(position);
            rows.role.push(role);
            rows.push(router);
            self.router_facts.push(router.hop.as_ref(), &router.vendors);
        }
    }

    fn push_failed(&mut self, trace: u64, tnt: &TntResult) {
        for (position, failed) in (0..).zip(&tnt.failed) {
            let rows = &mut self.failed;
            rows.trace.push(trace);
            rows.target.push(tnt.trace.target);
            rows.position.push(position);
            rows.entry.push(failed.entry);
            rows.exit.push(failed.exit);
            rows.exit_ttl.push(failed.exit_ttl);
            rows.trigger.push(failed.trigger);
            rows.sent.push(probes(&failed.attempts));
            rows.attempts.push(&failed.attempts);
        }
    }
}

/// Each reply, or nothing once.
fn or_none(replies: &[Reply]) -> impl Iterator<Item = Option<&Reply>> {
    let nothing = replies.is_empty().then_some(None);
    replies.iter().map(Some).chain(nothing)
}

/// Whether the hops of TNT say of each hop of the trace what its first reply says, so that its rows tell all.
fn follows(trace: &Trace, hops: &[TntHop]) -> bool {
    let agrees = |(hop, tnt): (&Hop, &TntHop)| {
        let reply = hop.replies.first();
        let facts = tnt.facts.as_ref();
        hop.probe_ttl == tnt.probe_ttl
            && reply.map(|reply| reply.responder) == tnt.address
            && reply.map(|reply| (reply.rtt_ns, reply.reply_ttl, reply.quoted_ttl))
                == facts.map(|facts| (facts.rtt_ns, facts.te_ttl, facts.quoted_ttl))
            && reply.map_or(&[][..], |reply| &reply.labels) == tnt.labels.as_slice()
    };
    trace.hops.len() == hops.len() && trace.hops.iter().zip(hops).all(agrees)
}
