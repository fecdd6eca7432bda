//! Where hypervisors say their virtio devices are: `virtio_mmio.device=SIZE@ADDRESS:LINE`, as Linux reads it.

/// Where the registers of a device are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Address.
    pub start: usize,
    /// Bytes.
    pub len: usize,
    /// Number of its interrupt.
    pub line: u32,
}

/// Registers of a virtio device, its own included, at least.
const LEN_MIN: usize = 0x200;
const LEN_MAX: usize = 1 << 20;
/// Devices are between memory and here, where mappings end.
const DEVICES: core::ops::Range<usize> = 0x1000..1 << 32;

/// The places that a command line names; those that make no sense are passed over.
pub fn places(command_line: &str) -> impl Iterator<Item = Place> {
    command_line
        .split_ascii_whitespace()
        .filter_map(|word| word.strip_prefix("virtio_mmio.device="))
        .filter_map(place)
}

fn place(text: &str) -> Option<Place> {
    let (len, rest) = text.split_once('@')?;
    let mut rest = rest.split(':');
    let start = number(rest.next()?)?;
    let line = rest.next()?.parse().ok()?;
    let len = match len.strip_suffix(['K', 'k']) {
        Some(len) => number(len)?.checked_mul(1024)?,
        None => number(len)?,
    };
    let fits = (LEN_MIN..=LEN_MAX).contains(&len)
        && DEVICES.contains(&start)
        && DEVICES.end - start >= len
        && start.is_multiple_of(LEN_MIN);
    fits.then_some(Place { start, len, line })
}

fn number(text: &str) -> Option<usize> {
    match text.strip_prefix("0x") {
        Some(digits) => usize::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qemu_and_firecracker_are_understood() {
        let text = "quiet virtio_mmio.device=512@0xfeb00e00:12 ip=dhcp virtio_mmio.device=4K@0xc0001000:5:1";
        let found: Vec<_> = places(text).collect();
        let expected = [(0xfeb0_0e00, 512, 12), (0xc000_1000, 4096, 5)];
        let expected = expected.map(|(start, len, line)| Place { start, len, line });
        assert_eq!(found, expected);
    }

    #[test]
    fn what_makes_no_sense_is_passed_over() {
        for text in [
            "",
            "512",
            "512@",
            "512@0xfeb00e00",
            "512@0xfeb00e00:x",
            "5@0xfeb00e00:1",
            "512@0x0:1",
            "512@0xffffffff:1",
            "512@0x100000000:1",
            "9999999999999K@0xfeb00e00:1",
            "512@0xfeb00e01:1",
        ] {
            let word = format!("virtio_mmio.device={text}");
            assert_eq!(places(&word).count(), 0, "{text}");
        }
    }
}
