//! Packets to frames and back.
use super::address::{Address, Family, link_local};
use super::lease::{Leases, Question};
use super::link_layer;
use super::neighbours::{Neighbours, Packet};
use crate::words::{Card, Source, Words};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv6Addr};
use netsonde_wire::arp::{self, Arp};
use netsonde_wire::ethernet::{Frame, MacAddr, ethertype};
use netsonde_wire::icmp::Icmp;
use netsonde_wire::icmp::nd::{HOP_LIMIT, Nd, NdOption, options, types};
use netsonde_wire::ip::{self, IpPacket, protocol};

/// Frames that wait to be polled at most; the next one is lost.
const OUTGOING_MAX: usize = 1_024;

/// A frame to send, and the number of the probe in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The probe's, if it is one.
    pub serial: Option<u32>,
    /// What goes on the card.
    pub frame: Vec<u8>,
}

/// One card and what is known of its link.
#[derive(Debug)]
pub struct Stack {
    words: Words,
    mac: MacAddr,
    leases: Leases,
    v4: Family,
    v6: Family,
    neighbours: Neighbours,
    outgoing: VecDeque<Outgoing>,
}

impl Stack {
    /// A card with the addresses that the words give, or that it asks for. `transaction` is random.
    pub fn new(words: &Words, mac: MacAddr, transaction: u32, now_ns: u64) -> Self {
        Self {
            words: words.clone(),
            mac,
            leases: Leases::new(words, mac, transaction, now_ns),
            v4: Family {
                address: fixed(words.ip),
                gateway: words.gw.map(IpAddr::V4),
            },
            v6: Family {
                address: fixed(words.ip6),
                gateway: words.gw6.map(IpAddr::V6),
            },
            neighbours: Neighbours::default(),
            outgoing: VecDeque::new(),
        }
    }

    /// Our address and gateway in the family of `address`.
    pub fn family(&self, address: IpAddr) -> &Family {
        if address.is_ipv4() {
            &self.v4
        } else {
            &self.v6
        }
    }

    /// Whether a packet to `destination` could leave: a card of IP packets takes all.
    pub fn reaches(&self, destination: IpAddr) -> bool {
        let family = self.family(destination);
        match self.words.card {
            Card::Ip => family.address.is_some(),
            Card::Ethernet => family.next_hop(destination).is_some(),
        }
    }

    /// What is missing of the addresses that the link is to give, in words.
    pub fn missing(&self) -> Option<&'static str> {
        self.leases.missing()
    }

    /// Whether all is there but a router, for which some time is still worth waiting.
    pub fn lacks_router(&self) -> bool {
        self.leases.lacks_router() && self.v6.gateway.is_none()
    }

    /// Packets that were given up because nobody said who takes them.
    pub fn lost(&self) -> u64 {
        self.neighbours.lost
    }

    /// Takes an IP packet to send: as a frame if it is known to whom, and else once it is.
    pub fn send(&mut self, serial: Option<u32>, packet: Vec<u8>, now_ns: u64) {
        if self.words.card == Card::Ip {
            return self.push(serial, packet);
        }
        let next_hop = ip::destination(&packet).and_then(|to| self.family(to).next_hop(to));
        let Some(next_hop) = next_hop else {
            self.neighbours.lost += 1;
            return;
        };
        if let Some((mac, packet)) = self.neighbours.resolve(next_hop, (serial, packet), now_ns) {
            self.push_packet(mac, packet);
        }
        self.ask(now_ns);
    }

    /// The next frame to send.
    pub fn poll_transmit(&mut self) -> Option<Outgoing> {
        self.outgoing.pop_front()
    }

    /// Takes what came on the card; returns the IP packet in it, if it is for us and no affair of the link.
    pub fn handle_frame<'a>(&mut self, bytes: &'a [u8], now_ns: u64) -> Option<&'a [u8]> {
        if self.words.card == Card::Ip {
            return self.is_ours(bytes).then_some(bytes);
        }
        let frame = Frame::parse(bytes).ok()?;
        let is_foreign = frame.destination != self.mac && !frame.destination.is_multicast();
        if is_foreign || frame.source == self.mac || frame.vlan.is_some() {
            return None;
        }
        if self.leases.handle_packet(frame.payload, now_ns) {
            self.fill();
            return None;
        }
        match frame.ethertype {
            ethertype::ARP => self.handle_arp(frame.payload, now_ns),
            ethertype::IPV6 if self.handle_nd(&frame, now_ns) => {}
            ethertype::IPV4 | ethertype::IPV6 if self.is_ours(frame.payload) => {
                return Some(frame.payload);
            }
            _ => {}
        }
        None
    }

    /// Lets time pass; early calls are harmless.
    pub fn handle_timeout(&mut self, now_ns: u64) {
        while let Some(question) = self.leases.poll_question(now_ns) {
            match question {
                Question::Packet(mac, packet) => self.push_packet(mac, (None, packet)),
                Question::Frame(frame) => self.push(None, frame),
            }
        }
        self.fill();
        self.ask(now_ns);
    }

    /// When `handle_timeout` is next worth calling.
    pub fn poll_timeout(&self) -> Option<u64> {
        let due = [self.neighbours.poll_timeout(), self.leases.poll_timeout()];
        due.into_iter().flatten().min()
    }

    /// Uses what the link gave.
    fn fill(&mut self) {
        self.leases.fill(&self.words, &mut self.v4, &mut self.v6);
    }

    /// Whether a packet is for one of our addresses.
    fn is_ours(&self, packet: &[u8]) -> bool {
        ip::destination(packet).is_some_and(|destination| self.has(destination))
    }

    fn has(&self, address: IpAddr) -> bool {
        let ours = self.family(address).address;
        ours.is_some_and(|ours| ours.ip == address) || address == IpAddr::V6(link_local(self.mac))
    }

    /// Asks the link whatever is due.
    fn ask(&mut self, now_ns: u64) {
        while let Some(target) = self.neighbours.poll_question(now_ns) {
            let ours = self.family(target).address.map(|ours| ours.ip);
            let ours = ours.unwrap_or_else(|| link_local(self.mac).into());
            if let Some(frame) = link_layer::question(self.mac, ours, target) {
                self.push(None, frame);
            }
        }
    }

    fn handle_arp(&mut self, payload: &[u8], now_ns: u64) {
        let Ok(message) = Arp::parse(payload) else {
            return;
        };
        self.learn(message.sender_ip.into(), message.sender_mac, now_ns);
        let asks = message.operation == arp::operation::REQUEST;
        if asks && self.has(message.target_ip.into()) {
            let answer = link_layer::arp_answer(self.mac, &message);
            self.push(None, answer);
        }
    }

    /// Whether a frame is an affair of the link; if so, takes it.
    fn handle_nd(&mut self, frame: &Frame<'_>, now_ns: u64) -> bool {
        let Ok(packet) = IpPacket::parse(frame.payload) else {
            return false;
        };
        let header = packet.header;
        let (IpAddr::V6(source), &[kind, ..]) = (header.source, packet.payload) else {
            return false;
        };
        let is_nd = (types::ROUTER_SOLICITATION..=types::REDIRECT).contains(&kind);
        if header.protocol != protocol::ICMPV6 || !is_nd {
            return false;
        }
        // What has crossed a router is forged (RFC 4861 section 6.1).
        let is_sound = header.ttl == HOP_LIMIT
            && Icmp::checksum_ok(packet.payload, header.source, header.destination);
        if let (true, Ok(message)) = (is_sound, Nd::parse(packet.payload)) {
            self.take_nd(&message, (frame.source, source), now_ns);
        }
        true
    }

    fn take_nd(&mut self, message: &Nd<'_>, (mac, source): (MacAddr, Ipv6Addr), now_ns: u64) {
        match message {
            Nd::NeighborSolicitation { target, .. } if self.has((*target).into()) => {
                let answer = link_layer::nd_answer(self.mac, *target, (mac, source));
                self.push(None, answer);
            }
            Nd::NeighborAdvertisement {
                target,
                options: raw,
                ..
            } => {
                let told = options(raw).find_map(|option| match option {
                    NdOption::TargetLinkLayer(mac) => Some(mac),
                    _ => None,
                });
                self.learn((*target).into(), told.unwrap_or(mac), now_ns);
            }
            other => {
                self.leases.handle_nd(other, source, now_ns);
                self.fill();
            }
        }
    }

    fn learn(&mut self, address: IpAddr, mac: MacAddr, now_ns: u64) {
        for packet in self.neighbours.learn(address, mac, now_ns) {
            self.push_packet(mac, packet);
        }
    }

    fn push_packet(&mut self, destination: MacAddr, (serial, packet): Packet) {
        let frame = link_layer::frame(self.mac, destination, &packet);
        self.push(serial, frame);
    }

    fn push(&mut self, serial: Option<u32>, frame: Vec<u8>) {
        if self.outgoing.len() < OUTGOING_MAX {
            self.outgoing.push_back(Outgoing { serial, frame });
        } else {
            self.neighbours.lost += 1;
        }
    }
}

/// The address that words give.
fn fixed<A: Into<IpAddr>>(source: Source<A>) -> Option<Address> {
    match source {
        Source::Static {
            address,
            prefix_len,
        } => Some(Address {
            ip: address.into(),
            prefix_len,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
