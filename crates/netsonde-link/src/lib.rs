//! Linux descriptors for probes: whole IP packets in and out, with the kernel's receive times.
//!
//! A link carries packets and knows nothing of measurements: what to send comes from a [`drive::Host`].
//! All `unsafe` of the workspace is in the `sys` modules, one thin function per system call.

mod ancillary;
mod bpf;
pub mod broker;
pub mod capture;
mod control;
pub mod descriptors;
pub mod drive;
pub mod egress;
mod error;
pub mod filter;
pub mod link;
mod memory;
mod netlink;
pub mod output;
pub mod packet;
pub mod poll;
mod ranges;
pub mod raw;
pub mod routes;
mod sandbox;
pub mod seal;
mod send;
mod stamp;
pub mod stream;
mod sys;
#[cfg(test)]
mod testing;
pub mod tun;

pub mod unprivileged;

pub use error::LinkError;
pub use sys::time::monotonic_ns;
