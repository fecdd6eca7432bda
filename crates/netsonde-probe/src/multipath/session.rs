//! One multipath measurement, as the engine runs it.
use super::elsewhere;
use super::graph::Graph;
use super::plan::Planner;
use super::result;
use super::shape::shape;
use super::table::{Key, Lane, Outcome, Table};
use crate::event::Event;
use crate::job::{Job, MultipathOptions, Target};
use crate::measurement::{MILLISECOND_NS, Verdict};
use crate::record::{FlowFields, StopReason};
use crate::session::{Answer, Ask, Session};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::net::IpAddr;

/// All paths to one target.
#[derive(Debug)]
pub(crate) struct Multipath {
    pub(super) target: Target,
    pub(super) options: MultipathOptions,
    pub(super) table: Table,
    pub(super) planner: Planner,
    /// Other addresses of the target's prefix, and what is asked of them once the paths are known.
    pub(super) others: Vec<IpAddr>,
    other_keys: Option<Vec<Key>>,
    /// What the probes of a flow have in common, as sent.
    pub(super) flows: BTreeMap<u16, FlowFields>,
    /// Settled slots since the last plan.
    news: usize,
    pub(super) stop: Option<StopReason>,
    pub(super) started_ns: Option<u64>,
}

impl Multipath {
    /// A measurement that has sent nothing yet.
    pub(crate) fn new(target: Target, job: &Job) -> Self {
        let allowed = |address| !job.exclude.iter().any(|prefix| prefix.contains(address));
        let options = job.multipath;
        let count = options.destinations;
        let mut session = Self {
            target,
            options,
            table: Table::new(&options),
            planner: Planner::new(&options),
            others: elsewhere::neighbours(target.address, count, job.seed, allowed),
            other_keys: None,
            flows: BTreeMap::new(),
            news: 0,
            stop: None,
            started_ns: None,
        };
        session.advance();
        session
    }

    pub(super) fn graph(&self) -> Graph {
        Graph::new(&self.table, &self.options, self.target.address)
    }

    /// Asks for what is to be asked now, or ends.
    fn advance(&mut self) {
        self.news = 0;
        if self.stop.is_some() {
            return;
        }
        if self.table.is_refused() {
            if self.table.is_settled() {
                self.stop = Some(StopReason::Budget);
            }
            return;
        }
        let graph = self.graph();
        if self.other_keys.is_none() {
            for key in self.planner.plan(&self.table, &graph) {
                self.table.want(key);
            }
            if !self.planner.is_complete() {
                return;
            }
            let keys = elsewhere::keys(&graph, self.others.len());
            for key in &keys {
                self.table.want(*key);
            }
            self.other_keys = Some(keys);
        }
        let is_pending = |key: &Key| matches!(self.table.outcome(*key), Some(Outcome::Pending));
        if !self.other_keys.iter().flatten().any(is_pending) {
            self.stop = Some(result::stop(&graph));
        }
    }

    /// Plans again once a quarter of what is in flight was answered: often enough to go on, seldom enough to be cheap.
    fn learn(&mut self) {
        self.news += 1;
        if self.news * 4 >= self.table.waiting() {
            self.advance();
        }
    }
}

impl Session for Multipath {
    fn is_ready(&self, _now_ns: u64) -> bool {
        self.stop.is_none() && self.table.is_ready()
    }

    fn poll_ask(&mut self, now_ns: u64) -> Option<Ask> {
        if self.stop.is_some() {
            return None;
        }
        let (token, key) = self.table.poll(now_ns)?;
        self.started_ns.get_or_insert(now_ns);
        let destination = match key.lane {
            Lane::Elsewhere(number) => self.others[usize::from(number)],
            _ => self.target.address,
        };
        Some(Ask {
            shape: shape(self.target, destination, &self.options, key.flow),
            ttl: key.ttl,
            token,
            wait_ns: u64::from(self.options.wait_ms) * MILLISECOND_NS,
        })
    }

    fn handle_sent(&mut self, token: u32, packet: &[u8]) {
        let Some(probe) = self.table.probes().get(token as usize) else {
            return;
        };
        let flow = probe.key.flow;
        if probe.key.lane == Lane::Explore && !self.flows.contains_key(&flow) {
            self.flows.insert(flow, result::flow_fields(flow, packet));
        }
    }

    fn handle_answer(&mut self, answer: Answer<'_>) -> Verdict {
        if self.stop.is_some() {
            return Verdict::Late;
        }
        let verdict = self
            .table
            .answer(answer.token, answer.sent_ns, answer.reply);
        if verdict == Verdict::InTime {
            self.learn();
        }
        verdict
    }

    fn handle_duplicate(&mut self) {
        self.table.duplicates += 1;
    }

    fn handle_timeout(&mut self, now_ns: u64) {
        if self
            .table
            .poll_timeout()
            .is_some_and(|due_ns| due_ns <= now_ns)
        {
            let attempts = self.options.attempts;
            self.table
                .pass_time(now_ns, |table, key| is_hopeless(table, key, attempts));
            self.advance();
        }
    }

    fn poll_timeout(&self, now_ns: u64) -> Option<u64> {
        self.table
            .poll_timeout()
            .filter(|due_ns| *due_ns > now_ns && self.stop.is_none())
    }

    fn refuse(&mut self) {
        self.table.refuse();
        self.advance();
    }

    fn finish(&mut self, reason: StopReason) {
        self.stop.get_or_insert(reason);
    }

    fn in_flight(&self) -> u32 {
        u32::try_from(self.table.waiting()).expect("no more than the window")
    }

    fn is_finished(&self) -> bool {
        self.stop.is_some()
    }

    fn into_event(self: Box<Self>, started_ns: u64, ended_ns: u64) -> Event {
        Event::Multipath(Box::new(result::record(&self, started_ns, ended_ns)))
    }
}

/// Whether the flows that come from the same router as this one were silent throughout, and tried often enough.
///
/// One of them is tried as often as any probe; for the others that one silence is enough.
fn is_hopeless(table: &Table, key: Key, attempts: u8) -> bool {
    let before = |flow| match table.outcome(Key::explore(key.ttl - 1, flow)) {
        Some(Outcome::Answered(reply)) => Some(reply.responder),
        _ => None,
    };
    if key.lane != Lane::Explore {
        return false;
    }
    let mine = before(key.flow);
    let peers: Vec<(u16, Outcome<'_>)> = table
        .lane(key.ttl, Lane::Explore)
        .filter(|(flow, _)| before(*flow) == mine)
        .collect();
    let sent: u32 = peers
        .iter()
        .map(|(flow, _)| u32::from(table.sent(Key::explore(key.ttl, *flow))))
        .sum();
    let is_first = peers.first().is_some_and(|(flow, _)| *flow == key.flow);
    let is_silent = peers
        .iter()
        .all(|(_, outcome)| !matches!(outcome, Outcome::Answered(_)));
    !is_first && is_silent && sent >= u32::from(attempts)
}
