//! Results as columns: events go in, one Arrow IPC stream of record batches per table comes out.
//!
//! The process that measures makes the columns, so that no result is an object of its own on the way to the disk.
//! Rows that belong together (a trace, its hops, its tunnels) leave together, the row that announces them last: whoever
//! has a row of `traces` has the rest of that trace.
//!
//! Without I/O: the caller brings the time and takes the chunks.
#![forbid(unsafe_code)]
mod address;
mod column;
mod columns;
mod ipc;
mod names;
mod nested;
mod numbers;
mod rows;
mod tables;

pub use columns::{Columns, ROWS_MAX, WAIT_MAX_NS};
pub use tables::Table;
