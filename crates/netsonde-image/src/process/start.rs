//! From the first instruction to the last, as a process.
use super::call::{self, Clock, EAGAIN, EINTR, POLLIN, POLLOUT, Watched, number};
use super::{card, seal};
use crate::drive::{self, Platform};
use crate::heap::Heap;
use crate::lines;
use crate::machine::{self, Machine, Status};
use crate::words::Words;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;
use netsonde_wire::ethernet::MacAddr;

const STDIN: i32 = 0;
const STDOUT: i32 = 1;
/// Address space for all data, at most and at least; only what is touched takes memory.
const HEAP_MAX: usize = 1 << 32;
const HEAP_MIN: usize = 1 << 20;
/// Longest job.
const JOB_MAX: usize = 1 << 26;
/// Longest frame.
const FRAME_MAX: usize = 65_550;
const READ_MAX: usize = 1 << 16;
/// Octets of results for which there is room where there is any: a pipe has it in pages.
const WRITE_MAX: usize = 1 << 12;
/// Octets of frames that are kept while results are written, at most; further ones wait in the card.
const KEPT_BYTES_MAX: usize = 1 << 19;
/// How often, and how long each time, room for last words is waited for.
const ROOM_TRIES: usize = 20;
const ROOM_WAIT_NS: u64 = 1_000_000_000;
/// What the process's own deadline is given before the kernel ends it.
const GRACE_MS: u64 = 2_000;
/// The card's address where nobody gave one: of nobody's make.
const MAC: MacAddr = MacAddr([0x02, b'n', b's', b'o', b'n', b'd']);

const SIGALRM: usize = 14;
const SIGTERM: usize = 15;
const SA_RESTORER: u64 = 0x0400_0000;

/// Runs the image. `stack` is where Linux left the arguments.
///
/// # Safety
/// To be called once, first, by one thread, with the stack pointer of the process's start.
pub unsafe fn main(stack: *const usize, heap: &Heap) -> ! {
    // A limit on address space gives less.
    let sizes = core::iter::successors(Some(HEAP_MAX), |size| Some(size / 2));
    for size in sizes.take_while(|size| *size >= HEAP_MIN) {
        if let Some(start) = map(size) {
            // SAFETY: the mapping is nobody else's.
            unsafe { heap.give(start, start + size) };
            break;
        }
    }
    // SAFETY: as our caller says.
    let words = unsafe { words(stack) };
    let status = match run(&words) {
        Ok(Status::Done) => 0,
        Ok(Status::Failed) => 1,
        Err(reason) => {
            let mut line = Vec::new();
            machine::push_line(
                &mut line,
                &machine::failed(reason, "see the words of the image"),
            );
            write_all(&line);
            1
        }
    };
    call::exit(status)
}

/// New memory of this process, if the kernel gives so much.
fn map(size: usize) -> Option<usize> {
    const PROT_READ_WRITE: usize = 3;
    const MAP_PRIVATE_ANONYMOUS_NORESERVE: usize = 0x4022;
    let arguments = [
        0,
        size,
        PROT_READ_WRITE,
        MAP_PRIVATE_ANONYMOUS_NORESERVE,
        usize::MAX,
        0,
    ];
    // SAFETY: a new mapping, wherever the kernel has room.
    unsafe { call::call(number::MMAP, arguments) }.ok()
}

/// Says that the program itself failed, and ends it. Uses no memory.
pub fn last_words(line: &[u8]) -> ! {
    write_all(line);
    call::exit(1)
}

/// All arguments but the program's name, separated by spaces.
///
/// # Safety
/// As for [`main`].
unsafe fn words(stack: *const usize) -> String {
    let mut words = String::new();
    // SAFETY: there is the number of arguments, then as many pointers to strings that end with zero.
    let count = unsafe { stack.read() };
    for index in 2..=count {
        // SAFETY: as above.
        let argument = unsafe { CStr::from_ptr(stack.add(index).read() as *const _) };
        words.push_str(&argument.to_string_lossy());
        words.push(' ');
    }
    words
}

fn run(words: &str) -> Result<Status, String> {
    let mut words = Words::parse(words).map_err(|error| error.0)?;
    set_alarm(&words)?;
    let mut input = Input::default();
    let job = match words.job.take() {
        Some(job) => job,
        None => input.read_line()?,
    };
    let (descriptor, mac) = if let Some(name) = &words.interface {
        card::open(name)?
    } else {
        card::make_nonblocking(words.fd)?;
        (words.fd, MAC)
    };
    let mac = words.mac.unwrap_or(mac);
    // Before any frame is read, and the job, too: both are strangers' bytes.
    seal::seal(descriptor)?;
    let mut process = Process {
        descriptor,
        room_tries: if words.is_clock_on_card {
            card::ROOM_TRIES_ON_TICKS
        } else {
            card::ROOM_TRIES
        },
        kept: VecDeque::new(),
        input,
        is_stopped_by_eof: words.is_stopped_by_eof,
    };
    let epoch_ns = || call::clock_ns(Clock::Real).wrapping_sub(call::clock_ns(Clock::Monotonic));
    let (card, on_ticks) = (words.card, words.is_clock_on_card);
    let epoch_ns = (!on_ticks).then(|| words.epoch_ns.unwrap_or_else(epoch_ns));
    let now_ns = if on_ticks { 0 } else { process.now_ns() };
    let mut machine = Machine::new(words, mac, &job, epoch_ns, now_ns);
    Ok(if on_ticks {
        drive::run_on_ticks(&mut process, &mut machine, card)
    } else {
        drive::run(&mut process, &mut machine)
    })
}

/// What comes on standard input.
#[derive(Debug, Default)]
struct Input {
    /// What was read and not used.
    bytes: Vec<u8>,
    is_over: bool,
}

impl Input {
    /// A line, or all there is.
    fn read_line(&mut self) -> Result<Vec<u8>, String> {
        let mut searched = 0;
        loop {
            let end = self
                .bytes
                .iter()
                .skip(searched)
                .position(|byte| *byte == b'\n');
            if let Some(end) = end {
                let rest = self.bytes.split_off(searched + end + 1);
                return Ok(core::mem::replace(&mut self.bytes, rest));
            }
            if self.is_over {
                return Ok(core::mem::take(&mut self.bytes));
            }
            searched = self.bytes.len();
            if searched > JOB_MAX {
                return Err(alloc::format!("the job is longer than {JOB_MAX} bytes"));
            }
            self.fill();
        }
    }

    fn fill(&mut self) {
        let old = self.bytes.len();
        self.bytes.resize(old + READ_MAX, 0);
        let room = self.bytes.get_mut(old..).unwrap_or_default();
        let count = match call::read(STDIN, room) {
            Ok(count) => count,
            Err(EINTR) => return self.bytes.truncate(old),
            Err(EAGAIN) => {
                // Whoever gave it to us reads it without waiting.
                self.bytes.truncate(old);
                return card::wait(STDIN, POLLIN, ROOM_WAIT_NS);
            }
            Err(_) => 0,
        };
        self.bytes.truncate(old + count);
        self.is_over |= count == 0;
    }
}

struct Process {
    descriptor: i32,
    /// How often a full card is tried.
    room_tries: usize,
    /// Frames that came while results were written, with the time.
    kept: VecDeque<(u64, Vec<u8>)>,
    input: Input,
    is_stopped_by_eof: bool,
}

impl Process {
    /// Takes the next frame off the card, and when that was.
    fn take(&self, frame: &mut Vec<u8>) -> Option<u64> {
        frame.resize(FRAME_MAX, 0);
        let count = call::read(self.descriptor, frame).ok()?;
        let received_ns = call::clock_ns(Clock::Monotonic);
        frame.truncate(count);
        (count > 0).then_some(received_ns)
    }

    fn has_room(&self) -> bool {
        let bytes: usize = self.kept.iter().map(|(_, frame)| frame.len()).sum();
        self.kept.len() < drive::RECEIVED_MAX && bytes < KEPT_BYTES_MAX
    }

    /// Takes off the card what is there, as far as there is room for it.
    fn keep(&mut self) {
        let mut frame = Vec::new();
        while self.has_room() {
            let Some(received_ns) = self.take(&mut frame) else {
                return;
            };
            self.kept
                .push_back((received_ns, Vec::from(frame.as_slice())));
        }
    }

    /// Whether standard input says that it is enough.
    fn is_stopped(&mut self) -> bool {
        self.input.fill();
        lines::take_stop(&mut self.input.bytes) || (self.input.is_over && self.is_stopped_by_eof)
    }
}

impl Platform for Process {
    fn now_ns(&mut self) -> u64 {
        call::clock_ns(Clock::Monotonic)
    }

    fn send(&mut self, frame: &[u8]) -> Option<u64> {
        let sent_ns = self.now_ns();
        card::send(self.descriptor, frame, self.room_tries).then_some(sent_ns)
    }

    fn receive(&mut self, frame: &mut Vec<u8>) -> Option<u64> {
        if let Some((received_ns, kept)) = self.kept.pop_front() {
            *frame = kept;
            return Some(received_ns);
        }
        self.take(frame)
    }

    fn wait(&mut self, until_ns: u64) -> bool {
        // What came with the job: nobody would tell of it any more.
        if self.input.bytes.contains(&b'\n') && lines::take_stop(&mut self.input.bytes) {
            return true;
        }
        let wait_ns = if self.kept.is_empty() {
            until_ns.saturating_sub(self.now_ns())
        } else {
            0
        };
        let mut watched = [card::watched(self.descriptor), card::watched(STDIN)];
        let count = if self.input.is_over { 1 } else { 2 };
        call::poll(watched.get_mut(..count).unwrap_or_default(), wait_ns);
        matches!(watched, [_, Watched { seen: 1.., .. }]) && self.is_stopped()
    }

    /// A reader may be slow: what comes meanwhile is stamped at once.
    fn write(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let mut watched = [output(), card::watched(self.descriptor)];
            let count = if self.has_room() { 2 } else { 1 };
            call::poll(watched.get_mut(..count).unwrap_or_default(), u64::MAX);
            let [room, card] = watched;
            if card.seen != 0 {
                self.keep();
            }
            if room.seen != 0 {
                let few = bytes.get(..WRITE_MAX).unwrap_or(bytes);
                bytes = bytes.get(written(few)..).unwrap_or_default();
            }
        }
    }
}

/// Where results go.
fn output() -> Watched {
    Watched {
        descriptor: STDOUT,
        events: POLLOUT,
        seen: 0,
    }
}

/// Writes to standard output as much as there is room for. Nobody reads any more: then nobody misses the rest either.
fn written(bytes: &[u8]) -> usize {
    match call::write(STDOUT, bytes) {
        Ok(count) => count,
        Err(EINTR | EAGAIN) => 0,
        Err(_) => call::exit(1),
    }
}

/// Writes last words, as well as it can be done.
fn write_all(mut bytes: &[u8]) {
    for _ in 0..ROOM_TRIES {
        bytes = bytes.get(written(bytes)..).unwrap_or_default();
        if bytes.is_empty() {
            return;
        }
        card::wait(STDOUT, POLLOUT, ROOM_WAIT_NS);
    }
}

/// Has the kernel end the process some time after its deadline, whatever it does then.
fn set_alarm(words: &Words) -> Result<(), String> {
    for signal in [SIGALRM, SIGTERM] {
        let action = [
            end as *const () as usize,
            SA_RESTORER as usize,
            end as *const () as usize,
            0,
        ];
        let arguments = [signal, (&raw const action) as usize, 0, 8, 0, 0];
        // SAFETY: the kernel reads a `struct sigaction` of four words; the handler never returns.
        unsafe { call::call(number::RT_SIGACTION, arguments) }
            .map_err(|error| alloc::format!("cannot set a watchdog: error {}", error.0))?;
    }
    let after_ms = words.deadline_ms.saturating_add(GRACE_MS);
    let timer = [
        0,
        0,
        (after_ms / 1_000) as usize,
        (after_ms % 1_000 * 1_000) as usize,
    ];
    let arguments = [0, (&raw const timer) as usize, 0, 0, 0, 0];
    // SAFETY: the kernel reads a `struct itimerval`: four words.
    unsafe { call::call(number::SETITIMER, arguments) }
        .map(drop)
        .map_err(|error| alloc::format!("cannot set a watchdog: error {}", error.0))
}

/// What a signal does: nothing may run after it but the last line.
extern "C" fn end(signal: i32) {
    let line: &[u8] = if signal == SIGALRM as i32 {
        b"\n{\"type\":\"failed\",\"reason\":\"the watchdog ended the process after its deadline\",\"hint\":\"\"}\n"
    } else {
        b"\n{\"type\":\"failed\",\"reason\":\"the process was told to end\",\"hint\":\"\"}\n"
    };
    let mut output = [output()];
    call::poll(&mut output, 0);
    if matches!(output, [Watched { seen: 1.., .. }]) {
        last_words(line)
    }
    call::exit(1)
}
