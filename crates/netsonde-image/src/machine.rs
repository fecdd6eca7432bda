//! One job on one card: takes frames and time, gives frames and lines of JSON; never waits.
use crate::net::{Outgoing, Stack};
use crate::words::Words;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use netsonde_probe::Engine;
use netsonde_probe::event::Event;
use netsonde_probe::job::Job;
use netsonde_probe::json;
use netsonde_wire::ethernet::MacAddr;

const MILLISECOND_NS: u64 = 1_000_000;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// With `done`.
    Done,
    /// With `failed`.
    Failed,
}

/// A run.
#[derive(Debug)]
pub struct Machine {
    words: Words,
    stack: Stack,
    phase: Phase,
    deadline_ns: Option<u64>,
    /// Until when the link may give addresses.
    lease_deadline_ns: u64,
    /// Lines of output.
    output: Vec<u8>,
}

#[derive(Debug)]
enum Phase {
    /// The engine begins once there are addresses.
    Waiting(Box<Job>),
    Running(Box<Engine>),
    Over(Status),
}

impl Machine {
    /// Begins a run; all deadlines count from `now_ns`. `epoch_ns` is Unix time at the zero of its clock.
    pub fn new(words: Words, mac: MacAddr, job: &[u8], epoch_ns: Option<u64>, now_ns: u64) -> Self {
        let transaction = transaction(job, mac);
        let stack = Stack::new(&words, mac, transaction, now_ns);
        // Virtual time has no bounds; the platform's own watchdog has.
        let deadline_ns = (!words.is_clock_on_card)
            .then(|| now_ns.saturating_add(words.deadline_ms.saturating_mul(MILLISECOND_NS)));
        let lease_ms = words.lease_ms;
        let mut machine = Self {
            words,
            stack,
            phase: Phase::Over(Status::Failed),
            deadline_ns,
            lease_deadline_ns: now_ns.saturating_add(lease_ms.saturating_mul(MILLISECOND_NS)),
            output: Vec::new(),
        };
        match read_job(job) {
            Ok(mut job) => {
                job.epoch_ns = epoch_ns.or(job.epoch_ns);
                machine.phase = Phase::Waiting(Box::new(job));
                machine.handle_timeout(now_ns);
            }
            Err(reason) => machine.fail(reason, "see the schema of jobs"),
        }
        machine
    }

    /// Takes a frame, and when it came.
    pub fn handle_frame(&mut self, bytes: &[u8], received_ns: u64) {
        let packet = self.stack.handle_frame(bytes, received_ns);
        match (packet, &mut self.phase) {
            (Some(packet), Phase::Running(engine)) => {
                engine.handle_packet(received_ns, packet);
            }
            // What came may be what was waited for.
            (None, Phase::Waiting(_)) => self.handle_timeout(received_ns),
            _ => {}
        }
    }

    /// Lets time pass; early calls are harmless.
    pub fn handle_timeout(&mut self, now_ns: u64) {
        if matches!(self.phase, Phase::Over(_)) {
            return;
        }
        if self
            .deadline_ns
            .is_some_and(|deadline_ns| deadline_ns <= now_ns)
        {
            let reason = format!("the watchdog ended it after {} ms", self.words.deadline_ms);
            return self.fail(
                reason,
                "give the job a shorter deadline_ms, or the image a longer one",
            );
        }
        self.stack.handle_timeout(now_ns);
        if let Some(missing) = self.stack.missing() {
            return self.handle_missing(missing, now_ns);
        }
        self.begin(now_ns);
        if let Phase::Running(engine) = &mut self.phase {
            engine.handle_timeout(now_ns);
        }
        self.take_events();
    }

    /// The next frame to send now.
    pub fn poll_transmit(&mut self, now_ns: u64) -> Option<Outgoing> {
        // Probes whose neighbour is not known wait in the stack: it bounds how many, and the engine's pacer, too.
        loop {
            if let Some(outgoing) = self.stack.poll_transmit() {
                return Some(outgoing);
            }
            let Phase::Running(engine) = &mut self.phase else {
                return None;
            };
            let mut packet = Vec::new();
            let serial = engine.poll_transmit_into(&mut packet, now_ns);
            self.take_events();
            self.stack.send(Some(serial?), packet, now_ns);
        }
    }

    /// Says when a probe really left.
    pub fn handle_sent(&mut self, serial: u32, sent_ns: u64) {
        if let Phase::Running(engine) = &mut self.phase {
            engine.handle_sent(serial, sent_ns);
        }
    }

    /// When `handle_timeout` and `poll_transmit` are next worth calling.
    pub fn poll_timeout(&self) -> Option<u64> {
        let engine_ns = match &self.phase {
            Phase::Running(engine) => engine.poll_timeout(),
            Phase::Waiting(_) => Some(self.lease_deadline_ns),
            Phase::Over(_) => return None,
        };
        let due = [engine_ns, self.stack.poll_timeout(), self.deadline_ns];
        due.into_iter().flatten().min()
    }

    /// Lines that were not written yet.
    pub fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    /// Ends with what there is.
    pub fn interrupt(&mut self, now_ns: u64) {
        match &mut self.phase {
            Phase::Running(engine) => {
                engine.interrupt(now_ns);
                self.take_events();
            }
            Phase::Waiting(_) => self.fail(String::from("interrupted before it began"), ""),
            Phase::Over(_) => {}
        }
    }

    /// How it ended, if it has.
    pub fn status(&self) -> Option<Status> {
        match self.phase {
            Phase::Over(status) => Some(status),
            _ => None,
        }
    }

    /// Ends a run whose addresses did not come in time, or are gone.
    fn handle_missing(&mut self, missing: &str, now_ns: u64) {
        if matches!(self.phase, Phase::Running(_)) {
            self.fail(
                format!("{missing} has ended and nobody renews it"),
                "ask the link's server",
            );
        } else if now_ns >= self.lease_deadline_ns {
            let reason = format!(
                "no {} within {} ms",
                missing.trim_start_matches("a "),
                self.words.lease_ms
            );
            self.fail(
                reason,
                "see that the link has a server, or give addresses: ip=, gw=, ip6=, gw6=",
            );
        }
    }

    /// Makes the engine, once every target has a source.
    fn begin(&mut self, now_ns: u64) {
        let waits = self.stack.lacks_router() && now_ns < self.lease_deadline_ns;
        let Phase::Waiting(job) = &mut self.phase else {
            return;
        };
        if waits {
            return;
        }
        let sources = give_sources(job, &self.stack);
        let made = sources.and_then(|()| {
            let refused = |error| format!("the job was refused: {error}");
            Engine::new(job, now_ns).map_err(refused)
        });
        match made {
            Ok(engine) => self.phase = Phase::Running(Box::new(engine)),
            Err(reason) => self.fail(reason, "see ip=, gw=, ip6= and gw6= of the image"),
        }
    }

    fn take_events(&mut self) {
        let Phase::Running(engine) = &mut self.phase else {
            return;
        };
        let mut ends = false;
        while let Some(event) = engine.poll_event() {
            push_line(&mut self.output, &event);
            ends |= matches!(event, Event::Done { .. });
        }
        if ends {
            self.phase = Phase::Over(Status::Done);
        }
    }

    /// Ends the run, with the reason as its last line.
    pub fn fail(&mut self, reason: String, hint: &str) {
        push_line(&mut self.output, &failed(reason, hint));
        self.phase = Phase::Over(Status::Failed);
    }
}

/// The last line of a run that could not be done.
pub fn failed(reason: String, hint: &str) -> Event {
    Event::Failed {
        reason,
        hint: String::from(hint),
    }
}

/// Appends an event as a line.
pub fn push_line(output: &mut Vec<u8>, event: &Event) {
    json::write_event(output, event);
    output.push(b'\n');
}

/// Reads a job; what follows it in a module of whole pages is zero.
fn read_job(bytes: &[u8]) -> Result<Job, String> {
    let end = bytes
        .iter()
        .rposition(|byte| !matches!(byte, 0 | b'\n' | b'\r' | b' '));
    let text = bytes.get(..end.map_or(0, |end| end + 1)).unwrap_or(bytes);
    if text.is_empty() {
        return Err(String::from("there is no job"));
    }
    let job = json::read_job(text).map_err(|error| format!("the job was refused: {error}"))?;
    if job.stream_targets {
        return Err(String::from(
            "the job was refused: stream_targets: targets must be in the job",
        ));
    }
    Ok(job)
}

/// Different for other jobs and cards, which is all that servers want of it.
fn transaction(job: &[u8], mac: MacAddr) -> u32 {
    let bytes = job.iter().chain(&mac.0);
    bytes.fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

/// Fills in the sources that were left open, and sees that the others are ours.
fn give_sources(job: &mut Job, stack: &Stack) -> Result<(), String> {
    for target in &mut job.targets {
        let family = if target.address.is_ipv4() {
            "IPv4"
        } else {
            "IPv6"
        };
        let Some(ours) = stack.family(target.address).address else {
            return Err(format!(
                "{}: the card has no {family} address",
                target.address
            ));
        };
        if target.source.is_unspecified() {
            target.source = ours.ip;
        }
        if target.source != ours.ip {
            let (wanted, ours) = (target.source, ours.ip);
            return Err(format!(
                "the job's source {wanted} is not the card's address {ours}"
            ));
        }
        if !stack.reaches(target.address) {
            return Err(format!("{}: there is no {family} gateway", target.address));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
