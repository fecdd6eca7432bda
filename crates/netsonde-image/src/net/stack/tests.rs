//! A stack against a neighbour written by hand.
use super::*;
use core::net::Ipv4Addr;
use netsonde_wire::icmp::{emit_echo, nd};
use netsonde_wire::ip::IpBuild;

const OURS: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
const THEIRS: MacAddr = MacAddr([2, 0, 0, 0, 0, 2]);

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn stack(text: &str) -> Stack {
    Stack::new(&Words::parse(text).unwrap(), OURS, 7, 0)
}

fn both() -> Stack {
    stack("ip=5.1.0.2/30 gw=5.1.0.1 ip6=2001:db8::2/64 gw6=2001:db8::1")
}

fn packet(source: &str, destination: &str, ttl: u8, protocol: u8, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    IpBuild {
        source: ip(source),
        destination: ip(destination),
        protocol,
        ttl,
        tos: 0,
        ident: 0,
        flow_label: 0,
        dont_fragment: false,
    }
    .emit(body, &mut out);
    out
}

fn echo(source: &str, destination: &str) -> Vec<u8> {
    let mut body = Vec::new();
    emit_echo(
        ip(source),
        ip(destination),
        false,
        1,
        2,
        b"hello",
        &mut body,
    );
    let protocol = if source.contains(':') { 58 } else { 1 };
    packet(source, destination, 64, protocol, &body)
}

fn from_neighbour(destination: MacAddr, packet: &[u8]) -> Vec<u8> {
    link_layer::frame(THEIRS, destination, packet)
}

fn sent(stack: &mut Stack) -> Vec<Outgoing> {
    core::iter::from_fn(|| stack.poll_transmit()).collect()
}

/// A message of Neighbour Discovery from the neighbour.
fn nd(message: &Nd<'_>, source: &str, destination: &str, ttl: u8) -> Vec<u8> {
    let (IpAddr::V6(from), IpAddr::V6(to)) = (ip(source), ip(destination)) else {
        panic!("IPv6 only");
    };
    let mut body = Vec::new();
    message.emit(from, to, &mut body);
    from_neighbour(OURS, &packet(source, destination, ttl, 58, &body))
}

#[test]
fn the_gateway_is_asked_once_and_then_used() {
    let mut stack = both();
    stack.send(Some(7), echo("5.1.0.2", "9.9.9.9"), 0);
    stack.send(Some(8), echo("5.1.0.2", "9.9.9.8"), 0);
    let asked = sent(&mut stack);
    assert_eq!(asked.len(), 1);
    let frame = Frame::parse(&asked[0].frame).unwrap();
    let arp = Arp::parse(frame.payload).unwrap();
    assert_eq!(
        (frame.destination, arp.target_ip),
        (MacAddr::BROADCAST, Ipv4Addr::new(5, 1, 0, 1))
    );
    let answer = link_layer::arp_answer(THEIRS, &arp);
    assert_eq!(stack.handle_frame(&answer, 5), None);
    let freed = sent(&mut stack);
    let serials: Vec<_> = freed.iter().map(|one| one.serial).collect();
    assert_eq!(serials, [Some(7), Some(8)]);
    assert_eq!(
        freed[0].frame,
        link_layer::frame(OURS, THEIRS, &echo("5.1.0.2", "9.9.9.9"))
    );
}

#[test]
fn the_same_over_ipv6() {
    let mut stack = both();
    stack.send(Some(7), echo("2001:db8::2", "2001:db8:1::9"), 0);
    let asked = sent(&mut stack);
    let frame = Frame::parse(&asked[0].frame).unwrap();
    assert_eq!(frame.destination, MacAddr([0x33, 0x33, 0xff, 0, 0, 1]));
    let asked = IpPacket::parse(frame.payload).unwrap();
    let Ok(Nd::NeighborSolicitation { target, .. }) = Nd::parse(asked.payload) else {
        panic!("no solicitation");
    };
    assert_eq!(IpAddr::V6(target), ip("2001:db8::1"));
    let mut options = Vec::new();
    nd::emit_option(NdOption::TargetLinkLayer(THEIRS), &mut options);
    let message = Nd::NeighborAdvertisement {
        target,
        is_router: true,
        solicited: true,
        overrides: true,
        options: &options,
    };
    // Through a router it is forged.
    stack.handle_frame(&nd(&message, "2001:db8::1", "2001:db8::2", 254), 1);
    assert_eq!(sent(&mut stack), []);
    stack.handle_frame(&nd(&message, "2001:db8::1", "2001:db8::2", 255), 1);
    assert_eq!(sent(&mut stack)[0].serial, Some(7));
}

#[test]
fn who_asks_for_us_is_answered() {
    let mut stack = both();
    let ask = |target: &str| {
        link_layer::question(
            THEIRS,
            ip(if target.contains(':') {
                "2001:db8::1"
            } else {
                "5.1.0.1"
            }),
            ip(target),
        )
        .unwrap()
    };
    stack.handle_frame(&ask("5.1.0.2"), 0);
    stack.handle_frame(&ask("2001:db8::2"), 0);
    let answers = sent(&mut stack);
    assert_eq!(answers.len(), 2);
    assert!(
        answers
            .iter()
            .all(|one| Frame::parse(&one.frame).unwrap().destination == THEIRS)
    );
    stack.handle_frame(&ask("5.1.0.3"), 0);
    stack.handle_frame(&ask("2001:db8::3"), 0);
    assert_eq!(sent(&mut stack), []);
}

#[test]
fn only_what_is_for_us_is_handed_on() {
    let mut stack = both();
    let reply = echo("9.9.9.9", "5.1.0.2");
    assert_eq!(
        stack.handle_frame(&from_neighbour(OURS, &reply), 0),
        Some(&reply[..])
    );
    let reply6 = echo("2001:db8:1::9", "2001:db8::2");
    assert_eq!(
        stack.handle_frame(&from_neighbour(OURS, &reply6), 0),
        Some(&reply6[..])
    );
    let strangers = from_neighbour(MacAddr([2, 0, 0, 0, 0, 9]), &reply);
    assert_eq!(stack.handle_frame(&strangers, 0), None);
    let to_another = from_neighbour(OURS, &echo("9.9.9.9", "5.1.0.3"));
    assert_eq!(stack.handle_frame(&to_another, 0), None);
    let our_own = link_layer::frame(OURS, OURS, &reply);
    assert_eq!(stack.handle_frame(&our_own, 0), None);
}

#[test]
fn a_card_of_packets_has_no_neighbours() {
    let mut stack = stack("card=ip ip=5.1.0.2/32");
    let probe = echo("5.1.0.2", "9.9.9.9");
    stack.send(Some(1), probe.clone(), 0);
    assert_eq!(
        sent(&mut stack),
        [Outgoing {
            serial: Some(1),
            frame: probe
        }]
    );
    let reply = echo("9.9.9.9", "5.1.0.2");
    assert_eq!(stack.handle_frame(&reply, 0), Some(&reply[..]));
}

#[test]
fn what_leads_nowhere_is_lost_and_counted() {
    let mut stack = stack("ip=5.1.0.2/30");
    assert!(stack.reaches(ip("5.1.0.1")) && !stack.reaches(ip("9.9.9.9")));
    stack.send(Some(1), echo("5.1.0.2", "9.9.9.9"), 0);
    stack.send(Some(2), vec![], 0);
    assert_eq!((stack.lost(), sent(&mut stack)), (2, vec![]));
}

proptest::proptest! {
    /// Hostile frames: whatever comes, nothing breaks, and what waits is bounded.
    #[test]
    fn nothing_that_comes_breaks_it(
        frames in proptest::collection::vec(proptest::collection::vec(0u8.., 0..200), 0..40),
        places in proptest::collection::vec((0usize..90, 0u8..), 0..8),
    ) {
        let mut stack = both();
        for (at, mut frame) in frames.into_iter().enumerate() {
            stack.handle_frame(&frame, at as u64);
            // Nearly right ones go deeper.
            let message = Nd::NeighborSolicitation { target: "2001:db8::2".parse().unwrap(), options: &[] };
            let mut near = nd(&message, "2001:db8::1", "2001:db8::2", 255);
            near.append(&mut frame);
            for (place, value) in &places {
                near[*place % 60] = *value;
            }
            stack.handle_frame(&near, at as u64);
        }
        stack.handle_timeout(u64::MAX);
        assert!(sent(&mut stack).len() <= OUTGOING_MAX);
    }
}
