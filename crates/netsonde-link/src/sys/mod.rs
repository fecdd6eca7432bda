//! System calls, one thin safe function each. The only unsafe code of the workspace.
#![expect(
    unsafe_code,
    reason = "system calls without a safe wrapper in std; the rest of the crate builds on these"
)]
#![expect(
    clippy::cast_possible_truncation,
    reason = "sizes of C structs and constants of the kernel fit the C types that take them"
)]

pub(crate) mod batch;
pub(crate) mod packet;
pub(crate) mod poll;
pub(crate) mod process;
pub(crate) mod socket;
pub(crate) mod time;
pub(crate) mod tun;

use crate::LinkError;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// Makes reads and writes return at once.
pub(crate) fn set_nonblocking(descriptor: BorrowedFd<'_>) -> Result<(), LinkError> {
    let raw = descriptor.as_raw_fd();
    // SAFETY: F_GETFL and F_SETFL touch no memory of ours; the descriptor is open while borrowed.
    // JUSTIFICATION: std can do this to its own sockets only.
    let result = unsafe {
        let flags = libc::fcntl(raw, libc::F_GETFL);
        if flags < 0 {
            flags
        } else {
            libc::fcntl(raw, libc::F_SETFL, flags | libc::O_NONBLOCK)
        }
    };
    if result < 0 {
        Err(LinkError::last("fcntl(O_NONBLOCK)"))
    } else {
        Ok(())
    }
}

/// Lets a pipe hold that many octets. Where that is not allowed, and for what is no pipe, nothing changes.
pub(crate) fn enlarge_pipe(descriptor: BorrowedFd<'_>, octets: i32) {
    // SAFETY: touches no memory; the descriptor is open while borrowed. JUSTIFICATION: std has no such call.
    unsafe { libc::fcntl(descriptor.as_raw_fd(), libc::F_SETPIPE_SZ, octets) };
}

/// A new descriptor for what is open under a number.
pub(crate) fn duplicate(number: i32) -> Result<OwnedFd, LinkError> {
    // SAFETY: touches no memory; a number that is not open is an error. JUSTIFICATION: std duplicates only what it
    // owns or borrows already.
    let raw = unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 0) };
    if raw < 0 {
        return Err(LinkError::last("fcntl(F_DUPFD_CLOEXEC)"));
    }
    // SAFETY: the kernel just gave us this descriptor and nobody else knows it.
    // JUSTIFICATION: it must be closed exactly once.
    Ok(unsafe { OwnedFd::from_raw_fd(raw) })
}

/// Moves this thread into a new network namespace; false where that is not allowed.
#[cfg(test)]
pub(crate) fn unshare_network() -> bool {
    // SAFETY: touches no memory. JUSTIFICATION: tests must not touch the interfaces of the host.
    unsafe { libc::unshare(libc::CLONE_NEWNET) == 0 }
}
