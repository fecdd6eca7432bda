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
//! Targets are begun when nothing under way wants to send, so memory follows the rate, not the length of the list.
mod check;
mod pacer;
mod runs;
#[cfg(test)]
mod tests;

use crate::error::JobError;
use crate::event::Event;
use crate::identity::{Finding, Heard, Issue, Keys, Registry, Unheard};
use crate::job::{Job, SCHEMA};
use crate::measurement::{MILLISECOND_NS, Measurement, Verdict};
use crate::record::{Counters, StopReason};
use crate::seed;
use crate::session::Answer;
use crate::tnt;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use check::Checked;
use pacer::Pacer;
use runs::Run;

/// Targets begun and not ended at most, whatever the rate: bounds the memory.
const RUNS_MAX: usize = 1 << 16;

/// One job being done.
#[derive(Debug)]
pub struct Engine {
    job: Job,
    started_ns: u64,
    deadline_ns: Option<u64>,
    /// Indices into the job's targets in the order of beginning, and how many have begun.
    order: Vec<u32>,
    begun: usize,
    ended: u32,
    registry: Registry,
    pacer: Pacer,
    runs: BTreeMap<u32, Run>,
    measurements: BTreeMap<u32, Measurement>,
    measurement_next: u32,
    /// When measurements want to be woken, earliest first.
    timers: BTreeSet<(u64, u32)>,
    /// Measurements that want to send, in turns.
    ready: VecDeque<u32>,
    in_flight: u32,
    /// Up to when timers were looked at.
    woken_ns: u64,
    /// Knowledge that the TNT machines of this job share.
    shared: tnt::Shared,
    /// Runs whose machine waits for another's task.
    waiting: BTreeSet<u32>,
    counters: Counters,
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
        let Checked { key, targets } = check::check(job)?;
        let mut order: Vec<u32> = (0..targets).collect();
        seed::shuffle(&mut order, job.seed);
        // The key stays where it is needed.
        let job = Job {
            key: String::new(),
            ..job.clone()
        };
        let start = Event::Start {
            schema: SCHEMA,
            job: job.id.clone(),
            kind: job.kind,
            privilege: job.privilege,
            targets,
            seed: job.seed,
            epoch_ns: job.epoch_ns,
        };
        Ok(Self {
            started_ns: now_ns,
            deadline_ns: job
                .deadline_ms
                .map(|ms| now_ns.saturating_add(ms.saturating_mul(MILLISECOND_NS))),
            order,
            begun: 0,
            ended: 0,
            registry: Registry::new(Keys::new(key, job.seed), job.privilege, job.in_flight_max),
            pacer: Pacer::new(job.rate_pps),
            runs: BTreeMap::new(),
            measurements: BTreeMap::new(),
            measurement_next: 0,
            timers: BTreeSet::new(),
            ready: VecDeque::new(),
            in_flight: 0,
            woken_ns: now_ns,
            shared: tnt::Shared::default(),
            waiting: BTreeSet::new(),
            counters: Counters::default(),
            events: VecDeque::from([start]),
            ending: None,
            finished: false,
            job,
        })
    }

    /// The next probe to send now: one whole IP packet. `None` until [`Engine::poll_timeout`].
    pub fn poll_transmit(&mut self, now_ns: u64) -> Option<Vec<u8>> {
        self.wake(now_ns);
        while !self.finished
            && self.in_flight < self.job.in_flight_max
            && self.pacer.ready_ns() <= now_ns
        {
            let Some(id) = self.ready.pop_front() else {
                if !self.begin_run(now_ns) {
                    break;
                }
                continue;
            };
            if let Some(packet) = self.transmit(id, now_ns) {
                return Some(packet);
            }
        }
        self.close(now_ns);
        None
    }

    /// Takes one whole IP packet, whatever it is, with the time at which it came.
    pub fn handle_packet(&mut self, received_ns: u64, packet: &[u8]) {
        if self.finished {
            return;
        }
        // A reply that comes exactly when its wait ends is in time.
        self.wake(received_ns.saturating_sub(1));
        let finding = match Heard::parse(packet) {
            Ok(heard) => match self.registry.find(&heard) {
                Finding::Authentic(serial) => {
                    return self.handle_reply(received_ns, serial, &heard, packet);
                }
                other => other,
            },
            Err(Unheard::Unparsed) => Finding::Unparsed,
            Err(Unheard::Unrelated) => Finding::Unrelated,
        };
        match finding {
            Finding::Rejected => self.counters.rejected += 1,
            Finding::Unparsed => self.counters.unparsed += 1,
            Finding::Unrelated | Finding::Authentic(_) => self.counters.unrelated += 1,
        }
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
        let may_send =
            self.in_flight < self.job.in_flight_max && (!self.ready.is_empty() || self.may_begin());
        let send_ns = may_send.then(|| self.pacer.ready_ns());
        let timer_ns = self.timers.first().map(|(time_ns, _)| *time_ns);
        send_ns
            .into_iter()
            .chain(timer_ns)
            .chain(self.deadline_ns)
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

    /// Sends the next probe of a measurement that said it was ready.
    fn transmit(&mut self, id: u32, now_ns: u64) -> Option<Vec<u8>> {
        let measurement = self.measurements.get_mut(&id)?;
        measurement.queued = false;
        let run = self
            .runs
            .get_mut(&measurement.run)
            .expect("a measurement ends with its run");
        let spent =
            run.sent >= self.job.budget.per_target || self.counters.sent >= self.job.budget.total;
        if spent {
            measurement.body.refuse();
            // What only waited for a repeat may have waited long enough.
            measurement.body.handle_timeout(now_ns);
        }
        let (shape, wait_ns) = (measurement.shape, measurement.wait_ns);
        let ask = measurement.body.poll_ask(now_ns, &shape, wait_ns);
        let packet = ask.map(|ask| {
            run.sent += 1;
            self.counters.sent += 1;
            self.pacer.take(now_ns);
            let issue = Issue {
                measurement: id,
                ttl: ask.ttl,
                attempt: ask.token,
                now_ns,
                wait_ns: ask.wait_ns,
            };
            let packet = self.registry.issue(&ask.shape, issue);
            measurement.body.handle_sent(ask.token, &packet);
            packet
        });
        self.settle(id, now_ns);
        packet
    }

    fn handle_reply(&mut self, received_ns: u64, serial: u32, heard: &Heard<'_>, packet: &[u8]) {
        let entry = self.registry.entry_mut(serial).expect("just found");
        let is_duplicate = core::mem::replace(&mut entry.answered, true);
        let (id, ttl, expires_ns) = (entry.measurement, entry.ttl, entry.expires_ns);
        let (token, sent_ns) = (entry.attempt, entry.sent_ns);
        let mut measurement = self.measurements.get_mut(&id);
        if is_duplicate {
            self.counters.duplicate += 1;
            if let Some(measurement) = &mut measurement {
                measurement.body.handle_duplicate();
            }
            return;
        }
        let verdict = match measurement {
            Some(measurement) => {
                let rtt_ns = received_ns.saturating_sub(sent_ns);
                let reply = heard.reply(token, rtt_ns, self.job.privilege);
                let target = measurement.shape.target;
                let streamed = measurement.streams_replies().then(|| reply.clone());
                let answer = Answer {
                    token,
                    reply,
                    sent_ns,
                    received_ns,
                    packet,
                };
                let verdict = measurement.body.handle_answer(ttl, answer);
                if let (Some(reply), Verdict::InTime) = (streamed, verdict) {
                    self.events.push_back(Event::PingReply { target, reply });
                }
                verdict
            }
            // The measurement ended meanwhile, but the probe may have been waited for otherwise.
            None if received_ns <= expires_ns => Verdict::InTime,
            None => Verdict::Late,
        };
        match verdict {
            Verdict::InTime => self.counters.received += 1,
            Verdict::Late => self.counters.late += 1,
            Verdict::Rejected => {
                self.counters.rejected += 1;
                self.registry
                    .entry_mut(serial)
                    .expect("just found")
                    .answered = false;
            }
        }
        self.settle(id, received_ns);
        self.close(received_ns);
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
        while let Some(&(time_ns, id)) = self.timers.first()
            && time_ns <= now_ns
        {
            self.timers.pop_first();
            if let Some(measurement) = self.measurements.get_mut(&id) {
                measurement.timer_ns = None;
                measurement.body.handle_timeout(now_ns);
            }
            self.settle(id, now_ns);
        }
        self.registry.forget(now_ns);
        self.close(now_ns);
    }

    /// Brings the engine's books up to date with a measurement that something happened to.
    fn settle(&mut self, id: u32, now_ns: u64) {
        let Some(measurement) = self.measurements.get_mut(&id) else {
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
        if timer_ns != measurement.timer_ns {
            if let Some(old_ns) = measurement.timer_ns {
                self.timers.remove(&(old_ns, id));
            }
            if let Some(new_ns) = timer_ns {
                self.timers.insert((new_ns, id));
            }
            measurement.timer_ns = timer_ns;
        }
        if !finished && !measurement.queued && measurement.body.is_ready(self.woken_ns) {
            measurement.queued = true;
            self.ready.push_back(id);
        }
        measurement.stream_hops(&mut self.events);
        if finished && let Some(measurement) = self.measurements.remove(&id) {
            self.end_measurement(id, measurement, now_ns);
        }
    }

    /// Says `Done` once every target has ended or none may begin any more.
    fn close(&mut self, now_ns: u64) {
        let more = self.begun < self.order.len()
            && self.ending.is_none()
            && self.counters.sent < self.job.budget.total;
        if self.finished || more || !self.runs.is_empty() {
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
        while let Some((id, mut measurement)) = self.measurements.pop_first() {
            measurement.body.finish(reason);
            measurement.stream_hops(&mut self.events);
            self.end_measurement(id, measurement, now_ns);
        }
        self.close(now_ns);
    }
}
