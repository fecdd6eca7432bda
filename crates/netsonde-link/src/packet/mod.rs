//! The link for Ethernet: frames out by a thread of their own, and in by rings that the kernel fills.
//!
//! What has no way as a frame goes by raw sockets, and what rings leave out comes by them. So this link reaches
//! whatever the raw one does; it is only faster, and knows when a probe left.
pub mod blocks;
mod fragments;
mod sender;
#[cfg(test)]
mod tests;

use crate::LinkError;
use crate::descriptors::{Descriptor, Role};
use crate::egress::{Egress, Way};
use crate::link::{Counters, Leave, Link, Sink};
use crate::poll::Ready;
use crate::raw::RawLink;
use crate::stamp::Stamper;
use crate::stream::Input;
use crate::sys::batch::Batch;
use crate::sys::packet::{Ring, bound_interface, dropped, interface_name};
use crate::{monotonic_ns, stream};
use fragments::Fragments;
use netsonde_wire::ip;
use sender::Sender;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Kind of a frame that holds an [`Egress`] table.
pub const ROUTES: u8 = b'R';
/// Octets of a block of a ring, and how many of them there are.
const BLOCK: usize = 1 << 17;
const BLOCKS_MIN: usize = 4;
const BLOCKS_MAX: usize = 96;
/// Octets that a short reply takes in a ring.
const REPLY: usize = 160;
/// What a ring holds, in parts of a second at the full rate: longer than a busy host makes us wait. At the highest rates
/// memory is worth more: [`BLOCKS_MAX`] are the replies of 0.3 s at 250,000 a second.
const RING_PART: usize = 2;
/// After this a block is ours even if it is not full.
const RETIRE_MS: u32 = 1;
/// Blocks read from one ring before the others get their turn.
const ROUNDS_MAX: usize = 16;
/// Frames that may wait to be sent: a thousandth of a second's, so that a pause ends in no burst.
const WAITING_PART: u32 = 1_000;
const WAITING_MAX: usize = 256;
/// Between two readings of a ring's drop counter.
const STATISTICS_NS: u64 = 100_000_000;
/// Octets of an Ethernet header.
const ETHERNET: usize = 14;

/// Packet sockets of some interfaces, and raw sockets beside them.
pub struct PacketLink {
    raw: RawLink,
    rings: Vec<Receiver>,
    /// The interface of each of the sender's sockets.
    interfaces: Vec<u32>,
    /// What those interfaces are called; nobody can ask once rights are given up.
    names: Vec<String>,
    sender: Sender,
    egress: Egress,
    updates: Option<Input>,
    stamper: Stamper,
    fragments: Fragments,
    counters: Counters,
    /// Probes that raw sockets sent, not told yet.
    sent: Vec<(u32, u64)>,
    statistics_ns: u64,
    /// For clearing errors.
    batch: Batch,
}

struct Receiver {
    socket: OwnedFd,
    ring: Ring,
}

impl PacketLink {
    /// Takes over the descriptors of [`open_packet`](crate::broker::open_packet), for so many packets a second.
    ///
    /// # Errors
    /// [`LinkError::Call`] if the kernel gives no memory for the rings.
    pub fn new(descriptors: Vec<Descriptor>, rate_pps: u32) -> Result<Self, LinkError> {
        let (mut rings, mut sockets, mut interfaces) = (Vec::new(), Vec::new(), Vec::new());
        let (mut updates, mut others) = (None, Vec::new());
        for descriptor in descriptors {
            match descriptor.role {
                Role::Ring4 | Role::Ring6 => {
                    let socket = descriptor.socket;
                    let blocks = blocks(rate_pps);
                    let ring = Ring::new(socket.as_fd(), BLOCK, blocks, RETIRE_MS)?;
                    crate::broker::begin_to_receive(socket.as_fd(), descriptor.role.is_v6())?;
                    rings.push(Receiver { socket, ring });
                }
                Role::Frames => {
                    interfaces.push(bound_interface(descriptor.socket.as_fd())?);
                    sockets.push(descriptor.socket);
                }
                Role::Routes => updates = Some(Input::new(descriptor.socket.into())),
                _ => others.push(descriptor),
            }
        }
        let waiting = (rate_pps / WAITING_PART).max(1) as usize;
        let mut link = Self {
            raw: RawLink::new(others),
            rings,
            names: interfaces
                .iter()
                .map(|index| interface_name(*index))
                .collect(),
            interfaces,
            sender: Sender::new(sockets, waiting.min(WAITING_MAX))?,
            egress: Egress::raw(),
            updates,
            stamper: Stamper::new(),
            fragments: Fragments::default(),
            counters: Counters::default(),
            sent: Vec::new(),
            statistics_ns: 0,
            batch: Batch::new(),
        };
        link.first_routes();
        Ok(link)
    }

    /// Waits for the first table; without one, everything goes by raw sockets.
    fn first_routes(&mut self) {
        while self.updates.is_some() && !self.take_routes() {
            self.read_routes();
        }
    }

    fn read_routes(&mut self) {
        let ended = |input: &mut Input| !matches!(input.read(), Ok(stream::Taken::Some));
        if self.updates.as_mut().is_some_and(ended) {
            self.updates = None;
        }
    }

    /// Obeys the tables that were read; true if there was one.
    fn take_routes(&mut self) -> bool {
        let mut any = false;
        while let Some(input) = &mut self.updates {
            match input.next_frame() {
                Ok(Some((ROUTES, table))) => {
                    // A table that is none changes nothing.
                    if let Some(egress) = Egress::from_bytes(table) {
                        self.egress = egress;
                        any = true;
                    }
                }
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => self.updates = None,
            }
        }
        any
    }

    /// Hands over what the rings hold.
    fn receive_frames(&mut self, ready: Ready, first: usize, sink: &mut dyn Sink) {
        for (index, receiver) in self.rings.iter_mut().enumerate() {
            if !ready.contains(first + index) {
                continue;
            }
            let mut is_losing = false;
            let mut blocks = 0;
            while blocks < ROUNDS_MAX
                && let Some(block) = receiver.ring.block()
            {
                self.stamper.refresh();
                let newest = blocks::packets(block)
                    .map(|received| received.stamp_ns)
                    .max();
                let newest_ns = self.stamper.convert(newest);
                self.sender.settle(newest_ns, &mut |serial, sent_ns| {
                    sink.handle_sent(serial, sent_ns);
                });
                for received in blocks::packets(block) {
                    is_losing |= received.is_losing;
                    if received.is_whole {
                        self.counters.received += 1;
                        let received_ns = self.stamper.convert(Some(received.stamp_ns));
                        if let Some(packet) = self.fragments.pass(received_ns, received.packet) {
                            sink.handle_packet(received_ns, packet);
                        }
                    } else {
                        self.counters.unreadable += 1;
                    }
                }
                receiver.ring.release();
                blocks += 1;
            }
            if blocks == 0 {
                // Ready without a packet: an error, such as an interface that is down, which reading clears.
                let _ = self.batch.receive(receiver.socket.as_fd(), 0);
            }
            if is_losing {
                self.counters.dropped += u64::from(dropped(receiver.socket.as_fd()));
            }
        }
    }

    fn read_statistics(&mut self) {
        let now_ns = monotonic_ns();
        if now_ns >= self.statistics_ns {
            self.statistics_ns = now_ns + STATISTICS_NS;
            for receiver in &self.rings {
                self.counters.dropped += u64::from(dropped(receiver.socket.as_fd()));
            }
        }
    }
}

impl Link for PacketLink {
    fn start(&mut self) -> Result<(), LinkError> {
        self.sender.start()
    }

    fn has_room(&self) -> bool {
        self.sender.has_room()
    }

    fn send(&mut self, serial: u32, packet: &[u8]) {
        let Some(destination) = ip::destination(packet) else {
            self.counters.refused += 1;
            return;
        };
        let way = self.egress.way(destination);
        if way == Way::None {
            self.counters.refused += 1;
            self.counters.refused_errno = Some(libc::ENETUNREACH);
            return;
        }
        if let Way::Ethernet {
            interface,
            from,
            to,
        } = way
            && let Some(socket) = position(&self.interfaces, interface)
        {
            let protocol = if destination.is_ipv6() {
                libc::ETH_P_IPV6
            } else {
                libc::ETH_P_IP
            };
            let header = ethernet(from, to, protocol);
            self.sender.push(socket, serial, &header, packet);
            return;
        }
        self.sent.push((serial, monotonic_ns()));
        self.raw.send(serial, packet);
    }

    fn flush(&mut self) {
        self.sender.flush();
    }

    fn finish(&mut self) {
        self.sender.finish();
    }

    fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        let rings = self.rings.iter().map(|receiver| receiver.socket.as_fd());
        let mut descriptors = vec![self.sender.room()];
        descriptors.extend(rings);
        descriptors.extend(self.updates.as_ref().map(AsFd::as_fd));
        descriptors.extend(self.raw.descriptors());
        descriptors
    }

    fn receive(&mut self, ready: Ready, sink: &mut dyn Sink) {
        if ready.contains(0) {
            self.sender.clear_room();
        }
        for (serial, sent_ns) in self.sent.drain(..) {
            sink.handle_sent(serial, sent_ns);
        }
        self.sender
            .settle(0, &mut |serial, sent_ns| sink.handle_sent(serial, sent_ns));
        self.receive_frames(ready, 1, sink);
        let mut next = 1 + self.rings.len();
        if self.updates.is_some() {
            if ready.contains(next) {
                self.read_routes();
                self.take_routes();
            }
            next += 1;
        }
        let mut sink = AfterItsProbe {
            sender: &mut self.sender,
            sink,
        };
        self.raw.receive(ready.after(next), &mut sink);
        self.read_statistics();
    }

    fn counters(&self) -> Counters {
        let (ours, raw, sender) = (self.counters, self.raw.counters(), self.sender.counters());
        let fragments = self.fragments.counts();
        Counters {
            sent: raw.sent + sender.sent,
            frames: sender.sent,
            retried: raw.retried + sender.retried,
            refused: ours.refused + raw.refused + sender.refused,
            refused_errno: sender
                .refused_errno
                .or(raw.refused_errno)
                .or(ours.refused_errno),
            received: ours.received + raw.received,
            dropped: ours.dropped + raw.dropped,
            reassembled: fragments.reassembled,
            unfinished: fragments.unfinished,
            overlapped: fragments.overlapped,
            unreadable: ours.unreadable + raw.unreadable,
        }
    }

    fn ways(&self) -> Vec<Leave> {
        let frames = self.names.iter().cloned().map(Leave::Frames);
        frames.chain(self.raw.ways()).collect()
    }
}

/// Tells that a probe has left before it hands over what may be its reply.
struct AfterItsProbe<'a> {
    sender: &'a mut Sender,
    sink: &'a mut dyn Sink,
}

impl Sink for AfterItsProbe<'_> {
    fn handle_sent(&mut self, serial: u32, sent_ns: u64) {
        self.sink.handle_sent(serial, sent_ns);
    }

    fn handle_packet(&mut self, received_ns: u64, packet: &[u8]) {
        let sink = &mut *self.sink;
        self.sender.settle(received_ns, &mut |serial, sent_ns| {
            sink.handle_sent(serial, sent_ns);
        });
        self.sink.handle_packet(received_ns, packet);
    }
}

fn position(interfaces: &[u32], wanted: u32) -> Option<usize> {
    interfaces.iter().position(|interface| *interface == wanted)
}

fn ethernet(from: [u8; 6], to: [u8; 6], protocol: i32) -> [u8; ETHERNET] {
    let protocol = u16::try_from(protocol).expect("types of Ethernet have 16 bits");
    let mut header = [0; ETHERNET];
    header[..6].copy_from_slice(&to);
    header[6..12].copy_from_slice(&from);
    header[12..].copy_from_slice(&protocol.to_be_bytes());
    header
}

/// Enough for the replies of a part of a second.
fn blocks(rate_pps: u32) -> usize {
    let octets = rate_pps as usize / RING_PART * REPLY;
    (octets / BLOCK).clamp(BLOCKS_MIN, BLOCKS_MAX)
}
