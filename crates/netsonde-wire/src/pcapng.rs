//! Captures: the blocks of a pcapng file, as bytes. Times are nanoseconds, numbers little-endian.
//!
//! Source: the Internet-Draft draft-ietf-opsawg-pcapng.
use alloc::vec::Vec;

/// A packet starts with an IPv4 or IPv6 header.
pub const LINKTYPE_RAW: u16 = 101;
/// A packet starts with an Ethernet header.
pub const LINKTYPE_ETHERNET: u16 = 1;
/// Types of blocks.
pub const SECTION_HEADER: u32 = 0x0a0d_0d0a;
/// As above.
pub const INTERFACE_DESCRIPTION: u32 = 1;
/// As above.
pub const INTERFACE_STATISTICS: u32 = 5;
/// As above.
pub const ENHANCED_PACKET: u32 = 6;
/// Octets of an option at most; longer text is cut.
const OPTION_MAX: usize = 0xfff0;

const END: u16 = 0;
const COMMENT: u16 = 1;
const APPLICATION: u16 = 4;
const NAME: u16 = 2;
const DESCRIPTION: u16 = 3;
const RESOLUTION: u16 = 9;
const FLAGS: u16 = 2;
const RECEIVED: u16 = 4;
const DROPPED: u16 = 5;

/// Which way a packet went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// In.
    Received = 1,
    /// Out.
    Sent = 2,
}

/// A packet and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Number of its interface, in the order of their blocks.
    pub interface: u32,
    /// Nanoseconds since the epoch of the capture.
    pub time_ns: u64,
    /// Which way it went.
    pub direction: Direction,
    /// What to say of it; nothing if empty.
    pub comment: &'a str,
    /// Its octets, in pieces.
    pub pieces: &'a [&'a [u8]],
}

/// Appends what a file, or a section of it, begins with; empty texts are left out.
pub fn section(comment: &str, application: &str, out: &mut Vec<u8>) {
    block(SECTION_HEADER, out, |out| {
        out.extend_from_slice(&0x1a2b_3c4d_u32.to_le_bytes());
        out.extend_from_slice(&[1, 0, 0, 0]);
        out.extend_from_slice(&u64::MAX.to_le_bytes()); // length not stated
        text(COMMENT, comment, out);
        text(APPLICATION, application, out);
        option(END, &[], out);
    });
}

/// Appends an interface; its packets follow. An empty description is left out.
pub fn interface(name: &str, description: &str, link_type: u16, out: &mut Vec<u8>) {
    block(INTERFACE_DESCRIPTION, out, |out| {
        out.extend_from_slice(&link_type.to_le_bytes());
        out.extend_from_slice(&[0; 2]);
        out.extend_from_slice(&0_u32.to_le_bytes()); // packets are never cut
        text(NAME, name, out);
        text(DESCRIPTION, description, out);
        option(RESOLUTION, &[9], out);
        option(END, &[], out);
    });
}

/// Appends a packet.
///
/// # Panics
/// If it is longer than 4 GiB, as no packet is.
pub fn packet(packet: &Packet<'_>, out: &mut Vec<u8>) {
    block(ENHANCED_PACKET, out, |out| {
        let length: usize = packet.pieces.iter().map(|piece| piece.len()).sum();
        let length = u32::try_from(length).expect("a packet is far below 4 GiB");
        out.extend_from_slice(&packet.interface.to_le_bytes());
        time(packet.time_ns, out);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&length.to_le_bytes());
        let start = out.len();
        for piece in packet.pieces {
            out.extend_from_slice(piece);
        }
        pad(start, out);
        text(COMMENT, packet.comment, out);
        option(FLAGS, &(packet.direction as u32).to_le_bytes(), out);
        option(END, &[], out);
    });
}

/// Appends what happened at an interface until `time_ns`: packets that there were, and those of them that the file
/// lacks.
pub fn statistics(interface: u32, time_ns: u64, received: u64, dropped: u64, out: &mut Vec<u8>) {
    block(INTERFACE_STATISTICS, out, |out| {
        out.extend_from_slice(&interface.to_le_bytes());
        time(time_ns, out);
        option(RECEIVED, &received.to_le_bytes(), out);
        option(DROPPED, &dropped.to_le_bytes(), out);
        option(END, &[], out);
    });
}

fn time(time_ns: u64, out: &mut Vec<u8>) {
    // The high half comes first, whatever the order of octets.
    out.extend_from_slice(&time_ns.to_le_bytes()[4..]);
    out.extend_from_slice(&time_ns.to_le_bytes()[..4]);
}

fn text(code: u16, value: &str, out: &mut Vec<u8>) {
    if !value.is_empty() {
        let mut end = value.len().min(OPTION_MAX);
        while !value.is_char_boundary(end) {
            end -= 1;
        }
        option(code, &value.as_bytes()[..end], out);
    }
}

fn option(code: u16, value: &[u8], out: &mut Vec<u8>) {
    let length = u16::try_from(value.len()).expect("texts were cut, and numbers are short");
    out.extend_from_slice(&code.to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
    let start = out.len();
    out.extend_from_slice(value);
    pad(start, out);
}

fn block(kind: u32, out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    fill(out);
    let length = u32::try_from(out.len() - start + 4).expect("blocks hold one packet or some text");
    out[start + 4..start + 8].copy_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
}

/// Fills what began at `start` up to 32 bits.
fn pad(start: usize, out: &mut Vec<u8>) {
    let length = (out.len() - start).next_multiple_of(4);
    out.resize(start + length, 0);
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
    fn blocks_are_as_the_draft_has_them() {
        // What is there already is no matter.
        let mut out = b"x".to_vec();
        section("a job", "", &mut out);
        interface("raw", "all", LINKTYPE_RAW, &mut out);
        let sent = Packet {
            interface: 3,
            time_ns: 0x1_0000_0002,
            direction: Direction::Sent,
            comment: "one",
            pieces: &[&[1, 2], &[3]],
        };
        packet(&sent, &mut out);
        statistics(3, 4, 5, 6, &mut out);
        let blocks = blocks(&out[1..]);
        let kinds: Vec<u32> = blocks.iter().map(|block| block.0).collect();
        assert_eq!(kinds, [0x0a0d_0d0a, 1, 6, 5]);
        let section = blocks[0].1;
        assert_eq!(section[..4], [0x4d, 0x3c, 0x2b, 0x1a]);
        assert_eq!(section[16..], *b"\x01\0\x05\0a job\0\0\0\0\0\0\0");
        let body = blocks[2].1;
        assert_eq!(
            body[..20],
            [3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0]
        );
        assert_eq!(
            body[20..],
            *b"\x01\x02\x03\0\x01\0\x03\0one\0\x02\0\x04\0\x02\0\0\0\0\0\0\0"
        );
        assert_eq!(blocks[3].1[12..24], [4, 0, 8, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let mut out = Vec::new();
        let long = "\u{e9}".repeat(40_000);
        section(&long, &long, &mut out);
        let length = usize::from(u16::from_le_bytes([out[26], out[27]]));
        assert!(length <= OPTION_MAX && core::str::from_utf8(&out[28..28 + length]).is_ok());
        blocks(&out);
    }
}
