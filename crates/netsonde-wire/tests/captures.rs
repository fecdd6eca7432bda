//! Packets written by hand, byte by byte, from the RFCs' figures: a parser and an emitter that are
//! wrong in the same way pass every round trip, but not this.
use netsonde_wire::WireError;
use netsonde_wire::icmp::{
    ErrorKind, Extensions, Icmp, InterfaceInfo, Object, QuotedTransport, emit_echo,
};
use netsonde_wire::ip::{IpPacket, v6};
use netsonde_wire::mpls::{self, Lse};
use netsonde_wire::tcp::{self, Tcp, TcpOption, flags};
use netsonde_wire::udp::Udp;
use std::net::{IpAddr, Ipv4Addr};

/// The shape of a reply seen from a large operator's routers (RFC 4950 in RFC 4884): the length says
/// 17 words, the quote is zero-padded to 128 bytes all the same, and the probe's TTL was rewritten.
fn operator_reply() -> Vec<u8> {
    let mut packet = vec![
        0x45, 0x00, 0x00, 0xa8, 0x00, 0x2a, 0x00, 0x00, 0xf9, 0x01, 0, 0, 5, 3, 0, 9, 5, 1, 0,
        1, //
        11, 0, 0, 0, 0, 17, 0, 0, // time exceeded, length 17
        0x45, 0x00, 0x00, 0x28, 0xd2, 0x03, 0x00, 0x00, 0x01, 0x11, 0xab, 0xcd, // TTL 1
        5, 1, 0, 1, 5, 2, 0, 1, // the probe's addresses
        0xd2, 0x02, 0x82, 0xbb, 0x00, 0x14, 0x12, 0x34, // UDP 53762 to 33467, 20 bytes
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, // its payload
    ];
    packet.resize(20 + 8 + 128, 0);
    packet.extend([0x20, 0x00, 0, 0]); // version 2
    packet.extend([0x00, 0x08, 0x01, 0x01]); // 8 bytes, class 1, type 1
    packet.extend([0x05, 0xdc, 0x21, 0x01]); // label 24002, TC 0, bottom, TTL 1
    // 0x2000 + 0x0008 + 0x0101 + 0x05dc + 0x2101 = 0x47e6
    packet[20 + 8 + 128 + 2..][..2].copy_from_slice(&[0xb8, 0x19]);
    // Header: 0x4500 + 0x00a8 + 0x002a + 0xf901 + 0x0503 + 0x0009 + 0x0501 + 0x0001 = 0x148e1
    packet[10..12].copy_from_slice(&[0xb7, 0x1d]);
    packet
}

#[test]
fn labels_at_byte_128_whatever_the_length_says() {
    let bytes = operator_reply();
    let packet = IpPacket::parse(&bytes).unwrap();
    assert_eq!((packet.header.ttl, packet.header.total_len), (249, 168));
    let Ok(Icmp::Error(error)) = Icmp::parse(packet.payload, false) else {
        panic!("an error message");
    };
    assert_eq!(
        (error.kind, error.stated_quote_len),
        (ErrorKind::TimeExceeded, 68)
    );
    assert_eq!(error.quote, &bytes[28..68]);
    let (quoted, transport) = error.quoted_transport().unwrap();
    assert_eq!((quoted.header.ttl, quoted.header.ident), (1, Some(0xd203)));
    assert_eq!(
        quoted.header.destination,
        IpAddr::V4(Ipv4Addr::new(5, 2, 0, 1))
    );
    let QuotedTransport::Udp(udp) = transport else {
        panic!("a UDP probe")
    };
    assert_eq!(
        (udp.source_port, udp.destination_port, udp.length),
        (53_762, 33_467, 20)
    );
    assert_eq!((udp.checksum, udp.payload.len()), (0x1234, 12));
    let extensions = error.extensions.unwrap();
    assert_eq!(extensions.checksum_ok(), Some(true));
    let Some(Object::LabelStack { raw }) = extensions.objects().next() else {
        panic!("a label stack");
    };
    let entry = Lse {
        label: 24_002,
        tc: 0,
        bottom: true,
        ttl: 1,
    };
    assert_eq!(mpls::entries(raw).collect::<Vec<_>>(), [entry]);
}

/// RFC 5837 section 4.1: an incoming interface with index, IPv4 address, name and MTU.
#[test]
fn an_interface_information_object() {
    let mut message = vec![3, 3, 0, 0, 0, 32, 0, 0];
    message.extend([0x45, 0, 0, 28]);
    message.resize(8 + 128, 0);
    message.extend([0x20, 0, 0, 0]);
    message.extend([0x00, 0x1c, 0x02, 0x0f]); // 28 bytes, class 2, role 0, all four parts
    message.extend([0, 0, 0, 15]); // ifIndex
    message.extend([0x00, 0x01, 0, 0, 192, 0, 2, 1]); // AFI 1
    message.extend([8, b'e', b't', b'h', b'1', 0, 0, 0]); // length with itself and its padding
    message.extend([0, 0, 0x05, 0xdc]);
    let Ok(Icmp::Error(error)) = Icmp::parse(&message, false) else {
        panic!("an error message");
    };
    let extensions = error.extensions.unwrap();
    assert_eq!(extensions.checksum_ok(), None);
    let info = InterfaceInfo {
        role: 0,
        if_index: Some(15),
        address: Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))),
        name: Some(b"eth1"),
        mtu: Some(1500),
    };
    assert_eq!(
        extensions.objects().collect::<Vec<_>>(),
        [Object::Interface(info)]
    );
    // The next hop's role is in the two highest bits of the type.
    message[8 + 128 + 4 + 3] = 0xcf;
    let Ok(Icmp::Error(error)) = Icmp::parse(&message, false) else {
        panic!("an error message");
    };
    let next_hop = Object::Interface(InterfaceInfo { role: 3, ..info });
    assert_eq!(error.extensions.unwrap().objects().next(), Some(next_hop));
}

#[test]
fn an_interface_name_ends_before_its_padding() {
    for (sub_object, expected) in [
        (&[4, 0, 0, 0][..], &b""[..]),
        (&[4, b'a', b'b', b'c'], b"abc"),
        (&[8, b'a', 0, b'c', 0, 0, 0, 0], b"a\0c"),
        (&[1], b""),
    ] {
        let length = u8::try_from(4 + sub_object.len()).expect("short");
        let bytes = [&[0x20, 0, 0, 0, 0, length, 2, 0x02], sub_object].concat();
        let structure = Extensions::of(&bytes).unwrap();
        let Some(Object::Interface(info)) = structure.objects().next() else {
            panic!("{sub_object:?} is no name");
        };
        assert_eq!(info.name, Some(expected));
    }
}

/// What an announced part does not hold, or an unknown address family, leaves the object raw.
#[test]
fn an_interface_object_that_contradicts_itself_is_kept_raw() {
    let object = |c_type: u8, payload: &[u8]| {
        let mut message = vec![11, 0, 0, 0, 0, 32, 0, 0];
        message.resize(8 + 128, 0);
        let length = u8::try_from(4 + payload.len()).expect("short");
        message.extend([0x20, 0, 0, 0, 0, length, 2, c_type]);
        message.extend(payload);
        let Ok(Icmp::Error(error)) = Icmp::parse(&message, false) else {
            panic!("an error message");
        };
        let first = error.extensions.unwrap().objects().next().unwrap();
        first
            == Object::Unknown {
                class: 2,
                c_type,
                payload,
            }
    };
    assert!(object(0x08, &[0, 0, 1]), "an index of three bytes");
    assert!(
        object(0x04, &[0, 9, 0, 0, 1, 2, 3, 4]),
        "an address of family 9"
    );
    assert!(
        object(0x02, &[0, 0, 0, 0]),
        "a name that is shorter than its length"
    );
    assert!(object(0x02, &[200; 200]), "a name of 199 bytes");
    assert!(object(0x01, &[]), "no MTU");
    assert!(!object(0x01, &[0, 0, 5, 0]), "an MTU");
}

/// A SYN as RFC 9293 and RFC 7323 draw it, with the checksum summed by hand.
#[test]
fn a_tcp_syn() {
    let segment = [
        0x9c, 0x40, 0x00, 0x50, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
        0x00, // ports, numbers
        0x70, 0x02, 0xfa, 0xf0, 0xe2, 0x91, 0x00,
        0x00, // 7 words, SYN, window, checksum, urgent
        2, 4, 0x05, 0xb4, 1, 3, 3, 7,
    ];
    let parsed = Tcp::parse(&segment).unwrap();
    assert_eq!((parsed.source_port, parsed.destination_port), (40_000, 80));
    assert_eq!((parsed.sequence, parsed.acknowledgment), (1, Some(0)));
    assert_eq!(
        (parsed.flags, parsed.window),
        (Some(flags::SYN), Some(64_240))
    );
    let options: Vec<_> = tcp::options(parsed.options).collect();
    assert_eq!(
        options,
        [
            TcpOption::MaximumSegmentSize(1460),
            TcpOption::Nop,
            TcpOption::WindowScale(7)
        ]
    );
    // 0x0501 + 0x0001 + 0x0502 + 0x0001 + 6 + 28 is 0x0a27; the segment without its checksum is 0x21345.
    let (source, destination) = ([5, 1, 0, 1].into(), [5, 2, 0, 1].into());
    assert!(Tcp::checksum_ok(&segment, source, destination));
    assert!(!Tcp::checksum_ok(&segment, source, [5, 2, 0, 2].into()));
    assert!(!Tcp::checksum_ok(&segment[..19], source, destination));
}

#[test]
fn flags_are_the_bits_of_rfc_9293() {
    let names = [
        flags::FIN,
        flags::SYN,
        flags::RST,
        flags::PSH,
        flags::ACK,
        flags::URG,
        flags::ECE,
        flags::CWR,
    ];
    assert_eq!(names, [0, 1, 2, 3, 4, 5, 6, 7].map(|bit| 1 << bit));
}

#[test]
fn option_kinds_are_those_of_the_registry() {
    let block = [0, 0, 0, 1, 0, 0, 0, 2];
    let (value, echo) = (0x0102_0304, 5);
    for (option, bytes) in [
        (TcpOption::Nop, &[1][..]),
        (TcpOption::MaximumSegmentSize(0x0102), &[2, 4, 1, 2]),
        (TcpOption::WindowScale(9), &[3, 3, 9]),
        (TcpOption::SackPermitted, &[4, 2]),
        (TcpOption::Sack(&block), &[5, 10, 0, 0, 0, 1, 0, 0, 0, 2]),
        (
            TcpOption::Timestamps { value, echo },
            &[8, 10, 1, 2, 3, 4, 0, 0, 0, 5],
        ),
    ] {
        assert_eq!(tcp::options(bytes).collect::<Vec<_>>(), [option]);
    }
}

/// RFC 792 and RFC 4443 draw the same echo, with a code of 0.
#[test]
fn an_echo() {
    for (source, is_reply, icmp_type) in [
        (IpAddr::from([5, 0, 0, 1]), false, 8),
        (IpAddr::from([5, 0, 0, 1]), true, 0),
        (IpAddr::from([0x2a; 16]), false, 128),
        (IpAddr::from([0x2a; 16]), true, 129),
    ] {
        let mut out = Vec::new();
        emit_echo(source, source, is_reply, 0x0102, 0x0304, &[9], &mut out);
        out[2..4].fill(0);
        assert_eq!(out, [icmp_type, 0, 0, 0, 1, 2, 3, 4, 9]);
    }
}

#[test]
fn tcp_options_end_where_they_stop_fitting() {
    let read = |bytes: &'static [u8]| tcp::options(bytes).collect::<Vec<_>>();
    assert_eq!(read(&[1, 0, 1]), [TcpOption::Nop]);
    assert_eq!(read(&[1, 2, 4, 5]), [TcpOption::Nop]);
    assert_eq!(read(&[1, 8]), [TcpOption::Nop]);
    assert_eq!(read(&[3, 1, 1]), []);
    let odd = TcpOption::Unknown {
        kind: 2,
        data: &[5],
    };
    assert_eq!(read(&[2, 3, 5]), [odd]);
    let TcpOption::Sack(blocks) = read(&[5, 10, 0, 0, 0, 1, 0, 0, 0, 9])[0] else {
        panic!("a selective acknowledgment");
    };
    assert_eq!(
        tcp::sack_blocks(blocks).collect::<Vec<_>>(),
        [tcp::SackBlock { left: 1, right: 9 }]
    );
}

#[test]
fn a_udp_checksum_of_zero_means_none_over_ipv4_only() {
    let datagram = [0, 1, 0, 2, 0, 8, 0, 0];
    let v4: IpAddr = [5, 0, 0, 1].into();
    let v6: IpAddr = [0x2a; 16].into();
    assert!(Udp::checksum_ok(&datagram, v4, v4));
    assert!(!Udp::checksum_ok(&datagram, v6, v6));
    assert!(!Udp::checksum_ok(&datagram[..7], v4, v4));
    // Link padding past the stated length is not covered.
    let mut out = Vec::new();
    netsonde_wire::udp::emit(v6, v6, 1, 2, b"x", &mut out);
    out.extend([0xaa; 10]);
    assert!(Udp::checksum_ok(&out, v6, v6));
    assert_eq!(Udp::parse(&out).unwrap().payload, b"x");
}

#[test]
fn reserved_labels_are_those_of_rfc_3032() {
    let labels = [
        Lse::IPV4_EXPLICIT_NULL,
        Lse::ROUTER_ALERT,
        Lse::IPV6_EXPLICIT_NULL,
        Lse::IMPLICIT_NULL,
    ];
    assert_eq!(labels, [0, 1, 2, 3]);
}

/// RFC 3032 figure 1.
#[test]
fn a_label_stack_entry() {
    let entry = Lse {
        label: 0xabcde,
        tc: 5,
        bottom: true,
        ttl: 0x40,
    };
    assert_eq!(Lse::from_bytes([0xab, 0xcd, 0xeb, 0x40]), entry);
    assert_eq!(entry.to_bytes(), [0xab, 0xcd, 0xeb, 0x40]);
    let (stack, rest) = mpls::parse_stack(&[0, 0, 0, 1, 0xab, 0xcd, 0xeb, 0x40, 0x45]).unwrap();
    assert_eq!((stack.len(), stack[1], rest), (2, entry, &[0x45][..]));
    for (got, needed) in [(0, 4), (3, 4), (4, 8), (7, 8)] {
        let field = "mpls.entry";
        let short = WireError::Short { field, needed, got };
        assert_eq!(mpls::parse_stack(&[0; 7][..got]), Err(short));
    }
}

/// RFC 8200 section 4.5: offset in units of eight bytes, two reserved bits, the M flag.
#[test]
fn ipv6_fragments() {
    let fragment = |offset: u16| {
        let mut packet = vec![0x60, 0, 0, 0, 0, 16, 44, 64];
        packet.extend([0x2a; 32]);
        packet.extend([
            60,
            0,
            offset.to_be_bytes()[0],
            offset.to_be_bytes()[1],
            0,
            0,
            0,
            9,
        ]);
        packet.extend([17, 0, 1, 4, 0, 0, 0, 0]);
        packet
    };
    for (word, offset, more) in [(0x0000, 0, false), (0x0001, 0, true), (0x0006, 0, false)] {
        let bytes = fragment(word);
        let packet = IpPacket::parse(&bytes).unwrap();
        let header = packet.header;
        assert_eq!(
            (header.fragment_offset, header.more_fragments),
            (offset, more)
        );
        assert_eq!(
            (header.protocol, header.header_len),
            (17, 56),
            "the chain goes on"
        );
    }
    for (word, offset, more) in [(0x0008, 8, false), (0xffff, 0xfff8, true)] {
        let bytes = fragment(word);
        let packet = IpPacket::parse(&bytes).unwrap();
        let header = packet.header;
        assert_eq!(
            (header.fragment_offset, header.more_fragments),
            (offset, more)
        );
        assert_eq!((header.ident, header.protocol), (Some(9), 60));
        assert_eq!(
            (header.header_len, packet.payload),
            (48, &bytes[48..]),
            "data, not a header"
        );
        assert_eq!(v6::extensions(&bytes).count(), 1);
    }
    assert_eq!(v6::extensions(&fragment(0)).count(), 2);
}

/// RFC 4884 section 4.6 extends neither: what looks like extensions there is the quote's own.
#[test]
fn redirects_and_packet_too_big_are_not_extended() {
    for (v6, icmp_type) in [(false, 5), (true, 2), (true, 4)] {
        let mut message = vec![icmp_type, 0, 0, 0, 0, 0, 0, 0];
        message.resize(8 + 128, 0xff);
        message.extend([0x20, 0, 0, 0, 0, 8, 1, 1, 0, 0, 0x11, 1]);
        let Ok(Icmp::Error(error)) = Icmp::parse(&message, v6) else {
            panic!("an error message");
        };
        assert_eq!((error.extensions, error.quote), (None, &message[8..]));
    }
}
