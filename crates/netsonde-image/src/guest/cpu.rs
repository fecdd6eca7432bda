//! Instructions that Rust has no words for.
use core::arch::asm;

/// Writes a byte to a port.
pub(super) fn out8(port: u16, value: u8) {
    // SAFETY: ports are devices of this machine; none writes memory by itself.
    // JUSTIFICATION: the serial line and PCI are behind ports.
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

/// Halts until something interrupts, at most for a time; returns at once if something has since the last time.
pub(super) fn wait(most_ns: u32) {
    call(0, most_ns.into());
}

/// Lets a line of a device interrupt.
pub(super) fn open_line(line: u32) {
    call(1, line.into());
}

/// Has the run ended once the processor's counter has come so far, whatever we do. It only ever comes nearer.
pub(super) fn set_deadline(ticks: u64) {
    call(2, ticks);
}

/// Where [`show`] shows what it shows.
pub(super) const WINDOW: u64 = 0xffc0_0000;
/// How much that is.
pub(super) const WINDOW_LEN: u64 = 1 << 21;

/// Shows the block in which an address above four GiB is, instead of the one before. Only until the first wait.
pub(super) fn show(address: u64) {
    call(3, address);
}

/// Ends the machine.
pub(super) fn end(status: u8) -> ! {
    loop {
        call(4, status.into());
    }
}

/// Calls the shim: see `shim.s`.
fn call(number: u32, argument: u64) {
    // SAFETY: the shim changes no memory of ours, and no other registers; what it shows was nowhere before.
    // JUSTIFICATION: what stops or ends the processor is not ours to do.
    unsafe {
        asm!(
            "int 0x80",
            inlateout("eax") number => _,
            in("rdi") argument,
            lateout("ecx") _,
            lateout("edx") _,
            options(nostack),
        );
    }
}

/// A 32-bit register of a device.
pub(super) fn read32(address: usize) -> u32 {
    // SAFETY: only called with addresses of devices, which are mapped one to one.
    // JUSTIFICATION: the timer is behind memory.
    unsafe { (address as *const u32).read_volatile() }
}

/// Answers of the processor about itself.
pub(super) fn cpuid(leaf: u32) -> [u32; 4] {
    // SAFETY: every processor of 64 bits has the instruction.
    #[allow(unused_unsafe, reason = "newer toolchains know that it is safe")]
    let found = unsafe { core::arch::x86_64::__cpuid(leaf) };
    [found.eax, found.ebx, found.ecx, found.edx]
}
