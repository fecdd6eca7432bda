//! Writes JSON without white space.
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

/// A value that has a JSON form.
pub(super) trait Write {
    fn write(&self, writer: &mut Writer<'_>);
}

/// JSON so far.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    pub(super) fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// An object of its fields; `tag` begins it: `{`, or also the field that tells what it is.
    #[inline(never)]
    pub(super) fn object(&mut self, tag: &str, names: &str, values: &[&dyn Write]) {
        self.raw(tag);
        for (name, value) in names.split(' ').zip(values) {
            self.raw(if self.out.last() == Some(&b'{') {
                "\""
            } else {
                ",\""
            });
            self.raw(name);
            self.raw("\":");
            value.write(self);
        }
        self.raw("}");
    }

    #[inline(never)]
    pub(super) fn number(&mut self, number: u64) {
        let (mut digits, mut left) = ([0; 20], number);
        let mut start = digits.len();
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(left % 10).unwrap_or(0);
            left /= 10;
            start -= 1;
            if left == 0 {
                break;
            }
        }
        self.out
            .extend_from_slice(digits.get(start..).unwrap_or_default());
    }

    #[inline(never)]
    pub(super) fn string(&mut self, text: &str) {
        const HEXADECIMAL: &[u8; 16] = b"0123456789abcdef";
        self.raw("\"");
        for byte in text.bytes() {
            let escape = match byte {
                b'"' | b'\\' => byte,
                8 => b'b',
                9 => b't',
                10 => b'n',
                12 => b'f',
                13 => b'r',
                0..32 => {
                    self.raw(if byte < 16 { "\\u000" } else { "\\u001" });
                    self.out.push(HEXADECIMAL[usize::from(byte % 16)]);
                    continue;
                }
                _ => {
                    self.out.push(byte);
                    continue;
                }
            };
            self.out.extend_from_slice(&[b'\\', escape]);
        }
        self.raw("\"");
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl Write for $number {
            fn write(&self, writer: &mut Writer<'_>) {
                writer.number((*self).into());
            }
        }
    )*};
}
numbers!(u8 u16 u32 u64);

impl Write for i16 {
    fn write(&self, writer: &mut Writer<'_>) {
        if *self < 0 {
            writer.raw("-");
        }
        writer.number(self.unsigned_abs().into());
    }
}

/// Only shares in percent are no whole numbers, and they have one decimal: more would take kilobytes.
impl Write for f32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share is from 0 to 100"
    )]
    fn write(&self, writer: &mut Writer<'_>) {
        let tenths = (self * 10.0 + 0.5) as u64;
        writer.number(tenths / 10);
        writer.raw(".");
        writer.number(tenths % 10);
    }
}

impl Write for bool {
    fn write(&self, writer: &mut Writer<'_>) {
        writer.raw(if *self { "true" } else { "false" });
    }
}

impl Write for String {
    fn write(&self, writer: &mut Writer<'_>) {
        writer.string(self);
    }
}

impl Write for IpAddr {
    fn write(&self, writer: &mut Writer<'_>) {
        writer.string(&self.to_string());
    }
}

impl<T: Write> Write for Option<T> {
    fn write(&self, writer: &mut Writer<'_>) {
        match self {
            Some(value) => value.write(writer),
            None => writer.raw("null"),
        }
    }
}

impl<T: Write> Write for Vec<T> {
    fn write(&self, writer: &mut Writer<'_>) {
        for (index, value) in self.iter().enumerate() {
            writer.raw(if index == 0 { "[" } else { "," });
            value.write(writer);
        }
        writer.raw(if self.is_empty() { "[]" } else { "]" });
    }
}

impl<A: Write, B: Write> Write for (A, B) {
    fn write(&self, writer: &mut Writer<'_>) {
        writer.raw("[");
        self.0.write(writer);
        writer.raw(",");
        self.1.write(writer);
        writer.raw("]");
    }
}
