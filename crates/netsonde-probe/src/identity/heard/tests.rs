//! What is recorded of a reply, and what is not believed.
use super::{Heard, Unheard};
use crate::job::Privilege;
use crate::record::{Extension, Label, Reply, ReplyKind};
use crate::testing::{address, source, wrap};
use alloc::string::ToString;
use alloc::vec::Vec;
use netsonde_wire::checksum::internet;
use netsonde_wire::icmp::{
    ErrorBuild, ExtensionStyle, InterfaceInfo, emit_interface_info, emit_label_stack, types,
};
use netsonde_wire::ip::protocol;
use netsonde_wire::mpls::Lse;
use netsonde_wire::udp;

const LSE: Lse = Lse {
    label: 16_001,
    tc: 5,
    bottom: true,
    ttl: 254,
};

/// Time exceeded about a datagram of ours, with a label, the name of an interface and an object of class 9.
fn error(icmp_type: u8, icmp_code: u8, rest: u32) -> Vec<u8> {
    let mut datagram = Vec::new();
    udp::emit(
        source(false),
        address(false, 200),
        40_000,
        33_434,
        &[0; 12],
        &mut datagram,
    );
    let quote = wrap(source(false), address(false, 200), protocol::UDP, &datagram);
    let mut objects = Vec::new();
    emit_label_stack(&[LSE], &mut objects);
    let info = InterfaceInfo {
        role: 2,
        if_index: Some(7),
        address: None,
        name: Some(b"xe-0"),
        mtu: Some(9_000),
    };
    emit_interface_info(&info, &mut objects);
    objects.extend([0, 8, 9, 1, 0xca, 0xfe, 0, 1]);
    let style = ExtensionStyle::Rfc4884;
    let build = ErrorBuild {
        icmp_type,
        icmp_code,
        rest,
        quote: &quote,
        objects: &objects,
        style,
    };
    let mut message = Vec::new();
    build.emit(address(false, 3), source(false), &mut message);
    wrap(address(false, 3), source(false), protocol::ICMP, &message)
}

fn reply(packet: &[u8], privilege: Privilege) -> Reply {
    Heard::parse(packet).unwrap().reply(2, 5_000, privilege)
}

#[test]
fn everything_that_an_error_says_is_recorded() {
    let packet = error(types::V4_TIME_EXCEEDED, 0, 0);
    let expected = Reply {
        responder: address(false, 3),
        kind: ReplyKind::TimeExceeded,
        attempt: 2,
        rtt_ns: 5_000,
        sent_ns: None,
        reply_ttl: Some(60),
        reply_tos: Some(0),
        ip_id: Some(77),
        size: u16::try_from(packet.len()).unwrap(),
        icmp_type: Some(11),
        icmp_code: Some(0),
        quoted_ttl: Some(60),
        quoted_tos: Some(0),
        mtu: None,
        labels: Vec::from([Label {
            label: 16_001,
            tc: 5,
            bottom: true,
            ttl: 254,
        }]),
        extensions: Vec::from([
            Extension::Interface {
                role: 2,
                if_index: Some(7),
                address: None,
                name: Some("xe-0".to_string()),
                mtu: Some(9_000),
            },
            Extension::Unknown {
                class: 9,
                c_type: 1,
                payload: "cafe0001".to_string(),
            },
        ]),
    };
    assert_eq!(reply(&packet, Privilege::Raw), expected);
}

#[test]
fn labels_that_fail_their_checksum_are_kept_raw() {
    let mut packet = error(types::V4_TIME_EXCEEDED, 0, 0);
    let (header, quote, extension) = (20, 8 + 128, 4);
    packet[header + quote + extension + 4] ^= 1;
    packet[header + 2..header + 4].fill(0);
    let checksum = internet(&packet[header..]);
    packet[header + 2..header + 4].copy_from_slice(&checksum.to_be_bytes());
    let reply = reply(&packet, Privilege::Raw);
    assert_eq!(reply.labels, []);
    let [
        Extension::Unknown {
            class: 0,
            c_type: 0,
            payload,
        },
    ] = &reply.extensions[..]
    else {
        panic!("{reply:?}")
    };
    assert!(payload.starts_with("2000") && payload.ends_with("cafe0001"));
}

#[test]
fn without_privilege_nothing_is_recorded_that_the_link_made_up() {
    let reply = reply(&error(types::V4_TIME_EXCEEDED, 0, 0), Privilege::None);
    assert_eq!(
        (reply.reply_ttl, reply.reply_tos, reply.ip_id),
        (Some(60), None, None)
    );
    assert_eq!((reply.quoted_ttl, reply.quoted_tos), (None, None));
}

#[test]
fn fragmentation_needed_tells_the_mtu() {
    let reply = reply(&error(types::V4_UNREACHABLE, 4, 1_400), Privilege::Raw);
    assert_eq!(
        (reply.kind, reply.mtu),
        (ReplyKind::PacketTooBig, Some(1_400))
    );
}

#[test]
fn advice_and_wrong_checksums_are_no_replies() {
    assert_eq!(
        Heard::parse(&error(types::V4_REDIRECT, 1, 0)).unwrap_err(),
        Unheard::Unrelated
    );
    let mut packet = error(types::V4_TIME_EXCEEDED, 0, 0);
    packet[23] ^= 1;
    assert_eq!(Heard::parse(&packet).unwrap_err(), Unheard::Unparsed);
    let fragment = {
        let mut packet = error(types::V4_TIME_EXCEEDED, 0, 0);
        packet[7] = 1;
        packet[10..12].fill(0);
        let checksum = internet(&packet[..20]);
        packet[10..12].copy_from_slice(&checksum.to_be_bytes());
        packet
    };
    assert_eq!(Heard::parse(&fragment).unwrap_err(), Unheard::Unparsed);
}

#[test]
fn the_first_fragment_of_an_ipv6_echo_reply_is_read_and_no_other() {
    use crate::testing::{address, wrap};
    let fragment = |offset: u16, next: u8, icmp_type: u8| {
        let mut payload = alloc::vec![next, 0, 0, 0, 0, 0, 0x12, 0x34];
        payload[2..4].copy_from_slice(&(offset << 3 | 1).to_be_bytes());
        // The checksum is that of all fragments together.
        payload.extend([icmp_type, 0, 0xde, 0xad, 0, 7, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8]);
        wrap(address(true, 9), address(true, 0), 44, &payload)
    };
    let packet = fragment(0, 58, types::V6_ECHO_REPLY);
    let Ok(Heard::EchoReply {
        ip,
        ident,
        sequence,
        payload,
    }) = Heard::parse(&packet)
    else {
        panic!("{:?}", Heard::parse(&packet))
    };
    assert_eq!(
        (ip.ident, ident, sequence, payload.len()),
        (Some(0x1234), 7, 9, 8)
    );
    let refused = |packet: &[u8]| Heard::parse(packet).unwrap_err();
    assert_eq!(
        refused(&fragment(2, 58, types::V6_ECHO_REPLY)),
        Unheard::Unrelated
    );
    assert_eq!(refused(&fragment(0, 58, types::V6_ECHO)), Unheard::Unparsed);
    assert_eq!(
        refused(&fragment(0, 17, types::V6_ECHO_REPLY)),
        Unheard::Unparsed
    );
}
