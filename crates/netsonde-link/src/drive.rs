//! The loop that runs a host of probes on a link, in real time.
use crate::link::{Counters, Link};
use crate::{LinkError, monotonic_ns, poll};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::BorrowedFd;

/// Packets sent before what came is looked at.
const BURST_MAX: usize = 32;
/// Bytes of output kept back at most while there is something else to do.
const OUTPUT_KEPT_MAX: usize = 1 << 16;
/// Longest task: a million targets.
const TASK_MAX: usize = 1 << 28;

/// What decides: takes packets and time, gives packets and lines. All times are those of [`monotonic_ns`].
pub trait Host {
    /// The next packet to send, a whole IP packet.
    fn poll_transmit(&mut self, now_ns: u64) -> Option<Vec<u8>>;
    /// Takes a packet, whatever it is, and when the kernel received it.
    fn handle_packet(&mut self, received_ns: u64, packet: &[u8]);
    /// Time has passed [`Host::poll_timeout`].
    fn handle_timeout(&mut self, now_ns: u64);
    /// When `handle_timeout` or `poll_transmit` is next worth calling.
    fn poll_timeout(&self) -> Option<u64>;
    /// What the link did so far; called before lines are taken.
    fn handle_counters(&mut self, counters: Counters);
    /// The next line of output, without its line end.
    fn poll_line(&mut self) -> Option<Vec<u8>>;
    /// Come to an end with what there is.
    fn interrupt(&mut self, now_ns: u64);
    /// Nothing more will come but lines.
    fn is_finished(&self) -> bool;
}

/// Reads the first line of `input`, or all of it if it has no line end.
///
/// # Errors
/// [`LinkError::Call`] if reading fails, or the line is too long.
pub fn read_task(input: &mut File) -> Result<Vec<u8>, LinkError> {
    let call = "read(task)";
    let mut task = Vec::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let length = match input.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other.map_err(|source| LinkError::Call { call, source })?,
        };
        let line_end = buffer[..length].iter().position(|byte| *byte == b'\n');
        task.extend_from_slice(&buffer[..line_end.unwrap_or(length)]);
        if length == 0 || line_end.is_some() {
            return Ok(task);
        }
        if task.len() > TASK_MAX {
            return Err(LinkError::Call {
                call,
                source: io::ErrorKind::FileTooLarge.into(),
            });
        }
    }
}

/// Runs `host` on `link` until it is finished, and writes its lines to `output`. When one of `stops` becomes readable
/// or hangs up, the host is interrupted, once.
///
/// # Errors
/// [`LinkError::Call`] if waiting fails, or writing: nobody reads any more.
pub fn run(
    host: &mut dyn Host,
    link: &mut dyn Link,
    stops: &[BorrowedFd<'_>],
    output: &mut File,
) -> Result<(), LinkError> {
    let mut lines = Lines {
        kept: Vec::new(),
        output,
    };
    let mut stops = stops;
    loop {
        // Sending may be what finishes a host: lines are taken after it.
        let has_more = transmit(host, link);
        host.handle_counters(link.counters());
        lines.take(host)?;
        if host.is_finished() {
            return lines.flush();
        }
        let deadline_ns = if has_more {
            Some(0)
        } else {
            host.poll_timeout()
        };
        if deadline_ns.is_none_or(|deadline_ns| deadline_ns > monotonic_ns()) {
            lines.flush()?;
        }
        let (ready, stopped) = {
            let mut descriptors = link.descriptors();
            let links = descriptors.len();
            descriptors.extend_from_slice(stops);
            let ready = poll::wait(&descriptors, deadline_ns)?;
            (
                ready,
                (links..descriptors.len()).any(|index| ready.contains(index)),
            )
        };
        // What came is looked at before the time is: a late wake-up must not turn replies into timeouts.
        link.receive(ready, &mut |received_ns, packet| {
            host.handle_packet(received_ns, packet);
        });
        let now_ns = monotonic_ns();
        if stopped {
            stops = &[];
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

/// Sends a burst; true if there may be more to send at once.
fn transmit(host: &mut dyn Host, link: &mut dyn Link) -> bool {
    for _ in 0..BURST_MAX {
        // Read for each packet: it is the moment from which its round trip counts.
        let Some(packet) = host.poll_transmit(monotonic_ns()) else {
            return false;
        };
        link.send(&packet);
    }
    true
}

/// Lines on their way out, many to a system call.
struct Lines<'a> {
    kept: Vec<u8>,
    output: &'a mut File,
}

impl Lines<'_> {
    fn take(&mut self, host: &mut dyn Host) -> Result<(), LinkError> {
        while let Some(line) = host.poll_line() {
            self.kept.extend_from_slice(&line);
            self.kept.push(b'\n');
            if self.kept.len() > OUTPUT_KEPT_MAX {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), LinkError> {
        if !self.kept.is_empty() {
            self.output
                .write_all(&self.kept)
                .map_err(|source| LinkError::Call {
                    call: "write(lines)",
                    source,
                })?;
            self.kept.clear();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
