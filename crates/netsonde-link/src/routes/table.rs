//! From what the kernel says to the way and the source of every destination.
use super::world::{Route, RouteKind, TABLES, World};
use crate::egress::{Egress, Way};
use crate::ranges::{Prefix, Ranges, number};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Neighbours that have a way of their own at most.
const NEIGHBOURS_MAX: usize = 1_024;

/// What all destinations of some ranges have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) way: Way,
    /// 0 where the kernel decides.
    pub(super) interface: u32,
    /// Who must be resolved before frames can be sent.
    pub(super) gateway: Option<IpAddr>,
    pub(super) source: Option<IpAddr>,
    /// Whether all destinations have the same source.
    pub(super) one_source: bool,
    /// Whether the destination itself must be resolved.
    is_on_link: bool,
}

impl Entry {
    const NONE: Self = Self {
        way: Way::None,
        interface: 0,
        gateway: None,
        source: None,
        one_source: true,
        is_on_link: false,
    };
    const RAW: Self = Self {
        way: Way::Raw,
        one_source: false,
        ..Self::NONE
    };
}

/// The entries, and which one each address has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) entries: Vec<Entry>,
    pub(super) v4: Ranges<u16>,
    pub(super) v6: Ranges<u16>,
}

impl Table {
    pub(super) fn new(world: &World) -> Self {
        let mut entries = Entries::default();
        let none = entries.index(Entry::NONE);
        let mut versions = [false, true].map(|is_v6| {
            let width = if is_v6 { 128 } else { 32 };
            let mut prefixes = prefixes(world, is_v6, &mut entries);
            let ranges = Ranges::new(prefixes.clone(), width, none);
            let known = neighbours(world, is_v6, &ranges, &mut entries);
            if known.is_empty() {
                return ranges;
            }
            prefixes.splice(0..0, known);
            Ranges::new(prefixes, width, none)
        });
        let [v4, v6] = &mut versions;
        if entries.overflow {
            return Self {
                entries: vec![Entry::RAW],
                v4: v4.map(|_| 0),
                v6: v6.map(|_| 0),
            };
        }
        let [v4, v6] = versions;
        Self {
            entries: entries.list,
            v4,
            v6,
        }
    }

    /// The way to every destination.
    pub(super) fn egress(&self) -> Egress {
        let ways: Vec<Way> = self.entries.iter().map(|entry| entry.way).collect();
        // Many entries differ by their source only.
        let mut different = ways.clone();
        different.sort_unstable();
        different.dedup();
        let index = |old: u16| {
            let place = different.binary_search(&ways[usize::from(old)]);
            u16::try_from(place.unwrap_or(0)).unwrap_or(0)
        };
        let (v4, v6) = (self.v4.map(index), self.v6.map(index));
        Egress::new(different, v4, v6)
    }

    /// The index of the entry of an address.
    pub(super) fn at(&self, address: IpAddr) -> usize {
        let ranges = match address {
            IpAddr::V4(_) => &self.v4,
            IpAddr::V6(_) => &self.v6,
        };
        usize::from(ranges.at(number(address).0))
    }
}

/// Entries, each once.
#[derive(Default)]
struct Entries {
    list: Vec<Entry>,
    known: BTreeMap<Entry, u16>,
    /// There were more than a number of 16 bits tells apart.
    overflow: bool,
}

impl Entries {
    fn index(&mut self, entry: Entry) -> u16 {
        if let Some(index) = self.known.get(&entry) {
            return *index;
        }
        let Ok(index) = u16::try_from(self.list.len()) else {
            self.overflow = true;
            return 0;
        };
        self.list.push(entry);
        self.known.insert(entry, index);
        index
    }
}

/// The best route of each prefix.
fn prefixes(world: &World, is_v6: bool, entries: &mut Entries) -> Vec<Prefix<u16>> {
    let order = |route: &&Route| {
        let table = TABLES.iter().position(|table| *table == route.table);
        (route.first, route.length, table, route.metric)
    };
    let mut routes: Vec<&Route> = world
        .routes
        .iter()
        .filter(|route| route.is_v6 == is_v6)
        .collect();
    routes.sort_by_key(order);
    // A list that changed while it was read names some twice.
    routes.dedup();
    let one_source = !is_v6 || has_one_source(world);
    let mut found: Vec<Prefix<u16>> = Vec::new();
    for alike in routes.chunk_by(|a, b| (a.first, a.length) == (b.first, b.length)) {
        let best = alike[0];
        // Two that are equally good share the load, which is the kernel's to do.
        let is_shared = alike.get(1).is_some_and(|next| order(&best) == order(next));
        let entry = if is_shared {
            Entry::RAW
        } else {
            entry(world, best, one_source)
        };
        found.push(Prefix {
            first: best.first,
            length: best.length,
            value: entries.index(entry),
        });
    }
    found
}

fn entry(world: &World, route: &Route, one_source: bool) -> Entry {
    match route.kind {
        RouteKind::Unreachable => return Entry::NONE,
        RouteKind::Other => return Entry::RAW,
        RouteKind::Unicast | RouteKind::Local => {}
    }
    let is_unicast = route.kind == RouteKind::Unicast;
    let way = route
        .gateway
        .filter(|_| is_unicast && world.unusual.is_none())
        .and_then(|gateway| ethernet(world, route.interface, gateway));
    Entry {
        way: way.unwrap_or(Way::Raw),
        interface: route.interface,
        gateway: route.gateway,
        source: route.source,
        one_source: route.source.is_some() || one_source && is_unicast,
        is_on_link: is_unicast && route.gateway.is_none(),
    }
}

fn ethernet(world: &World, interface: u32, next_hop: IpAddr) -> Option<Way> {
    let from = world.interfaces.get(&interface)?.hardware?;
    let to = world.neighbours.get(&(interface, next_hop))?.hardware;
    Some(Way::Ethernet {
        interface,
        from,
        to,
    })
}

/// Ways to neighbours that are known by their hardware address.
fn neighbours(
    world: &World,
    is_v6: bool,
    ranges: &Ranges<u16>,
    entries: &mut Entries,
) -> Vec<Prefix<u16>> {
    let mut found = Vec::new();
    for (interface, address) in world.neighbours.keys() {
        if found.len() >= NEIGHBOURS_MAX || world.unusual.is_some() {
            break;
        }
        let (first, length) = number(*address);
        if address.is_ipv6() != is_v6 || is_link_local(*address) {
            continue;
        }
        let covering = entries.list[usize::from(ranges.at(first))];
        if covering.is_on_link
            && covering.interface == *interface
            && let Some(way) = ethernet(world, *interface, *address)
        {
            let value = entries.index(Entry { way, ..covering });
            found.push(Prefix {
                first,
                length,
                value,
            });
        }
    }
    found
}

/// IPv6 chooses sources by destination, unless there is but one to choose.
fn has_one_source(world: &World) -> bool {
    let v6 = world
        .addresses
        .iter()
        .filter(|(address, is_global)| address.is_ipv6() && *is_global && !address.is_loopback());
    v6.count() == 1
}

/// Such an address means something on its interface only, which a target does not name.
fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}
