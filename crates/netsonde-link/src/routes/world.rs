//! What the kernel says of its interfaces, addresses, routes and neighbours.
use crate::LinkError;
use crate::netlink::{Attribute, Netlink, attributes, messages};
use crate::ranges::number;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// `ARPHRD_ETHER`: frames with hardware addresses of six octets.
const ETHERNET: u16 = 1;
/// Flags of an interface that sends no such frames, whatever its type: loopback, point-to-point, no neighbours.
const NO_NEIGHBOURS: u32 = 0x8 | 0x10 | 0x80;
/// `RT_SCOPE_UNIVERSE`: an address for everywhere.
const SCOPE_UNIVERSE: u8 = 0;
/// Flags of an IPv6 address that is no source of choice: deprecated, duplicate, tentative.
const ADDRESS_UNUSED: u32 = 0x20 | 0x08 | 0x40;
/// States of a neighbour whose hardware address is good for sending.
const NEIGHBOUR_KNOWN: u16 = 0x02 | 0x04 | 0x08 | 0x10 | 0x80;
/// States in which the kernel has not heard from it lately.
const NEIGHBOUR_STALE: u16 = 0x04;
/// Tables of routes, first the one that counts most.
pub(super) const TABLES: [u32; 3] = [255, 254, 253];
/// A route that was made from another one for a single destination.
const CLONED: u32 = 0x200;
/// The next hop cannot be used.
const DEAD: u32 = 0x1;
/// Attributes of a rule.
const FRA_PRIORITY: u16 = 6;
const FRA_SUPPRESS_IFGROUP: u16 = 13;
const FRA_SUPPRESS_PREFIXLEN: u16 = 14;
const FRA_TABLE: u16 = 15;
const FRA_PROTOCOL: u16 = 21;
/// Types of messages of the kernel's `IPsec` part, and of what it answers with.
const XFRM_MSG_GETPOLICY: u16 = 0x15;
const NETLINK_XFRM: i32 = 6;

/// An interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) name: String,
    /// If it sends Ethernet frames.
    pub(super) hardware: Option<[u8; 6]>,
}

/// A neighbour on an Ethernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Neighbour {
    pub(super) hardware: [u8; 6],
    pub(super) is_stale: bool,
}

/// What a route does with packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RouteKind {
    /// Sends them to a neighbour, or to the next hop.
    Unicast,
    /// Keeps them.
    Local,
    /// Drops them.
    Unreachable,
    /// Something that we leave to the kernel.
    Other,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) is_v6: bool,
    pub(super) first: u128,
    pub(super) length: u8,
    pub(super) table: u32,
    pub(super) metric: u32,
    pub(super) kind: RouteKind,
    pub(super) interface: u32,
    pub(super) gateway: Option<IpAddr>,
    pub(super) source: Option<IpAddr>,
}

/// Why rules are unusual.
const RULES: &str = "policy routing (`ip rule`)";

/// Everything that decides which way packets leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct World {
    pub(super) interfaces: BTreeMap<u32, Interface>,
    /// Addresses of this host, and whether each is for everywhere.
    pub(super) addresses: Vec<(IpAddr, bool)>,
    pub(super) routes: Vec<Route>,
    pub(super) neighbours: BTreeMap<(u32, IpAddr), Neighbour>,
    /// Why the kernel's own decision cannot be foretold, if so.
    pub(super) unusual: Option<&'static str>,
}

impl World {
    pub(super) fn read(netlink: &mut Netlink) -> Result<Self, LinkError> {
        let mut world = Self::default();
        for family in [libc::AF_INET, libc::AF_INET6] {
            world.read_rules(netlink, family)?;
        }
        if has_ipsec_policies() {
            world.unusual = Some("IPsec policies");
        }
        let mut body = [0; 16];
        netlink.dump(libc::RTM_GETLINK, &body, &mut |_, body| {
            world.interface(body);
        })?;
        body = [0; 16];
        netlink.dump(libc::RTM_GETADDR, &body[..8], &mut |_, body| {
            world.address(body);
        })?;
        for family in [libc::AF_INET, libc::AF_INET6] {
            body[0] = u8::try_from(family).unwrap_or(0);
            netlink.dump(libc::RTM_GETROUTE, &body[..12], &mut |_, body| {
                world.route(body);
            })?;
        }
        world.read_neighbours(netlink)?;
        Ok(world)
    }

    /// What messages of the kernel say, one after the other.
    pub(super) fn from_messages(bytes: &[u8]) -> Self {
        let mut world = Self::default();
        for (kind, body) in messages(bytes) {
            match kind {
                libc::RTM_NEWLINK => world.interface(body),
                libc::RTM_NEWADDR => world.address(body),
                libc::RTM_NEWROUTE => world.route(body),
                libc::RTM_NEWNEIGH => world.neighbour(body),
                libc::RTM_NEWRULE if !is_usual_rule(body) => world.unusual = Some(RULES),
                _ => {}
            }
        }
        world
    }

    pub(super) fn read_neighbours(&mut self, netlink: &mut Netlink) -> Result<(), LinkError> {
        self.neighbours.clear();
        netlink.dump(libc::RTM_GETNEIGH, &[0; 12], &mut |_, body| {
            self.neighbour(body);
        })
    }

    /// Rules beyond those that every kernel begins with may choose by source, mark or interface.
    fn read_rules(&mut self, netlink: &mut Netlink, family: i32) -> Result<(), LinkError> {
        let mut body = [0; 12];
        body[0] = u8::try_from(family).unwrap_or(0);
        let mut usual = true;
        let listed = netlink.dump(libc::RTM_GETRULE, &body, &mut |_, body| {
            usual &= is_usual_rule(body);
        });
        match listed {
            // A kernel without policy routing has no rules.
            Err(error) if matches!(error.errno(), Some(libc::EOPNOTSUPP | libc::EAFNOSUPPORT)) => {}
            other => other?,
        }
        if !usual {
            self.unusual = Some(RULES);
        }
        Ok(())
    }

    fn interface(&mut self, body: &[u8]) {
        let Some(([_, _, k0, k1, i0, i1, i2, i3, f0, f1, f2, f3, ..], rest)) =
            body.split_first_chunk::<16>()
        else {
            return;
        };
        let mut interface = Interface::default();
        let flags = u32::from_ne_bytes([*f0, *f1, *f2, *f3]);
        let is_ethernet = u16::from_ne_bytes([*k0, *k1]) == ETHERNET && flags & NO_NEIGHBOURS == 0;
        for attribute in attributes(rest) {
            match attribute.kind {
                libc::IFLA_IFNAME => {
                    let name = attribute.data.strip_suffix(b"\0").unwrap_or(attribute.data);
                    interface.name = String::from_utf8_lossy(name).into_owned();
                }
                libc::IFLA_ADDRESS if is_ethernet => {
                    interface.hardware = attribute.data.try_into().ok();
                }
                _ => {}
            }
        }
        let index = u32::from_ne_bytes([*i0, *i1, *i2, *i3]);
        self.interfaces.insert(index, interface);
    }

    fn address(&mut self, body: &[u8]) {
        let Some(([_, _, flags, scope, ..], rest)) = body.split_first_chunk::<8>() else {
            return;
        };
        let mut found = None;
        let mut flags = u32::from(*flags);
        for attribute in attributes(rest) {
            match attribute.kind {
                libc::IFA_FLAGS => flags = attribute.u32(),
                // On a point-to-point interface the other kind names the peer.
                libc::IFA_LOCAL => found = address(&attribute),
                libc::IFA_ADDRESS if found.is_none() => found = address(&attribute),
                _ => {}
            }
        }
        if let Some(address) = found {
            let is_global = *scope == SCOPE_UNIVERSE && flags & ADDRESS_UNUSED == 0;
            self.addresses.push((address, is_global));
        }
    }

    fn route(&mut self, body: &[u8]) {
        let Some(([family, length, _, tos, table, _, _, kind, f0, f1, f2, f3], rest)) =
            body.split_first_chunk::<12>()
        else {
            return;
        };
        let flags = u32::from_ne_bytes([*f0, *f1, *f2, *f3]);
        let mut route = Route {
            is_v6: i32::from(*family) == libc::AF_INET6,
            first: 0,
            length: *length,
            table: u32::from(*table),
            metric: 0,
            kind: match *kind {
                libc::RTN_UNICAST => RouteKind::Unicast,
                libc::RTN_LOCAL => RouteKind::Local,
                libc::RTN_BLACKHOLE | libc::RTN_UNREACHABLE | libc::RTN_PROHIBIT => {
                    RouteKind::Unreachable
                }
                _ => RouteKind::Other,
            },
            interface: 0,
            gateway: None,
            source: None,
        };
        let mut special = *tos != 0;
        for attribute in attributes(rest) {
            match attribute.kind {
                libc::RTA_DST => route.first = address(&attribute).map_or(0, |ip| number(ip).0),
                libc::RTA_OIF => route.interface = attribute.u32(),
                libc::RTA_GATEWAY => route.gateway = address(&attribute),
                libc::RTA_VIA => route.gateway = attribute.data.get(2..).and_then(octets),
                libc::RTA_PRIORITY => route.metric = attribute.u32(),
                libc::RTA_PREFSRC => route.source = address(&attribute),
                libc::RTA_TABLE => route.table = attribute.u32(),
                libc::RTA_MULTIPATH | libc::RTA_ENCAP | libc::RTA_ENCAP_TYPE | libc::RTA_SRC => {
                    special = true;
                }
                _ => {}
            }
        }
        if special && route.kind == RouteKind::Unicast {
            route.kind = RouteKind::Other;
        }
        if TABLES.contains(&route.table) && flags & (CLONED | DEAD) == 0 {
            self.routes.push(route);
        }
    }

    fn neighbour(&mut self, body: &[u8]) {
        let Some(([_, _, _, _, i0, i1, i2, i3, s0, s1, _, _], rest)) =
            body.split_first_chunk::<12>()
        else {
            return;
        };
        let (mut ip, mut hardware) = (None, None);
        for attribute in attributes(rest) {
            match attribute.kind {
                libc::NDA_DST => ip = address(&attribute),
                libc::NDA_LLADDR => hardware = attribute.data.try_into().ok(),
                _ => {}
            }
        }
        let state = u16::from_ne_bytes([*s0, *s1]);
        if let (Some(ip), Some(hardware)) = (ip, hardware)
            && state & NEIGHBOUR_KNOWN != 0
        {
            let interface = u32::from_ne_bytes([*i0, *i1, *i2, *i3]);
            let is_stale = state & NEIGHBOUR_STALE != 0;
            let neighbour = Neighbour { hardware, is_stale };
            self.neighbours.insert((interface, ip), neighbour);
        }
    }
}

/// One of the three rules that look into the usual tables, whatever the packet.
fn is_usual_rule(body: &[u8]) -> bool {
    let Some(([_, destination, source, tos, table, _, _, action, flags @ ..], rest)) =
        body.split_first_chunk::<12>()
    else {
        return false;
    };
    let (mut table, mut priority, mut chooses) = (u32::from(*table), 0, false);
    for attribute in attributes(rest) {
        match attribute.kind {
            FRA_TABLE => table = attribute.u32(),
            FRA_PRIORITY => priority = attribute.u32(),
            // "Suppress nothing" is written out; who made the rule does not matter.
            FRA_SUPPRESS_PREFIXLEN | FRA_SUPPRESS_IFGROUP => {
                chooses |= attribute.u32() != u32::MAX;
            }
            FRA_PROTOCOL => {}
            _ => chooses = true,
        }
    }
    let usual = [(0, 255), (32_766, 254), (32_767, 253)];
    let to_table = *action == 1;
    [destination, source, tos].iter().all(|octet| **octet == 0)
        && *flags == [0; 4]
        && to_table
        && !chooses
        && usual.contains(&(priority, table))
}

/// Without the right to ask (`CAP_NET_ADMIN`), no: what `IPsec` would have done to probes then is not done.
fn has_ipsec_policies() -> bool {
    let mut any = false;
    let listed = Netlink::open(NETLINK_XFRM)
        .and_then(|mut netlink| netlink.dump(XFRM_MSG_GETPOLICY, &[0; 64], &mut |_, _| any = true));
    listed.is_ok() && any
}

pub(super) fn address(attribute: &Attribute<'_>) -> Option<IpAddr> {
    octets(attribute.data)
}

fn octets(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}
