//! Time that comes on the card: frames by which a lab in virtual time and the image take turns.
//!
//! The lab says what time it is, hands over what arrived at that time, and gives the image its turn. The image sends
//! what it has and answers when it wants its next turn, unless something arrives before. Neither moves while it is the
//! other's turn, so a run repeats bit for bit. The image begins, with an answer: then its card is there. A tick is an Ethernet frame of type 0x88b5 (IEEE 802, local experiments),
//! or those two octets and its payload where the card carries IP packets.
use crate::words::Card;
use alloc::vec::Vec;
use netsonde_wire::ethernet::{Frame, MacAddr};

/// IEEE 802 local experimental type 1; no IP packet begins so.
pub const ETHERTYPE: u16 = 0x88b5;

const TICK: u8 = b'T';
const ANSWER: u8 = b'A';
const END: u8 = b'E';
/// Whom ticks and answers are from, on Ethernet.
const LAB: MacAddr = MacAddr([0x02, 0, 0, 0, 0x88, 0xb5]);

/// What the lab says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// The time, in nanoseconds.
    pub at_ns: u64,
    /// Whether the image may go on.
    pub is_turn: bool,
}

/// Reads a tick; `None` for any other frame.
pub fn read(card: Card, bytes: &[u8]) -> Option<Tick> {
    let (is_turn, at_ns) = parse(card, TICK, bytes)?;
    Some(Tick { at_ns, is_turn })
}

/// Whether the lab says that it goes away: no turn comes any more.
pub fn is_end(card: Card, bytes: &[u8]) -> bool {
    parse(card, END, bytes).is_some()
}

/// What the image answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether it has ended.
    pub is_over: bool,
    /// When it wants its next turn, if nothing comes before.
    pub wake_ns: Option<u64>,
}

/// The lab's side: a tick as it goes on the card.
pub fn tick(card: Card, Tick { at_ns, is_turn }: Tick) -> Vec<u8> {
    emit(card, TICK, is_turn, at_ns)
}

/// The lab's side: that it goes away.
pub fn end(card: Card) -> Vec<u8> {
    emit(card, END, false, 0)
}

/// The lab's side: reads an answer; `None` for any other frame.
pub fn read_answer(card: Card, bytes: &[u8]) -> Option<Answer> {
    let (is_over, wake_ns) = parse(card, ANSWER, bytes)?;
    let wake_ns = (wake_ns < u64::MAX).then_some(wake_ns);
    Some(Answer { is_over, wake_ns })
}

/// Says when the next turn is wanted, or that there is none any more.
pub fn answer(card: Card, is_over: bool, wake_ns: u64) -> Vec<u8> {
    emit(card, ANSWER, is_over, wake_ns)
}

/// A flag and a time, of one kind of message.
fn parse(card: Card, kind: u8, bytes: &[u8]) -> Option<(bool, u64)> {
    let payload = match card {
        Card::Ethernet => {
            let frame = Frame::parse(bytes).ok()?;
            (frame.ethertype == ETHERTYPE).then_some(frame.payload)?
        }
        Card::Ip => bytes.strip_prefix(&ETHERTYPE.to_be_bytes())?,
    };
    let (&[found, flag @ (0 | 1)], time) = payload.split_first_chunk()? else {
        return None;
    };
    let time = u64::from_be_bytes(*time.first_chunk()?);
    (found == kind).then_some((flag == 1, time))
}

fn emit(card: Card, kind: u8, flag: bool, time: u64) -> Vec<u8> {
    let mut payload = Vec::from([kind, u8::from(flag)]);
    payload.extend_from_slice(&time.to_be_bytes());
    let mut out = Vec::new();
    match card {
        Card::Ethernet => Frame {
            // Whoever has the other end of the card.
            destination: MacAddr::BROADCAST,
            source: LAB,
            service_vlan: None,
            vlan: None,
            ethertype: ETHERTYPE,
            payload: &payload,
        }
        .emit(&mut out),
        Card::Ip => {
            out.extend_from_slice(&ETHERTYPE.to_be_bytes());
            out.extend_from_slice(&payload);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(kind: u8, turn: u8) -> Vec<u8> {
        let mut bytes = vec![0x88, 0xb5, kind, turn];
        bytes.extend_from_slice(&77u64.to_be_bytes());
        bytes
    }

    #[test]
    fn ticks_are_read_on_both_cards() {
        let expected = Some(Tick {
            at_ns: 77,
            is_turn: true,
        });
        assert_eq!(read(Card::Ip, &raw(b'T', 1)), expected);
        let mut frame = vec![0; 12];
        frame.extend(raw(b'T', 1));
        // Cards pad short frames.
        frame.resize(60, 0);
        assert_eq!(read(Card::Ethernet, &frame), expected);
    }

    #[test]
    fn anything_else_is_no_tick() {
        assert_eq!(read(Card::Ip, &raw(b'A', 1)), None);
        assert_eq!(read(Card::Ip, &raw(b'T', 2)), None);
        assert_eq!(read(Card::Ip, &raw(b'T', 1)[..11]), None);
        assert_eq!(read(Card::Ip, &[0x45, 0]), None);
        assert_eq!(read(Card::Ethernet, &raw(b'T', 1)), None);
    }

    #[test]
    fn both_sides_understand_each_other() {
        for card in [Card::Ip, Card::Ethernet] {
            let said = Tick {
                at_ns: 9,
                is_turn: false,
            };
            assert_eq!(read(card, &tick(card, said)), Some(said));
            let found = read_answer(card, &answer(card, false, u64::MAX)).unwrap();
            assert_eq!((found.is_over, found.wake_ns), (false, None));
            assert_eq!(
                read_answer(card, &answer(card, true, 3)).unwrap().wake_ns,
                Some(3)
            );
            assert_eq!(read_answer(card, &tick(card, said)), None);
            assert!(is_end(card, &end(card)) && !is_end(card, &tick(card, said)));
            assert_eq!(read(card, &end(card)), None);
        }
    }

    #[test]
    fn answers_say_when() {
        let answer = answer(Card::Ip, true, 5);
        assert_eq!(answer, [0x88, 0xb5, b'A', 1, 0, 0, 0, 0, 0, 0, 0, 5]);
    }
}
