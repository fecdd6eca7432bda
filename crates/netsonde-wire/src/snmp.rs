//! `SNMPv3` as far as discovery goes (RFC 3412, RFC 3414): one question without a user, and the report that answers it.
mod ber;
mod engine_id;
#[cfg(test)]
mod tests;

pub use engine_id::{EngineId, EngineIdData};

use crate::WireError;
use alloc::vec::Vec;
use ber::{Reader, tags};

/// Port of SNMP agents.
pub const PORT: u16 = 161;

/// The version field of `SNMPv3`.
const VERSION: u32 = 3;
/// Largest answer that the question allows: what a UDP datagram over IPv4 holds.
const SIZE_MAX: u32 = 65_507;
/// The question wants a report, and no security.
const REPORTABLE: u8 = 0x04;
/// The user-based security model.
const USER_BASED: u32 = 3;

/// The message identifier that `keyed` gives: always four bytes long, so that all questions are of one size.
#[must_use]
pub fn message_id(keyed: u32) -> u32 {
    keyed & 0x3fff_ffff | 0x4000_0000
}

/// A discovery: a GET of nothing, for no user of no engine. An agent answers it with a report that names its engine.
///
/// ```
/// use netsonde_wire::snmp;
/// let question = snmp::discovery(7);
/// assert_eq!(snmp::Message::parse(&question)?.message_id, snmp::message_id(7));
/// # Ok::<(), netsonde_wire::WireError>(())
/// ```
#[must_use]
pub fn discovery(keyed: u32) -> Vec<u8> {
    build(&Build {
        message_id: message_id(keyed),
        flags: REPORTABLE,
        engine_id: &[],
        engine_boots: 0,
        engine_time: 0,
        pdu: tags::GET,
        bindings: &[],
    })
}

/// The report with which an agent of this engine answers a discovery: one counter of unknown engine identifiers.
#[must_use]
pub fn report(message_id: u32, engine_id: &[u8], engine_boots: u32, engine_time: u32) -> Vec<u8> {
    /// `usmStatsUnknownEngineIDs.0` (RFC 3414), which is 1.3.6.1.6.3.15.1.1.4.0.
    const UNKNOWN_ENGINES: [u8; 10] = [0x2b, 6, 1, 6, 3, 15, 1, 1, 4, 0];
    let mut binding = ber::tlv(tags::OBJECT, &UNKNOWN_ENGINES);
    binding.extend(ber::tlv(tags::COUNTER32, &[1]));
    build(&Build {
        message_id,
        flags: 0,
        engine_id,
        engine_boots,
        engine_time,
        pdu: tags::REPORT,
        bindings: &ber::tlv(tags::SEQUENCE, &binding),
    })
}

/// An `SNMPv3` message, of which only what discovery needs is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// The answer repeats that of the question.
    pub message_id: u32,
    /// Bit 0 authenticated, bit 1 encrypted, bit 2 wants a report.
    pub flags: u8,
    /// Identifier of the engine that answers; see [`EngineId`]. RFC 3411 wants 5 to 32 bytes.
    pub engine_id: &'a [u8],
    /// How often the engine has started since it was set up.
    pub engine_boots: u32,
    /// Seconds since it last did.
    pub engine_time: u32,
    /// Whether the payload is a report; `None` if it cannot be told.
    pub is_report: Option<bool>,
}

impl<'a> Message<'a> {
    /// Reads one datagram's payload. What follows the message is ignored.
    ///
    /// # Errors
    /// When it is cut short, is no `SNMPv3` message of the user-based security model, or not in BER.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, WireError> {
        let mut message = Reader::new(bytes).enter("snmp.message", tags::SEQUENCE)?;
        expect(
            "snmp.version",
            "3",
            message.integer("snmp.version")?,
            VERSION,
        )?;
        let mut header = message.enter("snmp.header", tags::SEQUENCE)?;
        let message_id = header.integer("snmp.message_id")?;
        header.integer("snmp.size_max")?;
        let flags = header.bytes("snmp.flags", tags::OCTETS)?;
        let flags = flags.first().copied().unwrap_or_default();
        let model = header.integer("snmp.security_model")?;
        expect("snmp.security_model", "3", model, USER_BASED)?;
        let security = message.bytes("snmp.security", tags::OCTETS)?;
        let mut security = Reader::new(security).enter("snmp.security", tags::SEQUENCE)?;
        let engine_id = security.bytes("snmp.engine_id", tags::OCTETS)?;
        let engine_boots = security.integer("snmp.engine_boots")?;
        let engine_time = security.integer("snmp.engine_time")?;
        Ok(Self {
            message_id,
            flags,
            engine_id,
            engine_boots,
            engine_time,
            is_report: is_report(message),
        })
    }
}

/// Whether the scoped PDU that follows is a report. Some agents leave out what they cannot know: no reason to refuse.
fn is_report(mut message: Reader<'_>) -> Option<bool> {
    let mut scoped = message.enter("snmp.scoped_pdu", tags::SEQUENCE).ok()?;
    scoped.bytes("snmp.context_engine", tags::OCTETS).ok()?;
    scoped.bytes("snmp.context_name", tags::OCTETS).ok()?;
    Some(scoped.tag()? == tags::REPORT)
}

fn expect(
    field: &'static str,
    expected: &'static str,
    found: u32,
    wanted: u32,
) -> Result<(), WireError> {
    if found == wanted {
        return Ok(());
    }
    Err(WireError::Invalid {
        field,
        expected,
        found,
    })
}

/// What the messages of discovery differ in.
struct Build<'a> {
    message_id: u32,
    flags: u8,
    engine_id: &'a [u8],
    engine_boots: u32,
    engine_time: u32,
    pdu: u8,
    bindings: &'a [u8],
}

fn build(build: &Build<'_>) -> Vec<u8> {
    let header = [
        ber::integer(build.message_id),
        ber::integer(SIZE_MAX),
        ber::tlv(tags::OCTETS, &[build.flags]),
        ber::integer(USER_BASED),
    ];
    let empty = || ber::tlv(tags::OCTETS, &[]);
    let security = [
        ber::tlv(tags::OCTETS, build.engine_id),
        ber::integer(build.engine_boots),
        ber::integer(build.engine_time),
        empty(),
        empty(),
        empty(),
    ];
    let pdu = [
        ber::integer(build.message_id),
        ber::integer(0),
        ber::integer(0),
        ber::tlv(tags::SEQUENCE, build.bindings),
    ];
    let scoped = [
        ber::tlv(tags::OCTETS, build.engine_id),
        empty(),
        ber::tlv(build.pdu, &pdu.concat()),
    ];
    let security = ber::tlv(tags::SEQUENCE, &security.concat());
    let message = [
        ber::integer(VERSION),
        ber::tlv(tags::SEQUENCE, &header.concat()),
        ber::tlv(tags::OCTETS, &security),
        ber::tlv(tags::SEQUENCE, &scoped.concat()),
    ];
    ber::tlv(tags::SEQUENCE, &message.concat())
}
