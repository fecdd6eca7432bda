//! SNMP agents, as far as anybody may ask them: the report that names their engine.
use crate::forward::At;
use crate::lab::Lab;
use netsonde_wire::snmp::{self, Message};
use netsonde_wire::udp::Udp;

/// How often every engine of the lab has started.
const BOOTS: u32 = 1;
const SECOND_NS: u64 = 1_000_000_000;

impl Lab {
    /// What the agent of a node answers to a datagram; `None` if there is no agent, or it is not for one.
    pub(crate) fn agent_reply(&self, at: At, datagram: &Udp<'_>) -> Option<Vec<u8>> {
        if datagram.destination_port != snmp::PORT {
            return None;
        }
        let behaviour = &self.plan.nodes[at.node as usize].behaviour;
        let engine = octets(behaviour.snmp_engine.as_deref()?)?;
        let message = Message::parse(datagram.payload).ok()?;
        let time_s = u32::try_from(at.now_ns / SECOND_NS).unwrap_or(u32::MAX);
        Some(snmp::report(message.message_id, &engine, BOOTS, time_s))
    }
}

/// The bytes that hexadecimal digits stand for.
fn octets(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::octets;

    #[test]
    fn digits_are_bytes() {
        assert_eq!(octets("80000009"), Some(vec![0x80, 0, 0, 9]));
        assert_eq!(octets("8x"), None);
        assert_eq!(octets("é9"), None);
    }
}
