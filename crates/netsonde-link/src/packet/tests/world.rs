//! Two namespaces, a link between them, and a book of what went and came.
use super::super::*;
use crate::broker::{Families, open_packet};
use crate::filter::Scope;
use crate::poll;
use crate::routes::Routes;
use crate::testing::{Far, ip, wait_for_address};
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
pub(super) const BEHIND: [&str; 2] = ["198.51.100.9", "2001:db8:9::9"];
pub(super) const HERE: [&str; 2] = ["127.0.0.1", "::1"];

/// A namespace behind `near`, the interface of this one, which is the end of a veth pair or made of it.
pub(super) fn world(near: &str, far: &str, make: &[&str]) -> Far {
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
pub(super) fn introduce(other: &Far, near: &str, far: &str) {
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
pub(super) fn link(rate_pps: u32) -> (PacketLink, File) {
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

pub(super) fn send_routes(writer: &mut File, egress: &Egress) {
    let mut frame = Vec::new();
    stream::push_frame(&mut frame, ROUTES, |out| out.extend(egress.to_bytes()));
    writer.write_all(&frame).unwrap();
}

/// An echo request from here.
pub(super) fn echo(target: &str, sequence: u16, size: usize) -> Vec<u8> {
    let target: IpAddr = target.parse().unwrap();
    let v6 = target.is_ipv6();
    let source: IpAddr = match (target.is_loopback(), v6) {
        (true, _) => target,
        (false, false) => "10.0.0.1".parse().unwrap(),
        (false, true) => "2001:db8::1".parse().unwrap(),
    };
    message(source, target, false, sequence, size)
}

/// The reply to it, with a fragment header if it is of IPv6 and has one.
pub(super) fn reply(target: &str, sequence: u16, size: usize, is_fragment: bool) -> Vec<u8> {
    let request = IpPacket::parse(&echo(target, sequence, size))
        .unwrap()
        .header;
    let (source, destination) = (request.destination, request.source);
    let whole = message(source, destination, true, sequence, size);
    if !is_fragment {
        return whole;
    }
    let mut longer = [&whole[..40], &[58, 0, 0, 0, 0, 0, 0, 9], &whole[40..]].concat();
    longer[6] = 44;
    let length = u16::try_from(longer.len() - 40).unwrap();
    longer[4..6].copy_from_slice(&length.to_be_bytes());
    longer
}

fn message(source: IpAddr, target: IpAddr, is_reply: bool, sequence: u16, size: usize) -> Vec<u8> {
    let mut message = Vec::new();
    let payload = vec![1; size];
    emit_echo(
        source,
        target,
        is_reply,
        IDENT,
        sequence,
        &payload,
        &mut message,
    );
    let header = IpBuild {
        source,
        destination: target,
        protocol: if target.is_ipv6() {
            protocol::ICMPV6
        } else {
            protocol::ICMP
        },
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

/// A frame to this side, of a VLAN if one is given.
pub(super) fn frame(vlan: Option<u16>, packet: &[u8]) -> Vec<u8> {
    let kind: &[u8] = if packet[0] >> 4 == 6 {
        &[0x86, 0xdd]
    } else {
        &[8, 0]
    };
    let tag = vlan.map_or(Vec::new(), |vlan| {
        [&[0x81, 0][..], &vlan.to_be_bytes()].concat()
    });
    let ends = [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]].concat();
    [&ends, &tag, kind, packet].concat()
}

/// What came of each sequence number, and that nothing came before it had left.
#[derive(Default)]
pub(super) struct Book {
    pub(super) sent_ns: BTreeMap<u32, u64>,
    pub(super) received: Vec<(u16, u64)>,
    /// How long the packets are.
    pub(super) lengths: Vec<usize>,
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
            self.lengths.push(packet.len());
        }
    }
}

impl Book {
    /// Waits until nothing more has come for 60 ms.
    pub(super) fn wait(&mut self, link: &mut PacketLink) {
        loop {
            let deadline_ns = Some(monotonic_ns() + 60_000_000);
            let ready = poll::wait(&link.descriptors(), deadline_ns).unwrap();
            link.receive(ready, self);
            if ready.is_empty() {
                return;
            }
        }
    }

    pub(super) fn sequences(&self) -> Vec<u16> {
        let mut sequences: Vec<u16> = self
            .received
            .iter()
            .map(|(sequence, _)| *sequence)
            .collect();
        sequences.sort_unstable();
        sequences
    }

    /// Sends echo requests, waiting for room as the loop does.
    pub(super) fn send(
        &mut self,
        link: &mut PacketLink,
        targets: &[&str],
        sequences: std::ops::Range<u16>,
    ) {
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
