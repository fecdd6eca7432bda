//! Measurements as state machines: bytes and time in, probes and events out.
//!
//! `job` is what a caller asks for and `event` what it gets; both travel as JSON, one object a line.
//! `engine` runs many measurements at once; it never waits and never touches a socket.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod event;
pub mod job;
pub mod record;
pub(crate) mod tnt;

pub use tnt::{infer, vendors};
