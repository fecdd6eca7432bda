//! What is refused, and what is said of it.
use crate::engine::Engine;
use crate::error::JobError;
use crate::event::Event;
use crate::job::{Job, Kind, PingMethod, Privilege, TraceMethod};
use crate::testing::{address, job};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A change that spoils a good job, and the field that is blamed.
type Spoiled = (Kind, fn(&mut Job), &'static str, &'static str);

const SPOILED: &[Spoiled] = &[
    (Kind::Ping, |job| job.schema = 2, "schema", "2"),
    (Kind::Ping, |job| job.id.clear(), "id", "an empty string"),
    (Kind::Ping, |job| job.targets.clear(), "targets", "none"),
    (
        Kind::Ping,
        |job| job.targets[0].address = address(true, 9),
        "targets[0].source",
        "5.1.0.1",
    ),
    (
        Kind::Ping,
        |job| job.targets[0].address = [224, 0, 0, 1].into(),
        "targets[0].address",
        "224.0.0.1",
    ),
    (
        Kind::Ping,
        |job| job.targets[0].source = [0, 0, 0, 0].into(),
        "targets[0].source",
        "0.0.0.0",
    ),
    (Kind::Ping, |job| job.rate_pps = 0, "rate_pps", "0"),
    (
        Kind::Ping,
        |job| job.in_flight_max = 0,
        "in_flight_max",
        "0",
    ),
    (
        Kind::Ping,
        |job| job.budget.per_target = 0,
        "budget.per_target",
        "0",
    ),
    (Kind::Ping, |job| job.budget.total = 0, "budget.total", "0"),
    (
        Kind::Ping,
        |job| job.deadline_ms = Some(0),
        "deadline_ms",
        "0",
    ),
    (Kind::Ping, |job| job.ping.count = 0, "ping.count", "0"),
    (
        Kind::Ping,
        |job| job.ping.timeout_ms = 0,
        "ping.timeout_ms",
        "0",
    ),
    (Kind::Ping, |job| job.ping.ttl = 0, "ping.ttl", "0"),
    (
        Kind::Trace,
        |job| job.trace.first_ttl = 0,
        "trace.first_ttl",
        "0",
    ),
    (
        Kind::Trace,
        |job| job.trace.first_ttl = 40,
        "trace.last_ttl",
        "32",
    ),
    (
        Kind::Trace,
        |job| job.trace.attempts = 0,
        "trace.attempts",
        "0",
    ),
    (
        Kind::Trace,
        |job| job.trace.wait_ms = 0,
        "trace.wait_ms",
        "0",
    ),
    (
        Kind::Trace,
        |job| job.trace.gap_limit = 0,
        "trace.gap_limit",
        "0",
    ),
    (Kind::Trace, |job| job.trace.window = 0, "trace.window", "0"),
    (
        Kind::Tnt,
        |job| job.tnt.opaque_max = 1,
        "tnt.opaque_max",
        "1",
    ),
    (Kind::Tnt, |job| job.trace.window = 0, "trace.window", "0"),
    (
        Kind::Ping,
        |job| {
            job.privilege = Privilege::None;
            job.ping.method = PingMethod::TcpAck;
        },
        "ping.method",
        "tcp-ack",
    ),
    (
        Kind::Trace,
        |job| {
            job.privilege = Privilege::None;
            job.trace.method = TraceMethod::TcpSyn;
        },
        "trace.method",
        "tcp-syn",
    ),
    (
        Kind::Tnt,
        |job| job.privilege = Privilege::None,
        "privilege",
        "none",
    ),
    (
        Kind::Ping,
        |job| job.key = "secret".to_string(),
        "key",
        "6 characters",
    ),
    (
        Kind::Ping,
        |job| job.key = "+0102030405060708090a0b0c0d0e0f0".to_string(),
        "key",
        "32 characters",
    ),
];

#[test]
fn each_bad_field_is_named_with_what_came() {
    for (kind, spoil, field, found) in SPOILED {
        let mut job = job(*kind, &[address(false, 200)]);
        assert!(Engine::new(&job, 0).is_ok(), "{kind:?} is good before");
        spoil(&mut job);
        let error = Engine::new(&job, 0).expect_err(field);
        assert_eq!((error.field(), error.found()), (*field, *found));
        assert!(error.to_string().contains(error.expected()));
    }
}

#[test]
fn options_that_the_kind_does_not_use_are_not_checked() {
    let mut job = job(Kind::Ping, &[address(false, 200)]);
    job.trace.window = 0;
    job.ping.method = PingMethod::Udp;
    job.privilege = Privilege::None;
    assert!(Engine::new(&job, 0).is_ok());
}

#[test]
fn a_job_survives_json_and_a_short_one_gets_the_defaults() {
    let job = job(Kind::Trace, &[address(true, 200)]);
    assert_eq!(
        Job::from_json(&serde_json::to_vec(&job).unwrap()).unwrap(),
        job
    );
    let short = r#"{"schema": 1, "id": "x", "kind": "trace", "rate_pps": 1000000, "in_flight_max": 100000, "seed": 1,
        "targets": [{"address": "2a00::c9", "source": "2a00::1"}], "origin": "test",
        "key": "000102030405060708090a0b0c0d0e0f"}"#;
    assert_eq!(
        Job::from_json(short.as_bytes()).unwrap(),
        Job {
            id: "x".to_string(),
            ..job
        }
    );
}

#[test]
fn the_start_says_when_the_clock_began() {
    for epoch_ns in [None, Some(1_700_000_000_000_000_000)] {
        let mut job = job(Kind::Ping, &[address(false, 200)]);
        job.epoch_ns = epoch_ns;
        let start = Engine::new(&job, 7).unwrap().poll_event();
        let Some(Event::Start { epoch_ns: told, .. }) = start else {
            panic!("{start:?}")
        };
        assert_eq!(told, epoch_ns);
    }
}

#[test]
fn unreadable_jobs_say_where() {
    let refused: Vec<String> = [
        &b"{\n\"schema\": one}"[..],
        br#"{"schema": 1, "wait": 2}"#,
        b"\xff",
    ]
    .iter()
    .map(|bytes| {
        let error = Job::from_json(bytes).unwrap_err();
        assert_eq!(error.field(), "job");
        let JobError::Json { line, .. } = error else {
            panic!("{error:?}")
        };
        alloc::format!("{line}: {error}")
    })
    .collect();
    assert!(
        refused[0].starts_with("2: ") && refused[1].contains("unknown field `wait`"),
        "{refused:?}"
    );
}

#[test]
fn the_key_is_never_shown() {
    let engine = Engine::new(&job(Kind::Ping, &[address(false, 200)]), 0).unwrap();
    let shown = alloc::format!("{engine:?}");
    assert!(
        !shown.contains("00010203") && !shown.contains("1, 2, 3, 4, 5"),
        "{shown}"
    );
}
