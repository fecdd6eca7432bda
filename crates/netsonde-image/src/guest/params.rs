//! The memory of the machine, as far as its hypervisor says what is where.
use crate::boot::{self, LINUX_LEN, PVH_LEN, Told};
use crate::heap::Heap;
use core::slice;

/// Longest command line that is looked at: Cloud Hypervisor's.
const COMMAND_LINE_MAX: usize = 1 << 16;
/// Firecracker's, which cuts.
pub(super) const COMMAND_LINE_SHORT: usize = 2_048;
/// Longest module.
const MODULE_MAX: u64 = 1 << 28;
const MAPPED: u64 = 1 << 32;

/// What the hypervisor gave us.
#[derive(Debug)]
pub(super) struct Params {
    pub(super) command_line: &'static [u8],
    pub(super) module: Option<&'static [u8]>,
}

/// Reads what the hypervisor left at `address`, and gives the heap the memory above `floor` that nobody uses.
pub(super) fn read(
    is_linux: bool,
    address: u64,
    heap: &Heap,
    floor: u64,
) -> Result<Params, &'static str> {
    let told = if is_linux {
        Told::from_linux(at(address, LINUX_LEN as u64), address)
    } else {
        Told::from_pvh(at(address, PVH_LEN as u64))
    };
    let told = told.ok_or("the hypervisor speaks neither PVH nor Linux")?;
    let module = told.module.and_then(|found| {
        if found.is_list {
            boot::listed(at(found.start, found.len))
        } else {
            Some((found.start, found.len))
        }
    });
    let command_line = text(told.command_line);
    let memory = told
        .memory
        .ok_or("the hypervisor does not say what memory there is")?;
    let taken = [
        module.map_or(0..0, |(start, len)| start..start.saturating_add(len)),
        told.command_line..told.command_line + command_line.len() as u64 + 1,
        address..address + 4096,
        memory.start..memory.start.saturating_add(memory.len),
    ];
    let entry_len = if is_linux { 20 } else { 24 };
    let table = at(memory.start, memory.len);
    let free = boot::find_free(table, entry_len, floor, &taken);
    let free = free.ok_or("there is no memory left")?;
    // SAFETY: memory that the hypervisor calls usable, above the image, and apart from all that is read later.
    unsafe { heap.give(free.start as usize, free.end as usize) };
    let module = module.filter(|(_, len)| (1..=MODULE_MAX).contains(len));
    Ok(Params {
        command_line,
        module: module.map(|(start, len)| at(start, len)),
    })
}

/// Memory that nobody writes while we run; nothing outside of what is mapped.
fn at(start: u64, len: u64) -> &'static [u8] {
    if start == 0 || start.checked_add(len).is_none_or(|end| end > MAPPED) {
        return &[];
    }
    // SAFETY: mapped, not null, and the heap keeps away from it.
    // JUSTIFICATION: hypervisors say addresses, and nothing else.
    unsafe { slice::from_raw_parts(start as *const u8, len as usize) }
}

/// Bytes up to the first 0.
fn text(start: u64) -> &'static [u8] {
    let longest = at(start, COMMAND_LINE_MAX as u64);
    let end = longest.iter().position(|byte| *byte == 0);
    longest.get(..end.unwrap_or(0)).unwrap_or_default()
}
