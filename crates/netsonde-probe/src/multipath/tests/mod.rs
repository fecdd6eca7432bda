//! Multipath against worlds whose every link is known.
mod papers;
mod statistics;
mod trouble;
mod world;
