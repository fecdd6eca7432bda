//! One target, measured: the order of things.
use super::detect::{self, Candidate, Visible};
use super::job::{self, Job};
use super::path::{Observed, is_reserved, observe};
use super::pings::{self, Pings};
use super::records::{self, Findings};
use super::revelation::{Plan, Revealed, Side};
use super::shared::Pair;
use super::{EchoOutcome, Shared, Task, TaskId};
use crate::few::FewMap;
use crate::job::{TntOptions, TraceOptions};
use crate::record::{StopReason, TntResult, Trace, Trigger};
use alloc::vec::Vec;
use core::net::IpAddr;

/// The measurement of one target: tasks out, their outcomes in, one [`TntResult`] at the end.
///
/// Whoever drives it calls [`Machine::poll_task`] until `None`, then [`Machine::poll_result`], and runs the tasks in
/// any order or all at once; each ends in exactly one `handle_*` call, after which there may be new tasks or the result.
#[derive(Debug)]
pub(crate) struct Machine {
    options: TntOptions,
    trace_options: TraceOptions,
    target: IpAddr,
    source: IpAddr,
    phase: Phase,
    next_id: u32,
    running: FewMap<TaskId, Purpose>,
    is_waiting: bool,
    pings: Pings,
    trace: Option<Trace>,
    hops: Vec<Observed>,
    visible: Vec<Visible>,
    jobs: Vec<Job>,
    sent_ping: u32,
    sent_revelation: u32,
    /// A task was refused or cut short.
    is_cut: bool,
    result: Option<TntResult>,
}

/// What the machine is about; each phase ends when all that it asked for is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Start,
    FirstTrace,
    Pings,
    Revelation,
    LastPings,
    Done,
}

#[derive(Clone, Copy, Debug)]
enum Purpose {
    FirstTrace,
    Ping(IpAddr),
    Job(usize),
}

impl Machine {
    /// Starts the measurement of `target`; `trace` is how the first trace goes, and the pattern of those that reveal.
    pub(crate) fn new(
        options: &TntOptions,
        trace: &TraceOptions,
        target: IpAddr,
        source: IpAddr,
    ) -> Self {
        Self {
            options: *options,
            trace_options: *trace,
            target,
            source,
            phase: Phase::Start,
            next_id: 0,
            running: FewMap::default(),
            is_waiting: false,
            pings: Pings::default(),
            trace: None,
            hops: Vec::new(),
            visible: Vec::new(),
            jobs: Vec::new(),
            sent_ping: 0,
            sent_revelation: 0,
            is_cut: false,
            result: None,
        }
    }

    /// The next task to run, if one can start now.
    pub(crate) fn poll_task(&mut self, shared: &mut Shared) -> Option<(TaskId, Task)> {
        self.is_waiting = false;
        loop {
            if let Some((purpose, task)) = self.next_task(shared) {
                let id = TaskId(self.next_id);
                self.next_id += 1;
                self.running.insert(id, purpose);
                return Some((id, task));
            }
            if !self.settle() {
                return None;
            }
        }
    }

    /// Takes the outcome of an echo task.
    pub(crate) fn handle_echo(&mut self, shared: &mut Shared, id: TaskId, outcome: &EchoOutcome) {
        if let Some(Purpose::Ping(address)) = self.running.remove(&id) {
            self.sent_ping += outcome.sent;
            self.pings.finish(shared, address, outcome.reply_ttl());
        }
        while self.settle() {}
    }

    /// Takes the outcome of a trace task, cut short or not: its stop reason says.
    pub(crate) fn handle_trace(&mut self, shared: &mut Shared, id: TaskId, trace: Trace) {
        self.is_cut |= matches!(
            trace.stop,
            StopReason::Budget | StopReason::Deadline | StopReason::Interrupted
        );
        match self.running.remove(&id) {
            Some(Purpose::FirstTrace) => self.trace = Some(trace),
            Some(Purpose::Job(index)) => {
                self.sent_revelation += trace.sent;
                self.jobs[index].handle_trace(shared, &trace);
            }
            Some(Purpose::Ping(_)) | None => {}
        }
        while self.settle() {}
    }

    /// A task was not run, or not wholly, and nothing of it is known: budget, deadline or interruption.
    pub(crate) fn handle_refused(&mut self, shared: &mut Shared, id: TaskId) {
        self.is_cut = true;
        match self.running.remove(&id) {
            Some(Purpose::FirstTrace) => self.trace = Some(self.no_trace()),
            Some(Purpose::Ping(address)) => self.pings.give_up(shared, address),
            Some(Purpose::Job(index)) => self.jobs[index].handle_refused(shared),
            None => {}
        }
        while self.settle() {}
    }

    /// The result, once.
    pub(crate) fn poll_result(&mut self) -> Option<TntResult> {
        self.result.take()
    }

    /// True while it waits for a task of another machine: poll its tasks again once any other machine took an outcome.
    pub(crate) fn is_waiting_on_shared(&self) -> bool {
        self.is_waiting
    }

    fn next_task(&mut self, shared: &mut Shared) -> Option<(Purpose, Task)> {
        if self.phase == Phase::Start {
            self.phase = Phase::FirstTrace;
            let task = Task::Trace {
                target: self.target,
                options: self.trace_options,
            };
            return Some((Purpose::FirstTrace, task));
        }
        for (index, job) in self.jobs.iter_mut().enumerate() {
            match job.poll(shared, &mut self.pings) {
                job::Next::Run(task) => return Some((Purpose::Job(index), task)),
                job::Next::Wait => self.is_waiting = true,
                job::Next::Nothing => {}
            }
        }
        match self.pings.poll(shared) {
            pings::Next::Ping(address) => {
                // Even without pings of hops, the first address of a buddy's subnet is asked for.
                let count = self.options.ping_count.max(1);
                let task = Task::Echo { address, count };
                return Some((Purpose::Ping(address), task));
            }
            pings::Next::Wait => self.is_waiting = true,
            pings::Next::Nothing => {}
        }
        None
    }

    /// Goes on to the next phase if this one has all that it asked for.
    fn settle(&mut self) -> bool {
        let is_open = !self.running.is_empty() || !self.pings.is_settled();
        if is_open || self.jobs.iter().any(|job| job.revealed().is_none()) {
            return false;
        }
        self.phase = match self.phase {
            Phase::FirstTrace if self.trace.is_some() => {
                self.ping_hops();
                Phase::Pings
            }
            Phase::Pings => {
                self.detect();
                Phase::Revelation
            }
            Phase::Revelation => {
                self.ping_revealed();
                Phase::LastPings
            }
            Phase::LastPings => {
                self.conclude();
                Phase::Done
            }
            Phase::Start | Phase::FirstTrace | Phase::Done => return false,
        };
        true
    }

    fn ping_hops(&mut self) {
        let hops = self.trace.iter().flat_map(|trace| &trace.hops);
        let addresses: Vec<IpAddr> = hops
            .filter_map(|hop| Some(hop.replies.first()?.responder))
            .collect();
        self.ping_public(addresses);
    }

    fn ping_revealed(&mut self) {
        let revealed = self.jobs.iter().filter_map(Job::revealed);
        let addresses: Vec<IpAddr> = revealed.flat_map(Revealed::addresses).collect();
        self.ping_public(addresses);
    }

    fn ping_public(&mut self, addresses: Vec<IpAddr>) {
        if self.options.ping_count == 0 {
            return;
        }
        for address in addresses {
            if !is_reserved(address, &self.options) {
                self.pings.want(address);
            }
        }
    }

    fn detect(&mut self) {
        let Some(trace) = &self.trace else { return };
        self.hops = observe(trace, self.pings.known(), &self.options);
        let found = detect::detect(&self.hops, &self.options);
        self.visible = found.visible;
        self.jobs = found
            .candidates
            .into_iter()
            .filter_map(|candidate| self.job(candidate))
            .collect();
    }

    fn job(&self, candidate: Candidate) -> Option<Job> {
        let exit = self.hops[candidate.exit].address()?;
        let has = |trigger| candidate.triggers.contains(&trigger);
        let buddy = has(Trigger::DuplicateIp) || has(Trigger::FrplaIncrease);
        let decisive = candidate.triggers.first();
        let side = if decisive == Some(&Trigger::FrplaIncrease) {
            Side::Egress
        } else {
            Side::Ingress
        };
        let gap = candidate.gap.then_some(side);
        let Some(entry_hop) = candidate.entry.map(|entry| &self.hops[entry]) else {
            let pair = Pair {
                entry: exit,
                exit,
                gap: false,
                buddy,
            };
            return Some(Job::without_plan(candidate, pair));
        };
        let plan = Plan {
            entry: entry_hop.address()?,
            entry_ttl: entry_hop.probe_ttl,
            exit,
            gap,
            buddy,
            trace: self.trace_options,
            options: self.options,
            path: self.hops.iter().filter_map(Observed::address).collect(),
        };
        Some(Job::new(candidate, plan))
    }

    fn conclude(&mut self) {
        let trace = self.trace.take().unwrap_or_else(|| self.no_trace());
        let jobs = self
            .jobs
            .iter()
            .filter_map(|job| Some((&job.candidate, job.revealed()?)));
        let findings = Findings {
            hops: &self.hops,
            visible: &self.visible,
            revealed: jobs.collect(),
            echo: self.pings.known(),
            options: &self.options,
        };
        let (tunnels, failed) = records::tunnels(&findings);
        self.result = Some(TntResult {
            hops: records::hops(&self.hops),
            tunnels,
            failed,
            sent_trace: trace.sent,
            sent_ping: self.sent_ping,
            sent_revelation: self.sent_revelation,
            incomplete: self.is_cut,
            trace,
        });
    }

    /// What stands for a first trace that was refused.
    fn no_trace(&self) -> Trace {
        Trace {
            target: self.target,
            source: self.source,
            method: self.trace_options.method,
            flow: self.trace_options.flow,
            first_ttl: self.trace_options.first_ttl,
            hops: Vec::new(),
            stop: StopReason::Budget,
            sent: 0,
            duplicates: 0,
            late: 0,
            started_ns: 0,
            ended_ns: 0,
            path_mtu: None,
        }
    }
}
