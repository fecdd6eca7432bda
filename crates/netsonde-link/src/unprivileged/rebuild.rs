//! Whole packets from what the kernel tells of them.
use crate::ancillary::{Ancillary, ExtendedError};
use crate::memory::Sent;
use netsonde_wire::icmp::{ErrorBuild, ExtensionStyle, types};
use netsonde_wire::ip::{self, IpBuild, protocol};
use netsonde_wire::{checksum, udp};
use std::net::{IpAddr, SocketAddr};

/// Header of an extension structure (RFC 4884 section 7), before its objects.
const EXTENSION_HEADER_LEN: usize = 4;

/// The ICMP error of which the error queue told, quoting the probe as it was built and as much of its payload as came
/// back. `None` for errors of our own kernel's making.
pub(super) fn error(
    error: &ExtendedError,
    ancillary: &Ancillary,
    sent: &Sent,
    returned: &[u8],
    extensions: &[u8],
) -> Option<Vec<u8>> {
    let offender = error.offender.filter(|_| error.is_icmp)?;
    let probe_source = ip::source(&sent.headers)?;
    let mut quote = sent.headers.clone();
    quote.extend_from_slice(returned);
    let build = ErrorBuild {
        icmp_type: error.icmp_type,
        icmp_code: error.icmp_code,
        rest: rest(error),
        quote: &quote,
        objects: extensions.get(EXTENSION_HEADER_LEN..).unwrap_or_default(),
        style: ExtensionStyle::Rfc4884,
    };
    let mut message = Vec::new();
    build.emit(offender, probe_source, &mut message);
    Some(packet(
        offender,
        probe_source,
        icmp_of(offender),
        ancillary,
        &message,
    ))
}

/// The echo reply, with the identifier that the probe had before the kernel set its own.
pub(super) fn echo_reply(
    from: IpAddr,
    ancillary: &Ancillary,
    sent: &Sent,
    message: &[u8],
) -> Option<Vec<u8>> {
    let probe_source = ip::source(&sent.headers)?;
    let ident = sent.headers.get(sent.ip_len + 4..sent.ip_len + 6)?;
    let mut reply = message.to_vec();
    let kernel_ident = u16::from_be_bytes(*reply.get(4..)?.first_chunk()?);
    let old = u16::from_be_bytes(*reply.get(2..)?.first_chunk()?);
    let new = checksum::update(old, kernel_ident, u16::from_be_bytes([ident[0], ident[1]]));
    reply[2..4].copy_from_slice(&new.to_be_bytes());
    reply[4..6].copy_from_slice(ident);
    Some(packet(from, probe_source, icmp_of(from), ancillary, &reply))
}

/// The UDP reply, sent to the port that the probe had before a socket's took its place.
pub(super) fn datagram(
    from: SocketAddr,
    ancillary: &Ancillary,
    sent: &Sent,
    payload: &[u8],
) -> Option<Vec<u8>> {
    let probe_source = ip::source(&sent.headers)?;
    let port = u16::from_be_bytes(*sent.headers.get(sent.ip_len..)?.first_chunk()?);
    let mut message = Vec::new();
    udp::emit(
        from.ip(),
        probe_source,
        from.port(),
        port,
        payload,
        &mut message,
    );
    Some(packet(
        from.ip(),
        probe_source,
        protocol::UDP,
        ancillary,
        &message,
    ))
}

fn packet(
    source: IpAddr,
    destination: IpAddr,
    protocol: u8,
    ancillary: &Ancillary,
    payload: &[u8],
) -> Vec<u8> {
    let build = IpBuild {
        source,
        destination,
        protocol,
        ttl: ancillary.ttl.unwrap_or(0),
        tos: ancillary.tos.unwrap_or(0),
        ident: 0,
        flow_label: ancillary.flow_label,
        dont_fragment: false,
    };
    let mut out = Vec::new();
    build.emit(payload, &mut out);
    out
}

/// Bytes 4 to 8 of the message: only errors about size have something there that the kernel passes on.
fn rest(error: &ExtendedError) -> u32 {
    let is_v6 = error.offender.is_some_and(|offender| offender.is_ipv6());
    let is_about_size = if is_v6 {
        error.icmp_type == types::V6_PACKET_TOO_BIG
    } else {
        (error.icmp_type, error.icmp_code) == (types::V4_UNREACHABLE, 4)
    };
    if is_about_size { error.info } else { 0 }
}

fn icmp_of(address: IpAddr) -> u8 {
    if address.is_ipv6() {
        protocol::ICMPV6
    } else {
        protocol::ICMP
    }
}
