//! The first serial line: where results go, and what is said to us comes from.
use super::cpu::{self, in8, out8};

const PORT: u16 = 0x3f8;
/// Its line at the interrupt controller.
pub(super) const LINE: u32 = 4;
const LINE_STATUS: u16 = PORT + 5;
const COME: u8 = 0x01;
const ROOM: u8 = 0x20;
const ALL_LEFT: u8 = 0x40;
/// Looks for room before last words are written all the same: a line without a reader must not hold up the end.
const LOOKS_MAX: u32 = 100_000;
/// Looks for room before results are waited with, and how long between two looks then.
const LOOKS_AT_ONCE: u32 = 1_000;
const LOOK_AGAIN_NS: u32 = 1_000_000;

/// Writes last words, as well as it can be done.
pub(super) fn write(bytes: &[u8]) {
    for byte in bytes {
        is(ROOM, LOOKS_MAX);
        out8(PORT, *byte);
    }
}

/// Waits until last words have left, as well as it can be done: see [`drain`].
pub(super) fn drain_words() {
    is(ALL_LEFT, LOOKS_MAX);
}

/// Writes results; `between` runs after every few. A reader that is slow loses none: only the deadline ends the wait.
pub(super) fn write_all(bytes: &[u8], mut between: impl FnMut()) {
    const FEW: usize = 8;
    for few in bytes.chunks(FEW) {
        for byte in few {
            while !is(ROOM, LOOKS_AT_ONCE) {
                between();
                cpu::wait(LOOK_AGAIN_NS);
            }
            out8(PORT, *byte);
        }
        between();
    }
}

/// Waits until all has left: with the machine would go what its reader has no room for yet.
pub(super) fn drain() {
    while !is(ALL_LEFT, LOOKS_AT_ONCE) {
        cpu::wait(LOOK_AGAIN_NS);
    }
}

/// Whether the line has come to a state, after some looks at most.
fn is(state: u8, looks: u32) -> bool {
    (0..looks).any(|_| in8(LINE_STATUS) & state != 0)
}

/// The next byte that came, if one did.
pub(super) fn read() -> Option<u8> {
    (in8(LINE_STATUS) & COME != 0).then(|| in8(PORT))
}

/// Eight bits, no parity; what comes interrupts. Queues stay as they are: to turn them on would lose what came already.
pub(super) fn set_up() {
    const REGISTERS: [(u16, u8); 3] = [(3, 0x03), (4, 0x0b), (1, 0x01)];
    for (register, value) in REGISTERS {
        out8(PORT + register, value);
    }
}
