//! Forged replies.
use core::net::IpAddr;

use crate::lab::Lab;
use crate::rewrite::mend_icmp;
use netsonde_wire::icmp::{ErrorBuild, ExtensionStyle, Icmp, emit_echo, types};
use netsonde_wire::ip::{IpBuild, IpPacket, protocol};

/// TTL of what forgers send.
const TTL: u8 = 64;
/// As much of the probe as is quoted.
const QUOTE_MAX: usize = 128;

impl Lab {
    /// Answers a probe in the name of `source`: an echo reply where it was asked, else time exceeded.
    pub(super) fn forge(
        &mut self,
        now_ns: u64,
        interface: u32,
        probe: &[u8],
        source: IpAddr,
        blind: bool,
    ) {
        let Ok(parsed) = IpPacket::parse(probe) else {
            return;
        };
        let sender = parsed.header.source;
        let v6 = sender.is_ipv6();
        if source.is_ipv6() != v6 {
            return;
        }
        let body = claim(&parsed, probe, source, blind);
        let build = IpBuild {
            source,
            destination: sender,
            protocol: if v6 { protocol::ICMPV6 } else { protocol::ICMP },
            ttl: TTL,
            tos: 0,
            ident: 0,
            flow_label: 0,
            dont_fragment: false,
        };
        let message = self.build(&build, &body);
        self.carry(now_ns, interface ^ 1, message);
    }
}

/// What the forger says: an echo reply or time exceeded, with its checksum.
fn claim(parsed: &IpPacket<'_>, probe: &[u8], source: IpAddr, blind: bool) -> Vec<u8> {
    let sender = parsed.header.source;
    let v6 = sender.is_ipv6();
    let is_icmp = matches!(parsed.header.protocol, protocol::ICMP | protocol::ICMPV6);
    let mut body = Vec::new();
    if let Ok(Icmp::EchoRequest {
        ident,
        sequence,
        payload,
    }) = Icmp::parse(parsed.payload, v6)
        && is_icmp
        && source == parsed.header.destination
    {
        let ident = if blind { !ident } else { ident };
        emit_echo(source, sender, true, ident, sequence, payload, &mut body);
        return body;
    }
    let mut quote = probe[..probe.len().min(QUOTE_MAX)].to_vec();
    if blind {
        guess(&mut quote);
    }
    let icmp_type = if v6 {
        types::V6_TIME_EXCEEDED
    } else {
        types::V4_TIME_EXCEEDED
    };
    let style = ExtensionStyle::Rfc4884;
    ErrorBuild {
        icmp_type,
        icmp_code: 0,
        rest: 0,
        quote: &quote,
        objects: &[],
        style,
    }
    .emit(source, sender, &mut body);
    body
}

/// What a forger who has not seen the probe gets wrong: identification, source port or identifier, sequence, payload.
fn guess(quote: &mut [u8]) {
    let Ok(header) = IpPacket::parse_quote(quote).map(|packet| packet.header) else {
        return;
    };
    if header.source.is_ipv4() {
        invert(&mut quote[4..6]);
    }
    let has_ports = matches!(header.protocol, protocol::UDP | protocol::TCP);
    if let (true, Some(source_port)) = (
        has_ports,
        quote.get_mut(header.header_len..header.header_len + 2),
    ) {
        invert(source_port);
    }
    if let Some(unknown) = quote.get_mut(header.header_len + 4..) {
        invert(unknown);
    }
    mend_icmp(quote);
}

fn invert(bytes: &mut [u8]) {
    for byte in bytes {
        *byte = !*byte;
    }
}
