//! Results as Arrow columns.
use netsonde_columns::{ROWS_MAX, Table};
use netsonde_probe::event::Event;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Adds this file's exports to `netsonde._core`.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("ROWS_MAX", ROWS_MAX)?;
    module.add_class::<Columns>()?;
    module.add_function(wrap_pyfunction!(table_name, module)?)?;
    Ok(())
}

/// Events being made into columns; see `netsonde_columns::Columns` for the contract.
#[pyclass(module = "netsonde._core")]
struct Columns(netsonde_columns::Columns);

#[pymethods]
impl Columns {
    #[new]
    fn new() -> Self {
        Self(netsonde_columns::Columns::new())
    }

    fn push(&mut self, event: &[u8]) -> PyResult<bool> {
        let event: Event = serde_json::from_slice(event)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(self.0.push(&event))
    }

    fn poll_chunk<'py>(
        &mut self,
        py: Python<'py>,
        now_ns: u64,
    ) -> Option<(&'static str, Bound<'py, PyBytes>)> {
        let (table, chunk) = self.0.poll_chunk(now_ns)?;
        Some((table.name(), PyBytes::new(py, &chunk)))
    }

    fn poll_timeout(&self) -> Option<u64> {
        self.0.poll_timeout()
    }

    fn flush(&mut self) {
        self.0.flush();
    }
}

/// The name of the table that frames of a stream give a number; `None`: there is no such table.
#[pyfunction]
#[pyo3(signature = (number, /))]
fn table_name(number: u8) -> Option<&'static str> {
    Table::from_id(number).map(Table::name)
}
