//! The loop against a link and a host that only count.
use super::*;
use crate::poll::Ready;
use crate::stream::push_frame;
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::time::Duration;

/// What is sent comes back at once.
struct Echo {
    near: UnixDatagram,
    far: UnixDatagram,
    counters: Counters,
}

impl Echo {
    fn new() -> Self {
        let (near, far) = UnixDatagram::pair().unwrap();
        near.set_nonblocking(true).unwrap();
        Self {
            near,
            far,
            counters: Counters::default(),
        }
    }
}

impl Link for Echo {
    fn send(&mut self, _serial: u32, packet: &[u8]) {
        self.counters.sent += 1;
        self.far.send(packet).unwrap();
    }

    fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        vec![self.near.as_fd()]
    }

    fn receive(&mut self, ready: Ready, sink: &mut dyn Sink) {
        let mut buffer = [0; 64];
        while ready.contains(0) {
            let Ok(length) = self.near.recv(&mut buffer) else {
                return;
            };
            sink.handle_packet(monotonic_ns(), &buffer[..length]);
        }
    }

    fn counters(&self) -> Counters {
        self.counters
    }
}

/// Sends `left` packets one after the other and waits until `deadline_ns`, or for an interruption.
#[derive(Default)]
struct Script {
    left: u8,
    deadline_ns: Option<u64>,
    /// When it was.
    woken_ns: u64,
    received: Vec<u8>,
    timeouts: u32,
    interrupts: u32,
    /// Whether the last packet is the end.
    ends_by_sending: bool,
    counters: Counters,
    lines: VecDeque<Vec<u8>>,
    /// Frames that came, and how many are welcome.
    frames: VecDeque<Vec<u8>>,
    frames_max: usize,
}

impl Sink for Script {
    fn handle_sent(&mut self, _serial: u32, _sent_ns: u64) {}

    fn handle_packet(&mut self, _received_ns: u64, packet: &[u8]) {
        self.received.extend_from_slice(packet);
        self.lines
            .push_back(format!("got {}", packet[0]).into_bytes());
    }
}

impl Host for Script {
    fn poll_transmit(&mut self, _now_ns: u64, packet: &mut Vec<u8>) -> Option<u32> {
        self.left = self.left.checked_sub(1)?;
        packet.push(self.left);
        Some(self.left.into())
    }

    fn wants_frame(&self) -> bool {
        self.frames_max > self.frames.len()
    }

    fn handle_frame(&mut self, kind: u8, payload: &[u8], _now_ns: u64) -> bool {
        self.frames.push_back(payload.to_vec());
        self.left = u8::from(kind == b'1');
        kind != b'!'
    }

    fn handle_timeout(&mut self, now_ns: u64) {
        assert!(
            self.deadline_ns
                .is_some_and(|deadline_ns| now_ns >= deadline_ns),
            "too early"
        );
        self.timeouts += 1;
        self.woken_ns = now_ns;
        self.deadline_ns = None;
        self.lines.push_back(b"end".to_vec());
    }

    fn poll_timeout(&self) -> Option<u64> {
        self.deadline_ns
    }

    fn handle_counters(&mut self, counters: Counters) {
        self.counters = counters;
    }

    fn poll_output(&mut self, _now_ns: u64, output: &mut Vec<u8>) -> bool {
        let Some(line) = self.lines.pop_front() else {
            return false;
        };
        output.extend_from_slice(&line);
        output.push(b'\n');
        true
    }

    fn interrupt(&mut self, _now_ns: u64) {
        self.interrupts += 1;
    }

    fn is_finished(&self) -> bool {
        let waits = self.interrupts > 0 && self.deadline_ns.is_some();
        let is_over = self.timeouts > 0 || self.interrupts > 0;
        (is_over && !waits) || (self.ends_by_sending && self.left == 0)
    }
}

fn file(stream: UnixStream) -> File {
    File::from(OwnedFd::from(stream))
}

/// Runs a script; returns what it wrote.
fn output(script: &mut Script, input: UnixStream, stop: BorrowedFd<'_>) -> String {
    let (mut near, far) = UnixStream::pair().unwrap();
    let mut input = Input::new(file(input));
    run(script, &mut Echo::new(), &mut input, stop, &mut file(far)).unwrap();
    let mut text = String::new();
    near.read_to_string(&mut text).unwrap();
    text
}

/// Runs a script that nobody disturbs.
fn undisturbed(script: &mut Script) -> String {
    let (input, _input_far) = UnixStream::pair().unwrap();
    let (stop, _stop_far) = UnixStream::pair().unwrap();
    output(script, input, stop.as_fd())
}

#[test]
fn packets_go_and_come_until_time_is_up() {
    let mut script = Script {
        left: 100,
        deadline_ns: Some(monotonic_ns() + 20_000_000),
        ..Script::default()
    };
    let text = undisturbed(&mut script);
    assert_eq!(script.received, (0..100).rev().collect::<Vec<u8>>());
    assert_eq!(
        (script.timeouts, script.interrupts, script.counters.sent),
        (1, 0, 100)
    );
    assert!(
        text.starts_with("got 99\ngot 98\n") && text.ends_with("got 0\nend\n"),
        "{text}"
    );
}

#[test]
fn a_stop_interrupts_once() {
    for by_input in [false, true] {
        let (input, input_far) = UnixStream::pair().unwrap();
        let (stop, mut stop_far) = UnixStream::pair().unwrap();
        if by_input {
            drop(input_far);
        } else {
            stop_far.write_all(b"x").unwrap();
        }
        // A host that takes its time to end is not interrupted again and again.
        let deadline_ns = Some(monotonic_ns() + 20_000_000);
        let mut script = Script {
            deadline_ns,
            frames_max: 1,
            ..Script::default()
        };
        output(&mut script, input, stop.as_fd());
        assert_eq!((script.interrupts, script.timeouts), (1, 1));
    }
}

#[test]
fn frames_wait_until_they_are_welcome() {
    let (input, mut input_far) = UnixStream::pair().unwrap();
    let (stop, _stop_far) = UnixStream::pair().unwrap();
    let mut written = Vec::new();
    for kind in *b"0010" {
        push_frame(&mut written, kind, |out| {
            out.extend(std::iter::repeat_n(kind, 100_000));
        });
    }
    let _open = input_far.try_clone().unwrap();
    let writer = std::thread::spawn(move || input_far.write_all(&written));
    let mut script = Script {
        frames_max: 3,
        ends_by_sending: false,
        deadline_ns: Some(monotonic_ns() + 200_000_000),
        ..Script::default()
    };
    output(&mut script, input, stop.as_fd());
    assert_eq!(script.frames.len(), 3);
    assert!(script.frames.iter().all(|payload| payload.len() == 100_000));
    assert_eq!(script.counters.sent, 1, "the third let it send");
    assert_eq!((script.timeouts, script.interrupts), (1, 0));
    // Perhaps not read, but no longer in the way: the other end is gone.
    let _ = writer.join().unwrap();
}

#[test]
fn a_frame_without_sense_interrupts() {
    for written in [&b"!\0\0\0\0"[..], b"0\xff\xff\xff\xff"] {
        let (input, mut input_far) = UnixStream::pair().unwrap();
        let (stop, _stop_far) = UnixStream::pair().unwrap();
        input_far.write_all(written).unwrap();
        let mut script = Script {
            frames_max: 9,
            ..Script::default()
        };
        output(&mut script, input, stop.as_fd());
        assert_eq!(script.interrupts, 1);
    }
}

#[test]
fn a_host_may_end_by_sending() {
    let mut script = Script {
        left: 3,
        ends_by_sending: true,
        ..Script::default()
    };
    undisturbed(&mut script);
    assert_eq!((script.counters.sent, script.timeouts), (3, 0));
}

#[test]
fn a_reader_who_is_slow_is_not_waited_for() {
    const SLOW: Duration = Duration::from_millis(300);
    let began_ns = monotonic_ns();
    let (mut near, far) = UnixStream::pair().unwrap();
    far.set_nonblocking(true).unwrap();
    let reader = std::thread::spawn(move || {
        std::thread::sleep(SLOW);
        let mut all = Vec::new();
        near.read_to_end(&mut all).unwrap();
        all
    });
    let mut script = Script {
        left: 1,
        deadline_ns: Some(began_ns + 20_000_000),
        lines: (0..40).map(|line| vec![b'a' + line % 26; 50_000]).collect(),
        ..Script::default()
    };
    let (input, _input_far) = UnixStream::pair().unwrap();
    let (stop, _stop_far) = UnixStream::pair().unwrap();
    let mut input = Input::new(file(input));
    let (mut echo, mut output) = (Echo::new(), file(far));
    run(
        &mut script,
        &mut echo,
        &mut input,
        stop.as_fd(),
        &mut output,
    )
    .unwrap();
    drop(output);
    let woken = Duration::from_nanos(script.woken_ns - began_ns);
    assert!(woken < SLOW, "the timeout had to wait: {woken:?}");
    let text = reader.join().unwrap();
    assert_eq!(text.len(), 40 * 50_001 + "got 0\nend\n".len());
    assert!(text.ends_with(b"\nend\n"));
}

#[test]
fn nobody_who_reads_is_an_error() {
    let (near, far) = UnixStream::pair().unwrap();
    drop(near);
    let mut script = Script {
        left: 1,
        deadline_ns: Some(0),
        ..Script::default()
    };
    let (input, _input_far) = UnixStream::pair().unwrap();
    let (stop, _stop_far) = UnixStream::pair().unwrap();
    let mut input = Input::new(file(input));
    let mut echo = Echo::new();
    let result = run(
        &mut script,
        &mut echo,
        &mut input,
        stop.as_fd(),
        &mut file(far),
    );
    assert_eq!(result.unwrap_err().errno(), Some(libc::EPIPE));
}
