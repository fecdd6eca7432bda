//! Time: the processor's counter, and how fast it runs.
use super::{apic, cpu};
use crate::pace::Pace;

/// The local timers of QEMU and KVM count nanoseconds.
const BUS_HZ: u64 = 1_000_000_000;
/// How long the counter is compared with the bus, where nobody says how fast it runs.
const COMPARED_NS: u32 = 4_000_000;
/// Tries to read both at once; the closest counts.
const READS: usize = 8;

/// The clock of this machine: 0 when it was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    start: u64,
    pace: Pace,
}

impl Clock {
    /// Starts the clock; the local controller is on. Takes some milliseconds.
    pub(super) fn new() -> Self {
        let start = cpu::ticks();
        let pace = told().unwrap_or_else(compared);
        Self { start, pace }
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

/// How fast it runs beside the timer of the bus.
fn compared() -> Pace {
    apic::set_timer(u32::MAX);
    let (ticks, count) = both();
    while count.wrapping_sub(apic::left()) < COMPARED_NS && apic::left() > 0 {
        core::hint::spin_loop();
    }
    let (later, less) = both();
    apic::set_timer(0);
    let bus = u64::from(count.wrapping_sub(less)) * 1_000_000_000 / BUS_HZ;
    // A counter that stands still is no clock; then one tick is a nanosecond and the deadline still comes, late.
    Pace::new(later.wrapping_sub(ticks), bus).unwrap_or(Pace::ONE)
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
