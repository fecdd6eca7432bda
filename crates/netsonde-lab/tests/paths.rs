//! Which way packets go: ECMP, asymmetry, static routes, explicit LSPs, translation, foreign nodes, fragments.
#![allow(clippy::unwrap_used, reason = "tests")]
mod common;

use common::{Rig, TARGET, VANTAGE, echo_packet, reference, udp_packet};
use netsonde_lab::topology::{
    Behaviour, Domain, Hash, Link, Lsp, Nat, Node as NodeConfig, Pop, Role, Route, TtlMode,
    UhpLabel,
};
use netsonde_lab::{Drop, Emission, Lab, LabError, Node, Topology};
use netsonde_wire::ip::{IpPacket, protocol, set_ttl, ttl};
use std::collections::BTreeSet;

fn plain() -> Topology {
    let mut topology = reference(&Behaviour::default(), Domain::default());
    topology.domains.clear();
    topology
}

fn add_link(topology: &mut Topology, name: &str, ends: [&str; 2], subnet: &str) {
    let link = Link {
        ends: ends.map(String::from),
        subnet: Some(subnet.parse().unwrap()),
        ..Link::default()
    };
    topology.links.insert(name.to_owned(), link);
}

/// Another router between p1 and p3, beside p2.
fn diamond(hash: Hash) -> Topology {
    let mut topology = plain();
    topology
        .nodes
        .insert("q2".to_owned(), NodeConfig::default());
    add_link(&mut topology, "p1-q2", ["p1", "q2"], "5.1.20.0/30");
    add_link(&mut topology, "q2-p3", ["q2", "p3"], "5.1.21.0/30");
    topology.nodes.get_mut("p1").unwrap().ecmp.hash = hash;
    topology
}

/// Which routers answer at TTL 4, for probes with many source ports.
fn branches(hash: Hash) -> BTreeSet<String> {
    let mut rig = Rig::new(&diamond(hash));
    (0..40)
        .map(|port| {
            rig.send(&udp_packet(TARGET, 4, 40_000 + port))
                .unwrap()
                .from
                .to_string()
        })
        .collect()
}

fn hops(rig: &mut Rig, target: &str) -> Vec<String> {
    rig.trace(target)
        .into_iter()
        .map(|hop| hop.map_or("*".into(), |hop| hop.from.to_string()))
        .collect()
}

#[test]
fn flows_keep_their_branch() {
    assert_eq!(branches(Hash::FiveTuple).len(), 2);
    assert_eq!(branches(Hash::PerPacket).len(), 2);
    assert_eq!(branches(Hash::Destination).len(), 1);
    let mut rig = Rig::new(&diamond(Hash::FiveTuple));
    let one: BTreeSet<_> = (0..20)
        .map(|_| rig.send(&udp_packet(TARGET, 4, 40_000)).unwrap().from)
        .collect();
    assert_eq!(one.len(), 1);
}

#[test]
fn spreading_ignores_costs_and_loops_not() {
    let mut topology = diamond(Hash::FiveTuple);
    topology.links.get_mut("p1-q2").unwrap().cost = [3, 3];
    let seen = |topology: &Topology| -> BTreeSet<String> {
        let mut rig = Rig::new(topology);
        (0..40)
            .map(|port| {
                rig.send(&udp_packet(TARGET, 4, 40_000 + port))
                    .unwrap()
                    .from
                    .to_string()
            })
            .collect()
    };
    assert_eq!(seen(&topology).len(), 1);
    topology.nodes.get_mut("p1").unwrap().ecmp.next = vec!["p2".into(), "q2".into(), "pe1".into()];
    assert_eq!(seen(&topology).len(), 2);
}

#[test]
fn unequal_costs_make_asymmetric_paths() {
    let mut topology = diamond(Hash::FiveTuple);
    topology.links.get_mut("p1-q2").unwrap().cost = [9, 1]; // back only
    topology.links.get_mut("p1-p2").unwrap().cost = [1, 9];
    let mut rig = Rig::new(&topology);
    assert_eq!(hops(&mut rig, TARGET)[3], "5.1.3.2");
    assert!(rig.lab.start_capture(Some("q2-p3"), 1 << 20).is_ok());
    let empty = rig.lab.pcapng().unwrap().len();
    rig.er_ttl(TARGET).unwrap();
    assert!(
        rig.lab.pcapng().unwrap().len() > empty,
        "the reply came that way"
    );
}

#[test]
fn static_routes_make_loops_and_holes() {
    let mut topology = plain();
    let prefix = "5.2.0.0/24".parse().unwrap();
    topology.routes = vec![Route {
        node: "p2".into(),
        prefix,
        via: vec!["p1".into()],
    }];
    let mut rig = Rig::new(&topology);
    let loops: Vec<_> = (3..8)
        .map(|ttl| rig.echo(TARGET, ttl).unwrap().from.to_string())
        .collect();
    assert_eq!(
        loops,
        ["5.1.2.2", "5.1.3.2", "5.1.3.1", "5.1.3.2", "5.1.3.1"]
    );
    topology.routes[0].via.clear();
    let mut rig = Rig::new(&topology);
    assert!(rig.echo(TARGET, 64).is_none() && rig.er_ttl("5.1.6.2").is_some());
    assert!(
        rig.lab
            .statistics()
            .drops()
            .any(|drop| drop == (Drop::Discarded, 1))
    );
}

#[test]
fn an_lsp_by_hand_is_followed_both_ways() {
    let mut topology = plain();
    let path = ["pe1", "p1", "p2", "p3", "pe2"].map(String::from).to_vec();
    let lsp = Lsp {
        path,
        fec: vec!["5.2.0.0/24".parse().unwrap()],
        return_fec: vec!["5.1.0.0/30".parse().unwrap()],
        pop: Pop::Opaque,
        ttl: TtlMode::Pipe,
        uhp_label: UhpLabel::ExplicitNull,
        labels: vec![101, 102, 103, 104],
        service_label: None,
    };
    topology.lsps.insert("core".into(), lsp.clone());
    let mut rig = Rig::new(&topology);
    let trace = rig.trace(TARGET);
    let egress = trace[2].as_ref().unwrap();
    assert_eq!(
        (egress.from.to_string().as_str(), egress.labels.as_slice()),
        ("5.1.5.2", &[(104, 252)][..])
    );
    assert_eq!(
        (trace.len(), egress.reply_ttl),
        (5, 249),
        "the way back hides its routers too"
    );
    topology.lsps.insert(
        "core".into(),
        Lsp {
            pop: Pop::Php,
            ttl: TtlMode::Uniform,
            return_fec: Vec::new(),
            ..lsp
        },
    );
    let trace = Rig::new(&topology).trace(TARGET);
    let labels: Vec<_> = trace
        .iter()
        .flatten()
        .flat_map(|hop| hop.labels.clone())
        .collect();
    assert_eq!(labels, [(101, 1), (102, 1), (103, 1)]);
}

#[test]
fn hosts_behind_a_translator_share_its_address() {
    let mut topology = plain();
    let ce1 = topology.nodes.get_mut("ce1").unwrap();
    ce1.role = Role::Nat;
    ce1.nat = Some(Nat {
        inside: vec!["vp".into()],
        address: None,
        translate_quotes: true,
    });
    let mut rig = Rig::new(&topology);
    rig.lab.start_capture(Some("p1-p2"), 1 << 20).unwrap();
    assert_eq!(hops(&mut rig, TARGET).len(), 8);
    let recorded = rig.lab.pcapng().unwrap();
    let holds = |address: &str| {
        let octets = address.parse::<std::net::Ipv4Addr>().unwrap().octets();
        recorded.windows(4).any(|window| window == octets)
    };
    assert!(
        holds("5.1.1.1") && !holds(VANTAGE),
        "outside only the translator is seen"
    );
    let answer = rig
        .send_all(&udp_packet(TARGET, 64, 40_000))
        .remove(0)
        .packet;
    let quote = IpPacket::parse_quote(&answer[28..]).unwrap();
    assert_eq!(quote.header.source.to_string(), VANTAGE);
    topology
        .nodes
        .get_mut("ce1")
        .unwrap()
        .nat
        .as_mut()
        .unwrap()
        .translate_quotes = false;
    let answer = Rig::new(&topology)
        .send_all(&udp_packet(TARGET, 64, 40_000))
        .remove(0)
        .packet;
    let quote = IpPacket::parse_quote(&answer[28..]).unwrap();
    assert_eq!(quote.header.source.to_string(), "5.1.1.1");
}

/// Forwards by interface number, and only IP.
struct Wire;

impl Node for Wire {
    fn handle(&mut self, _: u64, interface: u32, packet: &[u8], out: &mut Vec<Emission>) {
        let mut packet = packet.to_vec();
        let left = ttl(&packet).unwrap_or(0).saturating_sub(1);
        set_ttl(&mut packet, left);
        out.push(Emission {
            delay_ns: 5,
            interface: 3 - interface,
            packet,
        });
        out.push(Emission {
            delay_ns: 0,
            interface: 9,
            packet: vec![0x45; 20],
        });
        out.push(Emission {
            delay_ns: 0,
            interface: 1,
            packet: vec![1, 2, 3],
        });
    }
}

#[test]
fn a_foreign_node_takes_part() {
    let mut topology = plain();
    topology.nodes.get_mut("p2").unwrap().role = Role::Python;
    let mut rig = Rig::new(&topology);
    assert!(rig.er_ttl(TARGET).is_none());
    assert!(
        rig.lab
            .statistics()
            .drops()
            .any(|drop| drop.0 == Drop::NoImplementation)
    );
    rig.lab.set_node("p2", Box::new(Wire)).unwrap();
    assert_eq!(rig.er_ttl(TARGET), Some(248));
    assert!(rig.lab.statistics().is_conserved());
    let unknown = rig.lab.set_node("nobody", Box::new(Wire)).unwrap_err();
    assert_eq!(
        unknown,
        LabError::UnknownName {
            kind: "a node",
            found: "nobody".into()
        }
    );
}

#[test]
fn large_packets_are_fragmented_or_refused() {
    let mut topology = plain();
    topology.links.get_mut("ce2-host").unwrap().mtu = 600;
    topology.attachments.insert(
        "far".into(),
        common::attachment("ce2", "5.4.0.0/30", "2a00:4::/64"),
    );
    topology.attachments.get_mut("far").unwrap().mtu = 600;
    let mut rig = Rig::new(&topology);
    let packet = common::ip_packet("5.4.0.1".parse().unwrap(), 64, protocol::UDP, &[0; 1_200]);
    let fragments = rig.send_all(&packet);
    let offsets: Vec<_> = fragments
        .iter()
        .map(|one| IpPacket::parse(&one.packet).unwrap().header.fragment_offset)
        .collect();
    assert_eq!(offsets, [0, 576, 1_152]);
    assert!(fragments.iter().all(|one| one.packet.len() <= 600));
    let mut packet = packet;
    packet[6] |= 0x40;
    let sum = [packet[10], packet[11]];
    let sum = netsonde_wire::checksum::update(u16::from_be_bytes(sum), 0, 0x4000);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    let refusal = rig.send(&packet).unwrap();
    assert_eq!(
        (
            refusal.icmp_type,
            refusal.icmp_code,
            refusal.from.to_string().as_str()
        ),
        (3, 4, "5.1.6.2")
    );
    assert!(rig.lab.statistics().is_conserved());
}

#[test]
fn a_whole_prefix_can_be_one_host() {
    let mut topology = plain();
    topology.nodes.get_mut("host").unwrap().addresses = vec!["5.9.0.0/24".parse().unwrap()];
    let mut rig = Rig::new(&topology);
    for target in ["5.9.0.0", "5.9.0.77", "5.9.0.255"] {
        let answer = rig.send(&echo_packet(target, 64, 1)).unwrap();
        assert_eq!(answer.from.to_string(), target);
        let answer = rig.send(&udp_packet(target, 64, 40_000)).unwrap();
        assert_eq!(
            answer.from.to_string(),
            target,
            "hosts answer from where they were asked"
        );
    }
}

/// The key named in the refusal of the reference path with a change.
fn refused(change: &dyn Fn(&mut Topology)) -> String {
    let mut topology = reference(&Behaviour::default(), Domain::default());
    change(&mut topology);
    match Lab::new(&topology) {
        Err(LabError::Topology { key, .. }) => key,
        other => panic!("{:?}", other.err()),
    }
}

#[test]
fn broken_topologies_are_refused_with_their_key() {
    let links =
        |change: fn(&mut Link)| move |t: &mut Topology| change(t.links.get_mut("p1-p2").unwrap());
    assert_eq!(
        refused(&links(|link| link.ends[1] = "nobody".into())),
        "links.p1-p2.ends"
    );
    assert_eq!(
        refused(&links(|link| link.ends[1] = "p1".into())),
        "links.p1-p2.ends"
    );
    assert_eq!(
        refused(&links(|link| link.loss = f64::NAN)),
        "links.p1-p2.loss"
    );
    assert_eq!(
        refused(&links(|link| link.cost = [0, 1])),
        "links.p1-p2.cost"
    );
    assert_eq!(
        refused(&links(
            |link| link.subnet = Some("2a00::/64".parse().unwrap())
        )),
        "links.p1-p2.subnet"
    );
    assert_eq!(
        refused(&links(
            |link| link.subnet = Some("5.1.2.0/30".parse().unwrap())
        )),
        "links.pe1-p1"
    );
    assert_eq!(
        refused(&|t| t.attachments.get_mut("vp").unwrap().node = "x".into()),
        "attachments.vp.node"
    );
    assert_eq!(
        refused(&|t| t.domains.get_mut("core").unwrap().members = vec!["x".into()]),
        "domains.core.members"
    );
    assert_eq!(
        refused(&|t| t.domains.get_mut("core").unwrap().label_base = 3),
        "domains.core.label_base"
    );
    assert_eq!(
        refused(&|t| t.nodes.get_mut("p1").unwrap().role = Role::Nat),
        "nodes.p1.nat"
    );
    let route = |via: &str| Route {
        node: "p1".into(),
        prefix: "5.2.0.0/24".parse().unwrap(),
        via: vec![via.into()],
    };
    assert_eq!(refused(&|t| t.routes.push(route("p3"))), "routes.0.via");
}
