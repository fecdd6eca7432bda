//! The formulas of TNT, as `netsonde_probe` has them.
use netsonde_probe::event::Event;
use netsonde_probe::{diamonds_of, infer, vendors};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Adds this file's exports to `netsonde._core`.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(initial_ttl, module)?)?;
    module.add_function(wrap_pyfunction!(return_length, module)?)?;
    module.add_function(wrap_pyfunction!(frpla, module)?)?;
    module.add_function(wrap_pyfunction!(rtla, module)?)?;
    module.add_function(wrap_pyfunction!(uturn, module)?)?;
    module.add_function(wrap_pyfunction!(opaque_length, module)?)?;
    module.add_function(wrap_pyfunction!(vendor_shares, module)?)?;
    module.add_function(wrap_pyfunction!(diamonds, module)?)?;
    Ok(())
}

/// The initial TTL that most plausibly led to a received one: 32, 64, 128 or 255.
#[pyfunction]
#[pyo3(signature = (reply_ttl, /))]
fn initial_ttl(reply_ttl: u8) -> u8 {
    infer::initial_ttl(reply_ttl)
}

/// Hops on the way back: 1 for a neighbour.
#[pyfunction]
#[pyo3(signature = (reply_ttl, /))]
fn return_length(reply_ttl: u8) -> i16 {
    infer::return_length(reply_ttl)
}

/// By how many hops the way back is longer than the way out.
#[pyfunction]
#[pyo3(signature = (*, te_ttl, probe_ttl))]
fn frpla(te_ttl: u8, probe_ttl: u8) -> i16 {
    infer::frpla(te_ttl, probe_ttl)
}

/// By how many hops time-exceeded comes back longer than echo; None unless the signature allows it.
#[pyfunction]
#[pyo3(signature = (*, te_ttl, er_ttl))]
fn rtla(te_ttl: u8, er_ttl: u8) -> Option<i16> {
    infer::rtla(te_ttl, er_ttl)
}

/// By how many hops time-exceeded comes back longer than echo, whatever the signature.
#[pyfunction]
#[pyo3(signature = (*, te_ttl, er_ttl))]
fn uturn(te_ttl: u8, er_ttl: u8) -> i16 {
    infer::uturn(te_ttl, er_ttl)
}

/// Routers hidden before an opaque hop that quotes this label TTL; None if the number is absurd.
#[pyfunction]
#[pyo3(signature = (lse_ttl, /))]
fn opaque_length(lse_ttl: u8) -> Option<u8> {
    infer::opaque_length(lse_ttl)
}

/// Vendors that an IPv4 signature may mean, each with the percentage of its interfaces that show it.
#[pyfunction]
#[pyo3(signature = (te_initial, er_initial, /))]
fn vendor_shares(te_initial: u8, er_initial: u8) -> Vec<(String, f32)> {
    let found = vendors::candidates((te_initial, er_initial), false);
    found
        .into_iter()
        .map(|candidate| (candidate.vendor, candidate.share_percent))
        .collect()
}

/// The diamonds of a multipath result, from its nodes and links: JSON in and out.
#[pyfunction]
#[pyo3(signature = (result, /))]
fn diamonds<'py>(py: Python<'py>, result: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let refused = |text: String| PyValueError::new_err(text);
    let event: Event =
        serde_json::from_slice(result).map_err(|error| refused(error.to_string()))?;
    let Event::Multipath(result) = event else {
        return Err(refused("no result of multipath".to_owned()));
    };
    let found = diamonds_of(&result.nodes, &result.links);
    let json = serde_json::to_vec(&found).expect("diamonds have string keys only");
    Ok(PyBytes::new(py, &json))
}
