//! Many measurements at once, under one rate, one in-flight limit and budgets.
//!
//! The caller moves packets and time; the engine never waits. One turn of a driver's loop:
//!
//! 1. [`Engine::handle_packet`] for every packet that has come, with the time at which the kernel saw it;
//! 2. [`Engine::handle_timeout`], with the time now;
//! 3. [`Engine::poll_transmit`] until `None`, sending what it gives;
//! 4. [`Engine::poll_event`] until `None`;
//! 5. wait for a packet, but no longer than [`Engine::poll_timeout`] says.
//!
//! Packets first: a wait is over once a later time has been seen. Equal jobs, packets and times give equal results.
//!
//! Targets are begun when nothing under way wants to send, so memory follows the rate, not the length of the list. In
//! a job with `stream_targets` they come while it runs: [`Engine::add_targets`] whenever [`Engine::targets_wanted`].
mod branches;
mod check;
mod limits;
mod pacer;
mod progress;
mod receive;
mod results;
mod runs;
mod targets;
#[cfg(test)]
mod tests;
mod timers;
mod transmit;

use crate::error::JobError;
use crate::event::Event;
use crate::identity::{Keys, Registry};
use crate::job::{Job, Kind, Output, SCHEMA};
use crate::measurement::{MILLISECOND_NS, Measurement};
use crate::record::{Counters, StopReason};
use crate::slab::{Handle, Slab};
use crate::tnt;
use alloc::collections::{BTreeSet, VecDeque};
use alloc::string::String;
use check::Checked;
use limits::Limits;
use pacer::Pacer;
use progress::Progress;
pub use receive::Reception;
use runs::Run;
use targets::Pending;
use timers::Timers;
pub use transmit::MESSAGE_SERIAL;

/// Targets begun and not ended at most, whatever the rate: bounds the memory. Those of a ping are small and, if silent,
/// as many as the probes of a second.
const PINGS_MAX: usize = 1 << 18;
/// The same for all other kinds.
const RUNS_MAX: usize = 1 << 16;

/// One job being done.
#[derive(Debug)]
pub struct Engine {
    job: Job,
    started_ns: u64,
    deadline_ns: Option<u64>,
    pending: Pending,
    /// Targets, so far.
    begun: u32,
    ended: u32,
    registry: Registry,
    pacer: Pacer,
    limits: Limits,
    runs: Slab<Run>,
    measurements: Slab<Measurement>,
    /// When measurements want to be woken.
    timers: Timers,
    /// Measurements that want to send, in turns.
    ready: VecDeque<Handle>,
    in_flight: u32,
    /// Up to when timers were looked at.
    woken_ns: u64,
    /// Knowledge that the TNT machines of this job share.
    shared: tnt::Shared,
    /// Runs whose machine waits for another's task.
    waiting: BTreeSet<Handle>,
    counters: Counters,
    progress: Progress,
    events: VecDeque<Event>,
    /// Why everything is being ended, if it is.
    ending: Option<StopReason>,
    finished: bool,
}

impl Engine {
    /// Begins a job; its deadline counts from `now_ns`.
    ///
    /// # Errors
    /// When a field of the job is out of range or contradicts another.
    pub fn new(job: &Job, now_ns: u64) -> Result<Self, JobError> {
        Self::from_job(job.clone(), now_ns)
    }

    /// Begins a job that nobody else needs: a long list of targets is not copied.
    ///
    /// # Errors
    /// When a field of the job is out of range or contradicts another.
    pub fn from_job(mut job: Job, now_ns: u64) -> Result<Self, JobError> {
        let Checked { key, targets } = check::check(&job)?;
        let start = Event::Start {
            schema: SCHEMA,
            job: job.id.clone(),
            kind: job.kind,
            privilege: job.privilege,
            targets,
            seed: job.seed,
            epoch_ns: job.epoch_ns,
            links: alloc::vec::Vec::new(),
        };
        // The key stays where it is needed.
        job.key = String::new();
        let exclude = core::mem::take(&mut job.exclude);
        let listed = core::mem::take(&mut job.targets);
        // What is measured together keeps its order.
        let order = (job.kind != Kind::Alias).then_some(job.seed);
        Ok(Self {
            started_ns: now_ns,
            deadline_ns: job
                .deadline_ms
                .map(|ms| now_ns.saturating_add(ms.saturating_mul(MILLISECOND_NS))),
            pending: Pending::new(listed, order, job.stream_targets),
            begun: 0,
            ended: 0,
            registry: Registry::new(
                Keys::new(key, job.seed),
                job.privilege,
                job.in_flight_max,
                // Those of a part of a second.
                job.rate_pps / 8,
            ),
            pacer: Pacer::new(job.rate_pps),
            limits: Limits::new(&exclude, job.prefix, job.seed),
            runs: Slab::new(),
            measurements: Slab::new(),
            timers: Timers::default(),
            ready: VecDeque::new(),
            in_flight: 0,
            woken_ns: now_ns,
            shared: tnt::Shared::default(),
            waiting: BTreeSet::new(),
            counters: Counters::default(),
            progress: Progress::new(job.progress_ms, now_ns),
            events: VecDeque::from([start]),
            ending: None,
            finished: false,
            job,
        })
    }

    /// Lets time pass; early calls are harmless.
    pub fn handle_timeout(&mut self, now_ns: u64) {
        self.wake(now_ns);
    }

    /// When [`Engine::handle_timeout`] and [`Engine::poll_transmit`] are next worth calling: now, if that time is over.
    pub fn poll_timeout(&self) -> Option<u64> {
        if self.finished {
            return None;
        }
        if !self.has_more() {
            // The last target was done before it was said to be the last.
            return Some(self.woken_ns);
        }
        let wants_ns = if !self.ready.is_empty() || self.may_begin() {
            Some(self.pacer.ready_ns())
        } else {
            let due_ns = self.limits.due_ns();
            due_ns.map(|due_ns| due_ns.max(self.pacer.ready_ns()))
        };
        let send_ns = wants_ns.filter(|_| self.in_flight < self.job.in_flight_max);
        let timer_ns = self.timers.first().map(|(time_ns, _)| time_ns);
        send_ns
            .into_iter()
            .chain(timer_ns)
            .chain(self.deadline_ns)
            .chain(self.progress.due_ns())
            .min()
    }

    /// The next event: first one `Start`, last one `Done`.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Ends the job with what there is.
    pub fn interrupt(&mut self, now_ns: u64) {
        self.end_all(now_ns, StopReason::Interrupted);
    }

    /// True once the last event waits to be polled, or was.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Wakes whatever is due, then sees whether the job is over.
    fn wake(&mut self, now_ns: u64) {
        if self.finished {
            return;
        }
        if self
            .deadline_ns
            .is_some_and(|deadline_ns| deadline_ns <= now_ns)
        {
            self.end_all(now_ns, StopReason::Deadline);
            return;
        }
        self.woken_ns = self.woken_ns.max(now_ns);
        while let Some((time_ns, id)) = self.timers.first()
            && time_ns <= now_ns
        {
            if let Some(measurement) = self.measurements.get_mut(id) {
                measurement.timer_ns = None;
                measurement.body.handle_timeout(now_ns);
            }
            self.timers.pop(|timer| is_set(&self.measurements, timer));
            self.settle(id, now_ns);
        }
        self.registry.forget(now_ns);
        self.report_progress(now_ns);
        self.close(now_ns);
    }

    /// Brings the engine's books up to date with a measurement that something happened to.
    fn settle(&mut self, id: Handle, now_ns: u64) {
        let Some(measurement) = self.measurements.get_mut(id) else {
            return;
        };
        let finished = measurement.body.is_finished();
        let in_flight = if finished {
            0
        } else {
            measurement.body.in_flight()
        };
        self.in_flight = self.in_flight + in_flight - measurement.in_flight;
        measurement.in_flight = in_flight;
        let timer_ns = if finished {
            None
        } else {
            measurement.body.poll_timeout(self.woken_ns)
        };
        let old_ns = core::mem::replace(&mut measurement.timer_ns, timer_ns);
        if !finished && !measurement.queued && measurement.body.is_ready(self.woken_ns) {
            measurement.queued = true;
            self.ready.push_back(id);
        }
        if self.job.output == Output::Events {
            measurement.stream_hops(&mut self.events);
        }
        let ended = if finished {
            self.measurements.remove(id)
        } else {
            None
        };
        self.set_timer(id, old_ns, timer_ns);
        if let Some(measurement) = ended {
            self.end_measurement(measurement, now_ns);
        }
    }

    /// Moves a wake-up; the measurement says already when it wants the new one.
    fn set_timer(&mut self, id: Handle, old_ns: Option<u64>, new_ns: Option<u64>) {
        if old_ns == new_ns {
            return;
        }
        if let Some(new_ns) = new_ns {
            self.timers.insert((new_ns, id));
        }
        if let Some(old_ns) = old_ns {
            self.timers
                .forget((old_ns, id), |timer| is_set(&self.measurements, timer));
        }
    }

    /// Whether a target is under way or may come.
    fn has_more(&self) -> bool {
        !self.runs.is_empty() || !(self.pending.is_over() || self.is_spent())
    }

    /// Says `Done` once every target has ended or none may begin any more.
    fn close(&mut self, now_ns: u64) {
        if self.finished || self.has_more() {
            return;
        }
        self.finished = true;
        self.events.push_back(Event::Done {
            counters: self.counters,
            targets_done: self.ended,
            duration_ns: now_ns.saturating_sub(self.started_ns),
        });
    }

    fn end_all(&mut self, now_ns: u64, reason: StopReason) {
        if self.finished {
            return;
        }
        self.ending = Some(reason);
        for id in self.measurements.handles() {
            // One that ends may end others: those of its machine.
            let Some(mut measurement) = self.measurements.remove(id) else {
                continue;
            };
            self.set_timer(id, measurement.timer_ns.take(), None);
            measurement.body.finish(reason);
            if self.job.output == Output::Events {
                measurement.stream_hops(&mut self.events);
            }
            self.end_measurement(measurement, now_ns);
        }
        // Whatever still waits, an end it is: nothing under way could bring another.
        self.runs = Slab::new();
        self.close(now_ns);
    }
}

/// Whether a measurement still wants this wake-up.
fn is_set(measurements: &Slab<Measurement>, (time_ns, id): &(u64, Handle)) -> bool {
    let measurement = measurements.get(*id);
    measurement.is_some_and(|measurement| measurement.timer_ns == Some(*time_ns))
}
