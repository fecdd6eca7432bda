//! The one error of this crate.
use core::fmt;

/// Why bytes are not the packet they were taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WireError {
    /// The bytes end before `field` does.
    Short {
        /// The first field that is not wholly there, such as `"ipv4.destination"`.
        field: &'static str,
        /// Bytes needed from the start of the header that holds the field.
        needed: usize,
        /// Bytes there were.
        got: usize,
    },
    /// A field holds a value that this parser cannot read.
    Invalid {
        /// The field, such as `"ip.version"`.
        field: &'static str,
        /// What would have been readable.
        expected: &'static str,
        /// What came.
        found: u32,
    },
}

/// The fields of a fixed header in order, each with the offset just past its end.
pub(crate) type Fields = [(&'static str, usize)];

impl WireError {
    /// The error for a header of which only `got` bytes are there.
    pub(crate) fn short(fields: &Fields, got: usize) -> Self {
        let missing = fields.iter().find(|(_, end)| *end > got);
        debug_assert!(missing.is_some(), "a short header lacks one of its fields");
        let (field, needed) = missing.copied().unwrap_or(("header", got + 1));
        Self::Short { field, needed, got }
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short { field, needed, got } => {
                write!(
                    f,
                    "{field} is cut short: {needed} bytes needed, {got} there"
                )
            }
            Self::Invalid {
                field,
                expected,
                found,
            } => {
                write!(f, "{field}: expected {expected}, found {found}")
            }
        }
    }
}

impl core::error::Error for WireError {}

#[cfg(test)]
mod tests {
    use super::WireError;
    use alloc::string::ToString;

    const FIELDS: &[(&str, usize)] = &[("x.a", 2), ("x.b", 4)];

    #[test]
    fn the_first_missing_field_is_named() {
        for (got, field, needed) in [(0, "x.a", 2), (1, "x.a", 2), (2, "x.b", 4), (3, "x.b", 4)] {
            assert_eq!(
                WireError::short(FIELDS, got),
                WireError::Short { field, needed, got }
            );
        }
    }

    #[test]
    fn errors_read_as_sentences() {
        let short = WireError::Short {
            field: "udp.length",
            needed: 6,
            got: 5,
        };
        assert_eq!(
            short.to_string(),
            "udp.length is cut short: 6 bytes needed, 5 there"
        );
        let invalid = WireError::Invalid {
            field: "ip.version",
            expected: "4 or 6",
            found: 7,
        };
        assert_eq!(invalid.to_string(), "ip.version: expected 4 or 6, found 7");
    }
}
