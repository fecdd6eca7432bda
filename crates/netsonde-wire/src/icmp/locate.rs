//! Where the quote of an error message ends and its extensions begin.
//!
//! RFC 4884 says: after as many words as the length field states, at least 128 bytes. The network
//! says otherwise: senders older than the RFC leave the field 0 and put extensions at byte 128; some
//! leave the extension checksum 0 as well; and a capture of a large operator shows a length of 17
//! words (68 bytes) with the extensions at byte 128 all the same.
use super::Extensions;
use crate::ip::IpPacket;

/// The least room for the original datagram when extensions follow (RFC 4884 section 3).
pub(super) const QUOTE_MIN: usize = 128;

/// Splits what follows the 8-byte header into quote and extensions.
pub(super) fn split(body: &[u8], stated: usize) -> (&[u8], Option<Extensions<'_>>) {
    if stated >= QUOTE_MIN {
        // As the RFC wants it. The version decides: a wrong checksum is the caller's to see.
        if let Some(found) = at(body, stated, |_| true) {
            return found;
        }
    }
    // Without a length to trust, only the checksum tells extensions from the rest of a long quote;
    // where the sender left that out, the first object has to fit.
    at(body, QUOTE_MIN, |extensions| {
        match extensions.checksum_ok() {
            Some(is_right) => is_right,
            None => extensions.malformed_at().is_none() && extensions.objects().next().is_some(),
        }
    })
    .unwrap_or((body, None))
}

fn at(
    body: &[u8],
    offset: usize,
    plausible: impl Fn(&Extensions<'_>) -> bool,
) -> Option<(&[u8], Option<Extensions<'_>>)> {
    let (quote, rest) = body.split_at_checked(offset)?;
    let extensions = Extensions::of(rest).filter(plausible)?;
    Some((quote, Some(extensions)))
}

/// Cuts the zeros that fill a quote past the stated length of the packet in it.
pub(super) fn without_padding(quote: &[u8]) -> &[u8] {
    let Ok(packet) = IpPacket::parse_quote(quote) else {
        return quote;
    };
    let stated = packet.header.total_len.max(packet.header.header_len);
    match quote.split_at_checked(stated) {
        Some((original, padding)) if padding.iter().all(|byte| *byte == 0) => original,
        _ => quote,
    }
}
