//! Checks of a job, before anything is sent.
mod alias;
mod fingerprint;
mod tcp;

use crate::error::JobError;
use crate::job::{
    Job, Kind, MultipathMethod, MultipathOptions, PingMethod, PingOptions, PrefixLimits, Privilege,
    SCHEMA, SURVEYS, Target, TntOptions, TraceMethod, TraceOptions,
};
use alloc::format;
use alloc::string::ToString;
use core::fmt::Display;
use core::net::IpAddr;

/// Most probes per second that the token bucket can count.
const RATE_MAX: u32 = 10_000_000;
/// Percent between which stopping points are reasonable.
const CONFIDENCE_MIN: f64 = 50.0;
const CONFIDENCE_MAX: f64 = 99.99;
/// Flows that differ: source ports have 15 bits.
const FLOWS_MAX: u16 = 32_768;
/// First destination port of UDP probes when the job names none.
const UDP_PORT: u16 = 33_434;

/// What is known of a job that was not refused.
pub(super) struct Checked {
    pub(super) key: [u8; 16],
    /// How many.
    pub(super) targets: u32,
}

/// Refuses a job that no measurement can be made of.
pub(super) fn check(job: &Job) -> Result<Checked, JobError> {
    require(job.schema == SCHEMA, "schema", "1", job.schema)?;
    require(!job.id.is_empty(), "id", "a UUID", "an empty string")?;
    require(
        job.stream_targets || !job.targets.is_empty(),
        "targets",
        "at least one target",
        "none",
    )?;
    let count = job.targets.len();
    let targets = u32::try_from(count)
        .map_err(|_| JobError::new("targets", "fewer than 2^32 targets", count))?;
    for (index, target) in (0..).zip(&job.targets) {
        check_target(index, target)?;
    }
    require(
        (1..=RATE_MAX).contains(&job.rate_pps),
        "rate_pps",
        "1 to 10000000",
        job.rate_pps,
    )?;
    require(job.in_flight_max > 0, "in_flight_max", "at least 1", 0)?;
    require(
        job.budget.per_target > 0,
        "budget.per_target",
        "at least 1",
        0,
    )?;
    require(job.budget.total > 0, "budget.total", "at least 1", 0)?;
    check_prefix(&job.prefix)?;
    require(job.deadline_ms != Some(0), "deadline_ms", "at least 1", 0)?;
    match job.kind {
        Kind::Ping => check_ping(&job.ping)?,
        Kind::Trace => check_trace(&job.trace)?,
        Kind::Tnt => {
            check_trace(&job.trace)?;
            check_ping(&job.ping)?;
            check_tnt(&job.tnt)?;
        }
        Kind::Alias if SURVEYS => alias::check_alias(job)?,
        Kind::Fingerprint if SURVEYS => fingerprint::check(&job.fingerprint)?,
        Kind::Tcp if SURVEYS => tcp::check(&job.tcp)?,
        Kind::Multipath if SURVEYS => {
            check_multipath(&job.multipath)?;
            check_ping(&job.ping)?;
            check_tnt(&job.tnt)?;
        }
        kind @ (Kind::Alias | Kind::Fingerprint | Kind::Multipath | Kind::Tcp) => {
            return Err(JobError::new("kind", "ping, trace or tnt", kind.name()));
        }
    }
    check_privilege(job)?;
    let key = parse_key(&job.key)?;
    Ok(Checked { key, targets })
}

/// Refuses a target that cannot be measured; `index` says which.
pub(super) fn check_target(index: u64, target: &Target) -> Result<(), JobError> {
    let field = |name| format!("targets[{index}].{name}");
    let is_unicast = |address: IpAddr| !address.is_unspecified() && !address.is_multicast();
    if !is_unicast(target.address) {
        return Err(JobError::new(
            field("address"),
            "a unicast address",
            target.address,
        ));
    }
    if !is_unicast(target.source) {
        return Err(JobError::new(
            field("source"),
            "a unicast address",
            target.source,
        ));
    }
    if target.address.is_ipv4() != target.source.is_ipv4() {
        return Err(JobError::new(
            field("source"),
            "an address of the target's family",
            target.source,
        ));
    }
    Ok(())
}

fn check_prefix(limits: &PrefixLimits) -> Result<(), JobError> {
    require(
        limits.rate_pps <= RATE_MAX,
        "prefix.rate_pps",
        "at most 10000000",
        limits.rate_pps,
    )?;
    require(
        limits.v4_len <= 32,
        "prefix.v4_len",
        "at most 32",
        limits.v4_len,
    )?;
    require(
        limits.v6_len <= 128,
        "prefix.v6_len",
        "at most 128",
        limits.v6_len,
    )
}

fn check_ping(options: &PingOptions) -> Result<(), JobError> {
    require(options.count > 0, "ping.count", "at least 1", 0)?;
    require(options.timeout_ms > 0, "ping.timeout_ms", "at least 1", 0)?;
    require(options.ttl > 0, "ping.ttl", "1 to 255", 0)
}

fn check_trace(options: &TraceOptions) -> Result<(), JobError> {
    require(options.first_ttl > 0, "trace.first_ttl", "1 to 255", 0)?;
    let ordered = options.last_ttl >= options.first_ttl;
    require(
        ordered,
        "trace.last_ttl",
        "no less than trace.first_ttl",
        options.last_ttl,
    )?;
    require(options.attempts > 0, "trace.attempts", "1 to 255", 0)?;
    require(options.wait_ms > 0, "trace.wait_ms", "at least 1", 0)?;
    require(options.gap_limit > 0, "trace.gap_limit", "1 to 255", 0)?;
    require(options.window > 0, "trace.window", "1 to 255", 0)
}

fn check_tnt(options: &TntOptions) -> Result<(), JobError> {
    let ordered = options.opaque_min < options.opaque_max;
    require(
        ordered,
        "tnt.opaque_max",
        "more than tnt.opaque_min",
        options.opaque_max,
    )
}

fn check_multipath(options: &MultipathOptions) -> Result<(), JobError> {
    let field = |name| format!("multipath.{name}");
    let positive: [(&str, u32); 9] = [
        ("branch_points", options.branch_points.into()),
        ("meshing_flows", options.meshing_flows.into()),
        ("first_ttl", options.first_ttl.into()),
        ("attempts", options.attempts.into()),
        ("wait_ms", options.wait_ms),
        ("gap_limit", options.gap_limit.into()),
        ("window", options.window.into()),
        ("flows_max", options.flows_max.into()),
        ("hop_probes_max", options.hop_probes_max),
    ];
    for (name, value) in positive {
        require(value > 0, &field(name), "at least 1", 0)?;
    }
    require(
        (CONFIDENCE_MIN..=CONFIDENCE_MAX).contains(&options.confidence),
        "multipath.confidence",
        "50 to 99.99",
        options.confidence,
    )?;
    require(
        options.last_ttl >= options.first_ttl,
        "multipath.last_ttl",
        "no less than multipath.first_ttl",
        options.last_ttl,
    )?;
    require(
        options.flows_max <= FLOWS_MAX,
        "multipath.flows_max",
        "at most 32768",
        options.flows_max,
    )?;
    let base = if options.destination_port == 0 {
        UDP_PORT
    } else {
        options.destination_port
    };
    require(
        options.method != MultipathMethod::UdpDport
            || base.checked_add(options.flows_max - 1).is_some(),
        "multipath.flows_max",
        "few enough for destination ports up to 65535",
        options.flows_max,
    )
}

/// Without privilege there are UDP and, where the host allows it, ICMP echo: nothing that needs more than sockets.
fn check_privilege(job: &Job) -> Result<(), JobError> {
    if job.privilege == Privilege::Raw {
        return Ok(());
    }
    match job.kind {
        Kind::Ping => require(
            matches!(job.ping.method, PingMethod::Udp | PingMethod::Icmp),
            "ping.method",
            "udp or icmp, without privilege",
            name(&job.ping.method).as_str(),
        ),
        Kind::Trace => {
            require(
                job.trace.mtu == 0,
                "trace.mtu",
                "0 without privilege: sockets cannot forbid fragments",
                job.trace.mtu,
            )?;
            let is_allowed = job.trace.method != TraceMethod::TcpSyn;
            require(
                is_allowed,
                "trace.method",
                "udp-paris or icmp-paris, without privilege",
                name(&job.trace.method).as_str(),
            )
        }
        Kind::Tnt | Kind::Multipath => require(
            false,
            "privilege",
            "raw: labels and TTLs cannot be seen without",
            "none",
        ),
        Kind::Tcp => require(
            false,
            "privilege",
            "raw: segments cannot be seen without",
            "none",
        ),
        Kind::Alias | Kind::Fingerprint => require(
            false,
            "privilege",
            "raw: IP identifications cannot be seen without",
            "none",
        ),
    }
}

/// As the value is written in JSON.
fn name(value: &impl serde::Serialize) -> alloc::string::String {
    serde_json::to_string(value).map_or_else(
        |error| error.to_string(),
        |text| text.trim_matches('"').to_string(),
    )
}

fn parse_key(text: &str) -> Result<[u8; 16], JobError> {
    // The key itself is never shown.
    let refuse = || {
        JobError::new(
            "key",
            "32 hexadecimal digits",
            format_args!("{} characters", text.chars().count()),
        )
    };
    if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(refuse());
    }
    u128::from_str_radix(text, 16)
        .map(u128::to_be_bytes)
        .map_err(|_| refuse())
}

fn require(
    holds: bool,
    field: &str,
    expected: &'static str,
    found: impl Display + Copy,
) -> Result<(), JobError> {
    if holds {
        Ok(())
    } else {
        Err(JobError::new(field, expected, found))
    }
}
