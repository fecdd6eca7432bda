//! The monotonic clock.

/// Nanoseconds on the monotonic clock, the one that every time in netsonde refers to.
pub fn monotonic_ns() -> u64 {
    read_ns(libc::CLOCK_MONOTONIC)
}

/// Nanoseconds on a clock that the kernel always has, such as `CLOCK_REALTIME`.
pub(crate) fn read_ns(clock: libc::clockid_t) -> u64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is a timespec we own. JUSTIFICATION: std's `Instant` hides its value, and packets carry kernel times.
    let result = unsafe { libc::clock_gettime(clock, &raw mut now) };
    assert_eq!(result, 0, "a clock that the kernel always has");
    nanoseconds(now)
}

/// A kernel time as nanoseconds; times before the epoch, which a clock never shows, are 0.
pub(crate) fn nanoseconds(time: libc::timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds
        .saturating_mul(1_000_000_000)
        .saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}
