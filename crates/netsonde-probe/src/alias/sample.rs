//! Identifications as they were seen, and counters that wrap.
use alloc::vec::Vec;

/// One identification: the counter had it at some moment between the two times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) sent_ns: u64,
    pub(super) received_ns: u64,
    pub(super) id: u32,
}

/// How long the counter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// The identification of IPv4.
    Bits16,
    /// That of an IPv6 fragment header.
    Bits32,
}

impl Width {
    /// Values of the counter.
    pub(super) fn modulus(self) -> u64 {
        match self {
            Self::Bits16 => 1 << 16,
            Self::Bits32 => 1 << 32,
        }
    }

    /// Steps from one value to a later one, less than a whole turn being made.
    pub(super) fn steps(self, from: u32, to: u32) -> u64 {
        u64::from(to).wrapping_sub(u64::from(from)) & (self.modulus() - 1)
    }

    /// The value with its bytes the other way round.
    pub(super) fn swap(self, id: u32) -> u32 {
        match self {
            Self::Bits16 => u32::from(u16::try_from(id & 0xffff).unwrap_or(0).swap_bytes()),
            Self::Bits32 => id.swap_bytes(),
        }
    }
}

/// A sample whose place in the order of its address is certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) sample: Sample,
    /// Steps since the first link, whole turns between two links not counted.
    pub(super) count: u64,
}

/// The samples of one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Series {
    pub(super) width: Width,
    /// By time of sending.
    pub(super) samples: Vec<Sample>,
    /// Those that were sent after the one before was received.
    pub(super) chain: Vec<Link>,
}

impl Series {
    /// Orders the samples and finds those whose order is certain.
    pub(super) fn new(width: Width, mut samples: Vec<Sample>) -> Self {
        samples.sort_unstable_by_key(|sample| (sample.sent_ns, sample.received_ns));
        let mut chain: Vec<Link> = Vec::with_capacity(samples.len());
        for sample in &samples {
            let count = match chain.last() {
                Some(last) if sample.sent_ns < last.sample.received_ns => continue,
                Some(last) => last.count + width.steps(last.sample.id, sample.id),
                None => 0,
            };
            chain.push(Link {
                sample: *sample,
                count,
            });
        }
        Self {
            width,
            samples,
            chain,
        }
    }

    /// The same counter read in the other byte order.
    pub(super) fn swapped(&self) -> Self {
        let swap = |sample: &Sample| Sample {
            id: self.width.swap(sample.id),
            ..*sample
        };
        Self::new(self.width, self.samples.iter().map(swap).collect())
    }

    /// Steps from the first link to the last, and the time between them.
    pub(super) fn span(&self) -> (u64, u64) {
        let (Some(first), Some(last)) = (self.chain.first(), self.chain.last()) else {
            return (0, 0);
        };
        (last.count, last.sample.sent_ns - first.sample.sent_ns)
    }

    /// The median round trip.
    pub(super) fn rtt_ns(&self) -> u64 {
        let mut all: Vec<u64> = self
            .samples
            .iter()
            .map(|sample| sample.received_ns.saturating_sub(sample.sent_ns))
            .collect();
        all.sort_unstable();
        all.get(all.len() / 2).copied().unwrap_or(0)
    }

    /// Steps per 1000 seconds: whole numbers, so that equal runs give equal results.
    pub(super) fn velocity_milli(&self) -> u64 {
        let (steps, time_ns) = self.span();
        if time_ns == 0 {
            return 0;
        }
        let milli = u128::from(steps) * 1_000_000_000_000 / u128::from(time_ns);
        u64::try_from(milli).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(sent_ns: u64, received_ns: u64, id: u32) -> Sample {
        Sample {
            sent_ns,
            received_ns,
            id,
        }
    }

    #[test]
    fn steps_go_around_the_end() {
        assert_eq!(Width::Bits16.steps(0xfffe, 1), 3);
        assert_eq!(Width::Bits16.steps(1, 0xfffe), 0xfffd);
        assert_eq!(Width::Bits32.steps(u32::MAX, 0), 1);
        assert_eq!(Width::Bits16.swap(0x0102), 0x0201);
        assert_eq!(Width::Bits32.swap(1), 1 << 24);
    }

    #[test]
    fn only_samples_of_certain_order_make_the_chain() {
        let samples = [(40, 50, 9), (0, 10, 65_535), (5, 30, 1), (30, 31, 4)]
            .map(|(sent, received, id)| sample(sent, received, id));
        let series = Series::new(Width::Bits16, samples.to_vec());
        let chain: Vec<_> = series
            .chain
            .iter()
            .map(|link| (link.sample.id, link.count))
            .collect();
        assert_eq!(chain, [(65_535, 0), (4, 5), (9, 10)]);
        assert_eq!(series.span(), (10, 40));
    }
}
