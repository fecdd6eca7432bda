//! Attaching a descriptor of `/dev/net/tun` to an interface.
use crate::LinkError;
use std::ffi::{CStr, c_char};
use std::os::fd::{AsRawFd, BorrowedFd};

/// Longest interface name, without the NUL.
pub(crate) const NAME_MAX: usize = libc::IFNAMSIZ - 1;

/// Creates a TUN interface of whole IP packets, or attaches to the one of that name; returns its name.
/// `name` is at most [`NAME_MAX`] bytes; a `%d` in it is replaced by the kernel.
pub(crate) fn set_interface(descriptor: BorrowedFd<'_>, name: &[u8]) -> Result<String, LinkError> {
    // SAFETY: an `ifreq` is plain old data for which all zeroes is a value.
    // JUSTIFICATION: libc offers no other way to make one.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().take(NAME_MAX).zip(name) {
        *to = c_char::from_ne_bytes([*from]);
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_TUN | libc::IFF_NO_PI) as libc::c_short;
    // SAFETY: TUNSETIFF reads and writes one `ifreq`, which we own.
    // JUSTIFICATION: there is no other interface to TUN devices.
    let result = unsafe { libc::ioctl(descriptor.as_raw_fd(), libc::TUNSETIFF, &raw mut request) };
    if result < 0 {
        return Err(LinkError::last("ioctl(TUNSETIFF)"));
    }
    let bytes = request
        .ifr_name
        .map(|byte| u8::from_ne_bytes(byte.to_ne_bytes()));
    let given = CStr::from_bytes_until_nul(&bytes).unwrap_or_default();
    Ok(given.to_string_lossy().into_owned())
}
