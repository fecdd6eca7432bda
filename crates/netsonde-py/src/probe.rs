//! Jobs and the engine that does them.
use netsonde_probe::JobError as Refusal;
use netsonde_probe::event::Event;
use netsonde_probe::job::{Job, SCHEMA};
use netsonde_wire::ip;
use pyo3::create_exception;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Serialize;
use std::net::IpAddr;

create_exception!(
    netsonde._core,
    JobError,
    PyValueError,
    "A job was refused; its arguments are the field, what was expected and what was found."
);

/// Adds this file's exports to `netsonde._core`.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("SCHEMA", SCHEMA)?;
    module.add("VERSION", env!("CARGO_PKG_VERSION"))?;
    module.add("JobError", module.py().get_type::<JobError>())?;
    module.add_class::<Engine>()?;
    module.add_function(wrap_pyfunction!(is_special_purpose, module)?)?;
    module.add_function(wrap_pyfunction!(read_job, module)?)?;
    module.add_function(wrap_pyfunction!(read_event, module)?)?;
    Ok(())
}

/// The job that JSON describes.
pub(crate) fn parse_job(job: &[u8]) -> PyResult<Job> {
    serde_json::from_slice(job)
        .map_err(Refusal::from)
        .map_err(refused)
}

/// The Python exception for a refused job.
pub(crate) fn refused(error: Refusal) -> PyErr {
    let (field, expected, found) = (error.field(), error.expected(), error.found());
    JobError::new_err((field.to_owned(), expected.to_owned(), found.to_owned()))
}

/// One job being done; see `netsonde_probe::Engine` for the contract.
#[pyclass(module = "netsonde._core")]
struct Engine(netsonde_probe::Engine);

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (job, now_ns))]
    fn new(job: &[u8], now_ns: u64) -> PyResult<Self> {
        netsonde_probe::Engine::new(&parse_job(job)?, now_ns)
            .map(Self)
            .map_err(refused)
    }

    fn poll_transmit<'py>(&mut self, py: Python<'py>, now_ns: u64) -> Option<Bound<'py, PyBytes>> {
        self.0
            .poll_transmit(now_ns)
            .map(|packet| PyBytes::new(py, &packet))
    }

    fn handle_packet(&mut self, received_ns: u64, packet: &[u8]) {
        self.0.handle_packet(received_ns, packet);
    }

    fn handle_timeout(&mut self, now_ns: u64) {
        self.0.handle_timeout(now_ns);
    }

    fn poll_timeout(&self) -> Option<u64> {
        self.0.poll_timeout()
    }

    fn poll_event<'py>(&mut self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.0.poll_event().map(|event| json(py, &event))
    }

    fn interrupt(&mut self, now_ns: u64) {
        self.0.interrupt(now_ns);
    }

    #[getter]
    fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

/// The job as the core reads it, defaults filled in.
#[pyfunction]
#[pyo3(signature = (job, /))]
fn read_job<'py>(py: Python<'py>, job: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    parse_job(job).map(|job| json(py, &job))
}

/// The event as the core reads it, every field written.
#[pyfunction]
#[pyo3(signature = (event, /))]
fn read_event<'py>(py: Python<'py>, event: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let event: Event =
        serde_json::from_slice(event).map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(json(py, &event))
}

/// True if no measurement of the Internet should target the address (RFC 6890 and its registries).
#[pyfunction]
#[pyo3(signature = (address, /))]
fn is_special_purpose(address: IpAddr) -> bool {
    ip::is_special_purpose(address)
}

fn json<'py>(py: Python<'py>, value: &impl Serialize) -> Bound<'py, PyBytes> {
    PyBytes::new(
        py,
        &serde_json::to_vec(value).expect("jobs and events have string keys only"),
    )
}
