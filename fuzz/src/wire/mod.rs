//! Invariants of the parsers and emitters of `netsonde-wire`: nothing panics, an error names a field
//! that is really missing, and what is read and written again reads the same.
mod messages;
mod packets;
mod reassembly;

pub use messages::{extensions, icmp, icmpv6, nd};
pub use packets::{ip, ip_quote};
pub use reassembly::reassembly;

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use netsonde_wire::arp::Arp;
use netsonde_wire::ethernet::Frame;
use netsonde_wire::snmp::{self, EngineId, EngineIdData};
use netsonde_wire::tcp::{self, Tcp, TcpBuild};
use netsonde_wire::udp::{self, Udp};
use netsonde_wire::{WireError, mpls};

const V4: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(5, 0, 0, 1)),
    IpAddr::V4(Ipv4Addr::new(5, 2, 0, 1)),
];
const V6: [IpAddr; 2] = [
    IpAddr::V6(Ipv6Addr::new(0x2a00, 1, 0, 0, 0, 0, 0, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2a00, 2, 0, 0, 0, 0, 0, 1)),
];

/// An error says what was there, and that it was not enough.
fn explained<T>(result: Result<T, WireError>, bytes: &[u8]) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(WireError::Short { field, needed, got }) => {
            assert!(field.contains('.'), "{field} names no header");
            assert!(
                needed > got && got <= bytes.len(),
                "{field}: {needed} > {got}"
            );
            None
        }
        Err(WireError::Invalid {
            field, expected, ..
        }) => {
            assert!(field.contains('.') && !expected.is_empty());
            None
        }
        Err(other) => panic!("{other}"),
    }
}

/// Frames are written back byte for byte.
pub fn ethernet(bytes: &[u8]) {
    if let Some(frame) = explained(Frame::parse(bytes), bytes) {
        let mut out = Vec::new();
        frame.emit(&mut out);
        assert_eq!(out, bytes);
    }
}

/// Messages are written back byte for byte.
pub fn arp(bytes: &[u8]) {
    if let Some(message) = explained(Arp::parse(bytes), bytes) {
        let mut out = Vec::new();
        message.emit(&mut out);
        assert_eq!(out, bytes[..28]);
    }
}

/// Datagrams: a header cut nowhere reads the same after writing.
pub fn udp(bytes: &[u8]) {
    let quote = explained(Udp::parse_quote(bytes), bytes);
    assert_eq!(quote.is_some(), bytes.len() >= 8);
    let Some(datagram) = explained(Udp::parse(bytes), bytes) else {
        return;
    };
    assert_eq!(quote, Some(datagram));
    for [source, destination] in [V4, V6] {
        let mut out = Vec::new();
        let ports = (datagram.source_port, datagram.destination_port);
        udp::emit(
            source,
            destination,
            ports.0,
            ports.1,
            datagram.payload,
            &mut out,
        );
        assert!(Udp::checksum_ok(&out, source, destination));
        let again = Udp::parse(&out).expect("what is written can be read");
        assert_eq!(
            again,
            Udp {
                checksum: again.checksum,
                ..datagram
            }
        );
    }
}

/// Segments: every option reads the same after writing.
pub fn tcp(bytes: &[u8]) {
    let quote = explained(Tcp::parse_quote(bytes), bytes);
    assert_eq!(quote.is_some(), bytes.len() >= 8);
    let Some(segment) = explained(Tcp::parse(bytes), bytes) else {
        return;
    };
    assert_eq!(quote, Some(segment));
    let options: Vec<_> = tcp::options(segment.options).collect();
    let build = TcpBuild {
        source_port: segment.source_port,
        destination_port: segment.destination_port,
        sequence: segment.sequence,
        acknowledgment: segment.acknowledgment.expect("a whole header"),
        flags: segment.flags.expect("a whole header"),
        window: segment.window.expect("a whole header"),
        options: &options,
        payload: segment.payload,
    };
    for [source, destination] in [V4, V6] {
        let mut out = Vec::new();
        build.emit(source, destination, &mut out);
        assert!(Tcp::checksum_ok(&out, source, destination));
        let again = Tcp::parse(&out).expect("what is written can be read");
        assert!(tcp::options(again.options).eq(options.iter().copied()));
        assert_eq!(
            (again.flags, again.payload),
            (segment.flags, segment.payload)
        );
    }
}

/// Stacks are written back byte for byte.
pub fn mpls(bytes: &[u8]) {
    let mut out = Vec::new();
    if let Some((stack, rest)) = explained(mpls::parse_stack(bytes), bytes) {
        mpls::emit_stack(&stack, &mut out);
        out.extend_from_slice(rest);
        assert_eq!(out, bytes);
        assert!(stack.iter().rev().skip(1).all(|entry| !entry.bottom));
    } else {
        assert!(mpls::entries(bytes).all(|entry| !entry.bottom));
    }
}

/// A message that could be read is answered by a report that says the same of its engine; identifiers are taken apart
/// without losing a byte.
pub fn snmp(bytes: &[u8]) {
    if let Some(message) = explained(snmp::Message::parse(bytes), bytes) {
        let report = snmp::report(
            message.message_id,
            message.engine_id,
            message.engine_boots,
            message.engine_time,
        );
        let again = snmp::Message::parse(&report).expect("our own report");
        assert_eq!(
            (
                again.message_id,
                again.engine_id,
                again.engine_boots,
                again.engine_time
            ),
            (
                message.message_id,
                message.engine_id,
                message.engine_boots,
                message.engine_time
            ),
        );
    }
    if let Some(id) = EngineId::parse(bytes) {
        let kept = match id.data {
            EngineIdData::Address(IpAddr::V4(_)) => 4,
            EngineIdData::Address(IpAddr::V6(_)) => 16,
            EngineIdData::Mac(_) => 6,
            EngineIdData::Text(rest) | EngineIdData::Octets(rest) => rest.len(),
            _ => return,
        };
        assert_eq!(4 + usize::from(id.format.is_some()) + kept, bytes.len());
    }
}
