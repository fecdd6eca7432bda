//! MPLS label stacks (RFC 3032, RFC 5462).
use crate::WireError;
use alloc::vec::Vec;

/// One label stack entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lse {
    /// 20 bits.
    pub label: u32,
    /// Traffic class, 3 bits.
    pub tc: u8,
    pub bottom: bool,
    pub ttl: u8,
}

impl Lse {
    pub const IPV4_EXPLICIT_NULL: u32 = 0;
    pub const IPV6_EXPLICIT_NULL: u32 = 2;
    pub const IMPLICIT_NULL: u32 = 3;
    pub fn from_bytes(bytes: [u8; 4]) -> Self { todo!() }
    pub fn to_bytes(self) -> [u8; 4] { todo!() }
}

/// Entries up to and including the bottom of the stack, and the rest of the bytes.
/// A stack without a bottom is `Short`; use `entries` to read what there is.
pub fn parse_stack(bytes: &[u8]) -> Result<(Vec<Lse>, &[u8]), WireError> { todo!() }
/// Every whole entry in `bytes`, whether or not one is marked as the bottom (RFC 4950 objects).
pub fn entries(bytes: &[u8]) -> impl Iterator<Item = Lse> + '_ { bytes.chunks_exact(4).map(|b| Lse::from_bytes([b[0], b[1], b[2], b[3]])) }
