//! Time: the processor's counter, and how fast it runs.
use super::{apic, cpu};
use crate::pace::Pace;

/// The local timers of QEMU and KVM count nanoseconds.
const BUS_HZ: u64 = 1_000_000_000;
/// How long the counter is compared with the bus, where nobody says how fast it runs; how long it may have taken to be
/// believed, and how often that is tried.
const COMPARED_NS: u32 = 4_000_000;
const COMPARED_MAX_NS: u32 = 500_000_000;
const TRIES: usize = 3;
/// Looks at a timer that may stand still.
const LOOKS_MAX: u32 = 50_000_000;
/// Tries to read both at once; the closest counts.
const READS: usize = 8;

/// The clock of this machine: 0 when it was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    start: u64,
    pace: Pace,
}

impl Clock {
    /// Starts the clock; nothing interrupts yet. Takes some milliseconds. `None` if nothing here tells the time.
    pub(super) fn new() -> Option<Self> {
        let start = cpu::ticks();
        let pace = told().or_else(|| (0..TRIES).find_map(|_| compared()))?;
        Some(Self { start, pace })
    }

    /// The processor's counter at a time.
    pub(super) fn ticks_at(&self, ns: u64) -> u64 {
        self.start.saturating_add(self.pace.to_ticks(ns))
    }

    pub(super) fn now_ns(&self) -> u64 {
        self.pace.to_ns(cpu::ticks().wrapping_sub(self.start))
    }
}

/// How fast the counter runs, by what the hypervisor or the processor says.
fn told() -> Option<Pace> {
    const TIMING: u32 = 0x4000_0010;
    const HYPERVISOR: u32 = 0x4000_0000;
    const CRYSTAL: u32 = 0x15;
    let is_guest = cpu::cpuid(1)[2] >> 31 != 0;
    if is_guest && (TIMING..HYPERVISOR + 0x100).contains(&cpu::cpuid(HYPERVISOR)[0]) {
        let [khz, ..] = cpu::cpuid(TIMING);
        if khz > 0 {
            return Pace::new(u64::from(khz) * 1_000, 1_000_000_000);
        }
    }
    if cpu::cpuid(0)[0] < CRYSTAL {
        return None;
    }
    let [below, above, hz, _] = cpu::cpuid(CRYSTAL);
    let hz = u64::from(hz)
        .checked_mul(above.into())?
        .checked_div(below.into())?;
    Pace::new(hz, 1_000_000_000)
}

/// How fast it runs beside the timer of the bus; `None` if that stands still, or was set again meanwhile.
fn compared() -> Option<Pace> {
    let (ticks, count) = both();
    let passed = |left: u32| count.wrapping_sub(left);
    (0..LOOKS_MAX).find(|_| passed(apic::left()) >= COMPARED_NS)?;
    let (later, less) = both();
    let bus = u64::from(passed(less)) * 1_000_000_000 / BUS_HZ;
    let is_sound = passed(less) < COMPARED_MAX_NS;
    Pace::new(later.wrapping_sub(ticks), bus).filter(|_| is_sound)
}

/// Both counters at the same moment, as well as they can be read.
fn both() -> (u64, u32) {
    let read = |_| {
        let before = cpu::ticks();
        let left = apic::left();
        let after = cpu::ticks();
        (after.wrapping_sub(before), (before.midpoint(after), left))
    };
    let best = (0..READS).map(read).min_by_key(|(width, _)| *width);
    best.map_or((0, 0), |(_, both)| both)
}
