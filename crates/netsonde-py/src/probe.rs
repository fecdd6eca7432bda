//! Jobs, the engine, and the pure facts about addresses.
use netsonde_probe::job::SCHEMA;
use netsonde_wire::ip;
use pyo3::prelude::*;
use std::net::IpAddr;

/// Adds this file's exports to `netsonde._core`.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("SCHEMA", SCHEMA)?;
    module.add("VERSION", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(is_special_purpose, module)?)?;
    Ok(())
}

/// True if no measurement of the Internet should target the address (RFC 6890 and its registries).
#[pyfunction]
#[pyo3(signature = (address, /))]
fn is_special_purpose(address: IpAddr) -> bool {
    ip::is_special_purpose(address)
}
