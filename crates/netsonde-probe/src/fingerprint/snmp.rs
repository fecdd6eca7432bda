//! What an SNMP agent answered, and whether it may be believed.
use crate::record::{ReplyKind, SnmpEngine};
use crate::session::Answer;
use alloc::format;
use alloc::string::String;
use core::fmt::Write;
use netsonde_wire::ip::{IpPacket, protocol};
use netsonde_wire::snmp::{EngineId, EngineIdData, Message};
use netsonde_wire::udp::Udp;

/// What an answer to a discovery is.
pub(super) enum Judgement {
    Engine(SnmpEngine),
    /// An ICMP error: nobody listens.
    Closed,
    /// It does not repeat the keyed message identifier, or is no `SNMPv3` message.
    Forged,
}

/// The message in a whole IP packet.
pub(super) fn message(packet: &[u8]) -> Option<Message<'_>> {
    let ip = IpPacket::parse(packet).ok()?;
    if ip.header.protocol != protocol::UDP {
        return None;
    }
    Message::parse(Udp::parse(ip.payload).ok()?.payload).ok()
}

pub(super) fn judge(answer: &Answer<'_>, message_id: Option<u32>) -> Judgement {
    if answer.reply.kind != ReplyKind::UdpReply {
        return Judgement::Closed;
    }
    match message(answer.packet).filter(|message| Some(message.message_id) == message_id) {
        Some(message) => Judgement::Engine(engine(&message, answer.received_ns)),
        None => Judgement::Forged,
    }
}

fn engine(message: &Message<'_>, received_ns: u64) -> SnmpEngine {
    let id = EngineId::parse(message.engine_id);
    let data = id.map(|id| id.data);
    SnmpEngine {
        engine_id: hexadecimal(message.engine_id, ""),
        enterprise: id.map(|id| id.enterprise),
        format: id.and_then(|id| id.format),
        address: match data {
            Some(EngineIdData::Address(address)) => Some(address),
            _ => None,
        },
        mac: match data {
            Some(EngineIdData::Mac(mac)) => Some(hexadecimal(&mac, ":")),
            _ => None,
        },
        text: match data {
            Some(EngineIdData::Text(text)) => Some(String::from_utf8_lossy(text).into_owned()),
            _ => None,
        },
        engine_boots: message.engine_boots,
        engine_time: message.engine_time,
        received_ns,
    }
}

fn hexadecimal(bytes: &[u8], separator: &str) -> String {
    let mut text = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        let before = if at == 0 { "" } else { separator };
        let written = write!(text, "{before}{byte:02x}");
        debug_assert!(written.is_ok(), "{}", format!("a String takes {byte}"));
    }
    text
}
