//! Timed faults, and what mutators do to packets.
#![allow(clippy::unwrap_used, reason = "tests")]
mod common;

use common::{Rig, TARGET, VANTAGE, echo_packet, reference, udp_packet};
use netsonde_lab::topology::{
    Action, Behaviour, Domain, Fault, LimitScope, Link, Mutation, Mutator, Node, QuoteChange,
    RateLimit,
};
use netsonde_lab::{Drop, Topology};
use netsonde_wire::icmp::Icmp;
use netsonde_wire::ip::IpPacket;
use netsonde_wire::udp::Udp;

const SECOND: u64 = 1_000_000_000;

fn path() -> Topology {
    reference(&Behaviour::default(), Domain::default())
}

fn faulty(at_ns: u64, action: Action) -> Rig {
    let mut topology = path();
    topology.faults.push(Fault { at_ns, action });
    Rig::new(&topology)
}

/// A mutator on what comes back to the vantage point, or on what it sends.
fn mutated(inwards: bool, mutation: Mutation) -> Rig {
    let mut topology = path();
    let from = Some(if inwards { "ce1" } else { "host" }.to_owned());
    let link = "vp".to_owned();
    topology.mutators.push(Mutator {
        link,
        from,
        to: Vec::new(),
        probability: 1.0,
        mutation,
    });
    Rig::new(&topology)
}

fn drops(rig: &Rig, cause: Drop) -> u64 {
    rig.lab
        .statistics()
        .drops()
        .find(|drop| drop.0 == cause)
        .map_or(0, |drop| drop.1)
}

#[test]
fn nodes_fall_silent_and_speak_again() {
    let node = || "p1".to_owned();
    let mut topology = path();
    topology.faults = vec![
        Fault {
            at_ns: SECOND + 1,
            action: Action::Icmp {
                node: node(),
                silent: true,
            },
        },
        Fault {
            at_ns: 2 * SECOND + 1,
            action: Action::Icmp {
                node: node(),
                silent: false,
            },
        },
    ];
    let mut rig = Rig::new(&topology);
    let heard = [1, 2, 3].map(|_| {
        rig.lab.advance(rig.lab.now_ns() + 10);
        rig.er_ttl("5.1.2.2").is_some()
    });
    assert_eq!(heard, [true, false, true]);
}

#[test]
fn a_link_goes_down_and_routes_follow_later() {
    let mut topology = path();
    // A way around p2: p1 - p9 - p3.
    topology.nodes.insert("p9".to_owned(), Node::default());
    for (name, ends, subnet) in [
        ("p1-p9", ["p1", "p9"], "5.1.90.0/30"),
        ("p9-p3", ["p9", "p3"], "5.1.91.0/30"),
    ] {
        let link = Link {
            ends: ends.map(String::from),
            subnet: Some(subnet.parse().unwrap()),
            cost: [5, 5],
            ..Link::default()
        };
        topology.links.insert(name.to_owned(), link);
    }
    let action = Action::Link {
        link: "p1-p2".to_owned(),
        up: false,
        reroute_ns: SECOND,
    };
    topology.faults.push(Fault {
        at_ns: SECOND + 1,
        action,
    });
    let mut rig = Rig::new(&topology);
    assert!(rig.er_ttl(TARGET).is_some());
    rig.lab.advance(SECOND + 2);
    assert!(rig.er_ttl(TARGET).is_none(), "into the hole");
    assert_eq!(drops(&rig, Drop::LinkDown), 1);
    rig.lab.advance(2 * SECOND + 2);
    let hops: Vec<String> = rig
        .trace(TARGET)
        .into_iter()
        .flatten()
        .map(|hop| hop.from.to_string())
        .collect();
    assert!(hops.contains(&"5.1.90.2".to_owned()), "{hops:?}");
}

#[test]
fn loss_delay_and_limits_change() {
    let link = || "ce1-pe1".to_owned();
    let mut rig = faulty(
        0,
        Action::Loss {
            link: link(),
            loss: 1.0,
        },
    );
    assert!(rig.er_ttl(TARGET).is_none());
    assert_eq!(drops(&rig, Drop::Loss), 1);
    let mut rig = faulty(
        0,
        Action::Delay {
            link: link(),
            delay_ns: 100_000_000,
        },
    );
    let delivery = &rig.send_all(&echo_packet(TARGET, 64, 1))[0];
    assert_eq!(delivery.at_ns, 2 * (100_000_000 + 6 * 1_000_000));
    let limit = RateLimit {
        rate_pps: 0.0,
        burst: 0,
        scope: LimitScope::Global,
        echo: true,
    };
    let mut rig = faulty(
        0,
        Action::Limit {
            node: "host".to_owned(),
            limit: Some(limit),
        },
    );
    assert!(rig.er_ttl(TARGET).is_none() && rig.er_ttl("5.1.6.2").is_some());
}

#[test]
fn headers_are_rewritten_with_right_checksums() {
    let mut rig = mutated(false, Mutation::Dscp { tos: 0x48 });
    let answer = rig.send_all(&echo_packet(TARGET, 64, 1)).remove(0).packet;
    assert_eq!(
        IpPacket::parse(&answer).unwrap().header.tos,
        0x48,
        "the echo reply copies it"
    );
    let mut rig = mutated(false, Mutation::SourcePort { add: 5 });
    let answer = rig
        .send_all(&udp_packet(TARGET, 64, 40_000))
        .remove(0)
        .packet;
    let parsed = IpPacket::parse(&answer).unwrap();
    let Icmp::Error(error) = Icmp::parse(parsed.payload, false).unwrap() else {
        panic!("an error")
    };
    let quoted = Udp::parse_quote(error.quoted_ip().unwrap().payload).unwrap();
    assert_eq!(quoted.source_port, 40_005);
    let mut rig = mutated(
        true,
        Mutation::Source {
            address: "9.9.9.9".parse().unwrap(),
        },
    );
    assert_eq!(rig.echo(TARGET, 1).unwrap().from.to_string(), "9.9.9.9");
}

#[test]
fn quotes_are_changed_and_the_message_stays_valid() {
    let quoted = |change| {
        let mut rig = mutated(true, Mutation::Quote { change });
        let packet = rig
            .send_all(&udp_packet(TARGET, 4, 40_000))
            .remove(0)
            .packet;
        common::answer(&packet); // checks the checksum
        let parsed = IpPacket::parse(&packet).unwrap();
        let Icmp::Error(error) = Icmp::parse(parsed.payload, false).unwrap() else {
            panic!("an error")
        };
        let quote = error.quoted_ip().unwrap();
        (
            quote.header.destination.to_string(),
            quote.header.ttl,
            quote.payload[..4].to_vec(),
            error.quote.len(),
        )
    };
    let ports = vec![0x9c, 0x40, 0x82, 0x9a];
    assert_eq!(
        quoted(QuoteChange::Destination),
        ("5.2.0.65".to_owned(), 2, ports.clone(), 40)
    );
    assert_eq!(
        quoted(QuoteChange::Ttl),
        (TARGET.to_owned(), 9, ports.clone(), 40)
    );
    assert_eq!(quoted(QuoteChange::Cut), (TARGET.to_owned(), 2, ports, 24));
    assert_eq!(
        quoted(QuoteChange::Ports).2[..2],
        [0x9c ^ 0x12, 0x40 ^ 0x34]
    );
}

#[test]
fn extensions_are_broken() {
    let labels = |mutation| {
        let mut rig = mutated(true, mutation);
        let packet = rig.send_all(&echo_packet(TARGET, 3, 1)).remove(0).packet;
        let parsed = IpPacket::parse(&packet).unwrap();
        assert!(Icmp::checksum_ok(
            parsed.payload,
            parsed.header.source,
            parsed.header.destination
        ));
        let Icmp::Error(error) = Icmp::parse(parsed.payload, false).unwrap() else {
            panic!("an error")
        };
        error
            .extensions
            .map(|found| (found.checksum_ok(), found.objects().count()))
    };
    assert_eq!(labels(Mutation::Dscp { tos: 0 }), Some((Some(true), 1)));
    assert_eq!(
        labels(Mutation::ExtensionChecksum {}),
        Some((Some(false), 1))
    );
    assert_eq!(labels(Mutation::StripExtensions {}), None);
    assert_eq!(
        labels(Mutation::TruncateExtensions { bytes: 2 }),
        Some((Some(false), 0))
    );
    assert_eq!(labels(Mutation::TruncateExtensions { bytes: 60_000 }), None);
}

#[test]
fn probes_are_reflected_forged_delayed_and_dropped() {
    let mut rig = mutated(false, Mutation::Reflect {});
    let back = rig
        .send_all(&udp_packet(TARGET, 9, 40_000))
        .remove(0)
        .packet;
    let parsed = IpPacket::parse(&back).unwrap();
    let ends = (
        parsed.header.source.to_string(),
        parsed.header.destination.to_string(),
    );
    assert_eq!(ends, (TARGET.to_owned(), VANTAGE.to_owned()));
    assert_eq!(Udp::parse(parsed.payload).unwrap().source_port, 40_000);
    let liar = "9.9.9.9".parse().unwrap();
    for blind in [false, true] {
        let mut rig = mutated(
            false,
            Mutation::Forge {
                source: liar,
                blind,
            },
        );
        let answers = rig.send_all(&echo_packet(TARGET, 64, 1));
        assert_eq!(answers.len(), 2, "the forged one and the right one");
        let forged = common::answer(&answers[0].packet);
        assert_eq!((forged.from, forged.icmp_type), (liar, 11));
    }
    let mut rig = mutated(
        false,
        Mutation::Forge {
            source: TARGET.parse().unwrap(),
            blind: true,
        },
    );
    let forged = rig.send_all(&echo_packet(TARGET, 64, 1)).remove(0).packet;
    let ident = |packet: &[u8]| u16::from_be_bytes([packet[24], packet[25]]);
    assert_eq!((forged[20], ident(&forged)), (0, !99));
    let mut rig = mutated(
        true,
        Mutation::Late {
            delay_ns: 300_000_000,
        },
    );
    let late = rig.send_all(&echo_packet(TARGET, 64, 1)).remove(0);
    assert_eq!(late.at_ns, 300_000_000 + 14_000_000);
    let mut rig = mutated(true, Mutation::Drop {});
    assert!(rig.er_ttl(TARGET).is_none());
    assert_eq!(drops(&rig, Drop::Mutator), 1);
}

#[test]
fn corruption_is_one_bit_past_the_header() {
    let mut rig = mutated(true, Mutation::Corrupt {});
    let mut plain = Rig::new(&path());
    let packet = echo_packet(TARGET, 64, 1);
    let (bad, good) = (
        rig.send_all(&packet).remove(0).packet,
        plain.send_all(&packet).remove(0).packet,
    );
    let flipped: u32 = bad
        .iter()
        .zip(&good)
        .map(|(a, b)| (a ^ b).count_ones())
        .sum();
    assert_eq!((flipped, &bad[..20]), (1, &good[..20]));
}
