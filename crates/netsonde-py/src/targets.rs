//! Target spaces, walked in a keyed order.
use netsonde_probe::targets::{
    Family, LineOptions, Prefix, RECORD_LEN, RangeSet, Selection, Space, Walk, read_lines,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use std::net::IpAddr;

/// Adds this file's exports to `netsonde._core`.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("TARGET_BYTES", RECORD_LEN)?;
    module.add_class::<TargetSpace>()?;
    module.add_class::<Targets>()?;
    module.add_class::<PrefixSet>()?;
    module.add_function(wrap_pyfunction!(read_prefix, module)?)?;
    Ok(())
}

/// Number, text, and what was expected.
type Left<'py> = (u64, Bound<'py, PyBytes>, Option<String>);

/// What was written down; see `netsonde_probe::targets::Space`.
#[pyclass(module = "netsonde._core")]
struct TargetSpace {
    space: Space,
    options: LineOptions,
}

#[pymethods]
impl TargetSpace {
    /// `each_v4` and `each_v6` are selections for prefixes that have none, as they are written in a line: `each=24`.
    #[new]
    #[pyo3(signature = (*, family=None, v4="all", v6="all"))]
    fn new(family: Option<u8>, v4: &str, v6: &str) -> PyResult<Self> {
        let selection = |text: &str, family| {
            Selection::parse(text, family).map_err(|error| PyValueError::new_err(error.to_string()))
        };
        let options = LineOptions {
            family: family.map(|version| if version == 4 { Family::V4 } else { Family::V6 }),
            v4: selection(v4, Family::V4)?,
            v6: selection(v6, Family::V6)?,
        };
        Ok(Self {
            space: Space::default(),
            options,
        })
    }

    /// Reads whole lines; returns how many, and of those that are neither address nor prefix the number (from 0),
    /// the text, and what was expected (None where it may be a host name).
    #[pyo3(signature = (text, /))]
    fn read<'py>(&mut self, py: Python<'py>, text: &[u8]) -> (u64, Vec<Left<'py>>) {
        let (lines, left) = py.detach(|| read_lines(&mut self.space, text, &self.options));
        let left = left
            .into_iter()
            .map(|one| (one.line, PyBytes::new(py, &one.text), one.expected));
        (lines, left.collect())
    }

    /// Targets so far, repeated ones included.
    #[getter]
    fn count(&self) -> u128 {
        self.space.count()
    }
}

/// A space being walked; see `netsonde_probe::targets::Walk`.
#[pyclass(module = "netsonde._core")]
struct Targets(Walk);

#[pymethods]
impl Targets {
    /// Takes what the space has, which is empty afterwards.
    #[new]
    #[pyo3(signature = (space, *, seed, exclude, allow_special_purpose))]
    fn new(
        py: Python<'_>,
        space: &mut TargetSpace,
        seed: u64,
        exclude: Vec<String>,
        allow_special_purpose: bool,
    ) -> PyResult<Self> {
        let exclude = parse_prefixes(&exclude)?;
        let space = std::mem::take(&mut space.space);
        let walk = || Walk::new(space, seed, RangeSet::new(exclude), allow_special_purpose);
        Ok(Self(py.detach(walk)))
    }

    /// The next targets, packed, `TARGET_BYTES` each; fewer than asked for near the end or where many are refused.
    #[pyo3(signature = (targets_max, /))]
    fn poll<'py>(&mut self, py: Python<'py>, targets_max: usize) -> Bound<'py, PyBytes> {
        let records = py.detach(|| {
            let mut records = Vec::new();
            self.0.poll_records(targets_max, &mut records);
            records
        });
        PyBytes::new(py, &records)
    }

    /// The next targets as text.
    #[pyo3(signature = (targets_max, /))]
    fn poll_addresses(&mut self, py: Python<'_>, targets_max: usize) -> Vec<String> {
        let addresses = py.detach(|| self.0.poll_addresses(targets_max));
        addresses.iter().map(ToString::to_string).collect()
    }

    /// Takes the address of a host name: its record, or None if it is refused and counted.
    #[pyo3(signature = (address, /))]
    fn admit<'py>(&mut self, py: Python<'py>, address: IpAddr) -> Option<Bound<'py, PyBytes>> {
        self.0
            .admit(address)
            .map(|record| PyBytes::new(py, &record))
    }

    /// Leaves out what an earlier run finished, one address a line; returns how many were not marked before.
    #[pyo3(signature = (addresses, /))]
    fn mark_done(&mut self, py: Python<'_>, addresses: &str) -> PyResult<u64> {
        py.detach(|| {
            let mut marked = 0;
            for line in addresses.lines() {
                let address = line
                    .parse()
                    .map_err(|_| PyValueError::new_err(line.to_owned()))?;
                marked += u64::from(self.0.mark_done(address));
            }
            Ok(marked)
        })
    }

    /// Numbers of the space: targets at most.
    #[getter]
    fn size(&self) -> u64 {
        self.0.size()
    }

    /// Numbers looked at so far.
    #[getter]
    fn position(&self) -> u64 {
        self.0.position()
    }

    /// Targets given so far.
    #[getter]
    fn given(&self) -> u64 {
        self.0.given()
    }

    /// Targets marked as finished.
    #[getter]
    fn done(&self) -> u64 {
        self.0.done()
    }

    #[getter]
    fn is_exhausted(&self) -> bool {
        self.0.is_exhausted()
    }

    /// How many were refused so far, by reason.
    fn refused<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let refused = self.0.refused();
        let counts = PyDict::new(py);
        counts.set_item("special_purpose", refused.special_purpose)?;
        counts.set_item("excluded", refused.excluded)?;
        counts.set_item("duplicate", refused.duplicate)?;
        counts.set_item("done", refused.done)?;
        Ok(counts)
    }
}

/// Addresses that some prefixes hold; see `netsonde_probe::targets::RangeSet`.
#[pyclass(module = "netsonde._core", frozen)]
struct PrefixSet(RangeSet);

#[pymethods]
impl PrefixSet {
    #[new]
    #[pyo3(signature = (prefixes, /))]
    fn new(prefixes: Vec<String>) -> PyResult<Self> {
        parse_prefixes(&prefixes).map(|prefixes| Self(RangeSet::new(prefixes)))
    }

    fn __contains__(&self, address: IpAddr) -> bool {
        self.0.contains(address)
    }
}

fn parse_prefixes(texts: &[String]) -> PyResult<Vec<Prefix>> {
    let parsed: Result<Vec<Prefix>, _> = texts.iter().map(|text| text.parse()).collect();
    parsed.map_err(|error| PyValueError::new_err(error.to_string()))
}

/// A prefix in canonical text; a bare address is a prefix of its own.
#[pyfunction]
#[pyo3(signature = (text, /))]
fn read_prefix(text: &str) -> PyResult<String> {
    let prefix: Result<Prefix, _> = text.parse();
    prefix
        .map(|prefix| prefix.to_string())
        .map_err(|error| PyValueError::new_err(error.to_string()))
}
