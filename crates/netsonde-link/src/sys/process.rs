//! What a process may do, and giving it up.
use crate::LinkError;
use crate::poll::DESCRIPTORS_MAX;
use std::fs;
use std::io::{self, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::ptr;

/// `_LINUX_CAPABILITY_VERSION_3`: two words per set.
const CAPABILITY_VERSION: u32 = 0x2008_0522;
/// Capability numbers tried when emptying the bounding set; the kernel says where they end.
const CAPABILITIES_MAX: u32 = 64;
/// Octets from which on memory is the kernel's again once it is freed, the most that the allocator takes for that; and
/// octets that may lie free.
const MAPPED_MIN: libc::c_int = 1 << 25;
const FREE_MAX: libc::c_int = 1 << 27;
/// Exit status after a panic, which is a bug of ours.
const PANIC_STATUS: i32 = 70;

#[repr(C)]
struct CapabilityHeader {
    version: u32,
    pid: i32,
}

#[derive(Clone, Copy, Default)]
#[repr(C)]
struct CapabilityWords {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// How many threads this process has.
pub(crate) fn threads() -> Result<usize, LinkError> {
    let entries = fs::read_dir("/proc/self/task");
    entries
        .map(Iterator::count)
        .map_err(|source| LinkError::Call {
            call: "open(/proc/self/task)",
            source,
        })
}

/// Whether this process acts as user 0.
pub(crate) fn is_root() -> bool {
    // SAFETY: touches no memory. JUSTIFICATION: std does not tell.
    unsafe { libc::geteuid() == 0 }
}

/// Empties the set of capabilities that an executed program could get. Who may not do that (`CAP_SETPCAP`) cannot
/// get any either, once there are no new privileges.
pub(crate) fn drop_bounding_set() -> Result<(), LinkError> {
    for capability in 0..CAPABILITIES_MAX {
        match control(
            libc::PR_CAPBSET_DROP,
            capability.into(),
            "prctl(PR_CAPBSET_DROP)",
        ) {
            Err(error) if matches!(error.errno(), Some(libc::EINVAL | libc::EPERM)) => {
                return Ok(());
            }
            other => other?,
        }
    }
    Ok(())
}

/// Becomes another user and group, without further groups, for good. Root only.
pub(crate) fn become_user(id: u32) -> Result<(), LinkError> {
    // SAFETY: no groups are read from the null pointer as their number is 0; the others touch no memory.
    // JUSTIFICATION: std can do this to children only, and only by executing a program.
    let (call, result) = unsafe {
        match libc::setgroups(0, ptr::null()) {
            0 => match libc::setresgid(id, id, id) {
                0 => ("setresuid", libc::setresuid(id, id, id)),
                failed => ("setresgid", failed),
            },
            failed => ("setgroups", failed),
        }
    };
    if result < 0 {
        Err(LinkError::last(call))
    } else {
        Ok(())
    }
}

/// Empties the effective, permitted, inheritable and ambient sets.
pub(crate) fn clear_capabilities() -> Result<(), LinkError> {
    let header = CapabilityHeader {
        version: CAPABILITY_VERSION,
        pid: 0,
    };
    let none = [CapabilityWords::default(); 2];
    // SAFETY: the kernel reads one header and, for this version, two structs. JUSTIFICATION: libc has no wrapper.
    let result = unsafe { libc::syscall(libc::SYS_capset, &raw const header, none.as_ptr()) };
    if result < 0 {
        return Err(LinkError::last("capset"));
    }
    control(
        libc::PR_CAP_AMBIENT,
        libc::PR_CAP_AMBIENT_CLEAR_ALL as libc::c_ulong,
        "prctl(PR_CAP_AMBIENT)",
    )
}

/// Effective, permitted and inheritable capabilities, as one set of bits.
pub(crate) fn capabilities() -> Result<u64, LinkError> {
    let header = CapabilityHeader {
        version: CAPABILITY_VERSION,
        pid: 0,
    };
    let mut words = [CapabilityWords::default(); 2];
    // SAFETY: the kernel reads one header and, for this version, writes two structs. JUSTIFICATION: as above.
    let result = unsafe { libc::syscall(libc::SYS_capget, &raw const header, words.as_mut_ptr()) };
    if result < 0 {
        return Err(LinkError::last("capget"));
    }
    let [low, high] =
        words.map(|word| u64::from(word.effective | word.permitted | word.inheritable));
    Ok(low | high << 32)
}

/// No program executed from here gets more rights than this one.
pub(crate) fn no_new_privileges() -> Result<(), LinkError> {
    control(libc::PR_SET_NO_NEW_PRIVS, 1, "prctl(PR_SET_NO_NEW_PRIVS)")
}

/// No process of the same user may look into this one; it leaves no core file.
pub(crate) fn not_dumpable() -> Result<(), LinkError> {
    limit(libc::RLIMIT_CORE, 0, "setrlimit(RLIMIT_CORE)")?;
    control(libc::PR_SET_DUMPABLE, 0, "prctl(PR_SET_DUMPABLE)")
}

/// The kernel kills this process when the one that started it dies, whatever it is doing then.
pub(crate) fn die_with_parent() -> Result<(), LinkError> {
    let signal = libc::c_ulong::from(libc::SIGKILL.unsigned_abs());
    control(libc::PR_SET_PDEATHSIG, signal, "prctl(PR_SET_PDEATHSIG)")
}

/// No more descriptors than one wait watches; with fewer allowed, `ppoll` would refuse to watch them.
pub(crate) fn few_descriptors() -> Result<(), LinkError> {
    limit(
        libc::RLIMIT_NOFILE,
        DESCRIPTORS_MAX as libc::rlim_t,
        "setrlimit(RLIMIT_NOFILE)",
    )
}

/// Wakes this process when it asked, not up to 50 µs later.
pub(crate) fn no_timer_slack() -> Result<(), LinkError> {
    control(libc::PR_SET_TIMERSLACK, 1, "prctl(PR_SET_TIMERSLACK)")
}

/// Keeps memory that was freed, up to a limit, for what comes next: to get it back from the kernel costs more than to
/// fill it.
pub(crate) fn keep_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: sets numbers in the allocator. JUSTIFICATION: std does not offer it.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_MIN);
        libc::mallopt(libc::M_TRIM_THRESHOLD, FREE_MAX);
    }
}

/// Allows only the system calls that the program returns "allow" for. Needs no new privileges.
pub(crate) fn install_seccomp(program: &[libc::sock_filter]) -> Result<(), LinkError> {
    let length = u16::try_from(program.len()).expect("our program has a few dozen instructions");
    let value = libc::sock_fprog {
        len: length,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: the kernel only reads the program, which outlives the call. JUSTIFICATION: libc has no wrapper.
    let result = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_TSYNC,
            &raw const value,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(LinkError::last("seccomp(SECCOMP_SET_MODE_FILTER)"))
    }
}

/// Lets a signal pass without effect.
pub(crate) fn ignore_signal(signal: i32) -> Result<(), LinkError> {
    // SAFETY: installs no handler of ours. JUSTIFICATION: std has no signals.
    let result = unsafe { libc::signal(signal, libc::SIG_IGN) };
    if result == libc::SIG_ERR {
        Err(LinkError::last("signal"))
    } else {
        Ok(())
    }
}

/// A descriptor that becomes readable when this signal comes, which then does nothing else.
pub(crate) fn signal_descriptor(signal: i32) -> Result<OwnedFd, LinkError> {
    // SAFETY: a `sigset_t` is plain old data that `sigemptyset` initialises; both calls that take it only read it.
    // JUSTIFICATION: std has no signals.
    let raw = unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, signal);
        if libc::sigprocmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut()) < 0 {
            return Err(LinkError::last("sigprocmask"));
        }
        libc::signalfd(-1, &raw const set, libc::SFD_NONBLOCK | libc::SFD_CLOEXEC)
    };
    if raw < 0 {
        return Err(LinkError::last("signalfd"));
    }
    // SAFETY: the kernel just gave us this descriptor and nobody else knows it.
    // JUSTIFICATION: it must be closed exactly once.
    Ok(unsafe { OwnedFd::from_raw_fd(raw) })
}

/// A panic writes what happened and ends the process; the usual report makes system calls that a seal forbids.
pub(crate) fn exit_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        let mut message = Vec::new();
        // Writing to memory and then to standard error: neither can be helped if it fails.
        let _ = writeln!(message, "{panic}");
        let _ = io::stderr().write_all(&message);
        exit(PANIC_STATUS)
    }));
}

/// Ends the process at once.
pub(crate) fn exit(status: i32) -> ! {
    // SAFETY: does not return, and runs no code of ours. JUSTIFICATION: `std::process::exit` runs hooks of libc and
    // of the language around us, which make system calls that a seal forbids.
    unsafe { libc::_exit(status) }
}

fn control(option: i32, argument: libc::c_ulong, call: &'static str) -> Result<(), LinkError> {
    let none: libc::c_ulong = 0;
    // SAFETY: the options used here take numbers, no pointers. JUSTIFICATION: std has no prctl.
    let result = unsafe { libc::prctl(option, argument, none, none, none) };
    if result < 0 {
        Err(LinkError::last(call))
    } else {
        Ok(())
    }
}

fn limit(
    resource: libc::__rlimit_resource_t,
    most: libc::rlim_t,
    call: &'static str,
) -> Result<(), LinkError> {
    let both = libc::rlimit {
        rlim_cur: most,
        rlim_max: most,
    };
    // SAFETY: the kernel reads one struct that we own. JUSTIFICATION: std has no limits.
    let result = unsafe { libc::setrlimit(resource, &raw const both) };
    if result < 0 {
        Err(LinkError::last(call))
    } else {
        Ok(())
    }
}
