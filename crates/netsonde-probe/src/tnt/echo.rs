//! What a ping of one address showed.
use alloc::vec::Vec;

/// One echo reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EchoReply {
    /// IP TTL as received; `None` where the link cannot see it.
    pub(crate) ttl: Option<u8>,
    /// Round-trip time.
    pub(crate) rtt_ns: u64,
}

/// The replies to [`Task::Echo`](super::Task::Echo), in order of arrival.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EchoOutcome {
    /// Requests sent.
    pub(crate) sent: u32,
    /// Authentic replies.
    pub(crate) replies: Vec<EchoReply>,
}

impl EchoOutcome {
    /// The reply TTL seen most often, the earliest of equals; `None` without an answer.
    ///
    /// Source: the original tool's rule for several pings of one address.
    pub(crate) fn reply_ttl(&self) -> Option<u8> {
        let ttls = || self.replies.iter().filter_map(|reply| reply.ttl);
        let votes = |candidate: u8| ttls().filter(|&ttl| ttl == candidate).count();
        // `max_by_key` keeps the last of equals, hence the reversal.
        let candidates: Vec<u8> = ttls().collect();
        candidates.into_iter().rev().max_by_key(|&ttl| votes(ttl))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(ttls: &[Option<u8>]) -> EchoOutcome {
        let replies = ttls
            .iter()
            .map(|&ttl| EchoReply { ttl, rtt_ns: 1 })
            .collect();
        EchoOutcome { sent: 5, replies }
    }

    #[test]
    fn the_most_frequent_ttl_wins_and_the_earliest_of_equals() {
        assert_eq!(
            outcome(&[Some(60), Some(61), Some(61)]).reply_ttl(),
            Some(61)
        );
        assert_eq!(outcome(&[Some(60), Some(61)]).reply_ttl(), Some(60));
        assert_eq!(outcome(&[None, Some(61)]).reply_ttl(), Some(61));
        assert_eq!(outcome(&[]).reply_ttl(), None);
    }
}
