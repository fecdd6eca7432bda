//! MPLS label stacks (RFC 3032, RFC 5462).
use crate::WireError;
use alloc::vec::Vec;

/// One label stack entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lse {
    /// The label, 20 bits.
    pub label: u32,
    /// Traffic class, 3 bits.
    pub tc: u8,
    /// Whether this is the last entry, the one next to the packet.
    pub bottom: bool,
    /// Time to live.
    pub ttl: u8,
}

impl Lse {
    /// The label that says "pop me and look at the IPv4 packet" (RFC 3032).
    pub const IPV4_EXPLICIT_NULL: u32 = 0;
    /// The label that makes a router look into the packet itself (RFC 3032).
    pub const ROUTER_ALERT: u32 = 1;
    /// The label that says "pop me and look at the IPv6 packet" (RFC 3032).
    pub const IPV6_EXPLICIT_NULL: u32 = 2;
    /// Signalled, never sent: asks the penultimate router to pop (RFC 3032).
    pub const IMPLICIT_NULL: u32 = 3;

    /// Reads one entry; every four bytes are one.
    pub fn from_bytes(bytes: [u8; 4]) -> Self {
        let word = u32::from_be_bytes(bytes);
        Self {
            label: word >> 12,
            tc: (bytes[2] >> 1) & 7,
            bottom: bytes[2] & 1 == 1,
            ttl: bytes[3],
        }
    }

    /// Writes one entry; bits past the width of a field are dropped.
    pub fn to_bytes(self) -> [u8; 4] {
        let word = (self.label & 0xf_ffff) << 12
            | u32::from(self.tc & 7) << 9
            | u32::from(self.bottom) << 8
            | u32::from(self.ttl);
        word.to_be_bytes()
    }
}

/// Entries up to and including the bottom of the stack, and the rest of the bytes.
///
/// # Errors
/// A stack without a bottom is `Short`; use `entries` to read what there is.
pub fn parse_stack(bytes: &[u8]) -> Result<(Vec<Lse>, &[u8]), WireError> {
    let Some(depth) = entries(bytes).position(|entry| entry.bottom) else {
        let needed = bytes.len() / 4 * 4 + 4;
        return Err(WireError::Short {
            field: "mpls.entry",
            needed,
            got: bytes.len(),
        });
    };
    let (stack, rest) = bytes.split_at((depth + 1) * 4);
    Ok((entries(stack).collect(), rest))
}

/// Every whole entry in `bytes`, whether or not one is marked as the bottom (RFC 4950 objects).
pub fn entries(bytes: &[u8]) -> impl Iterator<Item = Lse> + '_ {
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .copied()
        .map(Lse::from_bytes)
}

/// Appends the entries as they are: `bottom` is the caller's to set.
pub fn emit_stack(stack: &[Lse], out: &mut Vec<u8>) {
    for entry in stack {
        out.extend_from_slice(&entry.to_bytes());
    }
}
