//! What can be wrong with what the caller gave us.
use core::fmt;

/// Why there is no lab.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LabError {
    /// The topology is no JSON.
    Syntax {
        /// 1-based.
        line: usize,
        /// 1-based.
        column: usize,
        /// What the reader says.
        message: String,
    },
    /// A value of the topology cannot be used.
    Topology {
        /// Path of the value, such as `links.pe1-p1.ends`.
        key: String,
        /// What would have been usable.
        expected: String,
        /// What was there.
        found: String,
    },
    /// A name given to the lab that its topology does not have.
    UnknownName {
        /// What was looked for, such as `"an attachment"`.
        kind: &'static str,
        /// The name.
        found: String,
    },
}

impl LabError {
    /// A value that cannot be used.
    pub(crate) fn topology(
        key: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Topology {
            key: key.into(),
            expected: expected.into(),
            found: found.into(),
        }
    }
}

impl fmt::Display for LabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax {
                line,
                column,
                message,
            } => {
                write!(f, "line {line}, column {column}: {message}")
            }
            Self::Topology {
                key,
                expected,
                found,
            } => {
                write!(f, "{key}: expected {expected}, found {found}")
            }
            Self::UnknownName { kind, found } => {
                write!(f, "expected the name of {kind}, found {found:?}")
            }
        }
    }
}

impl core::error::Error for LabError {}
