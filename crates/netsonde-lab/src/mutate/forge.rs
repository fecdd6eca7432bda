//! Forged replies.
use core::net::IpAddr;

use crate::lab::Lab;
use crate::rewrite::{End, mend_icmp, port, set_port};
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
        let mut body = Vec::new();
        let asked = Icmp::parse(parsed.payload, v6);
        if let Ok(Icmp::EchoRequest {
            ident,
            sequence,
            payload,
        }) = asked
            && source == parsed.header.destination
            && matches!(parsed.header.protocol, protocol::ICMP | protocol::ICMPV6)
        {
            let (ident, sequence) = if blind {
                (!ident, sequence)
            } else {
                (ident, sequence)
            };
            emit_echo(source, sender, true, ident, sequence, payload, &mut body);
        } else {
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
        }
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

/// What a forger who has not seen the probe gets wrong: ports or identifier, checksum, payload.
fn guess(quote: &mut [u8]) {
    if let Some(old) = port(quote, End::Source) {
        set_port(quote, End::Source, !old);
    }
    mend_icmp(quote);
    let half = quote.len() / 2;
    for byte in &mut quote[half.max(28)..] {
        *byte = !*byte;
    }
}
