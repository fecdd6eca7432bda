//! Recording links as pcapng.
//!
//! IP packets are recorded as they are (`LINKTYPE_RAW`); frames with labels get an Ethernet header
//! with made-up addresses and the `EtherType` of MPLS, on an interface block of their own. Times are
//! nanoseconds since the lab began (option `if_tsresol`).

/// `LINKTYPE_RAW`: starts with an IPv4 or IPv6 header.
const LINKTYPE_RAW: u16 = 101;
/// `LINKTYPE_ETHERNET`.
const LINKTYPE_ETHERNET: u16 = 1;
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const ENHANCED_PACKET: u32 = 6;
const OPTION_END: u16 = 0;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const EPB_FLAGS: u16 = 2;
const INBOUND: u32 = 1;
const OUTBOUND: u32 = 2;

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
        let mut section = Vec::new();
        section.extend_from_slice(&0x1a2b_3c4d_u32.to_le_bytes());
        section.extend_from_slice(&[1, 0, 0, 0]);
        section.extend_from_slice(&u64::MAX.to_le_bytes()); // length not stated
        block(SECTION_HEADER, &section, &mut bytes);
        let mut next = 0;
        let mut links = Vec::with_capacity(names.len());
        for name in names {
            links.push(name.map(|name| {
                interface(name, LINKTYPE_RAW, &mut bytes);
                interface(&format!("{name} (MPLS)"), LINKTYPE_ETHERNET, &mut bytes);
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
        let mut data = Vec::with_capacity(frame.len() + 14);
        if is_labelled {
            let end = |side: u32| [2, 0, 0, 0, 0, 1 + u8::from(side == 1)];
            data.extend_from_slice(&end(1 - side));
            data.extend_from_slice(&end(side));
            data.extend_from_slice(&[0x88, 0x47]);
        }
        data.extend_from_slice(frame);
        let mut body = Vec::with_capacity(data.len() + 40);
        let length = u32::try_from(data.len()).expect("frames are limited by the MTU field");
        let high = u32::try_from(now_ns >> 32).expect("32 bits");
        let low = u32::try_from(now_ns & 0xffff_ffff).expect("32 bits");
        for word in [first + u32::from(is_labelled), high, low, length, length] {
            body.extend_from_slice(&word.to_le_bytes());
        }
        body.extend_from_slice(&data);
        pad(&mut body);
        let direction: u32 = if side == 0 { OUTBOUND } else { INBOUND };
        option(EPB_FLAGS, &direction.to_le_bytes(), &mut body);
        option(OPTION_END, &[], &mut body);
        block(ENHANCED_PACKET, &body, &mut self.bytes);
    }

    /// The recording so far: a whole pcapng file.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn interface(name: &str, link_type: u16, out: &mut Vec<u8>) {
    let mut body = Vec::new();
    body.extend_from_slice(&link_type.to_le_bytes());
    body.extend_from_slice(&[0; 2]);
    body.extend_from_slice(&0_u32.to_le_bytes()); // frames are never cut
    option(IF_NAME, name.as_bytes(), &mut body);
    option(IF_TSRESOL, &[9], &mut body);
    option(OPTION_END, &[], &mut body);
    block(INTERFACE_DESCRIPTION, &body, out);
}

fn option(code: u16, value: &[u8], out: &mut Vec<u8>) {
    let value = &value[..value.len().min(usize::from(u16::MAX))];
    out.extend_from_slice(&code.to_le_bytes());
    out.extend_from_slice(
        &u16::try_from(value.len())
            .expect("cut to 16 bits")
            .to_le_bytes(),
    );
    out.extend_from_slice(value);
    pad(out);
}

fn block(kind: u32, body: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(body.len() + 12).expect("blocks are of one packet or name");
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(body);
    out.extend_from_slice(&length.to_le_bytes());
}

/// Fills up to 32 bits. Every block starts aligned, so the length of `out` decides.
fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

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
