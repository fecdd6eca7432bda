//! The loop that runs a host of probes on a link, in real time.
use crate::link::{Counters, Link, Sink};
use crate::output::Output;
use crate::poll::{self, Asked, Ready};
use crate::stream::{Input, Taken};
use crate::{LinkError, monotonic_ns};
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};

/// Packets sent before what came is looked at.
const BURST_MAX: usize = 64;
/// Longest wait for room in a link before timers are looked at.
const ROOM_WAIT_NS: u64 = 1_000_000;

/// What decides: takes packets and time, gives packets and output. All times are those of [`monotonic_ns`].
pub trait Host: Sink {
    /// Writes the next packet to send, a whole IP packet, at the end of `packet`, and returns its serial number.
    fn poll_transmit(&mut self, now_ns: u64, packet: &mut Vec<u8>) -> Option<u32>;
    /// Time has passed [`Host::poll_timeout`].
    fn handle_timeout(&mut self, now_ns: u64);
    /// When `handle_timeout`, `poll_transmit` or `poll_output` is next worth calling.
    fn poll_timeout(&self) -> Option<u64>;
    /// What the link did so far; called before output is taken.
    fn handle_counters(&mut self, counters: Counters);
    /// Whether the next frame of input is welcome; if not, it stays where it is, and whoever writes it waits.
    fn wants_frame(&self) -> bool;
    /// Takes a frame of input; false if it makes no sense, which interrupts like the end of the input.
    fn handle_frame(&mut self, kind: u8, payload: &[u8], now_ns: u64) -> bool;
    /// Appends some output, as its reader expects it; false if there is none now.
    fn poll_output(&mut self, now_ns: u64, output: &mut Vec<u8>) -> bool;
    /// Come to an end with what there is.
    fn interrupt(&mut self, now_ns: u64);
    /// Nothing more will come but output.
    fn is_finished(&self) -> bool;
}

/// Runs `host` on `link` until it is finished, and writes its output to `output`. When the input ends, or `stop`
/// becomes readable, the host is interrupted, once.
///
/// # Errors
/// [`LinkError::Call`] if waiting fails, or writing: nobody reads any more.
pub fn run(
    host: &mut dyn Host,
    link: &mut dyn Link,
    input: &mut Input,
    stop: BorrowedFd<'_>,
    output: &mut File,
) -> Result<(), LinkError> {
    let mut out = Output::new(output);
    let mut packet = Vec::new();
    let mut interrupted = false;
    loop {
        // Sending may be what finishes a host: output is taken after it.
        let more = transmit(host, link, &mut packet);
        if host.is_finished() {
            // Whoever reads of the end may end us.
            link.finish();
        }
        host.handle_counters(link.counters());
        take_output(host, &mut out)?;
        if host.is_finished() {
            return out.flush();
        }
        let frames = if interrupted {
            Frames::None
        } else {
            take_frames(host, input)
        };
        let deadline_ns = match more {
            More::AtOnce => Some(0),
            _ if frames != Frames::None => Some(0),
            More::Later => host.poll_timeout(),
            // A descriptor of the link becomes ready once there is room; timers are looked at in between.
            More::NoRoom => Some(monotonic_ns() + ROOM_WAIT_NS),
        };
        if deadline_ns.is_none_or(|deadline_ns| deadline_ns > monotonic_ns()) {
            out.write()?;
        }
        let welcome = host.wants_frame();
        let watched = (!interrupted).then_some((&*input, stop));
        let seen = wait(link, watched, welcome, out.full(), deadline_ns)?;
        if seen.room {
            out.write()?;
        }
        // What came is looked at before the time is: a late wake-up must not turn replies into timeouts.
        link.receive(seen.ready, host);
        let now_ns = monotonic_ns();
        // An input that cannot be read has ended, too.
        let ended = seen.input && !(welcome && matches!(input.read(), Ok(Taken::Some)));
        if !interrupted && (seen.stopped || ended || frames == Frames::Senseless) {
            interrupted = true;
            host.interrupt(now_ns);
        }
        if host
            .poll_timeout()
            .is_some_and(|timeout_ns| timeout_ns <= now_ns)
        {
            host.handle_timeout(now_ns);
        }
    }
}

/// Whether there is more to send.
enum More {
    AtOnce,
    Later,
    NoRoom,
}

/// Sends a burst.
fn transmit(host: &mut dyn Host, link: &mut dyn Link, packet: &mut Vec<u8>) -> More {
    let mut more = More::AtOnce;
    for _ in 0..BURST_MAX {
        if !link.has_room() {
            more = More::NoRoom;
            break;
        }
        packet.clear();
        // Read for each packet: unless the link knows better, its round trip counts from this moment.
        let Some(serial) = host.poll_transmit(monotonic_ns(), packet) else {
            more = More::Later;
            break;
        };
        link.send(serial, packet);
    }
    link.flush();
    more
}

/// What a wait ended with.
struct Seen {
    ready: Ready,
    input: bool,
    stopped: bool,
    /// The output has room again, or nobody reads it any more.
    room: bool,
}

/// Waits for the link, the input if it is `welcome` (its end if not), a stop, room in the output if it is `full`, or the
/// deadline.
fn wait(
    link: &dyn Link,
    watched: Option<(&Input, BorrowedFd<'_>)>,
    welcome: bool,
    full: Option<BorrowedFd<'_>>,
    deadline_ns: Option<u64>,
) -> Result<Seen, LinkError> {
    let mut descriptors = link.descriptors();
    let links = descriptors.len();
    let mut asked = Asked::default();
    if let Some((input, stop)) = watched {
        descriptors.extend([input.as_fd(), stop]);
        if !welcome {
            asked.hang_ups_only.insert(links);
        }
    }
    let room = descriptors.len();
    if let Some(output) = full {
        descriptors.push(output);
        asked.writable.insert(room);
    }
    let ready = poll::wait_for(&descriptors, asked, deadline_ns)?;
    let is_watched = watched.is_some();
    Ok(Seen {
        ready,
        input: is_watched && ready.contains(links),
        stopped: is_watched && ready.contains(links + 1),
        room: ready.contains(room),
    })
}

/// What was among the input that was read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Frames {
    None,
    Some,
    Senseless,
}

/// Hands over the frames that were read, as far as they are welcome.
fn take_frames(host: &mut dyn Host, input: &mut Input) -> Frames {
    let mut frames = Frames::None;
    while host.wants_frame() {
        frames = match input.next_frame() {
            Ok(None) => return frames,
            Ok(Some((kind, payload))) if host.handle_frame(kind, payload, monotonic_ns()) => {
                Frames::Some
            }
            Ok(Some(_)) | Err(_) => return Frames::Senseless,
        };
    }
    frames
}

/// Takes what the host has to say.
fn take_output(host: &mut dyn Host, output: &mut Output<'_>) -> Result<(), LinkError> {
    let now_ns = monotonic_ns();
    while host.poll_output(now_ns, output.end()) {
        output.added()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
