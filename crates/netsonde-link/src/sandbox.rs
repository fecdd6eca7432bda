//! The system calls that a sealed engine may make; any other ends the process.
use crate::bpf::Assembler;

/// Everything that moving packets, memory and time takes. No call here opens, creates or changes anything that
/// outlives the process.
const ALLOWED: &[libc::c_long] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    libc::SYS_recvmsg,
    libc::SYS_recvmmsg,
    libc::SYS_ppoll,
    libc::SYS_clock_gettime,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_brk,
    libc::SYS_madvise,
    libc::SYS_futex,
    libc::SYS_getrandom,
    libc::SYS_rt_sigreturn,
    libc::SYS_restart_syscall,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Offsets in `struct seccomp_data`: call, architecture, and the low halves of the second and the third argument.
const CALL: u32 = 0;
const ARCHITECTURE: u32 = 4;
const SECOND_ARGUMENT: u32 = THIRD_ARGUMENT - 8;
const THIRD_ARGUMENT: u32 = 16 + 2 * 8 + if cfg!(target_endian = "big") { 4 } else { 0 };

/// `AUDIT_ARCH_*` of this build: the machine, its width and its byte order.
#[cfg(target_arch = "x86_64")]
const OURS: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const OURS: u32 = 0xc000_00b7;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
compile_error!("add the AUDIT_ARCH of this architecture, and run the seal test on it");

/// The seccomp program. Calls made with another calling convention (`int 0x80`, x32) end the process too: their
/// numbers mean other things.
pub(crate) fn program() -> Vec<libc::sock_filter> {
    let kill = libc::SECCOMP_RET_KILL_PROCESS;
    let allow = libc::SECCOMP_RET_ALLOW;
    let mut code = Assembler::default();
    code.load_u32(ARCHITECTURE);
    code.when(OURS, |code| {
        code.load_u32(CALL);
        for call in ALLOWED {
            code.when(number(*call), |code| code.finish_with(allow));
        }
        // Of the options of a socket, only how many packets its ring dropped.
        code.when(number(libc::SYS_getsockopt), |code| {
            code.load_u32(SECOND_ARGUMENT);
            code.when(libc::SOL_PACKET.unsigned_abs(), |code| {
                code.load_u32(THIRD_ARGUMENT);
                code.when(libc::PACKET_STATISTICS.unsigned_abs(), |code| {
                    code.finish_with(allow);
                });
                code.finish_with(kill);
            });
            code.finish_with(kill);
        });
        code.when(number(libc::SYS_mmap), |code| {
            code.load_u32(THIRD_ARGUMENT);
            code.when_any_bit(libc::PROT_EXEC.unsigned_abs(), |code| {
                code.finish_with(kill);
            });
            code.finish_with(allow);
        });
        code.finish_with(kill);
    });
    code.finish_with(kill);
    code.finish()
}

fn number(call: libc::c_long) -> u32 {
    u32::try_from(call).expect("numbers of system calls are small")
}
