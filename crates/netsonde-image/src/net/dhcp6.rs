//! `DHCPv6` (RFC 8415): one address for as long as the run takes.
use super::address::link_local;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv6Addr};
use netsonde_wire::ethernet::MacAddr;
use netsonde_wire::ip::{IpBuild, protocol};
use netsonde_wire::udp;

pub(super) const CLIENT_PORT: u16 = 546;
pub(super) const SERVER_PORT: u16 = 547;
/// All servers and relays of a link.
pub(super) const SERVERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 1, 2);
const SECOND_NS: u64 = 1_000_000_000;
const RETRY_NS: u64 = SECOND_NS;
const RETRY_MAX_NS: u64 = 16 * SECOND_NS;
/// Requests to one server before another is looked for.
const REQUESTS_MAX: u8 = 4;
/// Longest identifier of a server (RFC 8415 section 11.1).
const SERVER_MAX: usize = 130;
/// Name of our only interface.
const INTERFACE: u32 = 1;

mod message {
    pub(super) const SOLICIT: u8 = 1;
    pub(super) const ADVERTISE: u8 = 2;
    pub(super) const REQUEST: u8 = 3;
    pub(super) const RENEW: u8 = 5;
    pub(super) const REPLY: u8 = 7;
}

mod option {
    pub(super) const CLIENT: u16 = 1;
    pub(super) const SERVER: u16 = 2;
    pub(super) const ADDRESSES: u16 = 3;
    pub(super) const ADDRESS: u16 = 5;
    pub(super) const ELAPSED: u16 = 8;
}

/// What a server gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) address: Ipv6Addr,
    /// When it ends, unless it is renewed.
    end_ns: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Looking,
    /// How often the server was asked.
    Asking(u8),
    Bound,
    Renewing,
}

/// A client, from its first question on.
#[derive(Debug)]
pub(super) struct Client {
    mac: MacAddr,
    transaction: u32,
    state: State,
    server: Vec<u8>,
    wanted: Ipv6Addr,
    due_ns: u64,
    retry_ns: u64,
    pub(super) lease: Option<Lease>,
}

impl Client {
    /// Begins to look for a server. `transaction` is random.
    pub(super) fn new(mac: MacAddr, transaction: u32, now_ns: u64) -> Self {
        Self {
            mac,
            transaction,
            state: State::Looking,
            server: Vec::new(),
            wanted: Ipv6Addr::UNSPECIFIED,
            due_ns: now_ns,
            retry_ns: RETRY_NS,
            lease: None,
        }
    }

    /// The next packet for all servers, if one is due.
    pub(super) fn poll_packet(&mut self, now_ns: u64) -> Option<Vec<u8>> {
        if self.lease.is_some_and(|lease| lease.end_ns <= now_ns) {
            self.lease = None;
            self.look(now_ns);
        }
        if now_ns < self.due_ns {
            return None;
        }
        match self.state {
            State::Asking(REQUESTS_MAX..) => self.look(now_ns),
            State::Asking(count) => self.state = State::Asking(count + 1),
            State::Bound => {
                self.retry_ns = RETRY_NS;
                self.state = State::Renewing;
            }
            State::Looking | State::Renewing => {}
        }
        self.due_ns = now_ns.saturating_add(self.retry_ns);
        self.retry_ns = (self.retry_ns * 2).min(RETRY_MAX_NS);
        Some(self.packet())
    }

    /// When `poll_packet` is next worth calling.
    pub(super) fn poll_timeout(&self) -> u64 {
        let end_ns = self.lease.map_or(u64::MAX, |lease| lease.end_ns);
        self.due_ns.min(end_ns)
    }

    /// Takes the payload of a datagram from a server.
    pub(super) fn handle(&mut self, payload: &[u8], now_ns: u64) {
        let Some((kind, server, address, valid_s)) = self.read(payload) else {
            return;
        };
        match (self.state, kind) {
            (State::Looking, message::ADVERTISE) => {
                self.server = server;
                self.wanted = address;
                self.state = State::Asking(0);
                self.retry_ns = RETRY_NS;
                self.due_ns = now_ns;
            }
            (State::Asking(_) | State::Renewing, message::REPLY) if server == self.server => {
                let valid_ns = u64::from(valid_s) * SECOND_NS;
                self.wanted = address;
                self.lease = Some(Lease {
                    address,
                    end_ns: now_ns.saturating_add(valid_ns),
                });
                self.state = State::Bound;
                self.due_ns = now_ns.saturating_add(valid_ns / 2);
            }
            _ => {}
        }
    }

    fn look(&mut self, now_ns: u64) {
        self.state = State::Looking;
        self.retry_ns = RETRY_NS;
        self.due_ns = now_ns;
        self.transaction = self.transaction.wrapping_add(1);
    }

    /// Kind, server, address and its lifetime, of an answer to us that gives one.
    fn read(&self, payload: &[u8]) -> Option<(u8, Vec<u8>, Ipv6Addr, u32)> {
        let (&[kind, a, b, c], rest) = payload.split_first_chunk()?;
        let [_, transaction @ ..] = self.transaction.to_be_bytes();
        if [a, b, c] != transaction || find(rest, option::CLIENT)? != self.identifier() {
            return None;
        }
        let server = find(rest, option::SERVER).filter(|server| server.len() <= SERVER_MAX)?;
        // Past interface and times: options.
        let addresses = find(rest, option::ADDRESSES)?.get(12..)?;
        let given = find(addresses, option::ADDRESS)?;
        let address = Ipv6Addr::from(*given.first_chunk::<16>()?);
        let valid_s = u32::from_be_bytes(*given.get(20..)?.first_chunk()?);
        let is_usable = !address.is_unspecified() && !address.is_multicast() && valid_s > 0;
        is_usable.then(|| (kind, Vec::from(server), address, valid_s))
    }

    /// DUID-LL: our name, made from the card's address.
    fn identifier(&self) -> [u8; 10] {
        let mac = self.mac.0;
        [0, 3, 0, 1, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]]
    }

    fn packet(&self) -> Vec<u8> {
        let kind = match self.state {
            State::Looking => message::SOLICIT,
            State::Asking(_) => message::REQUEST,
            State::Bound | State::Renewing => message::RENEW,
        };
        let [_, a, b, c] = self.transaction.to_be_bytes();
        let mut body = Vec::from([kind, a, b, c]);
        push(&mut body, option::CLIENT, &self.identifier());
        push(&mut body, option::ELAPSED, &[0, 0]);
        let mut addresses = Vec::from(INTERFACE.to_be_bytes());
        addresses.extend_from_slice(&[0; 8]);
        if kind != message::SOLICIT {
            push(&mut body, option::SERVER, &self.server);
            let mut wanted = Vec::from(self.wanted.octets());
            wanted.extend_from_slice(&[0; 8]);
            push(&mut addresses, option::ADDRESS, &wanted);
        }
        push(&mut body, option::ADDRESSES, &addresses);
        let (source, destination) = (IpAddr::V6(link_local(self.mac)), IpAddr::V6(SERVERS));
        let (mut datagram, mut packet) = (Vec::new(), Vec::new());
        udp::emit(
            source,
            destination,
            CLIENT_PORT,
            SERVER_PORT,
            &body,
            &mut datagram,
        );
        IpBuild {
            source,
            destination,
            protocol: protocol::UDP,
            ttl: 1,
            tos: 0,
            ident: 0,
            flow_label: 0,
            dont_fragment: true,
        }
        .emit(&datagram, &mut packet);
        packet
    }
}

/// The value of the first option of a kind.
fn find(mut bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    while let Some((&[k0, k1, l0, l1], rest)) = bytes.split_first_chunk() {
        let len = usize::from(u16::from_be_bytes([l0, l1]));
        let (value, rest) = rest.split_at_checked(len)?;
        if u16::from_be_bytes([k0, k1]) == wanted {
            return Some(value);
        }
        bytes = rest;
    }
    None
}

fn push(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use netsonde_wire::ip::IpPacket;
    use netsonde_wire::udp::Udp;

    const MAC: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
    const GIVEN: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 9);

    fn asked(packet: &[u8]) -> Vec<u8> {
        let packet = IpPacket::parse(packet).unwrap();
        let header = packet.header;
        assert!(Udp::checksum_ok(
            packet.payload,
            header.source,
            header.destination
        ));
        assert_eq!(header.source.to_string(), "fe80::ff:fe00:1");
        Udp::parse(packet.payload).unwrap().payload.to_vec()
    }

    fn answer(kind: u8, transaction: u8, valid_s: u32) -> Vec<u8> {
        let mut body = vec![kind, 0, 0, transaction];
        push(&mut body, option::CLIENT, &[0, 3, 0, 1, 2, 0, 0, 0, 0, 1]);
        push(&mut body, option::SERVER, b"server");
        let mut given = GIVEN.octets().to_vec();
        given.extend([0, 0, 0, 50]);
        given.extend(valid_s.to_be_bytes());
        let mut addresses = vec![0; 12];
        push(&mut addresses, option::ADDRESS, &given);
        push(&mut body, option::ADDRESSES, &addresses);
        body
    }

    fn bound() -> Client {
        let mut client = Client::new(MAC, 7, 0);
        assert_eq!(asked(&client.poll_packet(0).unwrap())[..4], [1, 0, 0, 7]);
        client.handle(&answer(message::ADVERTISE, 7, 100), 5);
        let request = asked(&client.poll_packet(5).unwrap());
        assert_eq!(
            (request[0], find(&request[4..], option::SERVER)),
            (3, Some(&b"server"[..]))
        );
        client.handle(&answer(message::REPLY, 7, 100), 9);
        client
    }

    #[test]
    fn four_messages_give_a_lease_that_is_renewed() {
        let mut client = bound();
        assert_eq!(client.lease.unwrap().address, GIVEN);
        assert_eq!(client.poll_timeout(), 50 * SECOND_NS + 9);
        assert_eq!(
            asked(&client.poll_packet(51 * SECOND_NS).unwrap())[0],
            message::RENEW
        );
        client.handle(&answer(message::REPLY, 7, 100), 52 * SECOND_NS);
        assert_eq!(client.poll_timeout(), 102 * SECOND_NS);
    }

    #[test]
    fn a_lease_ends_when_nobody_renews_it() {
        let mut client = bound();
        assert!(client.poll_packet(101 * SECOND_NS).is_some());
        assert_eq!((client.lease, client.state), (None, State::Looking));
    }

    #[test]
    fn answers_to_others_are_ignored() {
        let mut client = Client::new(MAC, 7, 0);
        client.poll_packet(0);
        let good = answer(message::ADVERTISE, 7, 100);
        let mut wrong = vec![
            answer(message::ADVERTISE, 6, 100),
            answer(message::ADVERTISE, 7, 0),
        ];
        wrong.extend((0..good.len()).map(|len| good[..len].to_vec()));
        for answer in wrong {
            client.handle(&answer, 1);
            assert_eq!(client.state, State::Looking);
        }
        client.handle(&good, 1);
        assert_eq!(client.state, State::Asking(0));
    }

    proptest::proptest! {
        #[test]
        fn nothing_breaks_it(at in 0usize..90, value in 0u8.., cut in 0usize..100) {
            let mut client = Client::new(MAC, 7, 0);
            for kind in [message::ADVERTISE, message::REPLY] {
                client.poll_packet(0);
                let mut bytes = answer(kind, 7, 100);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = value;
                }
                bytes.truncate(cut);
                client.handle(&bytes, 1);
            }
        }
    }
}
