//! The output of an engine. What its reader has no time for is kept: probes and timeouts do not wait for a reader.
use crate::LinkError;
use crate::sys::{self, poll};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::fd::{AsFd, BorrowedFd};

/// Octets that make a write worth its while, as long as there is something else to do.
const WRITE_MIN: usize = 1 << 16;
/// Octets kept for a reader who takes his time; with more, everything waits for him. One piece may exceed it.
const KEPT_MAX: usize = 1 << 23;
/// Octets that a pipe holds, if the kernel allows: the most that it allows everybody.
const PIPE: i32 = 1 << 20;
/// Longest wait for room; then it is tried anyway.
const ROOM_WAIT_NS: u64 = 1_000_000_000;

/// Prepares the two ends of a process that will run an engine: pipes hold much, and writing does not wait. To be called
/// before the process is sealed.
///
/// # Errors
/// [`LinkError::Call`] where the kernel refuses.
pub fn prepare(input: BorrowedFd<'_>, output: BorrowedFd<'_>) -> Result<(), LinkError> {
    for pipe in [input, output] {
        sys::enlarge_pipe(pipe, PIPE);
    }
    sys::set_nonblocking(output)
}

/// Output on its way out, much to a system call. A descriptor that waits in `write` is one that always has room.
#[derive(Debug)]
pub(crate) struct Output<'a> {
    file: &'a mut File,
    kept: Vec<u8>,
    /// Octets of `kept` that were written.
    written: usize,
    /// How much was kept when there was no room, until there is.
    full: Option<usize>,
}

impl<'a> Output<'a> {
    pub(crate) fn new(file: &'a mut File) -> Self {
        Self {
            file,
            kept: Vec::new(),
            written: 0,
            full: None,
        }
    }

    /// Where output is added; to be followed by [`Output::added`].
    pub(crate) fn end(&mut self) -> &mut Vec<u8> {
        &mut self.kept
    }

    /// Writes if that is worth it; waits for the reader only where too much is kept.
    pub(crate) fn added(&mut self) -> Result<(), LinkError> {
        if self.kept.len() - self.full.unwrap_or(self.written) >= WRITE_MIN {
            self.write()?;
        }
        while self.kept.len() - self.written > KEPT_MAX {
            self.wait_and_write()?;
        }
        Ok(())
    }

    /// Writes as much as there is room for.
    pub(crate) fn write(&mut self) -> Result<(), LinkError> {
        self.full = None;
        while self.written < self.kept.len() {
            match self.file.write(&self.kept[self.written..]) {
                Ok(count) => self.written += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.forget_written();
                    self.full = Some(self.kept.len());
                    return Ok(());
                }
                Err(source) => {
                    let call = "write(output)";
                    return Err(LinkError::Call { call, source });
                }
            }
        }
        self.forget_written();
        Ok(())
    }

    /// Writes everything.
    pub(crate) fn flush(&mut self) -> Result<(), LinkError> {
        self.write()?;
        while self.full.is_some() {
            self.wait_and_write()?;
        }
        Ok(())
    }

    /// What becomes writable once there is room again, if that is waited for.
    pub(crate) fn full(&self) -> Option<BorrowedFd<'_>> {
        self.full.map(|_| self.file.as_fd())
    }

    fn wait_and_write(&mut self) -> Result<(), LinkError> {
        poll::writable(self.file.as_fd(), ROOM_WAIT_NS);
        self.write()
    }

    /// Moves the rest to the front where it is the smaller part, so that each octet moves but a few times.
    fn forget_written(&mut self) {
        if self.written * 2 >= self.kept.len() {
            self.kept.drain(..self.written);
            self.written = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    fn pair() -> (UnixStream, File) {
        let (near, far) = UnixStream::pair().unwrap();
        far.set_nonblocking(true).unwrap();
        (near, File::from(OwnedFd::from(far)))
    }

    fn pieces() -> impl Iterator<Item = Vec<u8>> {
        (0..60_u8).map(|number| vec![number; usize::from(number) * 1_500])
    }

    #[test]
    fn what_nobody_reads_is_kept_and_comes_in_order() {
        let (mut near, mut file) = pair();
        let mut output = Output::new(&mut file);
        for piece in pieces() {
            output.end().extend(piece);
            output.added().unwrap();
        }
        assert!(output.full().is_some(), "a socket holds less");
        let reader = std::thread::spawn(move || {
            let mut all = Vec::new();
            near.read_to_end(&mut all).unwrap();
            all
        });
        output.flush().unwrap();
        assert!(output.full().is_none() && output.kept.is_empty());
        drop(file);
        assert_eq!(
            reader.join().unwrap(),
            pieces().flatten().collect::<Vec<u8>>()
        );
    }

    #[test]
    fn beyond_the_limit_the_reader_is_waited_for() {
        let (mut near, mut file) = pair();
        let reader = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(20));
            near.read_to_end(&mut Vec::new()).unwrap()
        });
        let mut output = Output::new(&mut file);
        let mut total = 0;
        for _ in 0..40 {
            output.end().extend(vec![7; KEPT_MAX / 10]);
            total += KEPT_MAX / 10;
            output.added().unwrap();
            assert!(output.kept.len() - output.written <= KEPT_MAX);
            assert!(output.kept.len() <= 3 * KEPT_MAX, "what was written goes");
        }
        output.flush().unwrap();
        drop(file);
        assert_eq!(reader.join().unwrap(), total);
    }

    #[test]
    fn a_reader_who_is_gone_is_an_error() {
        let (near, mut file) = pair();
        drop(near);
        let mut output = Output::new(&mut file);
        output.end().push(1);
        assert_eq!(output.flush().unwrap_err().errno(), Some(libc::EPIPE));
    }
}
