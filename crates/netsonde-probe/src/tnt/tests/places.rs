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

/// A silent router right behind the ingress is known from the first step on: no news in the second.
#[test]
fn a_silent_first_router_is_counted_once() {
    let net = path(HOST_ONLY).with(|node, router| router.silent = node == P1);
    let expected = "invisible-php frpla dpr: PE1@2 [*#1 P2#1 P3#1] PE2@3 ~3";
    assert_eq!(lines(&net), [expected]);
}

/// Linux doubles an egress; what shows three times is somebody's own address, whatever it quotes.
#[test]
fn a_quoted_zero_on_three_equal_hops_is_no_linux_pair() {
    let net = Net {
        domains: vec![],
        ..path(PIPE)
    };
    let translated = |trace: &mut Trace| {
        let replies = trace.hops.iter_mut().skip(2).take(3);
        for reply in replies.flat_map(|hop| &mut hop.replies) {
            (reply.responder, reply.quoted_ttl) = (net.address(P1), Some(0));
        }
    };
    let result = run_altered(&net, &TntOptions::default(), translated);
    assert!(result.tunnels.is_empty() && result.failed.is_empty());
}

#[test]
fn silent_ends_have_their_places() {
    let silent = |who| path(HOST_ONLY).with(move |node, router| router.silent = node == who);
    assert_eq!(places(&silent(PE1)), (Some(2), Some(3)));
    assert_eq!(places(&silent(PE2)), (Some(2), Some(3)));
}
