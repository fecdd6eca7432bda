//! All paths to a target: the routers that balancers spread its flows over, and what kind of balancers they are.
mod diamonds;
mod elsewhere;
mod graph;
mod plan;
mod progress;
mod repeats;
mod result;
mod session;
mod shape;
mod steer;
mod stopping;
mod table;
#[cfg(test)]
mod tests;

pub use diamonds::diamonds_of;
pub(crate) use result::representatives;
pub(crate) use session::Multipath;
pub(crate) use shape::{label_flow, trace_options};
