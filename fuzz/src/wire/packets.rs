//! IP packets, whole and quoted.
use super::explained;
use netsonde_wire::checksum;
use netsonde_wire::ip::{self, IpBuild, IpHeader, IpPacket, v4, v6};

/// Whole packets, as they are and with the IPv4 checksum made right, which a fuzzer seldom guesses.
pub fn ip(bytes: &[u8]) {
    whole(bytes);
    let mut corrected = bytes.to_vec();
    if let Some(header) = header_mut(&mut corrected) {
        header[10..12].fill(0);
        let sum = checksum::internet(header);
        header[10..12].copy_from_slice(&sum.to_be_bytes());
        whole(&corrected);
    }
}

fn header_mut(bytes: &mut [u8]) -> Option<&mut [u8]> {
    let first = *bytes.first()?;
    let len = usize::from(first & 0x0f) * 4;
    if first >> 4 != 4 || len < v4::HEADER_LEN {
        return None;
    }
    bytes.get_mut(..len)
}

/// The shortcuts for forwarding agree with the parser, and a header reads the same after writing.
fn whole(bytes: &[u8]) {
    let Some(packet) = explained(IpPacket::parse(bytes), bytes) else {
        return;
    };
    let header = packet.header;
    assert!(!packet.truncated && header.total_len <= bytes.len());
    assert_eq!(header.header_len + packet.payload.len(), header.total_len);
    assert_eq!(IpPacket::parse_quote(bytes), Ok(packet));
    assert_eq!(ip::ttl(bytes), Some(header.ttl));
    assert_eq!(ip::source(bytes), Some(header.source));
    assert_eq!(ip::destination(bytes), Some(header.destination));
    let mut forwarded = bytes.to_vec();
    assert!(ip::set_ttl(&mut forwarded, header.ttl.wrapping_sub(1)));
    let changed = IpPacket::parse(&forwarded).expect("the checksum still holds");
    assert_eq!(
        changed.header,
        IpHeader {
            ttl: header.ttl.wrapping_sub(1),
            ..header
        }
    );
    rewritten(bytes, &packet);
}

fn rewritten(bytes: &[u8], packet: &IpPacket<'_>) {
    let header = packet.header;
    let is_fragment = header.more_fragments || header.fragment_offset != 0;
    if is_fragment || (header.source.is_ipv6() && header.ident.is_some()) {
        return; // only whole packets are written
    }
    let build = IpBuild {
        source: header.source,
        destination: header.destination,
        protocol: header.protocol,
        ttl: header.ttl,
        tos: header.tos,
        ident: header
            .ident
            .map_or(0, |ident| u16::try_from(ident).expect("16 bits in IPv4")),
        flow_label: header.flow_label,
        dont_fragment: header.dont_fragment,
    };
    let mut out = Vec::new();
    if header.source.is_ipv4() {
        build.emit_with_options(packet.options, packet.payload, &mut out);
        assert!(v4::options(packet.options).count() <= v4::OPTIONS_MAX);
    } else {
        let extensions: Vec<_> = v6::extensions(bytes).collect();
        let mut payload = Vec::new();
        let protocol = v6::emit_extensions(&extensions, header.protocol, &mut payload);
        assert_eq!(payload.len(), packet.options.len());
        payload.extend_from_slice(packet.payload);
        IpBuild { protocol, ..build }.emit(&payload, &mut out);
        assert!(v6::extensions(&out).eq(extensions));
    }
    let again = IpPacket::parse(&out).expect("what is written can be read");
    assert_eq!((again.header, again.payload), (header, packet.payload));
}

/// Quotes: cutting more off never changes what is still there.
pub fn ip_quote(bytes: &[u8]) {
    let Some(packet) = explained(IpPacket::parse_quote(bytes), bytes) else {
        return;
    };
    let header = packet.header;
    assert!(packet.options.len() + packet.payload.len() <= bytes.len());
    let fixed = if header.source.is_ipv4() {
        v4::HEADER_LEN
    } else {
        v6::HEADER_LEN
    };
    for end in fixed..bytes.len().min(fixed + 64) {
        let cut = IpPacket::parse_quote(&bytes[..end])
            .expect("the fixed header is there")
            .header;
        assert_eq!(
            (cut.source, cut.destination),
            (header.source, header.destination)
        );
        assert_eq!(
            (cut.ttl, cut.tos, cut.total_len),
            (header.ttl, header.tos, header.total_len)
        );
    }
    for end in 0..fixed {
        assert!(explained(IpPacket::parse_quote(&bytes[..end]), &bytes[..end]).is_none());
    }
}
