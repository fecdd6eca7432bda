//! What a host negotiates over TCP, and what the path to it does to a SYN.
//!
//! First one SYN that offers much; where nothing answers it, one that offers nothing. Then the same SYN with rising TTL:
//! routers quote it as it reached them, which shows what was changed before. What a SYN opens at the target is reset.
//!
//! Sources: Detal et al., "Revealing middlebox interference with tracebox", IMC 2013; Medina, Allman, Floyd, "Measuring
//! the evolution of transport protocols in the Internet", CCR 2005; RFC 8684, RFC 3168, RFC 7323, RFC 7413.
mod changes;
mod compare;
mod path;
mod segment;
#[cfg(test)]
mod tests;

use crate::event::Event;
use crate::identity::{Content, Method, Shape, TcpSet};
use crate::job::{PingOptions, Target, TcpOptions};
use crate::measurement::{MILLISECOND_NS, Verdict};
use crate::record::{PortState, Reply, ReplyKind, StopReason, TcpHandshake, TcpResult};
use crate::session::{Answer, Ask, Session};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use path::Path;

/// Of the probes of a handshake.
const TTL: u8 = 64;
/// What Ethernet carries.
const MSS_V4: u16 = 1_460;
const MSS_V6: u16 = 1_440;

/// What a probe is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    /// The SYN that offers much, to the target.
    Full,
    /// The SYN that offers nothing, to the target.
    Plain,
    /// The SYN that offers much, with this TTL.
    Hop(u8),
}

/// A probe that left; its token is its number.
#[derive(Debug)]
struct Sent {
    aim: Aim,
    expires_ns: u64,
    is_waiting: bool,
    /// As it left, until it is answered or given up.
    packet: Vec<u8>,
}

/// One of the two questions to the target.
#[derive(Debug, Default)]
struct Question {
    attempts: u8,
    is_waiting: bool,
    state: Option<PortState>,
}

/// The questions to one target, and the path to it.
#[derive(Debug)]
pub(crate) struct Tcp {
    target: Target,
    options: TcpOptions,
    full: Question,
    plain: Question,
    handshake: Option<TcpHandshake>,
    path: Path,
    sent: Vec<Sent>,
    /// Resets to be sent.
    outbox: VecDeque<Vec<u8>>,
    resets: u32,
    is_refused: bool,
    over: Option<StopReason>,
}

impl Tcp {
    pub(crate) fn new(target: Target, options: TcpOptions) -> Self {
        Self {
            target,
            options,
            full: Question::default(),
            plain: Question::default(),
            handshake: None,
            path: Path::new(&options),
            sent: Vec::new(),
            outbox: VecDeque::new(),
            resets: 0,
            is_refused: false,
            over: None,
        }
    }

    /// What is to be asked next, if anything may be now.
    fn next(&self) -> Option<Aim> {
        if self.is_refused || self.over.is_some() {
            return None;
        }
        let attempts = self.options.attempts;
        for (question, aim) in [(&self.full, Aim::Full), (&self.plain, Aim::Plain)] {
            if question.is_waiting {
                return None;
            }
            if question.state.is_some() {
                break;
            }
            if question.attempts < attempts {
                return Some(aim);
            }
        }
        self.options
            .path
            .then(|| self.path.next())
            .flatten()
            .map(Aim::Hop)
    }

    fn shape(&self, aim: Aim) -> Shape {
        let options = &self.options;
        let usual = if self.target.address.is_ipv6() {
            MSS_V6
        } else {
            MSS_V4
        };
        let set = TcpSet {
            mptcp: options.mptcp,
            fast_open: options.fast_open,
            bare: aim == Aim::Plain,
            ecn: options.ecn && aim != Aim::Plain,
            acknowledges: false,
            segment: if options.mss == 0 { usual } else { options.mss },
        };
        Shape {
            method: Method::TcpSyn,
            content: Content::Tcp(set),
            destination_port: options.destination_port,
            size: 0,
            tos: options.tos,
            dont_fragment: true,
            ..Shape::of_ping(self.target, &PingOptions::default())
        }
    }

    /// Takes the answer to a SYN that went all the way.
    fn take(&mut self, aim: Aim, probe: &[u8], reply: &Reply, packet: &[u8]) {
        let state = state_of(reply);
        let question = match aim {
            Aim::Plain => &mut self.plain,
            Aim::Full | Aim::Hop(_) => &mut self.full,
        };
        question.is_waiting = false;
        question.state = Some(state);
        if aim == Aim::Full {
            self.handshake = Some(segment::handshake(probe, state, Some((reply, packet))));
        }
    }

    /// Notes what silence means, once it is long enough.
    fn expire(&mut self, token: usize) {
        let Some(sent) = self.sent.get_mut(token) else {
            return;
        };
        sent.is_waiting = false;
        let packet = core::mem::take(&mut sent.packet);
        match sent.aim {
            Aim::Full => {
                self.full.is_waiting = false;
                if self.handshake.is_none() {
                    let silent = segment::handshake(&packet, PortState::Silent, None);
                    self.handshake = Some(silent);
                }
            }
            Aim::Plain => self.plain.is_waiting = false,
            Aim::Hop(ttl) => self.path.expire(ttl),
        }
    }

    fn result(self, started_ns: u64, ended_ns: u64) -> TcpResult {
        let incomplete = self.over.is_some() || (self.is_refused && !self.is_through());
        let cut = self.over.or(incomplete.then_some(StopReason::Budget));
        let asked = self.options.path.then_some(());
        let stop = asked.map(|()| cut.unwrap_or_else(|| self.path.stop()));
        let mut handshake = self
            .handshake
            .unwrap_or_else(|| segment::handshake(&[], PortState::Silent, None));
        if self.plain.attempts > 0 {
            handshake.plain = Some(self.plain.state.unwrap_or(PortState::Silent));
        }
        let hops = self.path.into_hops();
        TcpResult {
            target: self.target.address,
            source: self.target.source,
            destination_port: self.options.destination_port,
            handshake,
            changes: changes::changes(&hops),
            hops,
            stop,
            sent: u32::try_from(self.sent.len()).unwrap_or(u32::MAX),
            resets: self.resets,
            incomplete,
            started_ns,
            ended_ns,
        }
    }

    /// Whether everything was asked that was to be.
    fn is_through(&self) -> bool {
        let is_asked = |question: &Question| {
            question.state.is_some() || question.attempts >= self.options.attempts
        };
        let shook = self.full.state.is_some() || (is_asked(&self.full) && is_asked(&self.plain));
        shook && (!self.options.path || self.path.is_over())
    }
}

impl Session for Tcp {
    fn is_ready(&self, _now_ns: u64) -> bool {
        !self.outbox.is_empty() || self.next().is_some()
    }

    fn poll_message(&mut self) -> Option<Vec<u8>> {
        let reset = self.outbox.pop_front()?;
        self.resets += 1;
        Some(reset)
    }

    fn poll_ask(&mut self, now_ns: u64) -> Option<Ask> {
        let aim = self.next()?;
        let ttl = match aim {
            Aim::Full => {
                self.full.attempts += 1;
                self.full.is_waiting = true;
                TTL
            }
            Aim::Plain => {
                self.plain.attempts += 1;
                self.plain.is_waiting = true;
                TTL
            }
            Aim::Hop(ttl) => {
                self.path.ask(ttl);
                ttl
            }
        };
        let wait_ns = u64::from(self.options.wait_ms) * MILLISECOND_NS;
        let token = u32::try_from(self.sent.len()).ok()?;
        self.sent.push(Sent {
            aim,
            expires_ns: now_ns.saturating_add(wait_ns),
            is_waiting: true,
            packet: Vec::new(),
        });
        Some(Ask {
            shape: self.shape(aim),
            ttl,
            token,
            wait_ns,
        })
    }

    fn handle_sent(&mut self, token: u32, packet: &[u8]) {
        if let Some(sent) = at(&mut self.sent, token) {
            sent.packet = packet.to_vec();
        }
    }

    fn handle_answer(&mut self, answer: Answer<'_>) -> Verdict {
        if answer.reply.kind == ReplyKind::TcpSynAck && self.over.is_none() && !self.is_refused {
            // Late ones too: they opened something.
            self.outbox.extend(segment::reset(answer.packet));
        }
        let Some(sent) = at(&mut self.sent, answer.token).filter(|sent| sent.is_waiting) else {
            return Verdict::Late;
        };
        sent.is_waiting = false;
        let (aim, probe) = (sent.aim, core::mem::take(&mut sent.packet));
        match aim {
            Aim::Hop(ttl) => {
                let comparison = compare::compare(&probe, answer.packet);
                let target = self.target.address;
                self.path.answer(ttl, answer.reply, comparison, target);
            }
            Aim::Full | Aim::Plain => self.take(aim, &probe, &answer.reply, answer.packet),
        }
        Verdict::InTime
    }

    fn handle_timeout(&mut self, now_ns: u64) {
        for token in 0..self.sent.len() {
            if self.sent[token].is_waiting && self.sent[token].expires_ns <= now_ns {
                self.expire(token);
            }
        }
    }

    fn poll_timeout(&self, now_ns: u64) -> Option<u64> {
        let waiting = self.sent.iter().filter(|sent| sent.is_waiting);
        waiting
            .map(|sent| sent.expires_ns)
            .filter(|expires_ns| *expires_ns > now_ns)
            .min()
    }

    fn refuse(&mut self) {
        self.is_refused = true;
        self.outbox.clear();
    }

    fn finish(&mut self, reason: StopReason) {
        self.over = Some(reason);
        self.outbox.clear();
    }

    fn in_flight(&self) -> u32 {
        let waiting = self.sent.iter().filter(|sent| sent.is_waiting);
        u32::try_from(waiting.count()).unwrap_or(u32::MAX)
    }

    fn is_finished(&self) -> bool {
        let waits = self.sent.iter().any(|sent| sent.is_waiting);
        self.over.is_some() || (!waits && self.outbox.is_empty() && self.next().is_none())
    }

    fn into_event(self: Box<Self>, started_ns: u64, ended_ns: u64) -> Event {
        Event::Tcp(Box::new(self.result(started_ns, ended_ns)))
    }
}

fn at(sent: &mut [Sent], token: u32) -> Option<&mut Sent> {
    sent.get_mut(usize::try_from(token).ok()?)
}

fn state_of(reply: &Reply) -> PortState {
    match reply.kind {
        ReplyKind::TcpSynAck => PortState::Open,
        ReplyKind::TcpRst => PortState::Closed,
        _ => PortState::Unreachable,
    }
}
