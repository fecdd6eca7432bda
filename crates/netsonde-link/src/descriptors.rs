//! The descriptors that a broker hands to an engine, and what each is for.
use crate::{LinkError, sys};
use std::os::fd::OwnedFd;

/// What a descriptor is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Raw: sends whole IPv4 packets.
    Send4,
    /// Raw: sends whole IPv6 packets.
    Send6,
    /// Raw: receives ICMP.
    Icmp4,
    /// Raw: receives `ICMPv6`.
    Icmp6,
    /// Raw: receives TCP over IPv4.
    Tcp4,
    /// Raw: receives TCP over IPv6.
    Tcp6,
    /// Raw: receives UDP over IPv4.
    Udp4,
    /// Raw: receives UDP over IPv6.
    Udp6,
    /// No privilege: UDP over IPv4, with its error queue.
    Datagram4,
    /// No privilege: UDP over IPv6, with its error queue.
    Datagram6,
    /// No privilege: ICMP echo, where the host lets this group send it.
    Ping4,
    /// No privilege: `ICMPv6` echo, where the host lets this group send it.
    Ping6,
    /// Packet socket: receives IPv4 by one interface.
    Ring4,
    /// Packet socket: receives IPv6 by one interface.
    Ring6,
    /// Packet socket: sends frames by one interface.
    Frames,
    /// A pipe by which routes come, as [`Egress`](crate::egress::Egress) tables in frames.
    Routes,
    /// A file to which what is sent and received is written.
    Capture,
}

/// Every role.
const ALL: [Role; 17] = [
    Role::Send4,
    Role::Send6,
    Role::Icmp4,
    Role::Icmp6,
    Role::Tcp4,
    Role::Tcp6,
    Role::Udp4,
    Role::Udp6,
    Role::Datagram4,
    Role::Datagram6,
    Role::Ping4,
    Role::Ping6,
    Role::Ring4,
    Role::Ring6,
    Role::Frames,
    Role::Routes,
    Role::Capture,
];

impl Role {
    /// The name, such as `icmp6`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Send4 => "send4",
            Self::Send6 => "send6",
            Self::Icmp4 => "icmp4",
            Self::Icmp6 => "icmp6",
            Self::Tcp4 => "tcp4",
            Self::Tcp6 => "tcp6",
            Self::Udp4 => "udp4",
            Self::Udp6 => "udp6",
            Self::Datagram4 => "datagram4",
            Self::Datagram6 => "datagram6",
            Self::Ping4 => "ping4",
            Self::Ping6 => "ping6",
            Self::Ring4 => "ring4",
            Self::Ring6 => "ring6",
            Self::Frames => "frames",
            Self::Routes => "routes",
            Self::Capture => "capture",
        }
    }

    /// The role of that name.
    ///
    /// # Errors
    /// [`LinkError::Role`] for any other name.
    pub fn from_name(name: &str) -> Result<Self, LinkError> {
        let mut known = ALL.into_iter();
        known
            .find(|role| role.name() == name)
            .ok_or_else(|| LinkError::Role {
                found: name.to_owned(),
            })
    }

    /// Whether it carries IPv6.
    pub fn is_v6(self) -> bool {
        self.name().ends_with('6')
    }
}

/// A descriptor and what it is for.
#[derive(Debug)]
pub struct Descriptor {
    /// What it is for.
    pub role: Role,
    /// The open socket.
    pub socket: OwnedFd,
}

impl Descriptor {
    /// A descriptor that the process which started us left open under this number. The number itself stays open:
    /// who else uses it is not for us to say.
    ///
    /// # Errors
    /// [`LinkError::Call`] if nothing is open there.
    pub fn inherited(role: Role, number: i32) -> Result<Self, LinkError> {
        Ok(Self {
            role,
            socket: sys::duplicate(number)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;
    use std::os::fd::AsRawFd;

    #[test]
    fn names_lead_back_to_their_role() {
        for role in ALL {
            assert_eq!(Role::from_name(role.name()).unwrap(), role);
        }
        assert!(Role::Ping6.is_v6() && !Role::Send4.is_v6());
        assert!(matches!(
            Role::from_name("icmp"),
            Err(LinkError::Role { .. })
        ));
    }

    #[test]
    fn an_open_number_can_be_inherited() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let inherited = Descriptor::inherited(Role::Datagram4, socket.as_raw_fd()).unwrap();
        assert_eq!(
            UdpSocket::from(inherited.socket).local_addr().unwrap(),
            socket.local_addr().unwrap()
        );
        let error = Descriptor::inherited(Role::Datagram4, 9_999).unwrap_err();
        assert_eq!(error.errno(), Some(libc::EBADF));
    }
}
