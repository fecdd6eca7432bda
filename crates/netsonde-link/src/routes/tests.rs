//! The table against routes made by hand, and against the kernel's own answers in namespaces.
use super::*;
use crate::testing::{Far, ip, isolated, wait_for_address, wait_for_carrier};
use std::net::UdpSocket;

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// What a socket would take: the kernel's own choice.
fn kernel_source(target: IpAddr) -> Option<IpAddr> {
    let any = if target.is_ipv6() {
        "[::]:0"
    } else {
        "0.0.0.0:0"
    };
    let socket = UdpSocket::bind(any).unwrap();
    socket.connect((target, 33_434)).ok()?;
    Some(socket.local_addr().unwrap().ip())
}

/// An interface with addresses, a gateway of each version, and what else `ip` is told.
fn world(more: &[&str]) -> Routes {
    for command in [
        "link add near type veth peer name far",
        "link set near address 02:00:00:00:00:01",
        "link set far address 02:00:00:00:00:02",
        "link set far up",
        "link set near up",
        "address add 10.0.0.1/24 dev near",
        "address add 2001:db8::1/64 dev near nodad",
        "route add default via 10.0.0.2",
        "route add default via 2001:db8::2",
        "neighbour add 10.0.0.2 lladdr 02:00:00:00:00:02 dev near",
        "neighbour add 2001:db8::2 lladdr 02:00:00:00:00:02 dev near",
    ] {
        ip(command);
    }
    for command in more {
        ip(command);
    }
    wait_for_address("2001:db8::1");
    Routes::read().unwrap()
}

#[test]
fn gateways_are_reached_by_frames_and_the_rest_by_raw_sockets() {
    isolated(|| {
        let mut routes = world(&[
            "neighbour add 10.0.0.9 lladdr 02:00:00:00:00:09 dev near",
            "route add 10.1.0.0/16 via 10.0.0.3",
            "route add blackhole 10.2.0.0/16",
            "route add 10.3.0.0/16 via 10.0.0.2 src 10.0.0.1",
            "route add 10.4.0.0/16 nexthop via 10.0.0.2 nexthop via 10.0.0.3",
            "-6 route add unreachable 2001:db8:bad::/48",
        ]);
        let egress = routes.egress();
        let frames = |text| match egress.way(address(text)) {
            Way::Ethernet { to, from, .. } => {
                assert_eq!(from, [2, 0, 0, 0, 0, 1]);
                Some(to[5])
            }
            _ => None,
        };
        for target in ["192.0.2.1", "10.3.0.1", "2001:db8:1::1"] {
            assert_eq!(frames(target), Some(2), "{target}");
        }
        assert_eq!(frames("10.0.0.9"), Some(9), "a neighbour");
        for target in [
            "10.0.0.8",
            "127.0.0.1",
            "10.0.0.1",
            "10.1.0.1",
            "10.4.0.1",
            "::1",
        ] {
            assert_eq!(egress.way(address(target)), Way::Raw, "{target}");
        }
        for target in ["10.2.0.1", "2001:db8:bad::1"] {
            assert_eq!(egress.way(address(target)), Way::None, "{target}");
            assert_eq!(routes.source(address(target)), None);
        }
        assert_eq!(egress.interfaces().len(), 1);
        assert_eq!(routes.interface_name(egress.interfaces()[0]), "near");
        assert_eq!(routes.unusual(), None);
        assert!(routes.addresses().contains(&address("10.0.0.1")));
        assert_eq!(Egress::from_bytes(&egress.to_bytes()), Some(egress));
    });
}

#[test]
fn sources_are_the_kernels() {
    isolated(|| {
        let mut routes = world(&[
            "address add 10.0.0.77/24 dev near",
            "address add 172.16.0.1/16 dev near",
            "address add 2001:db8::77/64 dev near nodad",
            "address add fd00::1/64 dev near nodad",
            "route add 10.3.0.0/16 via 10.0.0.2 src 10.0.0.77",
            "route add 10.5.0.0/16 via 172.16.0.9",
        ]);
        wait_for_address("fd00::1");
        for target in [
            "192.0.2.1",
            "10.3.0.1",
            "10.5.0.1",
            "10.0.0.9",
            "172.16.3.3",
            "127.1.2.3",
            "10.0.0.77",
            "2001:db8:1::1",
            "fd00:1::1",
            "2001:db8::9",
            "::1",
            "2600::1",
        ] {
            let target = address(target);
            assert_eq!(routes.source(target), kernel_source(target), "{target}");
        }
        assert_eq!(
            routes.source(address("10.0.0.255")),
            None,
            "a broadcast address"
        );
    });
}

#[test]
fn unusual_policies_leave_everything_to_the_kernel() {
    isolated(|| {
        let routes = world(&["rule add from 10.0.0.1 table 100"]);
        assert!(routes.unusual().unwrap().contains("ip rule"));
        assert_eq!(routes.egress().interfaces(), []);
        ip("rule del from 10.0.0.1 table 100");
        assert_eq!(Routes::read().unwrap().unusual(), None);
        ip("-6 rule add fwmark 7 table 100");
        assert!(Routes::read().unwrap().unusual().is_some());
    });
}

#[test]
fn the_kernel_is_made_to_find_a_gateway() {
    isolated(|| {
        let far = Far::new();
        let mut routes = world(&[
            "neighbour del 10.0.0.2 dev near",
            &format!("link set far netns {}", far.path),
        ]);
        far.ip("address add 10.0.0.2/24 dev far");
        far.ip("link set far up");
        wait_for_carrier("near");
        assert_eq!(routes.egress().way(address("192.0.2.1")), Way::Raw);
        routes.resolve().unwrap();
        assert!(matches!(
            routes.egress().way(address("192.0.2.1")),
            Way::Ethernet { .. }
        ));
    });
}

#[test]
fn a_change_is_seen() {
    isolated(|| {
        world(&[]);
        let mut watch = Watch::open().unwrap();
        assert!(!watch.drain());
        for change in [
            "route add 10.9.0.0/16 via 10.0.0.2",
            "neighbour change 10.0.0.2 lladdr 02:00:00:00:00:07 dev near",
            "link set near down",
        ] {
            ip(change);
            assert!(watch.drain(), "{change}");
        }
        let egress = Routes::read().unwrap().egress();
        assert_eq!(egress.way(address("192.0.2.1")), Way::None);
    });
}
