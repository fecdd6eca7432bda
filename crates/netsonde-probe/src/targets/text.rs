//! Lines of target files.
use super::block::{Host, Selection, SelectionError};
use super::prefix::{Family, Prefix, PrefixError};
use super::space::Space;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

/// What of a line is kept that was not understood.
const TEXT_MAX: usize = 512;

/// How lines are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineOptions {
    /// The only family that is welcome, if not both.
    pub family: Option<Family>,
    /// For IPv4 prefixes that say nothing themselves.
    pub v4: Selection,
    /// For IPv6 prefixes that say nothing themselves.
    pub v6: Selection,
}

impl Default for LineOptions {
    fn default() -> Self {
        Self {
            family: None,
            v4: Selection::All,
            v6: Selection::All,
        }
    }
}

/// A line that is neither address nor prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// From 0.
    pub line: u64,
    /// Its text, without comment and outer blanks: whatever bytes they are.
    pub text: Vec<u8>,
    /// What was expected instead; `None` where it may be a host name, or an address that needs an explanation.
    pub expected: Option<String>,
}

/// Adds the addresses and prefixes in lines of text to a space, and returns the number of lines and what else is there.
///
/// A line is an address; a prefix, and after blanks `all`, `each=LENGTH`, `host=N`, `host=random` or `random=COUNT`;
/// or empty. `#` begins a comment.
pub fn read_lines(space: &mut Space, text: &[u8], options: &LineOptions) -> (u64, Vec<Leftover>) {
    let mut left = Vec::new();
    let mut lines = 0;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let bare = line.split(|&byte| byte == b'#').next().unwrap_or(&[]);
        let bare = bare.trim_ascii();
        if let Err(expected) = read_line(space, bare, options) {
            left.push(Leftover {
                line: lines,
                text: bare[..bare.len().min(TEXT_MAX)].to_vec(),
                expected: expected.map(|problem| problem.to_string()),
            });
        }
        lines += 1;
    }
    (lines, left)
}

/// `Err(None)` where the line may be a host name.
fn read_line(
    space: &mut Space,
    line: &[u8],
    options: &LineOptions,
) -> Result<(), Option<LineError>> {
    if line.is_empty() {
        return Ok(());
    }
    let line = core::str::from_utf8(line).map_err(|_| Some(LineError::Line))?;
    let mut words = line.split_ascii_whitespace();
    let first = words.next().unwrap_or_default();
    if !first.contains('/') {
        if words.next().is_some() {
            return Err(Some(LineError::Line));
        }
        let address: IpAddr = first.parse().map_err(|_| None)?;
        let is_mapped = matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some());
        if is_mapped || !is_welcome(address, options.family) {
            return Err(None);
        }
        return space
            .add_address(address)
            .map_err(|error| Some(error.into()));
    }
    let prefix: Prefix = first
        .parse()
        .map_err(|error| Some(LineError::Prefix(error)))?;
    if options
        .family
        .is_some_and(|family| family != prefix.family())
    {
        return Err(Some(LineError::Family));
    }
    let default = match prefix.family() {
        Family::V4 => options.v4,
        Family::V6 => options.v6,
    };
    let selection = read_selection(words, default, prefix.family()).map_err(Some)?;
    space
        .add_prefix(prefix, selection)
        .map_err(|error| Some(error.into()))
}

fn is_welcome(address: IpAddr, family: Option<Family>) -> bool {
    family.is_none_or(|family| address.is_ipv4() == (family == Family::V4))
}

fn read_selection<'a>(
    words: impl Iterator<Item = &'a str>,
    default: Selection,
    family: Family,
) -> Result<Selection, LineError> {
    let mut read: Option<Selection> = None;
    let mut host = None;
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let once = match name {
            "all" if value.is_empty() && word == name => Selection::All,
            "each" => Selection::each(number(value)?, family),
            "random" => Selection::Random {
                count: number(value)?,
            },
            "host" if host.is_none() => {
                host = Some(match value {
                    "random" => Host::Random,
                    _ => Host::Fixed(number(value)?),
                });
                continue;
            }
            _ => return Err(LineError::Words),
        };
        if read.replace(once).is_some() {
            return Err(LineError::Words);
        }
    }
    match (read.unwrap_or(default), host) {
        (Selection::Each { len, .. }, Some(host)) => Ok(Selection::Each { len, host }),
        (_, Some(_)) => Err(LineError::Words),
        // A length for all lines comes with its own host.
        (selection, None) => Ok(selection),
    }
}

impl Selection {
    /// Reads a selection as a line has it after a prefix: `each=24 host=random`.
    ///
    /// # Errors
    /// When it cannot be read; whether it fits a prefix shows there.
    pub fn parse(text: &str, family: Family) -> Result<Self, LineError> {
        read_selection(text.split_ascii_whitespace(), Self::All, family)
    }
}

/// A decimal number without sign or leading zeros.
fn number<T: core::str::FromStr>(text: &str) -> Result<T, LineError> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit())
        && (text.len() == 1 || !text.starts_with('0'));
    if !is_plain {
        return Err(LineError::Words);
    }
    text.parse().map_err(|_| LineError::Words)
}

/// What is wrong with a line that is no host name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineError {
    /// More than one word, or no text.
    Line,
    /// Words after a prefix that make no selection.
    Words,
    /// A prefix of the family that is not welcome.
    Family,
    /// No prefix.
    Prefix(PrefixError),
    /// A selection that does not fit its prefix.
    Selection(SelectionError),
}

impl core::error::Error for LineError {}

impl From<SelectionError> for LineError {
    fn from(error: SelectionError) -> Self {
        Self::Selection(error)
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line => write!(f, "one address, prefix or host name"),
            Self::Words => write!(
                f,
                "all, each=LENGTH, host=N, host=random or random=COUNT after a prefix"
            ),
            Self::Family => write!(f, "a prefix of the family that was asked for"),
            Self::Prefix(error) => error.fmt(f),
            Self::Selection(error) => error.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;
