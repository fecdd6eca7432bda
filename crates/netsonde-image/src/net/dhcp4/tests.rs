//! A client against a server written by hand.
use super::*;
use netsonde_wire::ip::IpPacket;
use netsonde_wire::udp::Udp;

const MAC: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);

/// What a question says: its kind, the options 50 and 54, and the address in use.
fn asked(packet: &[u8]) -> (u8, Vec<u8>, [u8; 4]) {
    let packet = IpPacket::parse(packet).unwrap();
    assert!(Udp::checksum_ok(
        packet.payload,
        packet.header.source,
        packet.header.destination
    ));
    let udp = Udp::parse(packet.payload).unwrap();
    assert_eq!((udp.source_port, udp.destination_port), (68, 67));
    let options = &udp.payload[240..];
    let kind = options[2];
    let wanted = if options[3] == option::ADDRESS {
        options[3..15].to_vec()
    } else {
        vec![]
    };
    (kind, wanted, *udp.payload[12..].first_chunk().unwrap())
}

fn answer(transaction: u32, kind: u8, lease_s: u32) -> Vec<u8> {
    let mut body = vec![2, 1, 6, 0];
    body.extend(transaction.to_be_bytes());
    body.resize(16, 0);
    body.extend([10, 0, 0, 9]);
    body.resize(28, 0);
    body.extend(MAC.0);
    body.resize(FIXED_LEN, 0);
    body.extend(COOKIE);
    body.extend([
        53, 1, kind, 0, 0, 1, 4, 255, 255, 255, 0, 3, 8, 10, 0, 0, 1, 10, 0, 0, 2, 54, 4, 10, 0, 0,
        3, 51, 4,
    ]);
    body.extend(lease_s.to_be_bytes());
    body.push(255);
    body
}

fn bound(lease_s: u32) -> Client {
    let mut client = Client::new(MAC, 7, 0);
    assert_eq!(asked(&client.poll_packet(0).unwrap()), (1, vec![], [0; 4]));
    client.handle(&answer(7, message::OFFER, lease_s), 5);
    let (kind, wanted, _) = asked(&client.poll_packet(5).unwrap());
    assert_eq!(
        (kind, wanted),
        (3, vec![50, 4, 10, 0, 0, 9, 54, 4, 10, 0, 0, 3])
    );
    client.handle(&answer(7, message::ACK, lease_s), 9);
    client
}

#[test]
fn four_messages_give_a_lease() {
    let client = bound(100);
    let lease = client.lease.unwrap();
    assert_eq!(lease.address.ip.to_string(), "10.0.0.9");
    assert_eq!(
        (lease.address.prefix_len, lease.router.unwrap().to_string()),
        (24, "10.0.0.1".into())
    );
    assert_eq!(client.poll_timeout(), 50 * SECOND_NS + 9);
}

#[test]
fn a_lease_is_renewed_or_ends() {
    let mut client = bound(100);
    let (kind, wanted, current) = asked(&client.poll_packet(51 * SECOND_NS).unwrap());
    assert_eq!((kind, wanted, current), (3, vec![], [10, 0, 0, 9]));
    client.handle(&answer(7, message::ACK, 100), 52 * SECOND_NS);
    assert_eq!(client.poll_timeout(), 102 * SECOND_NS);
    // Nobody answers any more.
    let mut now_ns = client.poll_timeout();
    while client.lease.is_some() {
        client.poll_packet(now_ns);
        now_ns = client.poll_timeout().max(now_ns);
    }
    assert!(
        (152 * SECOND_NS..169 * SECOND_NS).contains(&now_ns),
        "{now_ns}"
    );
    assert_eq!(client.state, State::Looking);
}

#[test]
fn questions_are_repeated_less_and_less_often() {
    let mut client = Client::new(MAC, 7, 0);
    let asked: Vec<_> = (0..60)
        .filter(|second| client.poll_packet(second * SECOND_NS).is_some())
        .collect();
    assert_eq!(asked, [0, 1, 3, 7, 15, 31, 47]);
}

#[test]
fn refusals_and_silence_lead_back_to_the_beginning() {
    let mut client = bound(100);
    client.poll_packet(51 * SECOND_NS);
    client.handle(&answer(7, message::NAK, 0), 52 * SECOND_NS);
    assert_eq!((client.lease, client.state), (None, State::Looking));
    client.poll_packet(52 * SECOND_NS);
    client.handle(&answer(8, message::OFFER, 9), 53 * SECOND_NS);
    let mut now_ns = 53 * SECOND_NS;
    while client.state != State::Looking {
        client.poll_packet(now_ns);
        now_ns = client.poll_timeout();
    }
    assert!(now_ns < 80 * SECOND_NS);
}

#[test]
fn answers_to_others_are_ignored() {
    let mut client = Client::new(MAC, 7, 0);
    client.poll_packet(0);
    let good = answer(7, message::OFFER, 100);
    let mut not_ours = vec![answer(6, message::OFFER, 100), answer(7, message::ACK, 100)];
    for place in [0, 30, 237] {
        let mut wrong = good.clone();
        wrong[place] ^= 1;
        not_ours.push(wrong);
    }
    for len in 0..good.len() - 7 {
        not_ours.push(good[..len].to_vec());
    }
    for answer in not_ours {
        client.handle(&answer, 1);
        assert!(client.lease.is_none());
    }
    client.handle(&answer(7, message::OFFER, 100), 1);
    assert!(matches!(client.state, State::Asking(..)));
}

proptest::proptest! {
    #[test]
    fn nothing_breaks_it(at in 0usize..270, value in 0u8.., cut in 0usize..300) {
        let mut client = Client::new(MAC, 7, 0);
        client.poll_packet(0);
        for kind in [message::OFFER, message::ACK] {
            let mut bytes = answer(7, kind, 100);
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
            bytes.truncate(cut);
            client.handle(&bytes, 1);
            client.poll_packet(2);
        }
    }
}
