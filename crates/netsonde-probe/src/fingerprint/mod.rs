//! What made a router, from how it answers: initial TTLs, the `SNMPv3` engine, the LFP vector.
//!
//! Sources: Vanaubel et al., "Network fingerprinting: TTL-based router signatures", IMC 2013; Albakour et al., "Third time's
//! not a charm: exploiting `SNMPv3` for router fingerprinting", IMC 2021; Albakour et al., "Illuminating router vendor
//! diversity within providers and along network paths", IMC 2023.
mod features;
mod snmp;
#[cfg(test)]
mod tests;

use crate::event::Event;
use crate::identity::{Content, Method, Shape, TcpSet};
use crate::job::{FingerprintMethod, FingerprintOptions, PingOptions, Target};
use crate::measurement::{MILLISECOND_NS, Verdict};
use crate::record::{
    FingerprintProbe, FingerprintReply, FingerprintResult, Reply, SnmpEngine, StopReason,
};
use crate::session::{Answer, Ask, Session};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use netsonde_wire::ip::{IpPacket, protocol};
use netsonde_wire::tcp::Tcp;

/// Whole echo request, as most programs send it.
const ECHO_SIZE: u16 = 84;
const TTL: u8 = 64;

/// One question, asked until it is answered.
#[derive(Clone, Debug)]
struct Question {
    probe: FingerprintProbe,
    attempts: u8,
    /// Of its last attempt.
    expires_ns: u64,
    probe_ip_id: Option<u16>,
    is_waiting: bool,
    answer: Option<FingerprintReply>,
}

/// The questions to one address.
#[derive(Debug)]
pub(crate) struct Fingerprint {
    target: Target,
    options: FingerprintOptions,
    questions: Vec<Question>,
    /// Those to be asked next.
    queue: VecDeque<usize>,
    snmp: Option<SnmpEngine>,
    /// Message identifier of the last discovery.
    message_id: Option<u32>,
    sent: u32,
    is_refused: bool,
    is_over: bool,
}

impl Fingerprint {
    pub(crate) fn new(target: Target, options: &FingerprintOptions) -> Self {
        let questions: Vec<_> = plan(&options.methods)
            .into_iter()
            .map(|probe| Question {
                probe,
                attempts: 0,
                expires_ns: 0,
                probe_ip_id: None,
                is_waiting: false,
                answer: None,
            })
            .collect();
        Self {
            target,
            options: options.clone(),
            queue: (0..questions.len()).collect(),
            questions,
            snmp: None,
            message_id: None,
            sent: 0,
            is_refused: false,
            is_over: false,
        }
    }

    fn shape(&self, probe: FingerprintProbe) -> Shape {
        let (method, size, port, content) = match probe {
            FingerprintProbe::Icmp => (Method::Icmp, ECHO_SIZE, 0, Content::Tag),
            FingerprintProbe::Udp => (
                Method::UdpBySourcePort,
                0,
                self.options.closed_port,
                Content::Tag,
            ),
            FingerprintProbe::TcpAck => (Method::TcpAck, 0, self.options.closed_port, Content::Tag),
            FingerprintProbe::TcpSyn => {
                let set = TcpSet {
                    acknowledges: true,
                    ..TcpSet::default()
                };
                (
                    Method::TcpSyn,
                    0,
                    self.options.closed_port,
                    Content::Tcp(set),
                )
            }
            FingerprintProbe::Snmpv3 => (
                Method::UdpBySourcePort,
                0,
                self.options.snmp_port,
                Content::SnmpDiscovery,
            ),
        };
        Shape {
            method,
            size,
            content,
            destination_port: port,
            ..Shape::of_ping(self.target, &PingOptions::default())
        }
    }

    /// The result; what was not answered is `None`.
    fn result(self) -> FingerprintResult {
        let incomplete = self.is_over || !self.queue.is_empty();
        let replies: Vec<_> = self
            .questions
            .into_iter()
            .filter_map(|question| question.answer)
            .collect();
        let asked = |method| self.options.methods.contains(&method);
        FingerprintResult {
            target: self.target.address,
            source: self.target.source,
            ttl: asked(FingerprintMethod::Ttl).then(|| features::ttl_signature(&replies)),
            lfp: asked(FingerprintMethod::Lfp)
                .then(|| features::lfp(&replies))
                .flatten(),
            methods: self.options.methods,
            snmp: self.snmp,
            replies,
            sent: self.sent,
            incomplete,
        }
    }
}

/// The probes in the order of sending. Protocols take turns, so that a counter that they share is seen to be one.
fn plan(methods: &[FingerprintMethod]) -> Vec<FingerprintProbe> {
    use FingerprintProbe::{Icmp, Snmpv3, TcpAck, TcpSyn, Udp};
    let asked = |method| methods.contains(&method);
    let mut plan = Vec::new();
    if asked(FingerprintMethod::Lfp) {
        plan.extend([Icmp, TcpAck, Udp, Icmp, TcpAck, Udp, Icmp, TcpSyn, Udp]);
    } else if asked(FingerprintMethod::Ttl) {
        plan.extend([Icmp, TcpAck, Udp]);
    }
    if asked(FingerprintMethod::Snmpv3) {
        plan.push(Snmpv3);
    }
    plan
}

impl Session for Fingerprint {
    fn is_ready(&self, _now_ns: u64) -> bool {
        !self.is_refused && !self.is_over && !self.queue.is_empty()
    }

    fn poll_ask(&mut self, now_ns: u64) -> Option<Ask> {
        if !self.is_ready(now_ns) {
            return None;
        }
        let index = self.queue.pop_front()?;
        let wait_ns = u64::from(self.options.wait_ms) * MILLISECOND_NS;
        let question = &mut self.questions[index];
        question.attempts += 1;
        question.is_waiting = true;
        question.expires_ns = now_ns.saturating_add(wait_ns);
        self.sent += 1;
        let probe = question.probe;
        Some(Ask {
            shape: self.shape(probe),
            ttl: TTL,
            token: u32::try_from(index).unwrap_or(u32::MAX),
            wait_ns,
        })
    }

    fn handle_sent(&mut self, token: u32, packet: &[u8]) {
        let Some(question) = usize::try_from(token)
            .ok()
            .and_then(|index| self.questions.get_mut(index))
        else {
            return;
        };
        if let Ok(ip) = IpPacket::parse(packet) {
            question.probe_ip_id = ip.header.ident.and_then(|id| u16::try_from(id).ok());
        }
        if question.probe == FingerprintProbe::Snmpv3 {
            self.message_id = snmp::message(packet).map(|message| message.message_id);
        }
    }

    fn handle_answer(&mut self, answer: Answer<'_>) -> Verdict {
        let Some(question) = usize::try_from(answer.token)
            .ok()
            .and_then(|index| self.questions.get_mut(index))
        else {
            return Verdict::Late;
        };
        if !question.is_waiting {
            return Verdict::Late;
        }
        if question.probe == FingerprintProbe::Snmpv3 {
            match snmp::judge(&answer, self.message_id) {
                snmp::Judgement::Engine(engine) => self.snmp = Some(engine),
                snmp::Judgement::Closed => {}
                snmp::Judgement::Forged => return Verdict::Rejected,
            }
        }
        question.is_waiting = false;
        question.answer = Some(FingerprintReply {
            probe: question.probe,
            probe_ip_id: question.probe_ip_id,
            sent_ns: answer.sent_ns,
            tcp_sequence: tcp_sequence(answer.packet),
            reply: Reply {
                attempt: u32::from(question.attempts),
                ..answer.reply
            },
        });
        Verdict::InTime
    }

    fn handle_timeout(&mut self, now_ns: u64) {
        for (index, question) in self.questions.iter_mut().enumerate() {
            if question.is_waiting && question.expires_ns <= now_ns {
                question.is_waiting = false;
                if question.attempts < self.options.attempts && !self.is_refused {
                    self.queue.push_back(index);
                }
            }
        }
    }

    fn poll_timeout(&self, now_ns: u64) -> Option<u64> {
        let waiting = self.questions.iter().filter(|question| question.is_waiting);
        waiting
            .map(|question| question.expires_ns)
            .filter(|expires_ns| *expires_ns > now_ns)
            .min()
    }

    fn refuse(&mut self) {
        self.is_refused = true;
    }

    fn finish(&mut self, _reason: StopReason) {
        self.is_over = true;
    }

    fn in_flight(&self) -> u32 {
        let waiting = self.questions.iter().filter(|question| question.is_waiting);
        u32::try_from(waiting.count()).unwrap_or(u32::MAX)
    }

    fn is_finished(&self) -> bool {
        let waits = self.questions.iter().any(|question| question.is_waiting);
        self.is_over || (!waits && (self.is_refused || self.queue.is_empty()))
    }

    fn into_event(self: Box<Self>, _started_ns: u64, _ended_ns: u64) -> Event {
        Event::Fingerprint(Box::new(self.result()))
    }
}

fn tcp_sequence(packet: &[u8]) -> Option<u32> {
    let ip = IpPacket::parse(packet).ok()?;
    if ip.header.protocol != protocol::TCP {
        return None;
    }
    Some(Tcp::parse(ip.payload).ok()?.sequence)
}
