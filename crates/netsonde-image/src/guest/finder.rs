//! Looks for the card: where the command line says, and else on the PCI bus.
use super::bounded::FewWords;
use super::card::{Card, Memory, Virtio};
use super::cpu;
use crate::mmio::{self, Place};
use alloc::boxed::Box;
use core::ptr::NonNull;
use virtio_drivers::transport::mmio::MmioTransport;
use virtio_drivers::transport::pci::bus::{Command, ConfigurationAccess, DeviceFunction, PciRoot};
use virtio_drivers::transport::pci::{PciTransport, virtio_device_type};
use virtio_drivers::transport::{DeviceType, Transport};

/// Places that are looked at.
const PLACES_MAX: usize = 64;
const CONFIG_ADDRESS: u16 = 0xcf8;
const CONFIG_DATA: u16 = 0xcfc;

/// A card, and the line of its interrupt; without one it is looked at from time to time.
pub(super) struct Found {
    pub(super) card: Box<dyn Card>,
    pub(super) line: Option<u32>,
}

/// The first network card there is.
pub(super) fn find(command_line: &str) -> Option<Found> {
    let places = mmio::places(command_line).take(PLACES_MAX);
    let mut found = places.filter_map(|place| {
        let card = at(place)?;
        let line = Some(place.line);
        Some(Found { card, line })
    });
    found.next().or_else(|| {
        let card = on_bus()?;
        Some(Found { card, line: None })
    })
}

fn at(place: Place) -> Option<Box<dyn Card>> {
    let header = NonNull::new(place.start as *mut _)?;
    // SAFETY: the hypervisor says that the registers of a virtio device are there, and they are mapped.
    let transport = unsafe { MmioTransport::new(header, place.len) }.ok()?;
    open(transport)
}

fn on_bus() -> Option<Box<dyn Card>> {
    let mut root = PciRoot::new(FewWords::new(Ports));
    let (function, _) = root
        .enumerate_bus(0)
        .find(|(_, info)| virtio_device_type(info) == Some(DeviceType::Network))?;
    root.set_command(
        function,
        Command::MEMORY_SPACE | Command::BUS_MASTER | Command::IO_SPACE,
    );
    let transport = PciTransport::new::<Memory, _>(&mut root, function).ok()?;
    open(transport)
}

fn open<T: Transport + 'static>(transport: T) -> Option<Box<dyn Card>> {
    if transport.device_type() != DeviceType::Network {
        return None;
    }
    Some(Box::new(Virtio::new(transport)?))
}

/// PCI configuration through ports.
struct Ports;

impl Ports {
    fn select(function: DeviceFunction, register: u8) {
        let place = u32::from(function.bus) << 16
            | u32::from(function.device) << 11
            | u32::from(function.function) << 8
            | u32::from(register & 0xfc);
        cpu::out32(CONFIG_ADDRESS, 1 << 31 | place);
    }
}

impl ConfigurationAccess for Ports {
    fn read_word(&self, function: DeviceFunction, register: u8) -> u32 {
        Self::select(function, register);
        cpu::in32(CONFIG_DATA)
    }

    fn write_word(&mut self, function: DeviceFunction, register: u8, data: u32) {
        Self::select(function, register);
        cpu::out32(CONFIG_DATA, data);
    }

    unsafe fn unsafe_clone(&self) -> Self {
        Self
    }
}
