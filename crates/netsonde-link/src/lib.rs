//! Linux descriptors for probes: whole IP packets in and out, with the kernel's receive times.
//!
//! A link carries packets and knows nothing of measurements: what to send comes from a [`drive::Host`].
//! All `unsafe` of the workspace is in the `sys` modules, one thin function per system call.

mod error;
pub mod poll;
mod sys;
#[cfg(test)]
mod testing;
pub mod tun;

pub use error::LinkError;
pub use sys::time::monotonic_ns;
