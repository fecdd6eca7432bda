//! placeholder
use crate::lab::Lab;
use crate::packet::Packet;

impl Lab {
    pub(crate) fn mutate(&mut self, now_ns: u64, interface: u32, packet: Packet) {
        self.carry(now_ns, interface, packet);
    }
}
