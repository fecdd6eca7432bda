//! Packs the image: all but its first page becomes one LZ4 block, and that page unpacks it as the file starts.
//!
//! The block lies in memory where it unpacks itself over: at the end of what it unpacks to, as far ahead as it takes so
//! that no byte is written before it was read. So it takes no memory of its own.
#![forbid(unsafe_code)]

mod elf;
mod lz4;

pub use elf::{PackError, pack};
