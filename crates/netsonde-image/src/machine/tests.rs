//! Jobs on a machine, frame by frame.
use super::*;

const MAC: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
const WORDS: &str = "card=ip ip=5.1.0.2/30";

fn job(edit: impl FnOnce(&mut Job)) -> Vec<u8> {
    let json = format!(
        r#"{{"schema":1,"id":"j","kind":"ping","targets":[{{"address":"9.9.9.9","source":"0.0.0.0"}}],
        "ping":{{"count":1,"timeout_ms":1000}},"rate_pps":100,"in_flight_max":9,"seed":1,"key":"{}"}}"#,
        "00".repeat(16)
    );
    let mut job = Job::from_json(json.as_bytes()).unwrap();
    edit(&mut job);
    serde_json::to_vec(&job).unwrap()
}

fn machine(words: &str, job: &[u8]) -> Machine {
    Machine::new(Words::parse(words).unwrap(), MAC, job, Some(77), 0)
}

fn lines(machine: &mut Machine) -> Vec<String> {
    let text = String::from_utf8(core::mem::take(machine.output())).unwrap();
    text.lines().map(String::from).collect()
}

fn last(machine: &mut Machine) -> String {
    lines(machine).pop().unwrap()
}

/// Runs until it ends; every packet is answered by itself: an echo request is no echo reply, but it has our shape.
fn run(machine: &mut Machine) -> u64 {
    let mut now_ns = 0;
    for _ in 0..1_000 {
        while machine.poll_transmit(now_ns).is_some() {}
        if machine.status().is_some() {
            return now_ns;
        }
        now_ns = machine.poll_timeout().unwrap().max(now_ns);
        machine.handle_timeout(now_ns);
    }
    panic!("it does not end");
}

#[test]
fn a_job_begins_at_once_and_ends_with_done() {
    let mut machine = machine(WORDS, &job(|_| {}));
    let packet = machine.poll_transmit(5).unwrap();
    assert_eq!(
        (packet.serial, &packet.frame[12..20]),
        (Some(0), &[5, 1, 0, 2, 9, 9, 9, 9][..])
    );
    run(&mut machine);
    let lines = lines(&mut machine);
    assert!(lines[0].starts_with(r#"{"type":"start""#) && lines[0].contains(r#""epoch_ns":77"#));
    assert!(lines[1].starts_with(r#"{"type":"ping","target":"9.9.9.9","source":"5.1.0.2""#));
    assert!(lines[2].starts_with(r#"{"type":"done""#) && lines.len() == 3);
    assert_eq!(machine.status(), Some(Status::Done));
}

#[test]
fn a_job_that_cannot_be_done_fails_at_once() {
    let many = |job: &mut Job| job.stream_targets = true;
    let of_six = |job: &mut Job| job.targets[0].address = "2001:db8::1".parse().unwrap();
    let foreign = |job: &mut Job| job.targets[0].source = "5.1.0.1".parse().unwrap();
    let slow = |job: &mut Job| job.rate_pps = 0;
    for (words, job, part) in [
        (WORDS, vec![], "there is no job"),
        (WORDS, b"\0\0\n".to_vec(), "there is no job"),
        (WORDS, b"{\"schema\":1}".to_vec(), "missing field"),
        (WORDS, b"{".to_vec(), "refused"),
        (WORDS, job(many), "stream_targets"),
        (WORDS, job(of_six), "no IPv6 address"),
        (WORDS, job(foreign), "is not the card's address 5.1.0.2"),
        (WORDS, job(slow), "rate_pps"),
        ("ip=5.1.0.2/30", job(|_| {}), "no IPv4 gateway"),
        ("", job(|_| {}), "no IPv4 address"),
    ] {
        let mut machine = machine(words, &job);
        assert_eq!(
            (machine.status(), machine.poll_transmit(0)),
            (Some(Status::Failed), None)
        );
        let line = last(&mut machine);
        assert!(
            line.starts_with(r#"{"type":"failed""#) && line.contains(part),
            "{part}: {line}"
        );
    }
}

#[test]
fn no_lease_is_a_failure_in_time() {
    for (words, part) in [
        ("ip=dhcp", "no DHCPv4 lease within 2500 ms"),
        ("ip6=dhcp", "no DHCPv6 lease within 2500 ms"),
        (
            "ip6=slaac",
            "no prefix in a router advertisement within 2500 ms",
        ),
    ] {
        let mut machine = machine(&format!("{words} lease_ms=2500"), &job(|_| {}));
        assert_eq!(run(&mut machine), 2_500_000_000, "{words}");
        let line = last(&mut machine);
        assert!(line.contains(part), "{line}");
    }
}

#[test]
fn a_module_of_whole_pages_is_read() {
    let mut job = job(|_| {});
    job.resize(8_192, 0);
    assert_eq!(machine(WORDS, &job).status(), None);
}

#[test]
fn kinds_that_the_image_does_not_have_are_refused_by_the_engine_built_for_it() {
    let mut machine = machine(
        WORDS,
        &job(|job| job.kind = netsonde_probe::job::Kind::Alias),
    );
    // This test's engine may have them: its neighbours in the workspace ask for all.
    if machine.status() == Some(Status::Failed) {
        assert!(last(&mut machine).contains("ping, trace or tnt"));
    }
}

#[test]
fn the_watchdog_ends_what_nothing_else_does() {
    let words = format!("{WORDS} deadline_ms=1500");
    let mut machine = machine(&words, &job(|job| job.ping.timeout_ms = 100_000));
    assert_eq!(run(&mut machine), 1_500_000_000);
    assert!(last(&mut machine).contains("watchdog ended it after 1500 ms"));
    assert_eq!(machine.status(), Some(Status::Failed));
}

#[test]
fn an_interruption_ends_with_what_there_is() {
    let mut machine = machine(WORDS, &job(|_| {}));
    machine.poll_transmit(0).unwrap();
    machine.interrupt(9);
    assert_eq!(machine.status(), Some(Status::Done));
    let lines = lines(&mut machine);
    assert!(
        lines[1].contains(r#""incomplete":"interrupted""#) || lines[1].contains("incomplete"),
        "{lines:?}"
    );
    machine.interrupt(10);
    assert!(machine.output().is_empty());
}

#[test]
fn round_trips_count_from_when_a_probe_left() {
    let mut machine = machine(WORDS, &job(|_| {}));
    let request = machine.poll_transmit(0).unwrap();
    machine.handle_sent(request.serial.unwrap(), 400);
    let mut reply = request.frame;
    // The target's answer: addresses exchanged, type 0 (and so 8 more in the checksum).
    let (from, to) = ([9, 9, 9, 9], [5, 1, 0, 2]);
    reply[12..16].copy_from_slice(&from);
    reply[16..20].copy_from_slice(&to);
    reply[20] = 0;
    let checksum = u16::from_be_bytes([reply[22], reply[23]]);
    let (sum, carry) = checksum.overflowing_add(0x0800);
    reply[22..24].copy_from_slice(&(sum + u16::from(carry)).to_be_bytes());
    machine.handle_frame(&reply, 1_400);
    machine.handle_timeout(1_400);
    assert!(
        lines(&mut machine)
            .iter()
            .any(|line| line.contains(r#""rtt_ns":1000,"#))
    );
}
