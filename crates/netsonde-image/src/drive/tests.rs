//! The loops on a platform whose time jumps.
use super::*;
use crate::words::Words;
use alloc::collections::VecDeque;
use netsonde_wire::ethernet::MacAddr;
use std::string::String;

#[derive(Default)]
struct Fake {
    now_ns: u64,
    incoming: VecDeque<Vec<u8>>,
    sent: Vec<Vec<u8>>,
    written: String,
    writes: u32,
    waits: u32,
    stops_at_wait: Option<u32>,
    /// What came while results were written, with the time.
    kept: VecDeque<(u64, Vec<u8>)>,
    /// How long a reader makes the first write after so many probes wait, all of which are answered meanwhile.
    holds_up: Option<(usize, u64)>,
}

impl Platform for Fake {
    fn now_ns(&mut self) -> u64 {
        self.now_ns
    }

    fn send(&mut self, frame: &[u8]) -> Option<u64> {
        self.sent.push(frame.to_vec());
        Some(self.now_ns)
    }

    fn receive(&mut self, frame: &mut Vec<u8>) -> Option<u64> {
        if let Some((received_ns, kept)) = self.kept.pop_front() {
            *frame = kept;
            return Some(received_ns);
        }
        *frame = self.incoming.pop_front()?;
        Some(self.now_ns)
    }

    fn wait(&mut self, until_ns: u64) -> bool {
        self.waits += 1;
        assert!(self.waits < 10_000, "it does not end");
        if self.incoming.is_empty() && self.kept.is_empty() && until_ns < u64::MAX {
            self.now_ns = self.now_ns.max(until_ns);
        }
        Some(self.waits) == self.stops_at_wait
    }

    fn write(&mut self, bytes: &[u8]) {
        self.writes += 1;
        self.written += core::str::from_utf8(bytes).unwrap();
        if let Some((_, wait_ns)) = self
            .holds_up
            .take_if(|(count, _)| *count <= self.sent.len())
        {
            let came_ns = self.now_ns + 1;
            let replies = self.sent.iter().skip(1).map(|sent| (came_ns, reply(sent)));
            self.kept.extend(replies);
            self.now_ns += wait_ns;
        }
    }
}

fn machine(words: &str, count: u32) -> Machine {
    machine_with(words, count, 10, 9)
}

fn machine_with(words: &str, count: u32, interval_ms: u32, in_flight_max: u32) -> Machine {
    let job = format!(
        r#"{{"schema":1,"id":"j","kind":"ping","targets":[{{"address":"9.9.9.9","source":"0.0.0.0"}}],
        "ping":{{"count":{count},"timeout_ms":1000,"interval_ms":{interval_ms}}},"rate_pps":1000,"in_flight_max":{in_flight_max},"seed":1,
        "key":"{}"}}"#,
        "00".repeat(16)
    );
    let words = Words::parse(words).unwrap();
    Machine::new(words, MacAddr([2, 0, 0, 0, 0, 1]), job.as_bytes(), None, 0)
}

#[test]
fn a_job_runs_to_its_end_without_spinning() {
    let (mut fake, mut machine) = (Fake::default(), machine("card=ip ip=5.1.0.2/30", 5));
    assert_eq!(run(&mut fake, &mut machine), Status::Done);
    assert_eq!(fake.sent.len(), 5);
    assert!(
        fake.now_ns >= 1_040_000_000 && fake.waits < 30,
        "{} waits",
        fake.waits
    );
    assert!(fake.written.ends_with("}\n") && fake.written.contains(r#""type":"done""#));
    assert!(fake.writes < 10);
}

/// The reply to an echo request.
fn reply(request: &[u8]) -> Vec<u8> {
    let mut bytes = request.to_vec();
    bytes[12..16].copy_from_slice(&request[16..20]);
    bytes[16..20].copy_from_slice(&request[12..16]);
    bytes[20] = 0;
    let sum = u32::from(u16::from_be_bytes([request[22], request[23]])) + 0x800;
    let sum = (sum & 0xffff) + (sum >> 16);
    bytes[22..24].copy_from_slice(&(sum as u16).to_be_bytes());
    bytes
}

#[test]
fn what_came_in_time_is_in_time_however_long_a_reader_takes() {
    let count = 200;
    let mut fake = Fake {
        holds_up: Some((count as usize, 5_000_000_000)),
        ..Fake::default()
    };
    let mut machine = machine_with("card=ip ip=5.1.0.2/30", count, 1, count);
    // The first reply makes results that are written when all probes have left.
    while fake.sent.len() < count as usize {
        transmit(&mut fake, &mut machine);
        fake.now_ns += 1_000_000;
        machine.handle_timeout(fake.now_ns);
    }
    let first = reply(&fake.sent[0]);
    machine.handle_frame(&first, fake.now_ns);
    assert_eq!(run(&mut fake, &mut machine), Status::Done);
    let counters = fake.written.rsplit("\"counters\"").next().unwrap();
    assert!(
        counters.contains(r#""received":200,"late":0"#),
        "{counters}"
    );
}

#[test]
fn who_is_told_to_stop_ends_early() {
    let mut fake = Fake {
        stops_at_wait: Some(3),
        ..Fake::default()
    };
    let status = run(&mut fake, &mut machine("card=ip ip=5.1.0.2/30", 100));
    assert_eq!((status, fake.sent.len() < 5), (Status::Done, true));
}

/// A tick on a card of packets.
fn tick(at_ns: u64, turn: u8) -> Vec<u8> {
    let mut bytes = vec![0x88, 0xb5, b'T', turn];
    bytes.extend_from_slice(&at_ns.to_be_bytes());
    bytes
}

#[test]
fn time_on_the_card_moves_by_ticks_alone() {
    let mut fake = Fake::default();
    let turns = [0, 10_000_000, 1_010_000_000].map(|at_ns| tick(at_ns, 1));
    fake.incoming.extend(turns);
    let mut machine = machine("card=ip clock=card ip=5.1.0.2/30", 2);
    assert_eq!(
        run_on_ticks(&mut fake, &mut machine, Card::Ip),
        Status::Done
    );
    let is_answer = |frame: &&Vec<u8>| frame.starts_with(&[0x88, 0xb5, b'A']);
    let answers: Vec<_> = fake.sent.iter().filter(is_answer).collect();
    assert_eq!((fake.sent.len(), answers.len()), (6, 4));
    // Before the first tick: that it is there. After the first probe: when the second is due. At last: over.
    assert_eq!(fake.sent[0], *answers[0]);
    assert_eq!(answers[0][3..], [0; 9]);
    assert_eq!(answers[1][4..], 10_000_000_u64.to_be_bytes());
    assert_eq!(answers[3][3], 1);
    assert!(
        fake.written.contains(r#""duration_ns":1010000000"#),
        "{}",
        fake.written
    );
}

#[test]
fn a_lab_that_goes_away_ends_it() {
    let mut fake = Fake::default();
    fake.incoming.extend([tick(0, 1), ticks::end(Card::Ip)]);
    let mut machine = machine("card=ip clock=card ip=5.1.0.2/30", 2);
    assert_eq!(
        run_on_ticks(&mut fake, &mut machine, Card::Ip),
        Status::Failed
    );
    assert!(
        fake.written
            .contains("the lab that drives the clock has ended")
    );
}

#[test]
fn ticks_may_say_what_they_like() {
    for times in [[u64::MAX, 0], [u64::MAX - 1, u64::MAX], [1 << 63, 5]] {
        let mut fake = Fake::default();
        fake.incoming.extend(times.map(|at_ns| tick(at_ns, 1)));
        fake.incoming.push_back(ticks::end(Card::Ip));
        let mut machine = machine("card=ip clock=card ip=5.1.0.2/30", 2);
        run_on_ticks(&mut fake, &mut machine, Card::Ip);
        assert!(fake.written.ends_with("}\n"), "{times:?}");
    }
}
