//! Nodes: the built-in ones' changing state, and the door for foreign ones.
use crate::limiter::Limiter;
use crate::nat::Translations;
use crate::numbering::{Numbered, Numbering};
use crate::plan;
use crate::random::Stream;
use crate::topology::Behaviour;

/// A node of role `python`: its behaviour comes from outside.
pub trait Node: Send + Sync {
    /// Takes one frame that came in on an interface and appends what the node sends.
    ///
    /// Interfaces are numbered from 1 in the order of the names of the node's links, attachments
    /// last. A frame is an IP packet, or one with MPLS labels in front: its first four bits are then
    /// below 4.
    fn handle(&mut self, now_ns: u64, interface: u32, packet: &[u8], out: &mut Vec<Emission>);
}

/// Something that a foreign node sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emission {
    /// How long after the packet that caused it.
    pub delay_ns: u64,
    /// Through which of the node's interfaces, from 1.
    pub interface: u32,
    /// The frame.
    pub packet: Vec<u8>,
}

/// What changes about a built-in node.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) numbering: Numbering,
    pub(crate) random: Stream,
    pub(crate) limiter: Limiter,
    /// Sends neither errors nor echo replies, by a fault.
    pub(crate) is_muted: bool,
    pub(crate) translations: Translations,
}

impl State {
    pub(crate) fn new(seed: u64, node: &plan::Node) -> Self {
        let mut random = Stream::new(seed, &format!("node {}", node.name), "packets");
        let ip_id = u16::try_from(random.up_to(0xffff)).expect("up to 0xffff");
        Self {
            numbering: Numbering::new(seed, &node.name, ip_id),
            random,
            limiter: Limiter::new(node.behaviour.rate_limit),
            is_muted: false,
            translations: Translations::default(),
        }
    }

    /// The identification of the next IPv4 packet that the node sends itself.
    pub(crate) fn next_ip_id(&mut self, behaviour: &Behaviour, packet: Numbered) -> u16 {
        self.numbering.ip_id(behaviour, packet, &mut self.random)
    }
}
