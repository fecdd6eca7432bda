//! Against the loopback of a namespace of its own, where the kernel answers like any host.
use super::*;
use crate::broker::{Families, open_raw};
use crate::filter::Scope;
use crate::sys::socket::set_int;
use crate::testing::{ip, isolated, wait_for_address};
use crate::tun::Tun;
use crate::{monotonic_ns, poll, sys};
use netsonde_wire::icmp::{ErrorKind, Icmp, emit_echo};
use netsonde_wire::ip::IpPacket;
use netsonde_wire::{tcp, udp};
use std::net::UdpSocket;

const BOTH: Families = Families { v4: true, v6: true };

fn link() -> RawLink {
    let scope = Scope {
        idents: 7..=7,
        ports: 61_000..=61_999,
        udp_replies: true,
    };
    RawLink::new(open_raw(BOTH, &scope).unwrap())
}

fn localhost(v6: bool) -> IpAddr {
    if v6 {
        "::1".parse().unwrap()
    } else {
        "127.0.0.1".parse().unwrap()
    }
}

fn packet(v6: bool, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let address = localhost(v6);
    let header = IpBuild {
        source: address,
        destination: address,
        protocol,
        ttl: 9,
        tos: 0x20,
        ident: 5,
        flow_label: 0x12345,
        dont_fragment: true,
    };
    let mut packet = Vec::new();
    header.emit(payload, &mut packet);
    packet
}

fn echo(v6: bool, ident: u16, sequence: u16) -> Vec<u8> {
    let mut message = Vec::new();
    emit_echo(
        localhost(v6),
        localhost(v6),
        false,
        ident,
        sequence,
        b"sonde",
        &mut message,
    );
    packet(
        v6,
        if v6 { protocol::ICMPV6 } else { protocol::ICMP },
        &message,
    )
}

/// What comes until nothing more has come for 50 ms.
fn replies(link: &mut RawLink) -> Vec<(u64, Vec<u8>)> {
    let mut got = Vec::new();
    loop {
        let ready = poll::wait(&link.descriptors(), Some(monotonic_ns() + 50_000_000)).unwrap();
        if ready.is_empty() {
            return got;
        }
        link.receive(ready, &mut |received_ns: u64, packet: &[u8]| {
            got.push((received_ns, packet.to_vec()));
        });
    }
}

#[test]
fn an_echo_comes_back_with_its_header_and_the_time_of_its_arrival() {
    isolated(|| {
        let mut link = link();
        for v6 in [false, true] {
            let sent_ns = monotonic_ns();
            link.send(0, &echo(v6, 7, 40));
            link.send(0, &echo(v6, 8, 41));
            let arrived_ns = monotonic_ns();
            // A program that is slow to read does not make the round trip longer.
            sys::poll::pause(50_000_000);
            let got = replies(&mut link);
            assert_eq!(
                got.len(),
                1,
                "the filter keeps our request and other identifiers out"
            );
            let (received_ns, bytes) = &got[0];
            let window_ns = sent_ns..arrived_ns + 25_000_000;
            assert!(
                window_ns.contains(received_ns),
                "{window_ns:?} {received_ns}"
            );
            let packet = IpPacket::parse(bytes).unwrap();
            assert_eq!(
                (packet.header.source, packet.header.destination),
                (localhost(v6), localhost(v6))
            );
            assert_eq!((packet.header.ttl, packet.header.tos), (64, 0x20));
            let reply = Icmp::parse(packet.payload, v6).unwrap();
            assert!(matches!(
                reply,
                Icmp::EchoReply {
                    ident: 7,
                    sequence: 40,
                    payload: b"sonde"
                }
            ));
            assert!(Icmp::checksum_ok(
                packet.payload,
                localhost(v6),
                localhost(v6)
            ));
        }
        let counters = link.counters();
        assert_eq!(
            (counters.sent, counters.received, counters.refused),
            (4, 2, 0)
        );
    });
}

#[test]
fn an_ipv6_packet_is_rebuilt_to_the_last_bit() {
    isolated(|| {
        let (tun, _) = Tun::open("sonde0").unwrap();
        ip("addr add 2001:db8::1/64 dev sonde0 nodad");
        ip("link set sonde0 up");
        wait_for_address("2001:db8::1");
        let mut link = link();
        let (source, destination) = (
            "2001:db8:5::9".parse().unwrap(),
            "2001:db8::1".parse().unwrap(),
        );
        let mut message = Vec::new();
        emit_echo(source, destination, true, 7, 40, b"sonde", &mut message);
        let header = IpBuild {
            source,
            destination,
            protocol: protocol::ICMPV6,
            ttl: 55,
            tos: 0x2c,
            ident: 0,
            flow_label: 0xa_bcde,
            dont_fragment: false,
        };
        let mut sent = Vec::new();
        header.emit(&message, &mut sent);
        assert!(tun.write(&sent).unwrap());
        let got: Vec<_> = replies(&mut link)
            .into_iter()
            .map(|(_, packet)| packet)
            .collect();
        assert_eq!(got, [sent]);
    });
}

#[test]
fn a_closed_udp_port_quotes_our_packet() {
    isolated(|| {
        let mut link = link();
        for v6 in [false, true] {
            let mut datagram = Vec::new();
            udp::emit(
                localhost(v6),
                localhost(v6),
                61_500,
                33_434,
                b"sonde",
                &mut datagram,
            );
            let sent = packet(v6, protocol::UDP, &datagram);
            link.send(0, &sent);
            let got = replies(&mut link);
            assert_eq!(got.len(), 1, "v6 {v6}");
            let packet = IpPacket::parse(&got[0].1).unwrap();
            let Icmp::Error(error) = Icmp::parse(packet.payload, v6).unwrap() else {
                panic!("no error")
            };
            assert_eq!(error.kind, ErrorKind::Unreachable);
            assert_eq!(
                error.quoted_ip().unwrap().header.flow_label,
                if v6 { 0x12345 } else { 0 }
            );
            assert_eq!(
                &error.quote[..sent.len()],
                &sent[..],
                "as it was built, to the last bit"
            );
        }
    });
}

#[test]
fn a_udp_reply_comes_whole() {
    isolated(|| {
        let mut link = link();
        for v6 in [false, true] {
            let server = UdpSocket::bind((localhost(v6), 5_000)).unwrap();
            let mut datagram = Vec::new();
            udp::emit(
                localhost(v6),
                localhost(v6),
                61_500,
                5_000,
                b"sonde",
                &mut datagram,
            );
            link.send(0, &packet(v6, protocol::UDP, &datagram));
            let (_, from) = server.recv_from(&mut [0; 64]).unwrap();
            server.send_to(b"answer", from).unwrap();
            let got = replies(&mut link);
            // Beside it, over IPv4 and IPv6 alike, the kernel's word that nobody listens at our port stays out.
            assert_eq!(got.len(), 1, "v6 {v6}");
            let packet = IpPacket::parse(&got[0].1).unwrap();
            let answer = udp::Udp::parse(packet.payload).unwrap();
            assert_eq!(
                (answer.source_port, answer.destination_port),
                (5_000, 61_500)
            );
            assert_eq!(answer.payload, b"answer");
        }
    });
}

#[test]
fn no_datagram_comes_where_none_can_be_a_reply() {
    isolated(|| {
        let scope = Scope {
            idents: 7..=7,
            ports: 61_000..=61_999,
            udp_replies: false,
        };
        let roles: Vec<Role> = open_raw(BOTH, &scope)
            .unwrap()
            .into_iter()
            .map(|one| one.role)
            .collect();
        assert_eq!(
            roles,
            [
                Role::Send4,
                Role::Icmp4,
                Role::Tcp4,
                Role::Send6,
                Role::Icmp6,
                Role::Tcp6
            ]
        );
    });
}

#[test]
fn a_closed_tcp_port_answers() {
    isolated(|| {
        let mut link = link();
        for v6 in [false, true] {
            let syn = tcp::TcpBuild {
                source_port: 61_500,
                destination_port: 81,
                sequence: 77,
                acknowledgment: 0,
                flags: tcp::flags::SYN,
                window: 1_000,
                options: &[],
                payload: &[],
            };
            let mut segment = Vec::new();
            syn.emit(localhost(v6), localhost(v6), &mut segment);
            link.send(0, &packet(v6, protocol::TCP, &segment));
            let got = replies(&mut link);
            assert_eq!(got.len(), 1, "v6 {v6}");
            let packet = IpPacket::parse(&got[0].1).unwrap();
            let answer = tcp::Tcp::parse(packet.payload).unwrap();
            assert_eq!(
                (answer.destination_port, answer.acknowledgment),
                (61_500, Some(78))
            );
        }
    });
}

#[test]
fn refusals_are_counted() {
    isolated(|| {
        let mut link = link();
        link.send(0, b"no packet");
        let mut unreachable = echo(false, 7, 1);
        unreachable[16..20].copy_from_slice(&[192, 0, 2, 1]);
        link.send(0, &unreachable);
        let counters = link.counters();
        assert_eq!((counters.sent, counters.refused), (0, 2));
        assert_eq!(counters.refused_errno, Some(libc::ENETUNREACH));
    });
}

#[test]
fn the_filter_is_locked() {
    isolated(|| {
        let scope = Scope {
            idents: 7..=7,
            ports: 1..=2,
            udp_replies: true,
        };
        for descriptor in open_raw(BOTH, &scope).unwrap() {
            let everything = [libc::sock_filter {
                code: 0x06,
                jt: 0,
                jf: 0,
                k: u32::MAX,
            }];
            let changed = crate::sys::socket::attach_filter(descriptor.socket.as_fd(), &everything);
            let is_sender = matches!(descriptor.role, Role::Send4 | Role::Send6);
            assert_eq!(changed.is_ok(), is_sender, "{:?}", descriptor.role);
        }
    });
}

#[test]
fn a_full_queue_is_reported() {
    isolated(|| {
        let mut link = link();
        let burst = echo(false, 7, 1);
        // A short queue, so that the test floods nothing but its own socket.
        let icmp = link.receivers[0].socket.as_fd();
        set_int(
            icmp,
            libc::SOL_SOCKET,
            libc::SO_RCVBUF,
            1 << 16,
            "setsockopt",
        )
        .unwrap();
        // The kernel answers on loopback before the send returns, so nobody empties the queue meanwhile.
        for _ in 0..500 {
            link.send(0, &burst);
        }
        replies(&mut link);
        // The kernel tells its count with every packet from now on; it must not be summed up.
        for _ in 0..3 {
            link.send(0, &burst);
            replies(&mut link);
        }
        let counters = link.counters();
        let lost = counters.sent - counters.received;
        assert!(lost > 0, "{counters:?}");
        // Linux 6.18 counts each twice on raw sockets.
        assert!(
            counters.dropped == lost || counters.dropped == 2 * lost,
            "{counters:?}"
        );
    });
}
