//! The image as a virtual machine: no operating system, one virtio card, a serial line for results.
mod apic;
mod bounded;
mod card;
mod clock;
mod cpu;
mod finder;
#[cfg(any(test, feature = "hostile"))]
pub mod hostile;
mod input;
mod params;
mod serial;
mod start;

pub use start::{last_words, main, stopped};
