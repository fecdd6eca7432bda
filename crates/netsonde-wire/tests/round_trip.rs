//! What is written is read again, for every format and any values.
mod common;

use common::{bytes, ends, ip_build, ipv6, lse, mac, nd_option, vlan};
use netsonde_wire::arp::Arp;
use netsonde_wire::ethernet::Frame;
use netsonde_wire::icmp::nd::{self, Nd};
use netsonde_wire::icmp::{Icmp, emit_echo};
use netsonde_wire::ip::v4::{self, Ipv4Option};
use netsonde_wire::ip::v6::{self, Extension, kind};
use netsonde_wire::ip::{self, IpBuild, IpPacket};
use netsonde_wire::mpls::{self, Lse};
use netsonde_wire::tcp::{self, Tcp, TcpBuild, TcpOption};
use netsonde_wire::udp::{self, Udp};
use proptest::prelude::*;
use std::net::Ipv4Addr;

proptest! {
    #[test]
    fn ethernet(
        destination in mac(), source in mac(), service_vlan in vlan(), vlan in vlan(),
        ethertype in 0x0600..=u16::MAX, payload in bytes(64),
    ) {
        // A tag's own number announces a tag.
        prop_assume!(ethertype != 0x8100 && ethertype != 0x88a8);
        let frame = Frame { destination, source, service_vlan, vlan, ethertype, payload: &payload };
        let mut out = Vec::new();
        frame.emit(&mut out);
        prop_assert_eq!(Frame::parse(&out), Ok(frame));
    }

    #[test]
    fn arp(operation: u16, sender_mac in mac(), target_mac in mac(), ips: [[u8; 4]; 2], padding in bytes(20)) {
        let [sender_ip, target_ip] = ips.map(Ipv4Addr::from);
        let message = Arp { operation, sender_mac, sender_ip, target_mac, target_ip };
        let mut out = Vec::new();
        message.emit(&mut out);
        out.extend(padding);
        prop_assert_eq!(Arp::parse(&out), Ok(message));
    }

    #[test]
    fn ip_packets(build in ip_build(), payload in bytes(80), padding in bytes(20)) {
        let mut out = vec![0xee];
        build.emit(&payload, &mut out);
        let total_len = out.len() - 1;
        out.extend(padding);
        let packet = IpPacket::parse(&out[1..]).expect("what is written can be read");
        prop_assert_eq!(packet.payload, &payload[..]);
        prop_assert!(packet.options.is_empty() && !packet.truncated);
        let header = packet.header;
        prop_assert_eq!((header.source, header.destination), (build.source, build.destination));
        prop_assert_eq!((header.protocol, header.ttl, header.tos), (build.protocol, build.ttl, build.tos));
        prop_assert_eq!(header.total_len, total_len);
        prop_assert!(!header.more_fragments && header.fragment_offset == 0);
        if build.source.is_ipv4() {
            prop_assert_eq!((header.ident, header.flow_label), (Some(u32::from(build.ident)), 0));
            prop_assert_eq!((header.header_len, header.dont_fragment), (20, build.dont_fragment));
        } else {
            prop_assert_eq!((header.ident, header.flow_label), (None, build.flow_label));
            prop_assert_eq!((header.header_len, header.dont_fragment), (40, true));
        }
        prop_assert_eq!(ip::ttl(&out[1..]), Some(build.ttl));
        prop_assert_eq!(ip::source(&out[1..]), Some(build.source));
        prop_assert_eq!(ip::destination(&out[1..]), Some(build.destination));
    }

    #[test]
    fn ipv4_options(alert: u16, pointer: u8, route in bytes(12), data in bytes(8), payload in bytes(40)) {
        let list = [
            Ipv4Option::RouterAlert(alert),
            Ipv4Option::Nop,
            Ipv4Option::RecordRoute { pointer, route: &route },
            Ipv4Option::Unknown { option_type: 68, data: &data },
        ];
        let mut options = Vec::new();
        for option in list {
            v4::emit_option(option, &mut options);
        }
        let mut out = Vec::new();
        v4_build().emit_with_options(&options, &payload, &mut out);
        let packet = IpPacket::parse(&out).expect("what is written can be read");
        prop_assert_eq!(packet.payload, &payload[..]);
        prop_assert_eq!(packet.options.len() % 4, 0);
        prop_assert!(v4::options(packet.options).eq(list));
    }

    #[test]
    fn ipv6_extension_headers(
        kinds in prop::collection::vec(prop::sample::select(&[0_u8, 43, 51, 60][..]), 0..8),
        body in bytes(40), payload in bytes(40), build in ip_build(), fragment: bool,
    ) {
        prop_assume!(build.source.is_ipv6());
        let mut headers: Vec<_> = kinds.iter().map(|kind| Extension { kind: *kind, body: &body }).collect();
        if fragment {
            headers.push(Extension { kind: kind::FRAGMENT, body: &[0, 0, 0x12, 0x34, 0x56, 0x78] });
        }
        let mut chain = Vec::new();
        let protocol = v6::emit_extensions(&headers, build.protocol, &mut chain);
        let options_len = chain.len();
        chain.extend_from_slice(&payload);
        let mut out = Vec::new();
        IpBuild { protocol, ..build }.emit(&chain, &mut out);
        let packet = IpPacket::parse(&out).expect("what is written can be read");
        prop_assert_eq!(packet.header.protocol, build.protocol);
        prop_assert_eq!(packet.header.ident, fragment.then_some(0x1234_5678));
        prop_assert_eq!((packet.options.len(), packet.payload), (options_len, &payload[..]));
        let read: Vec<_> = v6::extensions(&out).collect();
        prop_assert_eq!(read.len(), headers.len());
        for (read, written) in read.iter().zip(&headers) {
            prop_assert_eq!(read.kind, written.kind);
            prop_assert!(read.body.starts_with(written.body));
        }
    }

    #[test]
    fn ipv6_options(list in prop::collection::vec((2..=u8::MAX, bytes(30)), 0..5)) {
        let list: Vec<_> = list.iter().map(|(option_type, data)| (*option_type, &data[..])).collect();
        let mut body = Vec::new();
        v6::emit_options(&list, &mut body);
        prop_assert_eq!((body.len() + 2) % 8, 0);
        prop_assert!(v6::options(&body).eq(list));
    }

    #[test]
    fn echoes([source, destination] in ends(), is_reply: bool, ident: u16, sequence: u16, payload in bytes(64)) {
        let mut out = Vec::new();
        emit_echo(source, destination, is_reply, ident, sequence, &payload, &mut out);
        prop_assert!(Icmp::checksum_ok(&out, source, destination));
        let payload = &payload[..];
        let expected = if is_reply {
            Icmp::EchoReply { ident, sequence, payload }
        } else {
            Icmp::EchoRequest { ident, sequence, payload }
        };
        prop_assert_eq!(Icmp::parse(&out, source.is_ipv6()), Ok(expected));
        out[4] ^= 1;
        prop_assert!(!Icmp::checksum_ok(&out, source, destination));
    }

    #[test]
    fn neighbour_discovery(
        list in prop::collection::vec(nd_option(), 0..5), [source, destination, target] in [ipv6(), ipv6(), ipv6()],
        flags: [bool; 3], hop_limit: u8, router_lifetime_s: u16, timers: [u32; 2],
    ) {
        let mut raw = Vec::new();
        for option in &list {
            nd::emit_option(*option, &mut raw);
        }
        let options = &raw[..];
        prop_assert!(nd::options(options).eq(list));
        let [managed, other_config, overrides] = flags;
        let [reachable_time_ms, retransmit_timer_ms] = timers;
        for message in [
            Nd::RouterSolicitation { options },
            Nd::RouterAdvertisement {
                hop_limit, managed, other_config, router_lifetime_s, reachable_time_ms, retransmit_timer_ms, options,
            },
            Nd::NeighborSolicitation { target, options },
            Nd::NeighborAdvertisement {
                target, is_router: managed, solicited: other_config, overrides, options,
            },
            Nd::Redirect { target, destination, options },
        ] {
            let mut out = Vec::new();
            message.emit(source, destination, &mut out);
            prop_assert_eq!(Nd::parse(&out), Ok(message));
            prop_assert!(Icmp::checksum_ok(&out, source.into(), destination.into()));
        }
    }

    #[test]
    fn udp_datagrams([source, destination] in ends(), ports: [u16; 2], payload in bytes(64)) {
        let mut out = Vec::new();
        udp::emit(source, destination, ports[0], ports[1], &payload, &mut out);
        let datagram = Udp::parse(&out).expect("what is written can be read");
        prop_assert_eq!([datagram.source_port, datagram.destination_port], ports);
        prop_assert_eq!((usize::from(datagram.length), datagram.payload), (out.len(), &payload[..]));
        prop_assert_ne!(datagram.checksum, 0);
        prop_assert!(Udp::checksum_ok(&out, source, destination));
        out[1] ^= 0x80;
        prop_assert!(!Udp::checksum_ok(&out, source, destination));
    }

    #[test]
    fn tcp_segments(
        [source, destination] in ends(), ports: [u16; 2], numbers: [u32; 2],
        flags in 0..0x1000_u16, window: u16, payload in bytes(40), mss: u16, shift: u8, data in bytes(6),
    ) {
        let blocks = [numbers[0], numbers[1]].map(u32::to_be_bytes).concat();
        let options = [
            TcpOption::MaximumSegmentSize(mss),
            TcpOption::Nop,
            TcpOption::WindowScale(shift),
            TcpOption::SackPermitted,
            TcpOption::Sack(&blocks),
            TcpOption::Timestamps { value: numbers[1], echo: numbers[0] },
            TcpOption::Unknown { kind: 254, data: &data },
        ];
        let build = TcpBuild {
            source_port: ports[0], destination_port: ports[1], sequence: numbers[0],
            acknowledgment: numbers[1], flags, window, options: &options, payload: &payload,
        };
        let mut out = Vec::new();
        build.emit(source, destination, &mut out);
        prop_assert!(Tcp::checksum_ok(&out, source, destination));
        let segment = Tcp::parse(&out).expect("what is written can be read");
        prop_assert_eq!([segment.source_port, segment.destination_port], ports);
        prop_assert_eq!((segment.sequence, segment.acknowledgment), (numbers[0], Some(numbers[1])));
        prop_assert_eq!((segment.flags, segment.window, segment.urgent), (Some(flags), Some(window), Some(0)));
        prop_assert_eq!(segment.payload, &payload[..]);
        prop_assert!(tcp::options(segment.options).eq(options));
    }

    #[test]
    fn label_stacks(mut stack in prop::collection::vec(lse(), 1..10), rest in bytes(9)) {
        let depth = stack.len();
        for (index, entry) in stack.iter_mut().enumerate() {
            entry.bottom = index + 1 == depth;
        }
        let mut out = Vec::new();
        mpls::emit_stack(&stack, &mut out);
        out.extend_from_slice(&rest);
        prop_assert_eq!(mpls::parse_stack(&out), Ok((stack, &rest[..])));
    }

    #[test]
    fn every_four_bytes_are_a_label_stack_entry(bytes: [u8; 4]) {
        prop_assert_eq!(Lse::from_bytes(bytes).to_bytes(), bytes);
    }
}

fn v4_build() -> IpBuild {
    IpBuild {
        source: Ipv4Addr::new(5, 0, 0, 1).into(),
        destination: Ipv4Addr::new(5, 0, 0, 2).into(),
        protocol: 17,
        ttl: 64,
        tos: 0,
        ident: 1,
        flow_label: 0,
        dont_fragment: true,
    }
}

#[test]
fn options_past_the_room_are_left_out() {
    let data = [9; 20];
    let options = [
        TcpOption::Unknown {
            kind: 200,
            data: &data,
        },
        TcpOption::Unknown {
            kind: 201,
            data: &data,
        },
        TcpOption::MaximumSegmentSize(1460),
    ];
    let build = TcpBuild {
        source_port: 1,
        destination_port: 2,
        sequence: 3,
        acknowledgment: 0,
        flags: tcp::flags::SYN,
        window: 5,
        options: &options,
        payload: b"x",
    };
    let mut out = Vec::new();
    build.emit([5, 0, 0, 1].into(), [5, 0, 0, 2].into(), &mut out);
    let segment = Tcp::parse(&out).unwrap();
    assert!(tcp::options(segment.options).eq([options[0], options[2]]));
    assert_eq!(segment.payload, b"x");
}
