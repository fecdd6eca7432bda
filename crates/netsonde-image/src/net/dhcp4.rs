//! `DHCPv4` (RFC 2131): one address for as long as the run takes.
use super::address::Address;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};
use netsonde_wire::ethernet::MacAddr;
use netsonde_wire::ip::{IpBuild, protocol};
use netsonde_wire::udp;

pub(super) const SERVER_PORT: u16 = 67;
pub(super) const CLIENT_PORT: u16 = 68;
const SECOND_NS: u64 = 1_000_000_000;
/// Between two questions at first; each is twice the last, up to the longest.
const RETRY_NS: u64 = SECOND_NS;
const RETRY_MAX_NS: u64 = 16 * SECOND_NS;
/// Requests for an offer before another is looked for.
const REQUESTS_MAX: u8 = 4;
/// Where the fixed part ends, and what follows it.
const FIXED_LEN: usize = 236;
const COOKIE: [u8; 4] = [99, 130, 83, 99];
/// Answers come to everyone: we cannot answer for an address that we do not have yet.
const BROADCAST: u16 = 0x8000;

mod option {
    pub(super) const PAD: u8 = 0;
    pub(super) const MASK: u8 = 1;
    pub(super) const ROUTER: u8 = 3;
    pub(super) const ADDRESS: u8 = 50;
    pub(super) const LEASE_TIME: u8 = 51;
    pub(super) const MESSAGE: u8 = 53;
    pub(super) const SERVER: u8 = 54;
    pub(super) const WANTED: u8 = 55;
    pub(super) const END: u8 = 255;
}

mod message {
    pub(super) const DISCOVER: u8 = 1;
    pub(super) const OFFER: u8 = 2;
    pub(super) const REQUEST: u8 = 3;
    pub(super) const ACK: u8 = 5;
    pub(super) const NAK: u8 = 6;
}

/// What a server gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) address: Address,
    pub(super) router: Option<IpAddr>,
    /// When it ends, unless it is renewed.
    end_ns: u64,
}

/// A client, from its first question on.
#[derive(Debug)]
pub(super) struct Client {
    mac: MacAddr,
    transaction: u32,
    state: State,
    due_ns: u64,
    retry_ns: u64,
    pub(super) lease: Option<Lease>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Looking,
    /// An offer is asked for: the address, the server, and how often.
    Asking(Ipv4Addr, Ipv4Addr, u8),
    /// The lease is ours until half of it is over.
    Bound(Ipv4Addr),
    /// It is asked for again.
    Renewing(Ipv4Addr),
}

/// The options that count.
#[derive(Clone, Copy, Debug, Default)]
struct Answer {
    kind: u8,
    ours: u32,
    server: u32,
    mask: Option<u32>,
    router: Option<u32>,
    lease_s: Option<u32>,
}

impl Client {
    /// Begins to look for a server. `transaction` is random.
    pub(super) fn new(mac: MacAddr, transaction: u32, now_ns: u64) -> Self {
        Self {
            mac,
            transaction,
            state: State::Looking,
            due_ns: now_ns,
            retry_ns: RETRY_NS,
            lease: None,
        }
    }

    /// The next packet for everyone, if one is due.
    pub(super) fn poll_packet(&mut self, now_ns: u64) -> Option<Vec<u8>> {
        if self.lease.is_some_and(|lease| lease.end_ns <= now_ns) {
            self.lease = None;
            self.look(now_ns);
        }
        if now_ns < self.due_ns {
            return None;
        }
        match self.state {
            State::Asking(_, _, REQUESTS_MAX..) => self.look(now_ns),
            State::Asking(address, server, count) => {
                self.state = State::Asking(address, server, count + 1);
            }
            State::Bound(address) => {
                self.retry_ns = RETRY_NS;
                self.state = State::Renewing(address);
            }
            State::Looking | State::Renewing(_) => {}
        }
        self.due_ns = now_ns.saturating_add(self.retry_ns);
        self.retry_ns = (self.retry_ns * 2).min(RETRY_MAX_NS);
        Some(self.packet())
    }

    /// When `poll_packet` is next worth calling.
    pub(super) fn poll_timeout(&self) -> u64 {
        let end_ns = self.lease.map_or(u64::MAX, |lease| lease.end_ns);
        self.due_ns.min(end_ns)
    }

    /// Takes the payload of a datagram from a server.
    pub(super) fn handle(&mut self, payload: &[u8], now_ns: u64) {
        let Some(answer) = self.read(payload) else {
            return;
        };
        let (ours, server) = (
            Ipv4Addr::from_bits(answer.ours),
            Ipv4Addr::from_bits(answer.server),
        );
        let is_usable = !ours.is_unspecified() && !ours.is_broadcast() && !ours.is_multicast();
        match (self.state, answer.kind) {
            (State::Looking, message::OFFER) if is_usable => {
                self.state = State::Asking(ours, server, 0);
                self.retry_ns = RETRY_NS;
                self.due_ns = now_ns;
            }
            (State::Asking(wanted, from, _), message::ACK) if ours == wanted && server == from => {
                self.bind(ours, &answer, now_ns);
            }
            (State::Renewing(wanted), message::ACK) if ours == wanted => {
                self.bind(ours, &answer, now_ns);
            }
            (State::Asking(..) | State::Renewing(_), message::NAK) => {
                self.lease = None;
                self.look(now_ns);
            }
            _ => {}
        }
    }

    fn look(&mut self, now_ns: u64) {
        self.state = State::Looking;
        self.retry_ns = RETRY_NS;
        self.due_ns = now_ns;
        self.transaction = self.transaction.wrapping_add(1);
    }

    fn bind(&mut self, address: Ipv4Addr, answer: &Answer, now_ns: u64) {
        // A server that does not say gives it for the run; all ones is for ever.
        let lease_s = answer.lease_s.unwrap_or(u32::MAX);
        let lease_ns = u64::from(lease_s.max(1)) * SECOND_NS;
        let mask = answer.mask.unwrap_or(u32::MAX);
        self.lease = Some(Lease {
            address: Address {
                ip: address.into(),
                prefix_len: mask.leading_ones() as u8,
            },
            router: answer
                .router
                .map(|router| IpAddr::V4(Ipv4Addr::from_bits(router))),
            end_ns: now_ns.saturating_add(lease_ns),
        });
        self.state = State::Bound(address);
        self.due_ns = now_ns.saturating_add(lease_ns / 2);
    }

    /// Reads an answer to our own question.
    fn read(&self, payload: &[u8]) -> Option<Answer> {
        let (fixed, rest) = payload.split_at_checked(FIXED_LEN)?;
        let is_reply = fixed.first() == Some(&2);
        let is_ours = fixed.get(4..8) == Some(&self.transaction.to_be_bytes())
            && fixed.get(28..34) == Some(&self.mac.0);
        if !is_reply || !is_ours {
            return None;
        }
        let mut answer = Answer {
            ours: word(fixed.get(16..20)?)?,
            ..Answer::default()
        };
        let mut rest = rest.strip_prefix(&COOKIE)?;
        while let [kind, after @ ..] = rest {
            match *kind {
                option::PAD => rest = after,
                option::END => break,
                kind => {
                    let (len, after) = after.split_first()?;
                    let (value, after) = after.split_at_checked(usize::from(*len))?;
                    answer.take(kind, value);
                    rest = after;
                }
            }
        }
        Some(answer)
    }

    fn packet(&self) -> Vec<u8> {
        let mut body = Vec::from([1, 1, 6, 0]);
        body.extend_from_slice(&self.transaction.to_be_bytes());
        body.extend_from_slice(&[0, 0]);
        body.extend_from_slice(&BROADCAST.to_be_bytes());
        let current = match self.state {
            State::Bound(address) | State::Renewing(address) => address,
            _ => Ipv4Addr::UNSPECIFIED,
        };
        body.extend_from_slice(&current.octets());
        body.resize(28, 0);
        body.extend_from_slice(&self.mac.0);
        body.resize(FIXED_LEN, 0);
        body.extend_from_slice(&COOKIE);
        let kind = match self.state {
            State::Looking => message::DISCOVER,
            _ => message::REQUEST,
        };
        body.extend_from_slice(&[option::MESSAGE, 1, kind]);
        if let State::Asking(address, server, _) = self.state {
            for (kind, value) in [(option::ADDRESS, address), (option::SERVER, server)] {
                body.extend_from_slice(&[kind, 4]);
                body.extend_from_slice(&value.octets());
            }
        }
        let wanted = [
            option::WANTED,
            3,
            option::MASK,
            option::ROUTER,
            option::LEASE_TIME,
        ];
        body.extend_from_slice(&wanted);
        body.push(option::END);
        to_everyone(current, &body)
    }
}

impl Answer {
    /// Options of a wrong length are passed over.
    fn take(&mut self, kind: u8, value: &[u8]) {
        match kind {
            option::MESSAGE => self.kind = value.first().copied().unwrap_or(0),
            option::SERVER => self.server = word(value).unwrap_or(0),
            option::MASK => self.mask = word(value),
            option::ROUTER => self.router = value.get(..4).and_then(word),
            option::LEASE_TIME => self.lease_s = word(value),
            _ => {}
        }
    }
}

fn word(bytes: &[u8]) -> Option<u32> {
    bytes.try_into().ok().map(u32::from_be_bytes)
}

fn to_everyone(source: Ipv4Addr, body: &[u8]) -> Vec<u8> {
    let (source, destination) = (IpAddr::V4(source), IpAddr::V4(Ipv4Addr::BROADCAST));
    let (mut datagram, mut packet) = (Vec::new(), Vec::new());
    udp::emit(
        source,
        destination,
        CLIENT_PORT,
        SERVER_PORT,
        body,
        &mut datagram,
    );
    IpBuild {
        source,
        destination,
        protocol: protocol::UDP,
        ttl: 64,
        tos: 0,
        ident: 0,
        flow_label: 0,
        dont_fragment: false,
    }
    .emit(&datagram, &mut packet);
    packet
}

#[cfg(test)]
mod tests;
