//! Discovery byte by byte, and what agents may send instead.
use super::{EngineId, EngineIdData, Message, discovery, message_id, report};
use crate::WireError;
use alloc::vec::Vec;
use proptest::prelude::*;

/// What RFC 3414, section 4, asks for, written out by hand.
const QUESTION: [u8; 64] = [
    0x30, 62, 2, 1, 3, // version 3
    0x30, 17, 2, 4, 0x40, 0, 0, 9, 2, 3, 0, 0xff, 0xe3, 4, 1, 4, 2, 1, 3, // header
    4, 16, 0x30, 14, 4, 0, 2, 1, 0, 2, 1, 0, 4, 0, 4, 0, 4, 0, // user-based security
    0x30, 20, 4, 0, 4, 0, 0xa0, 14, 2, 4, 0x40, 0, 0, 9, 2, 1, 0, 2, 1, 0, 0x30, 0,
];

#[test]
fn a_discovery_is_what_the_standard_says() {
    assert_eq!(discovery(9), QUESTION);
    let message = Message::parse(&QUESTION).unwrap();
    assert_eq!(message.message_id, 0x4000_0009);
    assert_eq!((message.flags, message.is_report), (4, Some(false)));
    assert_eq!(message.engine_id, b"");
}

#[test]
fn an_engine_identifier_says_who_made_the_engine() {
    let cases: [(&[u8], u32, Option<u8>, EngineIdData<'_>); 6] = [
        (
            &[0x80, 0, 0, 9, 3, 0, 1, 2, 3, 4, 5],
            9,
            Some(3),
            EngineIdData::Mac([0, 1, 2, 3, 4, 5]),
        ),
        (
            &[0x80, 0, 0x0a, 0x4c, 1, 10, 0, 0, 1],
            2_636,
            Some(1),
            EngineIdData::Address([10, 0, 0, 1].into()),
        ),
        (
            &[0x80, 0, 0x1f, 0x88, 4, b'a'],
            8_072,
            Some(4),
            EngineIdData::Text(b"a"),
        ),
        (
            &[0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8],
            9,
            None,
            EngineIdData::Octets(&[1, 2, 3, 4, 5, 6, 7, 8]),
        ),
        // A hardware address of five bytes is none.
        (
            &[0x80, 0, 0, 9, 3, 0, 1, 2, 3, 4],
            9,
            Some(3),
            EngineIdData::Octets(&[0, 1, 2, 3, 4]),
        ),
        (
            &[0x80, 0, 0x1f, 0x88, 128, 7],
            8_072,
            Some(128),
            EngineIdData::Octets(&[7]),
        ),
    ];
    for (bytes, enterprise, format, data) in cases {
        let expected = EngineId {
            enterprise,
            format,
            data,
        };
        assert_eq!(EngineId::parse(bytes), Some(expected));
    }
    assert_eq!(EngineId::parse(&[0x80, 0, 0, 9]), None);
}

#[test]
fn what_is_no_answer_is_refused_by_name() {
    let change = |at: usize, value: u8| {
        let mut bytes = QUESTION.to_vec();
        bytes[at] = value;
        Message::parse(&bytes).unwrap_err()
    };
    let field = |error| match error {
        WireError::Short { field, .. } | WireError::Invalid { field, .. } => field,
    };
    assert_eq!(field(change(0, 0x31)), "snmp.message");
    assert_eq!(field(change(4, 1)), "snmp.version");
    assert_eq!(field(change(23, 1)), "snmp.security_model");
    // Indefinite lengths, and lengths of lengths that no datagram has.
    for length in [0x80, 0x85, 0xff] {
        assert_eq!(field(change(1, length)), "snmp.message");
    }
    // A negative identifier.
    assert_eq!(field(change(9, 0xc0)), "snmp.message_id");
}

proptest! {
    #[test]
    fn a_report_is_read_as_it_was_written(
        id in 0_u32..=0x7fff_ffff, engine in prop::collection::vec(any::<u8>(), 0..300), boots: u32, time: u32,
    ) {
        let bytes = report(id, &engine, boots, time);
        let message = Message::parse(&bytes).unwrap();
        prop_assert_eq!(message.message_id, id);
        prop_assert_eq!(message.engine_id, &engine[..]);
        prop_assert_eq!((message.engine_boots, message.engine_time), (boots, time));
        prop_assert_eq!(message.is_report, Some(true));
    }

    #[test]
    fn a_message_cut_short_is_an_error_or_lacks_its_end(cut in 0_usize..62) {
        let bytes = report(5, &[1; 12], 3, 4);
        let cut = cut.min(bytes.len() - 1);
        prop_assert!(Message::parse(&bytes[..cut]).is_err());
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Message::parse(&bytes);
        let _ = EngineId::parse(&bytes);
    }

    #[test]
    fn every_question_has_one_size(keyed: u32) {
        prop_assert_eq!(discovery(keyed).len(), QUESTION.len());
        prop_assert!((0x4000_0000..0x8000_0000).contains(&message_id(keyed)));
    }

    #[test]
    fn lengths_may_be_longer_than_they_need_be(octets in 1_usize..=4) {
        let mut bytes = Vec::from([0x30, 0x80 | u8::try_from(octets).unwrap()]);
        bytes.extend(&62_u32.to_be_bytes()[4 - octets..]);
        bytes.extend(&QUESTION[2..]);
        prop_assert!(Message::parse(&bytes).is_ok());
    }
}
