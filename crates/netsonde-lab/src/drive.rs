//! The virtual driver: a host runs on the lab's clock, which jumps from event to event.
use crate::lab::{AttachmentId, Lab};

/// A measurement plugged into an attachment; `netsonde_probe::Engine` has this shape.
pub trait Host {
    /// One whole IP packet to send, if there is one now.
    fn poll_transmit(&mut self, now_ns: u64) -> Option<Vec<u8>>;
    /// Takes a whole IP packet.
    fn handle_packet(&mut self, received_ns: u64, packet: &[u8]);
    /// Lets time pass.
    fn handle_timeout(&mut self, now_ns: u64);
    /// When `handle_timeout` or `poll_transmit` is next worth calling.
    fn poll_timeout(&self) -> Option<u64>;
    /// Whether the host wants nothing more.
    fn is_finished(&self) -> bool;
}

impl Lab {
    /// Runs a host until it is finished, nothing is left to wait for, or `deadline_ns` has come.
    /// Returns the time at which it stopped. Packets to other attachments stay in
    /// [`Lab::poll_delivery`].
    pub fn drive(
        &mut self,
        attachment: AttachmentId,
        host: &mut dyn Host,
        deadline_ns: u64,
    ) -> u64 {
        let mut now_ns = self.now_ns();
        let mut others = Vec::new();
        while !host.is_finished() {
            while let Some(packet) = host.poll_transmit(now_ns) {
                self.inject(now_ns, attachment, &packet);
            }
            let next = [self.poll_timeout(), host.poll_timeout()]
                .into_iter()
                .flatten()
                .min();
            let Some(next_ns) =
                next.filter(|next_ns| *next_ns <= deadline_ns && !host.is_finished())
            else {
                break;
            };
            now_ns = now_ns.max(next_ns);
            self.advance(now_ns);
            while let Some(delivery) = self.poll_delivery() {
                if delivery.attachment == attachment {
                    host.handle_packet(delivery.at_ns, &delivery.packet);
                } else {
                    others.push(delivery);
                }
            }
            if host.poll_timeout().is_some_and(|at_ns| at_ns <= now_ns) {
                host.handle_timeout(now_ns);
            }
        }
        self.keep(others);
        now_ns
    }
}
