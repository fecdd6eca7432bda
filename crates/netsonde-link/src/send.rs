//! Sending that survives full queues and errors of earlier probes.
use crate::link::Counters;
use crate::sys;
use crate::sys::poll::{pause, writable};
use std::io;
use std::net::SocketAddr;
use std::os::fd::BorrowedFd;

/// Tries per packet.
const TRIES_MAX: u32 = 5;
/// Wait for room in a queue before the next try.
const ROOM_WAIT_NS: u64 = 2_000_000;

/// Sends one message and counts what became of it; true if the kernel took it.
pub(crate) fn send(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    destination: SocketAddr,
    control: &[u8],
    counters: &mut Counters,
) -> bool {
    for _ in 1..TRIES_MAX {
        match sys::socket::send(socket, bytes, destination, control) {
            Ok(()) => {
                counters.sent += 1;
                return true;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                writable(socket, ROOM_WAIT_NS);
            }
            // The card's queue is full, which no descriptor tells.
            Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => pause(ROOM_WAIT_NS),
            Err(error) if may_be_stale(&error) => {}
            Err(error) => return refuse(&error, counters),
        }
        counters.retried += 1;
    }
    match sys::socket::send(socket, bytes, destination, control) {
        Ok(()) => {
            counters.sent += 1;
            true
        }
        Err(error) => refuse(&error, counters),
    }
}

fn refuse(error: &io::Error, counters: &mut Counters) -> bool {
    counters.refused += 1;
    counters.refused_errno = error.raw_os_error();
    false
}

/// An ICMP error about an earlier probe makes the next send on its socket fail once, with what it stood for.
fn may_be_stale(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(
            libc::EINTR
                | libc::ECONNREFUSED
                | libc::EHOSTUNREACH
                | libc::ENETUNREACH
                | libc::EHOSTDOWN
                | libc::ENONET
                | libc::EPROTO
                | libc::ENOPROTOOPT
                | libc::EOPNOTSUPP
                | libc::EACCES
                | libc::EMSGSIZE
        )
    )
}
