//! Bytes to and from the packets that Internet measurements send and receive.
//!
//! Everything here is pure: no allocation on parsing, no I/O, no clock. Parsers accept what the
//! network sends: a packet cut short inside an ICMP quotation is still read as far as it goes, and
//! the parser names the field that was missing.
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
pub mod tcp;
pub mod udp;

pub use error::WireError;
