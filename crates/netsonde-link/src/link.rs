//! What every link offers: whole IP packets out, and in with the time they came.
use crate::LinkError;
use crate::poll::Ready;
use std::os::fd::BorrowedFd;

/// A way to the network. Nothing that the network does to a packet is an error: it is counted.
pub trait Link {
    /// Starts what it needs beside its descriptors. Called once, after all rights were given up, and before system calls
    /// are restricted.
    ///
    /// # Errors
    /// [`LinkError::Call`] where the kernel refuses.
    fn start(&mut self) -> Result<(), LinkError> {
        Ok(())
    }

    /// Whether another packet can be taken now; if not, some descriptor becomes ready once it can.
    fn has_room(&self) -> bool {
        true
    }

    /// Sends one whole IP packet, or takes it to be sent at [`Link::flush`]. A full queue is waited for, briefly; what
    /// the kernel refuses for good is lost, as in a network, and counted. Links that know better than their caller when
    /// it left say so by its serial number, which is theirs to repeat and nothing more.
    fn send(&mut self, serial: u32, packet: &[u8]);

    /// Lets go what was taken; called after each burst of packets.
    fn flush(&mut self) {}

    /// Waits until all that was taken has left, or never will.
    fn finish(&mut self) {}

    /// What to wait for, in the order that [`Link::receive`] understands.
    fn descriptors(&self) -> Vec<BorrowedFd<'_>>;

    /// Hands over what came on the descriptors that are ready. That a probe has left is told before its reply is.
    fn receive(&mut self, ready: Ready, sink: &mut dyn Sink);

    /// What happened so far.
    fn counters(&self) -> Counters;

    /// The ways by which packets may leave, as they were when the link was made; none if no packet leaves this host.
    fn ways(&self) -> Vec<Leave> {
        Vec::new()
    }
}

/// How packets may leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leave {
    /// As Ethernet frames, by the interface of this name.
    Frames(String),
    /// By raw sockets, wherever the kernel sends them.
    Raw,
    /// By sockets that need no right.
    Unprivileged,
}

/// Where a link puts what it knows. All times are those of [`monotonic_ns`](crate::monotonic_ns).
pub trait Sink {
    /// The probe that was sent with this serial number left at this moment.
    fn handle_sent(&mut self, serial: u32, sent_ns: u64);
    /// A whole IP packet, whatever it is, and when the kernel received it.
    fn handle_packet(&mut self, received_ns: u64, packet: &[u8]);
}

/// What only wants packets.
impl<F: FnMut(u64, &[u8])> Sink for F {
    fn handle_sent(&mut self, _serial: u32, _sent_ns: u64) {}

    fn handle_packet(&mut self, received_ns: u64, packet: &[u8]) {
        self(received_ns, packet);
    }
}

/// What a link did and could not do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets that the kernel took.
    pub sent: u64,
    /// Those of them that left as frames.
    pub frames: u64,
    /// Sends repeated because a queue was full or an earlier probe's error was reported on the socket.
    pub retried: u64,
    /// Packets that the kernel refused for good.
    pub refused: u64,
    /// The error number of the latest refusal.
    pub refused_errno: Option<i32>,
    /// Packets handed over.
    pub received: u64,
    /// Replies that the kernel dropped because we read too slowly, as it counts them (Linux 6.18: each twice).
    pub dropped: u64,
    /// Replies put together from fragments.
    pub reassembled: u64,
    /// Fragmented packets whose rest did not come in time, or found no room.
    pub unfinished: u64,
    /// Fragmented packets whose fragments overlapped, or made no packet.
    pub overlapped: u64,
    /// Messages from the kernel out of which no IP packet could be made.
    pub unreadable: u64,
}
