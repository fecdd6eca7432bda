//! The packets in a block of a receive ring (`TPACKET_V3`), read without trust in its numbers.

/// Offsets in a block's header.
const PACKETS: usize = 12;
const FIRST: usize = 16;
/// Offsets in a packet's header.
const NEXT: usize = 0;
const SECONDS: usize = 4;
const NANOSECONDS: usize = 8;
const CAPTURED: usize = 12;
const LENGTH: usize = 16;
const STATUS: usize = 20;
const DATA: usize = 24;
/// `TP_STATUS_LOSING`: the ring had no room for some packets.
const LOSING: u32 = 4;

/// One received packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received<'a> {
    /// On the wall clock.
    pub stamp_ns: u64,
    /// From its IP header on.
    pub packet: &'a [u8],
    /// Nothing of it was cut off.
    pub is_whole: bool,
    /// Packets have been dropped since the counters were read.
    pub is_losing: bool,
}

/// The packets in order; ends at the first that does not fit the block.
pub fn packets(block: &[u8]) -> impl Iterator<Item = Received<'_>> {
    let mut left = word(block, PACKETS).unwrap_or(0);
    let mut at = word(block, FIRST).unwrap_or(0) as usize;
    std::iter::from_fn(move || {
        left = left.checked_sub(1)?;
        let header = block.get(at..)?;
        let received = read(header)?;
        // A next one that is not further on would never end.
        at += (word(header, NEXT)? as usize).max(DATA);
        Some(received)
    })
}

fn read(header: &[u8]) -> Option<Received<'_>> {
    let captured = word(header, CAPTURED)?;
    let data = header.get(DATA..)?.first_chunk::<2>()?;
    let start = usize::from(u16::from_ne_bytes(*data));
    let packet = header.get(start..)?.get(..captured as usize)?;
    let seconds = u64::from(word(header, SECONDS)?);
    Some(Received {
        stamp_ns: seconds * 1_000_000_000 + u64::from(word(header, NANOSECONDS)?),
        packet,
        is_whole: captured == word(header, LENGTH)?,
        is_losing: word(header, STATUS)? & LOSING != 0,
    })
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_ne_bytes(*word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A block as the kernel would write it.
    fn block(packets: &[&[u8]]) -> Vec<u8> {
        let mut block = vec![0; 48];
        let put = |block: &mut Vec<u8>, at: usize, value: u32| {
            block[at..at + 4].copy_from_slice(&value.to_ne_bytes());
        };
        let count = u32::try_from(packets.len()).unwrap();
        put(&mut block, PACKETS, count);
        put(&mut block, FIRST, 48);
        for packet in packets {
            let at = block.len();
            block.resize(at + 68, 0);
            let length = u32::try_from(packet.len()).unwrap();
            for (field, value) in [
                (NEXT, 68 + length),
                (SECONDS, 7),
                (NANOSECONDS, 9),
                (CAPTURED, length),
                (LENGTH, length),
                (DATA, 68),
            ] {
                put(&mut block, at + field, value);
            }
            block.extend_from_slice(packet);
        }
        block
    }

    #[test]
    fn packets_are_read_in_order() {
        let block = block(&[b"one", b"", b"three"]);
        let read: Vec<_> = packets(&block).collect();
        let bytes: Vec<_> = read.iter().map(|received| received.packet).collect();
        assert_eq!(bytes, [&b"one"[..], b"", b"three"]);
        assert_eq!((read[0].stamp_ns, read[0].is_whole), (7_000_000_009, true));
        assert!(!read[0].is_losing);
    }

    proptest! {
        #[test]
        fn numbers_that_do_not_fit_do_no_harm(
            place in 0usize..200, value in any::<[u8; 4]>(), cut in 0usize..220
        ) {
            let mut block = block(&[b"one", b"two", &[3; 60]]);
            if let Some(target) = block.get_mut(place..place + 4) {
                target.copy_from_slice(&value);
            }
            block.truncate(cut);
            for received in packets(&block).take(100) {
                prop_assert!(received.packet.len() <= block.len());
            }
        }
    }
}
