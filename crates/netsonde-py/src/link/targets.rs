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

/// Fills in the sources of packed targets. Returns those that have one and those that have none; `None` if these are no
/// targets.
pub(crate) fn fill(
    packed: &[u8],
    mut source: impl FnMut(IpAddr) -> Option<IpAddr>,
) -> Option<(Vec<u8>, Vec<u8>)> {
    let records = packed.chunks_exact(RECORD);
    if !records.remainder().is_empty() {
        return None;
    }
    let (mut filled, mut left) = (Vec::with_capacity(packed.len()), Vec::new());
    for record in records {
        let (version, address) = record.split_first()?;
        let target = ip(*version, address.first_chunk()?)?;
        match source(target) {
            Some(source) => {
                filled.extend_from_slice(&record[..=ADDRESS]);
                let start = filled.len();
                match source {
                    IpAddr::V4(v4) => filled.extend_from_slice(&v4.octets()),
                    IpAddr::V6(v6) => filled.extend_from_slice(&v6.octets()),
                }
                filled.resize(start + ADDRESS, 0);
            }
            None => left.extend_from_slice(record),
        }
    }
    Some((filled, left))
}
