//! Ways to a card that is not waited for: where the library tries until the card agrees, or follows its lists to their
//! end, these give up.
use core::cell::Cell;
use core::mem::ManuallyDrop;
use virtio_drivers::transport::pci::bus::{ConfigurationAccess, DeviceFunction};
use virtio_drivers::transport::{DeviceStatus, DeviceType, InterruptStatus, Transport};
use virtio_drivers::{Error, PhysAddr, Result};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// Tries to read what the card must not change meanwhile.
const TRIES_MAX: usize = 16;

/// Words of PCI configuration that are read: a list in it may lead back to its beginning.
const WORDS_MAX: u32 = 1 << 16;

/// Another transport, never dropped: that would wait for the card to be reset, and the machine ends anyway.
pub(super) struct Bounded<T: Transport>(ManuallyDrop<T>);

impl<T: Transport> Bounded<T> {
    pub(super) const fn new(transport: T) -> Self {
        Self(ManuallyDrop::new(transport))
    }
}

impl<T: Transport> Transport for Bounded<T> {
    fn device_type(&self) -> DeviceType {
        self.0.device_type()
    }

    fn read_device_features(&mut self) -> u64 {
        self.0.read_device_features()
    }

    fn write_driver_features(&mut self, features: u64) {
        self.0.write_driver_features(features);
    }

    fn max_queue_size(&mut self, queue: u16) -> u32 {
        self.0.max_queue_size(queue)
    }

    fn notify(&mut self, queue: u16) {
        self.0.notify(queue);
    }

    fn get_status(&self) -> DeviceStatus {
        self.0.get_status()
    }

    fn set_status(&mut self, status: DeviceStatus) {
        self.0.set_status(status);
    }

    fn set_guest_page_size(&mut self, bytes: u32) {
        self.0.set_guest_page_size(bytes);
    }

    fn requires_legacy_layout(&self) -> bool {
        self.0.requires_legacy_layout()
    }

    fn queue_set(
        &mut self,
        queue: u16,
        size: u32,
        descriptors: PhysAddr,
        driver: PhysAddr,
        device: PhysAddr,
    ) {
        self.0.queue_set(queue, size, descriptors, driver, device);
    }

    /// Does nothing: it would wait for the card, and only the end of the machine unsets a queue.
    fn queue_unset(&mut self, _: u16) {}

    fn queue_used(&mut self, queue: u16) -> bool {
        self.0.queue_used(queue)
    }

    fn ack_interrupt(&mut self) -> InterruptStatus {
        self.0.ack_interrupt()
    }

    fn read_config_generation(&self) -> u32 {
        self.0.read_config_generation()
    }

    fn read_config_space<V: FromBytes + IntoBytes>(&self, offset: usize) -> Result<V> {
        self.0.read_config_space(offset)
    }

    fn write_config_space<V: IntoBytes + Immutable>(
        &mut self,
        offset: usize,
        value: V,
    ) -> Result<()> {
        self.0.write_config_space(offset, value)
    }

    fn read_consistent<V>(&self, read: impl Fn() -> Result<V>) -> Result<V> {
        for _ in 0..TRIES_MAX {
            let before = self.read_config_generation();
            let found = read();
            if self.read_config_generation() == before {
                return found;
            }
        }
        Err(Error::IoError)
    }
}

/// Another access to PCI configuration, by which only so much is read: then all of it is 0.
pub(super) struct FewWords<C> {
    access: C,
    left: Cell<u32>,
}

impl<C> FewWords<C> {
    pub(super) const fn new(access: C) -> Self {
        Self {
            access,
            left: Cell::new(WORDS_MAX),
        }
    }
}

impl<C: ConfigurationAccess> ConfigurationAccess for FewWords<C> {
    fn read_word(&self, function: DeviceFunction, register: u8) -> u32 {
        let Some(left) = self.left.get().checked_sub(1) else {
            return 0;
        };
        self.left.set(left);
        self.access.read_word(function, register)
    }

    fn write_word(&mut self, function: DeviceFunction, register: u8, data: u32) {
        self.access.write_word(function, register, data);
    }

    unsafe fn unsafe_clone(&self) -> Self {
        Self {
            // SAFETY: as our caller says.
            access: unsafe { self.access.unsafe_clone() },
            left: self.left.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use virtio_drivers::transport::pci::bus::PciRoot;

    /// A device with capabilities, each of which is followed by itself.
    struct Circle;

    impl ConfigurationAccess for Circle {
        fn read_word(&self, _: DeviceFunction, register: u8) -> u32 {
            match register {
                0x04 => 1 << 20,
                0x34 => 0x40,
                _ => 0x4009,
            }
        }

        fn write_word(&mut self, _: DeviceFunction, _: u8, _: u32) {}

        unsafe fn unsafe_clone(&self) -> Self {
            Self
        }
    }

    #[test]
    fn a_list_without_an_end_is_left() {
        let root = PciRoot::new(FewWords::new(Circle));
        let function = DeviceFunction {
            bus: 0,
            device: 1,
            function: 0,
        };
        let found = root.capabilities(function).take(1 << 20).count();
        assert!((1 << 8..1 << 17).contains(&found), "{found}");
    }
}
