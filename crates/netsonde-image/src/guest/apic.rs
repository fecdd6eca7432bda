//! Interrupt controllers: a timer to be woken by, and the card's line.
use super::cpu::{read32, write32};

const LOCAL: usize = 0xfee0_0000;
const ID: usize = LOCAL + 0x20;
const SPURIOUS: usize = LOCAL + 0xf0;
const TIMER: usize = LOCAL + 0x320;
const LINE_0: usize = LOCAL + 0x350;
const LINE_1: usize = LOCAL + 0x360;
const INITIAL_COUNT: usize = LOCAL + 0x380;
const CURRENT_COUNT: usize = LOCAL + 0x390;
const DIVIDE: usize = LOCAL + 0x3e0;

const ENABLE: u32 = 0x100;
const MASKED: u32 = 0x1_0000;
const BY_ONE: u32 = 0b1011;

const TIMER_VECTOR: u32 = 0x40;
const CARD_VECTOR: u32 = 0x41;
const SPURIOUS_VECTOR: u32 = 0xff;

/// Where lines of cards arrive: 24 at each controller.
const LINES: [usize; 2] = [0xfec0_0000, 0xfec1_0000];
const LINES_EACH: u32 = 24;

/// Turns the local controller on. KVM starts it with line 0 open to a controller that nobody serves.
pub(super) fn set_up() {
    write32(LINE_0, MASKED);
    write32(LINE_1, MASKED);
    write32(SPURIOUS, ENABLE | SPURIOUS_VECTOR);
    write32(DIVIDE, BY_ONE);
    write32(TIMER, TIMER_VECTOR);
}

/// Lets the card's line through, as an edge.
pub(super) fn open_line(line: u32) {
    let Some(controller) = LINES.get((line / LINES_EACH) as usize) else {
        return;
    };
    let register = 0x10 + 2 * (line % LINES_EACH);
    let local = read32(ID) & 0xff00_0000;
    for (register, value) in [(register + 1, local), (register, CARD_VECTOR)] {
        write32(*controller, register);
        write32(controller + 0x10, value);
    }
}

/// Counts down from `count`, once, in ticks of the bus, and interrupts at 0.
pub(super) fn set_timer(count: u32) {
    write32(INITIAL_COUNT, count);
}

/// What is left to count.
pub(super) fn left() -> u32 {
    read32(CURRENT_COUNT)
}
