//! The host, its interface, and packets on it.
use crate::broker::{Families, open_unprivileged};
use crate::link::Link;
use crate::testing::{ip, wait_for_address};
use crate::tun::Tun;
use crate::unprivileged::UnprivilegedLink;
use crate::{monotonic_ns, poll, sys};
use netsonde_wire::icmp::{
    ErrorBuild, ExtensionStyle, Icmp, IcmpError, emit_echo, emit_label_stack,
};
use netsonde_wire::ip::{IpBuild, protocol};
use netsonde_wire::mpls::Lse;
use netsonde_wire::udp::{self};
use std::net::IpAddr;
use std::os::fd::AsFd;

pub(super) const PAYLOAD: &[u8] = b"0123456789ab";

/// The link, and the interface through which everything leaves.
pub(super) struct World {
    pub(super) link: UnprivilegedLink,
    pub(super) tun: Tun,
}

impl World {
    pub(super) fn new() -> Self {
        let (tun, _) = Tun::open("sonde0").unwrap();
        std::fs::write("/proc/sys/net/ipv4/ping_group_range", "0 0").unwrap();
        ip("addr add 192.0.2.1/24 dev sonde0");
        ip("addr add 2001:db8::1/64 dev sonde0 nodad");
        ip("link set sonde0 up");
        ip("route add default dev sonde0");
        ip("-6 route add default dev sonde0");
        wait_for_address("2001:db8::1");
        let descriptors = open_unprivileged(Families { v4: true, v6: true }).unwrap();
        Self {
            link: UnprivilegedLink::new(descriptors),
            tun,
        }
    }

    /// Sends a probe; returns it as it left the host.
    pub(super) fn send(&mut self, probe: &[u8]) -> Vec<u8> {
        self.link.send(0, probe);
        let destination = netsonde_wire::ip::destination(probe);
        let mut buffer = [0; 2048];
        loop {
            let ready =
                poll::wait(&[self.tun.as_fd()], Some(monotonic_ns() + 1_000_000_000)).unwrap();
            assert!(
                ready.contains(0),
                "nothing left the host: {:?}",
                self.link.counters()
            );
            let length = self.tun.read(&mut buffer).unwrap().unwrap();
            // The kernel sends packets of its own, such as router solicitations.
            if netsonde_wire::ip::destination(&buffer[..length]) == destination {
                return buffer[..length].to_vec();
            }
        }
    }

    /// Answers; returns what the link makes of it.
    pub(super) fn answer(&mut self, packet: &[u8]) -> Vec<u8> {
        let start_ns = monotonic_ns();
        assert!(self.tun.write(packet).unwrap());
        let arrived_ns = monotonic_ns();
        let deadline_ns = Some(arrived_ns + 1_000_000_000);
        let ready = poll::wait(&self.link.descriptors(), deadline_ns).unwrap();
        // A program that is slow to read: the time of the packet stays that of its arrival.
        sys::poll::pause(50_000_000);
        let mut got = Vec::new();
        self.link
            .receive(ready, &mut |received_ns: u64, packet: &[u8]| {
                let (early_ns, late_ns) = (start_ns - 1_000_000, arrived_ns + 25_000_000);
                assert!(
                    (early_ns..late_ns).contains(&received_ns),
                    "{start_ns} {received_ns}"
                );
                got.push(packet.to_vec());
            });
        assert_eq!(got.len(), 1, "{:?}", self.link.counters());
        got.remove(0)
    }
}

pub(super) fn near(v6: bool) -> IpAddr {
    if v6 {
        "2001:db8::1".parse().unwrap()
    } else {
        "192.0.2.1".parse().unwrap()
    }
}

pub(super) fn router(v6: bool) -> IpAddr {
    if v6 {
        "2001:db8:5::9".parse().unwrap()
    } else {
        "198.51.100.9".parse().unwrap()
    }
}

pub(super) fn target(v6: bool) -> IpAddr {
    if v6 {
        "2001:db8:7::7".parse().unwrap()
    } else {
        "203.0.113.7".parse().unwrap()
    }
}

pub(super) fn packet(
    source: IpAddr,
    destination: IpAddr,
    protocol: u8,
    ttl: u8,
    payload: &[u8],
) -> Vec<u8> {
    let build = IpBuild {
        source,
        destination,
        protocol,
        ttl,
        tos: 0x20,
        ident: 5,
        flow_label: 0,
        dont_fragment: false,
    };
    let mut out = Vec::new();
    build.emit(payload, &mut out);
    out
}

pub(super) fn udp_probe(
    v6: bool,
    source_port: u16,
    destination_port: u16,
    payload: &[u8],
) -> Vec<u8> {
    let mut datagram = Vec::new();
    udp::emit(
        near(v6),
        target(v6),
        source_port,
        destination_port,
        payload,
        &mut datagram,
    );
    packet(near(v6), target(v6), protocol::UDP, 3, &datagram)
}

pub(super) fn echo(
    v6: bool,
    from: IpAddr,
    to: IpAddr,
    is_reply: bool,
    ident: u16,
    ttl: u8,
) -> Vec<u8> {
    let mut message = Vec::new();
    emit_echo(from, to, is_reply, ident, 77, PAYLOAD, &mut message);
    packet(
        from,
        to,
        if v6 { protocol::ICMPV6 } else { protocol::ICMP },
        ttl,
        &message,
    )
}

/// Time exceeded in transit, from the router, with a label stack if one is given.
pub(super) fn exceeded(v6: bool, quote: &[u8], stack: &[Lse]) -> Vec<u8> {
    let mut objects = Vec::new();
    if !stack.is_empty() {
        emit_label_stack(stack, &mut objects);
    }
    let build = ErrorBuild {
        icmp_type: if v6 { 3 } else { 11 },
        icmp_code: 0,
        rest: 0,
        quote,
        objects: &objects,
        style: ExtensionStyle::Rfc4884,
    };
    let mut message = Vec::new();
    build.emit(router(v6), near(v6), &mut message);
    packet(
        router(v6),
        near(v6),
        if v6 { protocol::ICMPV6 } else { protocol::ICMP },
        250,
        &message,
    )
}

pub(super) fn error_in(message: &[u8], v6: bool) -> IcmpError<'_> {
    match Icmp::parse(message, v6).unwrap() {
        Icmp::Error(error) => error,
        other => panic!("no error: {other:?}"),
    }
}
