//! Packets put together from fragments (RFC 791, RFC 815, RFC 8200 section 4.5, RFC 5722).
//!
//! No clock: times are arguments, and what was given up is found when the next fragment comes.
use super::{IpPacket, v4, v6};
use crate::checksum;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::net::IpAddr;

/// What a [`Reassembler`] holds at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Packets in the making; the oldest gives way to a new one.
    pub packets: usize,
    /// Bytes of all of them together.
    pub bytes: usize,
    /// Fragments of one packet.
    pub fragments: usize,
    /// How long the rest of a packet is waited for, from its first fragment on.
    pub wait_ns: u64,
}

impl Default for Limits {
    /// 30 seconds are Linux's; 300 fragments of 1,280 bytes or 576 are more than any packet has.
    fn default() -> Self {
        Self {
            packets: 256,
            bytes: 1 << 20,
            fragments: 300,
            wait_ns: 30_000_000_000,
        }
    }
}

/// What a packet was to a [`Reassembler`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken<'a> {
    /// No fragment.
    Whole,
    /// A fragment whose packet is not whole, or never will be.
    Kept,
    /// The last missing fragment of this packet. An IPv6 packet keeps a fragment header that says it is whole: the
    /// identification is in it.
    Completed(&'a [u8]),
}

/// What happened to fragmented packets so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Put together.
    pub reassembled: u64,
    /// Given up: the rest did not come in time, or other packets needed the room. Packets whose first fragment never
    /// came are not counted: nobody knows whose they were.
    pub unfinished: u64,
    /// Thrown away with every further fragment, because fragments overlapped (RFC 5722), contradicted each other, or
    /// make no packet.
    pub overlapped: u64,
}

/// Puts packets together.
#[derive(Debug)]
pub struct Reassembler {
    limits: Limits,
    partials: BTreeMap<Key, Partial>,
    bytes: usize,
    counts: Counts,
    whole: Vec<u8>,
}

/// What the fragments of one packet have in common. For IPv6 the protocol is not among it (RFC 8200, section 4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    ident: u32,
    protocol: u8,
}

/// One fragment.
#[derive(Clone, Copy, Debug)]
struct Fragment<'a> {
    /// What comes before its data: of IPv6 up to the fragment header, and with it.
    head: &'a [u8],
    data: &'a [u8],
    start: usize,
    is_last: bool,
}

#[derive(Debug)]
struct Partial {
    begun_ns: u64,
    /// Data by its place.
    pieces: BTreeMap<usize, Vec<u8>>,
    /// Bytes of the pieces.
    len: usize,
    /// The bytes before the data of the first fragment.
    head: Option<Vec<u8>>,
    /// Where the data ends, once the last fragment came.
    end: Option<usize>,
    /// No fragment of it is taken any more.
    is_spoiled: bool,
}

/// Why a fragment is not kept.
enum Refused {
    Duplicate,
    Spoils,
}

impl Default for Reassembler {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Reassembler {
    /// With nothing in the making.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            partials: BTreeMap::new(),
            bytes: 0,
            counts: Counts::default(),
            whole: Vec::new(),
        }
    }

    /// Takes one IP packet as it came at `now_ns`, which does not go back; what cannot be read is no fragment.
    pub fn take(&mut self, now_ns: u64, packet: &[u8]) -> Taken<'_> {
        let Some((key, fragment)) = Fragment::read(packet) else {
            return Taken::Whole;
        };
        self.expire(now_ns);
        self.make_room(key, fragment.head.len() + fragment.data.len());
        let partial = self
            .partials
            .entry(key)
            .or_insert_with(|| Partial::new(now_ns));
        let before = partial.bytes();
        let refused = partial.add(&fragment, self.limits.fragments);
        if matches!(refused, Err(Refused::Spoils)) && !partial.is_spoiled {
            partial.spoil();
            self.counts.overlapped += 1;
        }
        self.bytes = self.bytes + partial.bytes() - before;
        if partial.end == Some(partial.len) {
            return self.complete(key);
        }
        Taken::Kept
    }

    /// Somebody else puts together the packet that this is a fragment of: what came of it is forgotten, and what comes
    /// is not kept.
    pub fn leave(&mut self, now_ns: u64, packet: &[u8]) {
        let Some((key, _)) = Fragment::read(packet) else {
            return;
        };
        self.expire(now_ns);
        self.make_room(key, 0);
        let partial = self
            .partials
            .entry(key)
            .or_insert_with(|| Partial::new(now_ns));
        self.bytes -= partial.bytes();
        partial.spoil();
    }

    /// What happened so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Bytes held, and packets in the making.
    pub fn held(&self) -> (usize, usize) {
        (self.bytes, self.partials.len())
    }

    fn complete(&mut self, key: Key) -> Taken<'_> {
        let Some(partial) = self.partials.remove(&key) else {
            return Taken::Kept;
        };
        self.bytes -= partial.bytes();
        self.whole.clear();
        if partial.write(&mut self.whole) {
            self.counts.reassembled += 1;
            Taken::Completed(&self.whole)
        } else {
            self.counts.overlapped += 1;
            Taken::Kept
        }
    }

    /// Gives up what waited too long. Looks at all of them: there are few.
    fn expire(&mut self, now_ns: u64) {
        let oldest_ns = now_ns.saturating_sub(self.limits.wait_ns);
        let (bytes, counts) = (&mut self.bytes, &mut self.counts);
        self.partials.retain(|_, partial| {
            let stays = partial.begun_ns >= oldest_ns;
            if !stays {
                *bytes -= partial.bytes();
                counts.unfinished += u64::from(partial.is_missed());
            }
            stays
        });
    }

    /// Lets the oldest go until so many bytes more have room.
    fn make_room(&mut self, wanted: Key, bytes: usize) {
        let is_new = !self.partials.contains_key(&wanted);
        while self.bytes + bytes > self.limits.bytes
            || (is_new && self.partials.len() >= self.limits.packets)
        {
            let others = self.partials.iter().filter(|(key, _)| **key != wanted);
            let oldest = others.min_by_key(|(_, partial)| partial.begun_ns);
            let Some(key) = oldest.map(|(key, _)| *key) else {
                return;
            };
            if let Some(partial) = self.partials.remove(&key) {
                self.bytes -= partial.bytes();
                self.counts.unfinished += u64::from(partial.is_missed());
            }
        }
    }
}

impl<'a> Fragment<'a> {
    /// Reads a packet; `None` if it is whole, or cannot be read.
    fn read(packet: &'a [u8]) -> Option<(Key, Self)> {
        let header = IpPacket::parse(packet).ok()?.header;
        let packet = packet.get(..header.total_len)?;
        let (head_len, word, ident) = if header.source.is_ipv6() {
            v6_place(packet)?
        } else {
            let word = u16::from_be_bytes(*packet.get(6..)?.first_chunk()?);
            // The offset counts eight bytes there, and is three bits further up than that of IPv6.
            let word = (word & 0x1fff) << 3 | u16::from(header.more_fragments);
            (header.header_len, word, header.ident?)
        };
        if word & !6 == 0 {
            return None;
        }
        let (head, data) = packet.split_at_checked(head_len)?;
        let is_v4 = header.source.is_ipv4();
        let key = Key {
            source: header.source,
            destination: header.destination,
            ident,
            protocol: if is_v4 { header.protocol } else { 0 },
        };
        let fragment = Self {
            head,
            data,
            start: usize::from(word & !7),
            is_last: word & 1 == 0,
        };
        Some((key, fragment))
    }
}

/// Where the first fragment header of an IPv6 packet ends, its offset and flag, and the identification.
fn v6_place(packet: &[u8]) -> Option<(usize, u16, u32)> {
    let mut end = v6::HEADER_LEN;
    for extension in v6::extensions(packet) {
        end += 2 + extension.body.len();
        if extension.kind == v6::kind::FRAGMENT {
            let &[o0, o1, i0, i1, i2, i3] = extension.body.first_chunk()?;
            let ident = u32::from_be_bytes([i0, i1, i2, i3]);
            return Some((end, u16::from_be_bytes([o0, o1]), ident));
        }
    }
    None
}

impl Partial {
    fn new(begun_ns: u64) -> Self {
        Self {
            begun_ns,
            pieces: BTreeMap::new(),
            len: 0,
            head: None,
            end: None,
            is_spoiled: false,
        }
    }

    fn bytes(&self) -> usize {
        let head = self.head.as_ref().map_or(0, Vec::len);
        head + self.len
    }

    fn is_missed(&self) -> bool {
        self.head.is_some() && !self.is_spoiled
    }

    /// A grave that further fragments fall into: what is thrown away stays so (RFC 5722, section 4).
    fn spoil(&mut self) {
        self.pieces.clear();
        self.len = 0;
        self.head = None;
        self.is_spoiled = true;
    }

    fn add(&mut self, fragment: &Fragment<'_>, fragments_max: usize) -> Result<(), Refused> {
        let (start, data) = (fragment.start, fragment.data);
        let end = start + data.len();
        let is_crooked = !fragment.is_last && data.len() % 8 != 0;
        if self.is_spoiled || data.is_empty() || is_crooked || end > usize::from(u16::MAX) {
            return Err(Refused::Spoils);
        }
        self.check_place(start, data)?;
        let last = self.pieces.last_key_value();
        let reaches = last.map_or(0, |(place, piece)| place + piece.len());
        let contradicts = match self.end {
            Some(known) => fragment.is_last || end > known,
            None => fragment.is_last && reaches > end,
        };
        if contradicts || self.pieces.len() >= fragments_max {
            return Err(Refused::Spoils);
        }
        if fragment.is_last {
            self.end = Some(end);
        }
        if start == 0 {
            self.head = Some(fragment.head.to_vec());
        }
        self.len += data.len();
        self.pieces.insert(start, data.to_vec());
        Ok(())
    }

    /// Exact repetitions are none of the sender's doing: they are left out (RFC 8200, section 4.5).
    fn check_place(&self, start: usize, data: &[u8]) -> Result<(), Refused> {
        if self.pieces.get(&start).is_some_and(|piece| piece == data) {
            return Err(Refused::Duplicate);
        }
        let before = self.pieces.range(..=start).next_back();
        let after = self.pieces.range(start..).next();
        let overlaps = before.is_some_and(|(place, piece)| place + piece.len() > start)
            || after.is_some_and(|(place, _)| start + data.len() > *place);
        if overlaps {
            Err(Refused::Spoils)
        } else {
            Ok(())
        }
    }

    /// Appends the packet; false if it is longer than packets can be.
    fn write(&self, out: &mut Vec<u8>) -> bool {
        let Some(head) = &self.head else {
            return false;
        };
        out.extend_from_slice(head);
        for piece in self.pieces.values() {
            out.extend_from_slice(piece);
        }
        if head.first().is_some_and(|first| first >> 4 == 6) {
            mend_v6(out, head.len())
        } else {
            mend_v4(out, head.len())
        }
    }
}

/// Lets an IPv4 header say that its packet is whole.
fn mend_v4(packet: &mut [u8], header_len: usize) -> bool {
    let (Ok(length), Some(header)) = (u16::try_from(packet.len()), packet.get_mut(..header_len))
    else {
        return false;
    };
    if let Some(fixed) = header.first_chunk_mut::<{ v4::HEADER_LEN }>() {
        [fixed[2], fixed[3]] = length.to_be_bytes();
        fixed[6] &= 0xc0;
        fixed[7] = 0;
        [fixed[10], fixed[11]] = [0, 0];
    }
    let sum = checksum::internet(header).to_be_bytes();
    if let Some(field) = header.get_mut(10..12) {
        field.copy_from_slice(&sum);
    }
    true
}

/// The same for IPv6: its last header before the data is the fragment header, which says so.
fn mend_v6(packet: &mut [u8], header_len: usize) -> bool {
    let Ok(length) = u16::try_from(packet.len() - v6::HEADER_LEN) else {
        return false;
    };
    let place = header_len.checked_sub(6);
    if let Some(word) = place.and_then(|at| packet.get_mut(at..at + 2)) {
        word.copy_from_slice(&[0, 0]);
    }
    if let Some(field) = packet.get_mut(4..6) {
        field.copy_from_slice(&length.to_be_bytes());
    }
    true
}

#[cfg(test)]
mod tests;
