//! Error messages: the quote, its transport, and extensions wherever senders put them.
mod common;

use common::{bytes, ends, lse};
use netsonde_wire::icmp::{
    ErrorBuild, ErrorKind, ExtensionStyle, Icmp, IcmpError, InterfaceInfo, Object, QuotedTransport,
    emit_echo, emit_interface_info, emit_label_stack, types,
};
use netsonde_wire::ip::{IpBuild, protocol};
use netsonde_wire::mpls::{self, Lse};
use netsonde_wire::tcp::{Tcp, TcpBuild, flags};
use netsonde_wire::{ip, udp};
use proptest::prelude::*;
use std::net::IpAddr;

const STYLES: [ExtensionStyle; 4] = [
    ExtensionStyle::Rfc4884,
    ExtensionStyle::LengthZero,
    ExtensionStyle::LengthAndChecksumZero,
    ExtensionStyle::Length17At128,
];

fn styles() -> impl Strategy<Value = ExtensionStyle> {
    prop::sample::select(&STYLES[..])
}

fn probe([source, destination]: [IpAddr; 2], protocol: u8, transport: &[u8]) -> Vec<u8> {
    let (ttl, tos, ident, flow_label, dont_fragment) = (1, 0, 7, 9, true);
    let build = IpBuild {
        source,
        destination,
        protocol,
        ttl,
        tos,
        ident,
        flow_label,
        dont_fragment,
    };
    let mut out = Vec::new();
    build.emit(transport, &mut out);
    out
}

fn udp_probe(ends: [IpAddr; 2], payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    udp::emit(ends[0], ends[1], 40_000, 33_434, payload, &mut out);
    probe(ends, protocol::UDP, &out)
}

/// A time exceeded message about `quote`, sent back by its destination.
fn expired(ends: [IpAddr; 2], quote: &[u8], objects: &[u8], style: ExtensionStyle) -> Vec<u8> {
    let icmp_type = if ends[0].is_ipv6() {
        types::V6_TIME_EXCEEDED
    } else {
        types::V4_TIME_EXCEEDED
    };
    let build = ErrorBuild {
        icmp_type,
        icmp_code: 0,
        rest: 0,
        quote,
        objects,
        style,
    };
    let mut out = Vec::new();
    build.emit(ends[1], ends[0], &mut out);
    assert!(Icmp::checksum_ok(&out, ends[1], ends[0]));
    out
}

fn error(bytes: &[u8], v6: bool) -> IcmpError<'_> {
    match Icmp::parse(bytes, v6) {
        Ok(Icmp::Error(error)) => error,
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn labels_and_quote_survive_every_style(
        ends in ends(), style in styles(), stack in prop::collection::vec(lse(), 1..6), payload in bytes(60),
    ) {
        let quote = udp_probe(ends, &payload);
        let mut objects = Vec::new();
        emit_label_stack(&stack, &mut objects);
        let message = expired(ends, &quote, &objects, style);
        let error = error(&message, ends[0].is_ipv6());
        prop_assert_eq!(error.kind, ErrorKind::TimeExceeded);
        prop_assert_eq!(error.quote, &quote[..]);
        let extensions = error.extensions.expect("extensions were written");
        let raw: Vec<u8> = stack.iter().flat_map(|entry| entry.to_bytes()).collect();
        let objects: Vec<_> = extensions.objects().collect();
        prop_assert_eq!(objects, [Object::LabelStack { raw: &raw }]);
        prop_assert!(mpls::entries(&raw).eq(stack));
        let without = style == ExtensionStyle::LengthAndChecksumZero;
        prop_assert_eq!(extensions.checksum_ok(), (!without).then_some(true));
        prop_assert_eq!(extensions.malformed_at(), None);
        let unit = if ends[0].is_ipv6() { 8 } else { 4 };
        let stated = match style {
            ExtensionStyle::Rfc4884 => quote.len().next_multiple_of(unit).max(128),
            ExtensionStyle::Length17At128 => 17 * unit,
            _ => 0,
        };
        prop_assert_eq!(error.stated_quote_len, stated);
    }

    #[test]
    fn long_quotes_without_extensions_have_none(ends in ends(), payload in bytes(400)) {
        let quote = udp_probe(ends, &payload);
        let message = expired(ends, &quote, &[], ExtensionStyle::Rfc4884);
        let error = error(&message, ends[0].is_ipv6());
        prop_assert_eq!((error.quote, error.extensions, error.stated_quote_len), (&quote[..], None, 0));
    }

    #[test]
    fn interfaces_survive(
        ends in ends(), role in 0..4_u8, if_index: Option<u32>, with_address: bool, mtu: Option<u32>,
        name in prop::option::of("[a-z0-9/.:-]{0,63}"),
    ) {
        let name = name.as_ref().map(String::as_bytes);
        let address = with_address.then_some(ends[1]);
        let info = InterfaceInfo { role, if_index, address, name, mtu };
        let mut objects = Vec::new();
        emit_interface_info(&info, &mut objects);
        prop_assert_eq!(objects.len() % 4, 0);
        objects.extend([0, 6, 247, 3, 0xaa, 0xbb]);
        let message = expired(ends, &udp_probe(ends, b""), &objects, ExtensionStyle::Rfc4884);
        let extensions = error(&message, ends[0].is_ipv6()).extensions.expect("they were written");
        let unknown = Object::Unknown { class: 247, c_type: 3, payload: &[0xaa, 0xbb] };
        prop_assert!(extensions.objects().eq([Object::Interface(info), unknown]));
    }

    #[test]
    fn quoted_echoes_keep_what_identifies_them(ends in ends(), is_reply: bool, ident: u16, sequence: u16) {
        let mut echo = Vec::new();
        emit_echo(ends[0], ends[1], is_reply, ident, sequence, b"payload", &mut echo);
        let icmp = if ends[0].is_ipv6() { protocol::ICMPV6 } else { protocol::ICMP };
        let message = expired(ends, &probe(ends, icmp, &echo), &[], ExtensionStyle::Rfc4884);
        let error = error(&message, ends[0].is_ipv6());
        let checksum = u16::from_be_bytes([echo[2], echo[3]]);
        let payload = &b"payload"[..];
        let expected = QuotedTransport::Echo { ident, sequence, checksum, payload, is_reply };
        prop_assert_eq!(error.quoted_transport().expect("a whole quote").1, expected);
    }
}

#[test]
fn quoted_transports_are_read_as_far_as_they_go() {
    for ends in [v4(), v6()] {
        let build = TcpBuild {
            source_port: 1,
            destination_port: 80,
            sequence: 0x0102_0304,
            acknowledgment: 5,
            flags: flags::SYN,
            window: 6,
            options: &[],
            payload: b"rest",
        };
        let mut segment = Vec::new();
        build.emit(ends[0], ends[1], &mut segment);
        let whole = probe(ends, protocol::TCP, &segment);
        for keep in 0..=segment.len() {
            let quote = &whole[..whole.len() - segment.len() + keep];
            let message = expired(ends, quote, &[], ExtensionStyle::Rfc4884);
            let error = error(&message, ends[0].is_ipv6());
            let (packet, transport) = error.quoted_transport().unwrap();
            assert_eq!(packet.truncated, keep < segment.len());
            match transport {
                QuotedTransport::Short(_) => assert!(keep < 8),
                QuotedTransport::Tcp(tcp) => assert_tcp(&tcp, keep),
                other => panic!("{other:?}"),
            }
        }
    }
}

/// What is there of the segment when `keep` of its bytes are quoted.
fn assert_tcp(tcp: &Tcp<'_>, keep: usize) {
    assert!(keep >= 8);
    assert_eq!((tcp.destination_port, tcp.sequence), (80, 0x0102_0304));
    assert_eq!(tcp.acknowledgment, (keep >= 12).then_some(5));
    assert_eq!(tcp.flags, (keep >= 14).then_some(flags::SYN));
    assert_eq!(tcp.window, (keep >= 16).then_some(6));
    assert_eq!(tcp.checksum.is_some(), keep >= 18);
    assert_eq!(tcp.urgent, (keep >= 20).then_some(0));
    assert_eq!(tcp.payload, &b"rest"[..keep.saturating_sub(20)]);
}

fn v4() -> [IpAddr; 2] {
    [[5, 0, 0, 1].into(), [5, 2, 0, 1].into()]
}

fn v6() -> [IpAddr; 2] {
    ["2a00:1::1", "2a00:2::1"].map(|text| text.parse().expect("an address"))
}

/// One label whose first byte looks like an extension header of version 2 at another offset.
fn tricky_labels() -> Vec<u8> {
    let mut objects = Vec::new();
    let entry = Lse {
        label: 0x2_0000,
        tc: 0,
        bottom: true,
        ttl: 1,
    };
    emit_label_stack(&[entry; 3], &mut objects);
    objects
}

#[test]
fn a_right_checksum_outweighs_a_wrong_length() {
    // 17 words of 8 bytes are 136 bytes: there the first entry begins with the version's nibble.
    let quote = udp_probe(v6(), b"payload");
    let message = expired(
        v6(),
        &quote,
        &tricky_labels(),
        ExtensionStyle::Length17At128,
    );
    let error = error(&message, true);
    assert_eq!(message[8 + 136] >> 4, 2);
    assert_eq!(
        error.extensions.map(|found| found.as_bytes().len()),
        Some(4 + 4 + 12)
    );
}

#[test]
fn a_wrong_extension_checksum_is_seen_where_the_length_states_the_place() {
    let quote = udp_probe(v4(), b"payload");
    let mut message = expired(v4(), &quote, &tricky_labels(), ExtensionStyle::Rfc4884);
    let at = message.len() - 1;
    message[at] ^= 1;
    let found = error(&message, false)
        .extensions
        .expect("of version 2, where it belongs");
    assert_eq!(found.checksum_ok(), Some(false));
    message[5] = 0; // now nothing but the checksum could tell
    assert_eq!(error(&message, false).extensions, None);
    message[5] = 17;
    assert_eq!(error(&message, false).extensions, None);
}

#[test]
fn another_version_is_no_extension() {
    let quote = udp_probe(v4(), b"payload");
    for style in STYLES {
        let mut message = expired(v4(), &quote, &tricky_labels(), style);
        message[8 + 128] = 0x10;
        assert_eq!(error(&message, false).extensions, None, "{style:?}");
    }
}

#[test]
fn the_length_is_byte_5_of_icmp_and_byte_4_of_icmpv6() {
    let labels = tricky_labels();
    let message = expired(
        v4(),
        &udp_probe(v4(), b""),
        &labels,
        ExtensionStyle::Rfc4884,
    );
    assert_eq!(message[4..8], [0, 32, 0, 0]);
    let message = expired(
        v6(),
        &udp_probe(v6(), b""),
        &labels,
        ExtensionStyle::Rfc4884,
    );
    assert_eq!(message[4..8], [16, 0, 0, 0]);
}

#[test]
fn zeros_that_belong_to_the_packet_stay() {
    let quote = udp_probe(v4(), &[0; 40]);
    let message = expired(v4(), &quote, &tricky_labels(), ExtensionStyle::Rfc4884);
    assert_eq!(error(&message, false).quote, quote);
    // And what follows the packet stays if it is not padding.
    let mut noisy = quote.clone();
    noisy.extend([0, 0, 1, 0]);
    let message = expired(v4(), &noisy, &[], ExtensionStyle::Rfc4884);
    assert_eq!(error(&message, false).quote, noisy);
}

#[test]
fn an_object_that_does_not_fit_is_located() {
    let mut objects = tricky_labels();
    objects.extend([0, 9, 1, 1, 0, 0, 0, 0]);
    let message = expired(
        v4(),
        &udp_probe(v4(), b""),
        &objects,
        ExtensionStyle::Rfc4884,
    );
    let found = error(&message, false).extensions.expect("of version 2");
    assert_eq!(
        (found.objects().count(), found.malformed_at()),
        (1, Some(4 + 16))
    );
    let length_at = 8 + 128 + 4 + 1;
    let mut message = message;
    message[length_at] = 3; // shorter than its own header
    let found = error(&message, false).extensions.expect("of version 2");
    assert_eq!(
        (found.objects().count(), found.malformed_at()),
        (0, Some(4))
    );
}

#[test]
fn the_words_of_each_kind_are_read() {
    use ErrorKind::{PacketTooBig, ParameterProblem, Redirect, Unreachable};
    for (is_v6, icmp, rest, kind, mtu) in [
        (false, [types::V4_UNREACHABLE, 3], 0, Unreachable, 0),
        (false, [types::V4_UNREACHABLE, 4], 1400, PacketTooBig, 1400),
        (false, [types::V4_REDIRECT, 1], 0x0501_00fe, Redirect, 0),
        (
            false,
            [types::V4_PARAMETER_PROBLEM, 0],
            9 << 24,
            ParameterProblem,
            0,
        ),
        (true, [types::V6_UNREACHABLE, 4], 0, Unreachable, 0),
        (
            true,
            [types::V6_PACKET_TOO_BIG, 0],
            70_000,
            PacketTooBig,
            70_000,
        ),
        (
            true,
            [types::V6_PARAMETER_PROBLEM, 1],
            40,
            ParameterProblem,
            0,
        ),
    ] {
        let ends = if is_v6 { v6() } else { v4() };
        let quote = &udp_probe(ends, b"payload")[..];
        let ([icmp_type, icmp_code], objects, style) = (icmp, &[][..], ExtensionStyle::Rfc4884);
        let build = ErrorBuild {
            icmp_type,
            icmp_code,
            rest,
            quote,
            objects,
            style,
        };
        let mut out = Vec::new();
        build.emit(ends[1], ends[0], &mut out);
        let error = error(&out, is_v6);
        assert_eq!((error.kind, error.mtu, error.rest), (kind, mtu, rest));
        assert_eq!([error.icmp_type, error.icmp_code], icmp);
        assert_eq!(error.quote, quote);
        assert_eq!((error.stated_quote_len, error.extensions), (0, None));
    }
}

#[test]
fn later_fragments_and_other_protocols_have_no_transport_to_read() {
    let mut quote = udp_probe(v4(), b"payload");
    quote[7] = 1; // a fragment offset of 8 bytes
    let message = expired(v4(), &quote, &[], ExtensionStyle::Rfc4884);
    let (packet, transport) = error(&message, false).quoted_transport().unwrap();
    assert_eq!(packet.header.fragment_offset, 8);
    assert_eq!(transport, QuotedTransport::Other(&quote[20..]));
    // ICMPv6 over IPv4 is not ICMP.
    let quote = probe(v4(), protocol::ICMPV6, &[128, 0, 0, 0, 0, 1, 0, 1]);
    let message = expired(v4(), &quote, &[], ExtensionStyle::Rfc4884);
    let (_, transport) = error(&message, false).quoted_transport().unwrap();
    assert_eq!(transport, QuotedTransport::Other(&quote[20..]));
}

#[test]
fn a_quote_whose_ttl_was_rewritten_is_read_all_the_same() {
    let mut quote = udp_probe(v4(), b"payload");
    quote[8] = 0; // without its checksum
    let message = expired(v4(), &quote, &[], ExtensionStyle::Rfc4884);
    assert_eq!(error(&message, false).quoted_ip().unwrap().header.ttl, 0);
    assert!(ip::IpPacket::parse(&quote).is_err());
}
