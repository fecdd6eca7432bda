//! Routers with habits: what is seen of them, and what forgers cannot add.
use crate::event::Event;
use crate::job::{FingerprintMethod, Job, Kind};
use crate::record::{FingerprintProbe, FingerprintResult, IpIdBehaviour};
use crate::testing::{Answers, MS, address, job, run, target_answer, wrap};
use alloc::vec::Vec;
use netsonde_wire::checksum;
use netsonde_wire::ip::{IpPacket, protocol};
use netsonde_wire::snmp::{Message, report};
use netsonde_wire::udp::{self, Udp};

const ENGINE: [u8; 11] = [0x80, 0, 0, 9, 3, 0, 0x11, 0x22, 0x33, 0x44, 0x55];

fn fingerprint_job(methods: &[FingerprintMethod], v6: bool) -> Job {
    let mut job = job(Kind::Fingerprint, &[address(v6, 200)]);
    job.fingerprint.methods = methods.to_vec();
    job.fingerprint.wait_ms = 100;
    job
}

fn result(job: &Job, network: impl FnMut(u64, &[u8]) -> Answers) -> FingerprintResult {
    let log = run(job, network);
    let found = log.events.iter().find_map(|event| match event {
        Event::Fingerprint(result) => Some((**result).clone()),
        _ => None,
    });
    found.expect("a result")
}

/// Writes TTL and identification into an IPv4 header, and mends its checksum.
fn dress(mut packet: Vec<u8>, ttl: u8, ip_id: u16) -> Vec<u8> {
    if packet[0] >> 4 == 4 {
        packet[8] = ttl;
        packet[4..6].copy_from_slice(&ip_id.to_be_bytes());
        packet[10..12].fill(0);
        let sum = checksum::internet(&packet[..20]);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
    }
    packet
}

/// A router that counts with one counter, 7 for each reply, and starts at TTL 255.
fn counting() -> impl FnMut(u64, &[u8]) -> Answers {
    let mut ip_id = 65_500_u16;
    move |_, probe| {
        ip_id = ip_id.wrapping_add(7);
        Vec::from([(MS, dress(target_answer(probe), 250, ip_id))])
    }
}

#[test]
fn a_shared_counter_is_seen_across_protocols() {
    let found = result(
        &fingerprint_job(&[FingerprintMethod::Lfp], false),
        counting(),
    );
    let lfp = found.lfp.unwrap();
    assert_eq!(lfp.tcp_ip_id, Some(IpIdBehaviour::Incremental));
    assert_eq!(
        (lfp.shared_all, lfp.icmp_ip_id_echo),
        (Some(true), Some(false))
    );
    assert_eq!((lfp.icmp_ttl, lfp.icmp_size), (Some(255), Some(84)));
    assert!(
        lfp.text.starts_with("0,i,i,i,1,1,1,1,255,255,255,84,40,"),
        "{}",
        lfp.text
    );
    assert_eq!((found.sent, found.replies.len(), found.ttl), (9, 9, None));
    let order: Vec<_> = found.replies.iter().map(|each| each.probe).collect();
    assert_eq!(
        order[..3],
        [
            FingerprintProbe::Icmp,
            FingerprintProbe::TcpAck,
            FingerprintProbe::Udp
        ]
    );
}

#[test]
fn behaviours_of_identifications_are_told_apart() {
    type Case = (fn(u16) -> u16, IpIdBehaviour);
    let cases: [Case; 5] = [
        (|_| 0, IpIdBehaviour::Zero),
        (|_| 9, IpIdBehaviour::Static),
        (|at| at / 6 + 1, IpIdBehaviour::Duplicate),
        (|at| at.wrapping_mul(400), IpIdBehaviour::Incremental),
        (|at| at.wrapping_mul(40_503), IpIdBehaviour::Random),
    ];
    for (id, expected) in cases {
        let mut at = 0;
        let found = result(
            &fingerprint_job(&[FingerprintMethod::Lfp], false),
            |_, probe| {
                at += 1;
                Vec::from([(MS, dress(target_answer(probe), 60, id(at)))])
            },
        );
        assert_eq!(found.lfp.unwrap().icmp_ip_id, Some(expected));
    }
}

#[test]
fn initial_ttls_cost_three_probes_and_silence_is_no_signature() {
    let found = result(
        &fingerprint_job(&[FingerprintMethod::Ttl], false),
        counting(),
    );
    let ttl = found.ttl.unwrap();
    assert_eq!(
        (ttl.echo_reply, ttl.unreachable, ttl.tcp_rst),
        (Some(255), Some(255), Some(255))
    );
    assert_eq!((found.sent, found.lfp), (3, None));
    let silent = result(&fingerprint_job(&[FingerprintMethod::Ttl], true), |_, _| {
        Vec::new()
    });
    assert_eq!(
        (silent.sent, silent.replies.len(), silent.incomplete),
        (6, 0, false)
    );
    assert_eq!(silent.ttl.unwrap().echo_reply, None);
}

/// What an agent answers to a discovery, its message identifier changed by `lie`.
fn agent_reply(probe: &[u8], lie: u32) -> Vec<u8> {
    let ip = IpPacket::parse(probe).unwrap();
    let asked = Udp::parse(ip.payload).unwrap();
    let message = Message::parse(asked.payload).unwrap();
    let payload = report(message.message_id ^ lie, &ENGINE, 3, 86_400);
    let (from, to) = (ip.header.destination, ip.header.source);
    let mut datagram = Vec::new();
    udp::emit(
        from,
        to,
        asked.destination_port,
        asked.source_port,
        &payload,
        &mut datagram,
    );
    wrap(from, to, protocol::UDP, &datagram)
}

#[test]
fn an_agent_names_its_engine() {
    for v6 in [false, true] {
        let found = result(
            &fingerprint_job(&[FingerprintMethod::Snmpv3], v6),
            |_, probe| Vec::from([(MS, agent_reply(probe, 0))]),
        );
        let engine = found.snmp.unwrap();
        assert_eq!((engine.enterprise, engine.format), (Some(9), Some(3)));
        assert_eq!(engine.mac.as_deref(), Some("00:11:22:33:44:55"));
        assert_eq!(engine.engine_id, "800000090300112233 4455".replace(' ', ""));
        assert_eq!(
            (engine.engine_boots, engine.engine_time, found.sent),
            (3, 86_400, 1)
        );
    }
}

#[test]
fn a_forger_who_guesses_the_port_is_rejected_and_the_agent_still_heard() {
    let log = run(
        &fingerprint_job(&[FingerprintMethod::Snmpv3], false),
        |_, probe| Vec::from([(MS, agent_reply(probe, 1)), (2 * MS, agent_reply(probe, 0))]),
    );
    let Some(Event::Done { counters, .. }) = log.events.last() else {
        panic!()
    };
    assert_eq!((counters.rejected, counters.received), (1, 1));
    assert!(
        log.events
            .iter()
            .any(|event| matches!(event, Event::Fingerprint(found) if found.snmp.is_some()))
    );
}
