//! The first serial line: where results go.
use super::cpu::{in8, out8};

const PORT: u16 = 0x3f8;
const LINE_STATUS: u16 = PORT + 5;
const ROOM: u8 = 0x20;
/// Looks for room before a byte is written all the same: a line without a reader must not hold us up.
const LOOKS_MAX: u32 = 100_000;

/// Writes bytes; `between` runs after every few.
pub(super) fn write(bytes: &[u8], mut between: impl FnMut()) {
    const FEW: usize = 8;
    for few in bytes.chunks(FEW) {
        for byte in few {
            put(*byte);
        }
        between();
    }
}

fn put(byte: u8) {
    for _ in 0..LOOKS_MAX {
        if in8(LINE_STATUS) & ROOM != 0 {
            break;
        }
    }
    out8(PORT, byte);
}

/// Eight bits, no parity, queues on, no interrupts.
pub(super) fn set_up() {
    const REGISTERS: [(u16, u8); 3] = [(1, 0x00), (3, 0x03), (2, 0x07)];
    for (register, value) in REGISTERS {
        out8(PORT + register, value);
    }
}
