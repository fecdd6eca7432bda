//! Sockets: opening, options, addresses, sending.
use crate::LinkError;
use std::io;
use std::mem;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;

/// Opens a non-blocking socket that an executed program does not inherit.
pub(crate) fn open(
    family: i32,
    kind: i32,
    protocol: i32,
    call: &'static str,
) -> Result<OwnedFd, LinkError> {
    // SAFETY: touches no memory. JUSTIFICATION: std opens neither raw nor ping sockets.
    let raw = unsafe {
        libc::socket(
            family,
            kind | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC,
            protocol,
        )
    };
    if raw < 0 {
        return Err(LinkError::last(call));
    }
    // SAFETY: the kernel just gave us this descriptor and nobody else knows it.
    // JUSTIFICATION: it must be closed exactly once.
    Ok(unsafe { OwnedFd::from_raw_fd(raw) })
}

/// Sets an option whose value is an integer.
pub(crate) fn set_int(
    socket: BorrowedFd<'_>,
    level: i32,
    name: i32,
    value: i32,
    call: &'static str,
) -> Result<(), LinkError> {
    set_option(socket, level, name, &value, call)
}

/// Attaches a classic BPF program: packets for which it returns 0 are dropped before the queue.
pub(crate) fn attach_filter(
    socket: BorrowedFd<'_>,
    program: &[libc::sock_filter],
) -> Result<(), LinkError> {
    let length = u16::try_from(program.len()).expect("our programs have a few dozen instructions");
    // The kernel only reads the program, although the field is a mutable pointer.
    let value = libc::sock_fprog {
        len: length,
        filter: program.as_ptr().cast_mut(),
    };
    set_option(
        socket,
        libc::SOL_SOCKET,
        libc::SO_ATTACH_FILTER,
        &value,
        "setsockopt(SO_ATTACH_FILTER)",
    )
}

/// Binds to an address and a port; port 0 lets the kernel choose.
pub(crate) fn bind(socket: BorrowedFd<'_>, address: SocketAddr) -> Result<(), LinkError> {
    let (storage, length) = to_kernel(address);
    // SAFETY: `storage` holds a valid address of `length` bytes. JUSTIFICATION: std binds UDP and TCP sockets only.
    let result = unsafe { libc::bind(socket.as_raw_fd(), ptr::from_ref(&storage).cast(), length) };
    if result < 0 {
        Err(LinkError::last("bind"))
    } else {
        Ok(())
    }
}

/// Sends one message with ancillary data, without waiting.
pub(crate) fn send(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    destination: SocketAddr,
    control: &[u8],
) -> io::Result<()> {
    let (mut storage, length) = to_kernel(destination);
    // The kernel only reads through both pointers, although the fields are mutable.
    let mut part = libc::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    // SAFETY: a `msghdr` is plain old data for which all zeroes is a value.
    // JUSTIFICATION: it has private padding on some platforms.
    let mut message: libc::msghdr = unsafe { mem::zeroed() };
    message.msg_name = ptr::from_mut(&mut storage).cast();
    message.msg_namelen = length;
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    if !control.is_empty() {
        message.msg_control = control.as_ptr().cast_mut().cast();
        message.msg_controllen = control.len() as _;
    }
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: every pointer in `message` refers to memory that outlives the call, with the length beside it.
    // JUSTIFICATION: std sends no ancillary data and no raw packets.
    let result = unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const message, flags) };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// An address as the kernel writes it, or `None` for another family or a short one.
pub(crate) fn from_kernel(
    storage: &libc::sockaddr_storage,
    length: libc::socklen_t,
) -> Option<SocketAddr> {
    let length = usize::try_from(length).ok()?;
    match i32::from(storage.ss_family) {
        libc::AF_INET if length >= size_of::<libc::sockaddr_in>() => {
            // SAFETY: the family says that a `sockaddr_in` is stored, and a `sockaddr_storage` is larger and aligned for it.
            // JUSTIFICATION: the kernel's address types are unions by pointer.
            let address = unsafe { &*ptr::from_ref(storage).cast::<libc::sockaddr_in>() };
            let octets = address.sin_addr.s_addr.to_ne_bytes();
            Some(SocketAddr::from((octets, u16::from_be(address.sin_port))))
        }
        libc::AF_INET6 if length >= size_of::<libc::sockaddr_in6>() => {
            // SAFETY: as above, for `sockaddr_in6`. JUSTIFICATION: as above.
            let address = unsafe { &*ptr::from_ref(storage).cast::<libc::sockaddr_in6>() };
            let octets = Ipv6Addr::from(address.sin6_addr.s6_addr);
            Some(SocketAddr::from((octets, u16::from_be(address.sin6_port))))
        }
        _ => None,
    }
}

/// An empty address for the kernel to fill in.
pub(crate) fn empty_address() -> libc::sockaddr_storage {
    // SAFETY: a `sockaddr_storage` is plain old data for which all zeroes is a value (family "unspecified").
    // JUSTIFICATION: its padding is private.
    unsafe { mem::zeroed() }
}

fn to_kernel(address: SocketAddr) -> (libc::sockaddr_storage, libc::socklen_t) {
    let mut storage = empty_address();
    let port = address.port().to_be();
    let length = match address.ip() {
        IpAddr::V4(ip) => {
            let value = libc::sockaddr_in {
                sin_family: libc::AF_INET as libc::sa_family_t,
                sin_port: port,
                sin_addr: libc::in_addr {
                    s_addr: u32::from_ne_bytes(ip.octets()),
                },
                sin_zero: [0; 8],
            };
            // SAFETY: `sockaddr_storage` is larger than any address and aligned for it.
            // JUSTIFICATION: the kernel's address types are unions by pointer.
            unsafe {
                ptr::from_mut(&mut storage)
                    .cast::<libc::sockaddr_in>()
                    .write(value);
            };
            size_of::<libc::sockaddr_in>()
        }
        IpAddr::V6(ip) => {
            let value = libc::sockaddr_in6 {
                sin6_family: libc::AF_INET6 as libc::sa_family_t,
                sin6_port: port,
                sin6_flowinfo: 0,
                sin6_addr: libc::in6_addr {
                    s6_addr: ip.octets(),
                },
                sin6_scope_id: 0,
            };
            // SAFETY: as above. JUSTIFICATION: as above.
            unsafe {
                ptr::from_mut(&mut storage)
                    .cast::<libc::sockaddr_in6>()
                    .write(value);
            };
            size_of::<libc::sockaddr_in6>()
        }
    };
    (storage, length as libc::socklen_t)
}

fn set_option<T: Copy>(
    socket: BorrowedFd<'_>,
    level: i32,
    name: i32,
    value: &T,
    call: &'static str,
) -> Result<(), LinkError> {
    let length = size_of::<T>() as libc::socklen_t;
    // SAFETY: `value` is `length` readable bytes; a program it points to outlives the call.
    // JUSTIFICATION: std has none of the options that we need.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_the_kernel_form() {
        for text in ["192.0.2.1:33434", "[2001:db8::1]:33434"] {
            let address: SocketAddr = text.parse().unwrap();
            let (storage, length) = to_kernel(address);
            assert_eq!(from_kernel(&storage, length), Some(address));
            assert_eq!(from_kernel(&storage, 4), None, "too short");
        }
        assert_eq!(from_kernel(&empty_address(), 128), None, "no family");
    }
}
