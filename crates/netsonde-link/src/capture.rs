//! What a host of probes sends and receives, as a pcapng file that is whole at any moment.
//!
//! Writing never holds a measurement up: what the file does not take at once is kept, up to [`KEPT_MAX`], and beyond
//! that left out and counted.
use crate::monotonic_ns;
use crate::sys::poll::writable;
use netsonde_wire::pcapng::{self, Direction, Packet};
use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::fd::AsFd;

/// Octets that wait to be written at most: those of a pipe whose reader is slow.
pub const KEPT_MAX: usize = 1 << 24;
/// Packets at most whose departure is not known yet.
const LEAVING_MAX: usize = 1 << 16;
/// After this a packet that has not been told to have left will not be.
const LEAVING_NS: u64 = 1_000_000_000;
/// What is said of it then.
const UNSURE: &str = ", perhaps not sent";
/// How long the end waits for a slow reader.
const END_WAIT_NS: u64 = 2_000_000_000;

/// What a capture says of itself.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The job.
    pub comment: &'a str,
    /// The program.
    pub application: &'a str,
    /// The way packets go, such as `raw`.
    pub link: &'a str,
    /// What must be known about it.
    pub description: &'a str,
    /// Unix time at the zero of all other times, in nanoseconds.
    pub epoch_ns: u64,
    /// Whether the link tells when each packet left.
    pub tells_departures: bool,
}

/// A file that packets are written to.
#[derive(Debug)]
pub struct Capture {
    file: File,
    epoch_ns: u64,
    /// Whole blocks, of which the first `begun` octets are written.
    kept: Vec<u8>,
    begun: usize,
    /// Packets that were handed over, by serial number; none if the link does not tell when they leave.
    leaving: Option<BTreeMap<u32, Leaving>>,
    /// The latest comment: its memory is used again.
    comment: String,
    /// When the latest packet was sent or came.
    latest_ns: u64,
    packets: u64,
    left_out: u64,
    /// The file takes no more.
    is_broken: bool,
}

#[derive(Debug)]
struct Leaving {
    handed_ns: u64,
    packet: Vec<u8>,
}

impl Capture {
    /// Begins a section of a file; a pipe should be non-blocking.
    pub fn new(file: File, about: &About<'_>) -> Self {
        let mut kept = Vec::new();
        pcapng::section(about.comment, about.application, &mut kept);
        let (link, description) = (about.link, about.description);
        pcapng::interface(link, description, pcapng::LINKTYPE_RAW, &mut kept);
        Self {
            file,
            epoch_ns: about.epoch_ns,
            kept,
            begun: 0,
            leaving: about.tells_departures.then(BTreeMap::new),
            comment: String::new(),
            latest_ns: 0,
            packets: 0,
            left_out: 0,
            is_broken: false,
        }
    }

    /// A packet was handed to the link; one without a number of its own is no probe.
    pub fn handed(&mut self, now_ns: u64, serial: Option<u32>, packet: &[u8]) {
        let Some(serial) = serial else {
            return self.write(now_ns, Direction::Sent, packet, &"no probe");
        };
        let Some(leaving) = &mut self.leaving else {
            return self.write_probe(now_ns, serial, packet, "");
        };
        let entry = Leaving {
            handed_ns: now_ns,
            packet: packet.to_vec(),
        };
        leaving.insert(serial, entry);
        if leaving.len() > LEAVING_MAX
            && let Some((serial, entry)) = leaving.pop_first()
        {
            self.write_probe(entry.handed_ns, serial, &entry.packet, UNSURE);
        }
    }

    /// The packet of that number left.
    pub fn left(&mut self, serial: u32, sent_ns: u64) {
        let entry = self.leaving.as_mut().and_then(|all| all.remove(&serial));
        if let Some(entry) = entry {
            self.write_probe(sent_ns, serial, &entry.packet, "");
        }
    }

    /// A packet came; `comment` says what became of it.
    pub fn received(&mut self, received_ns: u64, packet: &[u8], comment: &dyn Display) {
        self.write(received_ns, Direction::Received, packet, comment);
    }

    /// Writes what the file takes without waiting.
    pub fn flush(&mut self) {
        while let Some(entry) = self.leaving.as_mut().and_then(BTreeMap::first_entry) {
            if entry.get().handed_ns.saturating_add(LEAVING_NS) > monotonic_ns() {
                break;
            }
            let (serial, entry) = entry.remove_entry();
            self.write_probe(entry.handed_ns, serial, &entry.packet, UNSURE);
        }
        while self.begun < self.kept.len() && !self.is_broken {
            match self.file.write(&self.kept[self.begun..]) {
                Ok(0) => self.is_broken = true,
                Ok(count) => self.begun += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => self.is_broken = true,
            }
        }
        if self.begun == self.kept.len() {
            self.kept.clear();
            self.begun = 0;
        } else if self.begun > KEPT_MAX {
            let whole = blocks(&self.kept).map(|(_, end)| end);
            let written = whole.take_while(|end| *end <= self.begun).last();
            self.kept.drain(..written.unwrap_or(0));
            self.begun -= written.unwrap_or(0);
        }
    }

    /// Ends the section, waits a moment for a slow reader, and returns how many packets the file lacks. Nothing is to
    /// be recorded after it.
    pub fn end(&mut self) -> u64 {
        for (serial, entry) in self.leaving.take().into_iter().flatten() {
            self.write_probe(entry.handed_ns, serial, &entry.packet, "");
        }
        let now_ns = monotonic_ns();
        let time_ns = self.epoch_ns.saturating_add(self.latest_ns);
        pcapng::statistics(0, time_ns, self.packets, self.left_out, &mut self.kept);
        self.flush();
        while !self.kept.is_empty() && !self.is_broken {
            let waited_ns = monotonic_ns().saturating_sub(now_ns);
            if waited_ns >= END_WAIT_NS {
                break;
            }
            writable(self.file.as_fd(), END_WAIT_NS - waited_ns);
            self.flush();
        }
        self.left_out + self.unwritten()
    }

    /// Packets among what was kept and is not written in whole.
    fn unwritten(&self) -> u64 {
        let lacking = blocks(&self.kept)
            .filter(|(kind, end)| *kind == pcapng::ENHANCED_PACKET && *end > self.begun);
        u64::try_from(lacking.count()).unwrap_or(u64::MAX)
    }

    fn write_probe(&mut self, at_ns: u64, serial: u32, packet: &[u8], doubt: &str) {
        let comment = format_args!("probe {serial}{doubt}");
        self.write(at_ns, Direction::Sent, packet, &comment);
    }

    fn write(&mut self, at_ns: u64, direction: Direction, packet: &[u8], comment: &dyn Display) {
        self.packets += 1;
        self.latest_ns = self.latest_ns.max(at_ns);
        if self.is_broken || self.kept.len() - self.begun + packet.len() > KEPT_MAX {
            self.left_out += 1;
            return;
        }
        self.comment.clear();
        // A string takes everything.
        let _ = write!(self.comment, "{comment}");
        let packet = Packet {
            interface: 0,
            time_ns: self.epoch_ns.saturating_add(at_ns),
            direction,
            comment: &self.comment,
            pieces: &[packet],
        };
        pcapng::packet(&packet, &mut self.kept);
    }
}

/// The type of each block, and where it ends.
fn blocks(bytes: &[u8]) -> impl Iterator<Item = (u32, usize)> + '_ {
    let mut end = 0;
    std::iter::from_fn(move || {
        let [k0, k1, k2, k3, l0, l1, l2, l3] = *bytes.get(end..)?.first_chunk()?;
        end += u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        Some((u32::from_le_bytes([k0, k1, k2, k3]), end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    const PACKET: &[u8] = &[0x45; 60];

    fn about(tells_departures: bool) -> About<'static> {
        About {
            comment: "a job",
            application: "netsonde",
            link: "raw",
            description: "",
            epoch_ns: 1_000,
            tells_departures,
        }
    }

    fn pair() -> (UnixStream, File) {
        let (near, far) = UnixStream::pair().unwrap();
        far.set_nonblocking(true).unwrap();
        near.set_nonblocking(true).unwrap();
        (near, File::from(OwnedFd::from(far)))
    }

    /// Time and comment of each packet.
    fn packets(bytes: &[u8]) -> Vec<(u64, String)> {
        let mut start = 0;
        let mut found = Vec::new();
        for (kind, end) in blocks(bytes) {
            let block = &bytes[std::mem::replace(&mut start, end)..end];
            let word = |at: usize| u32::from_le_bytes(block[at..at + 4].try_into().unwrap());
            if kind == pcapng::ENHANCED_PACKET {
                let at = 28 + word(20).next_multiple_of(4) as usize;
                let length = (word(at) >> 16) as usize;
                let text = String::from_utf8(block[at + 4..at + 4 + length].to_vec()).unwrap();
                found.push((u64::from(word(12)) << 32 | u64::from(word(16)), text));
            }
        }
        found
    }

    fn read(near: &mut UnixStream) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = near.read_to_end(&mut bytes);
        bytes
    }

    #[test]
    fn packets_have_the_moment_they_left() {
        let (mut near, file) = pair();
        let mut capture = Capture::new(file, &about(true));
        capture.handed(10, Some(7), PACKET);
        capture.handed(11, Some(8), PACKET);
        capture.handed(12, None, PACKET);
        capture.left(7, 20);
        capture.left(9, 21);
        capture.received(30, PACKET, &"answers probe 7");
        assert_eq!(capture.end(), 0);
        let expected = [
            (1_012, "no probe"),
            (1_020, "probe 7"),
            (1_030, "answers probe 7"),
            (1_011, "probe 8"),
        ];
        let found = packets(&read(&mut near));
        assert_eq!(found, expected.map(|(at, text)| (at, text.to_owned())));
    }

    #[test]
    fn what_does_not_leave_is_told_apart() {
        let (mut near, file) = pair();
        let mut capture = Capture::new(file, &about(true));
        let handed_ns = monotonic_ns().saturating_sub(LEAVING_NS);
        capture.handed(handed_ns, Some(7), PACKET);
        capture.flush();
        assert_eq!(packets(&read(&mut near))[0].1, "probe 7, perhaps not sent");
    }

    #[test]
    fn nobody_waits_for_a_slow_reader_and_what_is_left_out_is_counted() {
        let (mut near, file) = pair();
        let mut capture = Capture::new(file, &about(false));
        let (handed, mut bytes) = (KEPT_MAX / 60, Vec::new());
        for serial in 0..u32::try_from(handed).unwrap() {
            capture.handed(0, Some(serial), PACKET);
            capture.flush();
            if serial % 100_000 == 0 {
                bytes.extend(read(&mut near));
            }
            assert!(capture.kept.len() <= 2 * KEPT_MAX + (1 << 20));
        }
        let reader = std::thread::spawn(move || {
            near.set_nonblocking(false).unwrap();
            bytes.extend(read(&mut near));
            bytes
        });
        let left_out = usize::try_from(capture.end()).unwrap();
        drop(capture);
        let found = packets(&reader.join().unwrap());
        assert!(
            left_out > 0 && found.len() + left_out == handed,
            "{left_out}"
        );
    }

    #[test]
    fn a_full_disk_is_counted() {
        let file = File::options().write(true).open("/dev/full").unwrap();
        let mut capture = Capture::new(file, &about(false));
        capture.handed(0, Some(1), PACKET);
        capture.flush();
        capture.handed(0, Some(2), PACKET);
        assert_eq!(capture.end(), 2);
    }
}
