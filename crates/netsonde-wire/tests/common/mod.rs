//! What the property tests draw from.
#![allow(dead_code, reason = "each test file uses its own part")]

use netsonde_wire::ethernet::{MacAddr, Vlan};
use netsonde_wire::icmp::nd::{NdOption, PrefixInformation};
use netsonde_wire::ip::IpBuild;
use netsonde_wire::mpls::Lse;
use proptest::prelude::*;
use std::net::{IpAddr, Ipv6Addr};

/// Source and destination of one family.
pub(crate) fn ends() -> impl Strategy<Value = [IpAddr; 2]> {
    prop_oneof![
        any::<[[u8; 4]; 2]>().prop_map(|pair| pair.map(IpAddr::from)),
        any::<[[u8; 16]; 2]>().prop_map(|pair| pair.map(IpAddr::from)),
    ]
}

/// Fewer than `len_max` bytes.
pub(crate) fn bytes(len_max: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..len_max)
}

pub(crate) fn mac() -> impl Strategy<Value = MacAddr> {
    any::<[u8; 6]>().prop_map(MacAddr)
}

pub(crate) fn vlan() -> impl Strategy<Value = Option<Vlan>> {
    let tag =
        (0..8_u8, any::<bool>(), 0..4096_u16).prop_map(|(priority, drop_eligible, id)| Vlan {
            priority,
            drop_eligible,
            id,
        });
    prop::option::of(tag)
}

pub(crate) fn lse() -> impl Strategy<Value = Lse> {
    (0..1_u32 << 20, 0..8_u8, any::<bool>(), any::<u8>()).prop_map(|(label, tc, bottom, ttl)| Lse {
        label,
        tc,
        bottom,
        ttl,
    })
}

pub(crate) fn ip_build() -> impl Strategy<Value = IpBuild> {
    let flow = 0..1_u32 << 20;
    (ends(), any::<[u8; 3]>(), any::<u16>(), flow, any::<bool>()).prop_map(
        |([source, destination], [protocol, ttl, tos], ident, flow_label, dont_fragment)| {
            // Extension headers have numbers too, but are not upper layers.
            let protocol = if matches!(protocol, 0 | 43 | 44 | 51 | 60) {
                17
            } else {
                protocol
            };
            IpBuild {
                source,
                destination,
                protocol,
                ttl,
                tos,
                ident,
                flow_label,
                dont_fragment,
            }
        },
    )
}

pub(crate) fn ipv6() -> impl Strategy<Value = Ipv6Addr> {
    any::<[u8; 16]>().prop_map(Ipv6Addr::from)
}

/// An option of Neighbour Discovery that owns no bytes.
pub(crate) fn nd_option() -> impl Strategy<Value = NdOption<'static>> {
    let prefix = (0..=128_u8, any::<[bool; 2]>(), any::<[u32; 2]>(), ipv6()).prop_map(
        |(prefix_len, [on_link, autonomous], [valid_lifetime_s, preferred_lifetime_s], prefix)| {
            NdOption::Prefix(PrefixInformation {
                prefix_len,
                on_link,
                autonomous,
                valid_lifetime_s,
                preferred_lifetime_s,
                prefix,
            })
        },
    );
    prop_oneof![
        mac().prop_map(NdOption::SourceLinkLayer),
        mac().prop_map(NdOption::TargetLinkLayer),
        any::<u32>().prop_map(NdOption::Mtu),
        prefix,
        Just(NdOption::RedirectedHeader(&[7; 16])),
        Just(NdOption::Unknown {
            kind: 253,
            data: &[1, 2, 3, 4, 5, 6]
        }),
    ]
}
