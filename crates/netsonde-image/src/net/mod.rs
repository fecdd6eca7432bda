//! What an operating system would do between an IP packet and a card: addresses, neighbours, frames. Takes frames and
//! time, gives frames; never waits.
mod address;
mod dhcp4;
mod dhcp6;
mod lease;
mod link_layer;
mod neighbours;
mod routers;
mod stack;

pub use address::{Address, Family};
pub use stack::{Outgoing, Stack};
