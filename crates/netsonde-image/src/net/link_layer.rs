//! ARP and Neighbour Discovery: the questions we ask and the answers we give.
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use netsonde_wire::arp::{self, Arp};
use netsonde_wire::ethernet::{Frame, MacAddr, ethertype};
use netsonde_wire::icmp::nd::{self, HOP_LIMIT, Nd, NdOption, emit_option};
use netsonde_wire::ip::{IpBuild, protocol};

/// A frame from us.
pub(super) fn frame(source: MacAddr, destination: MacAddr, packet: &[u8]) -> Vec<u8> {
    let is_v6 = packet.first().is_some_and(|byte| byte >> 4 == 6);
    let ethertype = if is_v6 {
        ethertype::IPV6
    } else {
        ethertype::IPV4
    };
    emit(source, destination, ethertype, packet)
}

fn emit(source: MacAddr, destination: MacAddr, ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let frame = Frame {
        destination,
        source,
        service_vlan: None,
        vlan: None,
        ethertype,
        payload,
    };
    let mut out = Vec::with_capacity(14 + payload.len());
    frame.emit(&mut out);
    out
}

/// Asks the link who has `target`; `None` where the families differ.
pub(super) fn question(mac: MacAddr, ours: IpAddr, target: IpAddr) -> Option<Vec<u8>> {
    match (ours, target) {
        (IpAddr::V4(ours), IpAddr::V4(target)) => {
            let nobody = MacAddr([0; 6]);
            Some(arp(
                arp::operation::REQUEST,
                (mac, ours),
                (nobody, target),
                MacAddr::BROADCAST,
            ))
        }
        (IpAddr::V6(ours), IpAddr::V6(target)) => {
            let mut options = Vec::new();
            emit_option(NdOption::SourceLinkLayer(mac), &mut options);
            let group = nd::solicited_node(target);
            let message = Nd::NeighborSolicitation {
                target,
                options: &options,
            };
            Some(neighbour_discovery(
                &message,
                (mac, ours),
                (nd::multicast_mac(group), group),
            ))
        }
        _ => None,
    }
}

/// Says that we have the address that an ARP message asks for.
pub(super) fn arp_answer(mac: MacAddr, asked: &Arp) -> Vec<u8> {
    let asker = (asked.sender_mac, asked.sender_ip);
    arp(
        arp::operation::REPLY,
        (mac, asked.target_ip),
        asker,
        asked.sender_mac,
    )
}

/// Says that we have `target`. Without an asker's address (it looks for duplicates), everyone is told.
pub(super) fn nd_answer(mac: MacAddr, target: Ipv6Addr, asker: (MacAddr, Ipv6Addr)) -> Vec<u8> {
    let mut options = Vec::new();
    emit_option(NdOption::TargetLinkLayer(mac), &mut options);
    let is_known = !asker.1.is_unspecified();
    let everyone = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
    let to = if is_known {
        asker
    } else {
        (nd::multicast_mac(everyone), everyone)
    };
    let message = Nd::NeighborAdvertisement {
        target,
        is_router: false,
        solicited: is_known,
        overrides: true,
        options: &options,
    };
    neighbour_discovery(&message, (mac, target), to)
}

/// A message of Neighbour Discovery in its packet and frame.
pub(super) fn neighbour_discovery(
    message: &Nd<'_>,
    (source_mac, source): (MacAddr, Ipv6Addr),
    (destination_mac, destination): (MacAddr, Ipv6Addr),
) -> Vec<u8> {
    let (mut body, mut packet) = (Vec::new(), Vec::new());
    message.emit(source, destination, &mut body);
    IpBuild {
        source: source.into(),
        destination: destination.into(),
        protocol: protocol::ICMPV6,
        ttl: HOP_LIMIT,
        tos: 0,
        ident: 0,
        flow_label: 0,
        dont_fragment: true,
    }
    .emit(&body, &mut packet);
    frame(source_mac, destination_mac, &packet)
}

fn arp(
    operation: u16,
    (sender_mac, sender_ip): (MacAddr, Ipv4Addr),
    (target_mac, target_ip): (MacAddr, Ipv4Addr),
    destination: MacAddr,
) -> Vec<u8> {
    let mut message = Vec::new();
    Arp {
        operation,
        sender_mac,
        sender_ip,
        target_mac,
        target_ip,
    }
    .emit(&mut message);
    emit(sender_mac, destination, ethertype::ARP, &message)
}
