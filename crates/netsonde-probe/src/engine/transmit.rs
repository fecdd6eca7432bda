//! What leaves: the next probe of whoever's turn it is, as far as all limits of the job let it.
use super::Engine;
use super::limits::{Gate, Key};
use crate::identity::Issue;
use crate::measurement::{Body, Parcel};
use crate::slab::Handle;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::IpAddr;
use netsonde_wire::ip;

/// What is sent and is no probe has this number, which a probe has after four thousand million others.
pub const MESSAGE_SERIAL: u32 = u32::MAX;
/// Events that wait to be polled before no further target begins: one that may not be probed ends as it begins.
const EVENTS_MAX: usize = 1 << 14;

impl Engine {
    /// The next probe to send now: one whole IP packet. `None` until [`Engine::poll_timeout`].
    pub fn poll_transmit(&mut self, now_ns: u64) -> Option<Vec<u8>> {
        let mut packet = Vec::new();
        self.poll_transmit_into(&mut packet, now_ns).map(|_| packet)
    }

    /// The same, but the packet is added to the end of `out`, and the probe is known by the number returned.
    pub fn poll_transmit_into(&mut self, out: &mut Vec<u8>, now_ns: u64) -> Option<u32> {
        self.wake(now_ns);
        while !self.finished
            && self.in_flight < self.job.in_flight_max
            && self.pacer.ready_ns() <= now_ns
        {
            let sent = if let Some((key, id)) = self.limits.pop_due(now_ns) {
                let sent = self.transmit(id, Some(key), out, now_ns);
                self.limits.rearm(key);
                sent
            } else if let Some(id) = self.ready.pop_front() {
                self.transmit(id, None, out, now_ns)
            } else if self.events.len() < EVENTS_MAX && self.begin_run(now_ns) {
                None
            } else {
                break;
            };
            if sent.is_some() {
                return sent;
            }
        }
        self.close(now_ns);
        None
    }

    /// Says when a probe really left, if that is known and its reply has not come: round trips count from there.
    pub fn handle_sent(&mut self, serial: u32, sent_ns: u64) {
        if let Some(entry) = self.registry.entry_mut(serial) {
            entry.sent_ns = sent_ns;
        }
    }

    /// Sends the next probe of a measurement that said it was ready; `turn` is the prefix that it waited for.
    fn transmit(
        &mut self,
        id: Handle,
        turn: Option<Key>,
        out: &mut Vec<u8>,
        now_ns: u64,
    ) -> Option<u32> {
        let measurement = self.measurements.get_mut(id)?;
        measurement.queued = false;
        let run = self
            .runs
            .get(measurement.run)
            .expect("a measurement ends with its run");
        let most = self.job.budget.per_target.saturating_mul(run.targets);
        if run.sent >= most || self.counters.sent >= self.job.budget.total {
            measurement.refuse(now_ns);
        }
        let parcel = self.next_parcel(id, turn, now_ns);
        let serial = parcel.and_then(|parcel| self.send(id, &parcel, out, now_ns));
        self.settle(id, now_ns);
        serial
    }

    /// What a measurement wants to send, if it may leave now. A session chooses where to with each probe and is asked
    /// first; all others have one destination, and count from when a probe leaves.
    fn next_parcel(&mut self, id: Handle, turn: Option<Key>, now_ns: u64) -> Option<Parcel> {
        let measurement = self.measurements.get_mut(id)?;
        let is_session = matches!(measurement.body, Body::Session(_));
        if !is_session && measurement.body.is_ready(now_ns) {
            match self.limits.gate(measurement.shape.target, turn, now_ns) {
                Gate::Open => {}
                Gate::Spent => measurement.refuse(now_ns),
                Gate::Wait(key) => {
                    measurement.queued = true;
                    self.limits.park(key, id);
                    return None;
                }
            }
        }
        let parcel = measurement.next_parcel(now_ns)?;
        if !is_session {
            return Some(parcel);
        }
        let destination = parcel.destination()?;
        let run = self
            .runs
            .get(measurement.run)
            .expect("a measurement ends with its run");
        if self.limits.excludes(destination) || !run.may_probe(destination) {
            // To the session it is lost.
            self.counters.excluded += 1;
            return None;
        }
        match self.limits.gate(destination, turn, now_ns) {
            Gate::Open => Some(parcel),
            Gate::Spent => {
                measurement.refuse(now_ns);
                None
            }
            Gate::Wait(key) => {
                measurement.held = Some(Box::new(parcel));
                measurement.queued = true;
                self.limits.park(key, id);
                None
            }
        }
    }

    /// Counts a parcel and adds its bytes to `out`.
    fn send(&mut self, id: Handle, parcel: &Parcel, out: &mut Vec<u8>, now_ns: u64) -> Option<u32> {
        let destination = parcel.destination()?;
        let measurement = self.measurements.get_mut(id)?;
        if let Some(run) = self.runs.get_mut(measurement.run) {
            run.sent += 1;
        }
        self.counters.sent += 1;
        self.pacer.take(now_ns);
        self.limits.take(destination, now_ns);
        let ask = match parcel {
            Parcel::Message(packet) => {
                out.extend_from_slice(packet);
                return Some(MESSAGE_SERIAL);
            }
            Parcel::Probe(ask) => ask,
        };
        let issue = Issue {
            measurement: id,
            ttl: ask.ttl,
            attempt: ask.token,
            now_ns,
            wait_ns: ask.wait_ns,
        };
        let start = out.len();
        let serial = self.registry.issue(&ask.shape, issue, out);
        measurement.body.handle_sent(ask.token, &out[start..]);
        Some(serial)
    }

    /// Whether nothing may be sent to an address; if so, that is counted.
    pub(super) fn refuses(&mut self, destination: IpAddr) -> bool {
        let refuses = self.limits.excludes(destination);
        self.counters.excluded += u64::from(refuses);
        refuses
    }
}

/// Whether an address is one that no measurement of the Internet should probe unasked.
pub(super) fn is_special(address: IpAddr) -> bool {
    ip::is_special_purpose(address)
}
