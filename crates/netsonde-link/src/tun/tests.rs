use super::*;
use crate::testing::{ip, isolated};
use crate::{monotonic_ns, poll};
use netsonde_wire::ip::{IpBuild, protocol};
use std::net::UdpSocket;

#[test]
fn names_that_do_not_fit_are_refused() {
    for name in ["", "sixteen-bytes-xx", "nul\0"] {
        assert!(
            matches!(
                Tun::open(name),
                Err(LinkError::InterfaceName { longest: 15, .. })
            ),
            "{name:?}"
        );
    }
}

#[test]
fn what_the_kernel_routes_to_it_can_be_read() {
    isolated(|| {
        let (tun, name) = Tun::open("sonde%d").unwrap();
        assert_eq!(name, "sonde0");
        let mut buffer = [0; 2048];
        assert!(
            !tun.write(b"\x45 too early").unwrap(),
            "the interface is down"
        );
        ip("addr add 192.0.2.1/24 dev sonde0");
        ip("link set sonde0 up");
        let socket = UdpSocket::bind("192.0.2.1:4000").unwrap();
        socket.send_to(b"hello", "192.0.2.9:5000").unwrap();
        let packet = loop {
            assert!(
                poll::wait(&[tun.as_fd()], Some(monotonic_ns() + 1_000_000_000))
                    .unwrap()
                    .contains(0)
            );
            let length = tun.read(&mut buffer).unwrap().unwrap();
            // The kernel sends IPv6 router solicitations of its own.
            if buffer[0] >> 4 == 4 {
                break &buffer[..length];
            }
        };
        assert_eq!(&packet[12..20], [192, 0, 2, 1, 192, 0, 2, 9]);
        assert_eq!(&packet[28..], b"hello");
    });
}

#[test]
fn what_is_written_arrives() {
    isolated(|| {
        let (tun, _) = Tun::open("sonde0").unwrap();
        ip("addr add 192.0.2.1/24 dev sonde0");
        ip("link set sonde0 up");
        let tun = Tun::from_descriptor(tun.into()).unwrap();
        let socket = UdpSocket::bind("192.0.2.1:4000").unwrap();
        let (source, destination) = ("192.0.2.9".parse().unwrap(), "192.0.2.1".parse().unwrap());
        let mut datagram = Vec::new();
        netsonde_wire::udp::emit(source, destination, 5000, 4000, b"back", &mut datagram);
        let header = IpBuild {
            source,
            destination,
            protocol: protocol::UDP,
            ttl: 9,
            tos: 0,
            ident: 7,
            flow_label: 0,
            dont_fragment: false,
        };
        let mut packet = Vec::new();
        header.emit(&datagram, &mut packet);
        assert!(tun.write(&packet).unwrap());
        let mut buffer = [0; 64];
        let (length, from) = socket.recv_from(&mut buffer).unwrap();
        assert_eq!(
            (&buffer[..length], from),
            (&b"back"[..], "192.0.2.9:5000".parse().unwrap())
        );
        assert!(
            !tun.write(b"\xff no packet").unwrap(),
            "neither version 4 nor 6"
        );
    });
}
