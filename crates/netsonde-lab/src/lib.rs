//! A virtual Internet of user-level routers and hosts: sans-IO, deterministic, replayed from a seed.
#![forbid(unsafe_code)]

pub mod topology;
