//! The reference path of the papers, and probes through it.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "tests")]
pub mod config;

use core::net::IpAddr;

use netsonde_lab::topology::{Attachment, Behaviour, Domain, Link, Node, Role};
use netsonde_lab::{AttachmentId, Delivery, Lab, Topology};
use netsonde_wire::icmp::{self, Icmp, Object};
use netsonde_wire::ip::{IpBuild, IpPacket, protocol};
use netsonde_wire::mpls::{self, Lse};
use netsonde_wire::udp;

/// Routers of the path in order; the vantage point plugs into the first, the host is behind the last.
pub const ROUTERS: [&str; 7] = ["ce1", "pe1", "p1", "p2", "p3", "pe2", "ce2"];
/// Those in the domain.
pub const MEMBERS: [&str; 5] = ["pe1", "p1", "p2", "p3", "pe2"];
pub const VANTAGE: &str = "5.1.0.1";
pub const TARGET: &str = "5.2.0.1";
pub const VANTAGE6: &str = "2a00:1::1";
pub const TARGET6: &str = "2a00:2::1";

/// The path with the same behaviour everywhere and one domain in the middle.
pub fn reference(behaviour: &Behaviour, domain: Domain) -> Topology {
    let mut topology = Topology {
        seed: 42,
        ..Topology::default()
    };
    for name in ROUTERS {
        let node = Node {
            behaviour: behaviour.clone(),
            ..Node::default()
        };
        topology.nodes.insert(name.to_owned(), node);
    }
    let host = Node {
        role: Role::Host,
        behaviour: behaviour.clone(),
        ..Node::default()
    };
    topology.nodes.insert("host".to_owned(), host);
    for (index, pair) in ROUTERS.windows(2).enumerate() {
        let link = Link {
            ends: [pair[0].to_owned(), pair[1].to_owned()],
            subnet: Some(format!("5.1.{}.0/30", index + 1).parse().unwrap()),
            subnet6: Some(format!("2a00:1:{:x}::/64", index + 1).parse().unwrap()),
            ..Link::default()
        };
        topology
            .links
            .insert(format!("{}-{}", pair[0], pair[1]), link);
    }
    let last = Link {
        ends: ["host".to_owned(), "ce2".to_owned()],
        subnet: Some("5.2.0.0/30".parse().unwrap()),
        subnet6: Some("2a00:2::/64".parse().unwrap()),
        ..Link::default()
    };
    topology.links.insert("ce2-host".to_owned(), last);
    topology.domains.insert(
        "core".to_owned(),
        Domain {
            members: MEMBERS.map(String::from).to_vec(),
            ..domain
        },
    );
    topology.attachments.insert(
        "vp".to_owned(),
        attachment("ce1", "5.1.0.0/30", "2a00:1::/64"),
    );
    topology
}

pub fn attachment(node: &str, subnet: &str, subnet6: &str) -> Attachment {
    Attachment {
        node: node.to_owned(),
        subnet: Some(subnet.parse().unwrap()),
        subnet6: Some(subnet6.parse().unwrap()),
        address: None,
        address6: None,
        routed: Vec::new(),
        delay_ns: 0,
        mtu: 1_500,
    }
}

/// What came back for a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub from: IpAddr,
    pub reply_ttl: u8,
    pub icmp_type: u8,
    pub icmp_code: u8,
    /// TTL in the quote of an error.
    pub quoted_ttl: Option<u8>,
    /// Label and TTL of each quoted entry.
    pub labels: Vec<(u32, u8)>,
}

/// A lab with the vantage point of the reference path.
pub struct Rig {
    pub lab: Lab,
    pub vp: AttachmentId,
    now_ns: u64,
}

impl Rig {
    pub fn new(topology: &Topology) -> Self {
        let lab = Lab::new(topology).unwrap_or_else(|error| panic!("{error}"));
        let vp = lab.attachment("vp").unwrap();
        Self { lab, vp, now_ns: 0 }
    }

    /// Sends one packet and waits a second for the answer to it.
    pub fn send(&mut self, packet: &[u8]) -> Option<Answer> {
        self.send_all(packet)
            .into_iter()
            .next()
            .map(|delivery| answer(&delivery.packet))
    }

    pub fn send_all(&mut self, packet: &[u8]) -> Vec<Delivery> {
        self.lab.inject(self.now_ns, self.vp, packet);
        self.now_ns += 1_000_000_000;
        self.lab.advance(self.now_ns);
        core::iter::from_fn(|| self.lab.poll_delivery()).collect()
    }

    /// An echo request to `to` with the given TTL.
    pub fn echo(&mut self, to: &str, ttl: u8) -> Option<Answer> {
        self.send(&echo_packet(to, ttl, 7))
    }

    /// Reply TTL of a ping.
    pub fn er_ttl(&mut self, to: &str) -> Option<u8> {
        self.echo(to, 64)
            .filter(|answer| matches!(answer.icmp_type, 0 | 129))
            .map(|answer| answer.reply_ttl)
    }

    /// Answers by TTL from 1 until the target answers, at most 20.
    pub fn trace(&mut self, to: &str) -> Vec<Option<Answer>> {
        let mut hops = Vec::new();
        for ttl in 1..=20 {
            let hop = self.echo(to, ttl);
            let is_end = hop
                .as_ref()
                .is_some_and(|answer| matches!(answer.icmp_type, 0 | 129));
            hops.push(hop);
            if is_end {
                break;
            }
        }
        hops
    }
}

pub fn echo_packet(to: &str, ttl: u8, sequence: u16) -> Vec<u8> {
    let destination: IpAddr = to.parse().unwrap();
    let source = vantage(destination);
    let mut body = Vec::new();
    icmp::emit_echo(
        source,
        destination,
        false,
        99,
        sequence,
        &[0; 32],
        &mut body,
    );
    ip_packet(
        destination,
        ttl,
        if destination.is_ipv6() {
            protocol::ICMPV6
        } else {
            protocol::ICMP
        },
        &body,
    )
}

pub fn udp_packet(to: &str, ttl: u8, source_port: u16) -> Vec<u8> {
    let destination: IpAddr = to.parse().unwrap();
    let mut body = Vec::new();
    udp::emit(
        vantage(destination),
        destination,
        source_port,
        33_434,
        &[0; 12],
        &mut body,
    );
    ip_packet(destination, ttl, protocol::UDP, &body)
}

pub fn ip_packet(destination: IpAddr, ttl: u8, protocol: u8, body: &[u8]) -> Vec<u8> {
    let source = vantage(destination);
    let mut packet = Vec::new();
    IpBuild {
        source,
        destination,
        protocol,
        ttl,
        tos: 0,
        ident: 1,
        flow_label: 5,
        dont_fragment: false,
    }
    .emit(body, &mut packet);
    packet
}

pub fn vantage(like: IpAddr) -> IpAddr {
    if like.is_ipv6() { VANTAGE6 } else { VANTAGE }
        .parse()
        .unwrap()
}

pub fn answer(packet: &[u8]) -> Answer {
    let parsed = IpPacket::parse(packet).unwrap();
    let header = parsed.header;
    let (icmp_type, icmp_code) = (parsed.payload[0], parsed.payload[1]);
    let mut answer = Answer {
        from: header.source,
        reply_ttl: header.ttl,
        icmp_type,
        icmp_code,
        quoted_ttl: None,
        labels: Vec::new(),
    };
    if !matches!(header.protocol, protocol::ICMP | protocol::ICMPV6) {
        return answer;
    }
    assert!(Icmp::checksum_ok(
        parsed.payload,
        header.source,
        header.destination
    ));
    if let Icmp::Error(error) = Icmp::parse(parsed.payload, header.source.is_ipv6()).unwrap() {
        answer.quoted_ttl = error.quoted_ip().ok().map(|quoted| quoted.header.ttl);
        for object in error
            .extensions
            .iter()
            .flat_map(netsonde_wire::icmp::Extensions::objects)
        {
            if let Object::LabelStack { raw } = object {
                answer
                    .labels
                    .extend(mpls::entries(raw).map(|Lse { label, ttl, .. }| (label, ttl)));
            }
        }
    }
    answer
}
