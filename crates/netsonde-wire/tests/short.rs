//! Packets cut at every length: the parser names the field that is missing, and only then complains.
use netsonde_wire::WireError;
use netsonde_wire::arp::Arp;
use netsonde_wire::ethernet::Frame;
use netsonde_wire::icmp::{Icmp, QuotedTransport};
use netsonde_wire::ip::{self, IpPacket};
use netsonde_wire::tcp::Tcp;
use netsonde_wire::udp::Udp;

/// Asserts that cutting `bytes` to fewer than each length lacks that length's field.
///
/// `fields` are names with the length at which each is whole, in order.
fn assert_fields<'a, T: std::fmt::Debug>(
    bytes: &'a [u8],
    fields: &[(&str, usize)],
    parse: impl Fn(&'a [u8]) -> Result<T, WireError>,
) {
    let enough = fields.last().expect("a format has fields").1;
    for end in 0..enough {
        let (field, needed) = fields
            .iter()
            .find(|(_, needed)| *needed > end)
            .expect("end < enough");
        match parse(&bytes[..end]) {
            Err(WireError::Short {
                field: found,
                needed: wanted,
                got,
            }) => {
                assert_eq!((found, wanted, got), (*field, *needed, end));
            }
            other => panic!("{end} bytes: {other:?}"),
        }
    }
    assert!(
        parse(&bytes[..enough]).is_ok(),
        "{enough} bytes: {:?}",
        parse(&bytes[..enough])
    );
}

const IPV4: [u8; 24] = [
    0x45, 0, 0, 24, 0, 1, 0, 0, 64, 253, 0x6f, 0xe6, 5, 0, 0, 1, 5, 1, 0, 1, 1, 2, 3, 4,
];

#[test]
fn ipv4() {
    let fields = [
        ("ip.version", 1),
        ("ipv4.tos", 2),
        ("ipv4.total_length", 4),
        ("ipv4.identification", 6),
        ("ipv4.fragment", 8),
        ("ipv4.ttl", 9),
        ("ipv4.protocol", 10),
        ("ipv4.checksum", 12),
        ("ipv4.source", 16),
        ("ipv4.destination", 20),
        ("ipv4.payload", 24),
    ];
    assert_fields(&IPV4, &fields, IpPacket::parse);
    assert_fields(&IPV4, &fields[..10], IpPacket::parse_quote);
    let quote = IpPacket::parse_quote(&IPV4[..22]).unwrap();
    assert!(quote.truncated && quote.payload == [1, 2]);
}

#[test]
fn ipv4_with_options_cut_inside_them() {
    let mut bytes = [&IPV4[..20], &[1, 1, 1, 0, 9]].concat();
    bytes[0] = 0x46;
    bytes[3] = 25;
    for end in 20..24 {
        let quote = IpPacket::parse_quote(&bytes[..end]).unwrap();
        assert!(quote.truncated && quote.payload.is_empty());
        assert_eq!(
            (quote.options, quote.header.header_len),
            (&bytes[20..end], 24)
        );
        let error = WireError::Short {
            field: "ipv4.options",
            needed: 24,
            got: end,
        };
        assert_eq!(IpPacket::parse(&bytes[..end]), Err(error));
    }
}

#[test]
fn ipv4_values_that_cannot_be_are_named() {
    let with = |index: usize, value: u8| {
        let mut bytes = IPV4;
        bytes[index] = value;
        match IpPacket::parse(&bytes) {
            Err(WireError::Invalid { field, found, .. }) => (field, found),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(with(0, 0x55), ("ip.version", 5));
    assert_eq!(with(0, 0x44), ("ipv4.header_length", 4));
    assert_eq!(with(3, 19), ("ipv4.total_length", 19));
    assert_eq!(with(8, 63), ("ipv4.checksum", 0x6fe6));
}

fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("short");
    let mut bytes = vec![0x60, 0, 0, 0, 0, length, next_header, 64];
    bytes.extend([0x2a; 32]);
    bytes.extend(payload);
    bytes
}

#[test]
fn ipv6_and_its_payload() {
    let fields = [
        ("ip.version", 1),
        ("ipv6.traffic_class", 2),
        ("ipv6.flow_label", 4),
        ("ipv6.payload_length", 6),
        ("ipv6.next_header", 7),
        ("ipv6.hop_limit", 8),
        ("ipv6.source", 24),
        ("ipv6.destination", 40),
        ("ipv6.payload", 43),
    ];
    let bytes = ipv6(59, &[1, 2, 3]);
    assert_fields(&bytes, &fields, IpPacket::parse);
    assert_fields(&bytes, &fields[..8], IpPacket::parse_quote);
}

#[test]
fn ipv6_extension_headers_that_do_not_fit_the_payload() {
    let cases = [
        (0, "ipv6.hop_by_hop", "length", "options"),
        (43, "ipv6.routing", "length", "data"),
        (44, "ipv6.fragment", "reserved", "identification"),
        (51, "ipv6.authentication", "length", "data"),
        (60, "ipv6.destination_options", "length", "options"),
    ];
    for (kind, header, second, body) in cases {
        let short = |payload: &[u8]| match IpPacket::parse(&ipv6(kind, payload)) {
            Err(WireError::Short { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        assert_eq!(short(&[]), format!("{header}.next_header"));
        assert_eq!(short(&[17]), format!("{header}.{second}"));
        assert_eq!(short(&[17, 0, 0, 0, 0, 0, 0]), format!("{header}.{body}"));
        // A quote says where it ends: at the header that is cut.
        let quote = ipv6(kind, &[17, 0, 0]);
        let quote = IpPacket::parse_quote(&quote).unwrap();
        assert_eq!((quote.header.protocol, quote.header.header_len), (kind, 40));
        assert_eq!(quote.payload, [17, 0, 0]);
    }
}

#[test]
fn more_ipv6_extension_headers_than_a_packet_may_have_are_refused() {
    let chain = |count: usize| {
        let mut payload = [60, 0, 1, 4, 0, 0, 0, 0].repeat(count);
        let last = payload.len() - 8;
        payload[last] = 59;
        ipv6(60, &payload)
    };
    assert_eq!(IpPacket::parse(&chain(8)).unwrap().header.protocol, 59);
    let bytes = chain(9);
    for parse in [IpPacket::parse, IpPacket::parse_quote] {
        let Err(WireError::Invalid { field, found, .. }) = parse(&bytes) else {
            panic!("nine headers were read");
        };
        assert_eq!((field, found), ("ipv6.extension_headers", 9));
    }
}

#[test]
fn a_quoted_ipv6_extension_header_that_is_cut_is_named_as_the_transport() {
    let mut message = vec![3, 0, 0, 0, 0, 0, 0, 0];
    message.extend(&ipv6(60, &[17, 1, 0, 0, 0, 0, 0, 0])[..48]);
    let Ok(Icmp::Error(error)) = Icmp::parse(&message, true) else {
        panic!("a time exceeded message");
    };
    let (_, transport) = error.quoted_transport().unwrap();
    let (field, needed, got) = ("ipv6.destination_options.options", 16, 8);
    assert_eq!(
        transport,
        QuotedTransport::Short(WireError::Short { field, needed, got })
    );
}

#[test]
fn transports() {
    let udp = [0x82, 0x9a, 0x82, 0x9b, 0, 10, 0, 0, 1, 2];
    let fields = [
        ("udp.source_port", 2),
        ("udp.destination_port", 4),
        ("udp.length", 6),
        ("udp.checksum", 8),
        ("udp.payload", 10),
    ];
    assert_fields(&udp, &fields, Udp::parse);
    assert_fields(&udp, &fields[..4], Udp::parse_quote);
    let tcp = [
        0, 1, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x60, 2, 1, 0, 0, 0, 0, 0, 2, 4, 5, 0xb4,
    ];
    let fields = [
        ("tcp.source_port", 2),
        ("tcp.destination_port", 4),
        ("tcp.sequence", 8),
        ("tcp.acknowledgment", 12),
        ("tcp.flags", 14),
        ("tcp.window", 16),
        ("tcp.checksum", 18),
        ("tcp.urgent", 20),
        ("tcp.options", 24),
    ];
    assert_fields(&tcp, &fields, Tcp::parse);
    assert_fields(&tcp, &fields[..3], Tcp::parse_quote);
    let invalid = Udp::parse(&[0, 1, 0, 2, 0, 7, 0, 0]);
    let expected = "8 or more";
    assert_eq!(
        invalid,
        Err(WireError::Invalid {
            field: "udp.length",
            expected,
            found: 7
        })
    );
    let mut tcp = tcp;
    tcp[12] = 0x40;
    let (field, expected) = ("tcp.data_offset", "5 or more");
    assert_eq!(
        Tcp::parse(&tcp),
        Err(WireError::Invalid {
            field,
            expected,
            found: 4
        })
    );
}

#[test]
fn messages() {
    let base = [("icmp.type", 1), ("icmp.code", 2), ("icmp.checksum", 4)];
    let echo = [&base[..], &[("icmp.identifier", 6), ("icmp.sequence", 8)]].concat();
    let error = [&base[..], &[("icmp.rest_of_header", 8)]].concat();
    for (v6, [ping, pong, expired, other]) in [(false, [8, 0, 11, 13]), (true, [128, 129, 3, 130])]
    {
        let parse = |bytes: &[u8]| Icmp::parse(bytes, v6).map(|_| ());
        assert_fields(&[ping, 0, 0, 0, 0, 1, 0, 1], &echo, parse);
        assert_fields(&[pong, 0, 0, 0, 0, 1, 0, 1], &echo, parse);
        assert_fields(&[expired, 0, 0, 0, 0, 0, 0, 0], &error, parse);
        assert_fields(&[other, 0, 0, 0], &base, parse);
    }
}

#[test]
fn the_link() {
    let fields = [
        ("ethernet.destination", 6),
        ("ethernet.source", 12),
        ("ethernet.ethertype", 14),
    ];
    let mut frame = [2; 18];
    frame[12..14].copy_from_slice(&[8, 0]);
    assert_fields(&frame, &fields, |bytes| Frame::parse(bytes).map(|_| ()));
    frame[12..14].copy_from_slice(&[0x81, 0]);
    for (end, field) in [(14, "ethernet.vlan"), (16, "ethernet.vlan_ethertype")] {
        let Err(WireError::Short { field: found, .. }) = Frame::parse(&frame[..end]) else {
            panic!("a whole tag in {end} bytes");
        };
        assert_eq!(found, field);
    }
    frame[12..14].copy_from_slice(&[0x05, 0xdc]);
    let Err(WireError::Invalid { field, found, .. }) = Frame::parse(&frame) else {
        panic!("an IEEE 802.3 frame was read");
    };
    assert_eq!((field, found), ("ethernet.ethertype", 1500));
}

#[test]
fn address_resolution() {
    let mut message = vec![0, 1, 8, 0, 6, 4, 0, 1];
    message.extend([2; 20]);
    let fields = [
        ("arp.hardware_type", 2),
        ("arp.protocol_type", 4),
        ("arp.hardware_length", 5),
        ("arp.protocol_length", 6),
        ("arp.operation", 8),
        ("arp.sender_mac", 14),
        ("arp.sender_ip", 18),
        ("arp.target_mac", 24),
        ("arp.target_ip", 28),
    ];
    assert_fields(&message, &fields, Arp::parse);
    for (index, field) in [
        (1, fields[0].0),
        (2, fields[1].0),
        (4, fields[2].0),
        (5, fields[3].0),
    ] {
        let mut other = message.clone();
        other[index] ^= 0x20;
        let Err(WireError::Invalid { field: found, .. }) = Arp::parse(&other) else {
            panic!("{field} does not matter");
        };
        assert_eq!(found, field);
    }
}

#[test]
fn a_quote_that_ends_with_the_ip_header_has_a_short_transport() {
    for (protocol, field, needed) in [
        (1, "icmp.type", 1),
        (6, "tcp.source_port", 2),
        (17, "udp.source_port", 2),
    ] {
        let mut message = vec![11, 0, 0, 0, 0, 0, 0, 0];
        message.extend(&IPV4[..20]);
        message[8 + 9] = protocol;
        let Ok(Icmp::Error(error)) = Icmp::parse(&message, false) else {
            panic!("a time exceeded message");
        };
        let (packet, transport) = error.quoted_transport().unwrap();
        assert!(packet.truncated);
        let short = WireError::Short {
            field,
            needed,
            got: 0,
        };
        assert_eq!(transport, QuotedTransport::Short(short));
    }
}

#[test]
fn forwarding_refuses_what_is_no_packet() {
    let v6 = ipv6(59, &[]);
    let other = [0x75; 60];
    for (bytes, enough) in [(&IPV4[..], 20), (&v6, 40), (&other, usize::MAX)] {
        for end in 0..=bytes.len() {
            let (cut, is_packet) = (&bytes[..end], end >= enough);
            assert_eq!(ip::ttl(cut).is_some(), is_packet);
            assert_eq!(ip::source(cut).is_some(), is_packet);
            assert_eq!(ip::destination(cut).is_some(), is_packet);
            let mut changed = cut.to_vec();
            assert_eq!(ip::set_ttl(&mut changed, 9), is_packet);
            assert_eq!(changed != cut, is_packet);
        }
    }
}
