//! The engine as the loop of a link knows it.
use super::targets;
use crate::recorded::{Recorded, Recording};
use netsonde_columns::Columns;
use netsonde_link::drive::Host;
use netsonde_link::link::{Counters, Leave, Sink};
use netsonde_link::monotonic_ns;
use netsonde_link::stream::push_frame;
use netsonde_probe::JobError;
use netsonde_probe::event::{Event, LinkKind, LinkUsed};
use netsonde_probe::job::{Job, Output};

/// Kinds of frames of the input: packed targets, and that there are no more.
const TARGETS: u8 = b'T';
const END: u8 = b'E';
/// Kinds of frames of the output: one event as JSON; the number of a table, and rows of it as an Arrow IPC stream.
const EVENT: u8 = b'J';
const TABLE: u8 = b'A';

/// One job; a refused one is one event that says why.
pub(super) struct Measurement {
    state: State,
    /// Where rows gather, if that is how output is wanted.
    columns: Option<Columns>,
    /// The next event, to be written after the rows that came before it.
    held: Option<Event>,
    counters: Counters,
    /// For the first event.
    links: Vec<LinkUsed>,
}

enum State {
    Running(Box<Recorded>),
    Refused(Option<JobError>),
}

impl Measurement {
    pub(super) fn new(job: &[u8], recording: Option<Recording>, ways: Vec<Leave>) -> Self {
        let (output, state) = match serde_json::from_slice::<Job>(job) {
            Ok(job) => (job.output, State::start(job, recording)),
            Err(error) => (Output::Events, State::Refused(Some(error.into()))),
        };
        Self {
            state,
            columns: (output == Output::Columns).then(Columns::new),
            held: None,
            counters: Counters::default(),
            links: ways.into_iter().map(used).collect(),
        }
    }

    fn recorded(&mut self) -> Option<&mut Recorded> {
        match &mut self.state {
            State::Running(recorded) => Some(recorded),
            State::Refused(_) => None,
        }
    }

    /// What the engine says, with what only the link can know.
    fn poll_event(&mut self) -> Option<Event> {
        match &mut self.state {
            State::Running(recorded) => {
                let mut event = recorded.poll_event()?;
                match &mut event {
                    Event::Start { links, .. } => links.append(&mut self.links),
                    Event::Done { counters, .. } => {
                        counters.refused = self.counters.refused;
                        counters.dropped = self.counters.dropped;
                        counters.frames = self.counters.frames;
                        counters.reassembled = self.counters.reassembled;
                        counters.unfinished = self.counters.unfinished;
                        counters.overlapped = self.counters.overlapped;
                    }
                    _ => {}
                }
                Some(event)
            }
            State::Refused(refusal) => {
                let reason = refusal.take()?.to_string();
                let hint = String::new();
                Some(Event::Failed { reason, hint })
            }
        }
    }

    /// The next frame: rows as they gather, other events as they come, the last one after all rows.
    fn poll_frame(&mut self, now_ns: u64, output: &mut Vec<u8>) -> bool {
        loop {
            let columns = self
                .columns
                .as_mut()
                .expect("asked for by whoever has some");
            if let Some((table, rows)) = columns.poll_chunk(now_ns) {
                push_frame(output, TABLE, |output| {
                    output.push(table.id());
                    output.extend_from_slice(&rows);
                });
                return true;
            }
            if let Some(event) = self.held.take() {
                push_frame(output, EVENT, |output| write(&event, output));
                return true;
            }
            let Some(event) = self.poll_event() else {
                return false;
            };
            let columns = self.columns.as_mut().expect("as above");
            if !columns.push(&event) {
                if matches!(event, Event::Done { .. } | Event::Failed { .. }) {
                    columns.flush();
                }
                self.held = Some(event);
            }
        }
    }
}

fn used(way: Leave) -> LinkUsed {
    let (link, interface) = match way {
        Leave::Frames(name) => (LinkKind::Frames, Some(name)),
        Leave::Raw => (LinkKind::Raw, None),
        Leave::Unprivileged => (LinkKind::Unprivileged, None),
    };
    LinkUsed { link, interface }
}

fn write(event: &Event, output: &mut Vec<u8>) {
    serde_json::to_writer(output, event).expect("events have string keys only");
}

impl State {
    fn start(job: Job, recording: Option<Recording>) -> Self {
        match Recorded::new(job, monotonic_ns(), recording) {
            Ok(recorded) => Self::Running(Box::new(recorded)),
            Err(error) => Self::Refused(Some(error)),
        }
    }
}

impl Sink for Measurement {
    fn handle_sent(&mut self, serial: u32, sent_ns: u64) {
        if let Some(recorded) = self.recorded() {
            recorded.handle_sent(serial, sent_ns);
        }
    }

    fn handle_packet(&mut self, received_ns: u64, packet: &[u8]) {
        if let Some(recorded) = self.recorded() {
            recorded.handle_packet(received_ns, packet);
        }
    }
}

impl Host for Measurement {
    fn poll_transmit(&mut self, now_ns: u64, packet: &mut Vec<u8>) -> Option<u32> {
        self.recorded()?.poll_transmit(packet, now_ns)
    }

    fn handle_timeout(&mut self, now_ns: u64) {
        if let Some(Recorded { engine, .. }) = self.recorded() {
            engine.handle_timeout(now_ns);
        }
    }

    fn poll_timeout(&self) -> Option<u64> {
        let engine_ns = match &self.state {
            State::Running(recorded) => recorded.engine.poll_timeout(),
            State::Refused(_) => None,
        };
        let rows_ns = self.columns.as_ref().and_then(Columns::poll_timeout);
        engine_ns.into_iter().chain(rows_ns).min()
    }

    fn handle_counters(&mut self, counters: Counters) {
        self.counters = counters;
    }

    fn wants_frame(&self) -> bool {
        matches!(&self.state, State::Running(recorded) if recorded.engine.targets_wanted() > 0)
    }

    fn handle_frame(&mut self, kind: u8, payload: &[u8], _now_ns: u64) -> bool {
        let Some(Recorded { engine, .. }) = self.recorded() else {
            return false;
        };
        match kind {
            TARGETS => {
                let Some(targets) = targets::unpack(payload) else {
                    return false;
                };
                if let Err(error) = engine.add_targets(&targets) {
                    self.state = State::Refused(Some(error));
                }
            }
            END => engine.end_targets(),
            _ => return false,
        }
        true
    }

    fn poll_output(&mut self, now_ns: u64, output: &mut Vec<u8>) -> bool {
        if self.columns.is_some() {
            return self.poll_frame(now_ns, output);
        }
        let Some(event) = self.poll_event() else {
            return false;
        };
        write(&event, output);
        output.push(b'\n');
        true
    }

    fn interrupt(&mut self, now_ns: u64) {
        if let Some(Recorded { engine, .. }) = self.recorded() {
            engine.interrupt(now_ns);
        }
    }

    fn is_finished(&self) -> bool {
        match &self.state {
            State::Running(recorded) => recorded.engine.is_finished(),
            State::Refused(_) => true,
        }
    }
}
