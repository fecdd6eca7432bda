//! Which way packets leave towards each destination: what a broker found out and a sealed engine obeys.
use crate::ranges::{Ranges, number};
use std::net::IpAddr;

/// Different ways at most.
pub(crate) const WAYS_MAX: usize = 4_096;
/// Ranges of addresses per IP version at most.
pub(crate) const RANGES_MAX: usize = 1 << 14;
/// Octets of a way, and of a range, as they travel.
const WAY: usize = 1 + 4 + 6 + 6;
const RANGE: usize = 16 + 2;
/// A table travels in one frame.
const _: () = assert!(12 + WAYS_MAX * WAY + 2 * RANGES_MAX * RANGE <= crate::stream::PAYLOAD_MAX);

/// How packets leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Not at all: there is no route.
    None,
    /// By a raw socket: the kernel knows how.
    Raw,
    /// As Ethernet frames.
    Ethernet {
        /// Index of the interface.
        interface: u32,
        /// Its hardware address.
        from: [u8; 6],
        /// That of the next hop.
        to: [u8; 6],
    },
}

/// The way to every destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Egress {
    ways: Vec<Way>,
    v4: Ranges<u16>,
    v6: Ranges<u16>,
}

impl Egress {
    /// Everything by raw sockets.
    pub fn raw() -> Self {
        let all = || Ranges::new(Vec::new(), 128, 0);
        Self {
            ways: vec![Way::Raw],
            v4: all(),
            v6: all(),
        }
    }

    /// Indices into `ways` by address; everything by raw sockets where that is too much for a table.
    pub(crate) fn new(ways: Vec<Way>, v4: Ranges<u16>, v6: Ranges<u16>) -> Self {
        let fits = ways.len() <= WAYS_MAX
            && v4.starts().len() <= RANGES_MAX
            && v6.starts().len() <= RANGES_MAX;
        if fits {
            Self { ways, v4, v6 }
        } else {
            Self::raw()
        }
    }

    /// The way to one destination.
    pub fn way(&self, destination: IpAddr) -> Way {
        let ranges = match destination {
            IpAddr::V4(_) => &self.v4,
            IpAddr::V6(_) => &self.v6,
        };
        self.ways[usize::from(ranges.at(number(destination).0))]
    }

    /// The interfaces that Ethernet frames leave by, each once.
    pub fn interfaces(&self) -> Vec<u32> {
        let mut found: Vec<u32> = self
            .ways
            .iter()
            .filter_map(|way| match way {
                Way::Ethernet { interface, .. } => Some(*interface),
                Way::None | Way::Raw => None,
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The table as it travels; [`Egress::from_bytes`] reads it.
    ///
    /// # Panics
    /// Never: its parts are limited.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let lengths = [
            self.ways.len(),
            self.v4.starts().len(),
            self.v6.starts().len(),
        ];
        for length in lengths {
            let length = u32::try_from(length).expect("limited above");
            out.extend_from_slice(&length.to_le_bytes());
        }
        for way in &self.ways {
            let (kind, interface, from, to) = match way {
                Way::None => (0, 0, [0; 6], [0; 6]),
                Way::Raw => (1, 0, [0; 6], [0; 6]),
                Way::Ethernet {
                    interface,
                    from,
                    to,
                } => (2, *interface, *from, *to),
            };
            out.push(kind);
            out.extend_from_slice(&interface.to_le_bytes());
            out.extend_from_slice(&from);
            out.extend_from_slice(&to);
        }
        for (start, way) in self.v4.starts().iter().chain(self.v6.starts()) {
            out.extend_from_slice(&start.to_le_bytes());
            out.extend_from_slice(&way.to_le_bytes());
        }
        out
    }

    /// Reads a table; `None` if it is none.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<12>()?;
        let mut lengths = head
            .chunks_exact(4)
            .filter_map(|length| Some(u32::from_le_bytes(*length.first_chunk()?) as usize));
        let (ways, v4, v6) = (lengths.next()?, lengths.next()?, lengths.next()?);
        if ways > WAYS_MAX || v4 > RANGES_MAX || v6 > RANGES_MAX {
            return None;
        }
        let (ways, rest) = rest.split_at_checked(ways * WAY)?;
        let (v4, v6_bytes) = rest.split_at_checked(v4 * RANGE)?;
        if v6_bytes.len() != v6 * RANGE {
            return None;
        }
        let ways: Vec<Way> = ways.chunks_exact(WAY).map(way).collect::<Option<_>>()?;
        Some(Self {
            v4: ranges(v4, ways.len())?,
            v6: ranges(v6_bytes, ways.len())?,
            ways,
        })
    }
}

fn way(bytes: &[u8]) -> Option<Way> {
    let (kind, rest) = bytes.split_first()?;
    let (interface, rest) = rest.split_first_chunk()?;
    let (from, rest) = rest.split_first_chunk()?;
    match kind {
        0 => Some(Way::None),
        1 => Some(Way::Raw),
        2 => Some(Way::Ethernet {
            interface: u32::from_le_bytes(*interface),
            from: *from,
            to: *rest.first_chunk()?,
        }),
        _ => None,
    }
}

fn ranges(bytes: &[u8], ways: usize) -> Option<Ranges<u16>> {
    let range = |bytes: &[u8]| {
        let (start, way) = bytes.split_first_chunk()?;
        let way = u16::from_le_bytes(*way.first_chunk()?);
        (usize::from(way) < ways).then_some((u128::from_le_bytes(*start), way))
    };
    let starts = bytes.chunks_exact(RANGE).map(range);
    Ranges::from_starts(starts.collect::<Option<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranges::Prefix;

    fn table() -> Egress {
        let ethernet = Way::Ethernet {
            interface: 7,
            from: [2, 0, 0, 0, 0, 1],
            to: [2, 0, 0, 0, 0, 2],
        };
        let prefix = |first, length, value| Prefix {
            first,
            length,
            value,
        };
        let v4 = vec![prefix(0, 0, 2), prefix(0x7f00_0000, 8, 1)];
        let v6 = vec![prefix(0x2000 << 112, 3, 2)];
        Egress::new(
            vec![Way::None, Way::Raw, ethernet],
            Ranges::new(v4, 32, 0),
            Ranges::new(v6, 128, 0),
        )
    }

    #[test]
    fn every_destination_has_its_way() {
        let table = table();
        let way = |address: &str| table.way(address.parse().unwrap());
        assert_eq!(way("127.0.0.1"), Way::Raw);
        assert!(matches!(
            way("192.0.2.1"),
            Way::Ethernet { interface: 7, .. }
        ));
        assert!(matches!(way("2001:db8::1"), Way::Ethernet { .. }));
        assert_eq!(way("fe80::1"), Way::None);
        assert_eq!(table.interfaces(), [7]);
        assert_eq!(Egress::raw().way("192.0.2.1".parse().unwrap()), Way::Raw);
        assert_eq!(Egress::raw().interfaces(), []);
    }

    #[test]
    fn a_table_travels_unchanged_and_nothing_else_is_taken_for_one() {
        for table in [table(), Egress::raw()] {
            let bytes = table.to_bytes();
            assert_eq!(Egress::from_bytes(&bytes), Some(table));
            for length in 0..bytes.len() {
                assert_eq!(Egress::from_bytes(&bytes[..length]), None, "{length}");
            }
            for place in 0..bytes.len() {
                for value in [0, 3, 0xff] {
                    let mut broken = bytes.clone();
                    broken[place] = value;
                    // Whatever it is then, asking it is safe.
                    if let Some(table) = Egress::from_bytes(&broken) {
                        table.way("192.0.2.1".parse().unwrap());
                        table.way("2001:db8::1".parse().unwrap());
                    }
                }
            }
        }
    }

    #[test]
    fn too_many_ways_become_raw() {
        let ways = vec![Way::None; WAYS_MAX + 1];
        let all = || Ranges::new(Vec::new(), 128, 0);
        assert_eq!(Egress::new(ways, all(), all()), Egress::raw());
    }
}
