//! Alias resolution: which addresses belong to one router.
//!
//! One session measures all targets of a job together. It runs stages one after the other; a stage makes plans (who
//! is probed when) and reads what came of them, and writes evidence into the book that all stages share:
//!
//! ```text
//! mercator                                        common source addresses
//! estimate -> eliminate -> confirm -> corroborate MIDAR; over IPv6, with fragments, Speedtrap
//! estimate -> ally                                pairs; prefixscan has its own list of them
//! estimate -> radargun                            lines
//! ```
//!
//! Everything that decides is in small parts without a clock: `classify` (one address), `bounds`, `ally`, `radargun` (two),
//! `sets` (all).
mod ally;
mod book;
mod bounds;
mod classify;
mod confirm;
mod corroborate;
mod eliminate;
mod estimate;
mod mercator;
mod message;
mod outcome;
mod plan;
mod prefixscan;
mod radargun;
mod sample;
mod session;
mod sets;
#[cfg(test)]
mod tests;

pub(crate) use session::Aliases;
