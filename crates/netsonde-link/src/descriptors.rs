//! The descriptors that a broker hands to an engine, and what each is for.
use crate::LinkError;
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
    /// Raw: receives ICMPv6.
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
    /// No privilege: ICMPv6 echo, where the host lets this group send it.
    Ping6,
}

/// Every role, with the name it has on a command line.
const NAMES: [(Role, &str); 12] = [
    (Role::Send4, "send4"),
    (Role::Send6, "send6"),
    (Role::Icmp4, "icmp4"),
    (Role::Icmp6, "icmp6"),
    (Role::Tcp4, "tcp4"),
    (Role::Tcp6, "tcp6"),
    (Role::Udp4, "udp4"),
    (Role::Udp6, "udp6"),
    (Role::Datagram4, "datagram4"),
    (Role::Datagram6, "datagram6"),
    (Role::Ping4, "ping4"),
    (Role::Ping6, "ping6"),
];

impl Role {
    /// The name, such as `icmp6`.
    pub fn name(self) -> &'static str {
        let (_, name) = NAMES
            .iter()
            .find(|(role, _)| *role == self)
            .expect("every role has a name");
        name
    }

    /// The role of that name.
    ///
    /// # Errors
    /// [`LinkError::Role`] for any other name.
    pub fn from_name(name: &str) -> Result<Self, LinkError> {
        let found = NAMES.iter().find(|(_, known)| *known == name);
        found.map(|(role, _)| *role).ok_or_else(|| LinkError::Role {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_role() {
        for (role, name) in NAMES {
            assert_eq!((Role::from_name(name).unwrap(), role.name()), (role, name));
        }
        assert!(Role::Ping6.is_v6() && !Role::Send4.is_v6());
        assert!(matches!(
            Role::from_name("icmp"),
            Err(LinkError::Role { .. })
        ));
    }
}
