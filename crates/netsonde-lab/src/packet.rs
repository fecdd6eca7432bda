//! Packets on their way: reused buffers with room in front for labels.
use netsonde_wire::ip;
use netsonde_wire::mpls::Lse;

/// Room for eight labels in front of a fresh packet.
const HEADROOM: usize = 32;

/// One frame: an IP packet, or one with labels in front. The first nibble tells: 4 and 6 are IP,
/// labels stay below 2^18, so theirs is 0 to 3.
#[derive(Debug, Default)]
pub(crate) struct Packet {
    bytes: Vec<u8>,
    start: usize,
    /// Index of the destination, once looked up; `None` after a rewrite.
    pub(crate) destination: Option<u32>,
    /// An ICMP error that rides to the end of its LSP: there it is routed as if it had just been sent.
    pub(crate) rides: bool,
}

impl Packet {
    /// The frame.
    pub(crate) fn data(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// The frame, to be changed in place.
    pub(crate) fn data_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..]
    }

    /// Empties the packet and returns the buffer to append the frame to.
    pub(crate) fn rewrite(&mut self) -> &mut Vec<u8> {
        self.bytes.clear();
        self.bytes.resize(HEADROOM, 0);
        self.start = HEADROOM;
        self.destination = None;
        self.rides = false;
        &mut self.bytes
    }

    /// Replaces the frame.
    pub(crate) fn assign(&mut self, frame: &[u8]) {
        self.rewrite().extend_from_slice(frame);
    }

    /// Cuts the frame to `length` bytes.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.bytes.truncate(self.start + length);
    }

    /// Whether it starts with a label.
    pub(crate) fn is_labelled(&self) -> bool {
        self.data().first().is_some_and(|byte| byte >> 4 < 4)
    }

    /// The top label stack entry, if there are four bytes.
    pub(crate) fn top(&self) -> Option<Lse> {
        self.data()
            .first_chunk()
            .map(|bytes| Lse::from_bytes(*bytes))
    }

    /// Puts an entry in front.
    pub(crate) fn push(&mut self, entry: Lse) {
        if self.start < 4 {
            let room = self.start..self.start;
            self.bytes.splice(room, [0; HEADROOM]);
            self.start += HEADROOM;
        }
        self.start -= 4;
        self.set_top(entry);
    }

    /// Overwrites the top entry.
    pub(crate) fn set_top(&mut self, entry: Lse) {
        self.data_mut()[..4].copy_from_slice(&entry.to_bytes());
    }

    /// Takes the top entry off.
    pub(crate) fn pop(&mut self) {
        self.start += 4;
    }

    /// The IP packet behind the labels; `None` if a stack has no bottom.
    pub(crate) fn ip(&self) -> Option<&[u8]> {
        let mut rest = self.data();
        while rest.first().is_some_and(|byte| byte >> 4 < 4) {
            let (entry, behind) = rest.split_first_chunk::<4>()?;
            rest = behind;
            if entry[2] & 1 == 1 {
                break;
            }
        }
        rest.first()
            .is_some_and(|byte| matches!(byte >> 4, 4 | 6))
            .then_some(rest)
    }

    /// TTL or hop limit of an unlabelled packet; 0 if it is none.
    pub(crate) fn ttl(&self) -> u8 {
        ip::ttl(self.data()).unwrap_or(0)
    }

    /// Sets TTL or hop limit of an unlabelled packet.
    pub(crate) fn set_ttl(&mut self, ttl: u8) {
        ip::set_ttl(self.data_mut(), ttl);
    }
}

/// All packets on their way, by number. Buffers are reused.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    packets: Vec<Packet>,
    free: Vec<u32>,
    spare: Vec<Packet>,
}

impl Pool {
    /// An empty packet with a used buffer, if there is one.
    pub(crate) fn fresh(&mut self) -> Packet {
        self.spare.pop().unwrap_or_default()
    }

    /// Takes a buffer back.
    pub(crate) fn recycle(&mut self, packet: Packet) {
        self.spare.push(packet);
    }

    /// Stores a packet; gives its number.
    pub(crate) fn put(&mut self, packet: Packet) -> u32 {
        if let Some(id) = self.free.pop() {
            self.packets[id as usize] = packet;
            return id;
        }
        self.packets.push(packet);
        u32::try_from(self.packets.len() - 1).expect("packets are limited to far below 2^32")
    }

    /// Takes a packet out.
    pub(crate) fn take(&mut self, id: u32) -> Packet {
        self.free.push(id);
        core::mem::take(&mut self.packets[id as usize])
    }

    /// How many are stored.
    pub(crate) fn len(&self) -> usize {
        self.packets.len() - self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_off_as_they_went_on() {
        let mut packet = Packet::default();
        packet.assign(&[0x45; 20]);
        for label in 0..20 {
            packet.push(Lse {
                label: 1_000 + label,
                tc: 0,
                bottom: label == 0,
                ttl: 9,
            });
        }
        assert_eq!(packet.ip(), Some(&[0x45; 20][..]));
        for label in (0..20).rev() {
            assert!(packet.is_labelled());
            assert_eq!(packet.top().map(|top| top.label), Some(1_000 + label));
            packet.pop();
        }
        assert!(!packet.is_labelled() && packet.data() == [0x45; 20]);
    }

    #[test]
    fn a_stack_without_a_bottom_holds_no_packet() {
        let mut packet = Packet::default();
        packet.assign(&[0; 8]);
        assert_eq!(packet.ip(), None);
        packet.assign(&[0, 0, 1]);
        assert_eq!(packet.ip(), None);
    }
}
