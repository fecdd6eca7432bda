//! Frames between a parent and its engine: one octet of kind, four of length (little-endian), and a payload.
//!
//! The engine's input is one line, the task, and then frames; the end of the input says that nobody wants the rest.
use crate::LinkError;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};

/// Octets before a payload.
pub const HEADER: usize = 5;
/// Longest payload of a frame that is read.
pub const PAYLOAD_MAX: usize = 1 << 20;
/// Longest task: a million targets.
const TASK_MAX: usize = 1 << 28;
/// Octets read by one call.
const READ_MAX: usize = 1 << 16;

/// Appends a frame whose payload `fill` writes.
///
/// # Panics
/// If the payload is longer than four octets can say.
pub fn push_frame(out: &mut Vec<u8>, kind: u8, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[kind, 0, 0, 0, 0]);
    fill(out);
    let length = u32::try_from(out.len() - start - HEADER).expect("frames are far below 4 GiB");
    out[start + 1..start + HEADER].copy_from_slice(&length.to_le_bytes());
}

/// What happened on the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Something may have come.
    Some,
    /// Nothing will come any more.
    End,
}

/// The input of an engine.
#[derive(Debug)]
pub struct Input {
    file: File,
    /// Room that was written before, so that it need not be cleared for each read.
    buffer: Vec<u8>,
    /// What of it was read and not yet taken.
    start: usize,
    end: usize,
}

impl Input {
    /// Reads from a pipe or socket whose other end somebody holds who wants the results.
    pub fn new(file: File) -> Self {
        Self {
            file,
            buffer: Vec::new(),
            start: 0,
            end: 0,
        }
    }

    /// Reads the first line, or everything if there is no line end.
    ///
    /// # Errors
    /// [`LinkError::Call`] if reading fails, or the line is too long.
    pub fn read_task(&mut self) -> Result<Vec<u8>, LinkError> {
        let call = "read(task)";
        let mut looked_at = 0;
        loop {
            let line_end = self.buffer[looked_at..self.end]
                .iter()
                .position(|byte| *byte == b'\n');
            if let Some(length) = line_end {
                return Ok(self.take_task(looked_at + length, looked_at + length + 1));
            }
            looked_at = self.end;
            if looked_at > TASK_MAX {
                let source = io::ErrorKind::FileTooLarge.into();
                return Err(LinkError::Call { call, source });
            }
            let more = self.read();
            if more.map_err(|source| LinkError::Call { call, source })? == Taken::End {
                return Ok(self.take_task(self.end, self.end));
            }
        }
    }

    /// What was read up to `end`; frames go on at `next`. A long task is not copied, what follows it is short.
    fn take_task(&mut self, end: usize, next: usize) -> Vec<u8> {
        let rest = self.buffer[next..self.end].to_vec();
        (self.start, self.end) = (0, rest.len());
        let mut task = std::mem::replace(&mut self.buffer, rest);
        task.truncate(end);
        task
    }

    /// Reads once: what is there, or the next that comes.
    pub(crate) fn read(&mut self) -> io::Result<Taken> {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        if self.buffer.len() < self.end + READ_MAX {
            self.buffer.resize(self.end + READ_MAX, 0);
        }
        let room = &mut self.buffer[self.end..self.end + READ_MAX];
        match self.file.read(room) {
            Ok(0) => Ok(Taken::End),
            Ok(count) => {
                self.end += count;
                Ok(Taken::Some)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Taken::Some),
            Err(error) => Err(error),
        }
    }

    /// The next whole frame among what was read.
    ///
    /// # Errors
    /// Its length, if that is beyond [`PAYLOAD_MAX`]: these are no frames.
    pub(crate) fn next_frame(&mut self) -> Result<Option<(u8, &[u8])>, usize> {
        let kept = &self.buffer[self.start..self.end];
        let Some(([kind, l0, l1, l2, l3], rest)) = kept.split_first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let length = u32::from_le_bytes([*l0, *l1, *l2, *l3]) as usize;
        if length > PAYLOAD_MAX {
            return Err(length);
        }
        let Some(payload) = rest.get(..length) else {
            return Ok(None);
        };
        self.start += HEADER + length;
        Ok(Some((*kind, payload)))
    }
}

impl AsFd for Input {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    fn input(written: &[u8]) -> Input {
        let (near, far) = UnixStream::pair().unwrap();
        let written = written.to_vec();
        std::thread::spawn(move || (&far).write_all(&written).unwrap());
        Input::new(File::from(OwnedFd::from(near)))
    }

    #[test]
    fn a_task_is_the_first_line() {
        for (written, expected) in [
            ("a job\nmore", "a job"),
            ("no line end", "no line end"),
            ("", ""),
        ] {
            let task = input(written.as_bytes()).read_task().unwrap();
            assert_eq!(task, expected.as_bytes());
        }
        let long = "x".repeat(1_000_000);
        let task = input(format!("{long}\n").as_bytes()).read_task().unwrap();
        assert_eq!(task, long.as_bytes());
    }

    #[test]
    fn what_follows_the_task_are_frames() {
        let mut written = b"job\n".to_vec();
        let long = vec![7; 200_000];
        push_frame(&mut written, b'T', |out| out.extend_from_slice(&long));
        push_frame(&mut written, b'E', |_| {});
        written.extend_from_slice(b"X\x01");
        let mut input = input(&written);
        assert_eq!(input.read_task().unwrap(), b"job");
        let mut frames = Vec::new();
        loop {
            while let Some((kind, payload)) = input.next_frame().unwrap() {
                frames.push((kind, payload.to_vec()));
            }
            if input.read().unwrap() == Taken::End {
                break;
            }
        }
        assert_eq!(frames, [(b'T', long), (b'E', Vec::new())]);
    }

    #[test]
    fn a_length_beyond_all_frames_is_refused() {
        let mut input = input(&[b'T', 0xff, 0xff, 0xff, 0xff]);
        input.read().unwrap();
        assert_eq!(input.next_frame(), Err(0xffff_ffff));
    }
}
