//! The live driver: the lab on the wall clock, between TUN interfaces.
use crate::lab::Failure;
use netsonde_lab::{AttachmentId, Lab};
use netsonde_link::tun::{Tun, duplicate};
use netsonde_link::{LinkError, monotonic_ns, poll};
use pyo3::PyErr;
use pyo3::exceptions::PyOSError;
use std::os::fd::{AsFd, BorrowedFd};

/// Longest packet that a TUN interface hands over.
const PACKET_MAX: usize = 65_535;
/// Packets taken from one interface before the others and the lab have their turn.
const PACKETS_PER_TURN: usize = 64;

/// Runs the lab until `stop` is readable or a Python node fails. The lab's clock goes on from where it is, at
/// the pace of the wall clock.
pub(crate) fn serve(
    lab: &mut Lab,
    failure: &Failure,
    devices: Vec<(AttachmentId, i32)>,
    stop: i32,
) -> Result<(), PyErr> {
    run(lab, failure, &devices, stop)
        .map_err(|error| PyOSError::new_err((error.errno(), error.to_string())))
}

fn run(
    lab: &mut Lab,
    failure: &Failure,
    devices: &[(AttachmentId, i32)],
    stop: i32,
) -> Result<(), LinkError> {
    let stop = duplicate(stop)?;
    let mut tuns = Vec::with_capacity(devices.len());
    for &(attachment, number) in devices {
        tuns.push((attachment, Tun::from_descriptor(duplicate(number)?)?));
    }
    let began_ns = monotonic_ns().saturating_sub(lab.now_ns());
    let mut buffer = vec![0; PACKET_MAX];
    let mut watched: Vec<BorrowedFd<'_>> = vec![stop.as_fd()];
    watched.extend(tuns.iter().map(|(_, tun)| tun.as_fd()));
    loop {
        let due_ns = lab
            .poll_timeout()
            .map(|at_ns| at_ns.saturating_add(began_ns));
        let ready = poll::wait(&watched, due_ns)?;
        if ready.contains(0) || failure.lock().is_ok_and(|failure| failure.is_some()) {
            return Ok(());
        }
        for (index, (attachment, tun)) in (1..).zip(&tuns) {
            for _ in 0..if ready.contains(index) {
                PACKETS_PER_TURN
            } else {
                0
            } {
                let Some(length) = tun.read(&mut buffer)? else {
                    break;
                };
                lab.inject(monotonic_ns() - began_ns, *attachment, &buffer[..length]);
            }
        }
        lab.advance(monotonic_ns() - began_ns);
        while let Some(delivery) = lab.poll_delivery() {
            if let Some((_, tun)) = tuns
                .iter()
                .find(|(attachment, _)| *attachment == delivery.attachment)
            {
                tun.write(&delivery.packet)?; // false: lost in a full queue, as on any network
            }
        }
    }
}
