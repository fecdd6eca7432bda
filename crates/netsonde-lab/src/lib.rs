//! A virtual Internet of user-level routers and hosts: sans-IO, deterministic, replayed from a seed.
//!
//! A [`Topology`] says what there is; a [`Lab`] runs it. Measurement hosts plug in at attachments:
//! they [`Lab::inject`] whole IP packets and get [`Delivery`]s. Time is an argument: a caller either
//! keeps the wall clock or lets [`Lab::drive`] jump from event to event.
//!
//! ```
//! use netsonde_lab::{Lab, LabError, Topology};
//! use netsonde_wire::{icmp, ip};
//!
//! let topology = Topology::from_json(br#"{
//!     "seed": 42,
//!     "nodes": {"ce1": {"behaviour": {"te_ttl": 64}}, "pe1": {}},
//!     "links": {"ce1-pe1": {"ends": ["ce1", "pe1"], "subnet": "5.1.1.0/30"}},
//!     "attachments": {"vp": {"node": "ce1", "subnet": "5.1.0.0/30"}}
//! }"#)?;
//! let mut lab = Lab::new(&topology)?;
//! let vp = lab.attachment("vp")?;
//!
//! let [source, destination] = [[5, 1, 0, 1], [5, 1, 1, 2]].map(core::net::IpAddr::from);
//! let (mut echo, mut probe) = (Vec::new(), Vec::new());
//! icmp::emit_echo(source, destination, false, 1, 1, b"payload", &mut echo);
//! ip::IpBuild { source, destination, protocol: 1, ttl: 1, tos: 0, ident: 0, flow_label: 0, dont_fragment: false }
//!     .emit(&echo, &mut probe);
//! lab.inject(0, vp, &probe);
//! lab.advance(1_000_000_000);
//!
//! let reply = lab.poll_delivery().expect("ce1 says that the TTL is exceeded");
//! assert_eq!(ip::source(&reply.packet), Some([5, 1, 0, 2].into()));
//! assert_eq!(ip::ttl(&reply.packet), Some(64));
//! # Ok::<(), LabError>(())
//! ```
#![forbid(unsafe_code)]

mod agent;
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
mod numbering;
mod packet;
mod plan;
mod queue;
mod random;
mod read;
mod rewrite;
pub mod segment;
mod statistics;
mod switch;
mod tcp;
pub mod topology;

pub use drive::Host;
pub use error::LabError;
pub use lab::{AttachmentId, Delivery, Lab};
pub use node::{Emission, Node};
pub use statistics::{Drop, Statistics};
pub use topology::Topology;
