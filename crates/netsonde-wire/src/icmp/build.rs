//! Writing messages, with extensions as the RFC wants them and as some senders do.
use super::extensions::{CLASS_MPLS, TYPE_INCOMING_STACK};
use super::locate::QUOTE_MIN;
use super::{finish, types};
use crate::checksum;
use crate::mpls::{self, Lse};
use alloc::vec::Vec;
use core::net::IpAddr;

/// Appends an echo request or reply with its checksum.
pub fn emit_echo(
    source: IpAddr,
    destination: IpAddr,
    is_reply: bool,
    ident: u16,
    sequence: u16,
    payload: &[u8],
    out: &mut Vec<u8>,
) {
    let icmp_type = match (source.is_ipv6(), is_reply) {
        (false, false) => types::V4_ECHO,
        (false, true) => types::V4_ECHO_REPLY,
        (true, false) => types::V6_ECHO,
        (true, true) => types::V6_ECHO_REPLY,
    };
    let start = out.len();
    let ([i0, i1], [s0, s1]) = (ident.to_be_bytes(), sequence.to_be_bytes());
    out.extend_from_slice(&[icmp_type, 0, 0, 0, i0, i1, s0, s1]);
    out.extend_from_slice(payload);
    finish(start, source, destination, out);
}

/// How an error message is written; the lab's routers use every variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtensionStyle {
    /// RFC 4884: quote zero-padded to 128 bytes, length field set, checksum computed.
    Rfc4884,
    /// Extensions at byte 128, length field 0 (older senders).
    LengthZero,
    /// Length field and extension checksum both 0 (NetBSD).
    LengthAndChecksumZero,
    /// Length field 17 words, yet extensions at byte 128 (seen in a capture of AT&T).
    Length17At128,
}

/// What is needed to write an error message.
#[derive(Clone, Copy, Debug)]
pub struct ErrorBuild<'a> {
    /// Type.
    pub icmp_type: u8,
    /// Code.
    pub icmp_code: u8,
    /// Bytes 4..8 of the message apart from the length field: MTU, pointer or gateway.
    pub rest: u32,
    /// The original datagram, already cut as the sender cuts it.
    pub quote: &'a [u8],
    /// Whole extension objects, each with its 4-byte header; empty for none.
    pub objects: &'a [u8],
    /// Where the extensions go, if there are any.
    pub style: ExtensionStyle,
}

impl ErrorBuild<'_> {
    /// Appends the message with its checksum; the family is that of the addresses.
    ///
    /// Without objects the quote is written as it is and the length field stays 0. With them, all
    /// styles but the RFC's cut the quote at 128 bytes, and the RFC's at what the length can say.
    pub fn emit(&self, source: IpAddr, destination: IpAddr, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[self.icmp_type, self.icmp_code, 0, 0]);
        out.extend_from_slice(&self.rest.to_be_bytes());
        if self.objects.is_empty() {
            out.extend_from_slice(self.quote);
        } else {
            self.emit_multipart(source.is_ipv6(), out);
        }
        finish(start, source, destination, out);
    }

    fn emit_multipart(&self, v6: bool, out: &mut Vec<u8>) {
        // The length is the first byte of the last header word in ICMPv6, the second in ICMP.
        let (length_at, unit) = if v6 {
            (out.len() - 4, 8)
        } else {
            (out.len() - 3, 4)
        };
        let room = match self.style {
            ExtensionStyle::Rfc4884 => {
                let whole = self.quote.len().next_multiple_of(unit);
                whole.clamp(QUOTE_MIN, usize::from(u8::MAX) * unit)
            }
            _ => QUOTE_MIN,
        };
        out[length_at] = match self.style {
            ExtensionStyle::Rfc4884 => u8::try_from(room / unit).unwrap_or(u8::MAX),
            ExtensionStyle::LengthZero | ExtensionStyle::LengthAndChecksumZero => 0,
            ExtensionStyle::Length17At128 => 17,
        };
        let quote_end = out.len() + room;
        out.extend_from_slice(self.quote.get(..room).unwrap_or(self.quote));
        out.resize(quote_end, 0);
        out.extend_from_slice(&[0x20, 0, 0, 0]);
        out.extend_from_slice(self.objects);
        if self.style != ExtensionStyle::LengthAndChecksumZero {
            let sum = checksum::internet(&out[quote_end..]);
            // 0 would mean "not computed"; in one's complement 0xffff is the same number.
            let sum = if sum == 0 { u16::MAX } else { sum };
            out[quote_end + 2..quote_end + 4].copy_from_slice(&sum.to_be_bytes());
        }
    }
}

/// Appends an RFC 4950 object with its header.
pub fn emit_label_stack(stack: &[Lse], out: &mut Vec<u8>) {
    let length = u16::try_from(4 + stack.len() * 4);
    debug_assert!(length.is_ok(), "an object holds at most 16,382 entries");
    let [l0, l1] = length.unwrap_or(u16::MAX).to_be_bytes();
    out.extend_from_slice(&[l0, l1, CLASS_MPLS, TYPE_INCOMING_STACK]);
    mpls::emit_stack(stack, out);
}
