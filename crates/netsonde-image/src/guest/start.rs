//! From the first instruction of a machine to its last.
use super::clock::Clock;
use super::finder::{self, Found};
use super::input::Input;
use super::params::{self, COMMAND_LINE_SHORT};
use super::{cpu, serial};
use crate::drive::{self, Platform};
use crate::heap::Heap;
use crate::machine::{self, Machine, Status};
use crate::words::Words;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

/// Longest sleep: what the timer counts in 32 bits, and a little less.
const SLEEP_MAX_NS: u64 = 4_000_000_000;
/// The same where the card has no interrupt.
const LOOK_NS: u64 = 50_000;
/// Shorter sleeps are not worth a timer.
const SLEEP_MIN_NS: u64 = 2_000;
/// Times that there is something else to do before somebody who wants an end is listened to all the same: to ask the line
/// is dear.
const BUSY_MAX: u32 = 256;
/// What the run's own deadline is given before interrupts end it.
const GRACE_MS: u64 = 2_000;
const MILLISECOND_NS: u64 = 1_000_000;

/// Runs the image. `is_linux` and `address` say what the hypervisor left, and where; `end` is the first byte after us.
pub fn main(is_linux: bool, address: u64, heap: &Heap, end: u64) -> ! {
    serial::set_up();
    // Firmware does not always end its last line.
    serial::write(b"\n");
    let params = match params::read(is_linux, address, heap, end) {
        Ok(params) => params,
        Err(reason) => {
            serial::write(b"{\"type\":\"failed\",\"reason\":\"");
            serial::write(reason.as_bytes());
            last_words(b"\",\"hint\":\"\"}\n");
        }
    };
    match run(&params) {
        Ok(status) => {
            serial::drain();
            cpu::end(u8::from(status != Status::Done))
        }
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
    serial::write(line);
    serial::drain_words();
    cpu::end(1)
}

/// The shim stopped us: by exception `why` of the processor at the instruction `at`, which may have used `address`; by
/// the deadline; or by a call that there is not, 33.
pub fn stopped(why: u32, at: u64, address: u64) -> ! {
    const LATE: u32 = 32;
    if why == LATE {
        last_words(
            b"\n{\"type\":\"failed\",\"reason\":\"the watchdog ended the machine after its deadline\",\"hint\":\"\"}\n",
        );
    }
    let words: [(&[u8], u64, u64); 3] = [
        (
            b"\n{\"type\":\"failed\",\"reason\":\"the processor stopped the image: exception ",
            why.into(),
            10,
        ),
        (b" at 0x", at, 16),
        (b", address 0x", address, 16),
    ];
    for (text, number, base) in words {
        serial::write(text);
        write_number(number, base);
    }
    last_words(b"\",\"hint\":\"report the job\"}\n")
}

fn write_number(number: u64, base: u64) {
    if number >= base {
        write_number(number / base, base);
    }
    let digit = b"0123456789abcdef".get((number % base) as usize);
    serial::write(digit.map_or(&[], core::slice::from_ref));
}

fn run(params: &params::Params) -> Result<Status, String> {
    let text = params.command_line;
    let text = core::str::from_utf8(text).map_err(|_| "the command line is no text")?;
    if text.len() + 1 >= COMMAND_LINE_SHORT && text.len() < COMMAND_LINE_SHORT + 1 {
        return Err(String::from(
            "the command line is full: give the job as a boot module",
        ));
    }
    let mut words = Words::parse(text).map_err(|error| error.0)?;
    // Before anything is waited for, and before the first interrupt.
    let clock = Clock::new().ok_or("nothing in this machine tells the time")?;
    // The machine's own deadline comes first; this one is for when it cannot say so.
    let grace_ns = words
        .deadline_ms
        .saturating_add(GRACE_MS)
        .saturating_mul(MILLISECOND_NS);
    cpu::set_deadline(clock.ticks_at(grace_ns));
    cpu::open_line(serial::LINE);
    let Some(Found { card, line }) = finder::find(text) else {
        return Err(String::from("there is no virtio network card"));
    };
    if let Some(line) = line {
        cpu::open_line(line);
    }
    let mut input = Input::default();
    let job = match (words.job.take(), params.module) {
        (Some(_), Some(_)) => return Err(String::from("two jobs: job= and a boot module")),
        (Some(job), None) => job,
        (None, Some(module)) => Vec::from(module),
        (None, None) => input.read_line(&clock, words.lease_ms)?,
    };
    let mac = words.mac.unwrap_or(card.mac());
    let (kind, on_ticks, epoch_ns) = (words.card, words.is_clock_on_card, words.epoch_ns);
    let mut guest = Guest {
        clock,
        card,
        sleep_ns: line.map_or(LOOK_NS, |_| SLEEP_MAX_NS),
        kept: VecDeque::new(),
        woken_ns: None,
        busy: 0,
        input,
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
    /// Frames that came while results were written, with the time; further ones wait in the card.
    kept: VecDeque<(u64, Vec<u8>)>,
    /// When we were woken by the frame that is next in the card.
    woken_ns: Option<u64>,
    /// How often in a row there was something else to do than to listen.
    busy: u32,
    input: Input,
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
        let clock = self.clock;
        let received_ns = self.woken_ns.take().unwrap_or_else(|| clock.now_ns());
        self.card.receive(frame).then_some(received_ns)
    }

    fn wait(&mut self, until_ns: u64) -> bool {
        loop {
            self.card.acknowledge();
            let now_ns = self.clock.now_ns();
            if self.card.is_broken() {
                last_words(
                    b"\n{\"type\":\"failed\",\"reason\":\"the card does what no card does\",\"hint\":\"\"}\n",
                );
            }
            let is_due = now_ns.saturating_add(SLEEP_MIN_NS) >= until_ns;
            let is_busy = is_due || !self.kept.is_empty() || self.card.has_frame();
            self.busy += 1;
            if is_busy && self.busy < BUSY_MAX {
                return false;
            }
            self.busy = 0;
            if self.input.says_stop() {
                return true;
            }
            if is_busy {
                return false;
            }
            let sleep_ns = (until_ns - now_ns).min(self.sleep_ns);
            // What has interrupted since the last time, ends it at once: we look again.
            cpu::wait(u32::try_from(sleep_ns).unwrap_or(u32::MAX));
            // Before the card is spoken to, which may have to wait for the hypervisor's other work.
            let woken_ns = self.clock.now_ns();
            self.woken_ns = self.card.has_frame().then_some(woken_ns);
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        let Self {
            clock, card, kept, ..
        } = self;
        serial::write_all(bytes, || {
            // A serial line is slow: what comes meanwhile is stamped at once.
            while kept.len() < drive::RECEIVED_MAX && card.has_frame() {
                let received_ns = clock.now_ns();
                let mut frame = Vec::new();
                if card.receive(&mut frame) {
                    kept.push_back((received_ns, frame));
                }
            }
        });
    }
}
