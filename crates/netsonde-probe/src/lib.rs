//! Measurements as state machines: bytes and time in, probes and events out.
//!
//! `job` is what a caller asks for and `event` what it gets; both travel as JSON, one object a line.
//! `engine` runs many measurements at once; it never waits and never touches a socket.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod alias;
mod engine;
mod error;
pub mod event;
mod few;
mod fingerprint;
mod identity;
pub mod job;
pub mod json;
mod measurement;
mod multipath;
mod path_mtu;
mod ping;
pub mod record;
mod seed;
mod session;
mod slab;
pub mod targets;
mod tcp;
#[cfg(test)]
mod testing;
pub(crate) mod tnt;
mod trace;

pub use engine::{Engine, MESSAGE_SERIAL, Reception};
pub use error::JobError;
pub use multipath::diamonds_of;
pub use tnt::{infer, vendors};
