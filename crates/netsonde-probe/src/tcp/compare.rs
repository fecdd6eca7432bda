//! A probe beside the quote of it: which fields differ, as far as the quote goes.
use super::segment::{hexadecimal, kinds, raw_options};
use crate::record::{QuoteReach, TcpDifference, TcpEdit, TcpField};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Display;
use netsonde_wire::icmp::Icmp;
use netsonde_wire::ip::{IpHeader, IpPacket, protocol};
use netsonde_wire::tcp::Tcp;

const HEADER_LEN: usize = 20;
/// What RFC 792 asks routers to quote of the payload.
const PORTS_LEN: usize = 8;
const NOP: u8 = 1;

/// What a quote shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Comparison {
    pub(super) quoted: u16,
    /// `None` where not even the ports are quoted.
    pub(super) reach: Option<QuoteReach>,
    pub(super) differences: Vec<TcpDifference>,
}

/// Compares a probe with the quote in an ICMP error; `None` if `reply` is another packet.
pub(super) fn compare(probe: &[u8], reply: &[u8]) -> Option<Comparison> {
    let outer = IpPacket::parse(reply).ok()?;
    if !matches!(outer.header.protocol, protocol::ICMP | protocol::ICMPV6) {
        return None;
    }
    let message = Icmp::parse(outer.payload, outer.header.source.is_ipv6()).ok()?;
    let Icmp::Error(error) = message else {
        return None;
    };
    let quoted = u16::try_from(error.quote.len()).unwrap_or(u16::MAX);
    let sent = IpPacket::parse(probe).ok()?;
    let quote = error.quoted_ip().ok()?;
    let mut found = Differences(Vec::new());
    found.ip(&sent.header, &quote.header);
    let reach = reach(quote.payload);
    if let (Some(reach), Ok(sent), Ok(seen)) = (
        reach,
        Tcp::parse(sent.payload),
        Tcp::parse_quote(quote.payload),
    ) {
        found.ports(&sent, &seen);
        if reach >= QuoteReach::Header {
            found.header(&sent, &seen);
            found.options(sent.options, seen.options, reach == QuoteReach::Options);
        }
    }
    let mut differences = found.0;
    differences.sort_by_key(|difference| (difference.field, difference.option));
    Some(Comparison {
        quoted,
        reach,
        differences,
    })
}

/// How far a quoted segment goes. Some routers fill what they do not quote with zeros, which no header can have.
fn reach(segment: &[u8]) -> Option<QuoteReach> {
    if segment.len() < PORTS_LEN {
        return None;
    }
    let header_len = segment.get(12).map_or(0, |byte| usize::from(byte >> 4) * 4);
    Some(if segment.len() < HEADER_LEN || header_len < HEADER_LEN {
        QuoteReach::Ports
    } else if segment.len() < header_len {
        QuoteReach::Header
    } else {
        QuoteReach::Options
    })
}

struct Differences(Vec<TcpDifference>);

impl Differences {
    fn ip(&mut self, sent: &IpHeader, seen: &IpHeader) {
        self.value(TcpField::SourceAddress, &sent.source, &seen.source);
        let destinations = (&sent.destination, &seen.destination);
        self.value(TcpField::DestinationAddress, destinations.0, destinations.1);
        self.value(TcpField::Dscp, &(sent.tos >> 2), &(seen.tos >> 2));
        self.value(TcpField::Ecn, &(sent.tos & 3), &(seen.tos & 3));
        self.value(TcpField::FlowLabel, &sent.flow_label, &seen.flow_label);
        if let (Some(sent), Some(seen)) = (sent.ident, seen.ident) {
            self.value(TcpField::IpId, &sent, &seen);
        }
        let kept = (u8::from(sent.dont_fragment), u8::from(seen.dont_fragment));
        self.value(TcpField::DontFragment, &kept.0, &kept.1);
        self.value(TcpField::TotalLength, &sent.total_len, &seen.total_len);
    }

    fn ports(&mut self, sent: &Tcp<'_>, seen: &Tcp<'_>) {
        self.value(TcpField::SourcePort, &sent.source_port, &seen.source_port);
        let ports = (&sent.destination_port, &seen.destination_port);
        self.value(TcpField::DestinationPort, ports.0, ports.1);
        self.value(TcpField::Sequence, &sent.sequence, &seen.sequence);
    }

    fn header(&mut self, sent: &Tcp<'_>, seen: &Tcp<'_>) {
        self.if_there(
            TcpField::Acknowledgment,
            sent.acknowledgment,
            seen.acknowledgment,
        );
        self.if_there(TcpField::Flags, sent.flags, seen.flags);
        self.if_there(TcpField::Window, sent.window, seen.window);
        self.if_there(TcpField::Checksum, sent.checksum, seen.checksum);
        self.if_there(TcpField::Urgent, sent.urgent, seen.urgent);
    }

    fn options(&mut self, sent: &[u8], seen: &[u8], is_whole: bool) {
        let offered: Vec<_> = raw_options(sent).collect();
        let quoted: Vec<_> = raw_options(seen).collect();
        let mut blank = count_nops(seen).saturating_sub(count_nops(sent));
        for (kind, data) in &offered {
            match quoted.iter().find(|(seen, _)| seen == kind) {
                Some((_, seen)) if seen == data => {}
                Some((_, seen)) => self.option(*kind, TcpEdit::Changed, Some(data), Some(seen)),
                // It may be in what is not quoted.
                None if !is_whole => {}
                None => {
                    let len = data.len() + 2;
                    let is_blanked = blank >= len;
                    blank = blank.saturating_sub(if is_blanked { len } else { 0 });
                    let edit = if is_blanked {
                        TcpEdit::Blanked
                    } else {
                        TcpEdit::Removed
                    };
                    self.option(*kind, edit, Some(data), None);
                }
            }
        }
        for (index, (kind, data)) in quoted.iter().enumerate() {
            let is_repeated = quoted[..index].iter().any(|(before, _)| before == kind);
            if is_repeated || !offered.iter().any(|(sent, _)| sent == kind) {
                self.option(*kind, TcpEdit::Added, None, Some(data));
            }
        }
        let common = |from: &[(u8, &[u8])], other: &[(u8, &[u8])]| -> Vec<u8> {
            let kinds = from.iter().map(|(kind, _)| *kind);
            kinds
                .filter(|kind| other.iter().any(|(found, _)| found == kind))
                .collect()
        };
        let (before, after) = (common(&offered, &quoted), common(&quoted, &offered));
        if before.len() == after.len() {
            let orders = (list(&before), list(&after));
            self.value(TcpField::OptionOrder, &orders.0, &orders.1);
        }
    }

    fn option(&mut self, kind: u8, edit: TcpEdit, sent: Option<&[u8]>, quoted: Option<&[u8]>) {
        self.0.push(TcpDifference {
            field: TcpField::Option,
            option: Some(kind),
            edit,
            sent: sent.map(|data| value_of(kind, data)),
            quoted: quoted.map(|data| value_of(kind, data)),
        });
    }

    fn if_there<T: Display + PartialEq>(
        &mut self,
        field: TcpField,
        sent: Option<T>,
        seen: Option<T>,
    ) {
        if let (Some(sent), Some(seen)) = (sent, seen) {
            self.value(field, &sent, &seen);
        }
    }

    fn value<T: Display + PartialEq>(&mut self, field: TcpField, sent: &T, seen: &T) {
        if sent != seen {
            self.0.push(TcpDifference {
                field,
                option: None,
                edit: TcpEdit::Changed,
                sent: Some(sent.to_string()),
                quoted: Some(seen.to_string()),
            });
        }
    }
}

/// No-operations up to the end of the list.
fn count_nops(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    let mut count = 0;
    loop {
        rest = match *rest {
            [NOP, ref after @ ..] => {
                count += 1;
                after
            }
            [kind, length, ..] if kind != 0 => match rest.get(usize::from(length).max(2)..) {
                Some(after) => after,
                None => return count,
            },
            _ => return count,
        };
    }
}

/// The data of an option as people read it: numbers where it is one.
fn value_of(kind: u8, data: &[u8]) -> String {
    match (kind, data) {
        (kinds::SEGMENT, &[a, b]) => u16::from_be_bytes([a, b]).to_string(),
        (kinds::WINDOW_SCALE, &[shift]) => shift.to_string(),
        _ => hexadecimal(data),
    }
}

fn list(kinds: &[u8]) -> String {
    let words: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    words.join(" ")
}
