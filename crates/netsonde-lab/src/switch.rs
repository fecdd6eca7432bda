//! Switching labels: swap, pop at the penultimate router or at the end, and expiry.
use crate::Drop;
use crate::control::{LabelAction, Route, UNLABELLED};
use crate::forward::{At, Ttl, on_the_wire};
use crate::icmp::{Fault, Stack};
use crate::lab::Lab;
use crate::packet::Packet;
use crate::topology::{LabelExpiry, PopRule};
use netsonde_wire::mpls::Lse;

impl Lab {
    /// A labelled frame comes to a built-in node.
    pub(crate) fn switch(&mut self, at: At, mut packet: Packet) {
        let Some(top) = packet.top().filter(|_| packet.ip().is_some()) else {
            return self.drop(packet, Drop::Malformed);
        };
        let Some(action) = self.tables.label(at.node, top.label) else {
            return self.drop(packet, Drop::UnknownLabel);
        };
        if top.ttl <= 1 {
            return self.expire(at, packet, action);
        }
        let ttl = top.ttl - 1;
        match action {
            LabelAction::Switch { route, pipe } => self.swap(at, packet, top, route, pipe),
            LabelAction::End { pipe, opaque } => {
                let stack = if opaque {
                    Stack::read(packet.data())
                } else {
                    Stack::default()
                };
                packet.pop();
                if top.bottom {
                    self.end(
                        at,
                        packet,
                        ttl,
                        &Ending {
                            pipe,
                            opaque,
                            stack,
                        },
                    );
                } else {
                    self.next_label(at, packet, ttl, stack);
                }
            }
        }
    }

    /// Swaps the top label or, at the penultimate router, takes it off.
    fn swap(&mut self, at: At, mut packet: Packet, top: Lse, route: Route, pipe: bool) {
        let hop = self.choose(at.node, route, packet.ip().unwrap_or_default());
        let ttl = top.ttl - 1;
        if hop.label != UNLABELLED {
            let v6 = packet.ip().is_some_and(|ip| ip[0] >> 4 == 6);
            packet.set_top(Lse {
                label: on_the_wire(hop.label, v6),
                ttl,
                ..top
            });
            return self.fit(at, packet, hop.interface);
        }
        packet.pop();
        if top.bottom {
            let rule = self.plan.nodes[at.node as usize].behaviour.pop_rule;
            let inner = packet.ttl();
            let popped = match (rule, pipe) {
                (PopRule::Min, _) => inner.min(ttl),
                (PopRule::Copy | PopRule::DecrementUnchecked, false) => ttl,
                (PopRule::DecrementUnchecked, true) => inner.saturating_sub(1),
                (PopRule::Copy, true) | (PopRule::None, _) => inner,
            };
            packet.set_ttl(popped);
        } else if let Some(inner) = packet.top() {
            packet.set_top(Lse {
                ttl: inner.ttl.min(ttl),
                ..inner
            });
        }
        self.fit(at, packet, hop.interface);
    }

    /// The LSP ends here and with it the stack: the IP packet goes on.
    fn end(&mut self, at: At, mut packet: Packet, ttl: u8, ending: &Ending) {
        let behaviour = &self.plan.nodes[at.node as usize].behaviour;
        let inner = packet.ttl();
        let popped = match (behaviour.pop_rule, ending.pipe) {
            (PopRule::Min, _) => inner.min(ttl),
            (PopRule::Copy | PopRule::DecrementUnchecked, false) => ttl,
            _ => inner,
        };
        packet.set_ttl(popped);
        let has_quirk = behaviour.uhp_quirk && ending.pipe && !ending.opaque;
        let ttl = match (ending.pipe, packet.rides) {
            // An error that rode here is routed on as if it came in plain.
            (_, true) => Ttl::Decrement,
            (true, _) if has_quirk => Ttl::DecrementAboveOne,
            (true, _) => Ttl::Decrement,
            (false, _) => Ttl::Keep,
        };
        self.route(at, packet, ttl, &ending.stack);
    }

    /// A label below one that ended here: it is the node's own too, or the packet goes no further.
    fn next_label(&mut self, at: At, mut packet: Packet, outer_ttl: u8, stack: Stack) {
        let Some(top) = packet.top() else {
            return self.drop(packet, Drop::Malformed);
        };
        // The hop counts once, so the entry below is not decremented again but for the check in `switch`.
        let ttl = top.ttl.min(outer_ttl.saturating_add(1));
        match self.tables.label(at.node, top.label) {
            Some(LabelAction::End { pipe, opaque }) if top.bottom => {
                packet.pop();
                let stack = if stack.is_empty() && opaque {
                    Stack::one(Lse { ttl, ..top })
                } else {
                    stack
                };
                self.end(
                    at,
                    packet,
                    ttl.saturating_sub(1),
                    &Ending {
                        pipe,
                        opaque,
                        stack,
                    },
                );
            }
            Some(_) => {
                packet.set_top(Lse { ttl, ..top });
                self.switch(at, packet);
            }
            None => self.drop(packet, Drop::UnknownLabel),
        }
    }

    /// A label's TTL ends here.
    fn expire(&mut self, at: At, packet: Packet, action: LabelAction) {
        let expiry = self.plan.nodes[at.node as usize].behaviour.label_expiry;
        if expiry == LabelExpiry::Silent {
            self.statistics.suppressed += 1;
            return self.drop(packet, Drop::Expired);
        }
        let stack = Stack::read(packet.data());
        let quoted = packet.ip().unwrap_or_default();
        if let Some(message) = self.error_message(at, quoted, Fault::TimeExceeded, &stack) {
            if expiry == LabelExpiry::IcmpAlongLsp {
                self.ride(at, &packet, message, action, &stack);
            } else {
                self.answer(at, message);
            }
        }
        self.drop(packet, Drop::Expired);
    }

    /// Sends an error on to the end of the LSP on which its cause came.
    fn ride(
        &mut self,
        at: At,
        cause: &Packet,
        mut message: Packet,
        action: LabelAction,
        stack: &Stack,
    ) {
        let LabelAction::Switch { route, pipe } = action else {
            // The LSP ends here already: routed on as at any other end.
            return self.route(at, message, Ttl::Decrement, &Stack::default());
        };
        let hop = self.choose(at.node, route, cause.ip().unwrap_or_default());
        let lse_ttl = self.plan.nodes[at.node as usize].behaviour.lse_ttl;
        let ttl = if pipe { lse_ttl } else { message.ttl() };
        let v6 = message.data().first().is_some_and(|byte| byte >> 4 == 6);
        let mut bottom = true;
        let below = stack
            .entries()
            .get(1..)
            .unwrap_or_default()
            .iter()
            .rev()
            .map(|entry| entry.label);
        let top = Some(hop.label)
            .filter(|label| *label != UNLABELLED)
            .map(|label| on_the_wire(label, v6));
        for label in below.chain(top) {
            message.push(Lse {
                label,
                tc: 0,
                bottom,
                ttl,
            });
            bottom = false;
        }
        message.rides = true;
        self.fit(at, message, hop.interface);
    }

    /// Sends a frame if the IP packet in it fits the link.
    fn fit(&mut self, at: At, packet: Packet, interface: u32) {
        let mtu = self.plan.links[interface as usize / 2].mtu;
        if packet.ip().is_some_and(|ip| ip.len() > usize::from(mtu)) {
            return self.too_big_labelled(at, packet, mtu);
        }
        self.transmit(at.now_ns, interface, packet);
    }
}

/// How an LSP ends.
struct Ending {
    pipe: bool,
    opaque: bool,
    /// What is quoted if the IP TTL ends too.
    stack: Stack,
}
