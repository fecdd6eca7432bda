use super::*;
use std::net::Ipv4Addr;

const HOST: MacAddr = MacAddr([2, 0, 0, 0, 0, 9]);
const NEAR: Ipv4Addr = Ipv4Addr::new(5, 1, 0, 1);
const FAR: Ipv4Addr = Ipv4Addr::new(5, 1, 0, 2);

fn frame(destination: MacAddr, ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Frame {
        destination,
        source: HOST,
        service_vlan: None,
        vlan: None,
        ethertype,
        payload,
    }
    .emit(&mut out);
    out
}

fn arp_request(sender_ip: Ipv4Addr, target_ip: Ipv4Addr) -> Vec<u8> {
    let mut message = Vec::new();
    Arp {
        operation: arp::operation::REQUEST,
        sender_mac: HOST,
        sender_ip,
        target_mac: MacAddr([0; 6]),
        target_ip,
    }
    .emit(&mut message);
    frame(MacAddr::BROADCAST, ethertype::ARP, &message)
}

fn solicitation(source: Ipv6Addr, target: Ipv6Addr, ttl: u8) -> Vec<u8> {
    let group = nd::solicited_node(target);
    let (mut message, mut packet) = (Vec::new(), Vec::new());
    Nd::NeighborSolicitation {
        target,
        options: &[],
    }
    .emit(source, group, &mut message);
    IpBuild {
        source: source.into(),
        destination: group.into(),
        protocol: ICMPV6,
        ttl,
        tos: 0,
        ident: 0,
        flow_label: 0,
        dont_fragment: false,
    }
    .emit(&message, &mut packet);
    frame(nd::multicast_mac(group), ethertype::IPV6, &packet)
}

fn packet(length: u16) -> Vec<u8> {
    let mut bytes = vec![0; usize::from(length)];
    bytes[0] = 0x45;
    bytes[2..4].copy_from_slice(&length.to_be_bytes());
    bytes
}

#[test]
fn the_router_has_every_address_but_the_host_s() {
    let mut segment = Segment::new();
    let asked = arp_request(NEAR, FAR);
    let Ingress::Answer(answer) = segment.receive(&asked) else {
        panic!("no answer")
    };
    let reply = Frame::parse(&answer).expect("a frame");
    assert_eq!((reply.destination, reply.source), (HOST, ROUTER));
    let message = Arp::parse(reply.payload).expect("a reply");
    assert_eq!(message.operation, arp::operation::REPLY);
    assert_eq!((message.sender_ip, message.sender_mac), (FAR, ROUTER));
    assert_eq!((message.target_ip, message.target_mac), (NEAR, HOST));
    for asked in [
        arp_request(NEAR, NEAR),
        arp_request(Ipv4Addr::UNSPECIFIED, NEAR),
    ] {
        assert_eq!(segment.receive(&asked), Ingress::Nothing);
    }
}

#[test]
fn neighbours_are_told_over_ipv6() {
    let (near, far): (Ipv6Addr, Ipv6Addr) = (
        "2a00:5::1".parse().expect("an address"),
        "2a00:5::2".parse().expect("an address"),
    );
    let mut segment = Segment::new();
    let Ingress::Answer(answer) = segment.receive(&solicitation(near, far, 255)) else {
        panic!("no answer")
    };
    let reply = Frame::parse(&answer).expect("a frame");
    assert_eq!((reply.destination, reply.source), (HOST, ROUTER));
    let packet = IpPacket::parse(reply.payload).expect("a packet");
    assert_eq!((packet.header.source, packet.header.ttl), (far.into(), 255));
    let Ok(Nd::NeighborAdvertisement {
        target, options, ..
    }) = Nd::parse(packet.payload)
    else {
        panic!("no advertisement")
    };
    assert_eq!(target, far);
    assert_eq!(options[2..], ROUTER.0);
    for asked in [
        solicitation(Ipv6Addr::UNSPECIFIED, near, 255),
        solicitation(near, near, 255),
        solicitation(near, far, 64),
    ] {
        assert_eq!(segment.receive(&asked), Ingress::Nothing);
    }
}

#[test]
fn packets_pass_without_the_padding_of_the_card() {
    let mut segment = Segment::new();
    let mut padded = packet(28);
    padded.resize(46, 0);
    let sent = frame(ROUTER, ethertype::IPV4, &padded);
    assert_eq!(segment.receive(&sent), Ingress::Packet(&packet(28)));
    let elsewhere = frame(MacAddr([4; 6]), ethertype::IPV4, &padded);
    assert_eq!(segment.receive(&elsewhere), Ingress::Nothing);
}

#[test]
fn replies_go_to_the_host_that_spoke() {
    let (mut segment, mut out) = (Segment::new(), Vec::new());
    assert!(!segment.send(&packet(20), &mut out), "nobody spoke yet");
    segment.receive(&arp_request(NEAR, FAR));
    assert!(segment.send(&packet(20), &mut out));
    let sent = Frame::parse(&out).expect("a frame");
    assert_eq!((sent.destination, sent.source), (HOST, ROUTER));
    assert_eq!(
        (sent.ethertype, sent.payload),
        (ethertype::IPV4, &packet(20)[..])
    );
    assert!(!segment.send(&[0x10], &mut out), "of no version");
}

#[test]
fn no_frame_does_harm() {
    let mut segment = Segment::new();
    for sample in [
        arp_request(NEAR, FAR),
        solicitation(Ipv6Addr::LOCALHOST, Ipv6Addr::LOCALHOST, 255),
        frame(ROUTER, ethertype::IPV6, &[0x60; 50]),
        frame(ROUTER, ethertype::IPV4, &[]),
    ] {
        for length in 0..=sample.len() {
            segment.receive(&sample[..length]);
        }
        for at in 0..sample.len() {
            let mut damaged = sample.clone();
            damaged[at] ^= 0xff;
            segment.receive(&damaged);
        }
    }
}
