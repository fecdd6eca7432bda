//! TCP options, read one at a time.
use alloc::vec::Vec;

const END_OF_LIST: u8 = 0;
const NOP: u8 = 1;
const MAXIMUM_SEGMENT_SIZE: u8 = 2;
const WINDOW_SCALE: u8 = 3;
const SACK_PERMITTED: u8 = 4;
const SACK: u8 = 5;
const TIMESTAMPS: u8 = 8;

/// One option; unknown kinds are kept raw, and so are known ones of a wrong length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TcpOption<'a> {
    /// Kind 1, padding.
    Nop,
    /// Kind 2, in bytes (RFC 9293).
    MaximumSegmentSize(u16),
    /// Kind 3, a power of two (RFC 7323).
    WindowScale(u8),
    /// Kind 4 (RFC 2018).
    SackPermitted,
    /// Kind 5 (RFC 2018): the raw blocks, 8 bytes each; read them with [`sack_blocks`].
    Sack(&'a [u8]),
    /// Kind 8 (RFC 7323).
    Timestamps {
        /// The sender's clock.
        value: u32,
        /// The receiver's clock, echoed.
        echo: u32,
    },
    /// Any other kind.
    Unknown {
        /// Kind as sent.
        kind: u8,
        /// What follows kind and length.
        data: &'a [u8],
    },
}

/// One block of received data (RFC 2018).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SackBlock {
    /// First sequence number of the block.
    pub left: u32,
    /// The sequence number just past it.
    pub right: u32,
}

/// The blocks of a [`TcpOption::Sack`].
pub fn sack_blocks(bytes: &[u8]) -> impl Iterator<Item = SackBlock> + '_ {
    bytes.as_chunks::<8>().0.iter().map(|block| {
        let [l0, l1, l2, l3, r0, r1, r2, r3] = *block;
        SackBlock {
            left: u32::from_be_bytes([l0, l1, l2, l3]),
            right: u32::from_be_bytes([r0, r1, r2, r3]),
        }
    })
}

/// The options in order; ends at the end-of-list or at the first one that does not fit.
pub fn options(bytes: &[u8]) -> impl Iterator<Item = TcpOption<'_>> {
    let mut rest = bytes;
    core::iter::from_fn(move || {
        let (option, after) = split(rest)?;
        rest = after;
        Some(option)
    })
}

fn split(bytes: &[u8]) -> Option<(TcpOption<'_>, &[u8])> {
    match *bytes {
        [] | [END_OF_LIST, ..] => None,
        [NOP, ref rest @ ..] => Some((TcpOption::Nop, rest)),
        [kind, length, ref rest @ ..] => {
            let (data, rest) = rest.split_at_checked(usize::from(length).checked_sub(2)?)?;
            Some((read(kind, data), rest))
        }
        [_] => None,
    }
}

fn read(kind: u8, data: &[u8]) -> TcpOption<'_> {
    match (kind, data) {
        (MAXIMUM_SEGMENT_SIZE, &[a, b]) => {
            TcpOption::MaximumSegmentSize(u16::from_be_bytes([a, b]))
        }
        (WINDOW_SCALE, &[shift]) => TcpOption::WindowScale(shift),
        (SACK_PERMITTED, []) => TcpOption::SackPermitted,
        (SACK, blocks) if !blocks.is_empty() && blocks.len().is_multiple_of(8) => {
            TcpOption::Sack(blocks)
        }
        (TIMESTAMPS, &[v0, v1, v2, v3, e0, e1, e2, e3]) => TcpOption::Timestamps {
            value: u32::from_be_bytes([v0, v1, v2, v3]),
            echo: u32::from_be_bytes([e0, e1, e2, e3]),
        },
        _ => TcpOption::Unknown { kind, data },
    }
}

/// Appends whole options while they fit into `room_max` bytes, padded with zero to four bytes.
pub(super) fn emit(options: &[TcpOption<'_>], room_max: usize, out: &mut Vec<u8>) {
    let start = out.len();
    for option in options {
        let before = out.len();
        emit_one(*option, out);
        if out.len() - start > room_max {
            out.truncate(before);
        }
    }
    let padded = (out.len() - start).next_multiple_of(4);
    out.resize(start + padded, END_OF_LIST);
}

fn emit_one(option: TcpOption<'_>, out: &mut Vec<u8>) {
    match option {
        TcpOption::Nop => out.push(NOP),
        TcpOption::MaximumSegmentSize(size) => {
            emit_raw(MAXIMUM_SEGMENT_SIZE, &size.to_be_bytes(), out);
        }
        TcpOption::WindowScale(shift) => emit_raw(WINDOW_SCALE, &[shift], out),
        TcpOption::SackPermitted => emit_raw(SACK_PERMITTED, &[], out),
        TcpOption::Sack(blocks) => emit_raw(SACK, blocks, out),
        TcpOption::Timestamps { value, echo } => {
            let [v0, v1, v2, v3] = value.to_be_bytes();
            let [e0, e1, e2, e3] = echo.to_be_bytes();
            emit_raw(TIMESTAMPS, &[v0, v1, v2, v3, e0, e1, e2, e3], out);
        }
        TcpOption::Unknown { kind, data } => emit_raw(kind, data, out),
    }
}

fn emit_raw(kind: u8, data: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    // Longer data exceeds the room for options and is taken back by the caller.
    out.push(u8::try_from(data.len() + 2).unwrap_or(u8::MAX));
    out.extend_from_slice(data);
}
