//! py
use pyo3::prelude::*;
/// The core.
#[pymodule]
mod _core {}
