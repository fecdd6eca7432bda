//! Address and port translation (RFC 3022), with ICMP errors as RFC 5508 wants them, or not.
use core::net::{IpAddr, Ipv4Addr};
use std::collections::BTreeMap;

use crate::Drop;
use crate::forward::At;
use crate::lab::Lab;
use crate::packet::Packet;
use crate::rewrite::{End, Layout, mend_icmp, port, set_address, set_port};
use netsonde_wire::ip;

/// First port given to a flow whose own port is taken.
const FIRST_PORT: u16 = 1_024;

/// Who is behind which outside port. An ICMP echo identifier counts as a port.
#[derive(Clone, Debug, Default)]
pub(crate) struct Translations {
    outward: BTreeMap<Flow, u16>,
    inward: BTreeMap<(u8, u16), Flow>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Flow {
    protocol: u8,
    address: Ipv4Addr,
    port: u16,
}

impl Translations {
    /// The outside port of a flow: its own, if free, else the next; `None` when all are taken.
    fn outside(&mut self, flow: Flow) -> Option<u16> {
        if let Some(port) = self.outward.get(&flow) {
            return Some(*port);
        }
        let candidates = [flow.port].into_iter().chain(FIRST_PORT..=u16::MAX);
        let port =
            { candidates }.find(|port| !self.inward.contains_key(&(flow.protocol, *port)))?;
        self.outward.insert(flow, port);
        self.inward.insert((flow.protocol, port), flow);
        Some(port)
    }
}

impl Lab {
    /// Hides the source of a packet from inside that leaves to the outside.
    pub(crate) fn translate_outbound(
        &mut self,
        at: At,
        mut packet: Packet,
        out: u32,
    ) -> Option<Packet> {
        if !self.is_inside(at.node, at.interface) || self.is_inside(at.node, out) {
            return Some(packet);
        }
        let Some(IpAddr::V4(address)) = ip::source(packet.data()) else {
            return Some(packet);
        };
        let layout = Layout::of(packet.data())?;
        let outside = self.outside_address(at.node, out)?;
        if !layout.is_error(packet.data()) {
            let translations = &mut self.nodes[at.node as usize].translations;
            let flow = port(packet.data(), End::Source).map(|port| Flow {
                protocol: layout.protocol,
                address,
                port,
            });
            let Some(port) = flow.and_then(|flow| translations.outside(flow)) else {
                self.drop(packet, Drop::Unmapped);
                return None;
            };
            set_port(packet.data_mut(), End::Source, port);
        }
        set_address(packet.data_mut(), End::Source, outside.into());
        Some(packet)
    }

    /// Finds the inside host for which a packet from outside is.
    pub(crate) fn translate_inbound(&self, at: At, packet: &mut Packet) {
        if self.is_inside(at.node, at.interface) {
            return;
        }
        let Some(to @ IpAddr::V4(_)) = ip::destination(packet.data()) else {
            return;
        };
        let is_mine = self.outside_address(at.node, at.interface).map(IpAddr::V4) == Some(to);
        let Some(layout) = Layout::of(packet.data()).filter(|_| is_mine) else {
            return;
        };
        let translations = &self.nodes[at.node as usize].translations;
        let found = if layout.is_error(packet.data()) {
            let quote = packet.data().get(layout.quote()..).unwrap_or_default();
            let of_mine = ip::source(quote) == Some(to);
            let key = Layout::of(quote)
                .filter(|_| of_mine)
                .and_then(|inner| port(quote, End::Source).map(|port| (inner.protocol, port)));
            key.and_then(|key| translations.inward.get(&key).copied())
        } else {
            let port = port(packet.data(), End::Destination);
            port.and_then(|port| translations.inward.get(&(layout.protocol, port)).copied())
        };
        let Some(flow) = found else {
            return;
        }; // for the translator itself
        let translates_quotes = self.plan.nodes[at.node as usize]
            .nat
            .as_ref()
            .is_some_and(|nat| nat.translate_quotes);
        let frame = packet.data_mut();
        if !layout.is_error(frame) {
            set_port(frame, End::Destination, flow.port);
        } else if translates_quotes {
            let quote = &mut frame[layout.quote()..];
            set_address(quote, End::Source, flow.address.into());
            set_port(quote, End::Source, flow.port);
            mend_icmp(frame);
        }
        set_address(frame, End::Destination, flow.address.into());
        packet.destination = None;
    }

    fn is_inside(&self, node: u32, interface: u32) -> bool {
        let link = &self.plan.links[interface as usize / 2].name;
        self.plan.nodes[node as usize]
            .nat
            .as_ref()
            .is_some_and(|nat| nat.inside.contains(link))
    }

    fn outside_address(&self, node: u32, interface: u32) -> Option<Ipv4Addr> {
        let configured = self.plan.nodes[node as usize]
            .nat
            .as_ref()
            .and_then(|nat| nat.address);
        configured.or(self.plan.interfaces[interface as usize].v4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_keep_their_port_where_it_is_free() {
        let mut translations = Translations::default();
        let flow = |last, port| Flow {
            protocol: 17,
            address: Ipv4Addr::new(10, 0, 0, last),
            port,
        };
        assert_eq!(translations.outside(flow(1, 5_000)), Some(5_000));
        assert_eq!(translations.outside(flow(2, 5_000)), Some(FIRST_PORT));
        assert_eq!(translations.outside(flow(2, 5_000)), Some(FIRST_PORT));
        assert_eq!(
            translations.inward.get(&(17, FIRST_PORT)),
            Some(&flow(2, 5_000))
        );
        assert_eq!(
            translations.outside(Flow {
                protocol: 6,
                ..flow(3, 5_000)
            }),
            Some(5_000)
        );
    }
}
