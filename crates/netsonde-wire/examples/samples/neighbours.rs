//! Neighbour Discovery: one message of each type.
use crate::frames::{ENDS, HOST, Named, ROUTER, ip_frame, plain, udp_probe};
use netsonde_wire::icmp::nd::{self, Nd, NdOption, PrefixInformation};
use netsonde_wire::ip::{IpBuild, protocol};
use std::net::{IpAddr, Ipv6Addr};

const LINK: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1),
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 2),
];
const PREFIX: PrefixInformation = PrefixInformation {
    prefix_len: 64,
    on_link: true,
    autonomous: true,
    valid_lifetime_s: 3600,
    preferred_lifetime_s: 1800,
    prefix: Ipv6Addr::new(0x2a00, 1, 0, 0, 0, 0, 0, 0),
};

/// Appends a frame for each message.
pub(crate) fn all(frames: &mut Vec<Named>) {
    let ours = &options(&[NdOption::SourceLinkLayer(HOST)])[..];
    let theirs = &options(&[NdOption::TargetLinkLayer(ROUTER)])[..];
    let source = NdOption::SourceLinkLayer(ROUTER);
    let router = options(&[source, NdOption::Mtu(1500), NdOption::Prefix(PREFIX)]);
    let redirected = udp_probe(ENDS[1]);
    let redirected = &redirected[..redirected.len() / 8 * 8];
    let better = NdOption::TargetLinkLayer(ROUTER);
    let redirect = options(&[better, NdOption::RedirectedHeader(redirected)]);
    let target = LINK[1];
    let advertisement = Nd::RouterAdvertisement {
        hop_limit: 64,
        managed: false,
        other_config: true,
        router_lifetime_s: 1800,
        reachable_time_ms: 30_000,
        retransmit_timer_ms: 1000,
        options: &router,
    };
    let answer = Nd::NeighborAdvertisement {
        target,
        is_router: true,
        solicited: true,
        overrides: true,
        options: theirs,
    };
    let redirect = Nd::Redirect {
        target,
        destination: Ipv6Addr::new(0x2a00, 2, 0, 0, 0, 0, 0, 1),
        options: &redirect,
    };
    let options = ours;
    frames.extend([
        named("nd-rs", Nd::RouterSolicitation { options }),
        named("nd-ra", advertisement),
        named("nd-ns", Nd::NeighborSolicitation { target, options }),
        named("nd-na", answer),
        named("nd-redirect", redirect),
    ]);
}

fn named(name: &str, message: Nd<'_>) -> Named {
    let mut out = Vec::new();
    message.emit(LINK[0], LINK[1], &mut out);
    let build = IpBuild {
        ttl: nd::HOP_LIMIT,
        ..plain(LINK.map(IpAddr::V6), protocol::ICMPV6)
    };
    let mut packet = Vec::new();
    build.emit(&out, &mut packet);
    (name.into(), ip_frame(&packet))
}

fn options(list: &[NdOption<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for option in list {
        nd::emit_option(*option, &mut out);
    }
    out
}
