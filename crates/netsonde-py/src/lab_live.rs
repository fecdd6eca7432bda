//! The live driver: the lab on the wall clock, between TUN interfaces or network cards.
use crate::lab::Failure;
use netsonde_lab::segment::{Ingress, Segment};
use netsonde_lab::{AttachmentId, Lab};
use netsonde_link::tun::{Tun, duplicate};
use netsonde_link::{LinkError, monotonic_ns, poll};
use pyo3::PyErr;
use pyo3::exceptions::PyOSError;
use std::os::fd::{AsFd, BorrowedFd};

/// Longest packet that a descriptor hands over.
const PACKET_MAX: usize = 65_535;
/// Packets taken from one descriptor before the others and the lab have their turn.
const PACKETS_PER_TURN: usize = 64;

/// What the descriptors carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Card {
    /// Whole IP packets.
    Packets,
    /// Ethernet frames.
    Frames,
}

/// One descriptor, and what is plugged into it.
struct Port {
    attachment: AttachmentId,
    descriptor: Tun,
    segment: Option<Segment>,
}

/// Runs the lab until `stop` is readable or a Python node fails. The lab's clock goes on from where it is, at
/// the pace of the wall clock.
pub(crate) fn serve(
    lab: &mut Lab,
    failure: &Failure,
    devices: Vec<(AttachmentId, i32)>,
    card: Card,
    stop: i32,
) -> Result<(), PyErr> {
    run(lab, failure, &devices, card, stop)
        .map_err(|error| PyOSError::new_err((error.errno(), error.to_string())))
}

fn run(
    lab: &mut Lab,
    failure: &Failure,
    devices: &[(AttachmentId, i32)],
    card: Card,
    stop: i32,
) -> Result<(), LinkError> {
    let stop = duplicate(stop)?;
    let mut ports = Vec::with_capacity(devices.len());
    for &(attachment, number) in devices {
        ports.push(Port {
            attachment,
            descriptor: Tun::from_descriptor(duplicate(number)?)?,
            segment: (card == Card::Frames).then(Segment::new),
        });
    }
    let began_ns = monotonic_ns().saturating_sub(lab.now_ns());
    let mut buffer = vec![0; PACKET_MAX];
    loop {
        let mut watched: Vec<BorrowedFd<'_>> = vec![stop.as_fd()];
        watched.extend(ports.iter().map(|port| port.descriptor.as_fd()));
        let due_ns = lab
            .poll_timeout()
            .map(|at_ns| at_ns.saturating_add(began_ns));
        let ready = poll::wait(&watched, due_ns)?;
        if ready.contains(0) || failure.lock().is_ok_and(|failure| failure.is_some()) {
            return Ok(());
        }
        for (index, port) in (1..).zip(&mut ports) {
            if ready.contains(index) {
                port.take(lab, began_ns, &mut buffer)?;
            }
        }
        lab.advance(monotonic_ns() - began_ns);
        while let Some(delivery) = lab.poll_delivery() {
            let attachment = delivery.attachment;
            if let Some(port) = ports.iter().find(|port| port.attachment == attachment) {
                port.give(&delivery.packet)?;
            }
        }
    }
}

impl Port {
    /// Hands the lab what waits, but no more than its turn.
    fn take(&mut self, lab: &mut Lab, began_ns: u64, buffer: &mut [u8]) -> Result<(), LinkError> {
        for _ in 0..PACKETS_PER_TURN {
            let Some(length) = self.descriptor.read(buffer)? else {
                break;
            };
            let bytes = &buffer[..length];
            let ingress = match &mut self.segment {
                Some(segment) => segment.receive(bytes),
                None => Ingress::Packet(bytes),
            };
            match ingress {
                Ingress::Packet(packet) => {
                    lab.inject(monotonic_ns() - began_ns, self.attachment, packet);
                }
                Ingress::Answer(frame) => {
                    self.descriptor.write(&frame)?;
                }
                Ingress::Nothing => {}
            }
        }
        Ok(())
    }

    /// Hands over what the lab delivers; a full queue loses it, as on any network.
    fn give(&self, packet: &[u8]) -> Result<(), LinkError> {
        let Some(segment) = &self.segment else {
            return self.descriptor.write(packet).map(|_| ());
        };
        let mut frame = Vec::with_capacity(packet.len() + 14);
        if segment.send(packet, &mut frame) {
            self.descriptor.write(&frame)?;
        }
        Ok(())
    }
}
