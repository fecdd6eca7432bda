//! Reads JSON into values that are there already and hold the defaults.
use crate::error::JobError;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;
use core::str::FromStr;

/// Deepest nesting of what is passed over.
const DEPTH_MAX: u32 = 64;

/// A place for a value.
pub(super) trait Read {
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<()>;
}

/// A text with a place in it.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

/// What was wrong, where the reader is now.
pub(super) type Result<T> = core::result::Result<T, String>;

pub(super) fn error(wrong: &str, line: usize, column: usize) -> JobError {
    let mut reason = String::from(wrong);
    for (word, number) in [(" at line ", line), (" column ", column)] {
        reason.push_str(word);
        reason.push_str(&number.to_string());
    }
    JobError::Json {
        line,
        column,
        reason,
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Line and column, from 1.
    pub(super) fn place(&self) -> (usize, usize) {
        let before = self.text.as_bytes().get(..self.at).unwrap_or_default();
        let (mut line, mut column) = (1, 1);
        for byte in before {
            column += 1;
            if *byte == b'\n' {
                (line, column) = (line + 1, 1);
            }
        }
        (line, column)
    }

    /// An object of fields with these names, or a list of them in their order, into their places. Names with a star
    /// must be there, and each at most once.
    #[inline(never)]
    pub(super) fn object(&mut self, names: &str, places: &mut [&mut dyn Read]) -> Result<()> {
        let is_list = self.take(b'[');
        let end = if is_list { b']' } else { b'}' };
        if !is_list {
            self.expect(b'{')?;
        }
        let (mut seen, mut count) = (0_u32, 0);
        while !self.take(end) {
            if count > 0 {
                self.expect(b',')?;
            }
            let index = if is_list {
                count
            } else {
                let name = self.string()?;
                let found = position(names, &name);
                let found = found.ok_or_else(|| quoted("unknown field", &name))?;
                self.expect(b':')?;
                found
            };
            let place = places.get_mut(index).ok_or("too many elements")?;
            if seen & 1 << index != 0 {
                return Err(String::from("a field is there twice"));
            }
            seen |= 1 << index;
            place.read(self)?;
            count += 1;
        }
        let mut missing = names.split(' ').enumerate();
        match missing.find(|(index, name)| name.ends_with('*') && seen & 1 << index == 0) {
            Some((_, name)) => Err(quoted("missing field", name.trim_end_matches('*'))),
            None => Ok(()),
        }
    }

    /// One of some names, as a string, or as `{"name": null}`: its position.
    pub(super) fn choice(&mut self, names: &str) -> Result<usize> {
        let is_object = self.take(b'{');
        let name = self.string()?;
        if is_object {
            self.expect(b':')?;
            self.literal("null")?;
            self.expect(b'}')?;
        }
        position(names, &name).ok_or_else(|| quoted("unknown value", &name))
    }

    /// A whole number up to a limit.
    #[inline(never)]
    pub(super) fn number(&mut self, max: u64) -> Result<u64> {
        self.peek();
        let start = self.at;
        self.digits()?;
        if matches!(self.byte(), Some(b'.' | b'e' | b'E')) {
            return Err(String::from("expected a whole number"));
        }
        let digits = self.text.get(start..self.at).unwrap_or_default();
        let number = u64::from_str(digits).ok().filter(|number| *number <= max);
        number.ok_or_else(|| String::from("a number is too large"))
    }

    /// A string.
    #[inline(never)]
    pub(super) fn string(&mut self) -> Result<String> {
        self.expect(b'"')?;
        let mut out = String::new();
        loop {
            let start = self.at;
            while matches!(self.byte(), Some(byte) if byte >= b' ' && !matches!(byte, b'"' | b'\\'))
            {
                self.at += 1;
            }
            out.push_str(self.text.get(start..self.at).unwrap_or_default());
            match self.next_byte() {
                Some(b'"') => return Ok(out),
                Some(b'\\') => out.push(self.escaped()?),
                _ => return Err(String::from("expected the end of a string")),
            }
        }
    }

    /// The text of any value, which may be nested that deep.
    pub(super) fn any(&mut self) -> Result<&'a str> {
        self.peek();
        let start = self.at;
        self.pass_over(0)?;
        Ok(self.text.get(start..self.at).unwrap_or_default())
    }

    fn pass_over(&mut self, depth: u32) -> Result<()> {
        let first = self.peek().unwrap_or_default();
        match first {
            b'"' => self.string().map(drop),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            b'[' | b'{' if depth < DEPTH_MAX => {
                self.at += 1;
                // In ASCII the end of each is the second after its begin.
                let (end, mut count) = (first + 2, 0);
                while !self.take(end) {
                    if count > 0 {
                        self.expect(b',')?;
                    }
                    if first == b'{' {
                        self.string()?;
                        self.expect(b':')?;
                    }
                    self.pass_over(depth + 1)?;
                    count += 1;
                }
                Ok(())
            }
            _ => self.any_number(),
        }
    }

    fn any_number(&mut self) -> Result<()> {
        self.take(b'-');
        self.digits()?;
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.some_digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.some_digits()?;
        }
        Ok(())
    }

    /// Digits without a zero before others.
    fn digits(&mut self) -> Result<()> {
        let starts_with_zero = self.byte() == Some(b'0');
        let start = self.at;
        self.some_digits()?;
        if starts_with_zero && self.at > start + 1 {
            return Err(String::from("a number begins with 0"));
        }
        Ok(())
    }

    fn some_digits(&mut self) -> Result<()> {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start {
            return Err(String::from("expected a number"));
        }
        Ok(())
    }

    fn escaped(&mut self) -> Result<char> {
        Ok(match self.next_byte() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let mut code = self.hexadecimal()?;
                if (0xd800..0xdc00).contains(&code) && self.rest().starts_with("\\u") {
                    self.at += 2;
                    let low = self.hexadecimal()?.wrapping_sub(0xdc00);
                    // What is no second half is no character with the first one either.
                    code = if low < 0x400 {
                        0x1_0000 + ((code - 0xd800) << 10 | low)
                    } else {
                        code
                    };
                }
                char::from_u32(code).ok_or("half of a character is missing")?
            }
            _ => return Err(String::from("unknown escape in a string")),
        })
    }

    fn hexadecimal(&mut self) -> Result<u32> {
        let digits = self.rest().get(..4).unwrap_or_default();
        let is_hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let code = u32::from_str_radix(digits, 16)
            .ok()
            .filter(|_| is_hexadecimal);
        self.at += 4;
        code.ok_or_else(|| String::from("expected four hexadecimal digits"))
    }

    /// Nothing may follow.
    pub(super) fn end(&mut self) -> Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(String::from("trailing characters")),
        }
    }

    pub(super) fn literal(&mut self, word: &str) -> Result<()> {
        self.peek();
        if !self.rest().starts_with(word) {
            return Err(quoted("expected", word));
        }
        self.at += word.len();
        Ok(())
    }

    fn expect(&mut self, byte: u8) -> Result<()> {
        if self.take(byte) {
            return Ok(());
        }
        Err(quoted(
            "expected",
            char::from(byte).encode_utf8(&mut [0; 4]),
        ))
    }

    /// Takes a byte, behind any white space, if it is the next.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// The next byte behind any white space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.byte()
    }

    fn next_byte(&mut self) -> Option<u8> {
        let byte = self.byte();
        self.at += usize::from(byte.is_some());
        byte
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }
}

/// The place of a name in a list that spaces separate.
fn position(names: &str, name: &str) -> Option<usize> {
    names
        .split(' ')
        .position(|known| known.trim_end_matches('*') == name)
}

/// A message about a name, cut where somebody sends a long one.
fn quoted(message: &str, name: &str) -> String {
    const LENGTH_MAX: usize = 60;
    let mut out = String::from(message);
    out.push_str(" `");
    out.extend(name.chars().take(LENGTH_MAX));
    out.push('`');
    out
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl Read for $number {
            fn read(&mut self, reader: &mut Reader<'_>) -> Result<()> {
                let number = reader.number(<$number>::MAX.into())?;
                *self = <$number>::try_from(number).unwrap_or(<$number>::MAX);
                Ok(())
            }
        }
    )*};
}
numbers!(u8 u16 u32 u64);

impl Read for bool {
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        *self = reader.peek() == Some(b't');
        reader.literal(if *self { "true" } else { "false" })
    }
}

impl Read for String {
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        *self = reader.string()?;
        Ok(())
    }
}

impl Read for IpAddr {
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        let text = reader.string()?;
        *self = text
            .parse()
            .map_err(|_| quoted("expected an address, found", &text))?;
        Ok(())
    }
}

impl Read for Option<u64> {
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        if reader.peek() == Some(b'n') {
            *self = None;
            return reader.literal("null");
        }
        self.insert(0).read(reader)
    }
}

/// A list of things that begin as a given one.
pub(super) fn list<T: Read + Copy>(
    things: &mut Vec<T>,
    first: T,
    reader: &mut Reader<'_>,
) -> Result<()> {
    reader.expect(b'[')?;
    while !reader.take(b']') {
        if !things.is_empty() {
            reader.expect(b',')?;
        }
        let mut thing = first;
        thing.read(reader)?;
        things.push(thing);
    }
    Ok(())
}
