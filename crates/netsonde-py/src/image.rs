//! The image that the module carries.
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Adds this file's exports to `netsonde._core`.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(image, module)?)
}

/// The image, one ELF; empty where it was not built: on other machines than x86-64 Linux, and for tests.
#[pyfunction]
fn image(py: Python<'_>) -> Bound<'_, PyBytes> {
    PyBytes::new(py, include_bytes!(concat!(env!("OUT_DIR"), "/image.elf")))
}
