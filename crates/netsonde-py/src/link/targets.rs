//! Targets as they travel between processes: 33 octets each, the version, the target's address, and its source.
use netsonde_probe::job::Target;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Octets of one target.
pub(crate) const RECORD: usize = 1 + 2 * ADDRESS;
/// Octets of one address; of IPv4, the first four count.
const ADDRESS: usize = 16;

/// Reads packed targets; `None` if these are none.
pub(crate) fn unpack(packed: &[u8]) -> Option<Vec<Target>> {
    let records = packed.chunks_exact(RECORD);
    if !records.remainder().is_empty() {
        return None;
    }
    records.map(target).collect()
}

fn target(record: &[u8]) -> Option<Target> {
    let (version, addresses) = record.split_first()?;
    let (address, source) = addresses.split_first_chunk::<ADDRESS>()?;
    let source = source.first_chunk()?;
    Some(Target {
        address: ip(*version, address)?,
        source: ip(*version, source)?,
    })
}

fn ip(version: u8, octets: &[u8; ADDRESS]) -> Option<IpAddr> {
    match version {
        4 => Some(Ipv4Addr::from(*octets.first_chunk::<4>()?).into()),
        6 => Some(Ipv6Addr::from(*octets).into()),
        _ => None,
    }
}
