//! Against a TUN interface of a namespace of its own, behind which the test plays the network.
use super::*;
use crate::broker::{Families, open_unprivileged};
use crate::testing::{ip, isolated};
use crate::tun::Tun;
use crate::{monotonic_ns, poll, sys};
use netsonde_wire::icmp::{
    ErrorBuild, ExtensionStyle, Icmp, IcmpError, Object, emit_echo, emit_label_stack,
};
use netsonde_wire::ip::IpBuild;
use netsonde_wire::mpls::Lse;
use netsonde_wire::udp::{self, Udp};
use std::net::IpAddr;

const PAYLOAD: &[u8] = b"0123456789ab";

/// The link, and the interface through which everything leaves.
struct World {
    link: UnprivilegedLink,
    tun: Tun,
}

impl World {
    fn new() -> Self {
        let (tun, _) = Tun::open("sonde0").unwrap();
        std::fs::write("/proc/sys/net/ipv4/ping_group_range", "0 0").unwrap();
        ip("addr add 192.0.2.1/24 dev sonde0");
        ip("addr add 2001:db8::1/64 dev sonde0 nodad");
        ip("link set sonde0 up");
        ip("route add default dev sonde0");
        ip("-6 route add default dev sonde0");
        let descriptors = open_unprivileged(Families { v4: true, v6: true }).unwrap();
        Self {
            link: UnprivilegedLink::new(descriptors),
            tun,
        }
    }

    /// Sends a probe; returns it as it left the host.
    fn send(&mut self, probe: &[u8]) -> Vec<u8> {
        self.link.send(probe);
        let destination = netsonde_wire::ip::destination(probe);
        let mut buffer = [0; 2048];
        loop {
            let ready =
                poll::wait(&[self.tun.as_fd()], Some(monotonic_ns() + 1_000_000_000)).unwrap();
            assert!(
                ready.contains(0),
                "nothing left the host: {:?}",
                self.link.counters()
            );
            let length = self.tun.read(&mut buffer).unwrap().unwrap();
            // The kernel sends packets of its own, such as router solicitations.
            if netsonde_wire::ip::destination(&buffer[..length]) == destination {
                return buffer[..length].to_vec();
            }
        }
    }

    /// Answers; returns what the link makes of it.
    fn answer(&mut self, packet: &[u8]) -> Vec<u8> {
        let start_ns = monotonic_ns();
        assert!(self.tun.write(packet).unwrap());
        let arrived_ns = monotonic_ns();
        let deadline_ns = Some(arrived_ns + 1_000_000_000);
        let ready = poll::wait(&self.link.descriptors(), deadline_ns).unwrap();
        // A program that is slow to read: the time of the packet stays that of its arrival.
        sys::poll::pause(50_000_000);
        let mut got = Vec::new();
        self.link.receive(ready, &mut |received_ns, packet| {
            let (early_ns, late_ns) = (start_ns - 1_000_000, arrived_ns + 25_000_000);
            assert!(
                (early_ns..late_ns).contains(&received_ns),
                "{start_ns} {received_ns}"
            );
            got.push(packet.to_vec());
        });
        assert_eq!(got.len(), 1, "{:?}", self.link.counters());
        got.remove(0)
    }
}

fn near(v6: bool) -> IpAddr {
    if v6 {
        "2001:db8::1".parse().unwrap()
    } else {
        "192.0.2.1".parse().unwrap()
    }
}

fn router(v6: bool) -> IpAddr {
    if v6 {
        "2001:db8:5::9".parse().unwrap()
    } else {
        "198.51.100.9".parse().unwrap()
    }
}

fn target(v6: bool) -> IpAddr {
    if v6 {
        "2001:db8:7::7".parse().unwrap()
    } else {
        "203.0.113.7".parse().unwrap()
    }
}

fn packet(source: IpAddr, destination: IpAddr, protocol: u8, ttl: u8, payload: &[u8]) -> Vec<u8> {
    let build = IpBuild {
        source,
        destination,
        protocol,
        ttl,
        tos: 0x20,
        ident: 5,
        flow_label: 0,
        dont_fragment: false,
    };
    let mut out = Vec::new();
    build.emit(payload, &mut out);
    out
}

fn udp_probe(v6: bool, source_port: u16, destination_port: u16, payload: &[u8]) -> Vec<u8> {
    let mut datagram = Vec::new();
    udp::emit(
        near(v6),
        target(v6),
        source_port,
        destination_port,
        payload,
        &mut datagram,
    );
    packet(near(v6), target(v6), protocol::UDP, 3, &datagram)
}

fn echo(v6: bool, from: IpAddr, to: IpAddr, is_reply: bool, ident: u16, ttl: u8) -> Vec<u8> {
    let mut message = Vec::new();
    emit_echo(from, to, is_reply, ident, 77, PAYLOAD, &mut message);
    packet(
        from,
        to,
        if v6 { protocol::ICMPV6 } else { protocol::ICMP },
        ttl,
        &message,
    )
}

/// Time exceeded in transit, from the router, with a label stack if one is given.
fn exceeded(v6: bool, quote: &[u8], stack: &[Lse]) -> Vec<u8> {
    let mut objects = Vec::new();
    if !stack.is_empty() {
        emit_label_stack(stack, &mut objects);
    }
    let build = ErrorBuild {
        icmp_type: if v6 { 3 } else { 11 },
        icmp_code: 0,
        rest: 0,
        quote,
        objects: &objects,
        style: ExtensionStyle::Rfc4884,
    };
    let mut message = Vec::new();
    build.emit(router(v6), near(v6), &mut message);
    packet(
        router(v6),
        near(v6),
        if v6 { protocol::ICMPV6 } else { protocol::ICMP },
        250,
        &message,
    )
}

fn error_in(message: &[u8], v6: bool) -> IcmpError<'_> {
    match Icmp::parse(message, v6).unwrap() {
        Icmp::Error(error) => error,
        other => panic!("no error: {other:?}"),
    }
}

#[test]
fn a_probe_leaves_as_asked_but_for_its_source_port() {
    isolated(|| {
        let mut world = World::new();
        for v6 in [false, true] {
            let left = world.send(&udp_probe(v6, 40_000, 33_500, PAYLOAD));
            let left = IpPacket::parse(&left).unwrap();
            assert_eq!(
                (left.header.source, left.header.ttl, left.header.tos),
                (near(v6), 3, 0x20)
            );
            let datagram = Udp::parse(left.payload).unwrap();
            assert_eq!(
                (datagram.destination_port, datagram.payload),
                (33_500, PAYLOAD)
            );
        }
    });
}

#[test]
fn an_error_quotes_the_probe_as_it_was_built() {
    isolated(|| {
        let mut world = World::new();
        for v6 in [false, true] {
            let probe = udp_probe(v6, 40_000, 33_500, PAYLOAD);
            let left = world.send(&probe);
            let heard = world.answer(&exceeded(v6, &left, &[]));
            let heard = IpPacket::parse(&heard).unwrap();
            assert_eq!(
                (heard.header.source, heard.header.destination),
                (router(v6), near(v6))
            );
            assert_eq!(heard.header.ttl, 250, "the TTL of the reply is seen");
            assert!(Icmp::checksum_ok(heard.payload, router(v6), near(v6)));
            let error = error_in(heard.payload, v6);
            assert_eq!(error.icmp_type, if v6 { 3 } else { 11 });
            assert_eq!(&error.quote[..probe.len()], &probe[..]);
            assert!(error.extensions.is_none());
        }
    });
}

#[test]
fn a_short_quote_stays_short() {
    isolated(|| {
        let mut world = World::new();
        let probe = udp_probe(false, 40_000, 33_500, PAYLOAD);
        let left = world.send(&probe);
        let heard = world.answer(&exceeded(false, &left[..28], &[]));
        let error = error_in(&heard[20..], false);
        assert_eq!(error.quote, &probe[..28]);
    });
}

#[test]
fn labels_come_through_the_error_queue() {
    isolated(|| {
        let mut world = World::new();
        let stack = [
            Lse {
                label: 16_001,
                tc: 0,
                bottom: false,
                ttl: 1,
            },
            Lse {
                label: 7,
                tc: 1,
                bottom: true,
                ttl: 2,
            },
        ];
        for v6 in [false, true] {
            let left = world.send(&udp_probe(v6, 40_000, 33_500, PAYLOAD));
            let heard = world.answer(&exceeded(v6, &left, &stack));
            let heard = IpPacket::parse(&heard).unwrap();
            let error = error_in(heard.payload, v6);
            let extensions = error
                .extensions
                .expect("Linux 5.9 or later passes extensions on");
            assert_eq!(extensions.checksum_ok(), Some(true));
            let Some(Object::LabelStack { raw }) = extensions.objects().next() else {
                panic!("no labels")
            };
            assert!(netsonde_wire::mpls::entries(raw).eq(stack), "v6 {v6}");
        }
    });
}

#[test]
fn source_ports_are_told_apart() {
    isolated(|| {
        let mut world = World::new();
        let probes: Vec<_> = (0..20u8)
            .map(|port| udp_probe(false, 40_000 + u16::from(port), 33_500, &[port; 12]))
            .collect();
        let left: Vec<_> = probes.iter().map(|probe| world.send(probe)).collect();
        for (probe, left) in probes.iter().zip(&left) {
            let heard = world.answer(&exceeded(false, left, &[]));
            let error = error_in(&heard[20..], false);
            assert_eq!(
                &error.quote[..probe.len()],
                &probe[..],
                "more ports than sockets: the payload decides"
            );
        }
    });
}

#[test]
fn a_udp_reply_goes_to_the_port_of_its_probe() {
    isolated(|| {
        let mut world = World::new();
        for v6 in [false, true] {
            let left = world.send(&udp_probe(v6, 40_000, 33_500, PAYLOAD));
            let parsed = IpPacket::parse(&left).unwrap();
            let asked = Udp::parse(parsed.payload).unwrap();
            let mut datagram = Vec::new();
            udp::emit(
                target(v6),
                near(v6),
                33_500,
                asked.source_port,
                b"answer",
                &mut datagram,
            );
            let heard = world.answer(&packet(target(v6), near(v6), protocol::UDP, 61, &datagram));
            let heard = IpPacket::parse(&heard).unwrap();
            let answer = Udp::parse(heard.payload).unwrap();
            assert_eq!(
                (answer.source_port, answer.destination_port, answer.payload),
                (33_500, 40_000, &b"answer"[..])
            );
            assert_eq!((heard.header.ttl, heard.header.source), (61, target(v6)));
        }
    });
}

#[test]
fn an_echo_keeps_its_identifier() {
    isolated(|| {
        let mut world = World::new();
        for v6 in [false, true] {
            let left = world.send(&echo(v6, near(v6), target(v6), false, 0x1234, 9));
            let left = IpPacket::parse(&left).unwrap();
            assert_eq!(left.header.ttl, 9);
            let Icmp::EchoRequest {
                ident,
                sequence: 77,
                payload: PAYLOAD,
            } = Icmp::parse(left.payload, v6).unwrap()
            else {
                panic!("no request")
            };
            let heard = world.answer(&echo(v6, target(v6), near(v6), true, ident, 55));
            let heard = IpPacket::parse(&heard).unwrap();
            assert!(Icmp::checksum_ok(heard.payload, target(v6), near(v6)));
            let reply = Icmp::parse(heard.payload, v6).unwrap();
            assert!(
                matches!(
                    reply,
                    Icmp::EchoReply {
                        ident: 0x1234,
                        sequence: 77,
                        payload: PAYLOAD
                    }
                ),
                "{reply:?}"
            );
            assert_eq!(heard.header.ttl, 55);
        }
    });
}

#[test]
fn an_echo_that_expired_is_quoted_with_its_identifier() {
    isolated(|| {
        let mut world = World::new();
        for v6 in [false, true] {
            let probe = echo(v6, near(v6), target(v6), false, 0x1234, 2);
            let left = world.send(&probe);
            let heard = world.answer(&exceeded(v6, &left, &[]));
            let heard = IpPacket::parse(&heard).unwrap();
            let error = error_in(heard.payload, v6);
            assert_eq!(&error.quote[..probe.len()], &probe[..]);
        }
    });
}

#[test]
fn what_a_socket_cannot_do_is_refused() {
    isolated(|| {
        let mut world = World::new();
        world.link.send(b"no packet");
        world.link.send(&packet(
            near(false),
            target(false),
            protocol::TCP,
            3,
            &[0; 20],
        ));
        let elsewhere = "192.0.2.200".parse().unwrap();
        let mut datagram = Vec::new();
        udp::emit(elsewhere, target(false), 1, 2, b"", &mut datagram);
        world.link.send(&packet(
            elsewhere,
            target(false),
            protocol::UDP,
            3,
            &datagram,
        ));
        let counters = world.link.counters();
        assert_eq!((counters.sent, counters.refused), (0, 3), "{counters:?}");
    });
}

#[test]
fn an_error_does_not_stop_the_next_probe() {
    isolated(|| {
        let mut world = World::new();
        let left = world.send(&udp_probe(false, 40_000, 33_500, PAYLOAD));
        // Written but not read by the link: the kernel now holds an error for that socket.
        assert!(world.tun.write(&exceeded(false, &left, &[])).unwrap());
        world.send(&udp_probe(false, 40_000, 33_501, PAYLOAD));
        assert_eq!(world.link.counters().refused, 0);
    });
}
