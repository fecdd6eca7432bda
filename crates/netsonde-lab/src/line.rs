//! Links: delay, jitter, loss, reordering, duplication.
use crate::Drop;
use crate::lab::Lab;
use crate::packet::Packet;
use crate::plan::Plan;
use crate::queue::Kind;
use crate::random::Stream;

/// One direction of a link: its random streams, and when the last packet in order arrives.
#[derive(Debug)]
pub(crate) struct Line {
    loss: Stream,
    jitter: Stream,
    reorder: Stream,
    duplicate: Stream,
    pub(crate) mutation: Stream,
    /// Mutators that sit here, by number.
    pub(crate) mutators: Vec<u32>,
    last_arrival_ns: u64,
}

impl Line {
    /// The lines of all interfaces, by the sending one.
    pub(crate) fn all(plan: &Plan) -> Vec<Self> {
        let mut lines: Vec<Self> = Vec::with_capacity(plan.interfaces.len());
        for link in &plan.links {
            for side in 0..2 {
                let stream = |purpose| {
                    Stream::new(plan.seed, &format!("link {} {side}", link.name), purpose)
                };
                lines.push(Self {
                    loss: stream("loss"),
                    jitter: stream("jitter"),
                    reorder: stream("reorder"),
                    duplicate: stream("duplicate"),
                    mutation: stream("mutation"),
                    mutators: Vec::new(),
                    last_arrival_ns: 0,
                });
            }
        }
        for (index, (_, interfaces)) in (0..).zip(&plan.mutators) {
            for &interface in interfaces {
                lines[interface as usize].mutators.push(index);
            }
        }
        lines
    }
}

impl Lab {
    /// Sends a frame out of an interface: past the mutators and onto the line.
    pub(crate) fn transmit(&mut self, now_ns: u64, interface: u32, packet: Packet) {
        if self.lines[interface as usize].mutators.is_empty() {
            self.carry(now_ns, interface, packet);
        } else {
            self.mutate(now_ns, interface, packet);
        }
    }

    /// Carries a frame to the other end, as the line's shape has it.
    pub(crate) fn carry(&mut self, now_ns: u64, interface: u32, packet: Packet) {
        if let Some(capture) = &mut self.capture {
            capture.record(now_ns, interface, packet.data());
        }
        let shape = &self.shapes[interface as usize / 2];
        let line = &mut self.lines[interface as usize];
        if !shape.up {
            return self.drop(packet, Drop::LinkDown);
        }
        if line.loss.chance(shape.loss[interface as usize % 2]) {
            return self.drop(packet, Drop::Loss);
        }
        let mut at_ns = now_ns
            .saturating_add(shape.delay_ns)
            .saturating_add(line.jitter.up_to(shape.jitter_ns));
        if line.reorder.chance(shape.reorder) {
            at_ns = at_ns.saturating_add(shape.reorder_ns);
        } else {
            at_ns = at_ns.max(line.last_arrival_ns);
            line.last_arrival_ns = at_ns;
        }
        let is_doubled = line.duplicate.chance(shape.duplicate);
        let interface = interface ^ 1;
        if is_doubled {
            let copy = self.copy(&packet);
            self.plan_packet(at_ns, copy, |packet| Kind::Arrive { interface, packet });
        }
        self.plan_packet(at_ns, packet, |packet| Kind::Arrive { interface, packet });
    }

    /// A counted copy.
    pub(crate) fn copy(&mut self, packet: &Packet) -> Packet {
        self.statistics.copied += 1;
        let mut copy = self.pool.fresh();
        copy.assign(packet.data());
        copy.rides = packet.rides;
        copy
    }
}
