//! An engine whose packets may be captured.
use netsonde_link::capture::{About, Capture};
use netsonde_probe::event::Event;
use netsonde_probe::job::Job;
use netsonde_probe::{Engine, JobError, MESSAGE_SERIAL};
use std::fs::File;

/// Where a capture goes, and what it must say.
pub(crate) struct Recording {
    pub(crate) file: File,
    /// The way packets go.
    pub(crate) link: &'static str,
    pub(crate) description: &'static str,
    /// Whether the link tells when each packet left.
    pub(crate) tells_departures: bool,
}

pub(crate) struct Recorded {
    pub(crate) engine: Engine,
    capture: Option<Capture>,
}

impl Recorded {
    pub(crate) fn new(
        job: Job,
        now_ns: u64,
        recording: Option<Recording>,
    ) -> Result<Self, JobError> {
        let capture = recording.map(|to| {
            let about = About {
                comment: &job.id,
                application: concat!("netsonde ", env!("CARGO_PKG_VERSION")),
                link: to.link,
                description: to.description,
                epoch_ns: job.epoch_ns.unwrap_or(0),
                tells_departures: to.tells_departures,
            };
            Capture::new(to.file, &about)
        });
        let engine = Engine::from_job(job, now_ns)?;
        Ok(Self { engine, capture })
    }

    pub(crate) fn poll_transmit(&mut self, packet: &mut Vec<u8>, now_ns: u64) -> Option<u32> {
        let start = packet.len();
        let serial = self.engine.poll_transmit_into(packet, now_ns)?;
        if let Some(capture) = &mut self.capture {
            let number = (serial != MESSAGE_SERIAL).then_some(serial);
            capture.handed(now_ns, number, &packet[start..]);
        }
        Some(serial)
    }

    pub(crate) fn handle_sent(&mut self, serial: u32, sent_ns: u64) {
        self.engine.handle_sent(serial, sent_ns);
        if let Some(capture) = &mut self.capture {
            capture.left(serial, sent_ns);
        }
    }

    pub(crate) fn handle_packet(&mut self, received_ns: u64, packet: &[u8]) {
        let reception = self.engine.handle_packet(received_ns, packet);
        if let Some(capture) = &mut self.capture {
            capture.received(received_ns, packet, &reception);
        }
    }

    /// What the engine says; the last event counts what the capture lacks.
    pub(crate) fn poll_event(&mut self) -> Option<Event> {
        let Some(mut event) = self.engine.poll_event() else {
            self.capture.as_mut().map(Capture::flush);
            return None;
        };
        if let Event::Done { counters, .. } = &mut event
            && let Some(mut capture) = self.capture.take()
        {
            counters.uncaptured = capture.end();
        }
        Some(event)
    }
}
