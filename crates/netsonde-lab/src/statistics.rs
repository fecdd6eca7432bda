//! What became of every packet.
/// Why a packet went no further. Every packet that is neither delivered, nor consumed by a node,
/// nor still on its way has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Drop {
    /// Not a whole IP packet, or labels without a bottom.
    Malformed,
    /// Lost on a link by chance.
    Loss,
    /// Sent into a link that is down.
    LinkDown,
    /// Its TTL, hop limit or label TTL ended; an error may have been sent.
    Expired,
    /// No route to its destination; an error may have been sent.
    NoRoute,
    /// A static route without a next hop.
    Discarded,
    /// Too big for a link; an error may have been sent.
    TooBig,
    /// A label that the router did not give out.
    UnknownLabel,
    /// For a node of role `python` that has no implementation.
    NoImplementation,
    /// Came to a node that neither answers such packets nor forwards.
    Ignored,
    /// Its own checksum or structure is wrong, noticed by the node it was for.
    BadChecksum,
    /// A fragment that came to its destination: nodes do not reassemble.
    Fragment,
    /// A mutator dropped it.
    Mutator,
    /// A translator has no mapping for it.
    Unmapped,
    /// The lab held too many packets at once.
    Overflow,
}

/// Counters of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Packets handled by nodes: the unit of speed.
    pub node_events: u64,
    /// Packets that attached hosts sent.
    pub injected: u64,
    /// Packets that nodes made: answers, errors, fragments, what foreign nodes emit.
    pub originated: u64,
    /// Copies made by links and mutators.
    pub copied: u64,
    /// Packets that came to attached hosts.
    pub delivered: u64,
    /// Packets that came to the node they were for and were handled there.
    pub consumed: u64,
    /// ICMP errors and replies that a rate limit, a silent node or a rule of RFC 1812 kept from being made.
    pub suppressed: u64,
    /// Packets on their way.
    pub in_flight: u64,
    drops: [u64; Drop::ALL.len()],
}

impl Statistics {
    /// Packets that ended otherwise, by cause; causes that did not occur are left out.
    pub fn drops(&self) -> impl Iterator<Item = (Drop, u64)> + '_ {
        Drop::ALL
            .into_iter()
            .zip(self.drops)
            .filter(|(_, count)| *count > 0)
    }

    /// All drops.
    pub fn dropped(&self) -> u64 {
        self.drops.iter().sum()
    }

    /// Whether every packet that came to be is accounted for.
    pub fn is_conserved(&self) -> bool {
        self.injected + self.originated + self.copied
            == self.delivered + self.consumed + self.dropped() + self.in_flight
    }

    pub(crate) fn drop(&mut self, cause: Drop) {
        self.drops[cause as usize] += 1;
    }
}

impl Drop {
    /// Every cause, in the order of declaration.
    pub const ALL: [Self; 15] = [
        Self::Malformed,
        Self::Loss,
        Self::LinkDown,
        Self::Expired,
        Self::NoRoute,
        Self::Discarded,
        Self::TooBig,
        Self::UnknownLabel,
        Self::NoImplementation,
        Self::Ignored,
        Self::BadChecksum,
        Self::Fragment,
        Self::Mutator,
        Self::Unmapped,
        Self::Overflow,
    ];

    /// A name for tables, such as `"link-down"`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Loss => "loss",
            Self::LinkDown => "link-down",
            Self::Expired => "expired",
            Self::NoRoute => "no-route",
            Self::Discarded => "discarded",
            Self::TooBig => "too-big",
            Self::UnknownLabel => "unknown-label",
            Self::NoImplementation => "no-implementation",
            Self::Ignored => "ignored",
            Self::BadChecksum => "bad-checksum",
            Self::Fragment => "fragment",
            Self::Mutator => "mutator",
            Self::Unmapped => "unmapped",
            Self::Overflow => "overflow",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_counted_under_their_own_names() {
        let mut statistics = Statistics::default();
        for (index, cause) in Drop::ALL.into_iter().enumerate() {
            assert_eq!(cause as usize, index, "ALL is in the order of declaration");
            statistics.drop(cause);
        }
        assert_eq!(statistics.dropped(), 15);
        statistics.drop(Drop::Loss);
        assert_eq!(
            statistics.drops().find(|(cause, _)| cause.name() == "loss"),
            Some((Drop::Loss, 2))
        );
        assert!(!statistics.is_conserved());
    }
}
