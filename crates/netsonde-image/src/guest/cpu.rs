//! Instructions that Rust has no words for.
use core::arch::asm;

/// Writes a byte to a port.
pub(super) fn out8(port: u16, value: u8) {
    // SAFETY: ports are devices of this machine; none writes memory by itself.
    // JUSTIFICATION: serial line, exits and PCI are behind ports.
    unsafe { asm!("out dx, al", in("dx") port, in("al") value, options(nomem, nostack)) }
}

/// Reads a byte from a port.
pub(super) fn in8(port: u16) -> u8 {
    let value;
    // SAFETY: as for `out8`.
    unsafe { asm!("in al, dx", in("dx") port, out("al") value, options(nomem, nostack)) }
    value
}

/// Writes 32 bits to a port.
pub(super) fn out32(port: u16, value: u32) {
    // SAFETY: as for `out8`.
    unsafe { asm!("out dx, eax", in("dx") port, in("eax") value, options(nomem, nostack)) }
}

/// Reads 32 bits from a port.
pub(super) fn in32(port: u16) -> u32 {
    let value;
    // SAFETY: as for `out8`.
    unsafe { asm!("in eax, dx", in("dx") port, out("eax") value, options(nomem, nostack)) }
    value
}

/// The processor's own counter, not before what was read earlier.
pub(super) fn ticks() -> u64 {
    // SAFETY: every processor of 64 bits has both.
    unsafe {
        core::arch::x86_64::_mm_lfence();
        core::arch::x86_64::_rdtsc()
    }
}

/// Lets interrupts in.
pub(super) fn open() {
    // SAFETY: handlers change no register, and have a stack of their own.
    unsafe { asm!("sti") }
}

/// Keeps interrupts out.
pub(super) fn close() {
    // SAFETY: what comes meanwhile is kept.
    unsafe { asm!("cli") }
}

/// Opens interrupts and halts until one, without a gap between; they stay open.
pub(super) fn halt() {
    // SAFETY: as for `open`.
    unsafe { asm!("sti", "hlt") }
}

/// Faults until nothing is left to fault with: the last way to end a machine.
pub(super) fn fault() {
    let nothing = [0_u64; 2];
    // SAFETY: nothing comes after it.
    unsafe { asm!("lidt [{}]", "ud2", in(reg) &raw const nothing, options(nostack)) }
}

/// A 32-bit register of a device.
pub(super) fn read32(address: usize) -> u32 {
    // SAFETY: only called with addresses of devices, which are mapped one to one.
    // JUSTIFICATION: interrupt controllers are behind memory.
    unsafe { (address as *const u32).read_volatile() }
}

/// Writes a 32-bit register of a device.
pub(super) fn write32(address: usize, value: u32) {
    // SAFETY: as for `read32`.
    unsafe { (address as *mut u32).write_volatile(value) }
}

/// Answers of the processor about itself.
pub(super) fn cpuid(leaf: u32) -> [u32; 4] {
    // SAFETY: every processor of 64 bits has the instruction.
    #[allow(unused_unsafe, reason = "newer toolchains know that it is safe")]
    let found = unsafe { core::arch::x86_64::__cpuid(leaf) };
    [found.eax, found.ebx, found.ecx, found.edx]
}

/// A pointer to a table, as the processor takes it.
#[repr(C, packed)]
struct Table {
    limit: u16,
    base: u64,
}

/// Sets the table of interrupts: 32 exceptions that end the run, and 224 interrupts that end a halt. Interrupts have a
/// stack of their own.
pub(super) fn set_interrupts(exception: usize, interrupt: usize) {
    /// One gate: where to, on which stack, our code segment, present and closing interrupts.
    fn gate(to: usize, stack: u128) -> u128 {
        const CODE_SEGMENT: u128 = 8 << 16;
        const INTERRUPT_GATE: u128 = 0x8e00 << 32;
        let to = to as u128;
        (to & 0xffff) | CODE_SEGMENT | stack << 32 | INTERRUPT_GATE | (to >> 16) << 48
    }
    static mut GATES: [u128; 256] = [0; 256];
    set_stack();
    let gates = &raw mut GATES;
    for index in 0..256 {
        let gate = if index < 32 {
            gate(exception, 0)
        } else {
            gate(interrupt, 1)
        };
        // SAFETY: there are 256 gates, one thread, and no interrupt yet.
        unsafe { gates.cast::<u128>().add(index).write(gate) };
    }
    let table = Table {
        limit: 256 * 16 - 1,
        base: gates as u64,
    };
    // SAFETY: the table stays where it is for ever.
    unsafe { asm!("lidt [{}]", in(reg) &raw const table, options(nostack)) }
}

/// Gives interrupts their stack: in a task segment, and that in a table of segments that may be written.
fn set_stack() {
    const CODE: u64 = 0x00af_9b00_0000_ffff;
    const DATA: u64 = 0x00cf_9300_0000_ffff;
    const TASK: u64 = 0x89 << 40;
    const TASK_SELECTOR: u16 = 24;
    const TASK_WORDS: usize = 26;
    const STACK: usize = 4096;
    // Of 16 bytes each: so is a stack aligned.
    static mut STACK_OF_INTERRUPTS: [u128; STACK / 16] = [0; STACK / 16];
    static mut TASK_SEGMENT: [u32; TASK_WORDS] = [0; TASK_WORDS];
    static mut SEGMENTS: [u64; 5] = [0; 5];
    let end = (&raw mut STACK_OF_INTERRUPTS) as u64 + STACK as u64;
    let task = &raw mut TASK_SEGMENT;
    let base = task as u64;
    let limit = (TASK_WORDS * 4 - 1) as u64;
    let low = limit | (base & 0xff_ffff) << 16 | TASK | (base >> 24 & 0xff) << 56;
    let table = Table {
        limit: 5 * 8 - 1,
        base: (&raw mut SEGMENTS) as u64,
    };
    // SAFETY: one thread and no interrupt yet; the tables stay where they are for ever. The first stack of the task
    // segment's list is at its 36th byte. Segments in use are the same in the new table.
    unsafe {
        task.cast::<u32>().add(9).write(end as u32);
        task.cast::<u32>().add(10).write((end >> 32) as u32);
        (&raw mut SEGMENTS).write([0, CODE, DATA, low, base >> 32]);
        asm!(
            "lgdt [{table}]",
            "ltr {task:x}",
            table = in(reg) &raw const table,
            task = in(reg) TASK_SELECTOR,
            options(nostack),
        );
    }
}
