//! What a sealed process is, and what becomes of one that does more than it may.
//!
//! Each case runs in a process of its own: this program, started again with the name of the case.
#![expect(
    unsafe_code,
    reason = "the cases make the very system calls that std would not make for them"
)]

use netsonde_link::{LinkError, seal};
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio, exit};
use std::sync::{Condvar, Mutex};

/// What a sealed process tries, and whether it survives that.
type Case = (&'static str, fn(), bool);

const CASES: &[Case] = &[
    ("does what an engine does", work, true),
    ("opens a file", open_file, false),
    ("opens a socket", open_socket, false),
    ("starts a process", start_process, false),
    ("maps memory that can be executed", map_executable, false),
    ("asks for its user", ask_user, false),
    (
        "opens a socket in another thread",
        open_socket_elsewhere,
        false,
    ),
    ("asks for the drops of a ring", ask_drops, true),
    ("asks for another option of a socket", ask_option, false),
    #[cfg(target_arch = "x86_64")]
    ("calls the 32-bit kernel", call_32_bit, false),
    #[cfg(target_arch = "x86_64")]
    ("calls with the x32 convention", call_x32, false),
];

fn main() {
    match std::env::args().nth(1) {
        Some(name) if name == "wait" => wait_sealed(),
        Some(name) => match CASES.iter().find(|(known, ..)| *known == name) {
            Some((_, case, _)) => {
                seal::seal_with(start_thread).expect("this host has seccomp");
                case();
                seal::exit(0);
            }
            // An argument of `cargo test`, such as a filter: there is one test here.
            None => test(),
        },
        None => test(),
    }
}

fn test() {
    a_sealed_process_has_nothing();
    for (name, _, survives) in CASES {
        let status = start(name).wait().expect("we are its parent");
        let as_expected = if *survives {
            status.success()
        } else {
            was_killed(status)
        };
        if !as_expected {
            eprintln!("a process that {name}: {status}");
            exit(1);
        }
        println!("a process that {name}: {status}");
    }
}

fn a_sealed_process_has_nothing() {
    let mut child = start("wait");
    let mut ready = [0];
    let output = child.stdout.as_mut().expect("it is piped");
    output
        .read_exact(&mut ready)
        .expect("it seals itself and says so");
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("we may read it");
    let field = |name: &str| {
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.expect("a field of every process")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    let none = "0000000000000000";
    for task in std::fs::read_dir(format!("/proc/{}/task", child.id())).expect("we may list it") {
        let task = task.expect("we may list it").path().join("status");
        let status = std::fs::read_to_string(task).expect("we may read it");
        for line in ["NoNewPrivs:\t1", "Seccomp:\t2", "CapPrm:\t0000000000000000"] {
            assert!(status.contains(line), "{line}: {status}");
        }
    }
    assert_eq!(field("Threads"), "2");
    assert_eq!(
        (
            field("NoNewPrivs"),
            field("Seccomp"),
            field("Seccomp_filters")
        ),
        ("1".into(), "2".into(), "1".into())
    );
    assert_eq!(
        [
            field("CapInh"),
            field("CapPrm"),
            field("CapEff"),
            field("CapAmb")
        ],
        [none; 4]
    );
    // SAFETY: touches no memory. JUSTIFICATION: std does not tell.
    if unsafe { libc::geteuid() } == 0 {
        assert_eq!(field("CapBnd"), none);
        assert_eq!(
            [field("Uid"), field("Gid"), field("Groups")],
            ["65534 65534 65534 65534", "65534 65534 65534 65534", ""]
        );
    }
    // Closing its input ends it.
    drop(child.stdin.take());
    assert!(child.wait().expect("we are its parent").success());
}

fn start(name: &str) -> Child {
    let program = std::env::current_exe().expect("we run");
    let mut command = Command::new(program);
    command
        .arg(name)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command.spawn().expect("we can start ourselves")
}

fn was_killed(status: ExitStatus) -> bool {
    status.signal() == Some(libc::SIGSYS)
}

fn wait_sealed() {
    let stop = seal::prepare().expect("signals can be blocked");
    seal::seal_with(start_thread).expect("this host has seccomp");
    let mut output = std::io::stdout();
    output
        .write_all(b"x")
        .and_then(|()| output.flush())
        .expect("writing is allowed");
    let length = std::io::stdin().read(&mut [0]).expect("reading is allowed");
    assert_eq!(length, 0, "nothing was written to us");
    // In debug builds std checks a descriptor before closing it, with a call that is not allowed.
    std::mem::forget(stop);
    seal::exit(0)
}

/// Whether the other thread runs, and whether it is to open a socket, which it must not.
static OTHER: (Mutex<(bool, bool)>, Condvar) = (Mutex::new((false, false)), Condvar::new());

/// Starts another thread, as a link does, and waits until it runs.
#[expect(clippy::unnecessary_wraps, reason = "what is started may fail to")]
fn start_thread() -> Result<(), LinkError> {
    let (state, changed) = &OTHER;
    std::thread::spawn(|| {
        let mut now = state.lock().expect("nobody panicked");
        now.0 = true;
        changed.notify_all();
        let wanted = changed.wait_while(now, |now| !now.1);
        drop(wanted.expect("nobody panicked"));
        open_socket();
    });
    let now = state.lock().expect("nobody panicked");
    let runs = changed.wait_while(now, |now| !now.0);
    drop(runs.expect("nobody panicked"));
    Ok(())
}

fn open_socket_elsewhere() {
    let (state, changed) = &OTHER;
    state.lock().expect("nobody panicked").1 = true;
    changed.notify_all();
    let deadline_ns = netsonde_link::monotonic_ns() + 5_000_000_000;
    netsonde_link::poll::wait(&[], Some(deadline_ns)).expect("waiting is allowed");
}

fn ask_drops() {
    option(libc::SOL_PACKET, libc::PACKET_STATISTICS);
}

fn ask_option() {
    option(libc::SOL_SOCKET, libc::SO_ERROR);
}

fn option(level: i32, name: i32) {
    let mut value = [0u32; 3];
    let mut length: libc::socklen_t = 12;
    // SAFETY: the kernel writes at most the stated length. JUSTIFICATION: this call is the test.
    unsafe { libc::getsockopt(0, level, name, value.as_mut_ptr().cast(), &raw mut length) };
}

fn work() {
    let mut memory: Vec<Vec<u8>> = (0..64).map(|power| vec![1; 1 << (power % 24)]).collect();
    memory.truncate(1);
    memory[0].resize(1 << 25, 2);
    drop(memory);
    let deadline_ns = netsonde_link::monotonic_ns() + 1_000_000;
    netsonde_link::poll::wait(&[], Some(deadline_ns)).expect("waiting is allowed");
    println!("writing is allowed");
}

fn open_file() {
    // SAFETY: the path ends in NUL. JUSTIFICATION: std would make further calls, which are forbidden too.
    unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDONLY) };
}

fn open_socket() {
    // SAFETY: touches no memory. JUSTIFICATION: as above.
    unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM, 0) };
}

fn start_process() {
    // SAFETY: a child, should there be one, makes no call but the exit that follows. JUSTIFICATION: as above.
    unsafe { libc::fork() };
}

fn map_executable() {
    let protection = libc::PROT_READ | libc::PROT_EXEC;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: asks for new memory and uses none of it. JUSTIFICATION: this call is the test.
    unsafe { libc::mmap(std::ptr::null_mut(), 4_096, protection, flags, -1, 0) };
}

fn ask_user() {
    // SAFETY: touches no memory. JUSTIFICATION: this call is the test.
    unsafe { libc::getuid() };
}

/// Number 20 is `getpid` there, and `writev` here.
#[cfg(target_arch = "x86_64")]
fn call_32_bit() {
    // SAFETY: `getpid` touches no memory. JUSTIFICATION: this call is the test.
    unsafe { core::arch::asm!("int 0x80", inout("eax") 20 => _) };
}

/// `read` of nothing, whose plain number is allowed.
#[cfg(target_arch = "x86_64")]
fn call_x32() {
    // SAFETY: reads zero bytes. JUSTIFICATION: this call is the test.
    unsafe {
        libc::syscall(
            0x4000_0000 | libc::SYS_read,
            0,
            std::ptr::null_mut::<u8>(),
            0,
        )
    };
}
