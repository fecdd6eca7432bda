//! ARP for IPv4 over Ethernet (RFC 826).
use crate::WireError;
use crate::error::Fields;
use crate::ethernet::MacAddr;
use alloc::vec::Vec;
use core::net::Ipv4Addr;

const LEN: usize = 28;
/// Ethernet, IPv4, and the lengths of their addresses.
const PREFIX: [u8; 6] = [0, 1, 8, 0, 6, 4];
const FIELDS: &Fields = &[
    ("arp.hardware_type", 2),
    ("arp.protocol_type", 4),
    ("arp.hardware_length", 5),
    ("arp.protocol_length", 6),
    ("arp.operation", 8),
    ("arp.sender_mac", 14),
    ("arp.sender_ip", 18),
    ("arp.target_mac", 24),
    ("arp.target_ip", LEN),
];

/// Values of [`Arp::operation`].
pub mod operation {
    /// Who has the target address?
    pub const REQUEST: u16 = 1;
    /// The sender has it.
    pub const REPLY: u16 = 2;
}

/// A parsed message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arp {
    /// See [`operation`].
    pub operation: u16,
    /// Link-layer address of the sender.
    pub sender_mac: MacAddr,
    /// Protocol address of the sender.
    pub sender_ip: Ipv4Addr,
    /// Link-layer address of the target; meaningless in requests.
    pub target_mac: MacAddr,
    /// Protocol address of the target.
    pub target_ip: Ipv4Addr,
}

impl Arp {
    /// Reads a message; bytes past it (link padding) are ignored.
    ///
    /// # Errors
    /// `Short` when it is cut, `Invalid` when it is not about IPv4 over Ethernet.
    pub fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        let Some(message) = bytes.first_chunk::<LEN>() else {
            return Err(WireError::short(FIELDS, bytes.len()));
        };
        let word = |at: usize| u16::from_be_bytes([message[at], message[at + 1]]);
        check("arp.hardware_type", "1", word(0), 1)?;
        check("arp.protocol_type", "2048", word(2), 0x0800)?;
        check("arp.hardware_length", "6", u16::from(message[4]), 6)?;
        check("arp.protocol_length", "4", u16::from(message[5]), 4)?;
        let (sender, target) = (&message[8..18], &message[18..]);
        Ok(Self {
            operation: word(6),
            sender_mac: MacAddr::at(sender),
            sender_ip: Ipv4Addr::new(sender[6], sender[7], sender[8], sender[9]),
            target_mac: MacAddr::at(target),
            target_ip: Ipv4Addr::new(target[6], target[7], target[8], target[9]),
        })
    }

    /// Appends the message.
    pub fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&PREFIX);
        out.extend_from_slice(&self.operation.to_be_bytes());
        out.extend_from_slice(&self.sender_mac.0);
        out.extend_from_slice(&self.sender_ip.octets());
        out.extend_from_slice(&self.target_mac.0);
        out.extend_from_slice(&self.target_ip.octets());
    }
}

fn check(
    field: &'static str,
    expected: &'static str,
    found: u16,
    wanted: u16,
) -> Result<(), WireError> {
    if found == wanted {
        return Ok(());
    }
    Err(WireError::Invalid {
        field,
        expected,
        found: u32::from(found),
    })
}
