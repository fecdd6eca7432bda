//! Targets: each is one measurement, or a TNT machine that asks for many.
use super::branches::Branches;
use super::results::{echo_outcome, ping_result, trace_record};
use super::transmit::is_special;
use super::{Engine, PINGS_MAX, RUNS_MAX};
use crate::event::Event;
use crate::fingerprint::Fingerprint;
use crate::identity::Shape;
use crate::job::{Kind, PingMethod, PingOptions, SURVEYS, Target, TraceOptions};
use crate::measurement::{Body, MILLISECOND_NS, Measurement, Outcome, Purpose};
use crate::multipath::Multipath;
use crate::ping::{self, Ping};
use crate::record::Trace as TraceRecord;
use crate::session::Session;
use crate::slab::Handle;
use crate::tcp::Tcp;
use crate::tnt::{Machine, Task, TaskId};
use crate::trace::Trace;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::IpAddr;

/// One target under way.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) target: Target,
    /// How many there are, where they are measured together.
    pub(super) targets: u32,
    /// Probes sent for it.
    pub(super) sent: u32,
    /// Addresses that no measurement should probe unasked may be probed: the job says so, or one of several targets is
    /// such an address.
    pub(super) allows_special: bool,
    /// What asks for measurements, in a TNT job, and along the branches of a multipath job.
    pub(super) machine: Option<Box<Machine>>,
    /// The paths that TNT follows one by one, once they are known.
    pub(super) branches: Option<Branches>,
}

impl Run {
    /// Whether a session may send to an address that it found.
    pub(super) fn may_probe(&self, destination: IpAddr) -> bool {
        // Looked up when it matters, which for the targets of a sweep is never.
        !is_special(destination) || self.allows_special || is_special(self.target.address)
    }
}

impl Engine {
    /// Whether another target may begin.
    pub(super) fn may_begin(&self) -> bool {
        let runs_max = if self.job.kind == Kind::Ping {
            PINGS_MAX
        } else {
            RUNS_MAX
        };
        !self.is_spent() && !self.pending.is_empty() && self.runs.len() < runs_max
    }

    /// Begins the next target; false if none may.
    pub(super) fn begin_run(&mut self, now_ns: u64) -> bool {
        if !self.may_begin() {
            return false;
        }
        let Some(target) = self.pending.pop() else {
            return false;
        };
        self.begun = self.begun.wrapping_add(1);
        let machine = (self.job.kind == Kind::Tnt).then(|| {
            let (tnt, trace) = (&self.job.tnt, &self.job.trace);
            Box::new(Machine::new(tnt, trace, target.address, target.source))
        });
        let run = self.runs.insert(Run {
            target,
            targets: 1,
            allows_special: self.job.tnt.treat_as_public,
            sent: 0,
            machine,
            branches: None,
        });
        match self.job.kind {
            Kind::Ping => {
                let options = self.job.ping;
                self.begin_ping(run, target, &options, Purpose::Result, now_ns);
            }
            Kind::Trace => {
                let options = self.job.trace;
                self.begin_trace(run, target, &options, Purpose::Result, now_ns);
            }
            Kind::Tnt => {
                self.drive(run, now_ns);
            }
            Kind::Alias if SURVEYS => {
                let session = self.join_targets(run, target, now_ns);
                self.begin_session(run, target, session, now_ns);
            }
            Kind::Fingerprint if SURVEYS => {
                let session = Fingerprint::new(target, &self.job.fingerprint);
                self.begin_session(run, target, Box::new(session), now_ns);
            }
            Kind::Tcp if SURVEYS => {
                let session = Tcp::new(target, self.job.tcp);
                self.begin_session(run, target, Box::new(session), now_ns);
            }
            Kind::Multipath if SURVEYS => {
                let session = Multipath::new(target, &self.job);
                self.begin_session(run, target, Box::new(session), now_ns);
            }
            // Refused when the job was checked.
            Kind::Alias | Kind::Fingerprint | Kind::Multipath | Kind::Tcp => {}
        }
        true
    }

    fn begin_ping(
        &mut self,
        run: Handle,
        target: Target,
        options: &PingOptions,
        purpose: Purpose,
        now_ns: u64,
    ) {
        let shape = Shape::of_ping(target, options);
        let body = Body::Ping(Ping::new(options, now_ns));
        self.begin_measurement(run, shape, options.timeout_ms, body, purpose, now_ns);
    }

    fn begin_trace(
        &mut self,
        run: Handle,
        target: Target,
        options: &TraceOptions,
        purpose: Purpose,
        now_ns: u64,
    ) {
        let mut shape = Shape::of_trace(target, options, self.job.privilege);
        if let Some(branches) = self.runs.get(run).and_then(|run| run.branches.as_ref()) {
            shape.label_flow = branches.label_flow(&self.job.multipath);
        }
        let body = Body::Trace(Box::new(Trace::new(target.address, options)));
        self.begin_measurement(run, shape, options.wait_ms, body, purpose, now_ns);
    }

    /// Begins a session that no kind of job has.
    #[cfg(test)]
    pub(super) fn begin_scouts(&mut self, target: Target, session: Box<dyn Session>) {
        let run = self.runs.insert(Run {
            target,
            targets: 1,
            allows_special: false,
            sent: 0,
            machine: None,
            branches: None,
        });
        self.begin_session(run, target, session, 0);
    }

    /// Begins a session as the run's only measurement; its event is the result.
    pub(super) fn begin_session(
        &mut self,
        run: Handle,
        target: Target,
        session: Box<dyn Session>,
        now_ns: u64,
    ) {
        let shape = Shape::of_ping(target, &self.job.ping);
        let body = Body::Session(session);
        self.begin_measurement(run, shape, 0, body, Purpose::Result, now_ns);
    }

    fn begin_measurement(
        &mut self,
        run: Handle,
        shape: Shape,
        wait_ms: u32,
        body: Body,
        purpose: Purpose,
        now_ns: u64,
    ) {
        let mut measurement = Measurement {
            shape,
            run,
            purpose,
            wait_ns: u64::from(wait_ms) * MILLISECOND_NS,
            started_ns: now_ns,
            body,
            in_flight: 0,
            timer_ns: None,
            queued: false,
            held: None,
        };
        // A session is told with each probe.
        if !matches!(measurement.body, Body::Session(_)) && self.refuses(shape.target) {
            measurement.refuse(now_ns);
        }
        let id = self.measurements.insert(measurement);
        self.settle(id, now_ns);
    }

    /// Gives the result of a measurement to whoever wanted it.
    pub(super) fn end_measurement(&mut self, measurement: Measurement, now_ns: u64) {
        self.in_flight -= measurement.in_flight;
        let Measurement {
            shape,
            run,
            purpose,
            started_ns,
            body,
            ..
        } = measurement;
        match (purpose, body.into_outcome(started_ns, now_ns)) {
            (Purpose::Result, Outcome::Ping(outcome)) => {
                let times = (started_ns, now_ns);
                let result = ping_result(&shape, self.job.ping.method, outcome, times);
                self.end_run(run, Event::Ping(result));
            }
            (Purpose::Result, Outcome::Trace(outcome)) => {
                let record = trace_record(&shape, &self.job.trace, outcome, started_ns, now_ns);
                self.end_path(run, Event::Trace(record), now_ns);
            }
            (_, Outcome::Session(Event::Multipath(result))) if SURVEYS => {
                self.begin_branches(run, result, now_ns);
            }
            (_, Outcome::Session(event)) => self.end_run(run, event),
            (Purpose::Task(task, _), Outcome::Ping(outcome)) => {
                self.hand_over(run, task, Handover::Echo(outcome), now_ns);
            }
            (Purpose::Task(task, options), Outcome::Trace(outcome)) => {
                let record = trace_record(&shape, &options, outcome, started_ns, now_ns);
                self.hand_over(run, task, Handover::Trace(record), now_ns);
            }
        }
    }

    pub(super) fn end_run(&mut self, run: Handle, event: Event) {
        self.events.push_back(event);
        self.ended += self.runs.remove(run).map_or(0, |run| run.targets);
    }

    /// Tells a machine how its task went, and sees what it and those that waited for it want next.
    fn hand_over(&mut self, run: Handle, task: TaskId, handover: Handover, now_ns: u64) {
        let Some(machine) = self
            .runs
            .get_mut(run)
            .and_then(|run| run.machine.as_deref_mut())
        else {
            return;
        };
        match handover {
            Handover::Echo(outcome) if outcome.sent == 0 => {
                machine.handle_refused(&mut self.shared, task);
            }
            Handover::Trace(record) if record.sent == 0 => {
                machine.handle_refused(&mut self.shared, task);
            }
            Handover::Echo(outcome) => {
                machine.handle_echo(&mut self.shared, task, &echo_outcome(&outcome));
            }
            Handover::Trace(record) => machine.handle_trace(&mut self.shared, task, record),
        }
        self.drive(run, now_ns);
        // Whoever goes on may free what another waits for.
        let mut progress = true;
        while progress {
            let waiting: Vec<Handle> = self.waiting.iter().copied().collect();
            progress = false;
            for run in waiting {
                progress |= self.drive(run, now_ns);
            }
        }
    }

    /// Starts what a machine asks for, and takes its result. Returns whether there was either.
    pub(super) fn drive(&mut self, index: Handle, now_ns: u64) -> bool {
        let mut progress = false;
        while let Some(run) = self.runs.get_mut(index) {
            let Some(machine) = run.machine.as_deref_mut() else {
                return progress;
            };
            if let Some((id, task)) = machine.poll_task(&mut self.shared) {
                let excluded = self.limits.excludes(task.destination());
                if excluded || self.ending.is_some() {
                    self.counters.excluded += u64::from(excluded);
                    machine.handle_refused(&mut self.shared, id);
                } else {
                    let source = run.target.source;
                    self.begin_task(index, source, id, task, now_ns);
                }
                progress = true;
                continue;
            }
            if let Some(result) = machine.poll_result() {
                self.waiting.remove(&index);
                self.end_tnt(index, result, now_ns);
                progress = true;
                continue;
            } else if machine.is_waiting_on_shared() {
                self.waiting.insert(index);
            } else {
                self.waiting.remove(&index);
            }
            return progress;
        }
        progress
    }

    fn begin_task(&mut self, run: Handle, source: IpAddr, id: TaskId, task: Task, now_ns: u64) {
        match task {
            Task::Echo { address, count } => {
                let options = PingOptions {
                    method: PingMethod::Icmp,
                    count: u32::from(count),
                    ..self.job.ping
                };
                let target = Target { address, source };
                self.begin_ping(
                    run,
                    target,
                    &options,
                    Purpose::Task(id, self.job.trace),
                    now_ns,
                );
            }
            Task::Trace {
                target: address,
                options,
            } => {
                let target = Target { address, source };
                self.begin_trace(run, target, &options, Purpose::Task(id, options), now_ns);
            }
        }
    }
}

/// What a task of a machine gave.
enum Handover {
    Echo(ping::Outcome),
    Trace(TraceRecord),
}
