//! The probe engine as one small file: a Linux process that gives up every right, or a virtual machine without an
//! operating system.
//!
//! [`machine::Machine`] runs one job on one card: frames and time in, frames and lines out. [`drive`] runs it on a
//! [`drive::Platform`]: `process`, or `guest`. What the words of a command line mean is said by [`words::Words`].
#![cfg_attr(not(test), no_std)]
#![allow(
    unsafe_code,
    reason = "system calls, devices and page tables: each use says why it is sound"
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::cast_ptr_alignment,
    reason = "addresses have 64 bits here, and structures of kernels and devices are as wide as they are"
)]

extern crate alloc;

mod base64;
pub mod boot;
pub mod drive;
#[cfg(target_arch = "x86_64")]
pub mod guest;
pub mod heap;
pub mod lines;
pub mod machine;
pub mod mmio;
pub mod net;
pub mod pace;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
pub mod process;
pub mod ticks;
pub mod words;
