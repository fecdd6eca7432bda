//! What nodes do with packets to themselves: echo and UDP; [`crate::tcp`] has TCP.
use crate::Drop;
use crate::forward::At;
use crate::fragment;
use crate::icmp::{Fault, Stack};
use crate::lab::Lab;
use crate::numbering::Numbered;
use crate::packet::Packet;
use crate::topology::Role;
use core::net::IpAddr;
use netsonde_wire::icmp::{ErrorKind, Icmp, IcmpError, emit_echo};
use netsonde_wire::ip::{IpBuild, IpPacket, protocol};
use netsonde_wire::udp::{self, Udp};

/// The smallest MTU of IPv6 (RFC 8200, section 5): less is not believed.
const MTU_MIN: u16 = 1_280;

impl Lab {
    /// Handles a packet to the node itself.
    pub(crate) fn consume(&mut self, at: At, packet: Packet) {
        let outcome = match IpPacket::parse(packet.data()) {
            Err(_) => Err(Drop::Malformed),
            Ok(parsed) if parsed.header.more_fragments || parsed.header.fragment_offset > 0 => {
                Err(Drop::Fragment)
            }
            Ok(parsed) => match parsed.header.protocol {
                protocol::ICMP | protocol::ICMPV6 => self.consume_icmp(at, &parsed),
                protocol::UDP => self.consume_udp(at, &parsed, packet.data()),
                protocol::TCP => self.consume_tcp(at, &parsed),
                _ => Err(Drop::Ignored),
            },
        };
        match outcome {
            Ok(()) => {
                self.statistics.consumed += 1;
                self.pool.recycle(packet);
            }
            Err(cause) => self.drop(packet, cause),
        }
    }

    fn consume_icmp(&mut self, at: At, packet: &IpPacket<'_>) -> Result<(), Drop> {
        let header = &packet.header;
        if !Icmp::checksum_ok(packet.payload, header.source, header.destination) {
            return Err(Drop::BadChecksum);
        }
        let message = Icmp::parse(packet.payload, header.source.is_ipv6());
        if let Ok(Icmp::Error(error)) = message {
            return self.consume_error(at, header.destination, &error);
        }
        let Ok(Icmp::EchoRequest {
            ident,
            sequence,
            payload,
        }) = message
        else {
            return Err(Drop::Ignored);
        };
        let behaviour = &self.plan.nodes[at.node as usize].behaviour;
        let state = &mut self.nodes[at.node as usize];
        let is_limited = state.limiter.limits_echo()
            && !state.limiter.admit(at.now_ns, header.source, at.interface);
        if behaviour.drops_echo || state.is_muted || is_limited {
            self.statistics.suppressed += 1;
            return Ok(());
        }
        let ttl = behaviour.er_ttl;
        let mut body = core::mem::take(&mut self.scratch);
        body.clear();
        emit_echo(
            header.destination,
            header.source,
            true,
            ident,
            sequence,
            payload,
            &mut body,
        );
        self.reply(at, packet, ttl, &body);
        self.scratch = body;
        Ok(())
    }

    /// Heeds "packet too big" about a packet of its own (RFC 8201); other errors it has no use for.
    fn consume_error(&mut self, at: At, own: IpAddr, error: &IcmpError<'_>) -> Result<(), Drop> {
        let quoted = error
            .quoted_transport()
            .map_err(|_| Drop::Ignored)?
            .0
            .header;
        let heeds = self.plan.nodes[at.node as usize].behaviour.heeds_too_big;
        if error.kind != ErrorKind::PacketTooBig || !own.is_ipv6() || quoted.source != own || !heeds
        {
            return Err(Drop::Ignored);
        }
        let mtu = u16::try_from(error.mtu).unwrap_or(u16::MAX).max(MTU_MIN);
        let numbering = &mut self.nodes[at.node as usize].numbering;
        numbering.learn_mtu(quoted.destination, mtu);
        Ok(())
    }

    fn consume_udp(&mut self, at: At, packet: &IpPacket<'_>, whole: &[u8]) -> Result<(), Drop> {
        let header = &packet.header;
        if !Udp::checksum_ok(packet.payload, header.source, header.destination) {
            return Err(Drop::BadChecksum);
        }
        let datagram = Udp::parse(packet.payload).map_err(|_| Drop::Malformed)?;
        if let Some(reply) = self.agent_reply(at, &datagram) {
            let ttl = self.plan.nodes[at.node as usize].behaviour.er_ttl;
            let (from, to) = (header.destination, header.source);
            let mut body = Vec::new();
            let ports = (datagram.destination_port, datagram.source_port);
            udp::emit(from, to, ports.0, ports.1, &reply, &mut body);
            self.reply(at, packet, ttl, &body);
            return Ok(());
        }
        let config = &self.plan.nodes[at.node as usize];
        if config.udp_ports.contains(&datagram.destination_port) {
            return Ok(());
        }
        if config.behaviour.drops_udp {
            self.statistics.suppressed += 1;
            return Ok(());
        }
        if let Some(message) =
            self.error_message(at, whole, Fault::PortUnreachable, &Stack::default())
        {
            self.answer(at, message);
        }
        Ok(())
    }

    /// Sends a packet back from the address to which `packet` came.
    pub(crate) fn reply(&mut self, at: At, packet: &IpPacket<'_>, ttl: u8, body: &[u8]) {
        let config = &self.plan.nodes[at.node as usize];
        let v6 = packet.header.source.is_ipv6();
        let numbered = Numbered {
            now_ns: at.now_ns,
            source: packet.header.destination,
            destination: packet.header.source,
            protocol: packet.header.protocol,
            cause: u16::try_from(packet.header.ident.unwrap_or(0)).unwrap_or(0),
        };
        let build = IpBuild {
            source: packet.header.destination,
            destination: packet.header.source,
            protocol: packet.header.protocol,
            ttl: if v6 { config.behaviour.er_ttl6 } else { ttl },
            tos: packet.header.tos,
            ident: self.nodes[at.node as usize].next_ip_id(&config.behaviour, numbered),
            // Hosts choose a label per flow; routers send 0.
            flow_label: if config.role == Role::Host {
                packet.header.flow_label
            } else {
                0
            },
            dont_fragment: false,
        };
        let message = self.build(&build, body);
        self.answer_in_pieces(at, build.destination, message);
    }

    /// Answers with the packet, or with its fragments where the node knows that it is too big for the path.
    fn answer_in_pieces(&mut self, at: At, to: IpAddr, message: Packet) {
        let node = at.node as usize;
        let mtu = self.nodes[node].numbering.mtu(to);
        let Some(mtu) = mtu.filter(|mtu| message.data().len() > usize::from(*mtu)) else {
            return self.answer(at, message);
        };
        let behaviour = &self.plan.nodes[node].behaviour;
        let id = self.nodes[node]
            .numbering
            .fragment_id(behaviour, to, at.now_ns);
        let pieces = fragment::pieces_v6(message.data(), mtu, id);
        self.pool.recycle(message);
        for piece in pieces {
            self.statistics.originated += 1;
            let mut packet = self.pool.fresh();
            packet.assign(&piece);
            self.answer(at, packet);
        }
    }
}
