//! `netsonde._core`: the Rust side of netsonde as a Python module. It converts types and decides nothing.
//!
//! Each file registers what it exports; adding one is a `mod` line and a `register` line here.
#![allow(
    clippy::needless_pass_by_value,
    reason = "PyO3 hands over owned arguments, and errors are mapped by value"
)]
mod columns;
mod image;
mod infer;
mod lab;
mod lab_live;
mod lab_ticks;
mod link;
mod probe;
mod recorded;
mod targets;

use pyo3::prelude::*;

#[pymodule(name = "_core")]
fn core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    columns::register(module)?;
    image::register(module)?;
    infer::register(module)?;
    link::register(module)?;
    lab::register(module)?;
    probe::register(module)?;
    targets::register(module)?;
    Ok(())
}
