//! Memory for the program: one region, cut from its beginning; what is given back is kept for the next of its size.
//!
//! Blocks are powers of two, so what is given back fits whoever asks for that size again, and none is ever split. At
//! worst half of each block is not used; what is not used is not touched either, and costs nothing.
use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr;

/// Blocks of 2^4 to 2^47 bytes.
const CLASSES: usize = 48;
const CLASS_MIN: u32 = 4;

/// The allocator. Its first use comes after [`Heap::give`].
#[derive(Debug)]
pub struct Heap(UnsafeCell<Free>);

#[derive(Debug)]
struct Free {
    next: usize,
    end: usize,
    /// For each size, the first block given back; each holds the address of the next one.
    lists: [*mut u8; CLASSES],
}

// SAFETY: the program has one thread, and nothing allocates in an interrupt or signal handler.
// JUSTIFICATION: a global allocator must be `Sync`, and a lock would guard against nobody.
unsafe impl Sync for Heap {}

impl Heap {
    /// A heap without memory.
    pub const fn new() -> Self {
        Self(UnsafeCell::new(Free {
            next: 0,
            end: 0,
            lists: [ptr::null_mut(); CLASSES],
        }))
    }

    /// Gives it its memory, once.
    ///
    /// # Safety
    /// The memory from `start` to `end` is ours, writable, and used by nobody else.
    pub unsafe fn give(&self, start: usize, end: usize) {
        // SAFETY: one thread, and no reference into the cell outlives a call.
        let free = unsafe { &mut *self.0.get() };
        (free.next, free.end) = (start, end);
    }
}

impl Default for Heap {
    fn default() -> Self {
        Self::new()
    }
}

/// The size class of a layout. A block is aligned to its size.
fn class(layout: Layout) -> u32 {
    let size = layout.size().max(layout.align()).max(1 << CLASS_MIN);
    usize::BITS - (size - 1).leading_zeros()
}

/// Blocks are aligned to their size only up to this: more would leave holes.
const ALIGN_MAX: usize = 4096;

// SAFETY: blocks are apart from each other, as large as their class, and aligned as asked for.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: one thread, and no reference into the cell outlives a call.
        let free = unsafe { &mut *self.0.get() };
        let class = class(layout);
        let Some(list) = free.lists.get_mut(class as usize) else {
            return ptr::null_mut();
        };
        if !list.is_null() {
            let block = *list;
            // SAFETY: a block in a list is ours and holds the address of the next one.
            *list = unsafe { block.cast::<*mut u8>().read() };
            return block;
        }
        let size = 1_usize << class;
        let align = size.min(ALIGN_MAX).max(layout.align());
        let start = free.next.next_multiple_of(align);
        match start.checked_add(size) {
            Some(end) if end <= free.end => {
                free.next = end;
                start as *mut u8
            }
            _ => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: one thread, and no reference into the cell outlives a call.
        let free = unsafe { &mut *self.0.get() };
        if let Some(list) = free.lists.get_mut(class(layout) as usize) {
            // SAFETY: the block is at least 16 bytes, aligned, and its owner is done with it.
            unsafe { block.cast::<*mut u8>().write(*list) };
            *list = block;
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller has checked that the size fits the alignment.
        let wanted = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        if class(wanted) == class(layout) {
            return block;
        }
        // SAFETY: as for the calls themselves; the new block is another one.
        unsafe {
            let new = self.alloc(wanted);
            if !new.is_null() {
                ptr::copy_nonoverlapping(block, new, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
            new
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A heap on memory that is never freed.
    fn heap(size: usize) -> Heap {
        let memory = Box::leak(vec![0u64; size / 8].into_boxed_slice());
        let start = memory.as_ptr() as usize;
        let heap = Heap::new();
        // SAFETY: leaked for this heap alone.
        unsafe { heap.give(start, start + size) };
        heap
    }

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    #[test]
    fn blocks_are_apart_aligned_and_used_again() {
        let heap = heap(1 << 16);
        let mut blocks = Vec::new();
        for (size, align) in [(1, 1), (16, 8), (17, 1), (100, 64), (8, 256), (3000, 8)] {
            // SAFETY: the sizes are not 0.
            let block = unsafe { heap.alloc(layout(size, align)) };
            assert!(!block.is_null() && (block as usize).is_multiple_of(align));
            // SAFETY: the block is that long.
            unsafe { ptr::write_bytes(block, size as u8, size) };
            blocks.push((block, size, align));
        }
        for (block, size, align) in blocks {
            // SAFETY: the block is that long, was written, and is given back once.
            unsafe {
                let bytes = core::slice::from_raw_parts(block, size);
                assert!(bytes.iter().all(|byte| *byte == size as u8));
                heap.dealloc(block, layout(size, align));
                assert_eq!(heap.alloc(layout(size, align)), block);
            }
        }
    }

    #[test]
    fn blocks_grow_in_place_until_they_are_full() {
        let heap = heap(1 << 12);
        // SAFETY: each block is used with its own layout.
        unsafe {
            let block = heap.alloc(layout(20, 8));
            block.write(7);
            assert_eq!(heap.realloc(block, layout(20, 8), 32), block);
            let moved = heap.realloc(block, layout(32, 8), 33);
            assert!(moved != block && moved.read() == 7);
            assert_eq!(heap.alloc(layout(32, 8)), block);
        }
    }

    #[test]
    fn an_end_is_an_end() {
        let heap = heap(1 << 12);
        // SAFETY: what is not there is null.
        unsafe {
            assert!(heap.alloc(layout(1 << 13, 8)).is_null());
            assert!(heap.alloc(layout(1 << 46, 8)).is_null());
            let fitting = (0..1_000).filter(|_| !heap.alloc(layout(64, 8)).is_null());
            assert!((50..=64).contains(&fitting.count()));
            assert!(Heap::new().alloc(layout(1, 1)).is_null());
        }
    }
}
