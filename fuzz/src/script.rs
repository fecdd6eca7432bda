//! Fuzz inputs as scripts: values taken off the front until the bytes run out.

/// What is left of an input.
pub struct Script<'a>(pub &'a [u8]);

impl<'a> Script<'a> {
    /// The next byte.
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// The next bytes, as many as the one before them says, or what is left.
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::from(self.byte()?);
        let (taken, rest) = self.0.split_at_checked(length).unwrap_or((self.0, &[]));
        self.0 = rest;
        Some(taken)
    }

    /// One of the choices.
    pub fn choice<T: Copy>(&mut self, choices: &[T]) -> Option<T> {
        let index = usize::from(self.byte()?) % choices.len();
        choices.get(index).copied()
    }
}
