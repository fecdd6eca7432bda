//! Between two namespaces, where the far kernel answers like any host behind a gateway.
use super::*;
use crate::broker::{Families, open_packet};
use crate::filter::Scope;
use crate::routes::Routes;
use crate::testing::{Far, ip, isolated, set, wait_for_address};
use crate::{poll, sys};
use netsonde_wire::icmp::{Icmp, emit_echo};
use netsonde_wire::ip::{IpBuild, IpPacket, protocol};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::net::UnixStream;

const IDENT: u16 = 7;
const BOTH: Families = Families { v4: true, v6: true };
/// Behind the gateway, and on this host.
const BEHIND: [&str; 2] = ["198.51.100.9", "2001:db8:9::9"];
const HERE: [&str; 2] = ["127.0.0.1", "::1"];

/// A namespace behind `near`, the interface of this one, which is the end of a veth pair or made of it.
fn world(near: &str, far: &str, make: &[&str]) -> Far {
    let other = Far::new();
    ip("link add wire type veth peer name eriw");
    ip(&format!("link set eriw netns {}", other.path));
    other.ip("link set eriw up");
    ip("link set wire up");
    for command in make {
        match command.strip_prefix("far ") {
            Some(command) => other.ip(command),
            None => ip(command),
        }
    }
    ip(&format!("link set {near} up"));
    ip(&format!("address add 10.0.0.1/24 dev {near}"));
    ip(&format!("address add 2001:db8::1/64 dev {near} nodad"));
    for command in [
        "link set lo up",
        &format!("link set {far} up"),
        &format!("address add 10.0.0.2/24 dev {far}"),
        &format!("address add 2001:db8::2/64 dev {far} nodad"),
        "address add 198.51.100.9/32 dev lo",
        "address add 2001:db8:9::9/128 dev lo nodad",
        "set net/ipv4/icmp_ratelimit 0",
    ] {
        other.ip(command);
    }
    ip("route add default via 10.0.0.2");
    ip("-6 route add default via 2001:db8::2");
    wait_for_address("2001:db8::1");
    introduce(&other, near, far);
    other
}

/// Neighbours know each other: an interface that was just set up loses the first solicitation of a second.
fn introduce(other: &Far, near: &str, far: &str) {
    ip(&format!("link set {near} address 02:00:00:00:00:01"));
    other.ip(&format!("link set {far} address 02:00:00:00:00:02"));
    ip(&format!(
        "neighbour replace 2001:db8::2 lladdr 02:00:00:00:00:02 dev {near}"
    ));
    other.ip(&format!(
        "neighbour replace 2001:db8::1 lladdr 02:00:00:00:00:01 dev {far}"
    ));
}

/// A link on the routes as they are, and the writing end of its updates.
fn link(rate_pps: u32) -> (PacketLink, File) {
    let mut routes = Routes::read().unwrap();
    routes.resolve().unwrap();
    let egress = routes.egress();
    let scope = Scope {
        idents: IDENT..=IDENT,
        ports: 61_000..=61_999,
        udp_replies: true,
    };
    let interfaces = egress.interfaces();
    let mut opened = open_packet(BOTH, &scope, &interfaces, &routes.addresses()).unwrap();
    let (updates, writer) = UnixStream::pair().unwrap();
    let (socket, role) = (OwnedFd::from(updates), Role::Routes);
    opened.push(Descriptor { role, socket });
    let mut writer = File::from(OwnedFd::from(writer));
    send_routes(&mut writer, &egress);
    let mut link = PacketLink::new(opened, rate_pps).unwrap();
    link.start().unwrap();
    (link, writer)
}

fn send_routes(writer: &mut File, egress: &Egress) {
    let mut frame = Vec::new();
    stream::push_frame(&mut frame, ROUTES, |out| out.extend(egress.to_bytes()));
    writer.write_all(&frame).unwrap();
}

fn echo(target: &str, sequence: u16, size: usize) -> Vec<u8> {
    let target: IpAddr = target.parse().unwrap();
    let v6 = target.is_ipv6();
    let source: IpAddr = match (target.is_loopback(), v6) {
        (true, _) => target,
        (false, false) => "10.0.0.1".parse().unwrap(),
        (false, true) => "2001:db8::1".parse().unwrap(),
    };
    let mut message = Vec::new();
    let payload = vec![1; size];
    emit_echo(
        source,
        target,
        false,
        IDENT,
        sequence,
        &payload,
        &mut message,
    );
    let header = IpBuild {
        source,
        destination: target,
        protocol: if v6 { protocol::ICMPV6 } else { protocol::ICMP },
        ttl: 9,
        tos: 0,
        ident: 5,
        flow_label: 0,
        dont_fragment: false,
    };
    let mut packet = Vec::new();
    header.emit(&message, &mut packet);
    packet
}

/// What came of each sequence number, and that nothing came before it had left.
#[derive(Default)]
struct Book {
    sent_ns: BTreeMap<u32, u64>,
    received: Vec<(u16, u64)>,
}

impl Sink for Book {
    fn handle_sent(&mut self, serial: u32, sent_ns: u64) {
        assert!(self.sent_ns.insert(serial, sent_ns).is_none(), "told twice");
    }

    fn handle_packet(&mut self, received_ns: u64, packet: &[u8]) {
        let parsed = IpPacket::parse(packet).unwrap();
        let v6 = parsed.header.source.is_ipv6();
        if let Ok(Icmp::EchoReply { sequence, .. }) = Icmp::parse(parsed.payload, v6) {
            let sent_ns = self.sent_ns.get(&u32::from(sequence));
            let sent_ns = sent_ns.expect("it left before its reply came");
            // The moment within a batch is estimated, but the batch is short.
            assert!(
                *sent_ns < received_ns + 1_000_000,
                "{sent_ns} {received_ns}"
            );
            self.received.push((sequence, received_ns));
        }
    }
}

impl Book {
    /// Waits until nothing more has come for 60 ms.
    fn wait(&mut self, link: &mut PacketLink) {
        loop {
            let deadline_ns = Some(monotonic_ns() + 60_000_000);
            let ready = poll::wait(&link.descriptors(), deadline_ns).unwrap();
            link.receive(ready, self);
            if ready.is_empty() {
                return;
            }
        }
    }

    fn sequences(&self) -> Vec<u16> {
        let mut sequences: Vec<u16> = self
            .received
            .iter()
            .map(|(sequence, _)| *sequence)
            .collect();
        sequences.sort_unstable();
        sequences
    }

    /// Sends echo requests, waiting for room as the loop does.
    fn send(&mut self, link: &mut PacketLink, targets: &[&str], sequences: std::ops::Range<u16>) {
        for sequence in sequences {
            while !link.has_room() {
                let deadline_ns = Some(monotonic_ns() + 1_000_000);
                let ready = poll::wait(&link.descriptors(), deadline_ns).unwrap();
                link.receive(ready, self);
            }
            let target = targets[usize::from(sequence) % targets.len()];
            link.send(sequence.into(), &echo(target, sequence, 16));
            if sequence % 8 == 0 {
                link.flush();
            }
        }
        link.flush();
    }
}

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
fn long_packets_and_fragments_come_once() {
    isolated(|| {
        let far = world("wire", "eriw", &[]);
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
        // The way back is narrower: the reply comes in two fragments.
        far.ip("link set eriw mtu 1280");
        let packet = echo(BEHIND[0], 5, 1_250);
        ip("link set wire mtu 1500");
        link.send(5, &packet);
        link.flush();
        book.wait(&mut link);
        assert_eq!(book.sequences(), [0, 1, 2, 3, 4, 5]);
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
