//! The kernel's routes, read by any user: the way and the source of every destination.
//!
//! Frames go where the kernel's tables say it plainly: one next hop on an Ethernet whose hardware address is known.
//! Everything else (loopback, tunnels, shared load, policy routing, `IPsec`, neighbours not met yet) stays with raw
//! sockets, and with the kernel's own decision.
mod table;
#[cfg(test)]
mod tests;
mod world;

use crate::LinkError;
use crate::egress::{Egress, Way};
use crate::netlink::{NLM_F_ACK, NLM_F_CREATE, Netlink, attributes, push_attribute};
use crate::ranges::number;
use crate::sys::poll::pause;
use crate::sys::socket::set_int;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use table::{Entry, Table};
use world::World;

/// Waits for neighbours to answer, each this long: a local network answers within a millisecond.
const RESOLVE_TRIES: u32 = 20;
const RESOLVE_WAIT_NS: u64 = 2_500_000;
/// `NTF_USE`: treat a neighbour as if a packet had been sent to it.
const NTF_USE: u8 = 1;
/// Groups of changes: interfaces, neighbours, and of both IP versions addresses, routes and rules.
const GROUPS: [i32; 8] = [1, 3, 5, 7, 8, 9, 11, 19];
const NETLINK_ADD_MEMBERSHIP: i32 = 1;
const SOL_NETLINK: i32 = 270;

/// The routes as they were when last read.
#[derive(Debug)]
pub struct Routes {
    netlink: Netlink,
    world: World,
    table: Table,
    /// By entry of the table, where all its destinations have the same: what the kernel answered.
    sources: Vec<Option<IpAddr>>,
}

impl Routes {
    /// Reads the routes.
    ///
    /// # Errors
    /// [`LinkError::Call`] if the kernel does not answer.
    pub fn read() -> Result<Self, LinkError> {
        let mut netlink = Netlink::open(libc::NETLINK_ROUTE)?;
        let world = World::read(&mut netlink)?;
        let table = Table::new(&world);
        let sources = vec![None; table.entries.len()];
        Ok(Self {
            netlink,
            world,
            table,
            sources,
        })
    }

    /// The address from which the kernel would send to a target; `None` if it would not.
    pub fn source(&mut self, target: IpAddr) -> Option<IpAddr> {
        let index = self.table.at(target);
        let entry = self.table.entries[index];
        if entry.way == Way::None {
            return None;
        }
        if entry.source.is_some() {
            return entry.source;
        }
        if !entry.one_source {
            return self.ask(target);
        }
        if self.sources[index].is_none() {
            self.sources[index] = self.ask(target);
        }
        self.sources[index]
    }

    /// The way to every destination, with frames where they can be sent.
    pub fn egress(&self) -> Egress {
        self.table.egress()
    }

    /// The way to every destination that messages of the kernel, as they come from a socket, add up to; whatever they
    /// are.
    pub fn egress_of(messages: &[u8]) -> Egress {
        Table::new(&World::from_messages(messages)).egress()
    }

    /// The addresses of this host, each once.
    pub fn addresses(&self) -> Vec<IpAddr> {
        let mut addresses: Vec<IpAddr> = self.world.addresses.iter().map(|(ip, _)| *ip).collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses
    }

    /// The name of an interface; empty if there is none.
    pub fn interface_name(&self, index: u32) -> &str {
        let interface = self.world.interfaces.get(&index);
        interface.map_or("", |interface| &interface.name)
    }

    /// What makes this host's decisions too involved for frames, if anything does.
    pub fn unusual(&self) -> Option<&'static str> {
        self.world.unusual
    }

    /// Lets the kernel find the hardware addresses of gateways that it does not know, or has not heard of lately, and
    /// waits a moment for the unknown ones. Nothing is sent beyond the local network. Without the right to ask
    /// (`CAP_NET_ADMIN`) nothing happens: the first raw packets will have the same effect.
    ///
    /// # Errors
    /// [`LinkError::Call`] if the kernel does not answer.
    pub fn resolve(&mut self) -> Result<(), LinkError> {
        let wanted = self.gateways(|entry| entry.way == Way::Raw);
        let stale = self.gateways(|entry| entry.way != Way::Raw);
        let is_stale = |gateway: &&(u32, IpAddr)| {
            let neighbour = self.world.neighbours.get(*gateway);
            neighbour.is_some_and(|neighbour| neighbour.is_stale)
        };
        let stale: Vec<(u32, IpAddr)> = stale.iter().filter(is_stale).copied().collect();
        for (interface, gateway) in stale.into_iter().chain(wanted.iter().copied()) {
            if !self.use_neighbour(interface, gateway) {
                return Ok(());
            }
        }
        for _ in 0..RESOLVE_TRIES {
            if wanted
                .iter()
                .all(|gateway| self.world.neighbours.contains_key(gateway))
            {
                break;
            }
            pause(RESOLVE_WAIT_NS);
            self.world.read_neighbours(&mut self.netlink)?;
        }
        if !wanted.is_empty() {
            self.table = Table::new(&self.world);
            self.sources = vec![None; self.table.entries.len()];
        }
        Ok(())
    }

    /// Gateways on an Ethernet, of entries that are so.
    fn gateways(&self, is_so: impl Fn(&Entry) -> bool) -> Vec<(u32, IpAddr)> {
        let entries = self.table.entries.iter().filter(|entry| is_so(entry));
        let mut found: Vec<(u32, IpAddr)> = entries
            .filter_map(|entry| Some((entry.interface, entry.gateway?)))
            .filter(|(interface, _)| {
                let interface = self.world.interfaces.get(interface);
                interface.is_some_and(|interface| interface.hardware.is_some())
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// False where that is not allowed.
    fn use_neighbour(&mut self, interface: u32, address: IpAddr) -> bool {
        let mut body = vec![family(address), 0, 0, 0];
        body.extend_from_slice(&interface.to_ne_bytes());
        body.extend_from_slice(&[0, 0, NTF_USE, 0]);
        push_address(&mut body, libc::NDA_DST, address);
        let flags = NLM_F_CREATE | NLM_F_ACK;
        let kind = libc::RTM_NEWNEIGH;
        let answer = self.netlink.request(kind, flags, &body, &mut |_, _| {});
        !matches!(answer, Err(error) if error.errno() == Some(libc::EPERM))
    }

    /// Asks the kernel; an address of many hosts has no source.
    fn ask(&mut self, target: IpAddr) -> Option<IpAddr> {
        let (_, length) = number(target);
        let mut body = vec![family(target), length, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        push_address(&mut body, libc::RTA_DST, target);
        let mut source = None;
        let kind = libc::RTM_GETROUTE;
        let answer = self.netlink.request(kind, 0, &body, &mut |_, body| {
            let Some((head, rest)) = body.split_first_chunk::<12>() else {
                return;
            };
            if !matches!(head[7], libc::RTN_UNICAST | libc::RTN_LOCAL) {
                return;
            }
            let mut preferred = attributes(rest).filter(|one| one.kind == libc::RTA_PREFSRC);
            source = preferred.next().and_then(|one| world::address(&one));
        });
        answer.ok().and(source)
    }
}

fn family(address: IpAddr) -> u8 {
    let family = match address {
        IpAddr::V4(_) => libc::AF_INET,
        IpAddr::V6(_) => libc::AF_INET6,
    };
    u8::try_from(family).expect("families are small")
}

fn push_address(body: &mut Vec<u8>, kind: u16, address: IpAddr) {
    match address {
        IpAddr::V4(v4) => push_attribute(body, kind, &v4.octets()),
        IpAddr::V6(v6) => push_attribute(body, kind, &v6.octets()),
    }
}

/// Becomes readable when routes, neighbours, addresses or interfaces change.
#[derive(Debug)]
pub struct Watch(Netlink);

impl Watch {
    /// Begins to watch.
    ///
    /// # Errors
    /// [`LinkError::Call`] where the kernel refuses.
    pub fn open() -> Result<Self, LinkError> {
        let mut netlink = Netlink::open(libc::NETLINK_ROUTE)?;
        // Any question gives the socket the number without which it is passed over.
        netlink.dump(libc::RTM_GETRULE, &[0; 12], &mut |_, _| {})?;
        let (level, name) = (SOL_NETLINK, NETLINK_ADD_MEMBERSHIP);
        for group in GROUPS {
            let call = "setsockopt(NETLINK_ADD_MEMBERSHIP)";
            set_int(netlink.as_fd(), level, name, group, call)?;
        }
        Ok(Self(netlink))
    }

    /// Forgets what came so far; true if something did.
    pub fn drain(&mut self) -> bool {
        self.0.drain()
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
