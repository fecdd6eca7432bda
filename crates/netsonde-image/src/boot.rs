//! What hypervisors say as they start a machine: by PVH, or as to a 64-bit Linux kernel.
use core::ops::Range;

/// Size of what [`Told::from_pvh`] reads.
pub const PVH_LEN: usize = 56;
/// Size of what [`Told::from_linux`] reads.
pub const LINUX_LEN: usize = 4096;
/// Memory ranges that are looked at.
const RANGES_MAX: usize = 32;
/// Addresses that are mapped end here.
const MAPPED: u64 = 1 << 32;
const USABLE: u32 = 1;

const PVH_MAGIC: u32 = 0x336e_c578;
const LINUX_MAGIC: &[u8; 4] = b"HdrS";

/// Where things are, as physical addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Of the command line, which ends with 0; 0 for none.
    pub command_line: u64,
    /// Of the first module.
    pub module: Option<Where>,
    /// Of the table of memory.
    pub memory: Option<Where>,
}

/// Where a thing is: for PVH's modules, where the list is that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Where {
    /// Address.
    pub start: u64,
    /// Bytes.
    pub len: u64,
    /// Whether what is there is an entry of PVH's module list.
    pub is_list: bool,
}

impl Told {
    /// Reads `hvm_start_info`; `None` if it is none.
    pub fn from_pvh(bytes: &[u8]) -> Option<Self> {
        if word(bytes, 0)? != PVH_MAGIC {
            return None;
        }
        let (version, modules) = (word(bytes, 4)?, word(bytes, 12)?);
        let module = (modules > 0).then_some(Where {
            start: long(bytes, 16)?,
            len: 32,
            is_list: true,
        });
        // The table came with version 1.
        let memory = (version > 0).then_some(Where {
            start: long(bytes, 40)?,
            len: u64::from(word(bytes, 48)?) * 24,
            is_list: false,
        });
        Some(Self {
            command_line: long(bytes, 24)?,
            module,
            memory,
        })
    }

    /// Reads `boot_params` at address `start`; `None` if it is none.
    pub fn from_linux(bytes: &[u8], start: u64) -> Option<Self> {
        if bytes.get(0x202..0x206)? != LINUX_MAGIC {
            return None;
        }
        let module = Where {
            start: word(bytes, 0x218)?.into(),
            len: word(bytes, 0x21c)?.into(),
            is_list: false,
        };
        let count = u64::from(*bytes.get(0x1e8)?);
        Some(Self {
            command_line: word(bytes, 0x228)?.into(),
            module: (module.len > 0).then_some(module),
            memory: Some(Where {
                start: start + 0x2d0,
                len: count * 20,
                is_list: false,
            }),
        })
    }
}

/// An entry of PVH's module list: address and length.
pub fn listed(bytes: &[u8]) -> Option<(u64, u64)> {
    Some((long(bytes, 0)?, long(bytes, 8)?))
}

/// The largest part of usable memory above `floor` that none of `taken` is in. `entry_len` is that of PVH's table (24)
/// or Linux's (20), which begin alike.
pub fn find_free(
    table: &[u8],
    entry_len: usize,
    floor: u64,
    taken: &[Range<u64>],
) -> Option<Range<u64>> {
    let usable = table
        .chunks_exact(entry_len)
        .take(RANGES_MAX)
        .filter_map(|entry| {
            let (start, len) = (long(entry, 0)?, long(entry, 8)?);
            let end = start.checked_add(len)?.min(MAPPED);
            let start = start.max(floor);
            (word(entry, 16)? == USABLE && start < end).then_some(start..end)
        });
    usable.map(|range| without(range, taken)).max_by_key(size)
}

/// The largest part of a range without others, each cut off where less is lost.
fn without(range: Range<u64>, taken: &[Range<u64>]) -> Range<u64> {
    taken.iter().fold(range, |range, taken| {
        if taken.end <= range.start || taken.start >= range.end || taken.is_empty() {
            return range;
        }
        let below = range.start..taken.start.max(range.start);
        let above = taken.end.min(range.end)..range.end;
        if size(&below) >= size(&above) {
            below
        } else {
            above
        }
    })
}

fn size(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(start: u64, len: u64, kind: u32, entry_len: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(start.to_le_bytes());
        bytes.extend(len.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.resize(entry_len, 0);
        bytes
    }

    #[test]
    fn pvh_is_read() {
        let mut bytes = vec![0; PVH_LEN];
        bytes[..4].copy_from_slice(&PVH_MAGIC.to_le_bytes());
        assert_eq!(Told::from_pvh(&bytes), Some(Told::default()));
        (
            bytes[4], bytes[12], bytes[16], bytes[25], bytes[41], bytes[48],
        ) = (1, 1, 0x40, 0x20, 0x30, 2);
        let told = Told::from_pvh(&bytes).unwrap();
        assert_eq!(told.command_line, 0x2000);
        let module = told.module.unwrap();
        assert_eq!((module.start, module.len, module.is_list), (0x40, 32, true));
        let memory = told.memory.unwrap();
        assert_eq!((memory.start, memory.len), (0x3000, 48));
        for len in 0..PVH_LEN - 4 {
            assert_eq!(Told::from_pvh(&bytes[..len]), None, "{len}");
        }
        bytes[0] = 0;
        assert_eq!(Told::from_pvh(&bytes), None);
    }

    #[test]
    fn the_page_for_linux_is_read() {
        let mut bytes = vec![0; LINUX_LEN];
        assert_eq!(Told::from_linux(&bytes, 0x7000), None);
        bytes[0x202..0x206].copy_from_slice(LINUX_MAGIC);
        (bytes[0x22a], bytes[0x21b], bytes[0x21c], bytes[0x1e8]) = (2, 1, 9, 3);
        let told = Told::from_linux(&bytes, 0x7000).unwrap();
        assert_eq!(told.command_line, 0x2_0000);
        let module = told.module.unwrap();
        assert_eq!(
            (module.start, module.len, module.is_list),
            (0x100_0000, 9, false)
        );
        let memory = told.memory.unwrap();
        assert_eq!((memory.start, memory.len), (0x72d0, 60));
    }

    #[test]
    fn free_memory_is_the_largest_rest() {
        for entry_len in [20, 24] {
            let table = [
                entry(0, 0x9_fc00, 1, entry_len),
                entry(0x10_0000, 0x70_0000, 1, entry_len),
                entry(0x1000_0000, 0x1000_0000, 2, entry_len),
                entry(u64::MAX - 1, 9, 1, entry_len),
            ]
            .concat();
            let find = |taken: &[Range<u64>]| find_free(&table, entry_len, 0x20_0000, taken);
            assert_eq!(find(&[]), Some(0x20_0000..0x80_0000));
            assert_eq!(
                find(&[0..0, 0x7f_0000..0x80_0000]),
                Some(0x20_0000..0x7f_0000)
            );
            assert_eq!(
                find(&[0x20_0000..0x20_1000, 0..0]),
                Some(0x20_1000..0x80_0000)
            );
            assert_eq!(
                find(&[0..0x1000, 0x30_0000..0x30_1000]),
                Some(0x30_1000..0x80_0000)
            );
        }
        assert_eq!(find_free(&[], 24, 0, &[]), None);
        // Above four GiB nothing is mapped.
        let table = entry(0xffff_0000, 0x10_0000_0000, 1, 24);
        assert_eq!(find_free(&table, 24, 0, &[]), Some(0xffff_0000..MAPPED));
    }

    proptest::proptest! {
        #[test]
        fn what_is_free_is_usable_and_not_taken(
            ranges in proptest::collection::vec((0u64..1 << 33, 0u64..1 << 30, 0u32..3), 0..6),
            taken in proptest::collection::vec((0u64..1 << 33, 0u64..1 << 20), 0..4),
        ) {
            let table: Vec<u8> = ranges.iter().flat_map(|(start, len, kind)| entry(*start, *len, *kind, 24)).collect();
            let taken: Vec<_> = taken.iter().map(|(start, len)| *start..start + len).collect();
            if let Some(free) = find_free(&table, 24, 1 << 20, &taken)
                && !free.is_empty()
            {
                assert!(free.start >= 1 << 20 && free.end <= MAPPED);
                assert!(ranges.iter().any(|(start, len, kind)| {
                    *kind == USABLE && *start <= free.start && free.end <= start + len
                }));
                assert!(taken.iter().all(|one| one.is_empty() || one.end <= free.start || free.end <= one.start));
            }
        }
    }
}
