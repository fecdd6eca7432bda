//! Help for the tests of this crate that need interfaces: each in a network namespace of its own.
use crate::ancillary::Ancillary;
use crate::sys;
use crate::sys::batch::Batch;
use crate::sys::poll::pause;
use crate::sys::socket::{open, set_int};
use crate::sys::time::read_ns;
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};

/// Runs `test` in a new network namespace; without the right to make one, says so and passes.
/// The same paths are covered, and required when root, by `tests/system`.
pub(crate) fn isolated(test: impl FnOnce() + Send + 'static) {
    let outcome = std::thread::spawn(|| {
        if !sys::unshare_network() {
            eprintln!("skipped: making a network namespace needs root");
            return;
        }
        ip("link set lo up");
        let _stamped = stamping();
        test();
    })
    .join();
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// A socket that makes the kernel stamp packets, once it does: it begins a moment after it was asked to, and until then
/// says when a packet was read. Sockets that are opened meanwhile are stamped from their first packet on.
fn stamping() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback is up");
    let call = "setsockopt(SO_TIMESTAMPNS)";
    set_int(
        socket.as_fd(),
        libc::SOL_SOCKET,
        libc::SO_TIMESTAMPNS,
        1,
        call,
    )
    .expect("every kernel has it");
    let address = socket.local_addr().expect("it is bound");
    let mut batch = Batch::new();
    for _ in 0..400 {
        socket.send_to(b"x", address).expect("loopback is up");
        pause(5_000_000);
        let count = batch.receive(socket.as_fd(), 0).unwrap_or(0);
        let now_ns = read_ns(libc::CLOCK_REALTIME);
        let control = |index| Ancillary::parse(batch.message(index).control);
        let stamps_ns = (0..count).filter_map(|index| control(index).stamp_ns);
        if stamps_ns
            .min()
            .is_some_and(|stamp_ns| stamp_ns + 4_000_000 < now_ns)
        {
            return socket;
        }
    }
    panic!("the kernel stamps no packets");
}

/// A network namespace of its own that somebody else's packets come from.
pub(crate) struct Far {
    commands: Sender<String>,
    done: Receiver<()>,
    /// Where `ip link set ... netns` finds it.
    pub(crate) path: String,
}

impl Far {
    /// Makes one; as long as it lives, so does the namespace.
    pub(crate) fn new() -> Self {
        let (commands, to_do) = channel::<String>();
        let (finished, done) = channel();
        let (tell, told) = channel();
        std::thread::spawn(move || {
            assert!(sys::unshare_network(), "another namespace could be made");
            let thread = std::fs::read_link("/proc/thread-self").expect("proc is mounted");
            let path = format!("/proc/{}/ns/net", thread.display());
            tell.send(path).expect("it waits");
            for command in to_do {
                match command.split_once(' ') {
                    Some(("set", setting)) => set(setting),
                    Some(("send", frame)) => send_frame(frame),
                    _ => ip(&command),
                }
                finished.send(()).expect("it waits");
            }
        });
        let path = told.recv().expect("its first words");
        Self {
            commands,
            done,
            path,
        }
    }

    /// Sends a frame from there, by the interface of this name.
    pub(crate) fn send(&self, interface: &str, frame: &[u8]) {
        let digits: Vec<String> = frame.iter().map(|byte| format!("{byte:02x}")).collect();
        let hexadecimal = digits.concat();
        self.ip(&format!("send {interface} {hexadecimal}"));
    }

    /// Runs `ip` there, or writes a setting (`set net/ipv4/ip_forward 1`).
    pub(crate) fn ip(&self, arguments: &str) {
        self.commands.send(arguments.to_owned()).expect("it runs");
        self.done.recv().expect("its command succeeded");
    }
}

/// Sends a frame from the namespace of this thread: an interface and hexadecimal digits.
fn send_frame(text: &str) {
    let (interface, digits) = text.split_once(' ').expect("an interface and a frame");
    let octet = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits");
    let frame: Vec<u8> = (0..digits.len()).step_by(2).map(octet).collect();
    let index = interface_index(interface);
    let call = "socket(AF_PACKET)";
    let socket = open(libc::AF_PACKET, libc::SOCK_RAW, 0, call).expect("it may");
    sys::packet::bind(socket.as_fd(), 0, index).expect("it is there");
    let sent = sys::packet::send(socket.as_fd(), std::iter::once(&frame[..]));
    assert_eq!(sent.expect("it is up"), 1);
}

/// `/sys` shows the interfaces of the namespace that it was mounted in: asks `ip` instead.
fn interface_index(name: &str) -> u32 {
    let output = Command::new("ip")
        .args(["-o", "link", "show", name])
        .output();
    let text = String::from_utf8(output.expect("iproute2 is installed").stdout).expect("text");
    let (number, _) = text.split_once(':').expect("a number first");
    number.parse().expect("a number")
}

/// Writes a kernel setting, such as `net/ipv4/ip_forward 1`.
pub(crate) fn set(setting: &str) {
    let (name, value) = setting.split_once(' ').expect("a name and a value");
    std::fs::write(format!("/proc/sys/{name}"), value).expect("a setting of this namespace");
}

/// Runs `ip` in the namespace of this thread.
pub(crate) fn ip(arguments: &str) {
    let status = Command::new("ip")
        .args(arguments.split_whitespace())
        .status()
        .expect("iproute2 is installed");
    assert!(status.success(), "ip {arguments}");
}

/// Waits until packets can leave by an interface: the kernel begins a moment after its other end came up.
pub(crate) fn wait_for_carrier(interface: &str) {
    let is_up = (0..400).any(|_| {
        let output = Command::new("ip")
            .args(["-o", "link", "show", interface])
            .output();
        let text = String::from_utf8(output.expect("iproute2 is installed").stdout).expect("text");
        let is_up = text.contains("state UP");
        if !is_up {
            pause(5_000_000);
        }
        is_up
    });
    assert!(is_up, "{interface} has no carrier");
}

/// Waits until an address can be used: the kernel needs a moment for those of IPv6, even without duplicate detection.
pub(crate) fn wait_for_address(address: &str) {
    let is_there = (0..400).any(|_| {
        let bound = UdpSocket::bind((address, 0)).is_ok();
        if !bound {
            pause(5_000_000);
        }
        bound
    });
    assert!(is_there, "no {address}");
}
