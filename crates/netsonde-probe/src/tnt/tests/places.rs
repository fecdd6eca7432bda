//! Where tunnels lie on the first trace.
use super::*;

fn places(net: &Net) -> (Option<u8>, Option<u8>) {
    let result = run(net, &TntOptions::default());
    let tunnel = &result.tunnels[0];
    (tunnel.ingress_ttl, tunnel.egress_ttl)
}

#[test]
fn a_tunnel_is_closed_by_its_egress() {
    assert_eq!(places(&path(UNIFORM)), (Some(2), Some(6)));
    assert_eq!(places(&path(PIPE)), (Some(2), Some(3)));
    let opaque = Domain {
        pop: Pop::Opaque,
        ..PIPE
    };
    assert_eq!(places(&path(opaque)), (Some(2), Some(3)));
}

#[test]
fn an_egress_that_is_missing_leaves_it_to_the_hop_behind() {
    let uhp = Domain {
        pop: Pop::Uhp,
        quirk: true,
        ..PIPE
    };
    assert_eq!(places(&path(uhp)), (Some(2), Some(3)));
}

#[test]
fn silent_ends_have_their_places() {
    let silent = |who| path(HOST_ONLY).with(move |node, router| router.silent = node == who);
    assert_eq!(places(&silent(PE1)), (Some(2), Some(3)));
    assert_eq!(places(&silent(PE2)), (Some(2), Some(3)));
}
