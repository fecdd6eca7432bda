//! What is read and written here, against serde.
mod dice;
mod tunnels;

use super::*;
use crate::job::{Kind, Target};
use crate::tnt::vendors;
use alloc::string::String;
use alloc::{format, vec};
use dice::Dice;
use proptest::prelude::*;

/// What texts are broken with.
const PIECES: &[&str] = &[
    "",
    " ",
    "\n",
    "\t",
    "{",
    "}",
    "[",
    "]",
    "[]",
    "{}",
    ",",
    ":",
    "\"",
    "\\",
    "\\u",
    "\\ud83d\\ude00",
    "\\u0041",
    "\\ud83d",
    "\u{e9}",
    "\u{1}",
    "0",
    "00",
    "1",
    "-1",
    "-0",
    "1.0",
    "1e2",
    "256",
    "65536",
    "4294967296",
    "18446744073709551615",
    "18446744073709551616",
    "null",
    "true",
    "false",
    "nul",
    "\"icmp\"",
    "\"none\"",
    "{\"raw\":null}",
    "\"seed\":1,",
    "\"x\":1,",
    "\"192.0.2.0/24\"",
    "\"192.0.2.1/24\"",
    "\"::1\"",
    "[\"1.2.3.4\",\"::\"]",
    "[1,2]",
    "[1,2,3]",
    "[[]]",
];

fn job() -> impl Strategy<Value = Job> {
    any::<u64>().prop_map(|seed| Dice(seed).job())
}

/// Both readers give the same job, or both give none.
fn compare(text: &[u8]) -> Result<Option<Job>, TestCaseError> {
    let (ours, of_serde) = (read_job(text), Job::from_json(text));
    prop_assert_eq!(
        ours.as_ref().ok(),
        of_serde.as_ref().ok(),
        "{}: {:?} {:?}",
        String::from_utf8_lossy(text),
        ours.as_ref().err(),
        of_serde.as_ref().err()
    );
    Ok(ours.ok())
}

proptest! {
    #[test]
    fn jobs_are_read_as_serde_reads_them(job in job(), pretty: bool) {
        let text = if pretty { serde_json::to_vec_pretty(&job) } else { serde_json::to_vec(&job) };
        prop_assert_eq!(compare(&text.unwrap())?, Some(job));
    }

    /// Places of a text are cut out or overwritten.
    #[test]
    fn broken_jobs_are_refused_as_serde_refuses_them(
        job in job(),
        breaks in proptest::collection::vec((any::<proptest::sample::Index>(), 0_usize..6, 0..PIECES.len()), 1..4),
    ) {
        let mut text = serde_json::to_string(&job).unwrap();
        for (place, len, piece) in breaks {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            let at = place.index(places.len());
            let end = places.get(at + len).copied().unwrap_or(text.len());
            text.replace_range(places[at]..end, PIECES[piece]);
        }
        compare(text.as_bytes())?;
    }

    /// Values of fields are others, of any kind.
    #[test]
    fn values_of_other_kinds_are_refused_as_serde_refuses_them(
        job in job(),
        field in any::<proptest::sample::Index>(),
        piece in 0..PIECES.len(),
    ) {
        let text = serde_json::to_string(&job).unwrap();
        let places: Vec<usize> = text.match_indices("\":").map(|(at, _)| at + 2).collect();
        let at = places[field.index(places.len())];
        let rest = &text[at..];
        let is_nested = rest.starts_with('{') || rest.starts_with('[');
        let len = if is_nested { 1 } else { rest.find([',', '}', ']']).unwrap() };
        let text = format!("{}{}{}", &text[..at], PIECES[piece], &rest[len..]);
        compare(text.as_bytes())?;
    }

    #[test]
    fn nothing_breaks_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        compare(&bytes)?;
    }

    #[test]
    fn events_have_the_bytes_of_serde(seed: u64) {
        let event = Dice(seed).event();
        let mut out = Vec::new();
        write_event(&mut out, &event);
        prop_assert_eq!(String::from_utf8(out).unwrap(), event.to_json());
    }
}

#[test]
fn every_share_has_one_decimal() {
    for signature in [(255, 255), (255, 64), (64, 64)] {
        for vendor in vendors::candidates(signature, false) {
            let mut out = Vec::new();
            writer::Write::write(&vendor, &mut Writer::new(&mut out));
            assert_eq!(out, serde_json::to_vec(&vendor).unwrap(), "{vendor:?}");
        }
    }
}

#[test]
fn lists_of_values_are_objects_too() {
    let text = format!(
        r#"[1,"j","trace",[["1.2.3.4","::"]],false,["udp",9],[],[2,3],{{}},{{}},{{}},{{}},10,20,[5],[1,2,3,4],[],null,
        {{"none":null}},0,"columns","me",7,8,"{}"]"#,
        "00".repeat(16)
    );
    let job = compare(text.as_bytes()).unwrap().unwrap();
    assert_eq!(
        (job.kind, job.ping.count, job.tnt.frpla_min),
        (Kind::Trace, 9, 3)
    );
    assert_eq!(job.targets.len(), 1);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let target = |address| Target {
        address,
        source: address,
    };
    let job = Job::new(Kind::Ping, vec![target([1, 2, 3, 4].into())], 1, "k");
    let text = serde_json::to_string(&job).unwrap();
    for (old, new, reason) in [
        (
            "{\"schema\":1,",
            "{\n ",
            "missing field `schema` at line 2 column ",
        ),
        (
            "\"seed\":1",
            "\"speed\":1",
            "unknown field `speed` at line 1 column ",
        ),
        (
            "\"kind\":\"ping\"",
            "\"kind\":\"pong\"",
            "unknown value `pong`",
        ),
        (
            "\"1.2.3.4\"",
            "\"1.2.3\"",
            "expected an address, found `1.2.3`",
        ),
        (
            "\"rate_pps\":1000",
            "\"rate_pps\":1000.5",
            "expected a whole number",
        ),
        ("\"rate_pps\":1000", "\"rate_pps\":99999999999", "too large"),
        (
            "\"exclude\":[]",
            "\"exclude\":[\"1.2.3.4/8\"]",
            "expected a prefix: no bits beyond",
        ),
        ("\"seed\":1", "\"seed\":1,\"seed\":1", "there twice"),
    ] {
        assert!(text.contains(old), "{old}");
        let error = read_job(text.replacen(old, new, 1).as_bytes()).unwrap_err();
        assert!(error.found().contains(reason), "{reason}: {error}");
    }
    let error = read_job(&[b'{', 0xff]).unwrap_err();
    assert_eq!(error.found(), "the job is no UTF-8 text at line 1 column 1");
}

#[test]
fn deep_nesting_ends() {
    let text = format!("{{\"alias\":{}", "[".repeat(1 << 20));
    assert!(read_job(text.as_bytes()).is_err());
}

#[test]
fn strings_are_those_of_serde() {
    let text = serde_json::to_string(&Dice(1).job()).unwrap();
    let at = text.find("\"origin\":").unwrap();
    for inner in [
        "\u{1}",
        "\u{1f}",
        "\u{7f}",
        "\n",
        "\u{e9}",
        r"\ud83d\ude00",
        r"\ud83d\u0041",
        r"\ud83d\ud83d",
        r"\ud83d",
        r"\udc00",
        r"\ud83d\ue000",
        r"\ud83dx",
        r"\u0000",
        r"\u00g0",
        r"\u+123",
        r"\u12",
        r#"\"\\\/\b\f\n\r\t"#,
        r"\x",
        "\\",
    ] {
        let text = format!("{}\"origin\":\"{inner}\",\"key\":\"k\"}}", &text[..at]);
        let missing = compare(text.as_bytes()).unwrap();
        assert_eq!(missing, None, "the seed is missing");
        compare(text.replace("\"key\"", "\"seed\":1,\"key\"").as_bytes()).unwrap();
    }
}

#[test]
fn what_must_be_there_is_what_serde_wants() {
    let serde_json::Value::Object(fields) = serde_json::to_value(Dice(1).job()).unwrap() else {
        unreachable!("a job is an object");
    };
    for name in fields.keys() {
        let mut without = fields.clone();
        without.remove(name);
        compare(&serde_json::to_vec(&without).unwrap()).unwrap();
    }
    for target in [
        r#"{"address":"::"}"#,
        r#"{"source":"::"}"#,
        r#"{"address":"::","source":"::"}"#,
    ] {
        let mut other = fields.clone();
        let targets = format!("[{target}]");
        other.insert("targets".into(), serde_json::from_str(&targets).unwrap());
        compare(&serde_json::to_vec(&other).unwrap()).unwrap();
    }
}
