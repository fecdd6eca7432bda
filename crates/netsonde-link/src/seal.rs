//! Giving up every right, once the sockets are open and before a packet is read.
//!
//! What reads hostile bytes should have nothing to lose: after [`seal`] the process has no capability and can get
//! none, has no user and no group of its own, opens no descriptor, and can make only the system calls that move
//! packets, memory and time. A call beyond those ends it at once.
use crate::LinkError;
use crate::sandbox;
use crate::sys::process;
use std::os::fd::OwnedFd;

/// User and group "nobody".
const NOBODY: u32 = 65_534;

/// Gives up every right of this process, for good. Works with and without root; needs a single thread.
///
/// # Errors
/// [`LinkError::Threads`] where there are other threads, [`LinkError::Call`] where the kernel lacks something
/// (seccomp), [`LinkError::StillPrivileged`] if a capability is left after all.
pub fn seal() -> Result<(), LinkError> {
    seal_with(|| Ok(()))
}

/// The same, and starts threads in between: born without rights, and restricted with the others.
///
/// # Errors
/// As [`seal`], and those of `start`.
pub fn seal_with(start: impl FnOnce() -> Result<(), LinkError>) -> Result<(), LinkError> {
    let threads = process::threads()?;
    if threads != 1 {
        return Err(LinkError::Threads { found: threads });
    }
    process::drop_bounding_set()?;
    if process::is_root() {
        // In a user namespace that maps no such user we stay who we are: root of nothing but that namespace, and
        // about to be without capabilities even there.
        match process::become_user(NOBODY) {
            Err(error) if matches!(error.errno(), Some(libc::EINVAL | libc::EPERM)) => {}
            other => other?,
        }
    }
    process::clear_capabilities()?;
    // After the change of user, which would undo it.
    process::die_with_parent()?;
    process::no_new_privileges()?;
    process::not_dumpable()?;
    process::few_descriptors()?;
    let left = process::capabilities()?;
    if left != 0 {
        return Err(LinkError::StillPrivileged { capabilities: left });
    }
    start()?;
    process::install_seccomp(&sandbox::program())
}

/// What an engine does before it is sealed: asks to be woken on time to the nanosecond, keeps its memory, leaves Ctrl-C and hang-ups to
/// its parent, and turns SIGTERM into a descriptor to wait for.
///
/// # Errors
/// [`LinkError::Call`] where the kernel refuses.
pub fn prepare() -> Result<OwnedFd, LinkError> {
    process::no_timer_slack()?;
    process::keep_memory();
    process::ignore_signal(libc::SIGINT)?;
    process::ignore_signal(libc::SIGHUP)?;
    process::ignore_signal(libc::SIGPIPE)?;
    process::exit_on_panic();
    process::signal_descriptor(libc::SIGTERM)
}

/// Ends the process at once: no destructor, no hook of the language around us runs sealed.
pub fn exit(status: i32) -> ! {
    process::exit(status)
}
