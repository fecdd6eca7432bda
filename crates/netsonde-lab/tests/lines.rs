//! What links do to packets, and what the digest and RFC 1812 make of it.
#![allow(clippy::unwrap_used, reason = "tests")]
mod common;

use common::{Rig, TARGET, TARGET6, VANTAGE, echo_packet, ip_packet, reference, udp_packet};
use netsonde_lab::topology::{Behaviour, Domain, Link};
use netsonde_wire::ip::protocol;

/// The reference path with a change to one link.
fn rig(change: impl FnOnce(&mut Link)) -> Rig {
    let mut topology = reference(&Behaviour::default(), Domain::default());
    change(topology.links.get_mut("ce1-pe1").unwrap());
    Rig::new(&topology)
}

/// Sequence numbers and arrival times of the answers to `count` pings, a microsecond apart.
fn answers(rig: &mut Rig, count: u16) -> Vec<(u16, u64)> {
    for sequence in 0..count {
        rig.lab.inject(
            u64::from(sequence) * 1_000,
            rig.vp,
            &echo_packet(TARGET, 64, sequence),
        );
    }
    rig.lab.advance(60_000_000_000);
    let deliveries = core::iter::from_fn(|| rig.lab.poll_delivery());
    deliveries
        .map(|one| {
            (
                u16::from_be_bytes([one.packet[26], one.packet[27]]),
                one.at_ns,
            )
        })
        .collect()
}

fn overtaken(answers: &[(u16, u64)]) -> usize {
    answers
        .windows(2)
        .filter(|pair| pair[0].0 > pair[1].0)
        .count()
}

#[test]
fn jitter_varies_the_delay_and_keeps_the_order() {
    let answers = answers(&mut rig(|link| link.jitter_ns = 2_000_000), 200);
    assert_eq!((answers.len(), overtaken(&answers)), (200, 0));
    let least_ns = 14_000_000;
    let delays: Vec<u64> = answers
        .iter()
        .map(|(sequence, at_ns)| at_ns - u64::from(*sequence) * 1_000)
        .collect();
    assert!(
        delays
            .iter()
            .all(|delay_ns| (least_ns..=least_ns + 4_000_000).contains(delay_ns))
    );
    assert!(
        delays
            .iter()
            .any(|delay_ns| *delay_ns > least_ns + 1_000_000)
    );
}

#[test]
fn reordered_packets_are_overtaken() {
    let answers = answers(
        &mut rig(|link| {
            link.reorder = 0.1;
            link.reorder_ns = 5_000;
        }),
        200,
    );
    assert_eq!(answers.len(), 200);
    assert!(
        (10..60).contains(&overtaken(&answers)),
        "{}",
        overtaken(&answers)
    );
}

#[test]
fn duplicates_are_counted_as_copies() {
    let mut rig = rig(|link| link.duplicate = 0.25);
    let count = answers(&mut rig, 400).len();
    // Either way doubles: 1.25 * 1.25.
    assert!((560..690).contains(&count), "{count}");
    let statistics = rig.lab.statistics();
    assert!(statistics.copied > 150 && statistics.is_conserved());
}

#[test]
fn loss_may_differ_by_direction() {
    let mut one_way = rig(|link| link.loss_back = Some(1.0));
    assert!(answers(&mut one_way, 5).is_empty());
    let mut other_way = rig(|link| {
        link.loss = 1.0;
        link.loss_back = Some(0.0);
    });
    // "ce1-pe1" is near at ce1: what comes back is not lost, but nothing gets there.
    assert!(answers(&mut other_way, 5).is_empty());
    assert_eq!(
        (
            one_way.lab.statistics().node_events,
            other_way.lab.statistics().node_events
        ),
        (5 * 14, 5)
    );
}

#[test]
fn the_digest_is_of_what_is_delivered() {
    let run = |packet: Option<&[u8]>| {
        let mut rig = rig(|_| {});
        packet.map(|packet| rig.send_all(packet));
        rig.lab.digest()
    };
    let nothing = run(None);
    let one = run(Some(&echo_packet(TARGET, 64, 1)));
    assert_ne!(nothing, one);
    assert_eq!(one, run(Some(&echo_packet(TARGET, 64, 1))));
    assert_ne!(one, run(Some(&echo_packet(TARGET, 64, 2))));
    assert_ne!(one, run(Some(&udp_packet(TARGET, 64, 40_000))));
}

/// RFC 1812, 4.3.2.7, and RFC 4443, 2.4: no errors about errors, later fragments, or to nobody.
#[test]
fn some_packets_are_never_reported() {
    let suppressed = |packet: &[u8]| {
        let mut rig = rig(|_| {});
        let heard = rig.send_all(packet).len();
        (heard, rig.lab.statistics().suppressed)
    };
    let mut error = vec![11, 0, 0, 0, 0, 0, 0, 0];
    error.extend(udp_packet(TARGET, 1, 1));
    assert_eq!(
        suppressed(&ip_packet(
            TARGET.parse().unwrap(),
            1,
            protocol::ICMP,
            &error
        )),
        (0, 1)
    );
    error[0] = 3;
    assert_eq!(
        suppressed(&ip_packet(
            TARGET6.parse().unwrap(),
            1,
            protocol::ICMPV6,
            &error
        )),
        (0, 1)
    );
    let mend = |mut packet: Vec<u8>| {
        packet[10..12].fill(0);
        let sum = netsonde_wire::checksum::internet(&packet[..20]);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
        packet
    };
    let mut fragment = udp_packet(TARGET, 1, 1);
    fragment[7] = 9;
    assert_eq!(suppressed(&mend(fragment)), (0, 1));
    let mut from_nobody = udp_packet(TARGET, 1, 1);
    from_nobody[12..16].fill(0);
    assert_eq!(suppressed(&mend(from_nobody)), (0, 1));
    assert_eq!(
        suppressed(&udp_packet(TARGET, 1, 1)),
        (1, 0),
        "from {VANTAGE}"
    );
}
