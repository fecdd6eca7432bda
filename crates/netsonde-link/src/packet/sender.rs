//! The thread that sends: frames go to it in batches, and come back with the moment at which each left.
//!
//! It decides nothing. What it holds is bounded, so that the pace of whoever fills it is the pace on the wire.
use crate::LinkError;
use crate::link::Counters;
use crate::monotonic_ns;
use crate::sys::packet::{self, SEND_BATCH};
use crate::sys::poll::{pause, writable};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Frames of a batch at most.
pub(super) const BATCH_FRAMES: usize = 32;
/// Tries per frame, and the wait for room in a queue before the next one.
const TRIES_MAX: u32 = 5;
const ROOM_WAIT_NS: u64 = 2_000_000;
/// Octets of the thread's stack.
const STACK: usize = 1 << 17;

/// A frame in a batch.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Frame {
    start: usize,
    end: usize,
    /// Which of the sender's sockets.
    socket: usize,
    pub(super) serial: u32,
    /// When it left; 0 if it did not.
    pub(super) sent_ns: u64,
}

/// Frames laid out one after the other.
#[derive(Debug, Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    pub(super) frames: Vec<Frame>,
    counters: Counters,
}

impl Batch {
    pub(super) fn push(&mut self, socket: usize, serial: u32, header: &[u8], packet: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(header);
        self.bytes.extend_from_slice(packet);
        self.frames.push(Frame {
            start,
            end: self.bytes.len(),
            socket,
            serial,
            sent_ns: 0,
        });
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.frames.clear();
        self.counters = Counters::default();
    }
}

/// What both threads know.
#[derive(Debug)]
struct Shared {
    queues: Mutex<Queues>,
    /// There is something to send.
    filled: Condvar,
    /// A batch was sent that somebody waits for.
    sent: Condvar,
    /// Readable once there is room again.
    room: File,
}

#[derive(Debug, Default)]
struct Queues {
    to_send: VecDeque<Batch>,
    done: VecDeque<Batch>,
    /// When the batch that is being sent was begun.
    begun_ns: Option<u64>,
    is_idle: bool,
    /// Somebody waits for the batch that is being sent, or for room.
    is_awaited: bool,
    wants_room: bool,
}

/// The way to the thread.
#[derive(Debug)]
pub(super) struct Sender {
    shared: Arc<Shared>,
    sockets: Vec<OwnedFd>,
    /// Batches to fill again.
    free: Vec<Batch>,
    filling: Batch,
    /// Frames handed over and not back yet.
    out: usize,
    out_max: usize,
    counters: Counters,
}

impl Sender {
    /// For these sockets; holds at most so many frames.
    pub(super) fn new(sockets: Vec<OwnedFd>, out_max: usize) -> Result<Self, LinkError> {
        let batches = out_max + 2;
        let queues = Queues {
            to_send: VecDeque::with_capacity(batches),
            done: VecDeque::with_capacity(batches),
            ..Queues::default()
        };
        Ok(Self {
            shared: Arc::new(Shared {
                queues: Mutex::new(queues),
                filled: Condvar::new(),
                sent: Condvar::new(),
                room: File::from(packet::event()?),
            }),
            sockets,
            free: Vec::with_capacity(batches),
            filling: Batch::default(),
            out: 0,
            out_max,
            counters: Counters::default(),
        })
    }

    /// Starts the thread, which takes over the sockets, and waits until it runs.
    pub(super) fn start(&mut self) -> Result<(), LinkError> {
        packet::one_heap();
        let sockets = std::mem::take(&mut self.sockets);
        let shared = Arc::clone(&self.shared);
        let builder = thread::Builder::new().stack_size(STACK);
        let spawned = builder.spawn(move || shared.run(&sockets));
        spawned.map_err(|source| {
            let call = "clone(sender)";
            LinkError::Call { call, source }
        })?;
        self.shared.wait_until_idle();
        Ok(())
    }

    /// Whether another frame can be taken; if not, [`Sender::room`] becomes readable once it can.
    pub(super) fn has_room(&self) -> bool {
        if self.out + self.filling.frames.len() < self.out_max {
            return true;
        }
        let mut queues = self.shared.lock();
        // Those that are back make room as soon as they are taken.
        queues.wants_room = queues.done.is_empty();
        !queues.wants_room && {
            drop(queues);
            self.signal();
            false
        }
    }

    fn signal(&self) {
        // Its only failure is a counter near 2^64.
        let _ = (&self.shared.room).write(&1u64.to_ne_bytes());
    }

    pub(super) fn room(&self) -> BorrowedFd<'_> {
        self.shared.room.as_fd()
    }

    pub(super) fn push(&mut self, socket: usize, serial: u32, header: &[u8], packet: &[u8]) {
        self.filling.push(socket, serial, header, packet);
        if self.filling.frames.len() >= BATCH_FRAMES {
            self.flush();
        }
    }

    /// Hands over what was pushed.
    pub(super) fn flush(&mut self) {
        if self.filling.frames.is_empty() {
            return;
        }
        self.out += self.filling.frames.len();
        let next = self.free.pop().unwrap_or_default();
        let full = std::mem::replace(&mut self.filling, next);
        let mut queues = self.shared.lock();
        queues.to_send.push_back(full);
        if std::mem::take(&mut queues.is_idle) {
            self.shared.filled.notify_one();
        }
    }

    /// Waits until the thread has nothing left to send.
    pub(super) fn finish(&mut self) {
        self.flush();
        if self.out > 0 {
            self.shared.wait_until_idle();
        }
    }

    /// Hands over every frame that has left, or never will; before that, waits for the batch that was being sent at
    /// `until_ns`, if one was.
    pub(super) fn settle(&mut self, until_ns: u64, sent: &mut dyn FnMut(u32, u64)) {
        let mut queues = self.shared.lock();
        while queues.begun_ns.is_some_and(|begun_ns| begun_ns <= until_ns) {
            queues.is_awaited = true;
            queues = wait(&self.shared.sent, queues);
        }
        queues.is_awaited = false;
        while let Some(mut batch) = queues.done.pop_front() {
            drop(queues);
            self.out -= batch.frames.len();
            for frame in &batch.frames {
                if frame.sent_ns > 0 {
                    sent(frame.serial, frame.sent_ns);
                }
            }
            self.counters.sent += batch.counters.sent;
            self.counters.retried += batch.counters.retried;
            self.counters.refused += batch.counters.refused;
            self.counters.refused_errno =
                batch.counters.refused_errno.or(self.counters.refused_errno);
            batch.clear();
            self.free.push(batch);
            queues = self.shared.lock();
        }
    }

    /// Forgets that there was room.
    pub(super) fn clear_room(&self) {
        let _ = (&self.shared.room).read(&mut [0; 8]);
    }

    pub(super) fn counters(&self) -> Counters {
        self.counters
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queues> {
        // A thread that panics ends the process.
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_until_idle(&self) {
        let mut queues = self.lock();
        queues.is_awaited = true;
        while !queues.is_idle {
            queues = wait(&self.sent, queues);
        }
        queues.is_awaited = false;
    }

    /// The thread: allocates nothing, and makes no system calls but those of waiting and sending.
    fn run(&self, sockets: &[OwnedFd]) {
        loop {
            let mut batch = self.take();
            for start in (0..batch.frames.len()).step_by(SEND_BATCH) {
                let end = (start + SEND_BATCH).min(batch.frames.len());
                let Batch {
                    bytes,
                    frames,
                    counters,
                } = &mut batch;
                send(sockets, bytes, &mut frames[start..end], counters);
            }
            let mut queues = self.lock();
            queues.begun_ns = None;
            queues.done.push_back(batch);
            if queues.is_awaited {
                self.sent.notify_one();
            }
            if queues.to_send.len() <= queues.done.len() && std::mem::take(&mut queues.wants_room) {
                drop(queues);
                let _ = (&self.room).write(&1u64.to_ne_bytes());
            }
        }
    }

    /// Waits for a batch.
    fn take(&self) -> Batch {
        let mut queues = self.lock();
        loop {
            if let Some(batch) = queues.to_send.pop_front() {
                queues.begun_ns = Some(monotonic_ns());
                return batch;
            }
            queues.is_idle = true;
            if queues.is_awaited {
                self.sent.notify_one();
            }
            queues = wait(&self.filled, queues);
        }
    }
}

fn wait<'a>(condition: &Condvar, queues: MutexGuard<'a, Queues>) -> MutexGuard<'a, Queues> {
    condition
        .wait(queues)
        .unwrap_or_else(PoisonError::into_inner)
}

/// Sends the frames of a few calls, and notes when each left.
fn send(sockets: &[OwnedFd], bytes: &[u8], frames: &mut [Frame], counters: &mut Counters) {
    let mut next = 0;
    let mut tries = 0;
    while let Some(first) = frames.get(next) {
        let socket = first.socket;
        let Some(descriptor) = sockets.get(socket) else {
            counters.refused += 1;
            next += 1;
            continue;
        };
        let alike = frames[next..]
            .iter()
            .take_while(|frame| frame.socket == socket);
        let before_ns = monotonic_ns();
        let result = packet::send(
            descriptor.as_fd(),
            alike.map(|frame| &bytes[frame.start..frame.end]),
        );
        let after_ns = monotonic_ns();
        match result {
            Ok(0) | Err(_) => {
                let error = result.err();
                tries += 1;
                if tries < TRIES_MAX && wait_for_room(descriptor.as_fd(), error.as_ref()) {
                    counters.retried += 1;
                } else {
                    counters.refused += 1;
                    counters.refused_errno = error.and_then(|error| error.raw_os_error());
                    next += 1;
                    tries = 0;
                }
            }
            Ok(count) => {
                stamp(&mut frames[next..next + count], before_ns, after_ns);
                counters.sent += count as u64;
                next += count;
                tries = 0;
            }
        }
    }
}

/// False if another try would end the same.
fn wait_for_room(socket: BorrowedFd<'_>, error: Option<&io::Error>) -> bool {
    match error {
        Some(error) if error.kind() == io::ErrorKind::WouldBlock => writable(socket, ROOM_WAIT_NS),
        // The card's queue is full, which no descriptor tells.
        Some(error) if error.raw_os_error() == Some(libc::ENOBUFS) => pause(ROOM_WAIT_NS),
        Some(error) => return error.kind() == io::ErrorKind::Interrupted,
        None => {}
    }
    true
}

/// Frames of one call leave one after the other.
fn stamp(frames: &mut [Frame], before_ns: u64, after_ns: u64) {
    let count = frames.len() as u64;
    for (frame, place) in frames.iter_mut().zip(0..) {
        frame.sent_ns = before_ns + (after_ns - before_ns) * place / count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixDatagram;

    #[test]
    fn all_have_left_when_it_is_finished() {
        let (near, far) = UnixDatagram::pair().unwrap();
        far.set_nonblocking(true).unwrap();
        let mut sender = Sender::new(vec![near.into()], 64).unwrap();
        sender.start().unwrap();
        for round in 0..50_u8 {
            for serial in 0..5 {
                sender.push(0, serial, b"header", &[round]);
            }
            sender.finish();
            let came = (0..5).map(|_| far.recv(&mut [0; 9])).collect::<Vec<_>>();
            assert!(came.iter().all(|one| matches!(one, Ok(7))), "{came:?}");
            sender.settle(0, &mut |_, _| ());
        }
    }
}
