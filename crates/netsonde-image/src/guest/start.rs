//! From the first instruction of a machine to its last.
use super::clock::Clock;
use super::finder::{self, Found};
use super::params::{self, COMMAND_LINE_SHORT};
use super::{apic, cpu, serial};
use crate::drive::{self, Platform};
use crate::heap::Heap;
use crate::machine::{self, Machine, Status};
use crate::words::Words;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};

/// Longest sleep: what the timer counts in 32 bits, and a little less.
const SLEEP_MAX_NS: u64 = 4_000_000_000;
/// The same where the card has no interrupt.
const LOOK_NS: u64 = 50_000;
/// Shorter sleeps are not worth a timer.
const SLEEP_MIN_NS: u64 = 2_000;
/// Frames that came while results were written, at most; further ones wait in the card.
const KEPT_MAX: usize = 256;
/// What the run's own deadline is given before interrupts end it.
const GRACE_MS: u64 = 2_000;
const MILLISECOND_NS: u64 = 1_000_000;

/// What only the program knows: where things were linked.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Entry of exceptions.
    pub exception: usize,
    /// Entry of interrupts.
    pub interrupt: usize,
    /// The first byte after the program.
    pub end: u64,
    /// When interrupts end the run, on the processor's counter.
    pub deadline: &'static AtomicU64,
}

/// Runs the image. `is_linux` and `address` say what the hypervisor left, and where.
pub fn main(is_linux: bool, address: u64, heap: &Heap, program: Program) -> ! {
    serial::set_up();
    // Firmware does not always end its last line.
    serial::write(b"\n", || {});
    cpu::set_interrupts(program.exception, program.interrupt);
    apic::set_up();
    let params = match params::read(is_linux, address, heap, program.end) {
        Ok(params) => params,
        Err(reason) => {
            serial::write(b"{\"type\":\"failed\",\"reason\":\"", || {});
            serial::write(reason.as_bytes(), || {});
            last_words(b"\",\"hint\":\"\"}\n");
        }
    };
    match run(&params, program.deadline) {
        Ok(Status::Done) => exit(0),
        Ok(Status::Failed) => exit(1),
        Err(reason) => {
            let mut line = Vec::new();
            machine::push_line(
                &mut line,
                &machine::failed(reason, "see the words of the image"),
            );
            last_words(&line)
        }
    }
}

/// Says that the program itself failed, and ends it. Uses no memory.
pub fn last_words(line: &[u8]) -> ! {
    serial::write(line, || {});
    exit(1)
}

/// The deadline has passed, and nobody has looked.
pub fn late() -> ! {
    last_words(b"\n{\"type\":\"failed\",\"reason\":\"the watchdog ended the machine after its deadline\",\"hint\":\"\"}\n")
}

/// The processor met what it cannot do.
pub fn exception() -> ! {
    last_words(b"\n{\"type\":\"failed\",\"reason\":\"the processor stopped the image\",\"hint\":\"report the job\"}\n")
}

/// Ends the machine in the way of each hypervisor, one after the other: QEMU's, Cloud Hypervisor's, Firecracker's.
fn exit(status: u8) -> ! {
    for (port, value) in [(0xf4, status), (0x600, 0x34), (0x64, 0xfe)] {
        cpu::out8(port, value);
    }
    loop {
        cpu::fault();
    }
}

fn run(params: &params::Params, deadline: &AtomicU64) -> Result<Status, String> {
    let text = params.command_line;
    let text = core::str::from_utf8(text).map_err(|_| "the command line is no text")?;
    if text.len() + 1 >= COMMAND_LINE_SHORT && text.len() < COMMAND_LINE_SHORT + 1 {
        return Err(String::from(
            "the command line is full: give the job as a boot module",
        ));
    }
    let mut words = Words::parse(text).map_err(|error| error.0)?;
    let job = match (words.job.take(), params.module) {
        (Some(_), Some(_)) => return Err(String::from("two jobs: job= and a boot module")),
        (Some(job), None) => job,
        (None, Some(module)) => Vec::from(module),
        (None, None) => Vec::new(),
    };
    let Some(Found { card, line }) = finder::find(text) else {
        return Err(String::from("there is no virtio network card"));
    };
    if let Some(line) = line {
        apic::open_line(line);
    }
    let clock = Clock::new();
    // The machine's own deadline comes first; this one is for when it cannot say so.
    let grace_ns = words
        .deadline_ms
        .saturating_add(GRACE_MS)
        .saturating_mul(MILLISECOND_NS);
    deadline.store(clock.ticks_at(grace_ns), Ordering::Relaxed);
    cpu::open();
    let mac = words.mac.unwrap_or(card.mac());
    let (kind, on_ticks, epoch_ns) = (words.card, words.is_clock_on_card, words.epoch_ns);
    let mut guest = Guest {
        clock,
        card,
        sleep_ns: line.map_or(LOOK_NS, |_| SLEEP_MAX_NS),
        kept: VecDeque::new(),
    };
    let now_ns = if on_ticks { 0 } else { clock.now_ns() };
    let mut machine = Machine::new(words, mac, &job, epoch_ns, now_ns);
    Ok(if on_ticks {
        drive::run_on_ticks(&mut guest, &mut machine, kind)
    } else {
        drive::run(&mut guest, &mut machine)
    })
}

struct Guest {
    clock: Clock,
    card: alloc::boxed::Box<dyn super::card::Card>,
    /// Longest sleep.
    sleep_ns: u64,
    /// Frames that came while results were written, with the time.
    kept: VecDeque<(u64, Vec<u8>)>,
}

impl Platform for Guest {
    fn now_ns(&mut self) -> u64 {
        self.clock.now_ns()
    }

    fn send(&mut self, frame: &[u8]) -> Option<u64> {
        let clock = self.clock;
        self.card.send(frame, &mut || clock.now_ns())
    }

    fn receive(&mut self, frame: &mut Vec<u8>) -> Option<u64> {
        if let Some((received_ns, kept)) = self.kept.pop_front() {
            *frame = kept;
            return Some(received_ns);
        }
        let received_ns = self.clock.now_ns();
        self.card.receive(frame).then_some(received_ns)
    }

    fn wait(&mut self, until_ns: u64) -> bool {
        loop {
            // Before looking: what comes after it, interrupts.
            cpu::close();
            self.card.acknowledge();
            let now_ns = self.clock.now_ns();
            if self.card.is_broken() {
                last_words(
                    b"\n{\"type\":\"failed\",\"reason\":\"the card does what no card does\",\"hint\":\"\"}\n",
                );
            }
            let is_due = now_ns.saturating_add(SLEEP_MIN_NS) >= until_ns;
            if is_due || !self.kept.is_empty() || self.card.has_frame() {
                cpu::open();
                return false;
            }
            let sleep_ns = (until_ns - now_ns).min(self.sleep_ns);
            apic::set_timer(u32::try_from(sleep_ns).unwrap_or(u32::MAX));
            cpu::halt();
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        let Self {
            clock, card, kept, ..
        } = self;
        serial::write(bytes, || {
            // A serial line is slow: what comes meanwhile is stamped at once.
            while kept.len() < KEPT_MAX && card.has_frame() {
                let received_ns = clock.now_ns();
                let mut frame = Vec::new();
                if card.receive(&mut frame) {
                    kept.push_back((received_ns, frame));
                }
            }
        });
    }
}
