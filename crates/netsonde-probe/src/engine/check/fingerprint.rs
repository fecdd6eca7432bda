//! Checks of a fingerprint job.
use super::require;
use crate::error::JobError;
use crate::job::FingerprintOptions;

pub(super) fn check(options: &FingerprintOptions) -> Result<(), JobError> {
    let is_empty = options.methods.is_empty();
    require(!is_empty, "fingerprint.methods", "at least one", "none")?;
    require(options.attempts > 0, "fingerprint.attempts", "1 to 255", 0)?;
    require(options.wait_ms > 0, "fingerprint.wait_ms", "at least 1", 0)?;
    require(
        options.closed_port > 0,
        "fingerprint.closed_port",
        "1 to 65535",
        0,
    )?;
    require(
        options.snmp_port > 0,
        "fingerprint.snmp_port",
        "1 to 65535",
        0,
    )
}
