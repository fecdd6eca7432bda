//! ICMP errors: whether, from where, with what quote and extensions.
use core::net::IpAddr;

use crate::forward::At;
use crate::lab::Lab;
use crate::numbering::Numbered;
use crate::packet::Packet;
use crate::queue::Kind;
use crate::topology::{Extensions, QuotedTtl, ReplySource, Role};
use netsonde_wire::icmp::{
    ErrorBuild, ExtensionStyle, InterfaceInfo, emit_interface_info, emit_label_stack, types,
};
use netsonde_wire::ip::{self, IpBuild, IpPacket, protocol};
use netsonde_wire::mpls::{self, Lse};

/// What a node may say about a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    TimeExceeded,
    NoRoute,
    HostUnreachable,
    PortUnreachable,
    TooBig(u16),
}

impl Fault {
    /// Type and code.
    fn message(self, v6: bool) -> (u8, u8) {
        match (self, v6) {
            (Self::TimeExceeded, false) => (types::V4_TIME_EXCEEDED, 0),
            (Self::NoRoute, false) => (types::V4_UNREACHABLE, 0),
            (Self::HostUnreachable, false) => (types::V4_UNREACHABLE, 1),
            (Self::PortUnreachable, false) => (types::V4_UNREACHABLE, 3),
            (Self::TooBig(_), false) => (types::V4_UNREACHABLE, 4),
            (Self::TimeExceeded, true) => (types::V6_TIME_EXCEEDED, 0),
            (Self::NoRoute, true) => (types::V6_UNREACHABLE, 0),
            (Self::HostUnreachable, true) => (types::V6_UNREACHABLE, 3),
            (Self::PortUnreachable, true) => (types::V6_UNREACHABLE, 4),
            (Self::TooBig(_), true) => (types::V6_PACKET_TOO_BIG, 0),
        }
    }

    fn rest(self) -> u32 {
        if let Self::TooBig(mtu) = self {
            u32::from(mtu)
        } else {
            0
        }
    }
}

/// The label stack entries that an error quotes, as received; the first eight of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stack {
    entries: [Lse; 8],
    length: usize,
}

impl Default for Stack {
    fn default() -> Self {
        Self {
            entries: [Lse {
                label: 0,
                tc: 0,
                bottom: false,
                ttl: 0,
            }; 8],
            length: 0,
        }
    }
}

impl Stack {
    /// The entries in front of a frame.
    pub(crate) fn read(frame: &[u8]) -> Self {
        let mut stack = Self::default();
        for entry in mpls::entries(frame).take(stack.entries.len()) {
            stack.entries[stack.length] = entry;
            stack.length += 1;
            if entry.bottom {
                break;
            }
        }
        stack
    }

    /// A single entry.
    pub(crate) fn one(entry: Lse) -> Self {
        let mut stack = Self {
            length: 1,
            ..Self::default()
        };
        stack.entries[0] = entry;
        stack
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(crate) fn entries(&self) -> &[Lse] {
        &self.entries[..self.length]
    }
}

impl Lab {
    /// The error about a packet, if the node may and does send one.
    pub(crate) fn error_message(
        &mut self,
        at: At,
        cause: &[u8],
        fault: Fault,
        stack: &Stack,
    ) -> Option<Packet> {
        let sender = ip::source(cause)?;
        let config = &self.plan.nodes[at.node as usize];
        let state = &mut self.nodes[at.node as usize];
        let is_allowed = !config.behaviour.silent
            && !state.is_muted
            && may_be_reported(cause)
            && state.limiter.admit(at.now_ns, sender, at.interface);
        let source = if is_allowed {
            self.error_source(at, cause, fault)
        } else {
            None
        };
        let Some(source) = source else {
            self.statistics.suppressed += 1;
            return None;
        };
        let mut body = core::mem::take(&mut self.scratch);
        body.clear();
        self.error_body(at, cause, fault, stack, source, &mut body);
        let behaviour = &self.plan.nodes[at.node as usize].behaviour;
        let v6 = source.is_ipv6();
        let numbered = Numbered {
            now_ns: at.now_ns,
            source,
            destination: sender,
            protocol: protocol::ICMP,
            cause: identification(cause),
        };
        let build = IpBuild {
            source,
            destination: sender,
            protocol: if v6 { protocol::ICMPV6 } else { protocol::ICMP },
            ttl: match (v6, fault) {
                (true, _) => behaviour.te_ttl6,
                (false, Fault::TimeExceeded) => behaviour.te_ttl,
                (false, _) => behaviour.unreachable_ttl,
            },
            tos: behaviour.icmp_tos,
            ident: self.nodes[at.node as usize].next_ip_id(behaviour, numbered),
            flow_label: 0,
            dont_fragment: false,
        };
        let message = self.build(&build, &body);
        self.scratch = body;
        Some(message)
    }

    /// A packet that the node makes itself.
    pub(crate) fn build(&mut self, build: &IpBuild, payload: &[u8]) -> Packet {
        self.statistics.originated += 1;
        let mut packet = self.pool.fresh();
        build.emit(payload, packet.rewrite());
        packet
    }

    /// Sends what a node made in answer to a packet, after the time it takes.
    pub(crate) fn answer(&mut self, at: At, mut message: Packet) {
        let delay_ns = self.plan.nodes[at.node as usize].behaviour.answer_delay_ns;
        if delay_ns == 0 {
            return self.originate(at, message);
        }
        let Some(hop) = self.way_out(at.node, &mut message) else {
            return self.drop(message, crate::Drop::NoRoute);
        };
        self.impose(at.node, &mut message, hop);
        let interface = hop.interface;
        let at_ns = at.now_ns.saturating_add(delay_ns);
        self.plan_packet(at_ns, message, |packet| Kind::Send { interface, packet });
    }

    /// The address from which a node speaks about a packet.
    pub(crate) fn error_source(&mut self, at: At, cause: &[u8], fault: Fault) -> Option<IpAddr> {
        let v6 = cause.first()? >> 4 == 6;
        let config = &self.plan.nodes[at.node as usize];
        let mode = match (fault, config.role) {
            (Fault::PortUnreachable, Role::Host) => ReplySource::Probed,
            (Fault::PortUnreachable, _) => config.behaviour.udp_source,
            _ => config.behaviour.icmp_source,
        };
        let loopback = if v6 {
            config.loopback6.map(IpAddr::V6)
        } else {
            config.loopback.map(IpAddr::V4)
        };
        let incoming = self.plan.interfaces[at.interface as usize].address(v6);
        let chosen = match mode {
            ReplySource::Loopback => loopback,
            ReplySource::Probed if fault == Fault::PortUnreachable => ip::destination(cause),
            ReplySource::Incoming | ReplySource::Probed => incoming,
            ReplySource::FacingSender => self.facing(at.node, ip::source(cause)?, cause),
        };
        chosen.or(incoming).or(loopback)
    }

    /// The node's address on the way to another.
    fn facing(&mut self, node: u32, other: IpAddr, cause: &[u8]) -> Option<IpAddr> {
        let index = self.plan.destinations.find(other)?;
        let destination = self.plan.destinations.all[index as usize];
        let crate::control::Decision::Forward(route) =
            self.tables.decide(node, index, &destination)
        else {
            return None;
        };
        let hop = self.choose(node, route, cause);
        self.plan.interfaces[hop.interface as usize].address(other.is_ipv6())
    }

    fn error_body(
        &self,
        at: At,
        cause: &[u8],
        fault: Fault,
        stack: &Stack,
        source: IpAddr,
        out: &mut Vec<u8>,
    ) {
        let behaviour = &self.plan.nodes[at.node as usize].behaviour;
        let v6 = source.is_ipv6();
        // RFC 4884 leaves "packet too big" of IPv6 alone: its MTU takes all of the word that would hold a length.
        let objects = if v6 && matches!(fault, Fault::TooBig(_)) {
            Vec::new()
        } else {
            self.objects(at, stack, v6)
        };
        let length = quote_len(behaviour.quote_len, v6, objects.len()).min(cause.len());
        let mut quote = &cause[..length];
        let mut rewritten = [0_u8; 1_280];
        if behaviour.quoted_ttl == QuotedTtl::One && !stack.is_empty() {
            rewritten[..length].copy_from_slice(quote);
            ip::set_ttl(&mut rewritten[..length], 1);
            quote = &rewritten[..length];
        }
        let (icmp_type, icmp_code) = fault.message(v6);
        let style = match behaviour.extensions {
            Extensions::None | Extensions::Rfc4884 => ExtensionStyle::Rfc4884,
            Extensions::LengthZero => ExtensionStyle::LengthZero,
            Extensions::LengthAndChecksumZero => ExtensionStyle::LengthAndChecksumZero,
            Extensions::Length17 => ExtensionStyle::Length17At128,
        };
        let build = ErrorBuild {
            icmp_type,
            icmp_code,
            rest: fault.rest(),
            quote,
            objects: &objects,
            style,
        };
        let Some(destination) = ip::source(cause) else {
            return;
        };
        build.emit(source, destination, out);
    }

    /// The extension objects of an error.
    fn objects(&self, at: At, stack: &Stack, v6: bool) -> Vec<u8> {
        let behaviour = &self.plan.nodes[at.node as usize].behaviour;
        let mut objects = Vec::new(); // empty vectors do not allocate
        if behaviour.extensions == Extensions::None {
            return objects;
        }
        if !stack.is_empty() {
            let shown = if behaviour.whole_stack {
                stack.entries()
            } else {
                &stack.entries()[..1]
            };
            emit_label_stack(shown, &mut objects);
        }
        if behaviour.interface_info {
            let interface = &self.plan.interfaces[at.interface as usize];
            let link = &self.plan.links[at.interface as usize / 2];
            let info = InterfaceInfo {
                role: 0,
                if_index: Some(interface.number),
                address: interface.address(v6),
                name: Some(link.name.as_bytes()),
                mtu: Some(u32::from(link.mtu)),
            };
            emit_interface_info(&info, &mut objects);
        }
        objects
    }
}

/// The identification of an IPv4 packet.
pub(crate) fn identification(packet: &[u8]) -> u16 {
    match packet {
        [0x40..=0x4f, _, _, _, high, low, ..] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    }
}

/// How much of a packet is quoted: over IPv6 always as much as fits (RFC 4443, section 2.4 (c)).
fn quote_len(knob: u16, v6: bool, objects: usize) -> usize {
    let room = if v6 { 1_280 - 48 } else { 576 - 28 };
    let room = if objects > 0 {
        (room - objects - 4) / 8 * 8
    } else {
        room
    };
    match (knob, v6) {
        (0, _) | (_, true) => room,
        (knob, false) => usize::from(knob).max(28).min(room),
    }
}

/// Whether errors may be sent about a packet: not about errors, later fragments, or to nobody (RFC 1812, 4.3.2.7; RFC 4443, 2.4).
fn may_be_reported(cause: &[u8]) -> bool {
    let Ok(packet) = IpPacket::parse_quote(cause) else {
        return false;
    };
    let is_one_host = match packet.header.source {
        IpAddr::V4(source) => {
            !source.is_unspecified() && !source.is_multicast() && !source.is_broadcast()
        }
        IpAddr::V6(source) => !source.is_unspecified() && !source.is_multicast(),
    };
    let first = packet.payload.first().copied().unwrap_or(0);
    let is_error = match packet.header.protocol {
        protocol::ICMP => matches!(
            first,
            types::V4_UNREACHABLE
                | 4
                | types::V4_REDIRECT
                | types::V4_TIME_EXCEEDED
                | types::V4_PARAMETER_PROBLEM
        ),
        protocol::ICMPV6 => first < 128,
        _ => false,
    };
    is_one_host && !is_error && packet.header.fragment_offset == 0
}
