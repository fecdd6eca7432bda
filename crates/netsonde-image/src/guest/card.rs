//! The virtio card: frames in and out of memory that it shares with the hypervisor.
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::ptr::NonNull;
use netsonde_wire::ethernet::MacAddr;
use virtio_drivers::device::net::VirtIONetRaw;
use virtio_drivers::transport::Transport;
use virtio_drivers::{BufferDirection, Hal, PAGE_SIZE, PhysAddr};

/// Frames that each queue holds.
const QUEUE: usize = 32;
/// Bytes of a buffer: a frame of an ordinary link and the card's header. The card drops longer ones.
const BUFFER: usize = 2_048;
const HEADER_MAX: usize = 12;
/// Looks at a full queue before a frame is lost.
const LOOKS_MAX: usize = 100_000;

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
    card: VirtIONetRaw<Memory, T, QUEUE>,
    /// By token: buffers that the card has.
    receiving: [Option<Buffer>; QUEUE],
    sending: [Option<Buffer>; QUEUE],
    spare: Vec<Buffer>,
    is_broken: bool,
}

impl<T: Transport> Virtio<T> {
    /// Sets the card up and gives it buffers; `None` if it refuses.
    pub(super) fn new(transport: T) -> Option<Self> {
        let card = VirtIONetRaw::new(transport).ok()?;
        let mut made = Self {
            card,
            receiving: [const { None }; QUEUE],
            sending: [const { None }; QUEUE],
            spare: (0..QUEUE).map(|_| buffer()).collect(),
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

    /// Nobody knows what the card does with the buffer: it is never used again.
    fn give_up(&mut self, buffer: Buffer) {
        Box::leak(buffer.bytes);
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
        Some(sent_ns)
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

/// What the driver asks for memory: all of it is where it says.
pub(super) struct Memory;

// SAFETY: blocks are zeroed, of whole pages, aligned to one, and mapped one to one.
unsafe impl Hal for Memory {
    fn dma_alloc(pages: usize, _: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        /// So that a block is aligned to a page.
        #[derive(Clone)]
        #[repr(C, align(4096))]
        struct Page([u8; PAGE_SIZE]);
        let block = Box::leak(vec![Page([0; PAGE_SIZE]); pages].into_boxed_slice());
        let start = NonNull::from(block).cast::<u8>();
        (start.as_ptr() as u64, start)
    }

    unsafe fn dma_dealloc(_: PhysAddr, _: NonNull<u8>, _: usize) -> i32 {
        // Only at the end of a card, which is that of the machine.
        0
    }

    unsafe fn mmio_phys_to_virt(address: PhysAddr, _: usize) -> NonNull<u8> {
        // Addresses of devices are not 0: who asks has checked.
        NonNull::new(address as *mut u8).unwrap_or(NonNull::dangling())
    }

    unsafe fn share(buffer: NonNull<[u8]>, _: BufferDirection) -> PhysAddr {
        buffer.cast::<u8>().as_ptr() as u64
    }

    unsafe fn unshare(_: PhysAddr, _: NonNull<[u8]>, _: BufferDirection) {}
}
