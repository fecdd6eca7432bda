//! Forwarding IP packets: TTL, route, next hop, label push, MTU.
use crate::Drop;
use crate::control::{Decision, EXPLICIT_NULL, Hop, Route, UNLABELLED};
use crate::ecmp;
use crate::icmp::{Fault, Stack};
use crate::lab::Lab;
use crate::packet::Packet;
use crate::topology::{Hash, Role};
use netsonde_wire::ip;
use netsonde_wire::mpls::Lse;

/// Where and when a packet is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    pub(crate) now_ns: u64,
    pub(crate) node: u32,
    /// The one it came in on.
    pub(crate) interface: u32,
}

/// What happens to the TTL of a packet on its way through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ttl {
    /// Decremented; at 0 the packet ends.
    Decrement,
    /// Decremented, but a packet that has 1 passes with 1 (Cisco's UHP egress).
    DecrementAboveOne,
    /// Kept: it was decremented as a label's, or the node itself sends the packet.
    Keep,
}

impl Lab {
    /// A frame comes to a built-in node.
    pub(crate) fn receive(&mut self, at: At, packet: Packet) {
        if packet.is_labelled() {
            self.switch(at, packet);
        } else {
            self.route(at, packet, Ttl::Decrement, &Stack::default());
        }
    }

    /// Answers or forwards an IP packet. `stack` is what an opaque LSP end took off it.
    pub(crate) fn route(&mut self, at: At, mut packet: Packet, ttl: Ttl, stack: &Stack) {
        packet.rides = false;
        let role = self.plan.nodes[at.node as usize].role;
        if role == Role::Nat {
            self.translate_inbound(at, &mut packet);
        }
        let Some(index) = self.destination(&mut packet) else {
            return self.refuse(at, packet, Fault::NoRoute, stack, Drop::NoRoute);
        };
        let destination = self.plan.destinations.all[index as usize];
        if destination.node == Some(at.node) {
            return self.consume(at, packet);
        }
        if role == Role::Host {
            return self.drop(packet, Drop::Ignored);
        }
        let old_ttl = packet.ttl();
        match ttl {
            Ttl::DecrementAboveOne if old_ttl == 1 => {}
            Ttl::Keep => {}
            _ if old_ttl <= 1 => {
                return self.refuse(at, packet, Fault::TimeExceeded, stack, Drop::Expired);
            }
            _ => packet.set_ttl(old_ttl - 1),
        }
        match self.tables.decide(at.node, index, &destination) {
            Decision::Forward(route) => {
                let hop = self.choose(at.node, route, packet.data());
                let on_link = self.plan.nodes.len() + hop.interface as usize / 2;
                if !destination.assigned
                    && destination.group.map(|group| group as usize) == Some(on_link)
                {
                    return self.refuse(at, packet, Fault::HostUnreachable, stack, Drop::NoRoute);
                }
                let packet = if role == Role::Nat {
                    self.translate_outbound(at, packet, hop.interface)
                } else {
                    Some(packet)
                };
                if let Some(packet) = packet {
                    self.send(at, packet, hop);
                }
            }
            Decision::NoRoute => self.refuse(at, packet, Fault::NoRoute, stack, Drop::NoRoute),
            Decision::Discard => self.drop(packet, Drop::Discarded),
        }
    }

    /// Sends an IP packet that the node made itself.
    pub(crate) fn originate(&mut self, at: At, mut packet: Packet) {
        match self.way_out(at.node, &mut packet) {
            Some(hop) => self.send(at, packet, hop),
            None => self.drop(packet, Drop::NoRoute),
        }
    }

    /// The next hop of a packet that the node sends itself; `None` without a route, or to itself.
    pub(crate) fn way_out(&mut self, node: u32, packet: &mut Packet) -> Option<Hop> {
        let index = self.destination(packet)?;
        let destination = self.plan.destinations.all[index as usize];
        if destination.node == Some(node) {
            return None;
        }
        match self.tables.decide(node, index, &destination) {
            Decision::Forward(route) => Some(self.choose(node, route, packet.data())),
            Decision::NoRoute | Decision::Discard => None,
        }
    }

    /// Chooses among next hops by the flow of the IP packet.
    pub(crate) fn choose(&mut self, node: u32, route: Route, packet: &[u8]) -> Hop {
        let hops = self.tables.hops(route);
        if let [only] = hops {
            return *only;
        }
        let config = &self.plan.nodes[node as usize];
        let hash = match config.hash {
            Hash::PerPacket => self.nodes[node as usize].random.next(),
            by => ecmp::hash(packet, by, config.hash_seed),
        };
        let index = hash % hops.len() as u64;
        hops[usize::try_from(index).expect("below a length")]
    }

    /// Puts labels on, if the hop has some, and sends, if the packet fits the link.
    pub(crate) fn send(&mut self, at: At, mut packet: Packet, hop: Hop) {
        let mtu = self.plan.links[hop.interface as usize / 2].mtu;
        if packet.data().len() > usize::from(mtu) {
            return self.too_big(at, packet, hop, mtu);
        }
        self.impose(at.node, &mut packet, hop);
        self.transmit(at.now_ns, hop.interface, packet);
    }

    /// Puts the labels of a hop on an IP packet.
    pub(crate) fn impose(&mut self, node: u32, packet: &mut Packet, hop: Hop) {
        if hop.label == UNLABELLED && hop.service == UNLABELLED {
            return;
        }
        let lse_ttl = self.plan.nodes[node as usize].behaviour.lse_ttl;
        let ttl = if hop.pipe { lse_ttl } else { packet.ttl() };
        let v6 = packet.data().first().is_some_and(|byte| byte >> 4 == 6);
        let mut bottom = true;
        for label in [hop.service, hop.label]
            .into_iter()
            .filter(|label| *label != UNLABELLED)
        {
            packet.push(Lse {
                label: on_the_wire(label, v6),
                tc: 0,
                bottom,
                ttl,
            });
            bottom = false;
        }
    }

    /// Ends a packet and tells its sender.
    pub(crate) fn refuse(
        &mut self,
        at: At,
        packet: Packet,
        fault: Fault,
        stack: &Stack,
        cause: Drop,
    ) {
        if let Some(message) = self.error_message(at, packet.data(), fault, stack) {
            self.answer(at, message);
        }
        self.drop(packet, cause);
    }

    /// Index of the destination of an unlabelled packet.
    fn destination(&self, packet: &mut Packet) -> Option<u32> {
        if packet.destination.is_none() {
            packet.destination = self.plan.destinations.find(ip::destination(packet.data())?);
        }
        packet.destination
    }
}

/// Explicit null has a number of its own for each family.
pub(crate) fn on_the_wire(label: u32, v6: bool) -> u32 {
    if label == EXPLICIT_NULL && v6 {
        Lse::IPV6_EXPLICIT_NULL
    } else {
        label
    }
}
