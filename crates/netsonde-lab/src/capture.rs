//! Recording links as pcapng.
//!
//! IP packets are recorded as they are (`LINKTYPE_RAW`); frames with labels get an Ethernet header
//! with made-up addresses and the `EtherType` of MPLS, on an interface block of their own. Times are
//! nanoseconds since the lab began (option `if_tsresol`).

use netsonde_wire::pcapng::{self, Direction};

/// A recording. Interfaces of the file: two per recorded link, raw first, then labelled.
#[derive(Debug)]
pub(crate) struct Capture {
    bytes: Vec<u8>,
    /// First interface of the file by link; `None` for links not recorded.
    links: Vec<Option<u32>>,
    bytes_max: usize,
}

impl Capture {
    /// Starts a recording of the links for which `names` has a name.
    pub(crate) fn new(names: &[Option<&str>], bytes_max: usize) -> Self {
        let mut bytes = Vec::new();
        pcapng::section("", "", &mut bytes);
        let mut next = 0;
        let mut links = Vec::with_capacity(names.len());
        for name in names {
            links.push(name.map(|name| {
                pcapng::interface(name, "", pcapng::LINKTYPE_RAW, &mut bytes);
                let labelled = format!("{name} (MPLS)");
                pcapng::interface(&labelled, "", pcapng::LINKTYPE_ETHERNET, &mut bytes);
                next += 2;
                next - 2
            }));
        }
        Self {
            bytes,
            links,
            bytes_max,
        }
    }

    /// Records a frame sent out of an interface, lost or not. From the near end counts as outbound.
    pub(crate) fn record(&mut self, now_ns: u64, interface: u32, frame: &[u8]) {
        let Some(Some(first)) = self.links.get(interface as usize / 2).copied() else {
            return;
        };
        if self.bytes.len() + frame.len() > self.bytes_max {
            return;
        }
        let side = interface % 2;
        let is_labelled = frame.first().is_some_and(|byte| byte >> 4 < 4);
        let mut header = Vec::new();
        if is_labelled {
            let end = |side: u32| [2, 0, 0, 0, 0, 1 + u8::from(side == 1)];
            header.extend_from_slice(&end(1 - side));
            header.extend_from_slice(&end(side));
            header.extend_from_slice(&[0x88, 0x47]);
        }
        let packet = pcapng::Packet {
            interface: first + u32::from(is_labelled),
            time_ns: now_ns,
            direction: if side == 0 {
                Direction::Sent
            } else {
                Direction::Received
            },
            comment: "",
            pieces: &[&header, frame],
        };
        pcapng::packet(&packet, &mut self.bytes);
    }

    /// The recording so far: a whole pcapng file.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netsonde_wire::pcapng::{ENHANCED_PACKET, SECTION_HEADER};

    /// Kind and body of each block; panics unless the lengths before and after agree.
    fn blocks(mut file: &[u8]) -> Vec<(u32, &[u8])> {
        let word = |bytes: &[u8]| u32::from_le_bytes(bytes[..4].try_into().unwrap());
        let mut found = Vec::new();
        while !file.is_empty() {
            let length = word(&file[4..]) as usize;
            assert_eq!(
                (length % 4, word(&file[length - 4..length]) as usize),
                (0, length)
            );
            found.push((word(file), &file[8..length - 4]));
            file = &file[length..];
        }
        found
    }

    #[test]
    fn frames_are_found_again_with_time_and_direction() {
        let mut capture = Capture::new(&[None, Some("a-b")], 10_000);
        capture.record(1, 0, &[0x45; 20]); // a link that is not recorded
        capture.record(0x1_0000_0002, 2, &[0x45; 21]);
        capture.record(3, 3, &[0, 1, 2, 3, 0x45]);
        let file = capture.bytes().to_vec();
        let blocks = blocks(&file);
        let kinds: Vec<u32> = blocks.iter().map(|block| block.0).collect();
        assert_eq!(
            kinds,
            [SECTION_HEADER, 1, 1, ENHANCED_PACKET, ENHANCED_PACKET]
        );
        let (plain, labelled) = (blocks[3].1, blocks[4].1);
        assert_eq!(
            plain[..20],
            [0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 21, 0, 0, 0, 21, 0, 0, 0]
        );
        assert_eq!(plain[20..41], [0x45; 21]);
        assert_eq!(
            plain[44..52],
            [2, 0, 4, 0, 2, 0, 0, 0],
            "outbound from the near end"
        );
        assert_eq!((labelled[0], labelled[12]), (1, 14 + 5));
        assert_eq!(labelled[32..39], [0x88, 0x47, 0, 1, 2, 3, 0x45]);
    }

    #[test]
    fn a_full_recording_stays_readable() {
        let mut capture = Capture::new(&[Some("a-b")], 300);
        for _ in 0..100 {
            capture.record(0, 0, &[0x45; 20]);
        }
        assert!(capture.bytes().len() < 400);
        blocks(capture.bytes());
    }
}
