//! The lab's forwarding, under any packets and every combination of its knobs: nothing panics, every
//! packet is accounted for, what comes out is an IP packet, and a second run gives the same.
use crate::script::Script;
use core::net::IpAddr;
use netsonde_lab::topology::{Behaviour, Extensions, LabelExpiry, Pop, PopRule, TtlMode};
use netsonde_lab::{Lab, Topology};
use netsonde_wire::icmp::emit_echo;
use netsonde_wire::ip::{IpBuild, IpPacket, protocol};
use netsonde_wire::tcp::{TcpBuild, flags};
use netsonde_wire::udp;
use std::sync::OnceLock;

/// Events after which a lab with a few packets must be quiet: loops end by their TTL.
const EVENTS_MAX: u32 = 100_000;

const DESTINATIONS: [&str; 12] = [
    "5.2.0.9",
    "5.0.1.2",
    "5.1.3.2",
    "5.1.5.1",
    "5.3.0.4",
    "6.0.0.1",
    "5.1.0.1",
    "5.1.9.1",
    "2a00:2::9",
    "2a00:1:3::2",
    "2a00:3::4",
    "2a00:f::1",
];

/// Runs a script: what the network is like, then packets.
pub fn lab_forward(bytes: &[u8]) {
    let mut script = Script(bytes);
    let Some(topology) = topology(&mut script) else {
        return;
    };
    let (digest, statistics) = run(&topology, Script(script.0));
    assert_eq!(run(&topology, script), (digest, statistics));
}

fn run(topology: &Topology, mut script: Script<'_>) -> (u64, String) {
    let mut lab = Lab::new(topology).expect("the topology is valid");
    let hosts = ["vp", "hidden"].map(|name| lab.attachment(name).expect("it has both"));
    let mut now_ns = 0;
    while let Some((host, packet)) = packet(&mut script) {
        lab.inject(now_ns, hosts[host], &packet);
        now_ns += 300_000;
        lab.advance(now_ns);
    }
    let mut events = 0;
    while let Some(next_ns) = lab.poll_timeout() {
        lab.advance(next_ns);
        events += 1;
        assert!(events < EVENTS_MAX, "the lab never comes to rest");
    }
    while let Some(delivery) = lab.poll_delivery() {
        IpPacket::parse(&delivery.packet).expect("hosts get whole packets");
    }
    let statistics = lab.statistics();
    assert!(
        statistics.is_conserved() && statistics.in_flight == 0,
        "{statistics:?}"
    );
    (lab.digest(), format!("{statistics:?}"))
}

/// The next packet of a script and the host that sends it.
fn packet(script: &mut Script<'_>) -> Option<(usize, Vec<u8>)> {
    let kind = script.byte()?;
    let host = usize::from(kind >> 7);
    let ttl = script.byte()?;
    let destination: IpAddr = script.choice(&DESTINATIONS)?.parse().expect("an address");
    let data = script.bytes()?;
    match kind & 7 {
        0 => return Some((host, data.to_vec())),
        1 => return Some((host, mended(data))),
        _ => {}
    }
    let source: IpAddr = match (destination, host) {
        (IpAddr::V4(_), 0) => "5.1.0.1",
        (IpAddr::V4(_), _) => "10.0.0.1",
        (IpAddr::V6(_), 0) => "2a00:1::1",
        (IpAddr::V6(_), _) => "2a00:1:f::1",
    }
    .parse()
    .expect("an address");
    let mut payload = Vec::new();
    let protocol = transport(kind, [source, destination], ttl, data, &mut payload);
    let (tos, ident, flow_label, dont_fragment) = (0, 9, 5, kind & 0x40 != 0);
    let build = IpBuild {
        source,
        destination,
        protocol,
        ttl,
        tos,
        ident,
        flow_label,
        dont_fragment,
    };
    let mut out = Vec::new();
    build.emit(&payload, &mut out);
    Some((host, out))
}

/// Writes the transport that the kind asks for, and returns its protocol number.
fn transport(
    kind: u8,
    [source, destination]: [IpAddr; 2],
    port: u8,
    data: &[u8],
    out: &mut Vec<u8>,
) -> u8 {
    let is_second = kind & 8 != 0;
    match kind & 7 {
        2 => {
            out.extend_from_slice(data.get(1..).unwrap_or_default());
            data.first().copied().unwrap_or(0)
        }
        3 => {
            emit_echo(source, destination, is_second, 1, 2, data, out);
            if source.is_ipv6() {
                protocol::ICMPV6
            } else {
                protocol::ICMP
            }
        }
        4 => {
            let build = TcpBuild {
                source_port: 40_000,
                destination_port: u16::from(port),
                sequence: 1,
                acknowledgment: 2,
                flags: if is_second { flags::ACK } else { flags::SYN },
                window: 3,
                options: &[],
                payload: data,
            };
            build.emit(source, destination, out);
            protocol::TCP
        }
        _ => {
            // Long enough to meet the small MTU.
            let data = data.repeat(1 + usize::from(kind >> 3 & 7));
            udp::emit(source, destination, 33_434, 33_435, &data, out);
            protocol::UDP
        }
    }
}

/// The bytes with the checksum of a plain IPv4 header made right.
fn mended(data: &[u8]) -> Vec<u8> {
    let mut packet = data.to_vec();
    if let Some(header) = packet.get_mut(..20) {
        header[10..12].fill(0);
        let sum = netsonde_wire::checksum::internet(header);
        header[10..12].copy_from_slice(&sum.to_be_bytes());
    }
    packet
}

/// The network, with the knobs that the script turns.
fn topology(script: &mut Script<'_>) -> Option<Topology> {
    static PLAIN: OnceLock<Topology> = OnceLock::new();
    let parse = || serde_json::from_str(include_str!("lab_forward.json")).expect("a topology");
    let mut topology = PLAIN.get_or_init(parse).clone();
    let (pop, ttl, labels) = (script.byte()?, script.byte()?, script.byte()?);
    for domain in topology.domains.values_mut() {
        domain.pop = [Pop::Php, Pop::Uhp, Pop::Opaque][usize::from(pop % 3)];
        domain.ttl = if ttl & 1 == 0 {
            TtlMode::Pipe
        } else {
            TtlMode::Uniform
        };
        domain.service_label = (labels & 1 != 0).then_some(99);
    }
    let pop_rules = [
        PopRule::Min,
        PopRule::Copy,
        PopRule::DecrementUnchecked,
        PopRule::None,
    ];
    let expiries = [
        LabelExpiry::IcmpAlongLsp,
        LabelExpiry::Icmp,
        LabelExpiry::Silent,
    ];
    let styles = [
        Extensions::Rfc4884,
        Extensions::LengthZero,
        Extensions::LengthAndChecksumZero,
        Extensions::Length17,
        Extensions::None,
    ];
    let (pop_rule, label_expiry) = (script.choice(&pop_rules)?, script.choice(&expiries)?);
    let (extensions, quote_len) = (
        script.choice(&styles)?,
        script.choice(&[28, 128, u16::MAX])?,
    );
    for node in topology.nodes.values_mut() {
        node.behaviour = Behaviour {
            pop_rule,
            label_expiry,
            extensions,
            quote_len,
            uhp_quirk: ttl & 2 != 0,
            interface_info: ttl & 4 != 0,
            ..node.behaviour.clone()
        };
    }
    // Each bit of a byte takes one mutator away.
    let mutators = script.byte()?;
    let mut index = 0;
    topology.mutators.retain(|_| {
        index += 1;
        mutators >> (index & 7) & 1 == 0
    });
    Some(topology)
}
