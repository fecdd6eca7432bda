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
pub(crate) mod poll;
pub(crate) mod process;
pub(crate) mod socket;
pub(crate) mod time;
pub(crate) mod tun;

use crate::LinkError;
use std::os::fd::{AsRawFd, BorrowedFd};

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

/// Moves this thread into a new network namespace; false where that is not allowed.
#[cfg(test)]
pub(crate) fn unshare_network() -> bool {
    // SAFETY: touches no memory. JUSTIFICATION: tests must not touch the interfaces of the host.
    unsafe { libc::unshare(libc::CLONE_NEWNET) == 0 }
}
