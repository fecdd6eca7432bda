//! The monotonic bounds test: what two addresses share is one counter only if their identifications, put in
//! the order of time, never step back.
//!
//! A reply's identification was the counter's at some moment between sending the probe and receiving the reply. So a
//! sample of one address is compared with the last sample of the other that came before it was sent, and with the
//! first that was sent after it came: it must lie strictly between them. That holds for a shared counter whatever
//! the network did (jitter, loss, reordering), as long as the counter makes less than a turn between the two bounds;
//! wider bounds are not used. So the test has no false negatives but for faster counters.
//!
//! Unrelated counters pass if one happens to be just behind the other. How likely that is, the samples
//! themselves tell: shifting one counter by k changes all its identifications by k, and the test counts by how many
//! shifts it would still pass. Two addresses whose counters started anywhere pass with `shifts / 2^bits`.
use super::sample::{Link, Sample, Series, Width};

/// Bounds that the estimated velocity cannot tell from a whole turn are not used: a share of the turn.
const TURN_SHARE: u64 = 2;

/// What the test of one pair gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Whether one sample was out of its bounds.
    pub(super) violated: bool,
    /// Samples that had two bounds.
    pub(super) bounds: u32,
    /// Shifts of one counter against the other with which the test would still be passed, the true one included.
    pub(super) shifts: u64,
    /// First and last moment compared.
    pub(super) from_ns: u64,
    pub(super) to_ns: u64,
}

/// Compares the samples of two addresses whose counters grow by at most `velocity_milli` (steps per 1000 s).
pub(super) fn test(a: &Series, b: &Series, velocity_milli: u64) -> Outcome {
    let mut slack = Slack {
        down: a.width.modulus() - 1,
        up: a.width.modulus() - 1,
        outcome: Outcome {
            violated: false,
            bounds: 0,
            shifts: a.width.modulus(),
            from_ns: u64::MAX,
            to_ns: 0,
        },
    };
    // Shifting `b` up brings its own samples nearer to their upper bounds, and takes bounds away from those of `a`.
    for sample in &b.samples {
        if let Some((below, above)) = slack.place(a, sample, velocity_milli) {
            slack.narrow(below - 1, above - 1);
        }
        if slack.outcome.violated {
            return slack.outcome;
        }
    }
    for sample in &a.samples {
        if let Some((below, above)) = slack.place(b, sample, velocity_milli) {
            slack.narrow(above - 1, below - 1);
        }
        if slack.outcome.violated {
            return slack.outcome;
        }
    }
    if slack.outcome.bounds > 0 {
        slack.outcome.shifts = (slack.down + slack.up + 1).min(a.width.modulus());
    }
    slack.outcome
}

/// How far one counter could be shifted.
struct Slack {
    down: u64,
    up: u64,
    outcome: Outcome,
}

impl Slack {
    /// Steps from the lower bound and to the upper one; `None` where there are not both, or outside of them.
    fn place(
        &mut self,
        other: &Series,
        sample: &Sample,
        velocity_milli: u64,
    ) -> Option<(u64, u64)> {
        let (lower, upper) = bounds(other, sample)?;
        let width = upper.count - lower.count;
        let time_ns = upper.sample.received_ns - lower.sample.sent_ns;
        if width * TURN_SHARE >= other.width.modulus()
            || may_turn(other.width, velocity_milli, time_ns)
        {
            return None;
        }
        let steps = other.width.steps(lower.sample.id, sample.id);
        let outcome = &mut self.outcome;
        outcome.bounds += 1;
        outcome.from_ns = outcome.from_ns.min(lower.sample.sent_ns);
        outcome.to_ns = outcome.to_ns.max(upper.sample.received_ns);
        if steps == 0 || steps >= width {
            outcome.violated = true;
            outcome.shifts = 0;
            return None;
        }
        Some((steps, width - steps))
    }

    fn narrow(&mut self, down: u64, up: u64) {
        self.down = self.down.min(down);
        self.up = self.up.min(up);
    }
}

/// The last link received before the sample was sent, and the first sent after it was received.
fn bounds<'a>(series: &'a Series, sample: &Sample) -> Option<(&'a Link, &'a Link)> {
    let chain = &series.chain;
    let before = chain.partition_point(|link| link.sample.received_ns <= sample.sent_ns);
    let after = chain.partition_point(|link| link.sample.sent_ns < sample.received_ns);
    Some((chain.get(before.checked_sub(1)?)?, chain.get(after)?))
}

fn may_turn(width: Width, velocity_milli: u64, time_ns: u64) -> bool {
    let steps = u128::from(velocity_milli) * u128::from(time_ns) / 1_000_000_000_000;
    steps * u128::from(TURN_SHARE) >= u128::from(width.modulus())
}

#[cfg(test)]
mod tests;
