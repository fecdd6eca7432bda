//! The program: where it begins, its memory and its last words.
#![no_std]
#![no_main]
#![allow(unsafe_code, reason = "an entry without a library to stand on")]

use core::arch::global_asm;
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};
use netsonde_image::heap::Heap;
use netsonde_image::{guest, process};

#[global_allocator]
static HEAP: Heap = Heap::new();

/// Whether there is no operating system.
static IS_GUEST: AtomicBool = AtomicBool::new(false);

global_asm!(
    include_str!("shim.s"),
    include_str!("unpack.s"),
    include_str!("entry.s"),
    options(att_syntax)
);
global_asm!(include_str!("memory.s"), options(att_syntax));

unsafe extern "C" {
    static image_end: u8;
}

/// The process's start, on an aligned stack.
#[unsafe(no_mangle)]
extern "C" fn process_main(stack: *const usize) -> ! {
    // SAFETY: called once, by the entry, with the stack pointer that Linux gave.
    unsafe { process::main(stack, &HEAP) }
}

/// The machine's start, at privilege level 3. `address` is where the hypervisor left what it says.
#[unsafe(no_mangle)]
extern "C" fn guest_main(is_linux: u64, address: u64) -> ! {
    IS_GUEST.store(true, Ordering::Relaxed);
    guest::main(is_linux != 0, address, &HEAP, (&raw const image_end) as u64)
}

/// Where the shim leads when it has stopped the machine: by which exception or the deadline, at which instruction, and
/// what address that last used.
#[unsafe(no_mangle)]
extern "C" fn guest_stopped(why: u32, at: u64, address: u64) -> ! {
    guest::stopped(why, at, address)
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    let line = b"\n{\"type\":\"failed\",\"reason\":\"the image has a defect or no memory left\",\"hint\":\"report the job\"}\n";
    if IS_GUEST.load(Ordering::Relaxed) {
        guest::last_words(line)
    } else {
        process::last_words(line)
    }
}

/// What libraries built for unwinding name; nothing unwinds here.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}
