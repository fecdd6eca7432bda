//! The lab as card and clock of an image: virtual time goes on by turns, over a datagram socket.
use crate::lab::Failure;
use netsonde_image::ticks::{self, Answer, Tick};
use netsonde_image::words::Card;
use netsonde_lab::{AttachmentId, Host, Lab};
use netsonde_link::tun::duplicate;
use pyo3::PyErr;
use pyo3::exceptions::PyOSError;
use std::collections::VecDeque;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

/// Longest packet.
const PACKET_MAX: usize = 65_535;
/// Longest wait for the image: its turn takes no virtual time, and little of ours.
const TURN_MAX: Duration = Duration::from_secs(30);

/// Runs the lab with the image behind `descriptor` as the host of an attachment, until the image has ended.
pub(crate) fn serve(
    lab: &mut Lab,
    failure: &Failure,
    attachment: AttachmentId,
    descriptor: i32,
) -> Result<(), PyErr> {
    let descriptor = duplicate(descriptor)
        .map_err(|error| PyOSError::new_err((error.errno(), error.to_string())))?;
    let socket = UnixDatagram::from(descriptor);
    socket.set_nonblocking(false)?;
    socket.set_read_timeout(Some(TURN_MAX))?;
    let mut image = Image {
        socket,
        failure,
        wake_ns: Some(0),
        outgoing: VecDeque::new(),
        is_over: false,
        error: None,
    };
    lab.drive(attachment, &mut image, u64::MAX);
    image.error.map_or(Ok(()), |error| Err(error.into()))
}

/// The other end of the socket.
struct Image<'a> {
    socket: UnixDatagram,
    failure: &'a Failure,
    /// When it wants its next turn.
    wake_ns: Option<u64>,
    /// What it sent in its last turn.
    outgoing: VecDeque<Vec<u8>>,
    is_over: bool,
    error: Option<io::Error>,
}

impl Image<'_> {
    /// Lets it go on, and takes what it sends until it answers.
    fn give_turn(&mut self, at_ns: u64) -> io::Result<()> {
        self.say(at_ns, true)?;
        let mut buffer = vec![0; PACKET_MAX];
        loop {
            let len = self.socket.recv(&mut buffer)?;
            let packet = buffer.get(..len).unwrap_or_default();
            let Some(Answer { is_over, wake_ns }) = ticks::read_answer(Card::Ip, packet) else {
                self.outgoing.push_back(packet.to_vec());
                continue;
            };
            self.is_over = is_over;
            self.wake_ns = wake_ns;
            return Ok(());
        }
    }

    fn say(&self, at_ns: u64, is_turn: bool) -> io::Result<()> {
        let tick = ticks::tick(Card::Ip, Tick { at_ns, is_turn });
        self.socket.send(&tick).map(drop)
    }

    /// Keeps the first error, which ends the drive.
    fn note(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            self.error.get_or_insert(error);
        }
    }
}

impl Host for Image<'_> {
    fn poll_transmit(&mut self, now_ns: u64) -> Option<Vec<u8>> {
        if self.wake_ns.is_some_and(|wake_ns| wake_ns <= now_ns) && self.outgoing.is_empty() {
            let turn = self.give_turn(now_ns);
            self.note(turn);
        }
        self.outgoing.pop_front()
    }

    fn handle_packet(&mut self, received_ns: u64, packet: &[u8]) {
        let told = self.say(received_ns, false);
        let told = told.and_then(|()| self.socket.send(packet).map(drop));
        self.note(told);
        // It may have something to say to that.
        self.wake_ns = Some(received_ns);
    }

    fn handle_timeout(&mut self, _now_ns: u64) {}

    fn poll_timeout(&self) -> Option<u64> {
        self.wake_ns
    }

    fn is_finished(&self) -> bool {
        let has_failed = self.failure.lock().is_ok_and(|failure| failure.is_some());
        (self.is_over && self.outgoing.is_empty()) || self.error.is_some() || has_failed
    }
}
