//! Knobs of nodes: what hosts and routers answer, rate limits, quotes, extensions, Linux, UHP.
#![allow(clippy::unwrap_used, reason = "tests")]
mod common;

use common::{Rig, TARGET, VANTAGE, echo_packet, reference, udp_packet};
use netsonde_lab::topology::{
    Behaviour, Domain, Extensions, IpId, LabelExpiry, LimitScope, Pop, PopRule, QuotedTtl,
    RateLimit, ReplySource, TcpMode, TtlMode,
};
use netsonde_lab::{Drop, Topology};
use netsonde_wire::icmp::{Icmp, Object};
use netsonde_wire::ip::{IpPacket, protocol};
use netsonde_wire::tcp::{Tcp, TcpBuild, flags};

fn plain() -> Topology {
    let mut topology = reference(&Behaviour::default(), Domain::default());
    topology.domains.clear();
    topology
}

fn changed(node: &str, change: impl FnOnce(&mut Behaviour)) -> Rig {
    let mut topology = reference(&Behaviour::default(), Domain::default());
    change(&mut topology.nodes.get_mut(node).unwrap().behaviour);
    Rig::new(&topology)
}

fn tcp_packet(port: u16, set: u16, acknowledgment: u32) -> Vec<u8> {
    let [source, destination] = [VANTAGE, TARGET].map(|text| text.parse().unwrap());
    let mut body = Vec::new();
    TcpBuild {
        source_port: 50_000,
        destination_port: port,
        sequence: 7,
        acknowledgment,
        flags: set,
        window: 1,
        options: &[],
        payload: &[],
    }
    .emit(source, destination, &mut body);
    common::ip_packet(destination, 64, protocol::TCP, &body)
}

fn tcp_answer(rig: &mut Rig, packet: &[u8]) -> Option<(u16, u32, u32)> {
    let deliveries = rig.send_all(packet);
    let parsed = IpPacket::parse(&deliveries.first()?.packet).unwrap();
    let segment = Tcp::parse(parsed.payload).unwrap();
    Some((
        segment.flags.unwrap(),
        segment.sequence,
        segment.acknowledgment.unwrap(),
    ))
}

#[test]
fn tcp_is_answered_as_the_rfc_says() {
    let mut topology = plain();
    topology.nodes.get_mut("host").unwrap().open_tcp_ports = vec![80];
    let mut rig = Rig::new(&topology);
    let (set, _, acknowledgment) = tcp_answer(&mut rig, &tcp_packet(80, flags::SYN, 0)).unwrap();
    assert_eq!((set, acknowledgment), (flags::SYN | flags::ACK, 8));
    let closed = tcp_answer(&mut rig, &tcp_packet(81, flags::SYN, 0));
    assert_eq!(closed, Some((flags::RST | flags::ACK, 0, 8)));
    for port in [80, 81] {
        let stray = tcp_answer(&mut rig, &tcp_packet(port, flags::ACK, 99));
        assert_eq!(stray, Some((flags::RST, 99, 0)));
    }
    assert_eq!(tcp_answer(&mut rig, &tcp_packet(81, flags::RST, 0)), None);
    topology.nodes.get_mut("host").unwrap().behaviour.tcp = TcpMode::None;
    assert_eq!(
        tcp_answer(&mut Rig::new(&topology), &tcp_packet(81, flags::SYN, 0)),
        None
    );
}

#[test]
fn silence_has_its_kinds() {
    let mut rig = changed("pe2", |behaviour| behaviour.silent = true);
    let silent = rig.trace(TARGET).iter().position(Option::is_none);
    assert_eq!(silent, Some(5));
    assert!(rig.er_ttl("5.1.5.2").is_some(), "it still answers echo");
    let mut rig = changed("pe2", |behaviour| behaviour.drops_echo = true);
    assert!(rig.er_ttl("5.1.5.2").is_none() && rig.trace(TARGET).iter().all(Option::is_some));
    let mut rig = changed("host", |behaviour| behaviour.drops_udp = true);
    assert!(rig.send(&udp_packet(TARGET, 64, 40_000)).is_none() && rig.er_ttl(TARGET).is_some());
}

#[test]
fn rate_limits_leave_gaps_and_are_counted() {
    let limit = RateLimit {
        rate_pps: 1.0,
        burst: 3,
        scope: LimitScope::Global,
        echo: false,
    };
    let mut rig = changed("ce1", |behaviour| behaviour.rate_limit = Some(limit));
    for sequence in 0..10 {
        rig.lab.inject(0, rig.vp, &echo_packet(TARGET, 1, sequence));
    }
    rig.lab.advance(500_000_000);
    let heard = core::iter::from_fn(|| rig.lab.poll_delivery()).count();
    assert_eq!((heard, rig.lab.statistics().suppressed), (3, 7));
}

#[test]
fn quotes_and_sources_are_as_configured() {
    let length = |knob| {
        let mut rig = changed("ce1", |behaviour| behaviour.quote_len = knob);
        let big = common::ip_packet(TARGET.parse().unwrap(), 1, protocol::UDP, &[9; 900]);
        rig.send_all(&big)[0].packet.len() - 28
    };
    assert_eq!([28, 128, 0].map(length), [28, 128, 548]);
    let mut topology = plain();
    let ce1 = topology.nodes.get_mut("ce1").unwrap();
    ce1.loopback = Some("5.3.0.1".parse().unwrap());
    ce1.behaviour.icmp_source = ReplySource::Loopback;
    let mut rig = Rig::new(&topology);
    assert_eq!(rig.echo(TARGET, 1).unwrap().from.to_string(), "5.3.0.1");
    assert_eq!(rig.er_ttl("5.3.0.1"), Some(255));
}

#[test]
fn udp_sources_differ() {
    let from = |source| {
        let mut rig = changed("pe2", |behaviour| behaviour.udp_source = source);
        rig.send(&udp_packet("5.1.6.1", 64, 40_000))
            .unwrap()
            .from
            .to_string()
    };
    assert_eq!(from(ReplySource::FacingSender), "5.1.5.2");
    assert_eq!(from(ReplySource::Probed), "5.1.6.1");
}

/// Every way of writing extensions is understood by our own reader.
#[test]
fn labels_are_read_from_every_style_of_extension() {
    for style in [
        Extensions::Rfc4884,
        Extensions::LengthZero,
        Extensions::LengthAndChecksumZero,
        Extensions::Length17,
    ] {
        let mut rig = changed("p2", |behaviour| behaviour.extensions = style);
        let hop = rig.echo(TARGET, 4).unwrap();
        assert_eq!(
            hop.labels.first().map(|label| label.1),
            Some(1),
            "{style:?}"
        );
    }
    let mut rig = changed("p2", |behaviour| behaviour.extensions = Extensions::None);
    assert!(rig.echo(TARGET, 4).unwrap().labels.is_empty());
}

#[test]
fn interface_information_names_the_incoming_link() {
    let mut rig = changed("p1", |behaviour| behaviour.interface_info = true);
    let packet = rig.send_all(&echo_packet(TARGET, 3, 1)).remove(0).packet;
    let parsed = IpPacket::parse(&packet).unwrap();
    let Icmp::Error(error) = Icmp::parse(parsed.payload, false).unwrap() else {
        panic!("an error")
    };
    let names: Vec<_> = error
        .extensions
        .unwrap()
        .objects()
        .filter_map(|object| {
            if let Object::Interface(info) = object {
                info.name
            } else {
                None
            }
        })
        .collect();
    assert_eq!(names, [b"pe1-p1".as_slice()]);
}

#[test]
fn ip_ids_count_or_do_not() {
    let ids = |mode| {
        let mut rig = changed("ce1", |behaviour| behaviour.ip_id = mode);
        [1, 2, 3].map(|_| {
            let packet = rig.send_all(&echo_packet(TARGET, 1, 1)).remove(0).packet;
            u16::from_be_bytes([packet[4], packet[5]])
        })
    };
    assert_eq!(ids(IpId::Zero), [0; 3]);
    let [first, second, third] = ids(IpId::Counter);
    assert_eq!(
        [second, third],
        [first.wrapping_add(1), first.wrapping_add(2)]
    );
    let [first, second, third] = ids(IpId::Random);
    assert!(second != first.wrapping_add(1) || third != second.wrapping_add(1));
}

/// Linux: label expiry is silent; in pipe mode the penultimate router lets the IP TTL go to 0, so
/// the egress shows twice, first with quoted TTL 0.
#[test]
fn linux_routers_have_their_quirks() {
    let linux = Behaviour {
        te_ttl: 64,
        er_ttl: 64,
        label_expiry: LabelExpiry::Silent,
        extensions: Extensions::None,
        pop_rule: PopRule::DecrementUnchecked,
        ..Behaviour::default()
    };
    let mut rig = Rig::new(&reference(
        &linux,
        Domain {
            ttl: TtlMode::Pipe,
            ..Domain::default()
        },
    ));
    let hops: Vec<(String, Option<u8>)> = rig
        .trace(TARGET)
        .into_iter()
        .flatten()
        .map(|hop| (hop.from.to_string(), hop.quoted_ttl))
        .collect();
    let egress = "5.1.5.2".to_owned();
    assert_eq!(hops[2..4], [(egress.clone(), Some(0)), (egress, Some(1))]);
    let mut rig = Rig::new(&reference(
        &linux,
        Domain {
            ttl: TtlMode::Uniform,
            ..Domain::default()
        },
    ));
    let silent: Vec<usize> = rig
        .trace(TARGET)
        .iter()
        .enumerate()
        .filter(|hop| hop.1.is_none())
        .map(|hop| hop.0)
        .collect();
    assert_eq!(silent, [2, 3, 4]);
    assert_eq!(
        rig.lab
            .statistics()
            .drops()
            .find(|drop| drop.0 == Drop::Expired)
            .map(|drop| drop.1),
        Some(7)
    );
}

#[test]
fn a_service_label_below_shows_at_the_egress() {
    let domain = Domain {
        service_label: Some(500),
        ttl: TtlMode::Pipe,
        pop: Pop::Php,
        ..Domain::default()
    };
    let mut rig = Rig::new(&reference(&Behaviour::default(), domain.clone()));
    let egress = rig.echo(TARGET, 3).unwrap();
    assert_eq!(
        (egress.from.to_string().as_str(), egress.labels),
        ("5.1.5.2", vec![(500, 252)])
    );
    let domain = Domain {
        ttl: TtlMode::Uniform,
        ..domain
    };
    let mut rig = Rig::new(&reference(&Behaviour::default(), domain.clone()));
    let inside = rig.echo(TARGET, 4).unwrap();
    assert_eq!(inside.labels.len(), 2);
    let top_only = Behaviour {
        whole_stack: false,
        ..Behaviour::default()
    };
    assert_eq!(
        Rig::new(&reference(&top_only, domain))
            .echo(TARGET, 4)
            .unwrap()
            .labels
            .len(),
        1
    );
}

#[test]
fn a_rewritten_quoted_ttl_is_for_labelled_packets() {
    let mut rig = changed("p3", |behaviour| behaviour.quoted_ttl = QuotedTtl::One);
    let hops = rig.trace(TARGET);
    let quoted: Vec<u8> = hops
        .iter()
        .flatten()
        .filter_map(|hop| hop.quoted_ttl)
        .collect();
    assert_eq!(quoted, [1, 1, 1, 2, 1, 1, 1]);
}
