//! TUN interfaces: the kernel's side of a link whose other side is us.
use crate::{LinkError, sys};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;

/// A TUN interface: reading gives the whole IP packets that the kernel routes to it, writing makes it receive them.
#[derive(Debug)]
pub struct Tun {
    file: File,
}

impl Tun {
    /// Creates the interface, or attaches to an idle one of that name, in the network namespace of this thread.
    /// Needs `CAP_NET_ADMIN` there. Returns the interface and its name: a `%d` in `name` is replaced by a free number.
    ///
    /// # Errors
    /// [`LinkError::InterfaceName`] for a name that does not fit, [`LinkError::Call`] where the kernel refuses.
    pub fn open(name: &str) -> Result<(Self, String), LinkError> {
        let longest = sys::tun::NAME_MAX;
        if name.is_empty() || name.len() > longest || name.contains('\0') {
            return Err(LinkError::InterfaceName {
                found: name.to_owned(),
                longest,
            });
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
            .open("/dev/net/tun")
            .map_err(|source| LinkError::Call {
                call: "open(/dev/net/tun)",
                source,
            })?;
        let name = sys::tun::set_interface(file.as_fd(), name.as_bytes())?;
        Ok((Self { file }, name))
    }

    /// Takes over a descriptor that [`Tun::open`], or another program, attached to an interface
    /// (`IFF_TUN | IFF_NO_PI`), and makes it non-blocking.
    ///
    /// # Errors
    /// [`LinkError::Call`] if the descriptor cannot be made non-blocking.
    pub fn from_descriptor(descriptor: OwnedFd) -> Result<Self, LinkError> {
        sys::set_nonblocking(descriptor.as_fd())?;
        Ok(Self {
            file: descriptor.into(),
        })
    }

    /// Reads one packet into `buffer`; returns its length, or `None` if there is none now.
    /// A packet longer than the buffer is cut: give it the interface's MTU, 65,535 bytes at most.
    ///
    /// # Errors
    /// [`LinkError::Call`] if the interface is gone.
    pub fn read(&self, buffer: &mut [u8]) -> Result<Option<usize>, LinkError> {
        match (&self.file).read(buffer) {
            Ok(length) => Ok(Some(length)),
            Err(error) if is_transient(&error) => Ok(None),
            Err(source) => Err(LinkError::Call {
                call: "read(tun)",
                source,
            }),
        }
    }

    /// Hands one whole IP packet to the kernel. False if it was lost as a network would lose it: a full queue,
    /// an interface that is down, or bytes that are no IP packet.
    ///
    /// # Errors
    /// [`LinkError::Call`] if the interface is gone.
    pub fn write(&self, packet: &[u8]) -> Result<bool, LinkError> {
        match (&self.file).write(packet) {
            Ok(_) => Ok(true),
            Err(error) if is_transient(&error) || is_refusal(&error) => Ok(false),
            Err(source) => Err(LinkError::Call {
                call: "write(tun)",
                source,
            }),
        }
    }
}

/// A descriptor of our own for what is open under a number that the caller keeps.
///
/// # Errors
/// [`LinkError::Call`] if nothing is open under it.
pub fn duplicate(number: i32) -> Result<OwnedFd, LinkError> {
    sys::duplicate(number)
}

impl AsFd for Tun {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl From<Tun> for OwnedFd {
    fn from(tun: Tun) -> Self {
        tun.file.into()
    }
}

fn is_transient(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

/// EIO: the interface is down. EINVAL: neither version 4 nor 6. ENOBUFS, ENOMEM: the kernel is short of memory.
/// ECONNREFUSED: of a socket, whose other end is closed.
fn is_refusal(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EIO | libc::EINVAL | libc::ENOBUFS | libc::ENOMEM | libc::ECONNREFUSED)
    )
}

#[cfg(test)]
mod tests;
