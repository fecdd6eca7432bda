//! Receiving many messages with their ancillary data in one system call.
use super::socket::{empty_address, from_kernel};
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

/// Messages read by one call at most.
pub(crate) const BATCH: usize = 16;
/// Longest IP packet.
const PACKET_MAX: usize = 65_536;
/// Room for the ancillary data we ask for; the largest is an extended error with its address.
const CONTROL_MAX: usize = 512;

/// Buffers for a batch of messages, used again and again. Pages that no packet touched cost nothing.
pub(crate) struct Batch {
    bytes: Vec<u8>,
    controls: Vec<Control>,
    names: [libc::sockaddr_storage; BATCH],
    headers: [libc::mmsghdr; BATCH],
}

/// Ancillary data needs the alignment of its headers.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Control([u8; CONTROL_MAX]);

/// One received message.
pub(crate) struct Message<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) control: &'a [u8],
    /// Bytes or ancillary data did not fit.
    pub(crate) truncated: bool,
}

impl Batch {
    pub(crate) fn new() -> Self {
        // SAFETY: an `mmsghdr` is plain old data for which all zeroes is a value; `receive` sets it before use.
        // JUSTIFICATION: it has private padding on some platforms.
        let headers = unsafe { mem::zeroed() };
        Self {
            bytes: vec![0; BATCH * PACKET_MAX],
            controls: vec![Control([0; CONTROL_MAX]); BATCH],
            names: [empty_address(); BATCH],
            headers,
        }
    }

    /// Reads what is there, without waiting; returns how many messages. `MSG_ERRQUEUE` in `flags` reads errors.
    pub(crate) fn receive(&mut self, socket: BorrowedFd<'_>, flags: i32) -> io::Result<usize> {
        let mut parts = [libc::iovec {
            iov_base: ptr::null_mut(),
            iov_len: PACKET_MAX,
        }; BATCH];
        let chunks = self
            .bytes
            .chunks_exact_mut(PACKET_MAX)
            .zip(&mut self.controls)
            .zip(&mut self.names);
        for (((chunk, control), name), (part, header)) in
            chunks.zip(parts.iter_mut().zip(&mut self.headers))
        {
            part.iov_base = chunk.as_mut_ptr().cast();
            let message = &mut header.msg_hdr;
            message.msg_name = ptr::from_mut(name).cast();
            message.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            message.msg_iov = ptr::from_mut(part);
            message.msg_iovlen = 1;
            message.msg_control = control.0.as_mut_ptr().cast();
            message.msg_controllen = CONTROL_MAX as _;
            message.msg_flags = 0;
        }
        // SAFETY: each of the BATCH headers points to a name, a part and a control buffer of the stated length, which
        // live in `self` and `parts` and are borrowed by nobody else until the call returns; no timeout.
        // JUSTIFICATION: std reads neither ancillary data nor several messages at once.
        let count = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                self.headers.as_mut_ptr(),
                BATCH as libc::c_uint,
                flags | libc::MSG_DONTWAIT,
                ptr::null_mut(),
            )
        };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    }

    /// The message at `index`, below what the last [`Batch::receive`] returned.
    pub(crate) fn message(&self, index: usize) -> Message<'_> {
        let header = &self.headers[index];
        let start = index * PACKET_MAX;
        let length = (header.msg_len as usize).min(PACKET_MAX);
        let control = header.msg_hdr.msg_controllen.min(CONTROL_MAX);
        Message {
            bytes: &self.bytes[start..start + length],
            peer: from_kernel(&self.names[index], header.msg_hdr.msg_namelen),
            control: &self.controls[index].0[..control],
            truncated: header.msg_hdr.msg_flags & (libc::MSG_TRUNC | libc::MSG_CTRUNC) != 0,
        }
    }
}
