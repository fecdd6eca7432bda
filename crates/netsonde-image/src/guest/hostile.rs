//! A card that does what it likes: what a broken or hostile hypervisor could write, written on purpose.
use super::card::{Card, Virtio};
use alloc::vec::Vec;
use core::cell::RefCell;
use virtio_drivers::transport::{DeviceStatus, DeviceType, InterruptStatus, Transport};
use virtio_drivers::{PhysAddr, Result};
use zerocopy::{FromBytes, Immutable, IntoBytes};

const QUEUES: usize = 2;
/// Looks at the generation of a configuration that a driver may take.
const LOOKS_MAX: u32 = 100;
/// The bit of a script's first four octets by which the configuration never settles.
const RESTLESS: u8 = 0x80;
/// Steps of a script that are looked at.
const STEPS_MAX: usize = 256;

/// Where the driver put its rings.
#[derive(Clone, Copy, Debug, Default)]
struct Rings {
    size: usize,
    descriptors: usize,
    available: usize,
    used: usize,
    /// What an honest card has used of what was available.
    taken: u16,
    /// Whether what the driver wrote was written over: nobody is honest any more.
    is_spoilt: bool,
}

/// What the card knows; the driver has a handle on it, and so has the script.
#[derive(Debug, Default)]
struct Device {
    features: u64,
    /// Whether it says at each look that its configuration has changed.
    is_restless: bool,
    generation: u32,
    queues: [Rings; QUEUES],
}

struct Handle<'a>(&'a RefCell<Device>);

impl Transport for Handle<'_> {
    fn device_type(&self) -> DeviceType {
        DeviceType::Network
    }

    fn read_device_features(&mut self) -> u64 {
        self.0.borrow().features
    }

    fn write_driver_features(&mut self, _: u64) {}

    fn max_queue_size(&mut self, _: u16) -> u32 {
        256
    }

    fn notify(&mut self, _: u16) {}

    fn get_status(&self) -> DeviceStatus {
        DeviceStatus::empty()
    }

    fn set_status(&mut self, _: DeviceStatus) {}

    fn set_guest_page_size(&mut self, _: u32) {}

    fn requires_legacy_layout(&self) -> bool {
        false
    }

    fn queue_set(
        &mut self,
        queue: u16,
        size: u32,
        descriptors: PhysAddr,
        available: PhysAddr,
        used: PhysAddr,
    ) {
        if let Some(rings) = self.0.borrow_mut().queues.get_mut(usize::from(queue)) {
            *rings = Rings {
                size: size as usize,
                descriptors: descriptors as usize,
                available: available as usize,
                used: used as usize,
                taken: 0,
                is_spoilt: false,
            };
        }
    }

    fn queue_unset(&mut self, _: u16) {}

    fn queue_used(&mut self, _: u16) -> bool {
        false
    }

    fn ack_interrupt(&mut self) -> InterruptStatus {
        InterruptStatus::empty()
    }

    fn read_config_generation(&self) -> u32 {
        let mut device = self.0.borrow_mut();
        device.generation += u32::from(device.is_restless);
        assert!(device.generation <= LOOKS_MAX, "it looks without end");
        device.generation
    }

    fn read_config_space<T: FromBytes + IntoBytes>(&self, _: usize) -> Result<T> {
        Ok(T::new_zeroed())
    }

    fn write_config_space<T: IntoBytes + Immutable>(&mut self, _: usize, _: T) -> Result<()> {
        Ok(())
    }
}

impl Rings {
    /// Says in the ring of what was used: this chain, that many bytes, wherever `slot` is.
    fn use_up(&self, slot: usize, id: u32, len: u32) {
        if self.size == 0 {
            return;
        }
        let entry = (self.used + 4 + 8 * (slot % self.size)) as *mut u32;
        // SAFETY: the driver gave us the ring, and the slot is in it.
        unsafe {
            entry.write_volatile(id);
            entry.add(1).write_volatile(len);
        }
    }

    fn index(&self) -> u16 {
        // SAFETY: the driver gave us the ring; this is its second word.
        unsafe { ((self.used + 2) as *const u16).read_volatile() }
    }

    fn set_index(&self, index: u16) {
        if self.size > 0 {
            // SAFETY: as for `index`.
            unsafe { ((self.used + 2) as *mut u16).write_volatile(index) }
        }
    }

    /// What an honest card does with the next buffer: fills it, and says so. Returns whether there was one.
    fn serve(&mut self, bytes: &[u8]) -> bool {
        if self.size == 0 || self.is_spoilt {
            return false;
        }
        // SAFETY: the driver gave us the rings, and all indices are taken modulo their size; what a descriptor names is
        // a buffer of the driver that is ours until it is used.
        unsafe {
            let offered = ((self.available + 2) as *const u16).read_volatile();
            if offered == self.taken {
                return false;
            }
            let slot = usize::from(self.taken) % self.size;
            let head = ((self.available + 4 + 2 * slot) as *const u16).read_volatile();
            let descriptor =
                (self.descriptors + 16 * (usize::from(head) % self.size)) as *const u64;
            let (address, room) = (
                descriptor.read_volatile(),
                descriptor.add(1).read_volatile(),
            );
            let len = bytes.len().min((room & 0xffff_ffff) as usize);
            core::ptr::copy_nonoverlapping(bytes.as_ptr(), address as *mut u8, len);
            self.use_up(self.index().into(), head.into(), len as u32);
        }
        self.taken = self.taken.wrapping_add(1);
        self.set_index(self.index().wrapping_add(1));
        true
    }
}

impl Rings {
    /// Writes over what is the driver's: descriptors, and the ring of what is available.
    fn spoil(&mut self, place: usize, value: u16) {
        if self.size == 0 {
            return;
        }
        let places = [
            (self.descriptors, 8 * self.size),
            (self.available, self.size + 2),
        ];
        let [descriptors, available] = places;
        let (start, count) = if place.is_multiple_of(2) {
            descriptors
        } else {
            available
        };
        self.is_spoilt = true;
        let word = (start + 2 * (place / 2 % count)) as *mut u16;
        // SAFETY: the driver gave us both, and the word is in one of them.
        unsafe { word.write_volatile(value) }
    }
}

/// Plays a script against the driver; returns how many frames it took. Every input ends, and none breaks the driver.
///
/// # Panics
/// When the driver does, or hands on a frame that no buffer could hold.
pub fn play(script: &[u8]) -> usize {
    const LONGEST: usize = 2_048;
    let (steps, _) = script.as_chunks::<4>();
    let Some(([f0, f1, f2, f3], steps)) = steps.split_first() else {
        return 0;
    };
    // A card of today, with or without the rest.
    let features = 1 << 32 | u64::from(u32::from_le_bytes([*f0, *f1, *f2, *f3]));
    let device = RefCell::new(Device {
        features,
        is_restless: f3 & RESTLESS != 0,
        ..Device::default()
    });
    let Some(mut card) = Virtio::new(Handle(&device)) else {
        return 0;
    };
    let (mut frame, mut taken) = (Vec::new(), 0);
    for [step, a, b, c] in steps.iter().take(STEPS_MAX) {
        let number = usize::from(u16::from_le_bytes([*b, *c]));
        let queue = usize::from(a & 1);
        match step % 7 {
            0 => {
                while card.receive(&mut frame) && taken < 100_000 {
                    assert!(frame.len() <= LONGEST, "longer than any buffer");
                    taken += 1;
                }
            }
            1 => {
                let _ = card.send(&alloc::vec![*a; number], &mut || 0);
            }
            2 => card.acknowledge(),
            3 => {
                if let Some(rings) = device.borrow_mut().queues.get_mut(queue) {
                    rings.serve(&alloc::vec![*b; number % LONGEST]);
                }
            }
            4 => {
                if let Some(rings) = device.borrow().queues.get(queue) {
                    rings.use_up(
                        rings.index().into(),
                        (*b).into(),
                        (u32::from(*c) << 24) + 60,
                    );
                    rings.set_index(rings.index().wrapping_add(1));
                }
            }
            5 => {
                if let Some(rings) = device.borrow().queues.get(queue) {
                    rings.set_index(number as u16);
                }
            }
            _ => {
                if let Some(rings) = device.borrow_mut().queues.get_mut(queue) {
                    rings.spoil(number, number.wrapping_mul(0x9e37) as u16);
                }
            }
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::super::card::{Card, LEAVES_NS, Virtio};
    use super::{Device, Handle, play};
    use core::cell::RefCell;

    const HONEST: [u8; 4] = [3, 0, 60, 0];
    const RECEIVE: [u8; 4] = [0; 4];

    fn script(steps: &[[u8; 4]]) -> Vec<u8> {
        let mut script = vec![0; 4];
        script.extend(steps.iter().flatten());
        script
    }

    #[test]
    fn an_honest_card_delivers() {
        let steps: Vec<_> = (0..100).flat_map(|_| [HONEST, HONEST, RECEIVE]).collect();
        assert_eq!(play(&script(&steps[..240])), 160);
    }

    #[test]
    fn frames_are_sent_and_their_buffers_come_back() {
        // More than the queue holds: an honest card gives them back in time.
        let steps: Vec<_> = (0..100)
            .flat_map(|_| [[1, 7, 60, 0], [3, 1, 0, 0]])
            .collect();
        assert_eq!(play(&script(&steps)), 0);
    }

    #[test]
    fn a_card_that_never_says_that_a_frame_has_left_does_not_shorten_round_trips() {
        let device = RefCell::new(Device {
            features: 1 << 32,
            ..Device::default()
        });
        let mut card = Virtio::new(Handle(&device)).unwrap();
        let mut now_ns = 0;
        let sent_ns = card.send(&[0; 60], &mut || {
            now_ns += 1_000;
            now_ns
        });
        assert_eq!(sent_ns, Some(1_000 + LEAVES_NS));
    }

    #[test]
    fn chains_that_nobody_gave_end_it() {
        for id in [40, 255] {
            let lie = [4, 0, id, 0];
            assert_eq!(
                play(&script(&[HONEST, RECEIVE, lie, RECEIVE, HONEST, RECEIVE])),
                1,
                "{id}"
            );
        }
    }

    #[test]
    fn a_configuration_that_never_settles_is_given_up() {
        let mut restless = script(&[HONEST, RECEIVE]);
        assert_eq!(play(&restless), 1);
        restless[3] = super::RESTLESS;
        assert_eq!(play(&restless), 0);
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_card_writes(script in proptest::collection::vec(0u8.., 0..600)) {
            play(&script);
        }
    }
}
