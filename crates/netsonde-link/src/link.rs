//! What every link offers: whole IP packets out, and in with the time they came.
use crate::poll::Ready;
use std::os::fd::BorrowedFd;

/// A way to the network. Nothing that the network does to a packet is an error: it is counted.
pub trait Link {
    /// Sends one whole IP packet. A full queue is waited for, briefly; what the kernel refuses for good is lost, as
    /// in a network, and counted.
    fn send(&mut self, packet: &[u8]);

    /// What to wait for, in the order that [`Link::receive`] understands.
    fn descriptors(&self) -> Vec<BorrowedFd<'_>>;

    /// Hands over what came on the descriptors that are ready: the time, on the clock of
    /// [`monotonic_ns`](crate::monotonic_ns), at which the kernel received it, and the whole IP packet.
    fn receive(&mut self, ready: Ready, deliver: &mut dyn FnMut(u64, &[u8]));

    /// What happened so far.
    fn counters(&self) -> Counters;
}

/// What a link did and could not do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets that the kernel took.
    pub sent: u64,
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
    /// Messages from the kernel out of which no IP packet could be made.
    pub unreadable: u64,
}
