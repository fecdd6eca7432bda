//! The loop against a link and a host that only count.
use super::*;
use crate::poll::Ready;
use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixDatagram, UnixStream};

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
    fn send(&mut self, packet: &[u8]) {
        self.counters.sent += 1;
        self.far.send(packet).unwrap();
    }

    fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        vec![self.near.as_fd()]
    }

    fn receive(&mut self, ready: Ready, deliver: &mut dyn FnMut(u64, &[u8])) {
        let mut buffer = [0; 64];
        while ready.contains(0) {
            let Ok(length) = self.near.recv(&mut buffer) else {
                return;
            };
            deliver(monotonic_ns(), &buffer[..length]);
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
    received: Vec<u8>,
    timeouts: u32,
    interrupts: u32,
    /// Whether the last packet is the end.
    ends_by_sending: bool,
    counters: Counters,
    lines: VecDeque<Vec<u8>>,
}

impl Host for Script {
    fn poll_transmit(&mut self, _now_ns: u64) -> Option<Vec<u8>> {
        self.left = self.left.checked_sub(1)?;
        Some(vec![self.left])
    }

    fn handle_packet(&mut self, _received_ns: u64, packet: &[u8]) {
        self.received.extend_from_slice(packet);
        self.lines
            .push_back(format!("got {}", packet[0]).into_bytes());
    }

    fn handle_timeout(&mut self, now_ns: u64) {
        assert!(
            self.deadline_ns
                .is_some_and(|deadline_ns| now_ns >= deadline_ns),
            "too early"
        );
        self.timeouts += 1;
        self.deadline_ns = None;
        self.lines.push_back(b"end".to_vec());
    }

    fn poll_timeout(&self) -> Option<u64> {
        self.deadline_ns
    }

    fn handle_counters(&mut self, counters: Counters) {
        self.counters = counters;
    }

    fn poll_line(&mut self) -> Option<Vec<u8>> {
        self.lines.pop_front()
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
fn output(script: &mut Script, stops: &[BorrowedFd<'_>]) -> String {
    let (mut near, far) = UnixStream::pair().unwrap();
    run(script, &mut Echo::new(), stops, &mut file(far)).unwrap();
    let mut text = String::new();
    near.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn packets_go_and_come_until_time_is_up() {
    let mut script = Script {
        left: 100,
        deadline_ns: Some(monotonic_ns() + 20_000_000),
        ..Script::default()
    };
    let text = output(&mut script, &[]);
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
    for hang_up in [false, true] {
        let (quiet, _quiet_far) = UnixStream::pair().unwrap();
        let (near, far) = UnixStream::pair().unwrap();
        if hang_up {
            drop(far);
        } else {
            (&far).write_all(b"x").unwrap();
        }
        // A host that takes its time to end is not interrupted again and again.
        let deadline_ns = Some(monotonic_ns() + 20_000_000);
        let mut script = Script {
            deadline_ns,
            ..Script::default()
        };
        output(&mut script, &[quiet.as_fd(), near.as_fd()]);
        assert_eq!((script.interrupts, script.timeouts), (1, 1));
    }
}

#[test]
fn a_host_may_end_by_sending() {
    let mut script = Script {
        left: 3,
        ends_by_sending: true,
        ..Script::default()
    };
    output(&mut script, &[]);
    assert_eq!((script.counters.sent, script.timeouts), (3, 0));
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
    let result = run(&mut script, &mut Echo::new(), &[], &mut file(far));
    assert_eq!(result.unwrap_err().errno(), Some(libc::EPIPE));
}

#[test]
fn a_task_is_the_first_line() {
    for (written, expected) in [
        ("a job\nmore", "a job"),
        ("no line end", "no line end"),
        ("", ""),
    ] {
        let (near, far) = UnixStream::pair().unwrap();
        (&far).write_all(written.as_bytes()).unwrap();
        drop(far);
        assert_eq!(read_task(&mut file(near)).unwrap(), expected.as_bytes());
    }
}

#[test]
fn a_long_task_comes_in_pieces() {
    let (near, far) = UnixStream::pair().unwrap();
    let long = "x".repeat(1_000_000);
    let written = format!("{long}\n");
    let writer = std::thread::spawn(move || (&far).write_all(written.as_bytes()).unwrap());
    assert_eq!(read_task(&mut file(near)).unwrap(), long.as_bytes());
    writer.join().unwrap();
}
