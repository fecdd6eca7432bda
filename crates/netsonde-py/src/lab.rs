//! The virtual Internet: topologies, Python nodes, measurements in virtual time.
use crate::lab_live::{self, Card};
use crate::lab_ticks;
use crate::probe::{parse_job, refused as refused_job};
use crate::recorded::{Recorded, Recording};
use netsonde_columns::Columns;
use netsonde_lab::{AttachmentId, Emission, Host, LabError as Refusal, Node, Topology};
use netsonde_link::tun::duplicate;
use netsonde_probe::event::Event;
use pyo3::create_exception;
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

create_exception!(
    netsonde._core,
    LabError,
    PyValueError,
    "A topology was refused; its arguments are the key, what was expected and what was found."
);

/// Steps of a measurement between two looks at pending signals.
const STEPS_PER_LOOK: u32 = 10_000;

/// Adds this file's exports to `netsonde._core`.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("LabError", module.py().get_type::<LabError>())?;
    module.add_class::<Lab>()
}

/// A virtual Internet; see `netsonde_lab::Lab` for the contract.
#[pyclass(module = "netsonde._core")]
pub(crate) struct Lab {
    pub(crate) lab: netsonde_lab::Lab,
    pub(crate) failure: Failure,
}

/// The first exception of a Python node or callback.
pub(crate) type Failure = Arc<Mutex<Option<PyErr>>>;

#[pymethods]
impl Lab {
    #[new]
    #[pyo3(signature = (topology, nodes=None))]
    fn new(topology: &[u8], nodes: Option<HashMap<String, Py<PyAny>>>) -> PyResult<Self> {
        let topology = Topology::from_json(topology).map_err(refused)?;
        let mut lab = netsonde_lab::Lab::new(&topology).map_err(refused)?;
        let failure = Failure::default();
        for (name, handler) in nodes.unwrap_or_default() {
            let node = PyNode {
                name: name.clone(),
                handler,
                failure: Arc::clone(&failure),
            };
            lab.set_node(&name, Box::new(node)).map_err(refused)?;
        }
        Ok(Self { lab, failure })
    }

    /// Runs a job from an attachment in virtual time; `on_event` gets each event as one JSON object, or `on_rows` the
    /// name of a table and a chunk of it where events have rows. What is sent and received is written to `capture_fd`.
    #[pyo3(signature = (attachment, job, on_event, *, on_rows=None, capture_fd=None))]
    fn measure(
        &mut self,
        py: Python<'_>,
        attachment: &str,
        job: &[u8],
        on_event: Py<PyAny>,
        on_rows: Option<Py<PyAny>>,
        capture_fd: Option<i32>,
    ) -> PyResult<()> {
        let attachment = self.lab.attachment(attachment).map_err(refused)?;
        let recording = capture_fd.map(recording).transpose()?;
        let recorded = Recorded::new(parse_job(job)?, self.lab.now_ns(), recording);
        let mut host = Measurement {
            recorded: recorded.map_err(refused_job)?,
            on_event,
            rows: on_rows.map(|on_rows| (Columns::new(), on_rows)),
            failure: Arc::clone(&self.failure),
            steps: 0,
        };
        py.detach(|| {
            self.lab.drive(attachment, &mut host, u64::MAX);
            host.report();
        });
        raise(&self.failure)
    }

    /// The host of an attachment sends a whole IP packet.
    fn inject(&mut self, now_ns: u64, attachment: &str, packet: &[u8]) -> PyResult<()> {
        let attachment = self.lab.attachment(attachment).map_err(refused)?;
        self.lab.inject(now_ns, attachment, packet);
        raise(&self.failure)
    }

    /// Handles every event up to and including `now_ns`.
    fn advance(&mut self, py: Python<'_>, now_ns: u64) -> PyResult<()> {
        py.detach(|| self.lab.advance(now_ns));
        raise(&self.failure)
    }

    /// When the next event is due.
    fn poll_timeout(&self) -> Option<u64> {
        self.lab.poll_timeout()
    }

    /// The next packet that came to an attached host: when, at which attachment, and its bytes.
    fn poll_delivery<'py>(
        &mut self,
        py: Python<'py>,
    ) -> Option<(u64, String, Bound<'py, PyBytes>)> {
        let delivery = self.lab.poll_delivery()?;
        let name = attachment_name(&self.lab, delivery.attachment);
        Some((delivery.at_ns, name, PyBytes::new(py, &delivery.packet)))
    }

    /// The latest time that the lab knows of.
    #[getter]
    fn now_ns(&self) -> u64 {
        self.lab.now_ns()
    }

    /// 16 hexadecimal digits that tell runs apart: of the bytes delivered, where and when.
    fn digest(&self) -> String {
        format!("{:016x}", self.lab.digest())
    }

    /// What became of every packet.
    fn statistics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let statistics = self.lab.statistics();
        let found = PyDict::new(py);
        for (name, count) in [
            ("node_events", statistics.node_events),
            ("injected", statistics.injected),
            ("originated", statistics.originated),
            ("copied", statistics.copied),
            ("delivered", statistics.delivered),
            ("consumed", statistics.consumed),
            ("suppressed", statistics.suppressed),
            ("in_flight", statistics.in_flight),
        ] {
            found.set_item(name, count)?;
        }
        let drops = PyDict::new(py);
        for (cause, count) in statistics.drops() {
            drops.set_item(cause.name(), count)?;
        }
        found.set_item("dropped", drops)?;
        Ok(found)
    }

    /// Records a link or attachment, or all of them; an earlier recording is thrown away.
    #[pyo3(signature = (link=None, *, bytes_max=256_000_000))]
    fn capture(&mut self, link: Option<&str>, bytes_max: usize) -> PyResult<()> {
        self.lab.start_capture(link, bytes_max).map_err(refused)
    }

    /// The recording as a pcapng file; empty if none was started.
    fn pcapng<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.lab.pcapng().unwrap_or_default())
    }

    /// Runs on the wall clock between datagram descriptors, by attachment, until `stop_fd` is readable: TUN
    /// interfaces and sockets that carry IP packets or, with `ethernet`, frames.
    #[pyo3(signature = (fds, stop_fd, *, ethernet=false))]
    fn serve(
        &mut self,
        py: Python<'_>,
        fds: HashMap<String, i32>,
        stop_fd: i32,
        ethernet: bool,
    ) -> PyResult<()> {
        let devices = fds
            .into_iter()
            .map(|(name, descriptor)| {
                Ok((self.lab.attachment(&name).map_err(refused)?, descriptor))
            })
            .collect::<PyResult<Vec<_>>>()?;
        let card = if ethernet {
            Card::Frames
        } else {
            Card::Packets
        };
        py.detach(|| lab_live::serve(&mut self.lab, &self.failure, devices, card, stop_fd))?;
        raise(&self.failure)
    }

    /// Runs in virtual time with the image behind a datagram socket as the host of an attachment, until it has ended
    /// or `stop_fd` is readable. The socket carries IP packets or, with `ethernet`, frames.
    #[pyo3(signature = (attachment, card_fd, stop_fd, *, ethernet=false))]
    fn serve_ticks(
        &mut self,
        py: Python<'_>,
        attachment: &str,
        card_fd: i32,
        stop_fd: i32,
        ethernet: bool,
    ) -> PyResult<()> {
        let attachment = self.lab.attachment(attachment).map_err(refused)?;
        let Self { lab, failure } = self;
        py.detach(|| lab_ticks::serve(lab, failure, attachment, (card_fd, stop_fd), ethernet))?;
        raise(failure)
    }
}

fn recording(descriptor: i32) -> PyResult<Recording> {
    let file = duplicate(descriptor)
        .map_err(|error| PyOSError::new_err((error.errno(), error.to_string())))?;
    Ok(Recording {
        file: file.into(),
        link: "lab",
        description: "virtual time: it begins in 1970",
        tells_departures: false,
    })
}

/// The Python exception for a refused topology or name.
fn refused(error: Refusal) -> PyErr {
    match error {
        Refusal::Topology {
            key,
            expected,
            found,
        } => LabError::new_err((key, expected, found)),
        Refusal::Syntax {
            line,
            column,
            message,
        } => LabError::new_err((format!("line {line}, column {column}"), "JSON", message)),
        Refusal::UnknownName { kind, found } => {
            LabError::new_err(("name", format!("the name of {kind}"), found))
        }
        other => LabError::new_err(("the topology", "a usable one", other.to_string())),
    }
}

/// Raises the exception that a node or callback left, once.
fn raise(failure: &Failure) -> PyResult<()> {
    let left = failure.lock().ok().and_then(|mut failure| failure.take());
    left.map_or(Ok(()), Err)
}

fn attachment_name(lab: &netsonde_lab::Lab, wanted: AttachmentId) -> String {
    let mut names = lab.attachments();
    names
        .find(|(id, _)| *id == wanted)
        .map(|(_, name)| name.to_owned())
        .unwrap_or_default()
}

/// Keeps the first of several exceptions.
fn note(failure: &Failure, error: PyErr) {
    if let Ok(mut failure) = failure.lock() {
        failure.get_or_insert(error);
    }
}

/// A node written in Python: an object with `handle(now_ns, interface, packet)`.
struct PyNode {
    name: String,
    handler: Py<PyAny>,
    failure: Failure,
}

impl Node for PyNode {
    fn handle(&mut self, now_ns: u64, interface: u32, packet: &[u8], out: &mut Vec<Emission>) {
        let answer = Python::attach(|py| {
            let packet = PyBytes::new(py, packet);
            let sent = self
                .handler
                .call_method1(py, "handle", (now_ns, interface, packet))?;
            sent.bind(py)
                .try_iter()?
                .map(|one| one?.extract::<(u64, u32, Vec<u8>)>())
                .collect::<PyResult<Vec<_>>>()
        });
        match answer {
            Ok(sent) => {
                out.extend(
                    sent.into_iter()
                        .map(|(delay_ns, interface, packet)| Emission {
                            delay_ns,
                            interface,
                            packet,
                        }),
                );
            }
            Err(error) => Python::attach(|py| {
                let said = format!("raised by handle() of node {}", self.name);
                // Notes are a help to the reader only: without one the exception stands as it is.
                let _ = error.value(py).call_method1("add_note", (said,));
                note(&self.failure, error);
            }),
        }
    }
}

/// An engine as a host of the lab; its events go to Python as they come.
struct Measurement {
    recorded: Recorded,
    on_event: Py<PyAny>,
    /// Where rows gather instead, and who takes them.
    rows: Option<(Columns, Py<PyAny>)>,
    failure: Failure,
    steps: u32,
}

impl Measurement {
    /// Hands over the events that are there.
    fn report(&mut self) {
        while let Some(event) = self.recorded.poll_event() {
            if self.take_rows(&event) {
                continue;
            }
            let json = serde_json::to_vec(&event).expect("events have string keys only");
            let told = Python::attach(|py| {
                self.on_event
                    .call1(py, (PyBytes::new(py, &json),))
                    .map(drop)
            });
            if let Err(error) = told {
                note(&self.failure, error);
            }
        }
    }

    /// Makes rows of an event, if that is wanted, and hands over the chunks that are full. False: it has none.
    fn take_rows(&mut self, event: &Event) -> bool {
        let Some((columns, on_rows)) = &mut self.rows else {
            return false;
        };
        let taken = columns.push(event);
        if matches!(event, Event::Done { .. } | Event::Failed { .. }) {
            columns.flush();
        }
        // Virtual time: a chunk is cut when it is full, or at the end.
        while let Some((table, chunk)) = columns.poll_chunk(0) {
            let told = Python::attach(|py| {
                on_rows
                    .call1(py, (table.name(), PyBytes::new(py, &chunk)))
                    .map(drop)
            });
            if let Err(error) = told {
                note(&self.failure, error);
            }
        }
        taken
    }

    /// Lets Ctrl-C through now and then.
    fn look(&mut self) {
        self.steps += 1;
        if self.steps >= STEPS_PER_LOOK {
            self.steps = 0;
            #[expect(
                clippy::redundant_closure_for_method_calls,
                reason = "lifetimes need it"
            )]
            let signals = Python::attach(|py| py.check_signals());
            if let Err(error) = signals {
                note(&self.failure, error);
            }
        }
    }
}

impl Host for Measurement {
    fn poll_transmit(&mut self, now_ns: u64) -> Option<Vec<u8>> {
        let mut packet = Vec::new();
        let serial = self.recorded.poll_transmit(&mut packet, now_ns);
        self.report();
        serial.map(|_| packet)
    }

    fn handle_packet(&mut self, received_ns: u64, packet: &[u8]) {
        self.recorded.handle_packet(received_ns, packet);
        self.report();
        self.look();
    }

    fn handle_timeout(&mut self, now_ns: u64) {
        self.recorded.engine.handle_timeout(now_ns);
        self.report();
        self.look();
    }

    fn poll_timeout(&self) -> Option<u64> {
        self.recorded.engine.poll_timeout()
    }

    fn is_finished(&self) -> bool {
        self.recorded.engine.is_finished()
            || self.failure.lock().is_ok_and(|failure| failure.is_some())
    }
}
