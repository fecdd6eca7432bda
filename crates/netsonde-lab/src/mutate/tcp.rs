//! What middleboxes do to TCP segments. Checksums and lengths are made right.
use crate::packet::Packet;
use crate::rewrite::Layout;
use crate::topology::{Mutation, OptionAction};
use netsonde_wire::checksum::{self, Checksum};
use netsonde_wire::ip::{self, protocol};
use netsonde_wire::tcp::Tcp;

const HEADER_LEN: usize = 20;
const NOP: u8 = 1;
const END_OF_LIST: u8 = 0;
const SEGMENT: u8 = 2;

/// Changes a segment; other packets, and mutations of something else, pass.
pub(super) fn rewrite(packet: &mut Packet, layout: Layout, mutation: &Mutation) {
    if layout.protocol != protocol::TCP || layout.is_later_fragment {
        return;
    }
    // The options with it: what follows may then be trusted to be there.
    let whole = packet.data().get(layout.transport..).map(Tcp::parse);
    if !matches!(whole, Some(Ok(_))) {
        return;
    }
    let segment = &mut packet.data_mut()[layout.transport..];
    match *mutation {
        Mutation::TcpSequence { offset } => add(segment, 4, offset),
        Mutation::TcpAcknowledgment { offset } => add(segment, 8, offset.wrapping_neg()),
        Mutation::TcpFlags { clear } => segment[13] &= !clear,
        Mutation::TcpMss { mss } => {
            if let Some((at, 4)) = find(segment, SEGMENT) {
                let value = &mut segment[at + 2..at + 4];
                let offered = u16::from_be_bytes([value[0], value[1]]);
                value.copy_from_slice(&offered.min(mss).to_be_bytes());
            }
        }
        Mutation::TcpOption { kind, action } => {
            let Some((at, len)) = find(segment, kind) else {
                return;
            };
            match action {
                OptionAction::Blank => segment[at..at + len].fill(NOP),
                OptionAction::Strip => strip(packet, layout, at, len),
            }
        }
        _ => return,
    }
    mend(packet.data_mut(), layout);
}

fn add(segment: &mut [u8], at: usize, offset: u32) {
    if let Some(field) = segment.get_mut(at..at + 4) {
        let old = u32::from_be_bytes([field[0], field[1], field[2], field[3]]);
        field.copy_from_slice(&old.wrapping_add(offset).to_be_bytes());
    }
}

/// Where an option is in the segment, and how long.
fn find(segment: &[u8], wanted: u8) -> Option<(usize, usize)> {
    let header_len = usize::from(segment[12] >> 4) * 4;
    let mut at = HEADER_LEN;
    while let [kind, rest @ ..] = segment.get(at..header_len)? {
        let len = match *kind {
            END_OF_LIST => return None,
            NOP => 1,
            _ => usize::from(*rest.first()?),
        };
        if len == 0 || at + len > header_len {
            return None;
        }
        if *kind == wanted {
            return Some((at, len));
        }
        at += len;
    }
    None
}

/// Takes `len` bytes at `at` out of the segment's header, which ends on four bytes again.
fn strip(packet: &mut Packet, layout: Layout, at: usize, len: usize) {
    let frame = packet.data();
    let (ip_header, segment) = frame.split_at(layout.transport);
    let header_len = usize::from(segment[12] >> 4) * 4;
    let mut header = segment[..header_len].to_vec();
    header.drain(at..at + len);
    header.resize(header.len().next_multiple_of(4), END_OF_LIST);
    let words = u8::try_from(header.len() / 4).expect("no longer than it was");
    header[12] = words << 4 | header[12] & 0x0f;
    let shortened = [ip_header, &header, &segment[header_len..]].concat();
    packet.assign(&shortened);
    let length = u16::try_from(shortened.len()).expect("no longer than it was");
    let frame = packet.data_mut();
    if layout.v6 {
        frame[4..6].copy_from_slice(&(length - 40).to_be_bytes());
    } else {
        frame[2..4].copy_from_slice(&length.to_be_bytes());
        frame[10..12].fill(0);
        let sum = checksum::internet(&frame[..layout.transport]);
        frame[10..12].copy_from_slice(&sum.to_be_bytes());
    }
}

/// Computes the checksum of the segment anew.
fn mend(frame: &mut [u8], layout: Layout) {
    let (Some(source), Some(destination)) = (ip::source(frame), ip::destination(frame)) else {
        return;
    };
    let segment = &mut frame[layout.transport..];
    segment[16..18].fill(0);
    let mut sum = Checksum::pseudo(source, destination, protocol::TCP, segment.len());
    sum.add(segment);
    segment[16..18].copy_from_slice(&sum.finish().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::IpAddr;
    use netsonde_wire::ip::{IpBuild, IpPacket};
    use netsonde_wire::tcp::{TcpBuild, TcpOption, flags, options};

    fn syn(v6: bool) -> Packet {
        let ends: [IpAddr; 2] = if v6 {
            ["2a00:1::1", "2a00:2::1"].map(|text| text.parse().unwrap())
        } else {
            ["5.1.0.1", "5.2.0.1"].map(|text| text.parse().unwrap())
        };
        let offers = [
            TcpOption::MaximumSegmentSize(1_460),
            TcpOption::SackPermitted,
            TcpOption::Timestamps { value: 7, echo: 0 },
        ];
        let build = TcpBuild {
            source_port: 40_000,
            destination_port: 80,
            sequence: u32::MAX,
            acknowledgment: 5,
            flags: flags::SYN | flags::ECE | flags::CWR,
            window: 9,
            options: &offers,
            payload: b"odd",
        };
        let (mut body, mut bytes) = (Vec::new(), Vec::new());
        build.emit(ends[0], ends[1], &mut body);
        let build = IpBuild {
            source: ends[0],
            destination: ends[1],
            protocol: protocol::TCP,
            ttl: 9,
            tos: 0,
            ident: 1,
            flow_label: 0,
            dont_fragment: false,
        };
        build.emit(&body, &mut bytes);
        let mut packet = Packet::default();
        packet.assign(&bytes);
        packet
    }

    fn after(v6: bool, mutation: &Mutation) -> Packet {
        let mut packet = syn(v6);
        let layout = Layout::of(packet.data()).unwrap();
        rewrite(&mut packet, layout, mutation);
        let parsed = IpPacket::parse(packet.data()).unwrap();
        let (from, to) = (parsed.header.source, parsed.header.destination);
        assert!(Tcp::checksum_ok(parsed.payload, from, to), "{mutation:?}");
        assert_eq!(Tcp::parse(parsed.payload).unwrap().payload, b"odd");
        packet
    }

    #[test]
    fn segments_are_changed_and_stay_right() {
        let strip = Mutation::TcpOption {
            kind: 8,
            action: OptionAction::Strip,
        };
        let blank = Mutation::TcpOption {
            kind: 4,
            action: OptionAction::Blank,
        };
        for v6 in [false, true] {
            let read = |packet: &Packet| -> (usize, u32, u32, u16, Vec<String>) {
                let parsed = IpPacket::parse(packet.data()).unwrap();
                let tcp = Tcp::parse(parsed.payload).unwrap();
                let list = options(tcp.options).map(|one| format!("{one:?}"));
                let acknowledged = tcp.acknowledgment.unwrap();
                let set = tcp.flags.unwrap();
                (
                    packet.data().len(),
                    tcp.sequence,
                    acknowledged,
                    set,
                    list.collect(),
                )
            };
            let whole = read(&syn(v6));
            let stripped = read(&after(v6, &strip));
            assert_eq!(stripped.0, whole.0 - 8, "ten bytes less, two of padding");
            assert_eq!(stripped.4, whole.4[..2]);
            let blanked = read(&after(v6, &blank));
            assert_eq!((blanked.0, &blanked.4[1][..]), (whole.0, "Nop"));
            let moved = read(&after(v6, &Mutation::TcpSequence { offset: 3 }));
            assert_eq!(moved.1, 2);
            let back = read(&after(v6, &Mutation::TcpAcknowledgment { offset: 3 }));
            assert_eq!(back.2, 2);
            let cleared = read(&after(v6, &Mutation::TcpFlags { clear: 0xc0 }));
            assert_eq!(cleared.3, flags::SYN);
            let clamped = read(&after(v6, &Mutation::TcpMss { mss: 1_300 }));
            assert_eq!(clamped.4[0], "MaximumSegmentSize(1300)");
            let kept = read(&after(v6, &Mutation::TcpMss { mss: 9_000 }));
            assert_eq!(kept, whole);
        }
    }

    #[test]
    fn what_is_cut_or_wrong_passes() {
        let mutations = [
            Mutation::TcpOption {
                kind: 8,
                action: OptionAction::Strip,
            },
            Mutation::TcpMss { mss: 1 },
            Mutation::TcpSequence { offset: 1 },
        ];
        for mutation in &mutations {
            let length = syn(false).data().len();
            for cut in 20..length {
                let mut packet = syn(false);
                packet.truncate(cut);
                let layout = Layout::of(packet.data()).unwrap();
                rewrite(&mut packet, layout, mutation);
                let mut wrong = syn(false);
                wrong.data_mut()[41] = u8::try_from(cut).unwrap();
                rewrite(&mut wrong, layout, mutation);
            }
        }
    }
}
