//! Bytes to and from the packets that Internet measurements send and receive.
//!
//! Everything here is pure: no allocation on parsing, no I/O, no clock. Parsers accept what the
//! network sends: a packet cut short inside an ICMP quotation is still read as far as it goes, and
//! the parser names the field that was missing.
//!
//! ```
//! use netsonde_wire::icmp::{Icmp, Object};
//! use netsonde_wire::ip::IpPacket;
//! use netsonde_wire::{WireError, mpls};
//!
//! /// The labels that a router's reply quotes.
//! fn labels(packet: &[u8]) -> Result<Vec<u32>, WireError> {
//!     let packet = IpPacket::parse(packet)?;
//!     let Icmp::Error(error) = Icmp::parse(packet.payload, packet.header.source.is_ipv6())? else {
//!         return Ok(Vec::new());
//!     };
//!     let objects = error.extensions.iter().flat_map(|extensions| extensions.objects());
//!     Ok(objects
//!         .filter_map(|object| match object {
//!             Object::LabelStack { raw } => Some(mpls::entries(raw).map(|entry| entry.label)),
//!             _ => None,
//!         })
//!         .flatten()
//!         .collect())
//! }
//! assert_eq!(
//!     labels(&[0x45, 0, 0]).unwrap_err().to_string(),
//!     "ipv4.total_length is cut short: 4 bytes needed, 3 there",
//! );
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod arp;
pub mod checksum;
mod error;
pub mod ethernet;
pub mod icmp;
pub mod ip;
pub mod mpls;
pub mod pcapng;
pub mod snmp;
pub mod tcp;
pub mod udp;

pub use error::WireError;
