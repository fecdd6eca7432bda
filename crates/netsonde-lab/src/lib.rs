//! A virtual Internet of user-level routers and hosts: sans-IO, deterministic, replayed from a seed.
//!
//! A [`Topology`] says what there is; a [`Lab`] runs it. Measurement hosts plug in at attachments:
//! they [`Lab::inject`] whole IP packets and get [`Delivery`]s. Time is an argument: a caller either
//! keeps the wall clock or lets [`Lab::drive`] jump from event to event.
#![forbid(unsafe_code)]

mod capture;
mod control;
mod digest;
mod drive;
mod ecmp;
mod error;
mod fault;
mod forward;
mod fragment;
mod icmp;
mod lab;
mod limiter;
mod line;
mod local;
mod mutate;
mod nat;
mod node;
mod packet;
mod plan;
mod queue;
mod random;
mod read;
mod rewrite;
mod statistics;
mod switch;
pub mod topology;

pub use drive::Host;
pub use error::LabError;
pub use lab::{AttachmentId, Delivery, Lab};
pub use node::{Emission, Node};
pub use statistics::{Drop, Statistics};
pub use topology::Topology;
