//! The part of the Basic Encoding Rules (X.690) that SNMP uses: definite lengths, one-byte tags.
use crate::WireError;
use alloc::vec::Vec;

/// Identifier octets.
pub(super) mod tags {
    pub(in crate::snmp) const INTEGER: u8 = 0x02;
    pub(in crate::snmp) const OCTETS: u8 = 0x04;
    pub(in crate::snmp) const OBJECT: u8 = 0x06;
    pub(in crate::snmp) const SEQUENCE: u8 = 0x30;
    pub(in crate::snmp) const COUNTER32: u8 = 0x41;
    pub(in crate::snmp) const GET: u8 = 0xa0;
    pub(in crate::snmp) const REPORT: u8 = 0xa8;
}

/// Bit of a first length octet that says how many follow.
const LONG: u8 = 0x80;
/// Length octets that may follow: a datagram needs two, some agents always send four.
const LENGTH_OCTETS_MAX: usize = 4;
/// Content octets of a number that this crate reads: 32 bits and a sign octet. Longer ones may begin with zeros.
const INTEGER_OCTETS_MAX: usize = 8;

/// Bytes of which elements are taken from the front. There is no recursion: who reads enters each level by name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    /// The tag of the next element.
    pub(super) fn tag(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next element, opened.
    pub(super) fn enter(&mut self, field: &'static str, tag: u8) -> Result<Self, WireError> {
        self.bytes(field, tag).map(Self::new)
    }

    /// The contents of the next element.
    pub(super) fn bytes(&mut self, field: &'static str, tag: u8) -> Result<&'a [u8], WireError> {
        let short = |needed| WireError::Short {
            field,
            needed,
            got: self.rest.len(),
        };
        let [found, first, rest @ ..] = self.rest else {
            return Err(short(2));
        };
        if *found != tag {
            return Err(WireError::Invalid {
                field,
                expected: "another BER tag",
                found: u32::from(*found),
            });
        }
        let (length, rest) = if first & LONG == 0 {
            (usize::from(*first), rest)
        } else {
            let octets = usize::from(first & !LONG);
            if !(1..=LENGTH_OCTETS_MAX).contains(&octets) {
                return Err(WireError::Invalid {
                    field,
                    expected: "1 to 4 BER length octets",
                    found: u32::from(*first),
                });
            }
            let (length, rest) = rest.split_at_checked(octets).ok_or(short(2 + octets))?;
            (number(length), rest)
        };
        let before = self.rest.len() - rest.len();
        let (contents, rest) = rest
            .split_at_checked(length)
            .ok_or(short(before.saturating_add(length)))?;
        self.rest = rest;
        Ok(contents)
    }

    /// The next element as a number from 0 to 2^32-1.
    pub(super) fn integer(&mut self, field: &'static str) -> Result<u32, WireError> {
        let contents = self.bytes(field, tags::INTEGER)?;
        let (high, low) = contents.split_at(contents.len().saturating_sub(4));
        let fits = !contents.is_empty()
            && contents.len() <= INTEGER_OCTETS_MAX
            && high.iter().all(|octet| *octet == 0)
            // Four octets of which the first bit is set are a negative number.
            && !(high.is_empty() && low.first().is_some_and(|octet| octet & 0x80 != 0));
        if !fits {
            return Err(WireError::Invalid {
                field,
                expected: "a number from 0 to 4294967295",
                found: u32::try_from(contents.len()).unwrap_or(u32::MAX),
            });
        }
        Ok(low
            .iter()
            .fold(0, |value, octet| value << 8 | u32::from(*octet)))
    }
}

/// One element.
pub(super) fn tlv(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(contents.len() + 4);
    out.push(tag);
    match u8::try_from(contents.len()) {
        Ok(length) if length & LONG == 0 => out.push(length),
        Ok(length) => out.extend([LONG | 1, length]),
        Err(_) => {
            // A datagram has less than 2^16 bytes.
            let length = u16::try_from(contents.len()).unwrap_or(u16::MAX);
            out.push(LONG | 2);
            out.extend(length.to_be_bytes());
        }
    }
    out.extend_from_slice(contents);
    out
}

/// A number, in as few octets as its sign allows.
pub(super) fn integer(value: u32) -> Vec<u8> {
    let octets = u64::from(value).to_be_bytes();
    let leading = octets
        .windows(2)
        .take_while(|pair| pair[0] == 0 && pair[1] & 0x80 == 0)
        .count();
    tlv(tags::INTEGER, &octets[leading..])
}

fn number(octets: &[u8]) -> usize {
    octets
        .iter()
        .fold(0, |value, octet| value << 8 | usize::from(*octet))
}
