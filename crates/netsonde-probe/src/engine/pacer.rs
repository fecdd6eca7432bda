//! The token bucket.

/// Shares of a second that a burst may hold at most: after a pause, a hundredth of the rate may leave at once.
const BURST_SHARE: u32 = 100;
const SECOND_NS: u64 = 1_000_000_000;

/// How fast a bucket of tokens fills, and how many it holds.
///
/// A bucket of `burst` tokens that fills at `rate_pps - burst + 1` per second gives no more than
/// `burst - 1 + (rate_pps - burst + 1)` within a second, wherever that second begins. The burst lets a driver
/// that wakes up every few milliseconds still reach 99 % of the rate; below 200 probes a second it is 1.
/// All that is to be known of one bucket is when it would be full again if it held one token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    interval_ns: u64,
    /// How far that moment may be ahead of the clock: a burst less one, in time.
    slack_ns: u64,
}

impl Pace {
    pub(super) fn new(rate_pps: u32) -> Self {
        let burst = (rate_pps / BURST_SHARE).max(1);
        let interval_ns = SECOND_NS.div_ceil(u64::from(rate_pps - burst + 1));
        Self {
            interval_ns,
            slack_ns: interval_ns * u64::from(burst - 1),
        }
    }

    /// From when on a probe may leave.
    pub(super) fn ready_ns(self, next_ns: u64) -> u64 {
        next_ns.saturating_sub(self.slack_ns)
    }

    /// When the bucket is full again after a probe that leaves now.
    pub(super) fn next_ns(self, next_ns: u64, now_ns: u64) -> u64 {
        next_ns.max(now_ns).saturating_add(self.interval_ns)
    }
}

/// Lets at most `rate_pps` probes leave in any window of one second.
#[derive(Debug)]
pub(super) struct Pacer {
    pace: Pace,
    next_ns: u64,
}

impl Pacer {
    /// A full bucket.
    pub(super) fn new(rate_pps: u32) -> Self {
        Self {
            pace: Pace::new(rate_pps),
            next_ns: 0,
        }
    }

    /// From when on a probe may leave.
    pub(super) fn ready_ns(&self) -> u64 {
        self.pace.ready_ns(self.next_ns)
    }

    /// Takes a token if there is one.
    pub(super) fn take(&mut self, now_ns: u64) -> bool {
        let ready = self.ready_ns() <= now_ns;
        if ready {
            self.next_ns = self.pace.next_ns(self.next_ns, now_ns);
        }
        ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    proptest! {
        /// However the caller's polls fall, no second holds more than the rate.
        #[test]
        fn no_second_holds_more_than_the_rate(
            rate_pps in prop_oneof![1_u32..30, 90_u32..1_000],
            pauses_us in proptest::collection::vec(prop_oneof![8 => 0_u64..3_000, 1 => 0_u64..2_000_000], 1..3_000),
        ) {
            let mut pacer = Pacer::new(rate_pps);
            let (mut now_ns, mut sent) = (0, Vec::new());
            for pause_us in pauses_us {
                now_ns += pause_us * 1_000;
                while pacer.take(now_ns) {
                    sent.push(now_ns);
                }
            }
            let rate = usize::try_from(rate_pps).unwrap();
            for (first, later) in sent.iter().zip(sent.iter().skip(rate)) {
                prop_assert!(later - first >= SECOND_NS, "{} probes within {} ns", rate + 1, later - first);
            }
        }
    }

    #[test]
    fn a_patient_caller_gets_nearly_the_rate() {
        for rate_pps in [1, 20, 1_000, 100_000] {
            let mut pacer = Pacer::new(rate_pps);
            let (mut now_ns, mut sent) = (0, 0);
            while now_ns < 10 * SECOND_NS {
                sent += u32::from(pacer.take(now_ns));
                now_ns = now_ns.max(pacer.ready_ns());
            }
            assert!(
                sent * 100 >= rate_pps * 10 * 98,
                "{sent} in ten seconds at {rate_pps}/s"
            );
        }
    }
}
