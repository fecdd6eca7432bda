//! Opening the sockets of a link, with whatever right that takes. What reads from them needs none.
mod packet;

use crate::LinkError;
use crate::descriptors::{Descriptor, Role};
use crate::filter::{self, Carries, Frames, Scope};
use crate::sys::batch::Batch;
use crate::sys::socket::{attach_filter, bind, open, set_int};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

pub(crate) use packet::begin_to_receive;
pub use packet::open_packet;

/// Bytes that may wait in a queue: at 1 kB a reply with its overhead, 8,000 replies.
const QUEUE_BYTES: i32 = 8 << 20;
/// UDP sockets, and so source ports, per IP version without privilege.
const DATAGRAM_SOCKETS: usize = 16;
/// `IP_RECVERR_RFC4884` and its IPv6 twin, of Linux 5.9: extension objects in the error queue.
const IP_RECVERR_RFC4884: i32 = 26;
const IPV6_RECVERR_RFC4884: i32 = 31;

/// Which IP versions to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Families {
    /// IPv4.
    pub v4: bool,
    /// IPv6.
    pub v6: bool,
}

/// Opens raw sockets: whole packets out, replies within `scope` in. Needs `CAP_NET_RAW`.
///
/// # Errors
/// [`LinkError::Call`] where the kernel refuses: `EPERM` without the right, `EAFNOSUPPORT` without the IP version.
pub fn open_raw(families: Families, scope: &Scope) -> Result<Vec<Descriptor>, LinkError> {
    raw(families, scope, &Frames::default())
}

fn raw(families: Families, scope: &Scope, frames: &Frames) -> Result<Vec<Descriptor>, LinkError> {
    let mut descriptors = Vec::new();
    if families.v4 {
        descriptors.push(Descriptor {
            role: Role::Send4,
            socket: sender4()?,
        });
        for (role, protocol, carries) in [
            (Role::Icmp4, libc::IPPROTO_ICMP, Carries::Icmp4),
            (Role::Tcp4, libc::IPPROTO_TCP, Carries::Tcp4),
            (Role::Udp4, libc::IPPROTO_UDP, Carries::Udp4),
        ] {
            if role == Role::Udp4 && !scope.udp_replies {
                continue;
            }
            let socket = open(
                libc::AF_INET,
                libc::SOCK_RAW,
                protocol,
                "socket(AF_INET, SOCK_RAW)",
            )?;
            receiver(socket.as_fd(), carries, scope, frames)?;
            descriptors.push(Descriptor { role, socket });
        }
    }
    if families.v6 {
        descriptors.push(Descriptor {
            role: Role::Send6,
            socket: sender6()?,
        });
        for (role, protocol, carries) in [
            (Role::Icmp6, libc::IPPROTO_ICMPV6, Carries::Icmp6),
            (Role::Tcp6, libc::IPPROTO_TCP, Carries::Tcp6),
            (Role::Udp6, libc::IPPROTO_UDP, Carries::Udp6),
        ] {
            if role == Role::Udp6 && !scope.udp_replies {
                continue;
            }
            let socket = open(
                libc::AF_INET6,
                libc::SOCK_RAW,
                protocol,
                "socket(AF_INET6, SOCK_RAW)",
            )?;
            ancillary6(socket.as_fd())?;
            receiver(socket.as_fd(), carries, scope, frames)?;
            descriptors.push(Descriptor { role, socket });
        }
    }
    Ok(descriptors)
}

/// Opens what any user may: UDP sockets that keep the errors about their packets and, where the host allows this
/// group, ping sockets.
///
/// # Errors
/// [`LinkError::Call`] where the kernel refuses, such as `EAFNOSUPPORT` without the IP version.
pub fn open_unprivileged(families: Families) -> Result<Vec<Descriptor>, LinkError> {
    let mut descriptors = Vec::new();
    if families.v4 {
        for _ in 0..DATAGRAM_SOCKETS {
            let socket = open(
                libc::AF_INET,
                libc::SOCK_DGRAM,
                0,
                "socket(AF_INET, SOCK_DGRAM)",
            )?;
            bind(socket.as_fd(), (Ipv4Addr::UNSPECIFIED, 0).into())?;
            errors4(socket.as_fd())?;
            descriptors.push(Descriptor {
                role: Role::Datagram4,
                socket,
            });
        }
        descriptors.extend(ping(libc::AF_INET)?.map(|socket| Descriptor {
            role: Role::Ping4,
            socket,
        }));
    }
    if families.v6 {
        for _ in 0..DATAGRAM_SOCKETS {
            let socket = open(
                libc::AF_INET6,
                libc::SOCK_DGRAM,
                0,
                "socket(AF_INET6, SOCK_DGRAM)",
            )?;
            set_int(
                socket.as_fd(),
                libc::IPPROTO_IPV6,
                libc::IPV6_V6ONLY,
                1,
                "setsockopt(IPV6_V6ONLY)",
            )?;
            bind(socket.as_fd(), (Ipv6Addr::UNSPECIFIED, 0).into())?;
            errors6(socket.as_fd())?;
            descriptors.push(Descriptor {
                role: Role::Datagram6,
                socket,
            });
        }
        descriptors.extend(ping(libc::AF_INET6)?.map(|socket| Descriptor {
            role: Role::Ping6,
            socket,
        }));
    }
    Ok(descriptors)
}

/// A ping socket, or `None` where `net.ipv4.ping_group_range` leaves this group out.
fn ping(family: i32) -> Result<Option<OwnedFd>, LinkError> {
    let (protocol, any): (i32, IpAddr) = if family == libc::AF_INET {
        (libc::IPPROTO_ICMP, Ipv4Addr::UNSPECIFIED.into())
    } else {
        (libc::IPPROTO_ICMPV6, Ipv6Addr::UNSPECIFIED.into())
    };
    let socket = match open(
        family,
        libc::SOCK_DGRAM,
        protocol,
        "socket(SOCK_DGRAM, IPPROTO_ICMP)",
    ) {
        Ok(socket) => socket,
        Err(error)
            if matches!(
                error.errno(),
                Some(libc::EACCES | libc::EPERM | libc::EPROTONOSUPPORT)
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    bind(socket.as_fd(), (any, 0).into())?;
    if family == libc::AF_INET {
        errors4(socket.as_fd())?;
    } else {
        errors6(socket.as_fd())?;
    }
    Ok(Some(socket))
}

fn sender4() -> Result<OwnedFd, LinkError> {
    let socket = open(
        libc::AF_INET,
        libc::SOCK_RAW,
        libc::IPPROTO_RAW,
        "socket(AF_INET, SOCK_RAW)",
    )?;
    set_int(
        socket.as_fd(),
        libc::IPPROTO_IP,
        libc::IP_HDRINCL,
        1,
        "setsockopt(IP_HDRINCL)",
    )?;
    // What the kernel learned of a path is not to keep back probes that are to find that out.
    set_int(
        socket.as_fd(),
        libc::IPPROTO_IP,
        libc::IP_MTU_DISCOVER,
        libc::IP_PMTUDISC_PROBE,
        "setsockopt(IP_MTU_DISCOVER)",
    )?;
    // Targets of a directed broadcast answer once per host: the kernel refuses them, and so do we.
    queue(socket.as_fd(), libc::SO_SNDBUFFORCE, libc::SO_SNDBUF)?;
    Ok(socket)
}

fn sender6() -> Result<OwnedFd, LinkError> {
    let socket = open(
        libc::AF_INET6,
        libc::SOCK_RAW,
        libc::IPPROTO_RAW,
        "socket(AF_INET6, SOCK_RAW)",
    )?;
    set_int(
        socket.as_fd(),
        libc::IPPROTO_IPV6,
        libc::IPV6_HDRINCL,
        1,
        "setsockopt(IPV6_HDRINCL)",
    )?;
    set_int(
        socket.as_fd(),
        libc::IPPROTO_IPV6,
        libc::IPV6_MTU_DISCOVER,
        libc::IPV6_PMTUDISC_PROBE,
        "setsockopt(IPV6_MTU_DISCOVER)",
    )?;
    queue(socket.as_fd(), libc::SO_SNDBUFFORCE, libc::SO_SNDBUF)?;
    Ok(socket)
}

/// Filters, locks, and throws away what came before the filter.
fn receiver(
    socket: BorrowedFd<'_>,
    carries: Carries,
    scope: &Scope,
    frames: &Frames,
) -> Result<(), LinkError> {
    stamped(socket)?;
    attach_filter(socket, &filter::program(carries, scope, frames))?;
    lock_filter(socket)?;
    let mut batch = Batch::new();
    while batch.receive(socket, 0).is_ok_and(|count| count > 0) {}
    Ok(())
}

/// What is not locked could be widened by the engine.
fn lock_filter(socket: BorrowedFd<'_>) -> Result<(), LinkError> {
    set_int(
        socket,
        libc::SOL_SOCKET,
        libc::SO_LOCK_FILTER,
        1,
        "setsockopt(SO_LOCK_FILTER)",
    )
}

fn errors4(socket: BorrowedFd<'_>) -> Result<(), LinkError> {
    stamped(socket)?;
    let level = libc::IPPROTO_IP;
    set_int(socket, level, libc::IP_RECVERR, 1, "setsockopt(IP_RECVERR)")?;
    set_int(socket, level, libc::IP_RECVTTL, 1, "setsockopt(IP_RECVTTL)")?;
    set_int(socket, level, libc::IP_RECVTOS, 1, "setsockopt(IP_RECVTOS)")?;
    set_int(
        socket,
        level,
        libc::IP_MTU_DISCOVER,
        libc::IP_PMTUDISC_PROBE,
        "setsockopt(IP_MTU_DISCOVER)",
    )?;
    optional(set_int(
        socket,
        level,
        IP_RECVERR_RFC4884,
        1,
        "setsockopt(IP_RECVERR_RFC4884)",
    ))
}

fn errors6(socket: BorrowedFd<'_>) -> Result<(), LinkError> {
    stamped(socket)?;
    let level = libc::IPPROTO_IPV6;
    set_int(
        socket,
        level,
        libc::IPV6_RECVERR,
        1,
        "setsockopt(IPV6_RECVERR)",
    )?;
    ancillary6(socket)?;
    set_int(
        socket,
        level,
        libc::IPV6_MTU_DISCOVER,
        libc::IPV6_PMTUDISC_PROBE,
        "setsockopt(IPV6_MTU_DISCOVER)",
    )?;
    optional(set_int(
        socket,
        level,
        IPV6_RECVERR_RFC4884,
        1,
        "setsockopt(IPV6_RECVERR_RFC4884)",
    ))
}

/// The header that raw IPv6 sockets take off, field by field.
fn ancillary6(socket: BorrowedFd<'_>) -> Result<(), LinkError> {
    for (option, call) in [
        (libc::IPV6_RECVPKTINFO, "setsockopt(IPV6_RECVPKTINFO)"),
        (libc::IPV6_RECVHOPLIMIT, "setsockopt(IPV6_RECVHOPLIMIT)"),
        (libc::IPV6_RECVTCLASS, "setsockopt(IPV6_RECVTCLASS)"),
        (libc::IPV6_FLOWINFO, "setsockopt(IPV6_FLOWINFO)"),
    ] {
        set_int(socket, libc::IPPROTO_IPV6, option, 1, call)?;
    }
    Ok(())
}

/// A long queue, receive times, and a count of what the queue could not hold.
///
/// Where no other socket asked for receive times, the kernel begins to stamp a moment later; until then it tells when a
/// packet was read. The start of the engine's process is longer than that moment.
fn stamped(socket: BorrowedFd<'_>) -> Result<(), LinkError> {
    queue(socket, libc::SO_RCVBUFFORCE, libc::SO_RCVBUF)?;
    set_int(
        socket,
        libc::SOL_SOCKET,
        libc::SO_TIMESTAMPNS,
        1,
        "setsockopt(SO_TIMESTAMPNS)",
    )?;
    set_int(
        socket,
        libc::SOL_SOCKET,
        libc::SO_RXQ_OVFL,
        1,
        "setsockopt(SO_RXQ_OVFL)",
    )
}

/// `force` goes beyond the host's limit and needs `CAP_NET_ADMIN`; without it, as much as the host allows.
fn queue(socket: BorrowedFd<'_>, force: i32, plain: i32) -> Result<(), LinkError> {
    set_int(
        socket,
        libc::SOL_SOCKET,
        force,
        QUEUE_BYTES,
        "setsockopt(SO_RCVBUFFORCE)",
    )
    .or_else(|_| {
        set_int(
            socket,
            libc::SOL_SOCKET,
            plain,
            QUEUE_BYTES,
            "setsockopt(SO_RCVBUF)",
        )
    })
}

/// What an older kernel may lack.
fn optional(result: Result<(), LinkError>) -> Result<(), LinkError> {
    match result {
        Err(error) if error.errno() == Some(libc::ENOPROTOOPT) => Ok(()),
        other => other,
    }
}
