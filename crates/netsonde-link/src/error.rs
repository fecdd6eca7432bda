//! What can go wrong between us and the kernel; never what the network sends.
use std::fmt;
use std::io;

/// A failure of the host, not of the network.
#[derive(Debug)]
#[non_exhaustive]
pub enum LinkError {
    /// A system call failed.
    Call {
        /// The call and what it was for, such as `socket(AF_INET, SOCK_RAW)`.
        call: &'static str,
        /// What the kernel answered.
        source: io::Error,
    },
    /// An interface name that the kernel cannot hold.
    InterfaceName {
        /// The name.
        found: String,
        /// Longest length, in bytes.
        longest: usize,
    },
    /// A role of a descriptor that does not exist.
    Role {
        /// Its name.
        found: String,
    },
    /// A process to be sealed has several threads: some would keep their rights.
    Threads {
        /// How many.
        found: usize,
    },
    /// Capabilities are left after all were given up.
    StillPrivileged {
        /// As bits.
        capabilities: u64,
    },
    /// More descriptors than one wait can watch.
    TooManyDescriptors {
        /// How many were given.
        found: usize,
        /// How many fit.
        most: usize,
    },
}

impl LinkError {
    /// The failure of `call`, from `errno`.
    pub(crate) fn last(call: &'static str) -> Self {
        Self::Call {
            call,
            source: io::Error::last_os_error(),
        }
    }

    /// The kernel's error number, if a system call failed.
    pub fn errno(&self) -> Option<i32> {
        match self {
            Self::Call { source, .. } => source.raw_os_error(),
            _ => None,
        }
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call { call, source } => write!(f, "{call}: {source}"),
            Self::InterfaceName { found, longest } => {
                write!(
                    f,
                    "interface name {found:?}: expected 1 to {longest} bytes without NUL"
                )
            }
            Self::Role { found } => {
                write!(
                    f,
                    "role {found:?} of a descriptor: expected one such as \"icmp4\""
                )
            }
            Self::Threads { found } => write!(f, "{found} threads: expected a single one to seal"),
            Self::StillPrivileged { capabilities } => {
                write!(f, "capabilities {capabilities:#x} are left: expected none")
            }
            Self::TooManyDescriptors { found, most } => {
                write!(
                    f,
                    "{found} descriptors to wait for: expected at most {most}"
                )
            }
        }
    }
}

impl std::error::Error for LinkError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Call { source, .. } => Some(source),
            _ => None,
        }
    }
}
