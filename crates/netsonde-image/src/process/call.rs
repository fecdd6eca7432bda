//! System calls, without a library of C.
use core::arch::asm;

/// A call that the kernel refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Errno(pub(super) i32);

pub(super) const EINTR: Errno = Errno(4);
pub(super) const EAGAIN: Errno = Errno(11);

pub(super) mod number {
    pub(in crate::process) const READ: usize = 0;
    pub(in crate::process) const WRITE: usize = 1;
    pub(in crate::process) const MMAP: usize = 9;
    pub(in crate::process) const RT_SIGACTION: usize = 13;
    pub(in crate::process) const IOCTL: usize = 16;
    pub(in crate::process) const SETITIMER: usize = 38;
    pub(in crate::process) const SOCKET: usize = 41;
    pub(in crate::process) const BIND: usize = 49;
    pub(in crate::process) const SETSOCKOPT: usize = 54;
    pub(in crate::process) const FCNTL: usize = 72;
    pub(in crate::process) const CAPGET: usize = 125;
    pub(in crate::process) const CAPSET: usize = 126;
    pub(in crate::process) const PRCTL: usize = 157;
    pub(in crate::process) const CLOCK_GETTIME: usize = 228;
    pub(in crate::process) const EXIT_GROUP: usize = 231;
    pub(in crate::process) const PPOLL: usize = 271;
    pub(in crate::process) const SECCOMP: usize = 317;
}

/// Makes a call with up to six arguments; those that it does not have are not looked at.
///
/// # Safety
/// Whatever the arguments point to is valid for what the call does with it.
pub(super) unsafe fn call(number: usize, arguments: [usize; 6]) -> Result<usize, Errno> {
    let result: isize;
    // SAFETY: the caller answers for the arguments; the kernel changes nothing but rax, rcx and r11.
    // JUSTIFICATION: there is no other way to the kernel without a library.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") arguments[0],
            in("rsi") arguments[1],
            in("rdx") arguments[2],
            in("r10") arguments[3],
            in("r8") arguments[4],
            in("r9") arguments[5],
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    match result {
        -4095..=-1 => Err(Errno(-(result as i32))),
        _ => Ok(result as usize),
    }
}

/// Reads into `buffer`.
pub(super) fn read(descriptor: i32, buffer: &mut [u8]) -> Result<usize, Errno> {
    let arguments = [
        descriptor as usize,
        buffer.as_mut_ptr() as usize,
        buffer.len(),
        0,
        0,
        0,
    ];
    // SAFETY: the kernel writes into the buffer, up to its length.
    unsafe { call(number::READ, arguments) }
}

/// Writes `bytes`, or a part of them.
pub(super) fn write(descriptor: i32, bytes: &[u8]) -> Result<usize, Errno> {
    let arguments = [
        descriptor as usize,
        bytes.as_ptr() as usize,
        bytes.len(),
        0,
        0,
        0,
    ];
    // SAFETY: the kernel reads the bytes.
    unsafe { call(number::WRITE, arguments) }
}

/// A clock of Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// Unix time.
    Real = 0,
    /// Time since the machine was started.
    Monotonic = 1,
}

/// Reads a clock, in nanoseconds.
pub(super) fn clock_ns(clock: Clock) -> u64 {
    let mut time = [0_i64; 2];
    let arguments = [clock as usize, (&raw mut time) as usize, 0, 0, 0, 0];
    // SAFETY: the kernel writes a `struct timespec`: two words of 64 bits.
    let read = unsafe { call(number::CLOCK_GETTIME, arguments) };
    debug_assert!(read.is_ok(), "both clocks are always there");
    time[0].cast_unsigned() * 1_000_000_000 + time[1].cast_unsigned()
}

/// Ends the process.
pub(super) fn exit(status: i32) -> ! {
    loop {
        // SAFETY: takes no pointer, and does not return.
        let _ = unsafe { call(number::EXIT_GROUP, [status as usize, 0, 0, 0, 0, 0]) };
    }
}

/// Descriptor and events, as `struct pollfd`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct Watched {
    pub(super) descriptor: i32,
    pub(super) events: i16,
    pub(super) seen: i16,
}

pub(super) const POLLIN: i16 = 1;
pub(super) const POLLOUT: i16 = 4;

/// Waits until one of the descriptors has something, at most `wait_ns`.
pub(super) fn poll(watched: &mut [Watched], wait_ns: u64) {
    let wait = [wait_ns / 1_000_000_000, wait_ns % 1_000_000_000];
    let arguments = [
        watched.as_mut_ptr() as usize,
        watched.len(),
        (&raw const wait) as usize,
        0,
        0,
        0,
    ];
    for one in watched.iter_mut() {
        one.seen = 0;
    }
    // SAFETY: the kernel reads and writes that many `struct pollfd`, and reads a `struct timespec`. That it refuses
    // or is interrupted is as if nothing came.
    let _ = unsafe { call(number::PPOLL, arguments) };
}
