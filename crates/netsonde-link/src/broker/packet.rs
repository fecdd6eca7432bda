//! Packet sockets, beside the raw ones.
use super::{Families, lock_filter, open_raw, queue, raw};
use crate::descriptors::{Descriptor, Role};
use crate::filter::{self, ADDRESSES_MAX, Frames, Scope};
use crate::sys::socket::{attach_filter, open};
use crate::{LinkError, sys};
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Interfaces that frames leave by at most.
const INTERFACES_MAX: usize = 8;

/// Opens raw sockets, and packet sockets beside them: frames out by these interfaces, and in those for one of the
/// host's addresses. Needs `CAP_NET_RAW`. With too many interfaces or addresses there are raw sockets only.
///
/// # Errors
/// As [`open_raw`].
pub fn open_packet(
    families: Families,
    scope: &Scope,
    interfaces: &[u32],
    addresses: &[IpAddr],
) -> Result<Vec<Descriptor>, LinkError> {
    if interfaces.len() > INTERFACES_MAX || addresses.len() > ADDRESSES_MAX {
        return open_raw(families, scope);
    }
    let frames = Frames {
        interfaces: interfaces.to_vec(),
        addresses: addresses.to_vec(),
    };
    let mut descriptors = raw(families, scope, &frames)?;
    for interface in interfaces {
        for (wanted, role) in [(families.v4, Role::Ring4), (families.v6, Role::Ring6)] {
            if wanted {
                let socket = open_socket(libc::SOCK_DGRAM)?;
                let program = filter::frames_program(role.is_v6(), scope, &frames);
                attach_filter(socket.as_fd(), &program)?;
                lock_filter(socket.as_fd())?;
                sys::packet::bind(socket.as_fd(), 0, *interface)?;
                descriptors.push(Descriptor { role, socket });
            }
        }
        let socket = open_socket(libc::SOCK_RAW)?;
        queue(socket.as_fd(), libc::SO_SNDBUFFORCE, libc::SO_SNDBUF)?;
        sys::packet::bind(socket.as_fd(), 0, *interface)?;
        let role = Role::Frames;
        descriptors.push(Descriptor { role, socket });
    }
    Ok(descriptors)
}

/// Lets a packet socket receive, once it has its ring; its filter is locked already.
pub(crate) fn begin_to_receive(socket: BorrowedFd<'_>, v6: bool) -> Result<(), LinkError> {
    let protocol = if v6 { libc::ETH_P_IPV6 } else { libc::ETH_P_IP };
    let protocol = u16::try_from(protocol).expect("types of Ethernet have 16 bits");
    sys::packet::bind(socket, protocol, sys::packet::bound_interface(socket)?)
}

/// A packet socket that receives nothing yet.
fn open_socket(kind: i32) -> Result<OwnedFd, LinkError> {
    open(libc::AF_PACKET, kind, 0, "socket(AF_PACKET)")
}
