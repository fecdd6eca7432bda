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

type Split<'a> = (&'a [u8], Option<Extensions<'a>>);

/// Splits what follows the 8-byte header into quote and extensions.
pub(super) fn split(body: &[u8], stated: usize) -> Split<'_> {
    let stated = (stated >= QUOTE_MIN).then_some(stated);
    // A right checksum proves the place, the stated one first.
    let proven = stated
        .and_then(|offset| at(body, offset, is_proven))
        .or_else(|| at(body, QUOTE_MIN, is_proven));
    // Without one the RFC's place needs no more than the version: whether the checksum is wrong or
    // missing is the caller's to see. Where nothing states the place, a checksum that is there must
    // be right, and if it is not there the first object has to fit.
    proven
        .or_else(|| stated.and_then(|offset| at(body, offset, |_| true)))
        .or_else(|| at(body, QUOTE_MIN, is_unchecked_but_fits))
        .unwrap_or((body, None))
}

fn is_proven(extensions: &Extensions<'_>) -> bool {
    extensions.checksum_ok() == Some(true)
}

fn is_unchecked_but_fits(extensions: &Extensions<'_>) -> bool {
    extensions.checksum_ok().is_none() && extensions.objects().next().is_some()
}

fn at(
    body: &[u8],
    offset: usize,
    is_plausible: impl Fn(&Extensions<'_>) -> bool,
) -> Option<Split<'_>> {
    let (quote, rest) = body.split_at_checked(offset)?;
    let extensions = Extensions::of(rest).filter(is_plausible)?;
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
