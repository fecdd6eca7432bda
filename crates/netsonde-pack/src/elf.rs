//! The file: its segments, before and after.
use crate::lz4::{self, Step};
use std::fmt;

/// By this the first page says where the packer finds what to fill in: `unpack.s` of the image.
const MARK: &[u8; 8] = b"netsonde";
const PAGE: usize = 4096;
const HEADER_LEN: usize = 64;
const SEGMENT_LEN: usize = 56;
const SEGMENTS_MAX: usize = 16;
const PT_LOAD: u64 = 1;
const READ_WRITE: u64 = 6;
/// The unpacker writes eight bytes at a time, seven of them perhaps too many, and may read as many.
const AHEAD: usize = 16;

/// Why a file cannot be packed: what was expected of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackError(&'static str);

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the image cannot be packed: expected {}", self.0)
    }
}

impl std::error::Error for PackError {}

/// A program header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Segment {
    kind: u64,
    flags: u64,
    offset: usize,
    start: usize,
    in_file: usize,
    in_memory: usize,
    align: u64,
}

/// What the first page says of itself.
#[derive(Clone, Copy, Debug)]
struct Marked {
    /// Where in the file the begin and the end of the block go.
    fields: usize,
    /// What is unpacked, as addresses.
    from: usize,
    to: usize,
    /// The block ends before this.
    limit: usize,
}

/// The file with all from its second page on packed.
///
/// # Errors
/// When it is no image as `link.ld` makes it.
pub fn pack(elf: &[u8]) -> Result<Vec<u8>, PackError> {
    let segments = segments(elf).ok_or(PackError("an ELF file with whole segments"))?;
    let loads = segments.iter().filter(|segment| segment.kind == PT_LOAD);
    let loads: Vec<Segment> = loads.copied().collect();
    let (Some(first), Some(last)) = (loads.first(), loads.last()) else {
        return Err(PackError("segments to load"));
    };
    let marked = marked(elf, first).ok_or(PackError("one mark in the first page"))?;
    let plain = plain(elf, &loads, marked).ok_or(PackError("segments that touch each other"))?;
    let block = lz4::compress(&plain);
    let at = place(&block, &plain, marked)?;
    let room_left = (last.start + last.in_memory).checked_sub(at);
    let in_memory = room_left
        .filter(|room| *room >= block.len())
        .ok_or(PackError("a last segment that holds the block"))?;
    let page = at - at % PAGE;
    let kept = marked.from - first.start;
    let shim = Segment {
        in_file: kept,
        in_memory: kept,
        offset: PAGE,
        ..*first
    };
    let room = Segment {
        flags: READ_WRITE,
        offset: PAGE + kept,
        start: marked.from,
        in_file: 0,
        in_memory: page - marked.from,
        ..*first
    };
    let packed = Segment {
        offset: PAGE + kept + at % PAGE,
        start: at,
        in_file: block.len(),
        in_memory,
        ..room
    };
    let others = segments.iter().filter(|segment| segment.kind != PT_LOAD);
    let others = others
        .map(|other| moved(*other, first, kept))
        .collect::<Option<Vec<_>>>();
    let others = others.ok_or(PackError("notes in the first page"))?;
    let mut out = header(elf, &[vec![shim, room, packed], others].concat());
    out.extend_from_slice(&elf[first.offset..first.offset + kept]);
    out.resize(packed.offset, 0);
    out.extend_from_slice(&block);
    let fields = marked.fields - first.offset + PAGE;
    out[fields..fields + 4].copy_from_slice(&word(at));
    out[fields + 4..fields + 8].copy_from_slice(&word(at + block.len()));
    Ok(out)
}

/// Where the block goes: as far in front as it can be read before it is written over.
fn place(block: &[u8], plain: &[u8], marked: Marked) -> Result<usize, PackError> {
    let mut ahead = 0;
    let mut out = Vec::new();
    let each = |step: Step| ahead = ahead.max((step.written + AHEAD).saturating_sub(step.read));
    lz4::read(block, plain.len(), &mut out, each).ok_or(PackError("its own block"))?;
    if out != plain {
        return Err(PackError("a block that gives back what was packed"));
    }
    // Where a page begins, the file needs nothing in front.
    let at = marked.from + ahead;
    let places = [at.next_multiple_of(PAGE), at];
    let mut fitting = places
        .into_iter()
        .filter(|at| at + block.len() <= marked.limit);
    fitting
        .next()
        .ok_or(PackError("more room behind the data: see link.ld"))
}

/// A segment that is not loaded: empty, or in the page that is kept.
fn moved(other: Segment, first: &Segment, kept: usize) -> Option<Segment> {
    if other.in_file == 0 {
        return Some(other);
    }
    let at = other.offset.checked_sub(first.offset)?;
    (at + other.in_file <= kept).then_some(Segment {
        offset: PAGE + at,
        ..other
    })
}

/// What is to be unpacked, as it is in memory.
fn plain(elf: &[u8], loads: &[Segment], marked: Marked) -> Option<Vec<u8>> {
    let mut plain = vec![0; marked.to.checked_sub(marked.from)?];
    for load in loads {
        let bytes = elf.get(load.offset..load.offset + load.in_file)?;
        let skipped = marked.from.saturating_sub(load.start);
        let bytes = bytes.get(skipped..)?;
        let at = (load.start + skipped).checked_sub(marked.from)?;
        plain.get_mut(at..at + bytes.len())?.copy_from_slice(bytes);
    }
    Some(plain)
}

fn marked(elf: &[u8], first: &Segment) -> Option<Marked> {
    let page = elf.get(first.offset..first.offset + PAGE)?;
    let mut places = page.windows(MARK.len()).enumerate();
    let (at, _) = places.find(|(_, bytes)| bytes == MARK)?;
    if places.any(|(_, bytes)| bytes == MARK) {
        return None;
    }
    let fields = first.offset + at + MARK.len();
    let (from, to, limit) = (
        number(elf, fields + 8, 4)?,
        number(elf, fields + 12, 4)?,
        number(elf, fields + 16, 4)?,
    );
    let is_aligned = first.start.is_multiple_of(PAGE) && from.is_multiple_of(PAGE);
    let is_sound = first.start < from && is_aligned && to <= limit;
    let kept = from.checked_sub(first.start)?;
    (is_sound && kept <= first.in_file).then_some(Marked {
        fields,
        from,
        to,
        limit,
    })
}

fn segments(elf: &[u8]) -> Option<Vec<Segment>> {
    let (table, count) = (number(elf, 32, 8)?, number(elf, 56, 2)?);
    if !elf.starts_with(b"\x7fELF\x02\x01") || count > SEGMENTS_MAX {
        return None;
    }
    let read = |index: usize| {
        let at = table.checked_add(index * SEGMENT_LEN)?;
        let segment = Segment {
            kind: number(elf, at, 4)? as u64,
            flags: number(elf, at + 4, 4)? as u64,
            offset: number(elf, at + 8, 8)?,
            start: number(elf, at + 16, 8)?,
            in_file: number(elf, at + 32, 8)?,
            in_memory: number(elf, at + 40, 8)?,
            align: number(elf, at + 48, 8)? as u64,
        };
        let end = segment.offset.checked_add(segment.in_file)?;
        let in_memory = segment.start.checked_add(segment.in_memory)?;
        (end <= elf.len() && in_memory < 1 << 32).then_some(segment)
    };
    (0..count).map(read).collect()
}

/// The first page: the old header, and new segments right behind it. There are no sections.
fn header(elf: &[u8], segments: &[Segment]) -> Vec<u8> {
    let mut out = elf[..HEADER_LEN].to_vec();
    out[32..40].copy_from_slice(&(HEADER_LEN as u64).to_le_bytes());
    out[40..48].fill(0);
    out[56] = u8::try_from(segments.len()).unwrap_or(0);
    out[57..HEADER_LEN].fill(0);
    for segment in segments {
        out.extend((segment.kind | segment.flags << 32).to_le_bytes());
        for field in [
            segment.offset,
            segment.start,
            segment.start,
            segment.in_file,
            segment.in_memory,
        ] {
            out.extend((field as u64).to_le_bytes());
        }
        out.extend(segment.align.to_le_bytes());
    }
    out.resize(PAGE, 0);
    out
}

/// An address, which `segments` has seen to be below 4 GiB.
fn word(address: usize) -> [u8; 4] {
    u32::try_from(address).unwrap_or(0).to_le_bytes()
}

/// A number of up to eight bytes.
fn number(bytes: &[u8], at: usize, len: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(len)?)?;
    let number = bytes
        .iter()
        .rev()
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    usize::try_from(number).ok()
}

#[cfg(test)]
mod tests;
