//! What must hold for any bytes at all, one function per fuzz target.
//!
//! `cargo test` runs the same functions over the committed corpora, so that what a fuzzer once found
//! stays found.
#![expect(
    clippy::missing_panics_doc,
    reason = "each panics where its invariant fails: that is what it is for"
)]

pub mod engine;
pub mod image;
pub mod lab_forward;
pub mod link;
pub mod replay;
pub mod script;
pub mod targets;
pub mod wire;
