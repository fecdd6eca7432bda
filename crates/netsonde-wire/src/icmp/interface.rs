//! Interface information objects (RFC 5837).
use super::extensions::CLASS_INTERFACE;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const HAS_IF_INDEX: u8 = 0x08;
const HAS_ADDRESS: u8 = 0x04;
const HAS_NAME: u8 = 0x02;
const HAS_MTU: u8 = 0x01;
/// Address families, each followed by two reserved bytes.
const AFI_IPV4: [u8; 2] = [0, 1];
const AFI_IPV6: [u8; 2] = [0, 2];
/// The longest name sub-object, its length byte included (RFC 5837 section 4.3).
const NAME_LEN_MAX: usize = 64;

/// RFC 5837 interface information.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterfaceInfo<'a> {
    /// 0 incoming, 1 sub-IP component of incoming, 2 outgoing, 3 next hop.
    pub role: u8,
    /// The interface's number at its router.
    pub if_index: Option<u32>,
    /// The interface's address.
    pub address: Option<IpAddr>,
    /// UTF-8 as sent, padding removed; not necessarily valid.
    pub name: Option<&'a [u8]>,
    /// In bytes.
    pub mtu: Option<u32>,
}

impl<'a> InterfaceInfo<'a> {
    /// Reads the payload of an object; `None` if it does not hold what its type announces.
    pub(super) fn parse(c_type: u8, payload: &'a [u8]) -> Option<Self> {
        let mut rest = payload;
        let has = |flag| c_type & flag != 0;
        let if_index = if has(HAS_IF_INDEX) {
            Some(take_u32(&mut rest)?)
        } else {
            None
        };
        let address = if has(HAS_ADDRESS) {
            Some(take_address(&mut rest)?)
        } else {
            None
        };
        let name = if has(HAS_NAME) {
            Some(take_name(&mut rest)?)
        } else {
            None
        };
        let mtu = if has(HAS_MTU) {
            Some(take_u32(&mut rest)?)
        } else {
            None
        };
        Some(Self {
            role: c_type >> 6,
            if_index,
            address,
            name,
            mtu,
        })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*taken)
}

fn take_u32(rest: &mut &[u8]) -> Option<u32> {
    take(rest).map(u32::from_be_bytes)
}

fn take_address(rest: &mut &[u8]) -> Option<IpAddr> {
    let [a0, a1, _, _] = take(rest)?;
    match [a0, a1] {
        AFI_IPV4 => take::<4>(rest).map(|octets| IpAddr::V4(Ipv4Addr::from(octets))),
        AFI_IPV6 => take::<16>(rest).map(|octets| IpAddr::V6(Ipv6Addr::from(octets))),
        _ => None,
    }
}

fn take_name<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::from(*rest.first()?);
    if length > NAME_LEN_MAX {
        return None;
    }
    let (sub_object, after) = rest.split_at_checked(length)?;
    let name = sub_object.get(1..)?;
    *rest = after;
    let end = name
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    name.get(..end)
}

/// Appends an RFC 5837 object with its header. Names are cut at 63 bytes.
pub fn emit_interface_info(info: &InterfaceInfo<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    let flag = |present: bool, flag: u8| if present { flag } else { 0 };
    let c_type = (info.role & 3) << 6
        | flag(info.if_index.is_some(), HAS_IF_INDEX)
        | flag(info.address.is_some(), HAS_ADDRESS)
        | flag(info.name.is_some(), HAS_NAME)
        | flag(info.mtu.is_some(), HAS_MTU);
    out.extend_from_slice(&[0, 0, CLASS_INTERFACE, c_type]);
    if let Some(if_index) = info.if_index {
        out.extend_from_slice(&if_index.to_be_bytes());
    }
    match info.address {
        Some(IpAddr::V4(address)) => {
            out.extend_from_slice(&[AFI_IPV4[0], AFI_IPV4[1], 0, 0]);
            out.extend_from_slice(&address.octets());
        }
        Some(IpAddr::V6(address)) => {
            out.extend_from_slice(&[AFI_IPV6[0], AFI_IPV6[1], 0, 0]);
            out.extend_from_slice(&address.octets());
        }
        None => {}
    }
    if let Some(name) = info.name {
        let name = name.get(..NAME_LEN_MAX - 1).unwrap_or(name);
        let length = (1 + name.len()).next_multiple_of(4);
        let end = out.len() + length;
        out.push(u8::try_from(length).unwrap_or(u8::MAX)); // at most 64
        out.extend_from_slice(name);
        out.resize(end, 0);
    }
    if let Some(mtu) = info.mtu {
        out.extend_from_slice(&mtu.to_be_bytes());
    }
    // At most 4 + 4 + 20 + 64 + 4.
    let length = u16::try_from(out.len() - start).unwrap_or(u16::MAX);
    out[start..start + 2].copy_from_slice(&length.to_be_bytes());
}
