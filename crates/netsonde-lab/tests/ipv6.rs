//! IPv6 over the same path: forwarding, label switching, errors.
#![allow(clippy::unwrap_used, reason = "tests")]
mod common;

use common::{Rig, TARGET6, reference, udp_packet};
use netsonde_lab::topology::{Behaviour, Domain, Pop, TtlMode};

fn rig(pop: Pop, ttl: TtlMode) -> Rig {
    Rig::new(&reference(
        &Behaviour::default(),
        Domain {
            pop,
            ttl,
            ..Domain::default()
        },
    ))
}

fn seen(rig: &mut Rig, target: &str) -> Vec<(String, u8, Option<u8>)> {
    let hops = rig.trace(target).into_iter().flatten();
    hops.map(|hop| {
        (
            hop.from.to_string(),
            hop.reply_ttl,
            hop.labels.first().map(|label| label.1),
        )
    })
    .collect()
}

#[test]
fn explicit_tunnels_show_their_labels() {
    let hops = seen(&mut rig(Pop::Php, TtlMode::Uniform), TARGET6);
    let addresses: Vec<&str> = hops.iter().map(|hop| hop.0.as_str()).collect();
    let expected = [
        "2a00:1::2",
        "2a00:1:1::2",
        "2a00:1:2::2",
        "2a00:1:3::2",
        "2a00:1:4::2",
        "2a00:1:5::2",
        "2a00:1:6::2",
        "2a00:2::1",
    ];
    assert_eq!(addresses, expected);
    let labelled: Vec<bool> = hops.iter().map(|hop| hop.2 == Some(1)).collect();
    assert_eq!(
        labelled,
        [false, false, true, true, true, false, false, false]
    );
}

/// Initial hop limit 64: the return label hides nothing of it, FRPLA stays 0.
#[test]
fn invisible_tunnels_hide_and_hop_limits_start_at_64() {
    let hops = seen(&mut rig(Pop::Php, TtlMode::Pipe), TARGET6);
    let ttls: Vec<(&str, u8)> = hops.iter().map(|hop| (hop.0.as_str(), hop.1)).collect();
    let expected = [
        ("2a00:1::2", 64),
        ("2a00:1:1::2", 63),
        ("2a00:1:5::2", 62),
        ("2a00:1:6::2", 61),
        ("2a00:2::1", 60),
    ];
    assert_eq!(ttls, expected);
}

/// Explicit null is label 2 before IPv6, and both ends know it.
#[test]
fn uhp_uses_the_null_label_of_ipv6() {
    let mut rig = rig(Pop::Uhp, TtlMode::Uniform);
    let hops = rig.trace(TARGET6);
    let egress = hops[5].as_ref().unwrap();
    assert_eq!(
        (egress.from.to_string().as_str(), egress.labels.as_slice()),
        ("2a00:1:5::2", &[(2, 1)][..])
    );
    assert_eq!(hops.len(), 8);
}

#[test]
fn udp_is_answered_from_the_interface_facing_us() {
    let mut rig = rig(Pop::Php, TtlMode::Uniform);
    let answer = rig.send(&udp_packet("2a00:1:2::1", 64, 40_000)).unwrap();
    assert_eq!(
        (
            answer.icmp_type,
            answer.icmp_code,
            answer.from.to_string().as_str()
        ),
        (1, 4, "2a00:1:1::2")
    );
    let answer = rig.send(&udp_packet(TARGET6, 64, 40_000)).unwrap();
    assert_eq!(
        (
            answer.icmp_type,
            answer.icmp_code,
            answer.from.to_string().as_str()
        ),
        (1, 4, TARGET6)
    );
}

#[test]
fn too_big_is_said_with_the_mtu_and_never_fragmented() {
    let mut topology = reference(&Behaviour::default(), Domain::default());
    topology.links.get_mut("ce1-pe1").unwrap().mtu = 1_300;
    let mut rig = Rig::new(&topology);
    let body = vec![0; 1_400];
    let packet = common::ip_packet(TARGET6.parse().unwrap(), 64, 17, &body);
    let deliveries = rig.send_all(&packet);
    assert_eq!(deliveries.len(), 1);
    let answer = common::answer(&deliveries[0].packet);
    assert_eq!(
        (
            answer.icmp_type,
            answer.icmp_code,
            answer.from.to_string().as_str()
        ),
        (2, 0, "2a00:1::2")
    );
    assert_eq!(deliveries[0].packet[44..48], 1_300_u32.to_be_bytes());
    assert!(deliveries[0].packet.len() <= 1_280);
}

#[test]
fn there_is_no_answer_where_there_is_no_route() {
    let mut rig = rig(Pop::Php, TtlMode::Uniform);
    let answer = rig.echo("2a00:99::1", 64).unwrap();
    assert_eq!(
        (
            answer.icmp_type,
            answer.icmp_code,
            answer.from.to_string().as_str()
        ),
        (1, 0, "2a00:1::2")
    );
    let answer = rig.echo("2a00:1:3::99", 64).unwrap(); // on a link, but nobody's
    assert_eq!((answer.icmp_type, answer.icmp_code), (1, 3));
}
