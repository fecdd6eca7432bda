//! The kernel's routes.
use super::{os_error, targets};
use netsonde_link::egress::Way;
use netsonde_link::routes;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd};

/// The kernel's routes as they were when read.
#[pyclass(module = "netsonde._core")]
pub(super) struct Routes(routes::Routes);

#[pymethods]
impl Routes {
    #[new]
    fn new() -> PyResult<Self> {
        routes::Routes::read().map(Self).map_err(os_error)
    }

    /// Lets the kernel find the hardware addresses of gateways.
    fn resolve(&mut self) -> PyResult<()> {
        self.0.resolve().map_err(os_error)
    }

    /// The address from which the kernel would send to a target; None if it would not.
    fn source(&mut self, target: IpAddr) -> Option<String> {
        self.0.source(target).map(|source| source.to_string())
    }

    /// Packed targets with their sources, and those that have none.
    #[pyo3(signature = (targets, /))]
    fn fill<'py>(
        &mut self,
        py: Python<'py>,
        targets: &[u8],
    ) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyBytes>)> {
        let (filled, left) = targets::fill(targets, |target| self.0.source(target))
            .ok_or_else(|| PyValueError::new_err("these are no packed targets"))?;
        Ok((PyBytes::new(py, &filled), PyBytes::new(py, &left)))
    }

    /// The way to every destination, for the engine's process.
    fn egress<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.egress().to_bytes())
    }

    /// How packets to a target leave: `none`, `raw`, or the name of the interface that sends frames.
    fn way(&self, target: IpAddr) -> String {
        match self.0.egress().way(target) {
            Way::None => "none".to_owned(),
            Way::Raw => "raw".to_owned(),
            Way::Ethernet { interface, .. } => self.0.interface_name(interface).to_owned(),
        }
    }

    /// The addresses of this host.
    fn addresses(&self) -> Vec<String> {
        let addresses = self.0.addresses().into_iter();
        addresses.map(|address| address.to_string()).collect()
    }

    /// The interfaces by which frames leave to these targets, each once.
    fn interfaces_to(&self, targets: Vec<IpAddr>) -> Vec<u32> {
        let egress = self.0.egress();
        let mut found: Vec<u32> = targets
            .into_iter()
            .filter_map(|target| match egress.way(target) {
                Way::Ethernet { interface, .. } => Some(interface),
                Way::None | Way::Raw => None,
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Indices and names of the interfaces that frames can leave by.
    fn interfaces(&self) -> Vec<(u32, String)> {
        let indices = self.0.egress().interfaces().into_iter();
        indices
            .map(|index| (index, self.0.interface_name(index).to_owned()))
            .collect()
    }

    /// What makes this host's routing too involved for frames; None if nothing does.
    #[getter]
    fn unusual(&self) -> Option<&'static str> {
        self.0.unusual()
    }
}

/// Becomes readable when the kernel's routes change.
#[pyclass(module = "netsonde._core")]
pub(super) struct Watch(routes::Watch);

#[pymethods]
impl Watch {
    #[new]
    fn new() -> PyResult<Self> {
        routes::Watch::open().map(Self).map_err(os_error)
    }

    fn fileno(&self) -> i32 {
        self.0.as_fd().as_raw_fd()
    }

    /// Forgets what came so far; true if something did.
    fn drain(&mut self) -> bool {
        self.0.drain()
    }
}
