//! What comes back: replies to their measurements, everything else to a counter.
use super::Engine;
use crate::event::Event;
use crate::identity::{Finding, Heard, Unheard};
use crate::job::Output;
use crate::measurement::Verdict;
use crate::session::Answer;

impl Engine {
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

    fn handle_reply(&mut self, received_ns: u64, serial: u32, heard: &Heard<'_>, packet: &[u8]) {
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
            return;
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
}
