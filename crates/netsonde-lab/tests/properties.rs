//! What holds for every seed and every packet.
#![allow(clippy::unwrap_used, reason = "tests")]
mod common;

use common::{Rig, TARGET, echo_packet, reference, udp_packet};
use netsonde_lab::topology::{
    Behaviour, Domain, Link, Mutation, Mutator, Node, Pop, QuoteChange, Role, TtlMode,
};
use netsonde_lab::{Lab, Topology};
use proptest::prelude::*;

/// The reference path with every kind of trouble on it.
fn troubled(seed: u64, pop: Pop, ttl: TtlMode) -> Topology {
    let mut topology = reference(
        &Behaviour::default(),
        Domain {
            pop,
            ttl,
            ..Domain::default()
        },
    );
    topology.seed = seed;
    for link in topology.links.values_mut() {
        link.jitter_ns = 700_000;
        link.loss = 0.02;
        link.reorder = 0.05;
        link.duplicate = 0.05;
    }
    for mutation in [
        Mutation::Corrupt {},
        Mutation::Late {
            delay_ns: 400_000_000,
        },
        Mutation::Quote {
            change: QuoteChange::Ports,
        },
        Mutation::TruncateExtensions { bytes: 3 },
        Mutation::Forge {
            source: "9.9.9.9".parse().unwrap(),
            blind: true,
        },
        Mutation::Reflect {},
    ] {
        let link = "ce1-pe1".to_owned();
        topology.mutators.push(Mutator {
            link,
            from: None,
            to: Vec::new(),
            probability: 0.1,
            mutation,
        });
    }
    topology
}

/// Sends probes of all kinds; returns digest and rig.
fn run(topology: &Topology, probes: u16) -> (u64, Rig) {
    let mut rig = Rig::new(topology);
    for sequence in 0..probes {
        let ttl = u8::try_from(sequence % 12).unwrap() + 1;
        let packet = match sequence % 3 {
            0 => echo_packet(TARGET, ttl, sequence),
            1 => udp_packet(TARGET, ttl, 40_000 + sequence),
            _ => echo_packet(common::TARGET6, ttl, sequence),
        };
        rig.lab
            .inject(u64::from(sequence) * 1_000_000, rig.vp, &packet);
        rig.lab.advance(u64::from(sequence) * 1_000_000);
    }
    rig.lab.advance(60_000_000_000);
    (rig.lab.digest(), rig)
}

fn pops() -> impl Strategy<Value = Pop> {
    prop_oneof![Just(Pop::Php), Just(Pop::Uhp), Just(Pop::Opaque)]
}

fn modes() -> impl Strategy<Value = TtlMode> {
    prop_oneof![Just(TtlMode::Uniform), Just(TtlMode::Pipe)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_seed_replays_and_packets_are_conserved(seed: u64, pop in pops(), ttl in modes()) {
        let topology = troubled(seed, pop, ttl);
        let (digest, rig) = run(&topology, 120);
        prop_assert_eq!(digest, run(&topology, 120).0);
        let statistics = rig.lab.statistics();
        prop_assert!(statistics.is_conserved(), "{:?}", statistics);
        prop_assert_eq!(statistics.in_flight, 0);
        prop_assert!(statistics.delivered > 20);
        let other = run(&troubled(seed ^ 1, pop, ttl), 120).0;
        prop_assert_ne!(digest, other);
    }

    /// Entities elsewhere, whose names sort before, between and after the others, change nothing.
    #[test]
    fn strangers_shift_nothing(seed: u64, pop in pops(), ttl in modes()) {
        let mut topology = troubled(seed, pop, ttl);
        let (digest, _) = run(&topology, 60);
        for (name, subnet) in [("a", "6.0.0.0/30"), ("m", "6.0.1.0/30"), ("z", "6.0.2.0/30")] {
            topology.nodes.insert(format!("{name}1"), Node::default());
            topology.nodes.insert(format!("{name}2"), Node { role: Role::Host, ..Node::default() });
            let ends = [format!("{name}1"), format!("{name}2")];
            let subnet = Some(subnet.parse().unwrap());
            topology.links.insert(format!("{name}-link"), Link { ends, subnet, loss: 0.5, ..Link::default() });
        }
        let hung_on = Link { ends: ["ce2".into(), "a1".into()], subnet: Some("6.0.3.0/30".parse().unwrap()), ..Link::default() };
        topology.links.insert("b-link".into(), hung_on);
        prop_assert_eq!(digest, run(&topology, 60).0);
    }

    #[test]
    fn arbitrary_bytes_are_data(packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..120), 1..30)) {
        let mut rig = Rig::new(&troubled(1, Pop::Uhp, TtlMode::Pipe));
        for packet in &packets {
            rig.lab.inject(0, rig.vp, packet);
        }
        rig.lab.advance(u64::MAX / 2);
        prop_assert!(rig.lab.statistics().is_conserved());
    }

    /// Real packets with some bytes changed get further in than random ones.
    #[test]
    fn damaged_packets_are_data(
        changes in prop::collection::vec((0_usize..60, any::<u8>()), 0..4),
        ttl in 0_u8..12,
        udp: bool,
        v6: bool,
    ) {
        let mut rig = Rig::new(&troubled(2, Pop::Php, TtlMode::Uniform));
        let target = if v6 { common::TARGET6 } else { TARGET };
        let mut packet = if udp { udp_packet(target, ttl, 1) } else { echo_packet(target, ttl, 1) };
        for &(at, byte) in &changes {
            let at = at % packet.len();
            packet[at] = byte;
        }
        if !v6 {
            packet[10..12].fill(0);
            let header_len = usize::from(packet[0] & 15) * 4;
            let sum = netsonde_wire::checksum::internet(&packet[..header_len.clamp(20, packet.len())]);
            packet[10..12].copy_from_slice(&sum.to_be_bytes());
        }
        rig.lab.inject(0, rig.vp, &packet);
        rig.lab.advance(u64::MAX / 2);
        let statistics = rig.lab.statistics();
        prop_assert!(statistics.is_conserved() && statistics.in_flight == 0);
    }

    /// JSON that is no topology is refused, whatever it is; so is a real one with a hole.
    #[test]
    fn malformed_topologies_are_refused_without_a_panic(at in 0_usize..6_000, byte: u8) {
        let mut json = serde_json::to_vec(&troubled(3, Pop::Php, TtlMode::Pipe)).unwrap();
        let at = at % json.len();
        json[at] = byte;
        if let Ok(topology) = Topology::from_json(&json)
            && let Err(error) = Lab::new(&topology)
        {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}

/// With loss p per direction of one link and r tries, a hop is found with probability 1 - (1 - (1-p)^2)^r.
#[test]
fn loss_is_what_it_says() {
    let mut topology = reference(&Behaviour::default(), Domain::default());
    topology.links.get_mut("ce1-pe1").unwrap().loss = 0.3;
    let mut rig = Rig::new(&topology);
    let heard = (0..4_000).filter(|_| rig.echo(TARGET, 2).is_some()).count();
    assert!(
        (1_860..2_060).contains(&heard),
        "expected about 1960 of 4000, heard {heard}"
    );
}
