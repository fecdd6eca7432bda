//! Middleboxes between hops two and three, and routers that quote in their own way.
use super::super::compare::compare;
use super::{Parts, able, flags_of, found, tcp_job};
use crate::record::{QuoteReach, StopReason, TcpCause, TcpChange, TcpEdit, TcpField, TcpResult};
use crate::testing::{Answers, MS, address, run, time_exceeded};
use alloc::string::String;
use alloc::vec::Vec;
use netsonde_wire::ip::IpPacket;
use netsonde_wire::tcp::flags;
use proptest::prelude::*;

const WHOLE: usize = 500;

/// A path of `routers` that quote all they get: `edit` makes of a probe what reaches a TTL.
pub(super) fn through(
    routers: u8,
    edit: impl Fn(u8, &[u8]) -> Vec<u8>,
) -> impl FnMut(u64, &[u8]) -> Answers {
    quoting(routers, edit, |_| WHOLE)
}

fn quoting(
    routers: u8,
    edit: impl Fn(u8, &[u8]) -> Vec<u8>,
    quote_len: impl Fn(u8) -> usize,
) -> impl FnMut(u64, &[u8]) -> Answers {
    move |now_ns, probe| {
        let header = IpPacket::parse(probe).unwrap().header;
        if header.ttl > routers {
            return if flags_of(probe) & flags::RST != 0 {
                Vec::new()
            } else {
                able(now_ns, probe)
            };
        }
        let ttl = header.ttl;
        let seen = edit(ttl, probe);
        let mut reply = time_exceeded(&seen, address(header.source.is_ipv6(), ttl), quote_len(ttl));
        // A translator undoes in the outer header what it did.
        if seen[12..20] != probe[12..20] && !header.source.is_ipv6() {
            let quoted = reply.split_off(20);
            reply = crate::testing::wrap(
                address(false, ttl),
                header.source,
                netsonde_wire::ip::protocol::ICMP,
                &quoted,
            );
        }
        Vec::from([(u64::from(ttl) * MS, reply)])
    }
}

fn measured(v6: bool, network: impl FnMut(u64, &[u8]) -> Answers) -> TcpResult {
    let mut job = tcp_job(v6);
    job.tcp.tos = 0xb9;
    found(&run(&job, network))
}

/// What a middlebox behind hop two makes of it.
fn behind_two(edit: fn(&mut Parts)) -> impl Fn(u8, &[u8]) -> Vec<u8> {
    move |ttl, packet| {
        let mut parts = Parts::of(packet);
        if ttl > 2 {
            edit(&mut parts);
        }
        parts.emit()
    }
}

/// Takes an option out of a list, padding left as it is.
fn without(options: &[u8], kind: u8) -> Vec<u8> {
    let at = position(options, kind);
    let len = usize::from(options[at + 1]);
    [&options[..at], &options[at + len..]].concat()
}

fn position(options: &[u8], kind: u8) -> usize {
    let mut at = 0;
    while options[at] != kind {
        at += if options[at] == 1 {
            1
        } else {
            usize::from(options[at + 1])
        };
    }
    at
}

type Expected = (TcpField, Option<u8>, TcpEdit, TcpCause);

/// Everything that is changed but for checksum and length, which follow.
fn told(result: &TcpResult) -> Vec<&TcpChange> {
    let changes = result.changes.iter();
    let told: Vec<_> = changes
        .filter(|change| change.cause != TcpCause::Consequence)
        .collect();
    told
}

fn check(v6: bool, edit: fn(&mut Parts), expected: Expected) {
    let result = measured(v6, through(4, behind_two(edit)));
    assert_eq!(result.stop, Some(StopReason::Completed), "{expected:?}");
    let [change] = told(&result)[..] else {
        panic!("{expected:?}: {:?}", result.changes);
    };
    let difference = &change.difference;
    let found = (
        difference.field,
        difference.option,
        difference.edit,
        change.cause,
    );
    assert_eq!(found, expected);
    assert_eq!(
        (change.after_ttl, change.first_ttl),
        (Some(2), 3),
        "{expected:?}"
    );
    assert_eq!(
        (&change.ttls[..], change.lasts),
        (&[3, 4][..], true),
        "{expected:?}"
    );
}

#[test]
fn changes_of_the_segment_are_found_where_they_are_made() {
    use TcpEdit::{Added, Blanked, Changed, Removed};
    let option = |kind, edit| (TcpField::Option, Some(kind), edit, TcpCause::Middlebox);
    let field = |field| (field, None, Changed, TcpCause::Middlebox);
    for v6 in [false, true] {
        check(v6, |parts| parts.header[4] ^= 1, field(TcpField::Sequence));
        check(
            v6,
            |parts| parts.header[11] = 1,
            field(TcpField::Acknowledgment),
        );
        check(v6, |parts| parts.header[13] &= 0x3f, field(TcpField::Flags));
        check(v6, |parts| parts.header[14] = 1, field(TcpField::Window));
        check(v6, |parts| parts.header[19] = 1, field(TcpField::Urgent));
        let strip = |parts: &mut Parts| parts.options = without(&parts.options, 30);
        check(v6, strip, option(30, Removed));
        let blank = |parts: &mut Parts| {
            let at = position(&parts.options, 4);
            parts.options[at..at + 2].fill(1);
        };
        check(v6, blank, option(4, Blanked));
        let clamp = |parts: &mut Parts| parts.options[2..4].copy_from_slice(&[4, 0]);
        check(v6, clamp, option(2, Changed));
        let add = |parts: &mut Parts| parts.options.extend([253, 4, 7, 7]);
        check(v6, add, option(253, Added));
        let turn = |parts: &mut Parts| {
            let (first, rest) = parts.options.split_at(4);
            parts.options = [rest, first].concat();
        };
        check(v6, turn, field(TcpField::OptionOrder));
    }
}

#[test]
fn changes_of_the_packet_are_told_apart() {
    use TcpEdit::Changed;
    for v6 in [false, true] {
        let mark = (TcpField::Dscp, None, Changed, TcpCause::Marking);
        check(v6, |parts| parts.ip.tos = 1, mark);
        let bleach = (TcpField::Ecn, None, Changed, TcpCause::Marking);
        check(v6, |parts| parts.ip.tos &= 0xfc, bleach);
        let port = (TcpField::SourcePort, None, Changed, TcpCause::Translation);
        check(v6, |parts| parts.header[0] ^= 1, port);
    }
    let label = (TcpField::FlowLabel, None, Changed, TcpCause::Middlebox);
    check(true, |parts| parts.ip.flow_label ^= 1, label);
    let fragment = (TcpField::DontFragment, None, Changed, TcpCause::Middlebox);
    check(false, |parts| parts.ip.dont_fragment = false, fragment);
    let ident = (TcpField::IpId, None, Changed, TcpCause::Middlebox);
    check(
        false,
        |parts| parts.ip.ident = parts.ip.ident.wrapping_add(7),
        ident,
    );
    let source = (
        TcpField::SourceAddress,
        None,
        Changed,
        TcpCause::Translation,
    );
    check(false, |parts| parts.ip.source = address(false, 99), source);
}

#[test]
fn lengths_and_checksums_follow() {
    let strip = |parts: &mut Parts| parts.options = without(&parts.options, 30);
    let result = measured(false, through(3, behind_two(strip)));
    let found: Vec<_> = result
        .changes
        .iter()
        .map(|change| (change.difference.field, change.cause))
        .collect();
    let expected = [
        (TcpField::TotalLength, TcpCause::Consequence),
        (TcpField::Checksum, TcpCause::Consequence),
        (TcpField::Option, TcpCause::Middlebox),
    ];
    assert_eq!(found, expected);
    let words = |text: &Option<String>| text.clone().unwrap_or_default();
    let length = &result.changes[0].difference;
    assert_eq!(
        (&*words(&length.sent), &*words(&length.quoted)),
        ("64", "60")
    );
    assert_eq!(words(&result.changes[2].difference.sent), "0101");
}

#[test]
fn a_length_that_a_short_quote_shows_first_follows_all_the_same() {
    let strip = |parts: &mut Parts| parts.options = without(&parts.options, 30);
    let short = |ttl| if ttl == 3 { 28 } else { WHOLE };
    let result = measured(false, quoting(4, behind_two(strip), short));
    let length = &result.changes[0];
    assert_eq!(length.difference.field, TcpField::TotalLength);
    assert_eq!((length.first_ttl, length.cause), (3, TcpCause::Consequence));
    let unseen = measured(false, quoting(4, behind_two(strip), |_| 28));
    assert_eq!(unseen.changes[0].cause, TcpCause::Middlebox);
}

#[test]
fn a_short_quote_is_not_a_proof() {
    let strip = |parts: &mut Parts| {
        parts.options = without(&parts.options, 30);
        parts.ip.tos = 0;
    };
    // Hop two and four quote as RFC 792 has it: what they say of options is nothing.
    let short = |ttl| if ttl % 2 == 0 { 28 } else { WHOLE };
    let result = measured(false, quoting(5, behind_two(strip), short));
    let reach: Vec<_> = result.hops.iter().map(|hop| hop.reach).collect();
    let (ports, all) = (Some(QuoteReach::Ports), Some(QuoteReach::Options));
    assert_eq!(reach, [all, ports, all, ports, all, None]);
    let [dscp, _, option] = told(&result)[..] else {
        panic!("{:?}", result.changes);
    };
    assert_eq!((dscp.after_ttl, dscp.first_ttl), (Some(2), 3));
    assert_eq!(dscp.ttls, [3, 4, 5]);
    assert_eq!((option.after_ttl, option.first_ttl), (Some(1), 3));
    assert_eq!((&option.ttls[..], option.lasts), (&[3, 5][..], true));
}

#[test]
fn what_one_router_alone_shows_is_its_own() {
    let swap = |ttl: u8, packet: &[u8]| {
        let mut parts = Parts::of(packet);
        if ttl == 2 {
            parts.ip.ident = parts.ip.ident.swap_bytes();
            parts.header[14] = 1;
        }
        parts.emit()
    };
    let result = measured(false, through(4, swap));
    for change in told(&result) {
        assert_eq!((change.cause, change.lasts), (TcpCause::Quote, false));
        assert_eq!(change.ttls, [2]);
    }
    // The checksum is the third.
    assert_eq!(told(&result).len(), 3);
}

#[test]
fn zeros_behind_a_short_quote_are_no_change() {
    let zeros = |_: u8, packet: &[u8]| {
        let mut packet = packet.to_vec();
        packet[28..].fill(0);
        packet
    };
    let result = measured(false, through(3, zeros));
    assert_eq!(result.changes, []);
    assert_eq!(result.hops[1].reach, Some(QuoteReach::Ports));
}

#[test]
fn a_size_that_is_lowered_twice_is_two_changes() {
    let clamp = |ttl: u8, packet: &[u8]| {
        let mut parts = Parts::of(packet);
        if ttl > 1 {
            parts.options[2..4]
                .copy_from_slice(&(1_400_u16 - 10 * u16::from(ttl / 4)).to_be_bytes());
        }
        parts.emit()
    };
    let result = measured(false, through(5, clamp));
    let places: Vec<_> = told(&result)
        .iter()
        .map(|change| {
            (
                change.after_ttl,
                change.first_ttl,
                change.difference.quoted.clone().unwrap(),
            )
        })
        .collect();
    let expected = [(Some(1), 2, "1400"), (Some(3), 4, "1390")];
    assert_eq!(
        places,
        expected.map(|(after, first, text)| (after, first, String::from(text)))
    );
}

#[test]
fn a_silent_path_ends_at_the_gap() {
    let result = measured(false, |_, probe| {
        let header = IpPacket::parse(probe).unwrap().header;
        if header.ttl != 1 {
            return Vec::new();
        }
        Vec::from([(MS, time_exceeded(probe, address(false, 1), WHOLE))])
    });
    assert_eq!(result.stop, Some(StopReason::GapLimit));
    let heard: Vec<_> = result.hops.iter().map(|hop| hop.reply.is_some()).collect();
    assert!(heard[0] && heard[1..].iter().all(|heard| !heard));
    assert!((6..=9).contains(&heard.len()), "{}", heard.len());
    assert!(result.hops[1..].iter().all(|hop| hop.sent <= 2));
}

/// A SYN as the engine sends it.
fn syn() -> Vec<u8> {
    let mut job = tcp_job(false);
    job.tcp.path = false;
    run(&job, |_, _| Vec::new()).sent[0].1.clone()
}

proptest! {
    #[test]
    fn any_quote_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..120), at in 0_usize..64) {
        let probe = syn();
        let mixed = [&probe[..at], &bytes].concat();
        for quote in [&mixed, &bytes] {
            let mut whole = time_exceeded(&probe, address(false, 3), WHOLE);
            whole.truncate(28);
            whole.extend_from_slice(quote);
            let reply = crate::testing::wrap(
                address(false, 3),
                address(false, 0),
                netsonde_wire::ip::protocol::ICMP,
                &whole[20..],
            );
            let _ = compare(&probe, &reply);
        }
        prop_assert!(compare(&probe, &bytes).is_none_or(|found| found.quoted > 0));
    }

    #[test]
    fn what_is_quoted_as_it_was_sent_shows_nothing(len in 28_usize..64) {
        let probe = syn();
        let reply = time_exceeded(&probe, address(false, 3), len);
        let found = compare(&probe, &reply).unwrap();
        prop_assert_eq!(found.differences, Vec::new());
        prop_assert_eq!(usize::from(found.quoted), len);
        let reach = match len {
            0..40 => QuoteReach::Ports,
            40..64 => QuoteReach::Header,
            _ => QuoteReach::Options,
        };
        prop_assert_eq!(found.reach, Some(reach));
    }
}
