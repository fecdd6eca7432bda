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
