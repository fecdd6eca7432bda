//! Between two namespaces, where the far kernel answers like any host behind a gateway.
mod pieces;
mod world;

use super::*;
use crate::routes::Routes;
use crate::sys;
use crate::testing::{ip, isolated, set, wait_for_address};
use std::io::Write;
use world::{BEHIND, Book, HERE, echo, introduce, link, send_routes, world};

fn everything_is_answered(make: &'static [&'static str], near: &'static str, far: &'static str) {
    isolated(move || {
        let _far = world(near, far, make);
        ip("link set lo up");
        let (mut link, _updates) = link(100_000);
        assert_eq!(link.rings.len(), 2, "one for each version");
        let mut book = Book::default();
        let targets = [BEHIND[0], BEHIND[1], HERE[0], HERE[1]];
        book.send(&mut link, &targets, 0..400);
        book.wait(&mut link);
        assert_eq!(book.sequences(), (0..400).collect::<Vec<_>>(), "each once");
        assert_eq!(book.sent_ns.len(), 400);
        let counters = link.counters();
        assert_eq!(
            (counters.sent, counters.refused, counters.dropped),
            (400, 0, 0)
        );
        assert_eq!(link.counters.received, 200, "half of them by the rings");
    });
}

#[test]
fn what_is_behind_a_gateway_goes_in_frames_and_the_rest_by_raw_sockets() {
    everything_is_answered(&[], "wire", "eriw");
}

#[test]
fn a_vlan_is_an_ethernet_of_its_own() {
    if !std::path::Path::new("/proc/net/vlan").exists() {
        eprintln!("skipped: this kernel has no VLANs");
        return;
    }
    everything_is_answered(
        &[
            "link add link wire name tagged type vlan id 77",
            "far link add link eriw name tagged type vlan id 77",
        ],
        "tagged",
        "tagged",
    );
}

#[test]
fn a_bridge_is_an_ethernet() {
    everything_is_answered(
        &["link add bridge type bridge", "link set wire master bridge"],
        "bridge",
        "eriw",
    );
}

#[test]
fn long_packets_come_once() {
    isolated(|| {
        let _far = world("wire", "eriw", &[]);
        let (mut link, _updates) = link(1_000);
        let mut book = Book::default();
        for (sequence, (target, size)) in (0..).zip([
            (BEHIND[0], 500),
            (BEHIND[0], 600),
            (BEHIND[0], 1_400),
            (BEHIND[1], 1_200),
            (BEHIND[1], 1_400),
        ]) {
            link.send(
                sequence,
                &echo(target, u16::try_from(sequence).unwrap(), size),
            );
        }
        link.flush();
        book.wait(&mut link);
        assert_eq!(book.sequences(), [0, 1, 2, 3, 4]);
    });
}

#[test]
fn an_interface_that_goes_down_ends_in_refusals() {
    isolated(|| {
        let far = world("wire", "eriw", &[]);
        let (mut link, mut updates) = link(100_000);
        let mut book = Book::default();
        book.send(&mut link, &BEHIND, 0..10);
        book.wait(&mut link);
        ip("link set wire down");
        book.send(&mut link, &BEHIND, 10..100);
        book.wait(&mut link);
        assert_eq!(book.received.len(), 10);
        let counters = link.counters();
        assert_eq!((counters.sent, counters.refused), (10, 90));
        assert_eq!(counters.refused_errno, Some(libc::ENETDOWN));
        // The parent tells of it: nothing is tried any more.
        send_routes(&mut updates, &Routes::read().unwrap().egress());
        book.wait(&mut link);
        assert_eq!(link.egress.interfaces(), []);
        link.send(200, &echo(BEHIND[0], 200, 16));
        assert_eq!(link.counters().refused_errno, Some(libc::ENETDOWN));
        assert_eq!(link.counters().refused, 91);
        // And back: the interface is the same, and so are its sockets.
        ip("link set wire up");
        ip("address add 2001:db8::1/64 dev wire nodad");
        ip("route add default via 10.0.0.2");
        ip("-6 route add default via 2001:db8::2");
        wait_for_address("2001:db8::1");
        introduce(&far, "wire", "eriw");
        let mut routes = Routes::read().unwrap();
        routes.resolve().unwrap();
        send_routes(&mut updates, &routes.egress());
        book.wait(&mut link);
        book.send(&mut link, &BEHIND, 300..310);
        book.wait(&mut link);
        assert_eq!(book.received.len(), 20);
        drop(far);
    });
}

#[test]
fn a_route_that_changes_changes_the_way() {
    isolated(|| {
        let far = world("wire", "eriw", &[]);
        // Another gateway, whose hardware address is known, and wrong.
        ip("neighbour add 10.0.0.3 lladdr 02:00:00:00:00:99 dev wire");
        let (mut link, mut updates) = link(100_000);
        let mut book = Book::default();
        ip("route add 198.51.100.0/24 via 10.0.0.3");
        send_routes(&mut updates, &Routes::read().unwrap().egress());
        book.wait(&mut link);
        book.send(&mut link, &BEHIND[..1], 0..4);
        book.wait(&mut link);
        assert_eq!((book.received.len(), link.counters().sent), (0, 4));
        // Both gateways know the way now.
        ip("neighbour del 10.0.0.3 dev wire");
        far.ip("address add 10.0.0.3/24 dev eriw");
        let mut routes = Routes::read().unwrap();
        routes.resolve().unwrap();
        send_routes(&mut updates, &routes.egress());
        book.wait(&mut link);
        book.send(&mut link, &BEHIND[..1], 10..14);
        book.wait(&mut link);
        assert_eq!(book.sequences(), [10, 11, 12, 13]);
        // A table that is none changes nothing, and the end of the pipe neither.
        let mut frame = Vec::new();
        stream::push_frame(&mut frame, ROUTES, |out| out.push(7));
        updates.write_all(&frame).unwrap();
        drop(updates);
        book.wait(&mut link);
        book.send(&mut link, &BEHIND[..1], 20..24);
        book.wait(&mut link);
        assert_eq!(book.received.len(), 8);
    });
}

#[test]
fn what_a_ring_has_no_room_for_is_counted() {
    isolated(|| {
        let _far = world("wire", "eriw", &[]);
        let (mut link, _updates) = link(1);
        assert_eq!(blocks(1), BLOCKS_MIN);
        let mut book = Book::default();
        let total = 8_000u16;
        for sequence in 0..total {
            while !link.has_room() {
                // Tells of what left, and reads no ring.
                link.sender
                    .settle(0, &mut |serial, sent_ns| book.handle_sent(serial, sent_ns));
                sys::poll::pause(1_000);
            }
            link.send(sequence.into(), &echo(BEHIND[0], sequence, 16));
            link.flush();
        }
        book.wait(&mut link);
        sys::poll::pause(2 * STATISTICS_NS);
        link.receive(Ready::default(), &mut book);
        let counters = link.counters();
        assert_eq!(counters.sent, u64::from(total));
        assert!(counters.dropped > 0);
        assert_eq!(counters.received + counters.dropped, u64::from(total));
    });
}

#[test]
fn packets_for_others_and_of_other_programs_stay_out() {
    isolated(|| {
        let _far = world("wire", "eriw", &[]);
        set("net/ipv4/icmp_echo_ignore_all 0");
        let (mut link, _updates) = link(1_000);
        let mut book = Book::default();
        // Another program's identifier, from an address that is not ours, and one that is no packet.
        let mut other = echo(BEHIND[0], 3, 16);
        other[24] = 0xee;
        link.send(0, &other);
        let mut stranger = echo(BEHIND[0], 4, 16);
        stranger[15] = 0x7e;
        link.send(1, &stranger);
        link.send(2, b"no packet");
        link.flush();
        book.wait(&mut link);
        let counters = link.counters();
        assert_eq!(
            (counters.received, counters.sent, counters.refused),
            (0, 2, 1)
        );
    });
}
