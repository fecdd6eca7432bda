//! From what each quote shows to what was done on the way, and where.
use super::segment::kinds;
use crate::record::{QuoteReach, TcpCause, TcpChange, TcpDifference, TcpEdit, TcpField, TcpHop};
use alloc::vec::Vec;

/// The changes of a path, in the order of the hops that show them first.
pub(super) fn changes(hops: &[TcpHop]) -> Vec<TcpChange> {
    let mut found: Vec<TcpChange> = Vec::new();
    for (index, hop) in hops.iter().enumerate() {
        for difference in &hop.differences {
            match found
                .iter_mut()
                .find(|one| is_same(&one.difference, difference))
            {
                Some(known) => known.ttls.push(hop.probe_ttl),
                None => found.push(TcpChange {
                    difference: difference.clone(),
                    cause: TcpCause::Middlebox,
                    after_ttl: after(&hops[..index], difference),
                    first_ttl: hop.probe_ttl,
                    ttls: Vec::from([hop.probe_ttl]),
                    lasts: lasts(&hops[index + 1..], difference),
                }),
            }
        }
    }
    for change in &mut found {
        let shows = |hop: &&TcpHop| change.ttls.contains(&hop.probe_ttl);
        let showing: Vec<&TcpHop> = hops.iter().filter(shows).collect();
        change.cause = if !change.lasts && showing.len() == 1 {
            TcpCause::Quote
        } else {
            cause(&change.difference, &showing)
        };
    }
    found
}

/// The last hop whose quote goes as far, and does not have the change.
fn after(hops: &[TcpHop], difference: &TcpDifference) -> Option<u8> {
    let without = hops.iter().rev().find(|hop| {
        let shows = hop.differences.iter().any(|one| is_same(one, difference));
        covers(hop, difference.field) && !shows
    });
    without.map(|hop| hop.probe_ttl)
}

/// Whether all hops whose quotes go as far have the field changed.
fn lasts(hops: &[TcpHop], difference: &TcpDifference) -> bool {
    let mut covering = hops.iter().filter(|hop| covers(hop, difference.field));
    covering.all(|hop| {
        let mut all = hop.differences.iter();
        all.any(|one| (one.field, one.option) == (difference.field, difference.option))
    })
}

fn covers(hop: &TcpHop, field: TcpField) -> bool {
    let needed = match field {
        TcpField::Option | TcpField::OptionOrder => QuoteReach::Options,
        TcpField::Acknowledgment
        | TcpField::Flags
        | TcpField::Window
        | TcpField::Checksum
        | TcpField::Urgent => QuoteReach::Header,
        _ => QuoteReach::Ports,
    };
    hop.reach.is_some_and(|reach| reach >= needed)
}

/// Whether two quotes show one change. Values that differ from probe to probe do not tell.
fn is_same(a: &TcpDifference, b: &TcpDifference) -> bool {
    let is_drawn = match (a.field, a.option) {
        (TcpField::IpId | TcpField::Sequence | TcpField::Checksum, _) => true,
        (_, Some(kind)) => kind == kinds::TIMESTAMPS || kind == kinds::MPTCP,
        _ => false,
    };
    (a.field, a.option, a.edit) == (b.field, b.option, b.edit) && (is_drawn || a.quoted == b.quoted)
}

/// What may have made a change, by all else that the quotes with it show.
fn cause(difference: &TcpDifference, showing: &[&TcpHop]) -> TcpCause {
    let any = |wanted: fn(&TcpDifference) -> bool| {
        let mut all = showing.iter().flat_map(|hop| &hop.differences);
        all.any(wanted)
    };
    let whole = Some(QuoteReach::Options);
    match difference.field {
        TcpField::Dscp | TcpField::Ecn => TcpCause::Marking,
        TcpField::SourceAddress
        | TcpField::DestinationAddress
        | TcpField::SourcePort
        | TcpField::DestinationPort => TcpCause::Translation,
        // A SYN has no data: its length follows from its options, and from nothing else.
        TcpField::TotalLength if any(resizes) => TcpCause::Consequence,
        TcpField::TotalLength if showing.iter().any(|hop| hop.reach == whole) => TcpCause::Quote,
        TcpField::Checksum if any(is_summed) => TcpCause::Consequence,
        TcpField::IpId if is_swapped(difference) => TcpCause::Quote,
        _ => TcpCause::Middlebox,
    }
}

fn resizes(difference: &TcpDifference) -> bool {
    difference.field == TcpField::Option
        && matches!(difference.edit, TcpEdit::Removed | TcpEdit::Added)
}

/// Whether the TCP checksum covers the field.
fn is_summed(difference: &TcpDifference) -> bool {
    !matches!(
        difference.field,
        TcpField::Dscp
            | TcpField::Ecn
            | TcpField::FlowLabel
            | TcpField::IpId
            | TcpField::DontFragment
            | TcpField::TotalLength
            | TcpField::Checksum
    )
}

/// Whether the two bytes of a number are in the wrong order, as some hosts quote them.
fn is_swapped(difference: &TcpDifference) -> bool {
    let number = |text: &Option<_>| -> Option<u16> {
        let text: &alloc::string::String = text.as_ref()?;
        text.parse().ok()
    };
    let (sent, quoted) = (number(&difference.sent), number(&difference.quoted));
    sent.is_some() && sent.map(u16::swap_bytes) == quoted
}
