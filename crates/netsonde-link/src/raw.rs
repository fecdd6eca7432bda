//! The link with `CAP_NET_RAW`: packets leave exactly as they were built, and every header of a reply is seen.
use crate::ancillary::Ancillary;
use crate::descriptors::{Descriptor, Role};
use crate::link::{Counters, Leave, Link, Sink};
use crate::poll::Ready;
use crate::send::send;
use crate::stamp::Stamper;
use crate::sys::batch::{BATCH, Batch, Message};
use netsonde_wire::ip::{self, IpBuild, protocol};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Batches read from one socket before the others get their turn.
const ROUNDS_MAX: usize = 64;

/// Raw sockets of one or both IP versions.
pub struct RawLink {
    sender4: Option<OwnedFd>,
    sender6: Option<OwnedFd>,
    receivers: Vec<Receiver>,
    batch: Batch,
    stamper: Stamper,
    counters: Counters,
    /// A rebuilt IPv6 packet.
    rebuilt: Vec<u8>,
}

struct Receiver {
    role: Role,
    socket: OwnedFd,
    dropped: u32,
}

impl RawLink {
    /// Takes over the descriptors of [`open_raw`](crate::broker::open_raw); those of other links are closed.
    pub fn new(descriptors: Vec<Descriptor>) -> Self {
        let (mut sender4, mut sender6, mut receivers) = (None, None, Vec::new());
        for Descriptor { role, socket } in descriptors {
            match role {
                Role::Send4 => sender4 = Some(socket),
                Role::Send6 => sender6 = Some(socket),
                Role::Icmp4 | Role::Icmp6 | Role::Tcp4 | Role::Tcp6 | Role::Udp4 | Role::Udp6 => {
                    receivers.push(Receiver {
                        role,
                        socket,
                        dropped: 0,
                    });
                }
                _ => {}
            }
        }
        Self {
            sender4,
            sender6,
            receivers,
            batch: Batch::new(),
            stamper: Stamper::new(),
            counters: Counters::default(),
            rebuilt: Vec::new(),
        }
    }
}

impl Link for RawLink {
    fn send(&mut self, _serial: u32, packet: &[u8]) {
        let destination = ip::destination(packet);
        let socket = match destination {
            Some(IpAddr::V4(_)) => self.sender4.as_ref(),
            Some(IpAddr::V6(_)) => self.sender6.as_ref(),
            None => None,
        };
        match (socket, destination) {
            (Some(socket), Some(address)) => {
                send(
                    socket.as_fd(),
                    packet,
                    SocketAddr::new(address, 0),
                    &[],
                    &mut self.counters,
                );
            }
            _ => self.counters.refused += 1,
        }
    }

    fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        self.receivers
            .iter()
            .map(|receiver| receiver.socket.as_fd())
            .collect()
    }

    fn receive(&mut self, ready: Ready, sink: &mut dyn Sink) {
        for (index, receiver) in self.receivers.iter_mut().enumerate() {
            if !ready.contains(index) {
                continue;
            }
            for _ in 0..ROUNDS_MAX {
                let Ok(count) = self.batch.receive(receiver.socket.as_fd(), 0) else {
                    break;
                };
                self.stamper.refresh();
                for message in (0..count).map(|index| self.batch.message(index)) {
                    let ancillary = Ancillary::parse(message.control);
                    let dropped = ancillary.dropped.unwrap_or(receiver.dropped);
                    self.counters.dropped += u64::from(dropped.wrapping_sub(receiver.dropped));
                    receiver.dropped = dropped;
                    let received_ns = self.stamper.convert(ancillary.stamp_ns);
                    match whole(receiver.role, &message, &ancillary, &mut self.rebuilt) {
                        Some(packet) => {
                            self.counters.received += 1;
                            sink.handle_packet(received_ns, packet);
                        }
                        None => self.counters.unreadable += 1,
                    }
                }
                if count < BATCH {
                    break;
                }
            }
        }
    }

    fn counters(&self) -> Counters {
        self.counters
    }

    fn ways(&self) -> Vec<Leave> {
        vec![Leave::Raw]
    }
}

/// The whole IP packet: IPv4 sockets give it, for IPv6 the header is rebuilt from the ancillary data.
fn whole<'a>(
    role: Role,
    message: &Message<'a>,
    ancillary: &Ancillary,
    rebuilt: &'a mut Vec<u8>,
) -> Option<&'a [u8]> {
    if message.truncated {
        return None;
    }
    let protocol = match role {
        Role::Icmp6 => protocol::ICMPV6,
        Role::Tcp6 => protocol::TCP,
        Role::Udp6 => protocol::UDP,
        _ => return Some(message.bytes),
    };
    let header = IpBuild {
        source: message.peer?.ip(),
        destination: ancillary.destination?,
        protocol,
        ttl: ancillary.ttl?,
        tos: ancillary.tos.unwrap_or(0),
        ident: 0,
        flow_label: ancillary.flow_label,
        dont_fragment: false,
    };
    rebuilt.clear();
    header.emit(message.bytes, rebuilt);
    Some(rebuilt)
}

#[cfg(test)]
mod tests;
