//! Packet sockets: binding, the receive ring, its statistics, and sending many frames at once.
use crate::LinkError;
use std::ffi::CStr;
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering};

/// Frames sent by one call at most.
pub(crate) const SEND_BATCH: usize = 16;
/// Offset of a block's status.
const STATUS: usize = 8;
/// The block belongs to the kernel, or to us.
const STATUS_KERNEL: u32 = 0;
const STATUS_USER: u32 = 1;

/// Binds to an interface; protocol 0 receives nothing.
pub(crate) fn bind(socket: BorrowedFd<'_>, protocol: u16, interface: u32) -> Result<(), LinkError> {
    let mut address = empty_address();
    address.sll_family = libc::AF_PACKET as libc::sa_family_t;
    address.sll_protocol = protocol.to_be();
    address.sll_ifindex = interface.cast_signed();
    let length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    // SAFETY: `address` is `length` bytes of a packet address. JUSTIFICATION: std binds UDP and TCP sockets only.
    let result = unsafe { libc::bind(socket.as_raw_fd(), ptr::from_ref(&address).cast(), length) };
    if result < 0 {
        Err(LinkError::last("bind(AF_PACKET)"))
    } else {
        Ok(())
    }
}

/// The interface that a socket is bound to.
pub(crate) fn bound_interface(socket: BorrowedFd<'_>) -> Result<u32, LinkError> {
    let mut address = empty_address();
    let mut length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes to `address`. JUSTIFICATION: std knows no packet addresses.
    let result = unsafe {
        libc::getsockname(
            socket.as_raw_fd(),
            ptr::from_mut(&mut address).cast(),
            &raw mut length,
        )
    };
    if result < 0 {
        Err(LinkError::last("getsockname(AF_PACKET)"))
    } else {
        Ok(address.sll_ifindex.cast_unsigned())
    }
}

/// What an interface is called; its number if it is gone.
pub(crate) fn interface_name(index: u32) -> String {
    let mut name = [0u8; libc::IF_NAMESIZE];
    // SAFETY: the kernel writes a name of at most `IF_NAMESIZE` bytes, zero included, or nothing.
    // JUSTIFICATION: std knows no interfaces.
    let found = unsafe { libc::if_indextoname(index, name.as_mut_ptr().cast()) };
    let text = CStr::from_bytes_until_nul(&name).unwrap_or_default();
    if found.is_null() {
        index.to_string()
    } else {
        text.to_string_lossy().into_owned()
    }
}

fn empty_address() -> libc::sockaddr_ll {
    // SAFETY: a `sockaddr_ll` is plain old data for which all zeroes is a value. JUSTIFICATION: shorter than its fields.
    unsafe { mem::zeroed() }
}

/// How many packets the ring had no room for since the last call.
pub(crate) fn dropped(socket: BorrowedFd<'_>) -> u32 {
    // Packets, drops, and times that the ring was full.
    let mut statistics = [0u32; 3];
    let mut length = size_of_val(&statistics) as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes to `statistics`. JUSTIFICATION: std has no such option.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_STATISTICS,
            statistics.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if result < 0 { 0 } else { statistics[1] }
}

/// The memory that the kernel writes received packets to, block by block.
#[derive(Debug)]
pub(crate) struct Ring {
    start: NonNull<u8>,
    block_size: usize,
    blocks: usize,
    current: usize,
}

// SAFETY: the memory is nobody else's in this process, and what the kernel does to it is ordered by the blocks' status.
// JUSTIFICATION: a link may be handed to another thread.
unsafe impl Send for Ring {}

impl Ring {
    /// Gives a socket a ring; call it before the socket receives.
    pub(crate) fn new(
        socket: BorrowedFd<'_>,
        block_size: usize,
        blocks: usize,
        retire_ms: u32,
    ) -> Result<Self, LinkError> {
        let version = libc::tpacket_versions::TPACKET_V3 as i32;
        set(
            socket,
            libc::PACKET_VERSION,
            &version,
            "setsockopt(PACKET_VERSION)",
        )?;
        let request = libc::tpacket_req3 {
            tp_block_size: block_size as u32,
            tp_block_nr: blocks as u32,
            // Only its divisibility matters: frames have the length that they need.
            tp_frame_size: 2_048,
            tp_frame_nr: (block_size / 2_048 * blocks) as u32,
            tp_retire_blk_tov: retire_ms,
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        set(
            socket,
            libc::PACKET_RX_RING,
            &request,
            "setsockopt(PACKET_RX_RING)",
        )?;
        // SAFETY: asks for new memory of the length that the kernel has just set up; nothing is overwritten.
        // JUSTIFICATION: std maps no memory.
        let memory = unsafe {
            libc::mmap(
                ptr::null_mut(),
                block_size * blocks,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                socket.as_raw_fd(),
                0,
            )
        };
        if memory == libc::MAP_FAILED {
            return Err(LinkError::last("mmap(PACKET_RX_RING)"));
        }
        let start = NonNull::new(memory.cast()).expect("mmap gives no null pointer");
        Ok(Self {
            start,
            block_size,
            blocks,
            current: 0,
        })
    }

    /// The next block that the kernel has finished, if there is one. It stays the next until it is released.
    pub(crate) fn block(&mut self) -> Option<&[u8]> {
        if self.status().load(Ordering::Acquire) & STATUS_USER == 0 {
            return None;
        }
        let offset = self.current * self.block_size;
        // SAFETY: the block lies inside the mapping, and while its status is ours the kernel does not write to it.
        // JUSTIFICATION: this memory is shared with the kernel.
        Some(unsafe {
            std::slice::from_raw_parts(self.start.as_ptr().add(offset), self.block_size)
        })
    }

    /// Gives the block back to the kernel.
    pub(crate) fn release(&mut self) {
        self.status().store(STATUS_KERNEL, Ordering::Release);
        self.current = (self.current + 1) % self.blocks;
    }

    fn status(&self) -> &AtomicU32 {
        let offset = self.current * self.block_size + STATUS;
        // SAFETY: every block begins with its header, aligned to pages, and lives as long as the mapping.
        // JUSTIFICATION: as above.
        unsafe { AtomicU32::from_ptr(self.start.as_ptr().add(offset).cast()) }
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: this is the mapping that `new` made, and nobody has a reference into it any more.
        // JUSTIFICATION: as above.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.block_size * self.blocks) };
    }
}

/// Sends frames, without waiting; returns how many the kernel took, if any. At most [`SEND_BATCH`] count.
pub(crate) fn send<'a>(
    socket: BorrowedFd<'_>,
    frames: impl Iterator<Item = &'a [u8]>,
) -> io::Result<usize> {
    let mut parts = [libc::iovec {
        iov_base: ptr::null_mut(),
        iov_len: 0,
    }; SEND_BATCH];
    // SAFETY: an `mmsghdr` is plain old data for which all zeroes is a value.
    // JUSTIFICATION: it has private padding on some platforms.
    let mut headers: [libc::mmsghdr; SEND_BATCH] = unsafe { mem::zeroed() };
    let mut count = 0;
    for ((part, header), frame) in parts.iter_mut().zip(&mut headers).zip(frames) {
        // The kernel only reads through the pointer, although the field is mutable.
        part.iov_base = frame.as_ptr().cast_mut().cast();
        part.iov_len = frame.len();
        header.msg_hdr.msg_iov = ptr::from_mut(part);
        header.msg_hdr.msg_iovlen = 1;
        count += 1;
    }
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: each of the `count` headers points to a part, and that to a frame, which all outlive the call.
    // JUSTIFICATION: std sends no frames, and not several at once.
    let sent = unsafe { libc::sendmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), count, flags) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// A counter that descriptors of waiting threads can tell.
pub(crate) fn event() -> Result<std::os::fd::OwnedFd, LinkError> {
    // SAFETY: touches no memory. JUSTIFICATION: std has none.
    let raw = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
    if raw < 0 {
        return Err(LinkError::last("eventfd"));
    }
    // SAFETY: the kernel just gave us this descriptor and nobody else knows it.
    // JUSTIFICATION: it must be closed exactly once.
    Ok(unsafe { std::os::fd::FromRawFd::from_raw_fd(raw) })
}

/// One heap for all threads: another one would be made with a system call that a seal forbids.
pub(crate) fn one_heap() {
    #[cfg(target_env = "gnu")]
    // SAFETY: sets a number in the allocator. JUSTIFICATION: std does not offer it.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

fn set<T>(
    socket: BorrowedFd<'_>,
    name: i32,
    value: &T,
    call: &'static str,
) -> Result<(), LinkError> {
    let length = size_of::<T>() as libc::socklen_t;
    // SAFETY: `value` is `length` readable bytes. JUSTIFICATION: std has none of these options.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            name,
            ptr::from_ref(value).cast(),
            length,
        )
    };
    if result < 0 {
        Err(LinkError::last(call))
    } else {
        Ok(())
    }
}
