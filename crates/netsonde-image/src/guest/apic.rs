//! The timer of the local interrupt controller: to us it is only read. It counts from the machine's start, until
//! something interrupts.
use super::cpu::read32;

const CURRENT_COUNT: usize = 0xfee0_0390;

/// What is left to count, in ticks of the bus.
pub(super) fn left() -> u32 {
    read32(CURRENT_COUNT)
}
