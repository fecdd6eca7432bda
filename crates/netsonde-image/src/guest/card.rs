//! The virtio card: frames in and out of memory that it shares with the hypervisor.
use super::bounded::Bounded;
use super::cpu::{self, WINDOW, WINDOW_LEN};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU64, Ordering};
use netsonde_wire::ethernet::MacAddr;
use virtio_drivers::device::net::VirtIONetRaw;
use virtio_drivers::transport::Transport;
use virtio_drivers::{BufferDirection, Hal, PAGE_SIZE, PhysAddr};

/// Frames that each queue holds.
const QUEUE: usize = 32;
/// Bytes of a buffer: a frame of an ordinary link and the card's header. The card drops longer ones.
const BUFFER: usize = 2_048;
const HEADER_MAX: usize = 12;
/// Looks at a full queue before a frame is lost; nothing changes it while we look where the card is played.
const LOOKS_MAX: usize = if PLAYED { 2 } else { 100_000 };
const PLAYED: bool = cfg!(any(test, feature = "hostile"));

/// Looks at whether a frame has left, at most: a card that does not send holds nothing up for long.
const LOOKS_AT_LEAVING: usize = 20_000;
/// How long a frame that a card was given takes to leave, where nothing disturbs it.
pub(super) const LEAVES_NS: u64 = 150_000;

/// A card whose way to it does not matter.
pub(super) trait Card {
    /// Its address.
    fn mac(&self) -> MacAddr;
    /// Sends a frame; `None` if it is too long or the queue stays full. `stamp` is read at the last moment.
    fn send(&mut self, frame: &[u8], stamp: &mut dyn FnMut() -> u64) -> Option<u64>;
    /// Whether a frame has come.
    fn has_frame(&self) -> bool;
    /// Puts the next frame into `frame`; false if there is none.
    fn receive(&mut self, frame: &mut Vec<u8>) -> bool;
    /// Tells the card that its interrupt was seen.
    fn acknowledge(&mut self);
    /// Whether the card did what no card does: it is not spoken to any more.
    fn is_broken(&self) -> bool;
}

/// Memory, and how much of it is a frame.
struct Buffer {
    bytes: Box<[u8]>,
    used: usize,
}

/// A card by `virtio`.
pub(super) struct Virtio<T: Transport> {
    card: VirtIONetRaw<Memory, Bounded<T>, QUEUE>,
    /// By token: buffers that the card has.
    receiving: [Option<Buffer>; QUEUE],
    sending: [Option<Buffer>; QUEUE],
    spare: Vec<Buffer>,
    /// Nobody knows what the card does with these: they are never used again.
    lost: Vec<Buffer>,
    is_broken: bool,
}

impl<T: Transport> Virtio<T> {
    /// Sets the card up and gives it buffers; `None` if it refuses.
    pub(super) fn new(transport: T) -> Option<Self> {
        let card = VirtIONetRaw::new(Bounded::new(transport)).ok()?;
        let mut made = Self {
            card,
            receiving: [const { None }; QUEUE],
            sending: [const { None }; QUEUE],
            spare: (0..QUEUE).map(|_| buffer()).collect(),
            lost: Vec::new(),
            is_broken: false,
        };
        for _ in 0..QUEUE {
            made.offer(buffer());
        }
        (!made.is_broken).then_some(made)
    }

    /// Lets the card fill a buffer.
    fn offer(&mut self, mut buffer: Buffer) {
        // SAFETY: the buffer stays where it is, untouched, until its token comes back.
        let token = unsafe { self.card.receive_begin(&mut buffer.bytes) };
        match token
            .ok()
            .and_then(|token| self.receiving.get_mut(usize::from(token)))
        {
            Some(place @ None) => *place = Some(buffer),
            _ => self.give_up(buffer),
        }
    }

    /// Lets the card send before anything else is done: where the hypervisor's one thread sends and another one runs
    /// us, speaking to devices would hold it up. Returns when the frame was last seen not to have left, but no later than
    /// a card takes that nothing disturbs: it says so when the host has had the frame for some microseconds, and much
    /// later if whoever gets the frame runs first. A round trip may seem too long, but hardly too short.
    fn see_off(&mut self, given_ns: u64, stamp: &mut dyn FnMut() -> u64) -> u64 {
        let mut sent_ns = given_ns;
        for _ in 0..LOOKS_AT_LEAVING {
            let now_ns = stamp();
            if self.card.poll_transmit().is_some() {
                break;
            }
            sent_ns = now_ns;
        }
        sent_ns.min(given_ns.saturating_add(LEAVES_NS))
    }

    /// Takes back the buffers of frames that have left.
    fn reap(&mut self) {
        while let Some(token) = self.card.poll_transmit() {
            let Some(buffer) = take(&mut self.sending, token) else {
                self.is_broken = true;
                return;
            };
            let sent = buffer.bytes.get(..buffer.used).unwrap_or_default();
            // SAFETY: the bytes that this token was given for.
            if unsafe { self.card.transmit_complete(token, sent) }.is_err() {
                return self.give_up(buffer);
            }
            self.spare.push(buffer);
        }
    }

    fn give_up(&mut self, buffer: Buffer) {
        self.lost.push(buffer);
        self.is_broken = true;
    }
}

impl<T: Transport> Card for Virtio<T> {
    fn mac(&self) -> MacAddr {
        MacAddr(self.card.mac_address())
    }

    fn send(&mut self, frame: &[u8], stamp: &mut dyn FnMut() -> u64) -> Option<u64> {
        for _ in 0..LOOKS_MAX {
            self.reap();
            if self.is_broken || (!self.spare.is_empty() && self.card.can_send()) {
                break;
            }
        }
        if self.is_broken || !self.card.can_send() {
            return None;
        }
        let mut buffer = self.spare.pop()?;
        let header = self
            .card
            .fill_buffer_header(&mut buffer.bytes)
            .unwrap_or(HEADER_MAX);
        let Some(room) = buffer.bytes.get_mut(header..header + frame.len()) else {
            self.spare.push(buffer);
            return None;
        };
        room.copy_from_slice(frame);
        buffer.used = header + frame.len();
        let bytes = buffer.bytes.get(..buffer.used)?;
        let sent_ns = stamp();
        // SAFETY: the buffer stays where it is, untouched, until its token comes back.
        let token = unsafe { self.card.transmit_begin(bytes) };
        match token
            .ok()
            .and_then(|token| self.sending.get_mut(usize::from(token)))
        {
            Some(place @ None) => *place = Some(buffer),
            _ => self.give_up(buffer),
        }
        Some(self.see_off(sent_ns, stamp))
    }

    fn has_frame(&self) -> bool {
        !self.is_broken && self.card.poll_receive().is_some()
    }

    fn receive(&mut self, frame: &mut Vec<u8>) -> bool {
        if self.is_broken {
            return false;
        }
        let Some(token) = self.card.poll_receive() else {
            return false;
        };
        let Some(mut buffer) = take(&mut self.receiving, token) else {
            self.is_broken = true;
            return false;
        };
        // SAFETY: the buffer that this token was given for.
        let found = unsafe { self.card.receive_complete(token, &mut buffer.bytes) };
        frame.clear();
        if let Ok((header, len)) = found {
            // A length that does not fit is a frame that did not come.
            frame.extend_from_slice(buffer.bytes.get(header..header + len).unwrap_or_default());
        }
        self.offer(buffer);
        true
    }

    fn acknowledge(&mut self) {
        self.card.ack_interrupt();
    }

    fn is_broken(&self) -> bool {
        self.is_broken
    }
}

fn buffer() -> Buffer {
    Buffer {
        bytes: vec![0; BUFFER].into_boxed_slice(),
        used: BUFFER,
    }
}

/// The buffer of a token, if the card has one by it.
fn take(buffers: &mut [Option<Buffer>; QUEUE], token: u16) -> Option<Buffer> {
    buffers.get_mut(usize::from(token)).and_then(Option::take)
}

/// Where registers of a card are seen; 0 if they cannot be. Above four GiB it is one block for all of them.
fn seen(address: u64, len: u64) -> u64 {
    static BLOCK: AtomicU64 = AtomicU64::new(0);
    let (block, offset) = (address / WINDOW_LEN, address % WINDOW_LEN);
    if address >> 32 == 0 {
        return address;
    }
    let before = BLOCK.swap(block, Ordering::Relaxed);
    if (before != 0 && before != block) || offset.saturating_add(len) > WINDOW_LEN {
        return 0;
    }
    cpu::show(address);
    WINDOW + offset
}

/// So that a block is aligned to a page.
#[derive(Clone)]
#[repr(C, align(4096))]
struct Page([u8; PAGE_SIZE]);

/// What the driver asks for memory: all of it is where it says.
pub(super) struct Memory;

// SAFETY: blocks are zeroed, of whole pages, aligned to one, and mapped one to one.
unsafe impl Hal for Memory {
    fn dma_alloc(pages: usize, _: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        let block = Box::leak(vec![Page([0; PAGE_SIZE]); pages].into_boxed_slice());
        let start = NonNull::from(block).cast::<u8>();
        (start.as_ptr() as u64, start)
    }

    unsafe fn dma_dealloc(_: PhysAddr, start: NonNull<u8>, pages: usize) -> i32 {
        // In a machine a card ends with the machine.
        if PLAYED {
            let pages = core::ptr::slice_from_raw_parts_mut(start.as_ptr().cast::<Page>(), pages);
            // SAFETY: as it was made above, and given back once; the card does nothing any more.
            drop(unsafe { Box::from_raw(pages) });
        }
        0
    }

    unsafe fn mmio_phys_to_virt(address: PhysAddr, len: usize) -> NonNull<u8> {
        // What is nowhere is not aligned either, which is an error for who asks.
        NonNull::new(seen(address, len as u64) as *mut u8).unwrap_or(NonNull::dangling())
    }

    unsafe fn share(buffer: NonNull<[u8]>, _: BufferDirection) -> PhysAddr {
        buffer.cast::<u8>().as_ptr() as u64
    }

    unsafe fn unshare(_: PhysAddr, _: NonNull<[u8]>, _: BufferDirection) {}
}
