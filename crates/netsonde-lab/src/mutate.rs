//! Mutators: middleboxes and liars on a line.
//!
//! They see frames between the sending node and the line. Labelled frames they can only drop and delay.
use crate::Drop;
use crate::lab::Lab;
use crate::packet::Packet;
use crate::queue::Kind;
use crate::rewrite::{End, Layout, mend_icmp, port, set_address, set_port, set_tos};
use crate::topology::{Mutation, QuoteChange};
use netsonde_wire::icmp::Icmp;
use netsonde_wire::ip::{self, IpPacket};

mod forge;
mod tcp;

/// What becomes of a frame after a mutator.
enum Fate {
    Pass,
    Drop,
    /// Carried later.
    Late(u64),
    /// Carried back to where it came from.
    Back,
}

impl Lab {
    /// Lets the mutators of a line have a frame, in the order of the topology, and carries what is left.
    pub(crate) fn mutate(&mut self, now_ns: u64, interface: u32, mut packet: Packet) {
        for index in 0..self.lines[interface as usize].mutators.len() {
            let mutator = self.lines[interface as usize].mutators[index] as usize;
            match self.apply(now_ns, interface, mutator, &mut packet) {
                Fate::Pass => {}
                Fate::Drop => return self.drop(packet, Drop::Mutator),
                Fate::Back => return self.carry(now_ns, interface ^ 1, packet),
                Fate::Late(delay_ns) => {
                    let at_ns = now_ns.saturating_add(delay_ns);
                    return self
                        .plan_packet(at_ns, packet, |packet| Kind::Carry { interface, packet });
                }
            }
        }
        self.carry(now_ns, interface, packet);
    }

    fn apply(&mut self, now_ns: u64, interface: u32, mutator: usize, packet: &mut Packet) -> Fate {
        let (config, _) = &self.plan.mutators[mutator];
        let destination = packet.ip().and_then(ip::destination);
        let is_meant = config.to.is_empty()
            || destination
                .is_some_and(|address| config.to.iter().any(|prefix| prefix.contains(address)));
        let stream = &mut self.lines[interface as usize].mutation;
        if !is_meant || !stream.chance(config.probability) {
            return Fate::Pass;
        }
        match &config.mutation {
            Mutation::Drop {} => return Fate::Drop,
            Mutation::Late { delay_ns } => return Fate::Late(*delay_ns),
            _ if packet.is_labelled() => return Fate::Pass,
            _ => {}
        }
        let Some(layout) = Layout::of(packet.data()) else {
            return Fate::Pass;
        };
        match config.mutation {
            Mutation::Reflect {} if layout.is_probe(packet.data()) => {
                reflect(packet);
                return Fate::Back;
            }
            Mutation::Forge { source, blind } if layout.is_probe(packet.data()) => {
                self.forge(now_ns, interface, packet.data(), source, blind);
            }
            Mutation::Corrupt {} => {
                let bits = 8 * packet.data().len().saturating_sub(layout.transport);
                if let Some(last) = bits.checked_sub(1) {
                    let bit = usize::try_from(stream.up_to(last as u64)).unwrap_or(0);
                    packet.data_mut()[layout.transport + bit / 8] ^= 1 << (bit % 8);
                }
            }
            ref mutation => {
                tcp::rewrite(packet, layout, mutation);
                rewrite(packet, layout, mutation);
            }
        }
        Fate::Pass
    }
}

/// Mutations that change the packet and nothing else.
fn rewrite(packet: &mut Packet, layout: Layout, mutation: &Mutation) {
    let is_error = layout.is_error(packet.data());
    match *mutation {
        Mutation::Dscp { tos } => set_tos(packet.data_mut(), tos),
        Mutation::Source { address } => set_address(packet.data_mut(), End::Source, address),
        Mutation::SourcePort { add } if !is_error && layout.icmp_type(packet.data()).is_none() => {
            if let Some(old) = port(packet.data(), End::Source) {
                set_port(packet.data_mut(), End::Source, old.wrapping_add(add));
            }
        }
        Mutation::Quote { change } if is_error => change_quote(packet, layout, change),
        Mutation::TruncateExtensions { bytes } => {
            if let Some(start) = extensions(packet) {
                let length = packet.data().len();
                packet.truncate(
                    length
                        .saturating_sub(usize::from(bytes))
                        .max(start.min(length)),
                );
                mend_icmp(packet.data_mut());
            }
        }
        Mutation::ExtensionChecksum {} => {
            if let Some(start) = extensions(packet) {
                packet.data_mut()[start + 2] ^= 0x55;
                mend_icmp(packet.data_mut());
            }
        }
        Mutation::StripExtensions {} => {
            if let Some(start) = extensions(packet) {
                packet.truncate(start);
                forget_length(packet.data_mut(), layout);
                mend_icmp(packet.data_mut());
            }
        }
        _ => {}
    }
}

fn change_quote(packet: &mut Packet, layout: Layout, change: QuoteChange) {
    let start = layout.quote();
    let Some(inner) = packet.data().get(start..).and_then(Layout::of) else {
        return;
    };
    let frame = packet.data_mut();
    match change {
        QuoteChange::Destination => frame[start + if inner.v6 { 39 } else { 19 }] ^= 0x40,
        QuoteChange::Ports => {
            let end = if inner.icmp_type(&frame[start..]).is_some() {
                End::Destination
            } else {
                End::Source
            };
            if let Some(old) = port(&frame[start..], end) {
                set_port(&mut frame[start..], end, old ^ 0x1234);
            }
        }
        QuoteChange::Ttl => {
            let at = start + if inner.v6 { 7 } else { 8 };
            frame[at] = frame[at].wrapping_add(7);
        }
        QuoteChange::Cut => {
            let length = (start + inner.transport + 4).min(frame.len());
            forget_length(frame, layout);
            packet.truncate(length);
        }
    }
    mend_icmp(packet.data_mut());
}

/// Where the extensions of an ICMP error start, if it has some.
fn extensions(packet: &Packet) -> Option<usize> {
    let parsed = IpPacket::parse(packet.data()).ok()?;
    let Ok(Icmp::Error(error)) = Icmp::parse(parsed.payload, parsed.header.source.is_ipv6()) else {
        return None;
    };
    let length = error.extensions?.as_bytes().len();
    packet.data().len().checked_sub(length)
}

/// Zeroes the length field of RFC 4884.
fn forget_length(frame: &mut [u8], layout: Layout) {
    if let Some(field) = frame.get_mut(layout.transport + if layout.v6 { 4 } else { 5 }) {
        *field = 0;
    }
}

/// Swaps the addresses, and nothing else.
fn reflect(packet: &mut Packet) {
    let frame = packet.data_mut();
    if let (Some(source), Some(destination)) = (ip::source(frame), ip::destination(frame)) {
        set_address(frame, End::Source, destination);
        set_address(frame, End::Destination, source);
    }
    packet.destination = None;
}
