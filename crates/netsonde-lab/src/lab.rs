//! The lab: packets in, packets out, and time that only the caller moves.
use std::collections::VecDeque;

use crate::capture::Capture;
use crate::control::Tables;
use crate::digest::Digest;
use crate::line::Line;
use crate::node::{Emission, Node, State};
use crate::packet::{Packet, Pool};
use crate::plan::{Owner, Plan, Shape};
use crate::queue::{Kind, Queue};
use crate::topology::{Fault, Topology};
use crate::{Drop, LabError, Statistics};

/// Packets under way at once; more are dropped and counted. A loop of copies ends here.
const IN_FLIGHT_MAX: usize = 1 << 20;

/// Deliveries that wait for [`Lab::poll_delivery`]; more are dropped and counted.
pub(crate) const DELIVERIES_MAX: usize = 1 << 20;

/// Number of an attachment: the place of a measurement host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttachmentId(pub(crate) u32);

/// A packet that came to an attached host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When.
    pub at_ns: u64,
    /// To which host.
    pub attachment: AttachmentId,
    /// A whole IP packet.
    pub packet: Vec<u8>,
}

/// A virtual Internet, running.
pub struct Lab {
    pub(crate) plan: Plan,
    pub(crate) tables: Tables,
    pub(crate) shapes: Vec<Shape>,
    pub(crate) nodes: Vec<State>,
    pub(crate) lines: Vec<Line>,
    pub(crate) queue: Queue,
    pub(crate) pool: Pool,
    pub(crate) statistics: Statistics,
    pub(crate) capture: Option<Capture>,
    /// For building messages.
    pub(crate) scratch: Vec<u8>,
    faults: Vec<Fault>,
    foreign: Vec<Option<Box<dyn Node>>>,
    emissions: Vec<Emission>,
    deliveries: VecDeque<Delivery>,
    digest: Digest,
    now_ns: u64,
}

impl Lab {
    /// Builds the lab at time 0.
    ///
    /// # Errors
    /// The first value of the topology that cannot be used: its key, what was expected, what was found.
    pub fn new(topology: &Topology) -> Result<Self, LabError> {
        let plan = Plan::new(topology)?;
        let shapes: Vec<Shape> = plan.links.iter().map(|link| link.shape).collect();
        let mut queue = Queue::default();
        for (index, fault) in (0..).zip(&topology.faults) {
            queue.push(fault.at_ns, Kind::Fault { index });
        }
        Ok(Self {
            tables: Tables::new(&plan, &shapes),
            nodes: plan
                .nodes
                .iter()
                .map(|node| State::new(plan.seed, node))
                .collect(),
            lines: Line::all(&plan),
            queue,
            pool: Pool::default(),
            statistics: Statistics::default(),
            capture: None,
            scratch: Vec::new(),
            faults: topology.faults.clone(),
            foreign: plan.nodes.iter().map(|_| None).collect(),
            emissions: Vec::new(),
            deliveries: VecDeque::new(),
            digest: Digest::new(plan.seed),
            now_ns: 0,
            shapes,
            plan,
        })
    }

    /// The attachment of that name.
    ///
    /// # Errors
    /// There is none.
    pub fn attachment(&self, name: &str) -> Result<AttachmentId, LabError> {
        let index = (0..)
            .zip(&self.plan.attachments)
            .find(|(_, known)| *known == name);
        index
            .map(|(index, _)| AttachmentId(index))
            .ok_or_else(|| LabError::UnknownName {
                kind: "an attachment",
                found: name.to_owned(),
            })
    }

    /// Names of all attachments, in the order of their numbers.
    pub fn attachments(&self) -> impl Iterator<Item = (AttachmentId, &str)> {
        (0..)
            .zip(&self.plan.attachments)
            .map(|(index, name)| (AttachmentId(index), name.as_str()))
    }

    /// Gives a node of role `python` its behaviour.
    ///
    /// # Errors
    /// There is no such node.
    pub fn set_node(&mut self, name: &str, node: Box<dyn Node>) -> Result<(), LabError> {
        let index = self.plan.node(name).ok_or_else(|| LabError::UnknownName {
            kind: "a node",
            found: name.to_owned(),
        })?;
        self.foreign[index as usize] = Some(node);
        Ok(())
    }

    /// The attached host sends a whole IP packet. Times must not go back; earlier ones count as now.
    ///
    /// # Panics
    /// If the attachment is of another lab.
    pub fn inject(&mut self, now_ns: u64, attachment: AttachmentId, packet: &[u8]) {
        self.now_ns = self.now_ns.max(now_ns);
        self.statistics.injected += 1;
        if self.pool.len() >= IN_FLIGHT_MAX {
            self.statistics.drop(Drop::Overflow);
            return;
        }
        let mut fresh = self.pool.fresh();
        match netsonde_wire::ip::IpPacket::parse(packet) {
            Ok(parsed) => fresh.assign(&packet[..parsed.header.total_len]),
            Err(_) => return self.drop(fresh, Drop::Malformed),
        }
        let link = self.plan.links.len() - self.plan.attachments.len() + attachment.0 as usize;
        let interface = u32::try_from(2 * link).expect("checked: fewer than 2^20 links");
        self.transmit(self.now_ns, interface, fresh);
    }

    /// When the next event is due.
    pub fn poll_timeout(&self) -> Option<u64> {
        self.queue.next_at()
    }

    /// Handles every event up to and including `now_ns`.
    pub fn advance(&mut self, now_ns: u64) {
        while let Some((at_ns, kind)) = self.queue.pop_until(now_ns) {
            self.now_ns = self.now_ns.max(at_ns);
            match kind {
                Kind::Arrive { interface, packet } => {
                    let packet = self.pool.take(packet);
                    self.arrive(at_ns, interface, packet);
                }
                Kind::Send { interface, packet } => {
                    let packet = self.pool.take(packet);
                    self.transmit(at_ns, interface, packet);
                }
                Kind::Carry { interface, packet } => {
                    let packet = self.pool.take(packet);
                    self.carry(at_ns, interface, packet);
                }
                Kind::Fault { index } => {
                    let action = self.faults[index as usize].action.clone();
                    self.strike(at_ns, &action);
                }
                Kind::Reroute => self.tables = Tables::new(&self.plan, &self.shapes),
            }
        }
        self.now_ns = self.now_ns.max(now_ns);
    }

    /// The next packet that came to an attached host.
    pub fn poll_delivery(&mut self) -> Option<Delivery> {
        self.deliveries.pop_front()
    }

    /// A number that tells runs apart: of the bytes delivered, where and when.
    pub fn digest(&self) -> u64 {
        self.digest.value()
    }

    /// What became of every packet so far.
    pub fn statistics(&self) -> Statistics {
        let mut statistics = self.statistics.clone();
        statistics.in_flight = self.pool.len() as u64;
        statistics
    }

    /// The latest time that the lab knows of.
    pub fn now_ns(&self) -> u64 {
        self.now_ns
    }

    /// Starts recording a link or attachment, or all of them; an earlier recording is thrown away.
    /// It stops growing at `bytes_max`.
    ///
    /// # Errors
    /// There is no such link.
    pub fn start_capture(&mut self, link: Option<&str>, bytes_max: usize) -> Result<(), LabError> {
        if let Some(name) = link.filter(|name| self.plan.link(name).is_none()) {
            return Err(LabError::UnknownName {
                kind: "a link",
                found: name.to_owned(),
            });
        }
        let is_wanted = |name: &String| link.is_none_or(|wanted| wanted == name);
        let names: Vec<Option<&str>> = self
            .plan
            .links
            .iter()
            .map(|link| {
                Some(&link.name)
                    .filter(|name| is_wanted(name))
                    .map(String::as_str)
            })
            .collect();
        self.capture = Some(Capture::new(&names, bytes_max));
        Ok(())
    }

    /// The recording as a pcapng file; `None` if none was started.
    pub fn pcapng(&self) -> Option<&[u8]> {
        self.capture.as_ref().map(Capture::bytes)
    }

    /// Puts deliveries back for whom they are.
    pub(crate) fn keep(&mut self, deliveries: Vec<Delivery>) {
        self.deliveries.extend(deliveries);
    }

    /// Ends a packet's way.
    pub(crate) fn drop(&mut self, packet: Packet, cause: Drop) {
        self.statistics.drop(cause);
        self.pool.recycle(packet);
    }

    /// Plans an event for a packet, unless there are too many.
    pub(crate) fn plan_packet(
        &mut self,
        at_ns: u64,
        packet: Packet,
        kind: impl FnOnce(u32) -> Kind,
    ) {
        if self.pool.len() >= IN_FLIGHT_MAX {
            return self.drop(packet, Drop::Overflow);
        }
        let id = self.pool.put(packet);
        self.queue.push(at_ns, kind(id));
    }

    fn arrive(&mut self, now_ns: u64, interface: u32, packet: Packet) {
        match self.plan.interfaces[interface as usize].owner {
            Owner::Attached(_) if self.deliveries.len() >= DELIVERIES_MAX => {
                self.drop(packet, Drop::Overflow);
            }
            Owner::Attached(attachment) => {
                self.statistics.delivered += 1;
                self.digest.add(now_ns, attachment, packet.data());
                self.deliveries.push_back(Delivery {
                    at_ns: now_ns,
                    attachment: AttachmentId(attachment),
                    packet: packet.data().to_vec(),
                });
                self.pool.recycle(packet);
            }
            Owner::Node(node) => {
                self.statistics.node_events += 1;
                if self.plan.nodes[node as usize].role == crate::topology::Role::Python {
                    self.hand_over(now_ns, node, interface, packet);
                } else {
                    self.receive(
                        crate::forward::At {
                            now_ns,
                            node,
                            interface,
                        },
                        packet,
                    );
                }
            }
        }
    }

    /// Lets a foreign node handle a frame.
    fn hand_over(&mut self, now_ns: u64, node: u32, interface: u32, packet: Packet) {
        let Some(foreign) = &mut self.foreign[node as usize] else {
            return self.drop(packet, Drop::NoImplementation);
        };
        let number = self.plan.interfaces[interface as usize].number;
        let mut emissions = core::mem::take(&mut self.emissions);
        foreign.handle(now_ns, number, packet.data(), &mut emissions);
        self.statistics.consumed += 1;
        self.pool.recycle(packet);
        for emission in emissions.drain(..) {
            self.statistics.originated += 1;
            let mut fresh = self.pool.fresh();
            fresh.assign(&emission.packet);
            let index = (emission.interface as usize).checked_sub(1);
            let out = index.and_then(|index| self.plan.nodes[node as usize].interfaces.get(index));
            match (out, fresh.ip()) {
                (Some(&interface), Some(_)) => {
                    let at_ns = now_ns.saturating_add(emission.delay_ns);
                    self.plan_packet(at_ns, fresh, |packet| Kind::Send { interface, packet });
                }
                (None, Some(_)) => self.drop(fresh, Drop::NoRoute),
                (_, None) => self.drop(fresh, Drop::Malformed),
            }
        }
        self.emissions = emissions;
    }
}
