//! The loop that runs a machine on a platform: in real time, or at the pace of a clock behind the card.
use crate::machine::{Machine, Status};
use crate::ticks::{self, Tick};
use crate::words::Card;
use alloc::string::String;
use alloc::vec::Vec;

/// Frames sent before those that came are looked at.
const BURST_MAX: usize = 32;
/// Frames taken before what they led to is sent, and so the most that a platform keeps back while it writes: what came in
/// time is to be handled before time goes on.
pub(crate) const RECEIVED_MAX: usize = 256;
/// Bytes of output kept back at most while there is something else to do.
const OUTPUT_KEPT_MAX: usize = 1 << 16;

/// What there is below: a card, a clock, a way out for results. Times are nanoseconds on one clock.
pub trait Platform {
    /// The time.
    fn now_ns(&mut self) -> u64;
    /// Sends a frame and returns when it left; `None` if the card refused it.
    fn send(&mut self, frame: &[u8]) -> Option<u64>;
    /// Puts the next frame that came into `frame`, and returns when it came; `None` if there is none.
    fn receive(&mut self, frame: &mut Vec<u8>) -> Option<u64>;
    /// Waits for a frame or for somebody who wants an end, at most until `until_ns`. Returns whether the run shall end.
    fn wait(&mut self, until_ns: u64) -> bool;
    /// Writes results.
    fn write(&mut self, bytes: &[u8]);
}

/// Runs to the end, all output written.
pub fn run(platform: &mut dyn Platform, machine: &mut Machine) -> Status {
    let mut frame = Vec::new();
    loop {
        let sent_all = transmit(platform, machine);
        let now_ns = platform.now_ns();
        if machine
            .poll_timeout()
            .is_some_and(|due_ns| due_ns <= now_ns)
        {
            machine.handle_timeout(now_ns);
        }
        if let Some(status) = machine.status() {
            flush(platform, machine);
            return status;
        }
        let due_ns = if sent_all {
            machine.poll_timeout()
        } else {
            Some(0)
        };
        let due_ns = due_ns.unwrap_or(u64::MAX);
        if due_ns > now_ns || machine.output().len() > OUTPUT_KEPT_MAX {
            flush(platform, machine);
        }
        if platform.wait(due_ns) {
            machine.interrupt(platform.now_ns());
        }
        for _ in 0..RECEIVED_MAX {
            let Some(received_ns) = platform.receive(&mut frame) else {
                break;
            };
            machine.handle_frame(&frame, received_ns);
        }
    }
}

/// Runs to the end at the pace of ticks that come on the card: the answer to each is when the next is wanted. A first
/// answer says that the card is there.
pub fn run_on_ticks(platform: &mut dyn Platform, machine: &mut Machine, card: Card) -> Status {
    let mut frame = Vec::new();
    let mut now_ns = 0;
    platform.send(&ticks::answer(card, false, now_ns));
    loop {
        if machine.status().is_none() && platform.wait(u64::MAX) {
            machine.interrupt(now_ns);
        }
        if let Some(status) = machine.status() {
            flush(platform, machine);
            platform.send(&ticks::answer(card, true, u64::MAX));
            return status;
        }
        while platform.receive(&mut frame).is_some() {
            if ticks::is_end(card, &frame) {
                machine.fail(String::from("the lab that drives the clock has ended"), "");
                break;
            }
            match ticks::read(card, &frame) {
                Some(Tick { at_ns, is_turn }) => {
                    now_ns = now_ns.max(at_ns);
                    if is_turn {
                        take_turn(platform, machine, card, now_ns);
                    }
                }
                None => machine.handle_frame(&frame, now_ns),
            }
        }
    }
}

/// Does all that is to be done now.
fn take_turn(platform: &mut dyn Platform, machine: &mut Machine, card: Card, now_ns: u64) {
    machine.handle_timeout(now_ns);
    while let Some(outgoing) = machine.poll_transmit(now_ns) {
        if let (Some(_), Some(serial)) = (platform.send(&outgoing.frame), outgoing.serial) {
            machine.handle_sent(serial, now_ns);
        }
    }
    flush(platform, machine);
    if machine.status().is_none() {
        let wake_ns = machine.poll_timeout().unwrap_or(u64::MAX);
        platform.send(&ticks::answer(card, false, wake_ns));
    }
}

/// Sends a burst; false if there may be more.
fn transmit(platform: &mut dyn Platform, machine: &mut Machine) -> bool {
    for _ in 0..BURST_MAX {
        let Some(outgoing) = machine.poll_transmit(platform.now_ns()) else {
            return true;
        };
        if let (Some(sent_ns), Some(serial)) = (platform.send(&outgoing.frame), outgoing.serial) {
            machine.handle_sent(serial, sent_ns);
        }
    }
    false
}

fn flush(platform: &mut dyn Platform, machine: &mut Machine) {
    let output = machine.output();
    if !output.is_empty() {
        platform.write(output);
        output.clear();
    }
}

#[cfg(test)]
mod tests;
