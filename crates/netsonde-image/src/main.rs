//! The program: where it begins, its memory and its last words.
#![no_std]
#![no_main]
#![allow(unsafe_code, reason = "an entry without a library to stand on")]

use core::arch::global_asm;
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use netsonde_image::heap::Heap;
use netsonde_image::{guest, process};

#[global_allocator]
static HEAP: Heap = Heap::new();

/// Whether there is no operating system.
static IS_GUEST: AtomicBool = AtomicBool::new(false);

/// When interrupts end the run of a machine, on the processor's counter.
#[unsafe(export_name = "guest_deadline")]
static DEADLINE: AtomicU64 = AtomicU64::new(u64::MAX);

global_asm!(include_str!("entry.s"), options(att_syntax));
global_asm!(include_str!("memory.s"), options(att_syntax));

unsafe extern "C" {
    fn exception_entry();
    fn interrupt_entry();
    static image_end: u8;
}

/// The process's start, on an aligned stack.
#[unsafe(no_mangle)]
extern "C" fn process_main(stack: *const usize) -> ! {
    // SAFETY: called once, by the entry, with the stack pointer that Linux gave.
    unsafe { process::main(stack, &HEAP) }
}

/// The machine's start: paged, without interrupts. `address` is where the hypervisor left what it says.
#[unsafe(no_mangle)]
extern "C" fn guest_main(is_linux: u64, address: u64) -> ! {
    IS_GUEST.store(true, Ordering::Relaxed);
    let program = guest::Program {
        exception: exception_entry as *const () as usize,
        interrupt: interrupt_entry as *const () as usize,
        end: (&raw const image_end) as u64,
        deadline: &DEADLINE,
    };
    guest::main(is_linux != 0, address, &HEAP, program)
}

/// What an interrupt after the deadline leads to.
#[unsafe(no_mangle)]
extern "C" fn guest_late() -> ! {
    guest::late()
}

/// What every exception of the processor leads to.
#[unsafe(no_mangle)]
extern "C" fn guest_exception() -> ! {
    guest::exception()
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
