//! Against a TUN interface of a namespace of its own, behind which the test plays the network.
mod world;

use super::*;
use crate::testing::isolated;
use netsonde_wire::icmp::{Icmp, Object};
use netsonde_wire::mpls::Lse;
use netsonde_wire::udp::{self, Udp};
use world::{PAYLOAD, World, echo, error_in, exceeded, near, packet, router, target, udp_probe};

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
        world.link.send(0, b"no packet");
        world.link.send(
            0,
            &packet(near(false), target(false), protocol::TCP, 3, &[0; 20]),
        );
        let elsewhere = "192.0.2.200".parse().unwrap();
        let mut datagram = Vec::new();
        udp::emit(elsewhere, target(false), 1, 2, b"", &mut datagram);
        world.link.send(
            0,
            &packet(elsewhere, target(false), protocol::UDP, 3, &datagram),
        );
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
