//! Which of several equal next hops a packet takes.
use crate::random::mix;
use crate::topology::Hash;
use netsonde_wire::ip::protocol;

/// The hash of an IP packet's flow; routers that switch labels look through them at the same packet.
pub(crate) fn hash(packet: &[u8], by: Hash, seed: u64) -> u64 {
    let v6 = packet.first().is_some_and(|byte| byte >> 4 == 6);
    let (addresses, header_len, protocol_at) = if v6 {
        (8..40, 40, 6)
    } else {
        (12..20, ipv4_header_len(packet), 9)
    };
    let mut state = Hasher(seed);
    let addresses = packet.get(addresses).unwrap_or_default();
    if by == Hash::Destination {
        state.add(&addresses[addresses.len() / 2..]);
        return state.finish();
    }
    state.add(addresses);
    if v6 {
        // 20 bits of flow label, without the traffic class.
        let label = packet
            .get(1..4)
            .map_or([0; 3], |bytes| [bytes[0] & 0x0f, bytes[1], bytes[2]]);
        state.add(&label);
    }
    if by == Hash::FlowLabel {
        return state.finish();
    }
    let protocol = packet.get(protocol_at).copied().unwrap_or(0);
    state.add(&[protocol]);
    let transport = packet.get(header_len..).unwrap_or_default();
    let is_fragment = !v6
        && packet
            .get(6..8)
            .is_some_and(|bytes| bytes[0] & 0x3f != 0 || bytes[1] != 0);
    // For ICMP these four bytes are type, code and checksum, which is why Paris traceroute keeps it constant.
    let has_flow = matches!(
        protocol,
        protocol::ICMP | protocol::ICMPV6 | protocol::TCP | protocol::UDP
    );
    if has_flow && !is_fragment {
        state.add(transport.get(..4).unwrap_or_default());
    }
    state.finish()
}

fn ipv4_header_len(packet: &[u8]) -> usize {
    packet
        .first()
        .map_or(20, |byte| usize::from(byte & 0x0f) * 4)
}

struct Hasher(u64);

impl Hasher {
    fn add(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let word = chunk
                .iter()
                .fold(0, |word, byte| word << 8 | u64::from(*byte));
            self.0 = mix(self.0 ^ word).wrapping_add(0x9e37_79b9_7f4a_7c15);
        }
    }

    fn finish(&self) -> u64 {
        mix(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::IpAddr;
    use netsonde_wire::{ip::IpBuild, udp};

    fn probe(to: &str, source_port: u16, flow_label: u32) -> Vec<u8> {
        let destination: IpAddr = to.parse().unwrap();
        let source: IpAddr = if destination.is_ipv6() {
            "2a00::1"
        } else {
            "5.1.0.1"
        }
        .parse()
        .unwrap();
        let (mut segment, mut packet) = (Vec::new(), Vec::new());
        udp::emit(source, destination, source_port, 33_434, b"x", &mut segment);
        IpBuild {
            source,
            destination,
            protocol: 17,
            ttl: 9,
            tos: 0,
            ident: 1,
            flow_label,
            dont_fragment: false,
        }
        .emit(&segment, &mut packet);
        packet
    }

    #[test]
    fn each_hash_sees_its_fields_only() {
        let differs = |by, a: &[u8], b: &[u8]| hash(a, by, 1) != hash(b, by, 1);
        let base = probe("5.2.0.1", 40_000, 0);
        let (port, to) = (probe("5.2.0.1", 40_001, 0), probe("5.2.0.2", 40_000, 0));
        assert!(differs(Hash::FiveTuple, &base, &port) && differs(Hash::FiveTuple, &base, &to));
        assert!(
            !differs(Hash::Destination, &base, &port) && differs(Hash::Destination, &base, &to)
        );
        assert!(!differs(Hash::FlowLabel, &base, &port) && differs(Hash::FlowLabel, &base, &to));
        let (base, label) = (probe("2a00:5::1", 40_000, 1), probe("2a00:5::1", 40_000, 2));
        assert!(differs(Hash::FlowLabel, &base, &label) && differs(Hash::FiveTuple, &base, &label));
        assert!(!differs(Hash::Destination, &base, &label));
        assert_ne!(
            hash(&base, Hash::FiveTuple, 1),
            hash(&base, Hash::FiveTuple, 2)
        );
    }

    #[test]
    fn a_changed_ttl_changes_nothing() {
        let base = probe("5.2.0.1", 40_000, 0);
        let mut other = base.clone();
        netsonde_wire::ip::set_ttl(&mut other, 3);
        assert_eq!(
            hash(&base, Hash::FiveTuple, 1),
            hash(&other, Hash::FiveTuple, 1)
        );
        for cut in 0..base.len() {
            hash(&base[..cut], Hash::FiveTuple, 1); // does not panic
        }
    }
}
