//! The image as a Linux process: it opens nothing after its start and ends with the five system calls it needs.
mod call;
mod card;
mod seal;
mod start;

pub use start::{last_words, main};
