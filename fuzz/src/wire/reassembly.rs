//! Packets put together from whatever comes.
use netsonde_wire::checksum;
use netsonde_wire::ip::IpPacket;
use netsonde_wire::ip::reassembly::{Limits, Reassembler, Taken};

const LIMITS: Limits = Limits {
    packets: 4,
    bytes: 4_000,
    fragments: 8,
    wait_ns: 100,
};

/// Packets, each behind two bytes that say how long it is and when it comes: limits hold, and what is put together is
/// a whole packet.
pub fn reassembly(bytes: &[u8]) {
    let mut reassembler = Reassembler::new(LIMITS);
    let (mut now_ns, mut rest, mut taken) = (0, bytes, 0u64);
    while let Some((&[length, later], after)) = rest.split_first_chunk() {
        let (packet, after) = after.split_at(usize::from(length).min(after.len()));
        rest = after;
        now_ns += u64::from(later);
        taken += 1;
        let mut packet = packet.to_vec();
        correct(&mut packet);
        if later == 1 {
            reassembler.leave(now_ns, &packet);
        } else if let Taken::Completed(whole) = reassembler.take(now_ns, &packet) {
            check(whole);
        }
        let (bytes, packets) = reassembler.held();
        assert!(bytes <= LIMITS.bytes && packets <= LIMITS.packets);
    }
    let counts = reassembler.counts();
    assert!(counts.reassembled + counts.unfinished + counts.overlapped <= taken);
}

/// Lengths and checksums are seldom guessed.
fn correct(packet: &mut [u8]) {
    let length = u16::try_from(packet.len()).unwrap_or(u16::MAX);
    match packet.first().map(|first| first >> 4) {
        Some(4) if packet.len() >= 20 => {
            packet[0] = 0x45;
            packet[2..4].copy_from_slice(&length.to_be_bytes());
            packet[10..12].fill(0);
            let sum = checksum::internet(&packet[..20]);
            packet[10..12].copy_from_slice(&sum.to_be_bytes());
        }
        Some(6) if packet.len() >= 40 => {
            packet[4..6].copy_from_slice(&(length - 40).to_be_bytes());
        }
        _ => {}
    }
}

fn check(whole: &[u8]) {
    // Headers behind the fragment header are data, and may be cut.
    if let Ok(packet) = IpPacket::parse(whole) {
        assert!(packet.header.source.is_ipv6() || !packet.header.more_fragments);
        assert_eq!(packet.header.total_len, whole.len());
    } else {
        assert_eq!(whole[0] >> 4, 6);
    }
}
