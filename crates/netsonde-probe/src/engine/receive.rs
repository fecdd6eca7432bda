//! What comes back: replies to their measurements, everything else to a counter.
use super::Engine;
use crate::event::Event;
use crate::identity::{Finding, Heard, Unheard};
use crate::job::Output;
use crate::measurement::Verdict;
use crate::session::Answer;
use core::fmt;

/// What became of a packet that came; the numbers are those of [`Engine::poll_transmit_into`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reception {
    /// The first answer to a probe, in time.
    Answer(u32),
    /// An answer after the wait was over.
    Late(u32),
    /// A further answer to a probe.
    Duplicate(u32),
    /// Meant for us by address and port, but no answer to any probe of ours.
    Rejected,
    /// Too short or too strange to tell.
    Unparsed,
    /// Somebody else's.
    Unrelated,
    /// It came when all was over.
    Ended,
}

impl fmt::Display for Reception {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(serial) => write!(out, "answers probe {serial}"),
            Self::Late(serial) => write!(out, "answers probe {serial} too late"),
            Self::Duplicate(serial) => write!(out, "answers probe {serial} again"),
            Self::Rejected => out.write_str("rejected: no answer to any probe"),
            Self::Unparsed => out.write_str("cannot be read"),
            Self::Unrelated => out.write_str("unrelated"),
            Self::Ended => out.write_str("after the end"),
        }
    }
}

impl Engine {
    /// Takes one whole IP packet, whatever it is, with the time at which it came.
    pub fn handle_packet(&mut self, received_ns: u64, packet: &[u8]) -> Reception {
        if self.finished {
            return Reception::Ended;
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
            Finding::Rejected => {
                self.counters.rejected += 1;
                Reception::Rejected
            }
            Finding::Unparsed => {
                self.counters.unparsed += 1;
                Reception::Unparsed
            }
            Finding::Unrelated | Finding::Authentic(_) => {
                self.counters.unrelated += 1;
                Reception::Unrelated
            }
        }
    }

    fn handle_reply(
        &mut self,
        received_ns: u64,
        serial: u32,
        heard: &Heard<'_>,
        packet: &[u8],
    ) -> Reception {
        let entry = self.registry.entry_mut(serial).expect("just found");
        let is_duplicate = core::mem::replace(&mut entry.answered, true);
        let (id, ttl, expires_ns) = (entry.measurement, entry.ttl, entry.expires_ns);
        let (token, sent_ns) = (entry.attempt, entry.sent_ns);
        let mut measurement = self.measurements.get_mut(id);
        if is_duplicate {
            self.counters.duplicate += 1;
            if let Some(measurement) = &mut measurement {
                measurement.body.handle_duplicate();
            }
            return Reception::Duplicate(serial);
        }
        let verdict = match measurement {
            Some(measurement) => {
                let rtt_ns = received_ns.saturating_sub(sent_ns);
                let mut reply = heard.reply(token, rtt_ns, self.job.privilege);
                reply.sent_ns = Some(sent_ns);
                let target = measurement.shape.target;
                let is_streamed =
                    self.job.output == Output::Events && measurement.streams_replies();
                let streamed = is_streamed.then(|| reply.clone());
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
        let reception = self.count(verdict, serial);
        self.settle(id, received_ns);
        self.close(received_ns);
        reception
    }

    /// Counts an answer; the probe of one that is not believed stays open.
    fn count(&mut self, verdict: Verdict, serial: u32) -> Reception {
        match verdict {
            Verdict::InTime => {
                self.counters.received += 1;
                Reception::Answer(serial)
            }
            Verdict::Late => {
                self.counters.late += 1;
                Reception::Late(serial)
            }
            Verdict::Rejected => {
                self.counters.rejected += 1;
                self.registry
                    .entry_mut(serial)
                    .expect("just found")
                    .answered = false;
                Reception::Rejected
            }
        }
    }
}
