//! ICMP and `ICMPv6` messages, Neighbour Discovery, extension structures.
use super::{V4, V6, explained};
use core::net::IpAddr;
use netsonde_wire::icmp::nd::{self, Nd};
use netsonde_wire::icmp::{self, ErrorBuild, ExtensionStyle, Extensions, Icmp, IcmpError, Object};
use netsonde_wire::mpls;

/// ICMP messages; see `message`.
pub fn icmp(bytes: &[u8]) {
    message(bytes, V4);
}

/// `ICMPv6` messages; see `message`.
pub fn icmpv6(bytes: &[u8]) {
    message(bytes, V6);
}

/// Echoes and errors read the same after writing; whatever an error quotes is read as far as it goes.
fn message(bytes: &[u8], [source, destination]: [IpAddr; 2]) {
    let is_v6 = source.is_ipv6();
    let mut out = Vec::new();
    match explained(Icmp::parse(bytes, is_v6), bytes) {
        Some(
            echo @ Icmp::EchoRequest {
                ident,
                sequence,
                payload,
            },
        ) => {
            icmp::emit_echo(
                source,
                destination,
                false,
                ident,
                sequence,
                payload,
                &mut out,
            );
            assert_eq!(Icmp::parse(&out, is_v6), Ok(echo));
        }
        Some(
            echo @ Icmp::EchoReply {
                ident,
                sequence,
                payload,
            },
        ) => {
            icmp::emit_echo(
                source,
                destination,
                true,
                ident,
                sequence,
                payload,
                &mut out,
            );
            assert_eq!(Icmp::parse(&out, is_v6), Ok(echo));
        }
        Some(Icmp::Error(error)) => {
            assert!(bytes[8..].starts_with(error.quote));
            let _ = explained(error.quoted_transport(), error.quote);
            if let Some(found) = error.extensions {
                assert!(bytes.ends_with(found.as_bytes()));
                extended(&error, found.as_bytes(), [source, destination]);
            }
            return;
        }
        _ => return,
    }
    assert!(Icmp::checksum_ok(&out, source, destination));
}

/// An error message with extensions, written as RFC 4884 wants it, has the same quote and objects.
fn extended(error: &IcmpError<'_>, structure: &[u8], [source, destination]: [IpAddr; 2]) {
    let objects = &structure[4..];
    if objects.is_empty() {
        return;
    }
    let build = ErrorBuild {
        icmp_type: error.icmp_type,
        icmp_code: error.icmp_code,
        rest: error.rest,
        quote: error.quote,
        objects,
        style: ExtensionStyle::Rfc4884,
    };
    let mut out = Vec::new();
    build.emit(source, destination, &mut out);
    assert!(Icmp::checksum_ok(&out, source, destination));
    let Ok(Icmp::Error(again)) = Icmp::parse(&out, source.is_ipv6()) else {
        panic!("the type is the same");
    };
    let found = again.extensions.expect("extensions were written");
    assert_eq!(
        (&found.as_bytes()[4..], found.checksum_ok()),
        (objects, Some(true))
    );
    let common = again.quote.len().min(error.quote.len());
    assert_eq!(again.quote[..common], error.quote[..common]);
    assert!(again.quote[common..].iter().all(|byte| *byte == 0));
}

/// Extension structures: known objects read the same after writing, and the rest is accounted for.
pub fn extensions(bytes: &[u8]) {
    let Some(structure) = Extensions::of(bytes) else {
        return;
    };
    let mut seen = 4;
    for object in structure.objects() {
        let mut out = Vec::new();
        match object {
            Object::LabelStack { raw } => {
                seen += 4 + raw.len();
                let stack: Vec<_> = mpls::entries(raw).collect();
                icmp::emit_label_stack(&stack, &mut out);
                assert_eq!(out[4..], raw[..raw.len() / 4 * 4]);
            }
            Object::Interface(info) => {
                icmp::emit_interface_info(&info, &mut out);
                let again = [&[0x20, 0, 0, 0], &out[..]].concat();
                let again = Extensions::of(&again).expect("version 2");
                assert!(again.objects().eq([object]));
                return;
            }
            Object::Unknown { payload, .. } => seen += 4 + payload.len(),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        structure.malformed_at(),
        (seen < bytes.len()).then_some(seen)
    );
}

/// Messages and their options read the same after writing; reserved bits are not kept.
pub fn nd(bytes: &[u8]) {
    let Some(message) = explained(Nd::parse(bytes), bytes) else {
        return;
    };
    let (Nd::RouterSolicitation { options }
    | Nd::RouterAdvertisement { options, .. }
    | Nd::NeighborSolicitation { options, .. }
    | Nd::NeighborAdvertisement { options, .. }
    | Nd::Redirect { options, .. }) = message
    else {
        panic!("a message that this check does not know");
    };
    let mut again = Vec::new();
    nd::options(options).for_each(|option| nd::emit_option(option, &mut again));
    assert_eq!(again.len(), options.len());
    assert!(nd::options(&again).eq(nd::options(options)));
    let (IpAddr::V6(source), IpAddr::V6(destination)) = (V6[0], V6[1]) else {
        unreachable!("the constants are IPv6");
    };
    let mut out = Vec::new();
    message.emit(source, destination, &mut out);
    assert_eq!(Nd::parse(&out), Ok(message));
    assert!(Icmp::checksum_ok(&out, V6[0], V6[1]));
}
