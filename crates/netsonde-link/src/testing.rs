//! Help for the tests of this crate that need interfaces: each in a network namespace of its own.
use crate::sys;
use std::process::Command;

/// Runs `test` in a new network namespace; without the right to make one, says so and passes.
/// The same paths are covered, and required when root, by `tests/system`.
pub(crate) fn isolated(test: impl FnOnce() + Send + 'static) {
    let outcome = std::thread::spawn(|| {
        if !sys::unshare_network() {
            eprintln!("skipped: making a network namespace needs root");
            return;
        }
        ip("link set lo up");
        test();
    })
    .join();
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// Runs `ip` in the namespace of this thread.
pub(crate) fn ip(arguments: &str) {
    let status = Command::new("ip")
        .args(arguments.split_whitespace())
        .status()
        .expect("iproute2 is installed");
    assert!(status.success(), "ip {arguments}");
}
