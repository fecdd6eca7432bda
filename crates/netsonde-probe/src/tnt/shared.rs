//! What the machines of one run know together.

/// Echo results per address and revelations per pair of routers, for one run.
#[derive(Debug, Default)]
pub(crate) struct Shared {}
