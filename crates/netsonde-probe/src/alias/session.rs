//! The session: follows the plans of the stages, and hands over what was heard.
use super::ally::Ally;
use super::book::{Book, Heard, Probe, TTL, index};
use super::classify::Seen;
use super::confirm::Confirm;
use super::corroborate::Corroborate;
use super::eliminate::Eliminate;
use super::estimate::Estimate;
use super::mercator::Mercator;
use super::message;
use super::plan::{Stage, Step};
use super::prefixscan;
use super::radargun::Radargun;
use super::sample::Sample;
use crate::event::Event;
use crate::identity::Shape;
use crate::job::{AliasMethod, AliasOptions, Target};
use crate::measurement::{MILLISECOND_NS, Verdict};
use crate::record::{ReplyKind, StopReason};
use crate::session::{Answer, Ask, Session};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec;
use alloc::vec::Vec;

/// Messages to one address at most. Whoever still sends whole replies does not heed them, or forgets them
/// within the ten minutes for which RFC 8201 wants them to be kept.
const MESSAGES_MAX: u8 = 5;
/// ICMP code of "port unreachable", over IPv4 and IPv6.
const PORT_UNREACHABLE: [u8; 2] = [3, 4];

/// A probe that is waited for.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    step: Step,
    expires_ns: u64,
    /// Identification of the probe; 0 over IPv6.
    probe_id: u32,
}

/// All targets of a job, measured together.
#[derive(Debug)]
pub(crate) struct Aliases {
    pub(super) book: Book,
    stages: VecDeque<Box<dyn Stage>>,
    steps: VecDeque<Step>,
    /// When the plan began.
    base_ns: u64,
    /// By token, and so by end of wait.
    waiting: BTreeMap<u32, Waiting>,
    token_next: u32,
    heard: Vec<Heard>,
    /// Messages to be sent, and how many there were to each address.
    outbox: VecDeque<Vec<u8>>,
    messages: BTreeMap<u32, u8>,
    pub(super) counts: Counts,
    refused: bool,
    pub(super) stop: Option<StopReason>,
}

/// What all of it cost, and what came.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) sent: u32,
    pub(super) received: u32,
    pub(super) duplicates: u32,
    pub(super) late: u32,
}

impl Aliases {
    /// A session whose first probe is due at `now_ns`.
    pub(crate) fn new(
        options: &AliasOptions,
        targets: &[Target],
        rate_pps: u32,
        seed: u64,
        now_ns: u64,
    ) -> Self {
        let mut book = Book::new(*options, targets, rate_pps, seed);
        let stages = stages(&mut book);
        let mut session = Self {
            book,
            stages,
            steps: VecDeque::new(),
            base_ns: now_ns,
            waiting: BTreeMap::new(),
            token_next: 1,
            heard: Vec::new(),
            outbox: VecDeque::new(),
            messages: BTreeMap::new(),
            counts: Counts::default(),
            refused: false,
            stop: None,
        };
        session.advance(now_ns);
        session
    }

    /// Goes on to the next plan once everything of the last one has been answered or given up.
    fn advance(&mut self, now_ns: u64) {
        while self.stop.is_none() && self.steps.is_empty() && self.waiting.is_empty() {
            if self.refused {
                self.end(StopReason::Budget);
                return;
            }
            let Some(stage) = self.stages.front_mut() else {
                self.end(StopReason::Completed);
                return;
            };
            let heard = core::mem::take(&mut self.heard);
            self.steps = stage.next_plan(&mut self.book, heard).into();
            self.base_ns = now_ns;
            if self.steps.is_empty() {
                self.stages.pop_front();
            }
        }
    }

    /// Reads what was heard so far, and stops.
    fn end(&mut self, reason: StopReason) {
        if self.stop.is_some() {
            return;
        }
        self.stop = Some(reason);
        self.steps.clear();
        self.waiting.clear();
        self.outbox.clear();
        let heard = core::mem::take(&mut self.heard);
        if let Some(mut stage) = self.stages.pop_front() {
            stage.next_plan(&mut self.book, heard);
        }
        self.stages.clear();
    }

    fn due_ns(&self) -> Option<u64> {
        self.steps
            .front()
            .map(|step| self.base_ns.saturating_add(step.at_ns))
    }

    /// Asks whoever sends whole replies for fragments.
    fn ask_for_fragments(&mut self, address: u32, reply: &[u8]) {
        let asked = self.messages.entry(address).or_default();
        if *asked < MESSAGES_MAX
            && !self.refused
            && let Some(message) = message::too_big(reply, TTL)
        {
            *asked += 1;
            self.outbox.push_back(message);
        }
    }
}

impl Session for Aliases {
    fn is_ready(&self, now_ns: u64) -> bool {
        !self.outbox.is_empty() || self.due_ns().is_some_and(|due_ns| due_ns <= now_ns)
    }

    fn poll_message(&mut self) -> Option<Vec<u8>> {
        let message = self.outbox.pop_front()?;
        self.counts.sent += 1;
        Some(message)
    }

    fn poll_ask(&mut self, now_ns: u64) -> Option<Ask> {
        if self.due_ns().is_none_or(|due_ns| due_ns > now_ns) {
            return None;
        }
        let step = self.steps.pop_front()?;
        let token = self.token_next;
        self.token_next = self.token_next.wrapping_add(1);
        let wait_ns = u64::from(self.book.options.wait_ms) * MILLISECOND_NS;
        let waiting = Waiting {
            step,
            expires_ns: now_ns.saturating_add(wait_ns),
            probe_id: 0,
        };
        self.waiting.insert(token, waiting);
        self.counts.sent += 1;
        let options = self.book.ping_options(step.probe);
        let address = self.book.address_mut(step.address);
        address.sent += 1;
        Some(Ask {
            shape: Shape::of_ping(address.target, &options),
            ttl: TTL,
            token,
            wait_ns,
        })
    }

    fn handle_sent(&mut self, token: u32, packet: &[u8]) {
        if let (Some(waiting), Some(&[0x40..=0x4f, _, _, _, high, low])) =
            (self.waiting.get_mut(&token), packet.first_chunk())
        {
            waiting.probe_id = u32::from(u16::from_be_bytes([high, low]));
        }
    }

    fn handle_answer(&mut self, answer: Answer<'_>) -> Verdict {
        let Some(waiting) = self.waiting.get(&answer.token).copied() else {
            self.counts.late += 1;
            return Verdict::Late;
        };
        let Step {
            address,
            probe,
            tag,
            ..
        } = waiting.step;
        let reply = &answer.reply;
        let target = self.book.address(address).target.address;
        let is_port_unreachable = reply.kind == ReplyKind::Unreachable
            && reply.icmp_code == Some(PORT_UNREACHABLE[usize::from(target.is_ipv6())]);
        // Errors of routers on the way have identifications of their own.
        let is_answer = match probe {
            Probe::Udp => is_port_unreachable || reply.responder == target,
            Probe::Icmp | Probe::BigEcho => {
                reply.kind == ReplyKind::EchoReply && reply.responder == target
            }
            Probe::TcpAck => reply.kind == ReplyKind::TcpRst && reply.responder == target,
        };
        self.waiting.remove(&answer.token);
        self.counts.received += 1;
        if is_answer {
            let number = index(address);
            self.book.addresses[number].received += 1;
            let has_id = reply.ip_id.is_some();
            if probe == Probe::BigEcho && !has_id {
                self.ask_for_fragments(address, answer.packet);
            }
            self.heard.push(Heard {
                address,
                probe,
                tag,
                seen: Seen {
                    sample: Sample {
                        sent_ns: answer.sent_ns,
                        received_ns: answer.received_ns,
                        id: answer.reply.ip_id.unwrap_or(0),
                    },
                    probe_id: waiting.probe_id,
                    has_id,
                },
                responder: answer.reply.responder,
                is_port_unreachable,
            });
        }
        self.advance(answer.received_ns);
        Verdict::InTime
    }

    fn handle_duplicate(&mut self) {
        self.counts.duplicates += 1;
    }

    fn handle_timeout(&mut self, now_ns: u64) {
        while let Some(entry) = self.waiting.first_entry()
            && entry.get().expires_ns <= now_ns
        {
            entry.remove();
        }
        self.advance(now_ns);
    }

    fn poll_timeout(&self, now_ns: u64) -> Option<u64> {
        let end_ns = self
            .waiting
            .first_key_value()
            .map(|(_, waiting)| waiting.expires_ns);
        let times_ns = self.due_ns().into_iter().chain(end_ns);
        times_ns.filter(|time_ns| *time_ns > now_ns).min()
    }

    fn refuse(&mut self) {
        self.refused = true;
        self.steps.clear();
        self.outbox.clear();
        if self.waiting.is_empty() {
            self.end(StopReason::Budget);
        }
    }

    fn finish(&mut self, reason: StopReason) {
        self.end(reason);
    }

    fn in_flight(&self) -> u32 {
        u32::try_from(self.waiting.len()).unwrap_or(u32::MAX)
    }

    fn is_finished(&self) -> bool {
        self.stop.is_some()
    }

    fn into_event(self: Box<Self>, started_ns: u64, ended_ns: u64) -> Event {
        Event::Alias(self.into_result(started_ns, ended_ns))
    }
}

/// What the job's method consists of.
fn stages(book: &mut Book) -> VecDeque<Box<dyn Stage>> {
    let (v4, v6) = (book.family(false), book.family(true));
    let all: Vec<u32> = v4.iter().chain(&v6).copied().collect();
    let mut list: Vec<Box<dyn Stage>> = Vec::new();
    match book.options.method {
        AliasMethod::Auto => {
            list.push(Box::new(Mercator::new(book, all)));
            bounds_stages(book, v4, AliasMethod::Midar, &mut list);
            bounds_stages(book, v6, AliasMethod::Speedtrap, &mut list);
        }
        AliasMethod::Mercator => list.push(Box::new(Mercator::new(book, all))),
        AliasMethod::Midar => bounds_stages(book, v4, AliasMethod::Midar, &mut list),
        AliasMethod::Speedtrap => bounds_stages(book, v6, AliasMethod::Speedtrap, &mut list),
        AliasMethod::Ally => {
            list.push(Box::new(Estimate::new(book, v4.clone())));
            list.push(Box::new(Ally::of_all(v4)));
        }
        AliasMethod::Radargun => {
            list.push(Box::new(Estimate::new(book, v4.clone())));
            list.push(Box::new(Radargun::new(v4)));
        }
        AliasMethod::Prefixscan => prefix_stages(book, &mut list),
    }
    list.into()
}

/// The monotonic bounds test, by identifications of packets or of fragments.
fn bounds_stages(
    book: &Book,
    members: Vec<u32>,
    method: AliasMethod,
    list: &mut Vec<Box<dyn Stage>>,
) {
    if members.is_empty() {
        return;
    }
    list.push(match method {
        AliasMethod::Speedtrap => Box::new(Estimate::of_fragments(members.clone())),
        _ => Box::new(Estimate::new(book, members.clone())),
    });
    list.push(Box::new(Eliminate::new(method, members)));
    list.push(Box::new(Confirm::new(method)));
    list.push(Box::new(Corroborate::new(method)));
}

/// Mercator on the candidates, then Ally on each with its hop; over IPv6 by fragments.
fn prefix_stages(book: &mut Book, list: &mut Vec<Box<dyn Stage>>) {
    let path: Vec<u32> = (0_u32..).take(book.addresses.len()).collect();
    let (pairs, candidates) = prefixscan::pairs(book, &path);
    let nears = pairs.iter().flat_map(|(a, b)| [*a, *b]);
    let probed: Vec<u32> = nears
        .collect::<alloc::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    let (v6, v4): (Vec<u32>, Vec<u32>) = probed
        .into_iter()
        .partition(|number| book.address(*number).target.address.is_ipv6());
    list.push(Box::new(Mercator::new(book, candidates)));
    list.extend(vec![
        Box::new(Estimate::new(book, v4)) as Box<dyn Stage>,
        Box::new(Estimate::of_fragments(v6)),
        Box::new(Ally::of_pairs(AliasMethod::Prefixscan, pairs)),
    ]);
}
