//! What each fuzz target starts from: the sample frames, taken apart.
use crate::frames;
use netsonde_wire::ethernet::{Frame, ethertype};
use netsonde_wire::icmp::Icmp;
use netsonde_wire::ip::{IpPacket, protocol};
use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

/// Writes one file per target and input, named after the first sample that has it.
pub(crate) fn write(root: &Path) -> io::Result<()> {
    let mut written = BTreeSet::new();
    for (name, frame) in frames::all() {
        for (target, bytes) in parts(&frame) {
            if written.insert((target, bytes.to_vec())) {
                let directory = root.join(target);
                fs::create_dir_all(&directory)?;
                fs::write(directory.join(&name), bytes)?;
            }
        }
    }
    Ok(())
}

/// The inputs that a frame holds, each with its target.
fn parts(frame: &[u8]) -> Vec<(&'static str, &[u8])> {
    let parsed = Frame::parse(frame).expect("samples are whole");
    match parsed.ethertype {
        ethertype::ARP => vec![("ethernet", frame), ("arp", parsed.payload)],
        ethertype::MPLS => vec![("ethernet", frame), ("mpls", parsed.payload)],
        _ if parsed.vlan.is_some() => vec![("ethernet", frame)],
        _ => packet_parts(parsed.payload),
    }
}

fn packet_parts(bytes: &[u8]) -> Vec<(&'static str, &[u8])> {
    let packet = IpPacket::parse(bytes).expect("samples are whole");
    let is_v6 = packet.header.source.is_ipv6();
    let payload = packet.payload;
    let target = match packet.header.protocol {
        protocol::ICMP => "icmp",
        protocol::ICMPV6 if (133..=137).contains(&payload[0]) => "nd",
        protocol::ICMPV6 => "icmpv6",
        protocol::TCP => "tcp",
        _ => "udp",
    };
    let mut parts = vec![(target, payload)];
    if let "icmp" | "icmpv6" = target
        && let Ok(Icmp::Error(error)) = Icmp::parse(payload, is_v6)
    {
        parts.push(("ip_quote", error.quote));
        parts.extend(
            error
                .extensions
                .map(|found| ("extensions", found.as_bytes())),
        );
    } else {
        parts.push(("ip", bytes));
    }
    parts
}
