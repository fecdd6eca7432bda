//! Addresses that the link gives: `DHCPv4`, router advertisements, `DHCPv6`.
use super::address::Family;
use super::routers::Routers;
use super::{dhcp4, dhcp6};
use crate::words::{Source, Words};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv6Addr};
use netsonde_wire::ethernet::MacAddr;
use netsonde_wire::icmp::nd::{Nd, multicast_mac};
use netsonde_wire::ip::{IpPacket, protocol};
use netsonde_wire::udp::Udp;

/// All questions that a card asks about itself.
#[derive(Debug)]
pub(super) struct Leases {
    dhcp4: Option<dhcp4::Client>,
    dhcp6: Option<dhcp6::Client>,
    routers: Option<Routers>,
}

/// What is to be sent: a packet and whose card gets it, or a whole frame.
pub(super) enum Question {
    Packet(MacAddr, Vec<u8>),
    Frame(Vec<u8>),
}

impl Leases {
    /// Asks for what the words leave open. `transaction` is random.
    pub(super) fn new(words: &Words, mac: MacAddr, transaction: u32, now_ns: u64) -> Self {
        let v4 = matches!(words.ip, Source::Leased);
        let v6 = matches!(words.ip6, Source::Leased);
        let advertised = v6 || matches!(words.ip6, Source::Advertised);
        Self {
            dhcp4: v4.then(|| dhcp4::Client::new(mac, transaction, now_ns)),
            dhcp6: v6.then(|| dhcp6::Client::new(mac, transaction, now_ns)),
            routers: advertised.then(|| Routers::new(mac, now_ns)),
        }
    }

    /// What is missing of what was asked for, in words.
    pub(super) fn missing(&self) -> Option<&'static str> {
        if self
            .dhcp4
            .as_ref()
            .is_some_and(|client| client.lease.is_none())
        {
            return Some("a DHCPv4 lease");
        }
        if self
            .dhcp6
            .as_ref()
            .is_some_and(|client| client.lease.is_none())
        {
            return Some("a DHCPv6 lease");
        }
        let is_made = |routers: &Routers| self.dhcp6.is_some() || routers.made().is_some();
        if self
            .routers
            .as_ref()
            .is_some_and(|routers| !is_made(routers))
        {
            return Some("a prefix in a router advertisement");
        }
        None
    }

    /// Whether a router may still come.
    pub(super) fn lacks_router(&self) -> bool {
        self.routers
            .as_ref()
            .is_some_and(|routers| routers.router().is_none())
    }

    /// Puts what was given where it is used; gateways that the words name stay.
    pub(super) fn fill(&self, words: &Words, v4: &mut Family, v6: &mut Family) {
        if let Some(client) = &self.dhcp4 {
            v4.address = client.lease.map(|lease| lease.address);
            let router = client.lease.and_then(|lease| lease.router);
            v4.gateway = words.gw.map(IpAddr::V4).or(router);
        }
        if let Some(routers) = &self.routers {
            v6.address = match &self.dhcp6 {
                Some(client) => client.lease.map(|lease| routers.placed(lease.address)),
                None => routers.made(),
            };
            v6.gateway = words.gw6.map(IpAddr::V6).or(routers.router());
        }
    }

    /// The next question, if one is due.
    pub(super) fn poll_question(&mut self, now_ns: u64) -> Option<Question> {
        let v4 = self
            .dhcp4
            .as_mut()
            .and_then(|client| client.poll_packet(now_ns));
        if let Some(packet) = v4 {
            return Some(Question::Packet(MacAddr::BROADCAST, packet));
        }
        let frame = self
            .routers
            .as_mut()
            .and_then(|routers| routers.poll_frame(now_ns));
        if let Some(frame) = frame {
            return Some(Question::Frame(frame));
        }
        let v6 = self
            .dhcp6
            .as_mut()
            .and_then(|client| client.poll_packet(now_ns));
        v6.map(|packet| Question::Packet(multicast_mac(dhcp6::SERVERS), packet))
    }

    /// When `poll_question` is next worth calling.
    pub(super) fn poll_timeout(&self) -> Option<u64> {
        let due = [
            self.dhcp4.as_ref().map(dhcp4::Client::poll_timeout),
            self.dhcp6.as_ref().map(dhcp6::Client::poll_timeout),
            self.routers.as_ref().map(Routers::poll_timeout),
        ];
        due.into_iter().flatten().min()
    }

    /// Whether a packet is a server's answer; if so, takes it.
    pub(super) fn handle_packet(&mut self, packet: &[u8], now_ns: u64) -> bool {
        if self.dhcp4.is_none() && self.dhcp6.is_none() {
            return false;
        }
        let Ok(packet) = IpPacket::parse(packet) else {
            return false;
        };
        let header = packet.header;
        let is_whole = header.protocol == protocol::UDP
            && Udp::checksum_ok(packet.payload, header.source, header.destination);
        let (true, Ok(udp)) = (is_whole, Udp::parse(packet.payload)) else {
            return false;
        };
        let ports = (udp.source_port, udp.destination_port);
        match (&mut self.dhcp4, &mut self.dhcp6) {
            (Some(client), _) if ports == (dhcp4::SERVER_PORT, dhcp4::CLIENT_PORT) => {
                client.handle(udp.payload, now_ns);
                true
            }
            (_, Some(client)) if ports == (dhcp6::SERVER_PORT, dhcp6::CLIENT_PORT) => {
                client.handle(udp.payload, now_ns);
                true
            }
            _ => false,
        }
    }

    /// Takes a router's message.
    pub(super) fn handle_nd(&mut self, message: &Nd<'_>, source: Ipv6Addr, now_ns: u64) {
        if let Some(routers) = &mut self.routers {
            routers.handle(message, source, now_ns);
        }
    }
}
