//! What can be wrong with a job.
use alloc::string::{String, ToString};
use core::fmt;

/// Why a job was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobError {
    /// A field has a value that no measurement can be made with.
    Field {
        /// The field as it is written in JSON, such as `"targets[3].source"`.
        field: String,
        /// What would have been accepted.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// The bytes are no JSON object of the job's schema.
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the reader says.
        reason: String,
    },
}

impl JobError {
    /// The field, `"job"` if the whole of it cannot be read.
    pub fn field(&self) -> &str {
        match self {
            Self::Field { field, .. } => field,
            Self::Json { .. } => "job",
        }
    }

    /// What would have been accepted.
    pub fn expected(&self) -> &str {
        match self {
            Self::Field { expected, .. } => expected,
            Self::Json { .. } => "a JSON object of the job's schema",
        }
    }

    /// What came.
    pub fn found(&self) -> &str {
        match self {
            Self::Field { found, .. } => found,
            Self::Json { reason, .. } => reason,
        }
    }

    pub(crate) fn new(
        field: impl Into<String>,
        expected: &'static str,
        found: impl fmt::Display + Copy,
    ) -> Self {
        Self::Field {
            field: field.into(),
            expected,
            found: found.to_string(),
        }
    }
}

impl From<serde_json::Error> for JobError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json {
            line: error.line(),
            column: error.column(),
            reason: error.to_string(),
        }
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: expected {}, found {}",
            self.field(),
            self.expected(),
            self.found()
        )
    }
}

impl core::error::Error for JobError {}
