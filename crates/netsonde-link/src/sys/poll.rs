//! `ppoll`, for its nanosecond timeout.
use crate::LinkError;
use crate::poll::DESCRIPTORS_MAX;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::ptr;

/// A set bit per descriptor that is readable, hung up or in error; 0 on a timeout or a signal. Those with a bit in
/// `hang_ups_only` count only if hung up or in error, those with one in `writable` if they are that.
/// At most [`DESCRIPTORS_MAX`] descriptors.
pub(crate) fn ppoll(
    descriptors: &[BorrowedFd<'_>],
    (hang_ups_only, writable): (u64, u64),
    timeout_ns: Option<u64>,
) -> Result<u64, LinkError> {
    let mut polled = [libc::pollfd {
        fd: -1,
        events: libc::POLLIN,
        revents: 0,
    }; DESCRIPTORS_MAX];
    for (index, (slot, descriptor)) in polled.iter_mut().zip(descriptors).enumerate() {
        slot.fd = descriptor.as_raw_fd();
        if hang_ups_only & (1 << index) != 0 {
            slot.events = 0;
        } else if writable & (1 << index) != 0 {
            slot.events = libc::POLLOUT;
        }
    }
    let count = descriptors.len().min(DESCRIPTORS_MAX);
    let timeout = timeout_ns.map(timespec);
    let timeout_pointer = timeout.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: `polled` has at least `count` entries; the timeout is null or outlives the call; no signal mask.
    // JUSTIFICATION: std cannot wait for several descriptors.
    let result = unsafe {
        libc::ppoll(
            polled.as_mut_ptr(),
            count as libc::nfds_t,
            timeout_pointer,
            ptr::null(),
        )
    };
    if result < 0 {
        let source = io::Error::last_os_error();
        return if source.kind() == io::ErrorKind::Interrupted {
            Ok(0)
        } else {
            Err(LinkError::Call {
                call: "ppoll",
                source,
            })
        };
    }
    let ready = polled
        .iter()
        .take(count)
        .enumerate()
        .filter(|(_, slot)| slot.revents != 0);
    Ok(ready.fold(0, |bits, (index, _)| bits | 1 << index))
}

/// Waits until a message can be sent, at most `timeout_ns`.
pub(crate) fn writable(descriptor: BorrowedFd<'_>, timeout_ns: u64) {
    wait_for_room(descriptor.as_raw_fd(), timeout_ns);
}

/// Waits `timeout_ns`, or until a signal comes.
pub(crate) fn pause(timeout_ns: u64) {
    // A negative descriptor is passed over.
    wait_for_room(-1, timeout_ns);
}

fn wait_for_room(descriptor: RawFd, timeout_ns: u64) {
    let mut polled = libc::pollfd {
        fd: descriptor,
        events: libc::POLLOUT,
        revents: 0,
    };
    let timeout = timespec(timeout_ns);
    // SAFETY: one entry, which like the timeout outlives the call. JUSTIFICATION: as above; and the sealed engine may
    // call nothing else that sleeps. Its result does not matter: the send that follows tells what there is to know.
    unsafe { libc::ppoll(&raw mut polled, 1, &raw const timeout, ptr::null()) };
}

fn timespec(ns: u64) -> libc::timespec {
    let seconds = ns / 1_000_000_000;
    // `tv_nsec` is below 10^9 and so fits every C long; a wait of centuries is as good as one of more.
    libc::timespec {
        tv_sec: libc::time_t::try_from(seconds).unwrap_or(libc::time_t::MAX),
        tv_nsec: libc::c_long::try_from(ns % 1_000_000_000).unwrap_or(0),
    }
}
