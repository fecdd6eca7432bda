//! Replies in fragments and in frames of VLANs, from a real kernel and made by hand.
use super::super::*;
use super::world::{BEHIND, Book, echo, frame, link, reply, world};
use crate::testing::{Far, isolated};

/// A far side that is silent but for what it is told to send.
fn silent() -> Far {
    let far = world("wire", "eriw", &[]);
    far.ip("set net/ipv4/icmp_echo_ignore_all 1");
    far.ip("set net/ipv6/icmp/echo_ignore_all 1");
    far
}

fn ask(link: &mut PacketLink, book: &mut Book, requests: &[(u16, &str, usize)]) {
    for (sequence, target, size) in requests {
        link.send((*sequence).into(), &echo(target, *sequence, *size));
    }
    link.flush();
    book.wait(link);
}

#[test]
fn replies_that_a_narrow_way_back_cuts_are_put_together() {
    isolated(|| {
        let far = world("wire", "eriw", &[]);
        far.ip("route replace 10.0.0.0/24 dev eriw mtu 300");
        far.ip("-6 route replace 2001:db8::/64 dev eriw metric 256 mtu 1280");
        let (mut link, _updates) = link(1_000);
        let mut book = Book::default();
        // One that rings take, one that the kernel puts together, and one of IPv6.
        let requests = [
            (0, BEHIND[0], 400),
            (1, BEHIND[0], 1_400),
            (2, BEHIND[1], 1_400),
        ];
        ask(&mut link, &mut book, &requests);
        assert_eq!(book.sequences(), [0, 1, 2]);
        book.lengths.sort_unstable();
        assert_eq!(book.lengths, [28 + 400, 28 + 1_400, 48 + 8 + 1_400]);
        let counters = link.counters();
        assert_eq!((counters.reassembled, counters.overlapped), (2, 0));
    });
}

#[test]
fn a_round_trip_ends_with_the_last_fragment() {
    isolated(|| {
        let far = silent();
        let (mut link, _updates) = link(1_000);
        let mut book = Book::default();
        ask(&mut link, &mut book, &[(0, BEHIND[1], 16)]);
        let whole = reply(BEHIND[1], 0, 16, true);
        let [first, last] = halves(&whole);
        far.send("eriw", &frame(None, &last));
        book.wait(&mut link);
        let half_ns = monotonic_ns();
        assert_eq!(book.sequences(), []);
        far.send("eriw", &frame(None, &first));
        book.wait(&mut link);
        assert_eq!(book.sequences(), [0]);
        assert!(book.received[0].1 >= half_ns);
    });
}

/// An IPv6 packet with a fragment header, in two parts of which the first has 16 octets.
fn halves(whole: &[u8]) -> [Vec<u8>; 2] {
    let mut first = whole[..48 + 16].to_vec();
    first[4..6].copy_from_slice(&24u16.to_be_bytes());
    first[43] = 1;
    let mut last = [&whole[..48], &whole[48 + 16..]].concat();
    let length = u16::try_from(last.len() - 40).unwrap();
    last[4..6].copy_from_slice(&length.to_be_bytes());
    last[43] = 16;
    [first, last]
}

#[test]
fn a_fragment_that_is_the_whole_packet_comes_once() {
    isolated(|| {
        let far = silent();
        let (mut link, _updates) = link(1_000);
        let mut book = Book::default();
        ask(
            &mut link,
            &mut book,
            &[(0, BEHIND[1], 16), (1, BEHIND[1], 1_400)],
        );
        for (sequence, size) in [(0, 16), (1, 1_300)] {
            far.send(
                "eriw",
                &frame(None, &reply(BEHIND[1], sequence, size, true)),
            );
        }
        book.wait(&mut link);
        assert_eq!(book.sequences(), [0, 1]);
    });
}

#[test]
fn overlapping_fragments_are_no_reply() {
    isolated(|| {
        let far = silent();
        let (mut link, _updates) = link(1_000);
        let mut book = Book::default();
        ask(&mut link, &mut book, &[(0, BEHIND[1], 16)]);
        let [first, last] = halves(&reply(BEHIND[1], 0, 16, true));
        let mut other = first.clone();
        other[60] ^= 1;
        for fragment in [&first, &other, &last, &first] {
            far.send("eriw", &frame(None, fragment));
        }
        book.wait(&mut link);
        assert_eq!((book.received.len(), link.counters().overlapped), (0, 1));
    });
}

#[test]
fn frames_of_a_vlan_are_not_ours_and_priority_tags_do_not_matter() {
    isolated(|| {
        let far = silent();
        let (mut link, _updates) = link(1_000);
        let mut book = Book::default();
        ask(
            &mut link,
            &mut book,
            &[(0, BEHIND[0], 16), (1, BEHIND[1], 16)],
        );
        for (sequence, target) in [(0, BEHIND[0]), (1, BEHIND[1])] {
            let packet = reply(target, sequence, 16, false);
            far.send("eriw", &frame(Some(77), &packet));
        }
        book.wait(&mut link);
        assert_eq!(book.sequences(), [], "of VLAN 77");
        for (sequence, target) in [(0, BEHIND[0]), (1, BEHIND[1])] {
            // Priority 5, and no VLAN (IEEE 802.1Q).
            let packet = reply(target, sequence, 16, false);
            far.send("eriw", &frame(Some(5 << 13), &packet));
        }
        book.wait(&mut link);
        assert_eq!(book.sequences(), [0, 1]);
    });
}
