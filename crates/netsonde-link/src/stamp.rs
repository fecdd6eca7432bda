//! The kernel's receive times, moved from the wall clock to the monotonic one.
use crate::sys::time::read_ns;

/// Packets older than this when read are not believed: the wall clock was set in between.
const AGE_MAX_NS: u64 = 10_000_000_000;

/// Converts wall-clock stamps. The kernel stamps packets with the wall clock, which may be set at any moment; the
/// difference to the monotonic clock is read anew for every batch.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_field_names,
    reason = "the unit comes last in every name"
)]
pub(crate) struct Stamper {
    /// Wall clock minus monotonic clock at the previous batch: right for stamps taken before a step.
    previous_offset_ns: i128,
    current_offset_ns: i128,
    now_ns: u64,
}

impl Stamper {
    pub(crate) fn new() -> Self {
        let mut stamper = Self {
            previous_offset_ns: 0,
            current_offset_ns: 0,
            now_ns: 0,
        };
        stamper.refresh();
        stamper.previous_offset_ns = stamper.current_offset_ns;
        stamper
    }

    /// Reads both clocks; call it after a batch was received, so that no stamp is from the future.
    pub(crate) fn refresh(&mut self) {
        let before_ns = read_ns(libc::CLOCK_MONOTONIC);
        let wall_ns = read_ns(libc::CLOCK_REALTIME);
        let after_ns = read_ns(libc::CLOCK_MONOTONIC);
        self.step(before_ns, wall_ns, after_ns);
    }

    /// When the packet with this stamp came, on the monotonic clock, never later than now; now if it has no stamp or
    /// none that makes sense.
    pub(crate) fn convert(&self, wall_ns: Option<u64>) -> u64 {
        let Some(wall_ns) = wall_ns else {
            return self.now_ns;
        };
        let plausible = |offset_ns: i128| {
            let ns = u64::try_from(i128::from(wall_ns) - offset_ns).ok()?;
            (ns <= self.now_ns && self.now_ns - ns <= AGE_MAX_NS).then_some(ns)
        };
        plausible(self.current_offset_ns)
            .or_else(|| plausible(self.previous_offset_ns))
            .unwrap_or(self.now_ns)
    }

    fn step(&mut self, before_ns: u64, wall_ns: u64, after_ns: u64) {
        let middle_ns = before_ns + (after_ns - before_ns) / 2;
        self.previous_offset_ns = self.current_offset_ns;
        self.current_offset_ns = i128::from(wall_ns) - i128::from(middle_ns);
        self.now_ns = after_ns;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    fn at(offset_ns: u64, now_ns: u64) -> Stamper {
        let mut stamper = Stamper {
            previous_offset_ns: 0,
            current_offset_ns: 0,
            now_ns: 0,
        };
        stamper.step(now_ns, now_ns + offset_ns, now_ns);
        stamper.step(now_ns, now_ns + offset_ns, now_ns);
        stamper
    }

    #[test]
    fn a_stamp_moves_to_the_monotonic_clock() {
        let stamper = at(1_000 * S, 50 * S);
        assert_eq!(stamper.convert(Some(1_049 * S)), 49 * S);
        assert_eq!(stamper.convert(None), 50 * S);
    }

    #[test]
    fn a_stamp_is_never_from_the_future() {
        assert_eq!(at(1_000 * S, 50 * S).convert(Some(1_051 * S)), 50 * S);
    }

    #[test]
    fn a_clock_set_between_stamp_and_reading_does_no_harm() {
        let mut stamper = at(1_000 * S, 50 * S);
        stamper.step(51 * S, 51 * S + 5_000 * S, 51 * S);
        assert_eq!(
            stamper.convert(Some(1_050 * S)),
            50 * S,
            "stamped before the step"
        );
        assert_eq!(stamper.convert(Some(5_051 * S)), 51 * S, "stamped after it");
        assert_eq!(stamper.convert(Some(77 * S)), 51 * S, "neither: now");
    }

    #[test]
    fn the_real_clocks_agree_with_themselves() {
        let mut stamper = Stamper::new();
        let before_ns = read_ns(libc::CLOCK_MONOTONIC);
        let wall_ns = read_ns(libc::CLOCK_REALTIME);
        let after_ns = read_ns(libc::CLOCK_MONOTONIC);
        stamper.refresh();
        let converted_ns = stamper.convert(Some(wall_ns));
        assert!(converted_ns + S / 100 > before_ns && converted_ns < after_ns + S / 100);
    }
}
