//! The link for everybody: UDP sockets (and ping sockets, where the host allows them) with their error queues.
//!
//! The kernel builds the headers of what is sent and keeps those of what comes back; whole packets are put together
//! again from what it tells. A probe's source port becomes that of one of our sockets on the way out, and is put
//! back into the quotes. What the kernel does not tell is 0: the TTL of a reply on kernels that leave it out.
mod rebuild;

use crate::ancillary::{Ancillary, ExtendedError};
use crate::control;
use crate::descriptors::{Descriptor, Role};
use crate::link::{Counters, Leave, Link, Sink};
use crate::memory::{Key, Memory, Sent};
use crate::poll::Ready;
use crate::send::send;
use crate::stamp::Stamper;
use crate::sys::batch::{BATCH, Batch, Message};
use netsonde_wire::ip::{IpPacket, protocol};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Batches read from one queue before the others get their turn.
const ROUNDS_MAX: usize = 16;
/// UDP and ICMP echo headers.
const TRANSPORT_LEN: usize = 8;

/// UDP and ping sockets of one or both IP versions.
pub struct UnprivilegedLink {
    sockets: Vec<Queue>,
    /// Which socket stands for a source port of the host's, by IP version and port.
    ports: BTreeMap<(bool, u16), usize>,
    /// Source ports that have a socket so far.
    assigned: usize,
    memory: Memory,
    batch: Batch,
    stamper: Stamper,
    counters: Counters,
}

/// A socket with its queues of messages and errors.
struct Queue {
    role: Role,
    socket: OwnedFd,
    dropped: u32,
}

impl UnprivilegedLink {
    /// Takes over the descriptors of [`open_unprivileged`](crate::broker::open_unprivileged); those of other links
    /// are closed.
    pub fn new(descriptors: Vec<Descriptor>) -> Self {
        let ours = |role| {
            matches!(
                role,
                Role::Datagram4 | Role::Datagram6 | Role::Ping4 | Role::Ping6
            )
        };
        let kept = descriptors
            .into_iter()
            .filter(|descriptor| ours(descriptor.role));
        Self {
            sockets: kept
                .map(|Descriptor { role, socket }| Queue {
                    role,
                    socket,
                    dropped: 0,
                })
                .collect(),
            ports: BTreeMap::new(),
            assigned: 0,
            memory: Memory::new(),
            batch: Batch::new(),
            stamper: Stamper::new(),
            counters: Counters::default(),
        }
    }

    /// The socket that stands for a source port: each new port takes the next one, round and round.
    fn datagram_socket(&mut self, v6: bool, source_port: u16) -> Option<usize> {
        if let Some(index) = self.ports.get(&(v6, source_port)) {
            return Some(*index);
        }
        let role = if v6 { Role::Datagram6 } else { Role::Datagram4 };
        let ours: Vec<usize> = (0..self.sockets.len())
            .filter(|index| self.sockets[*index].role == role)
            .collect();
        let index = *ours.get(self.assigned.checked_rem(ours.len())?)?;
        self.assigned += 1;
        self.ports.insert((v6, source_port), index);
        Some(index)
    }

    /// Which socket carries this packet, where to, and by which number its replies are known.
    fn route(&mut self, packet: &IpPacket<'_>) -> Option<(Key, SocketAddr)> {
        let destination = packet.header.destination;
        let v6 = destination.is_ipv6();
        let header = packet.payload.first_chunk::<TRANSPORT_LEN>()?;
        let word = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
        match packet.header.protocol {
            protocol::UDP => {
                let socket = self.datagram_socket(v6, word(0))?;
                let number = word(2);
                Some((
                    Key {
                        socket,
                        destination,
                        number,
                    },
                    SocketAddr::new(destination, number),
                ))
            }
            protocol::ICMP | protocol::ICMPV6 => {
                let role = if v6 { Role::Ping6 } else { Role::Ping4 };
                let socket = self.sockets.iter().position(|socket| socket.role == role)?;
                Some((
                    Key {
                        socket,
                        destination,
                        number: word(6),
                    },
                    SocketAddr::new(destination, 0),
                ))
            }
            _ => None,
        }
    }
}

impl Link for UnprivilegedLink {
    fn send(&mut self, _serial: u32, packet: &[u8]) {
        let Ok(parsed) = IpPacket::parse(packet) else {
            self.counters.refused += 1;
            return;
        };
        let Some((key, destination)) = self.route(&parsed) else {
            self.counters.refused += 1;
            return;
        };
        let socket = &self.sockets[key.socket];
        // The kernel writes the UDP header; of an echo request it takes the header from us, but for the identifier.
        let is_ping = matches!(socket.role, Role::Ping4 | Role::Ping6);
        let bytes = if is_ping {
            parsed.payload
        } else {
            &parsed.payload[TRANSPORT_LEN..]
        };
        let control = ancillary(&parsed);
        let ip_len = parsed.header.header_len;
        let (headers, payload) = packet[..parsed.header.total_len].split_at(ip_len + TRANSPORT_LEN);
        let sent = Sent {
            headers: headers.to_vec(),
            ip_len,
            payload: payload.to_vec(),
        };
        // Remembered first: on a short path the answer is here before the send returns.
        self.memory.insert(key, sent);
        send(
            socket.socket.as_fd(),
            bytes,
            destination,
            &control,
            &mut self.counters,
        );
    }

    fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        self.sockets
            .iter()
            .map(|socket| socket.socket.as_fd())
            .collect()
    }

    fn receive(&mut self, ready: Ready, sink: &mut dyn Sink) {
        let Self {
            sockets,
            memory,
            batch,
            stamper,
            counters,
            ..
        } = self;
        for (index, socket) in sockets
            .iter_mut()
            .enumerate()
            .filter(|(index, _)| ready.contains(*index))
        {
            for flags in [libc::MSG_ERRQUEUE, 0] {
                for _ in 0..ROUNDS_MAX {
                    // An error about an earlier probe ends a plain read; the queue of errors has just told of it.
                    let Ok(count) = batch.receive(socket.socket.as_fd(), flags) else {
                        break;
                    };
                    stamper.refresh();
                    for message in (0..count).map(|index| batch.message(index)) {
                        let ancillary = Ancillary::parse(message.control);
                        let dropped = ancillary.dropped.unwrap_or(socket.dropped);
                        counters.dropped += u64::from(dropped.wrapping_sub(socket.dropped));
                        socket.dropped = dropped;
                        match whole(index, socket.role, &message, &ancillary, memory) {
                            Some(packet) => {
                                counters.received += 1;
                                sink.handle_packet(stamper.convert(ancillary.stamp_ns), &packet);
                            }
                            None => counters.unreadable += 1,
                        }
                    }
                    if count < BATCH {
                        break;
                    }
                }
            }
        }
    }

    fn counters(&self) -> Counters {
        self.counters
    }

    fn ways(&self) -> Vec<Leave> {
        vec![Leave::Unprivileged]
    }
}

/// The packet that this message stands for.
fn whole(
    socket: usize,
    role: Role,
    message: &Message<'_>,
    ancillary: &Ancillary,
    memory: &Memory,
) -> Option<Vec<u8>> {
    if message.truncated {
        return None;
    }
    let peer = message.peer?;
    let is_ping = matches!(role, Role::Ping4 | Role::Ping6);
    // Of a quoted UDP probe the payload comes back, of a quoted echo request also its header.
    let (header, extensions_at) = match ancillary.error {
        Some(ExtendedError { extensions_at, .. }) => (message.bytes, usize::from(extensions_at)),
        None => (message.bytes, 0),
    };
    let end = if extensions_at == 0 {
        header.len()
    } else {
        extensions_at.min(header.len())
    };
    let (quoted, extensions) = header.split_at(end);
    let (number, returned) = if is_ping {
        let (echo, returned) = quoted.split_first_chunk::<TRANSPORT_LEN>()?;
        (u16::from_be_bytes([echo[6], echo[7]]), returned)
    } else {
        (peer.port(), quoted)
    };
    let returned = if extensions_at == 0 {
        returned
    } else {
        without_padding(returned)
    };
    let key = |destination: IpAddr| Key {
        socket,
        destination,
        number,
    };
    match ancillary.error {
        Some(error) => {
            let sent = memory.find(key(peer.ip()), returned)?;
            rebuild::error(&error, ancillary, sent, returned, extensions)
        }
        // A UDP reply has a payload of its own; an echo reply repeats ours.
        None if is_ping => rebuild::echo_reply(
            peer.ip(),
            ancillary,
            memory.find(key(peer.ip()), returned)?,
            message.bytes,
        ),
        None => rebuild::datagram(
            peer,
            ancillary,
            memory.find(key(peer.ip()), &[])?,
            message.bytes,
        ),
    }
}

/// Before extensions a quote is filled up with zeros (RFC 4884 section 5): what came back of a probe ends before them.
fn without_padding(returned: &[u8]) -> &[u8] {
    let padding = returned.iter().rev().take_while(|byte| **byte == 0).count();
    &returned[..returned.len() - padding]
}

/// TTL, type of service and source address of one packet.
fn ancillary(packet: &IpPacket<'_>) -> Vec<u8> {
    let (ttl, tos) = (
        i32::from(packet.header.ttl).to_ne_bytes(),
        i32::from(packet.header.tos).to_ne_bytes(),
    );
    let mut control = Vec::new();
    match packet.header.source {
        IpAddr::V4(source) => {
            control::push(&mut control, libc::IPPROTO_IP, libc::IP_TTL, &ttl);
            control::push(&mut control, libc::IPPROTO_IP, libc::IP_TOS, &tos);
            // `struct in_pktinfo`: interface, local address, and an address that is ignored when sending.
            let info = [[0; 4], source.octets(), [0; 4]].concat();
            control::push(&mut control, libc::IPPROTO_IP, libc::IP_PKTINFO, &info);
        }
        IpAddr::V6(source) => {
            control::push(&mut control, libc::IPPROTO_IPV6, libc::IPV6_HOPLIMIT, &ttl);
            control::push(&mut control, libc::IPPROTO_IPV6, libc::IPV6_TCLASS, &tos);
            // `struct in6_pktinfo`: local address and interface.
            let info = [&source.octets()[..], &[0; 4]].concat();
            control::push(&mut control, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &info);
        }
    }
    control
}

#[cfg(test)]
mod tests;
