//! This host's sockets, and the sealed engine that uses them.
mod measurement;
mod routes;
mod targets;

use crate::recorded::Recording;
use measurement::Measurement;
use netsonde_link::broker::{Families, open_packet, open_unprivileged};
use netsonde_link::descriptors::{Descriptor, Role};
use netsonde_link::drive;
use netsonde_link::filter::Scope;
use netsonde_link::link::Link;
use netsonde_link::packet::PacketLink;
use netsonde_link::raw::RawLink;
use netsonde_link::stream::Input;
use netsonde_link::unprivileged::UnprivilegedLink;
use netsonde_link::{LinkError, output, seal};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use std::fs::File;
use std::io;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::os::fd::{AsFd, IntoRawFd};

/// Source ports of the engine's UDP and TCP probes; its ICMP identifiers are any.
const PORTS: RangeInclusive<u16> = 0x8000..=u16::MAX;

/// Adds this file's exports to `netsonde._core`.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(open_link, module)?)?;
    module.add_function(wrap_pyfunction!(engine_main, module)?)?;
    module.add_class::<routes::Routes>()?;
    module.add_class::<routes::Watch>()?;
    Ok(())
}

/// Opens the sockets of a link and returns each one's role and descriptor, which the caller must close. Raw ones are
/// joined by packet sockets on the interfaces named, for the host's addresses.
#[pyfunction]
#[pyo3(signature = (*, raw, v4, v6, udp, interfaces = Vec::new(), addresses = Vec::new()))]
#[expect(clippy::fn_params_excessive_bools, reason = "callers name them")]
fn open_link(
    raw: bool,
    v4: bool,
    v6: bool,
    udp: bool,
    interfaces: Vec<u32>,
    addresses: Vec<IpAddr>,
) -> PyResult<Vec<(&'static str, i32)>> {
    let families = Families { v4, v6 };
    let scope = Scope {
        idents: 0..=u16::MAX,
        ports: PORTS,
        udp_replies: udp,
    };
    let opened = if raw {
        open_packet(families, &scope, &interfaces, &addresses)
    } else {
        open_unprivileged(families)
    };
    let descriptors = opened.map_err(os_error)?.into_iter();
    Ok(descriptors
        .map(|one| (one.role.name(), one.socket.into_raw_fd()))
        .collect())
}

/// Seals this process, which will send so many packets a second at most, does the job on standard input with these inherited descriptors, and exits.
#[pyfunction]
#[pyo3(signature = (descriptors, rate_pps, /))]
fn engine_main(descriptors: Vec<(String, i32)>, rate_pps: u32) -> PyResult<()> {
    let (mut link, recording) = link(&descriptors, rate_pps).map_err(os_error)?;
    let terminated = seal::prepare().map_err(os_error)?;
    let mut input = Input::new(File::from(io::stdin().as_fd().try_clone_to_owned()?));
    let mut written = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    output::prepare(input.as_fd(), written.as_fd()).map_err(os_error)?;
    seal::seal_with(|| link.start()).map_err(os_error)?;
    let outcome = input.read_task().and_then(|job| {
        let mut host = Measurement::new(&job, recording, link.ways());
        let stop = terminated.as_fd();
        drive::run(&mut host, link.as_mut(), &mut input, stop, &mut written)
    });
    // Nobody who reads any more is no failure of ours: the caller went away.
    let gone = outcome
        .as_ref()
        .is_err_and(|error| error.errno() == Some(EPIPE));
    seal::exit(match outcome {
        Err(error) if !gone => {
            eprintln!("{error}");
            1
        }
        _ => 0,
    })
}

/// `EPIPE`, the same on every Linux.
const EPIPE: i32 = 32;

/// What a capture says of packets that the kernel built.
const REBUILT: &str = "headers as netsonde knows them: without privilege the kernel chooses source ports, \
     identifications and checksums, and shows no header of a reply";

/// The link that these descriptors make, and where its packets are recorded.
fn link(
    descriptors: &[(String, i32)],
    rate_pps: u32,
) -> Result<(Box<dyn Link>, Option<Recording>), LinkError> {
    let adopt =
        |(role, number): &(String, i32)| Descriptor::inherited(Role::from_name(role)?, *number);
    let mut descriptors = descriptors
        .iter()
        .map(adopt)
        .collect::<Result<Vec<_>, _>>()?;
    let capture = descriptors
        .iter()
        .position(|one| one.role == Role::Capture)
        .map(|at| descriptors.swap_remove(at).socket);
    let is_raw = descriptors
        .iter()
        .any(|one| matches!(one.role, Role::Send4 | Role::Send6));
    let has_frames = descriptors.iter().any(|one| one.role == Role::Frames);
    let (link, name, description): (Box<dyn Link>, _, _) = if has_frames {
        let link = PacketLink::new(descriptors, rate_pps)?;
        (Box::new(link), "packet", "")
    } else if is_raw {
        (Box::new(RawLink::new(descriptors)), "raw", "")
    } else {
        let link = UnprivilegedLink::new(descriptors);
        (Box::new(link), "unprivileged", REBUILT)
    };
    let recording = capture.map(|file| Recording {
        file: file.into(),
        link: name,
        description,
        tells_departures: has_frames,
    });
    Ok((link, recording))
}

fn os_error(error: LinkError) -> PyErr {
    match error.errno() {
        Some(errno) => PyOSError::new_err((errno, error.to_string())),
        None => PyOSError::new_err(error.to_string()),
    }
}
