//! Checks of a TCP job.
use super::require;
use crate::error::JobError;
use crate::job::TcpOptions;

/// Less than this no host may be told (RFC 9293, section 3.7.1: 536 over IPv4; some links have less).
const MSS_MIN: u16 = 64;

pub(super) fn check(options: &TcpOptions) -> Result<(), JobError> {
    let port = options.destination_port;
    require(port > 0, "tcp.destination_port", "1 to 65535", port)?;
    require(options.attempts > 0, "tcp.attempts", "1 to 255", 0)?;
    require(options.wait_ms > 0, "tcp.wait_ms", "at least 1", 0)?;
    let mss = options.mss;
    require(
        mss == 0 || mss >= MSS_MIN,
        "tcp.mss",
        "0, or 64 to 65535",
        mss,
    )?;
    require(options.first_ttl > 0, "tcp.first_ttl", "1 to 255", 0)?;
    require(
        options.last_ttl >= options.first_ttl,
        "tcp.last_ttl",
        "first_ttl to 255",
        options.last_ttl,
    )?;
    require(options.gap_limit > 0, "tcp.gap_limit", "1 to 255", 0)?;
    require(options.window > 0, "tcp.window", "1 to 255", 0)
}
