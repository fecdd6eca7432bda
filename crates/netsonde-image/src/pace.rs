//! Ticks of a counter to nanoseconds.

/// How fast a counter runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Nanoseconds in a tick, times 2^32.
    factor: u64,
}

impl Pace {
    /// One tick, one nanosecond.
    pub const ONE: Self = Self { factor: 1 << 32 };

    /// That of a counter that made `ticks` in `ns`; `None` if either makes no sense.
    pub fn new(ticks: u64, ns: u64) -> Option<Self> {
        let factor = (u128::from(ns) << 32).checked_div(ticks.into())?;
        // From a tick in four seconds to four in a nanosecond... and a thousand more.
        let factor = u64::try_from(factor).ok()?;
        (factor > 1 << 20).then_some(Self { factor })
    }

    /// How many ticks a time takes, at least.
    pub fn to_ticks(self, ns: u64) -> u64 {
        let ticks = (u128::from(ns) << 32).div_ceil(self.factor.into());
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }

    /// What a number of ticks takes.
    pub fn to_ns(self, ticks: u64) -> u64 {
        let ns = (u128::from(ticks) * u128::from(self.factor)) >> 32;
        u64::try_from(ns).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;

    #[test]
    fn ticks_become_nanoseconds() {
        let pace = Pace::new(2_500_000_000, 1_000_000_000).unwrap();
        assert_eq!(pace.to_ns(2_500), 999); // rounded down twice
        let year_ns = 31_536_000_000_000_000;
        let off = pace.to_ns(year_ns / 2 * 5).abs_diff(year_ns);
        assert!(off < year_ns / 1_000_000_000, "{off}");
        assert_eq!(Pace::ONE.to_ns(7), 7);
        for ns in [0, 1, 999, year_ns] {
            assert!(pace.to_ns(pace.to_ticks(ns)).abs_diff(ns) < 2, "{ns}");
        }
        assert_eq!(pace.to_ticks(u64::MAX), u64::MAX);
    }

    #[test]
    fn what_is_no_clock_is_refused() {
        assert_eq!(Pace::new(0, 1_000), None);
        assert_eq!(Pace::new(1_000, 0), None);
        assert_eq!(Pace::new(1, u64::MAX), None);
        assert_eq!(Pace::new(u64::MAX, 1), None);
        assert_eq!(Pace::ONE.to_ns(u64::MAX), u64::MAX);
    }
}
