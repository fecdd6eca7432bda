//! placeholder
use crate::forward::At;
use crate::lab::Lab;
use crate::packet::Packet;

#[derive(Debug, Default)]
pub(crate) struct Translations {}

impl Lab {
    pub(crate) fn translate_inbound(&mut self, _at: At, packet: Packet) -> Option<Packet> {
        Some(packet)
    }
    pub(crate) fn translate_outbound(
        &mut self,
        _at: At,
        packet: Packet,
        _out: u32,
    ) -> Option<Packet> {
        Some(packet)
    }
}
