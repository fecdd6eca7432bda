//! Against packets that are cut, mixed, repeated, lost and forged.
use super::*;
use crate::ip::IpBuild;
use alloc::vec;
use core::iter;
use proptest::prelude::*;

const SECOND_NS: u64 = 1_000_000_000;

/// A UDP packet; of IPv6 with a fragment header that says it is whole.
fn packet(v6: bool, ident: u16, data: &[u8]) -> Vec<u8> {
    let [source, destination] = if v6 {
        ["2001:db8::1", "2001:db8::2"]
    } else {
        ["192.0.2.1", "192.0.2.2"]
    }
    .map(|text| text.parse().unwrap());
    let build = IpBuild {
        source,
        destination,
        protocol: if v6 { v6::kind::FRAGMENT } else { 17 },
        ttl: 9,
        tos: 3,
        ident,
        flow_label: 7,
        dont_fragment: false,
    };
    let mut out = Vec::new();
    if v6 {
        let [high, low] = ident.to_be_bytes();
        let header = [&[17, 0, 0, 0, 0, 0, high, low], data].concat();
        build.emit(&header, &mut out);
    } else {
        build.emit(data, &mut out);
    }
    out
}

/// The part of a packet that holds its data from `start` to `end`.
fn part(whole: &[u8], start: usize, end: usize, more: bool) -> Vec<u8> {
    let is_v6 = whole[0] >> 4 == 6;
    let head_len = if is_v6 { 48 } else { 20 };
    let mut out = [&whole[..head_len], &whole[head_len + start..head_len + end]].concat();
    let length = u16::try_from(out.len()).unwrap();
    let offset = u16::try_from(start).unwrap();
    if is_v6 {
        out[4..6].copy_from_slice(&(length - 40).to_be_bytes());
        out[42..44].copy_from_slice(&(offset | u16::from(more)).to_be_bytes());
    } else {
        out[2..4].copy_from_slice(&length.to_be_bytes());
        let word = offset >> 3 | u16::from(more) << 13;
        out[6..8].copy_from_slice(&word.to_be_bytes());
        out[10..12].copy_from_slice(&[0, 0]);
        let sum = checksum::internet(&out[..20]).to_be_bytes();
        out[10..12].copy_from_slice(&sum);
    }
    out
}

/// A packet in parts of so many times eight bytes, taken in turn.
fn cut(whole: &[u8], sizes: &[usize]) -> Vec<Vec<u8>> {
    let head_len = if whole[0] >> 4 == 6 { 48 } else { 20 };
    let len = whole.len() - head_len;
    let mut parts = Vec::new();
    let mut start = 0;
    for size in sizes.iter().cycle() {
        let end = (start + size * 8).min(len);
        parts.push(part(whole, start, end, end < len));
        start = end;
        if start == len {
            return parts;
        }
    }
    unreachable!("sizes are not empty")
}

fn data(len: usize) -> Vec<u8> {
    (0..len)
        .map(|place| u8::try_from((place / 8 + place % 7) % 251).unwrap())
        .collect()
}

fn completed(reassembler: &mut Reassembler, parts: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for part in parts {
        if let Taken::Completed(whole) = reassembler.take(SECOND_NS, part) {
            found.push(whole.to_vec());
        }
    }
    found
}

#[test]
fn what_is_whole_is_left_alone() {
    let mut reassembler = Reassembler::default();
    for whole in [
        packet(false, 7, b"data"),
        packet(true, 7, b"data"),
        b"no packet".to_vec(),
    ] {
        assert_eq!(reassembler.take(0, &whole), Taken::Whole);
    }
    assert_eq!(reassembler.held(), (0, 0));
}

#[test]
fn a_fragment_header_behind_other_headers_is_found() {
    // Destination options before the fragment header stay; those behind it are data.
    let inner = [&[17, 0, 1, 4, 0, 0, 0, 0][..], &data(40)].concat();
    let mut whole = packet(true, 7, &inner);
    whole[40] = v6::kind::DESTINATION;
    let parts: Vec<_> = cut(&whole, &[1, 2])
        .iter()
        .map(|part| {
            let mut longer = [&part[..40], &[44, 0, 1, 4, 0, 0, 0, 0], &part[40..]].concat();
            longer[6] = v6::kind::DESTINATION;
            longer[5] += 8;
            longer
        })
        .collect();
    let found = completed(&mut Reassembler::default(), &parts);
    let parsed = IpPacket::parse(&found[0]).unwrap();
    assert_eq!(
        (parsed.header.protocol, parsed.payload),
        (17, &data(40)[..])
    );
    assert_eq!(parsed.header.ident, Some(7));
}

#[test]
fn overlapping_fragments_spoil_their_packet_for_good() {
    for v6 in [false, true] {
        let whole = packet(v6, 7, &data(64));
        let mut other = packet(v6, 7, &[9; 64]);
        other[if v6 { 48 } else { 20 }..].fill(9);
        let good = cut(&whole, &[2]);
        for evil in [
            part(&other, 8, 24, true),   // reaches into a neighbour
            part(&other, 0, 16, true),   // the same place, other bytes
            part(&other, 8, 32, true),   // around a neighbour
            part(&other, 40, 64, false), // another beginning of the end
            part(&other, 40, 56, false), // another end
        ] {
            let mut reassembler = Reassembler::default();
            let sent = [&good[..2], &[evil], &good[2..], &good].concat();
            assert_eq!(completed(&mut reassembler, &sent), Vec::<Vec<u8>>::new());
            let counts = reassembler.counts();
            assert_eq!((counts.reassembled, counts.overlapped), (0, 1));
            assert_eq!(reassembler.held().0, 0);
        }
    }
}

#[test]
fn parts_that_make_no_packet_spoil_it() {
    let whole = packet(false, 7, &data(64));
    for evil in [part(&whole, 0, 12, true), part(&whole, 8, 8, true)] {
        let mut reassembler = Reassembler::default();
        let sent = [&[evil][..], &cut(&whole, &[2])].concat();
        assert_eq!(completed(&mut reassembler, &sent), Vec::<Vec<u8>>::new());
        assert_eq!(reassembler.counts().overlapped, 1);
    }
}

#[test]
fn what_waits_too_long_is_given_up_and_counted_if_its_first_part_came() {
    let parts = cut(&packet(false, 7, &data(64)), &[2]);
    for (part, unfinished) in [(0, 1), (1, 0)] {
        let mut reassembler = Reassembler::default();
        reassembler.take(0, &parts[part]);
        reassembler.take(30 * SECOND_NS, &parts[part]);
        assert_eq!(reassembler.counts().unfinished, 0, "a repetition in time");
        reassembler.take(31 * SECOND_NS, &parts[2]);
        assert_eq!(reassembler.counts().unfinished, unfinished);
        assert_eq!(reassembler.held(), (16, 1));
    }
}

#[test]
fn the_oldest_gives_way() {
    let limits = Limits {
        packets: 4,
        ..Limits::default()
    };
    let mut reassembler = Reassembler::new(limits);
    let all: Vec<_> = (0..6)
        .map(|ident| cut(&packet(false, ident, &data(32)), &[2]))
        .collect();
    for (now_ns, parts) in (0..).zip(&all) {
        reassembler.take(now_ns, &parts[0]);
    }
    assert_eq!(reassembler.counts().unfinished, 2);
    for (ident, parts) in all.iter().enumerate().skip(2) {
        let taken = reassembler.take(9, &parts[1]);
        assert!(matches!(taken, Taken::Completed(_)), "{ident}");
    }
}

proptest! {
    #[test]
    fn any_order_with_repetitions_gives_the_packet_once(
        v6 in any::<bool>(),
        len in 9usize..600,
        sizes in proptest::collection::vec(1usize..12, 1..5),
        order in proptest::collection::vec(any::<u32>(), 80),
        repeated in proptest::collection::vec(any::<bool>(), 80),
    ) {
        let whole = packet(v6, 77, &data(len));
        let parts = cut(&whole, &sizes);
        let mut sent: Vec<(u32, Vec<u8>)> = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            sent.push((order[index], part.clone()));
        }
        sent.sort_by_key(|(place, _)| *place);
        // Each part is followed by its repetition, but the last: that would begin a packet anew.
        let last = sent.len() - 1;
        let sent: Vec<_> = sent
            .into_iter()
            .enumerate()
            .flat_map(|(index, (_, part))| {
                let times = if index < last && repeated[index] { 2 } else { 1 };
                iter::repeat_n(part, times)
            })
            .collect();
        let mut reassembler = Reassembler::default();
        let found = completed(&mut reassembler, &sent);
        if parts.len() == 1 {
            prop_assert!(found.is_empty());
        } else {
            prop_assert_eq!(found, vec![whole]);
            prop_assert_eq!(reassembler.counts(), Counts { reassembled: 1, ..Counts::default() });
        }
        prop_assert_eq!(reassembler.held(), (0, 0));
    }

    #[test]
    fn without_one_part_there_is_no_packet(
        v6 in any::<bool>(), len in 30usize..600, size in 1usize..4, lost in any::<proptest::sample::Index>(),
    ) {
        let mut parts = cut(&packet(v6, 77, &data(len)), &[size]);
        parts.remove(lost.index(parts.len()));
        let mut reassembler = Reassembler::default();
        prop_assert!(completed(&mut reassembler, &parts).is_empty());
        prop_assert_eq!(reassembler.counts(), Counts::default());
    }

    #[test]
    fn nothing_exceeds_the_limits(
        fragments in proptest::collection::vec((any::<bool>(), 0u16..9, 0usize..40, 1usize..40, any::<bool>()), 1..200),
    ) {
        let limits = Limits { packets: 5, bytes: 2_000, fragments: 7, wait_ns: 50 };
        let mut reassembler = Reassembler::new(limits);
        for (now_ns, (v6, ident, start, size, more)) in (0..).zip(fragments) {
            let whole = packet(v6, ident, &data(700));
            let start = start * 8;
            reassembler.take(now_ns, &part(&whole, start, start + size * 8, more));
            let (bytes, packets) = reassembler.held();
            prop_assert!(bytes <= limits.bytes && packets <= limits.packets);
            let held: usize = reassembler.partials.values().map(|partial| {
                partial.head.as_ref().map_or(0, Vec::len) + partial.pieces.values().map(Vec::len).sum::<usize>()
            }).sum();
            prop_assert_eq!(bytes, held);
        }
    }
}
