//! The lab as card and clock of an image: virtual time goes on by turns, over a datagram socket.
//!
//! Nothing depends on how fast the image is: while it has its turn, virtual time stands still. Whatever the image does
//! has a limit all the same, for it may be anybody's machine.
use crate::lab::Failure;
use netsonde_image::ticks::{self, Answer, Tick};
use netsonde_image::words::Card;
use netsonde_lab::segment::{Ingress, Segment};
use netsonde_lab::{AttachmentId, Host, Lab};
use netsonde_link::tun::duplicate;
use netsonde_link::{LinkError, monotonic_ns, poll};
use pyo3::PyErr;
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixDatagram;

/// Longest frame.
const FRAME_MAX: usize = 65_550;
/// What is kept of one turn, with so much for each frame beside its bytes: an engine has less in flight.
const BYTES_PER_TURN_MAX: usize = 1 << 26;
const BYTES_PER_FRAME: usize = 1 << 10;
/// Longest wait for the image: its turn takes no virtual time, and little of ours.
const TURN_MAX_NS: u64 = 30_000_000_000;
/// Turns at one moment of virtual time.
const TURNS_AT_ONCE_MAX: u32 = 1 << 12;
/// Latest moment of virtual time: after some decades.
const LATEST_NS: u64 = 1 << 60;

/// Runs the lab with the image behind the first descriptor as the host of an attachment, until the image has ended or
/// the second one is readable.
pub(crate) fn serve(
    lab: &mut Lab,
    failure: &Failure,
    attachment: AttachmentId,
    (card, stop): (i32, i32),
    is_ethernet: bool,
) -> Result<(), PyErr> {
    let socket = UnixDatagram::from(duplicate(card).map_err(call_failed)?);
    socket.set_nonblocking(true)?;
    let mut image = Image {
        socket,
        stop: duplicate(stop).map_err(call_failed)?,
        failure,
        segment: is_ethernet.then(Segment::new),
        wake_ns: Some(0),
        outgoing: VecDeque::new(),
        turns: (0, 0),
        end: None,
    };
    // It speaks first: what is sent to a card that its driver has not yet set up may be lost.
    let is_there = image.listen(0);
    image.note(is_there);
    lab.drive(attachment, &mut image, u64::MAX);
    image.bid_farewell().map_err(PyErr::from)
}

/// The other end of the socket.
struct Image<'a> {
    socket: UnixDatagram,
    stop: OwnedFd,
    failure: &'a Failure,
    /// What turns frames into packets, where the card carries frames.
    segment: Option<Segment>,
    /// When it wants its next turn.
    wake_ns: Option<u64>,
    /// What it sent in its last turn.
    outgoing: VecDeque<Vec<u8>>,
    /// How many turns it had, and when: at one moment.
    turns: (u32, u64),
    end: Option<End>,
}

/// Why it goes on no longer.
enum End {
    /// The image has said its last word.
    Over,
    /// We were told to stop.
    Stopped,
    /// It, or the socket, does what it should not.
    Error(io::Error),
}

impl Image<'_> {
    fn card(&self) -> Card {
        match self.segment {
            Some(_) => Card::Ethernet,
            None => Card::Ip,
        }
    }

    /// Lets it go on.
    fn give_turn(&mut self, at_ns: u64) -> Result<(), End> {
        self.count_turn(at_ns)?;
        self.say(at_ns, true)?;
        self.listen(at_ns)
    }

    /// Takes what it sends until it answers.
    fn listen(&mut self, at_ns: u64) -> Result<(), End> {
        let mut buffer = vec![0; FRAME_MAX];
        let mut answers: Vec<Vec<u8>> = Vec::new();
        let until_ns = monotonic_ns().saturating_add(TURN_MAX_NS);
        let mut left = BYTES_PER_TURN_MAX;
        loop {
            let len = self.receive(&mut buffer, until_ns)?;
            let bytes = buffer.get(..len).unwrap_or_default();
            if let Some(answer) = ticks::read_answer(self.card(), bytes) {
                return self.take_answer(answer, at_ns, &answers);
            }
            let kept = left.checked_sub(BYTES_PER_FRAME + len);
            left = kept.ok_or_else(|| broken("the image sends without end"))?;
            match self.segment.as_mut().map(|segment| segment.receive(bytes)) {
                None => self.outgoing.push_back(bytes.to_vec()),
                Some(Ingress::Packet(packet)) => self.outgoing.push_back(packet.to_vec()),
                Some(Ingress::Answer(frame)) => answers.push(frame),
                Some(Ingress::Nothing) => {}
            }
        }
    }

    /// Its turn is over; its neighbours answer at once, which gives it another.
    fn take_answer(&mut self, answer: Answer, at_ns: u64, answers: &[Vec<u8>]) -> Result<(), End> {
        if answer.wake_ns.is_some_and(|wake_ns| wake_ns > LATEST_NS) {
            return Err(broken("the image waits for longer than there is time"));
        }
        self.wake_ns = answer.wake_ns;
        for frame in answers {
            self.hand_over(at_ns, frame)?;
        }
        if answer.is_over {
            Err(End::Over)
        } else {
            Ok(())
        }
    }

    fn count_turn(&mut self, at_ns: u64) -> Result<(), End> {
        let (count, last_ns) = self.turns;
        self.turns = (if at_ns > last_ns { 1 } else { count + 1 }, at_ns);
        if self.turns.0 > TURNS_AT_ONCE_MAX {
            return Err(broken("the image lets no time pass"));
        }
        Ok(())
    }

    /// Says the time, and that a frame came at it. The image may have something to say to that.
    fn hand_over(&mut self, at_ns: u64, frame: &[u8]) -> Result<(), End> {
        self.say(at_ns, false)?;
        self.send(frame)?;
        self.wake_ns = Some(at_ns);
        Ok(())
    }

    fn say(&self, at_ns: u64, is_turn: bool) -> Result<(), End> {
        self.send(&ticks::tick(self.card(), Tick { at_ns, is_turn }))
    }

    /// Waits for the next frame.
    fn receive(&self, buffer: &mut [u8], until_ns: u64) -> Result<usize, End> {
        loop {
            let watched = [self.socket.as_fd(), self.stop.as_fd()];
            let ready = poll::wait(&watched, Some(until_ns));
            look(ready, until_ns)?;
            match self.socket.recv(buffer) {
                Err(error) if is_passing(&error) => {}
                result => return result.map_err(End::Error),
            }
        }
    }

    /// Sends a frame; none is lost: where the queue is full, the image is to take one.
    fn send(&self, frame: &[u8]) -> Result<(), End> {
        let until_ns = monotonic_ns().saturating_add(TURN_MAX_NS);
        loop {
            match self.socket.send(frame) {
                Err(error) if is_passing(&error) => {}
                result => return result.map(drop).map_err(End::Error),
            }
            let watched = [self.socket.as_fd(), self.stop.as_fd()];
            let ready = poll::wait_for_room(&watched, Some(until_ns));
            look(ready, until_ns)?;
        }
    }

    /// Keeps the first end, which ends the drive.
    fn note(&mut self, result: Result<(), End>) {
        if let Err(end) = result {
            self.end.get_or_insert(end);
        }
    }

    /// Tells an image that goes on that nobody is there any more, and returns what went wrong.
    fn bid_farewell(self) -> io::Result<()> {
        if !matches!(self.end, Some(End::Over)) {
            // If its queue is full, or it is gone itself, its own watchdog has to do.
            let _ = self.socket.send(&ticks::end(self.card()));
        }
        let has_failed = self.failure.lock().is_ok_and(|failure| failure.is_some());
        match self.end {
            Some(End::Error(error)) => Err(error),
            Some(End::Over | End::Stopped) => Ok(()),
            None if has_failed => Ok(()),
            None => Err(io::Error::other("the image waits for what never comes")),
        }
    }
}

impl Host for Image<'_> {
    fn poll_transmit(&mut self, now_ns: u64) -> Option<Vec<u8>> {
        let is_due = self.wake_ns.is_some_and(|wake_ns| wake_ns <= now_ns);
        if is_due && self.outgoing.is_empty() && self.end.is_none() {
            let turn = self.give_turn(now_ns);
            self.note(turn);
        }
        self.outgoing.pop_front()
    }

    fn handle_packet(&mut self, received_ns: u64, packet: &[u8]) {
        let mut frame = Vec::new();
        let told = match &self.segment {
            None => self.hand_over(received_ns, packet),
            Some(segment) if segment.send(packet, &mut frame) => {
                self.hand_over(received_ns, &frame)
            }
            // Nobody knows its address yet: it has not spoken, and cannot have asked for this.
            Some(_) => Ok(()),
        };
        self.note(told);
    }

    fn handle_timeout(&mut self, _now_ns: u64) {}

    fn poll_timeout(&self) -> Option<u64> {
        self.wake_ns
    }

    fn is_finished(&self) -> bool {
        let has_failed = self.failure.lock().is_ok_and(|failure| failure.is_some());
        let has_ended = self.end.is_some() && self.outgoing.is_empty();
        has_ended || has_failed
    }
}

/// What a wait came to: whether it may go on.
fn look(ready: Result<poll::Ready, LinkError>, until_ns: u64) -> Result<(), End> {
    let ready = ready.map_err(|error| End::Error(call_failed(error)))?;
    if ready.contains(1) {
        return Err(End::Stopped);
    }
    if ready.is_empty() && monotonic_ns() >= until_ns {
        return Err(broken("the image does not answer"));
    }
    Ok(())
}

/// Whether it is worth to wait and try again.
fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

fn broken(what: &'static str) -> End {
    End::Error(io::Error::other(what))
}

fn call_failed(error: LinkError) -> io::Error {
    let raw = error.errno().map(io::Error::from_raw_os_error);
    raw.unwrap_or_else(|| io::Error::other(error.to_string()))
}
