//! What the original misses or gets wrong (tnt.md 1.13), and what must not be taken for a tunnel.
use super::*;
use crate::record::ReplyKind;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

fn first(net: &Net) -> String {
    lines(net).into_iter().next().unwrap_or_default()
}

/// Hidden routers of any chain: `from` and `to` are the edges.
fn hidden(from: usize, to: usize) -> Domain {
    Domain { from, to, ..PIPE }
}

#[test]
fn every_tunnel_of_a_path_is_revealed() {
    let net = Net {
        domains: vec![hidden(2, 6), hidden(8, 12), hidden(14, 18)],
        ..chain(20, PIPE)
    };
    let expected = [
        "invisible-php frpla brpr: n2@2 [n3#3 n4#2 n5#1] n6@3 ~3",
        "invisible-php frpla brpr: n8@5 [n9#3 n10#2 n11#1] n12@6 ~3",
        "invisible-php frpla brpr: n14@8 [n15#3 n16#2 n17#1] n18@9 ~3",
    ];
    assert_eq!(lines(&net), expected);
}

#[test]
fn adjacent_tunnels_share_a_router() {
    let net = Net {
        domains: vec![hidden(2, 6), hidden(6, 10)],
        ..chain(12, PIPE)
    };
    let expected = [
        "invisible-php frpla brpr: n2@2 [n3#3 n4#2 n5#1] n6@3 ~3",
        "invisible-php frpla brpr: n6@3 [n7#3 n8#2 n9#1] n10@4 ~3",
    ];
    assert_eq!(lines(&net), expected);
    let uniform = |from, to| Domain {
        propagate: true,
        ..hidden(from, to)
    };
    let net = Net {
        domains: vec![uniform(2, 5), uniform(5, 8)],
        ..chain(10, PIPE)
    };
    assert_eq!(
        lines(&net),
        [
            "explicit labels: n2@2 [n3@3 n4@4] n5@5",
            "explicit labels: n5@5 [n6@6 n7@7] n8@8"
        ]
    );
}

#[test]
fn any_length_is_revealed() {
    for length in 1..=12 {
        for (domain, method) in [(PIPE, "brpr"), (HOST_ONLY, "dpr")] {
            let to = PE1 + length + 1;
            let net = chain(to + 2, Domain { to, ..domain }).answering(255, 64);
            let result = run(&net, &TntOptions::default());
            let tunnel = &result.tunnels[0];
            assert_eq!(tunnel.lsrs.len(), length, "{method}");
            assert_eq!(tunnel.inferred_length.map(usize::from), Some(length));
            let expected: Vec<IpAddr> = (PE1 + 1..to).map(|node| net.address(node)).collect();
            let found: Vec<IpAddr> = tunnel
                .lsrs
                .iter()
                .filter_map(|router| router.address)
                .collect();
            assert_eq!(found, expected);
            let alone = if length == 1 { "unknown" } else { method };
            assert!(
                first(&net).starts_with("invisible-php rtla"),
                "{}",
                first(&net)
            );
            assert!(
                first(&net).contains(&format!(" {alone}: ")),
                "{}",
                first(&net)
            );
        }
    }
}

/// The original throws away what it saw before a target that does not answer: 1 of 3.
#[test]
fn a_router_that_drops_echo_does_not_stop_brpr() {
    for dropping in [P1, P2, P3, PE2] {
        let net = path(PIPE).with(|node, router| router.drops_echo = node == dropping);
        assert_eq!(
            first(&net),
            "invisible-php frpla brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3 ~3",
            "{dropping}"
        );
    }
}

/// The original: 0 of 3.
#[test]
fn all_routers_drop_echo() {
    let brpr = path(PIPE).with(|node, router| router.drops_echo = node < 8);
    assert_eq!(
        first(&brpr),
        "invisible-php frpla brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3 ~3"
    );
    let dpr = path(HOST_ONLY).with(|node, router| router.drops_echo = node < 8);
    assert_eq!(
        first(&dpr),
        "invisible-php frpla dpr: PE1@2 [P1#1 P2#1 P3#1] PE2@3 ~3"
    );
    let mute = dpr.with(|_, router| router.drops_udp = true);
    let expected =
        "invisible-php frpla dpr: PE1@2 [P1#1 P2#1 P3#1] PE2@3 ~3 incomplete: target-not-reached";
    assert_eq!(first(&mute), expected);
}

/// The original sees FRPLA 2 behind the silent egress, below its threshold.
#[test]
fn a_silent_egress_is_seen_by_the_increase() {
    let net = path(HOST_ONLY).with(|node, router| router.silent = node == PE2);
    assert_eq!(
        first(&net),
        "invisible-php frpla-increase dpr: PE1@2 [P1#1 P2#1 P3#1] *@3 ~3"
    );
    let net =
        chain(11, Domain { to: 9, ..HOST_ONLY }).with(|node, router| router.silent = node == 9);
    let expected =
        "invisible-php frpla+frpla-increase dpr: n2@2 [n3#1 n4#1 n5#1 n6#1 n7#1 n8#1] *@3 ~6";
    assert_eq!(first(&net), expected);
}

/// The original: nothing without brute force.
#[test]
fn a_64_64_egress_is_tried_whatever_the_triggers_say() {
    let net = path(PIPE).answering(64, 64);
    let expected = [
        "invisible-php signature-64-64 brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3",
        "failed signature-64-64: CE1 > PE1",
        "failed signature-64-64: PE2 > CE2",
    ];
    assert_eq!(lines(&net), expected);
    let result = run(
        &net,
        &TntOptions {
            reveal_64_64: false,
            ..TntOptions::default()
        },
    );
    assert!(show(&result, &net).is_empty());
}

#[test]
fn other_flows_are_tried_when_the_entry_hides() {
    let net = path(PIPE);
    let elsewhere = |flow: u16| {
        let net = net.clone();
        move |trace: &mut Trace| {
            if trace.target != net.host() && trace.flow < flow {
                let replies = trace.hops.iter_mut().flat_map(|hop| &mut hop.replies);
                replies
                    .filter(|reply| reply.responder == net.address(PE1))
                    .for_each(|reply| reply.responder = [5, 9, 9, 9].into());
            }
        }
    };
    let found = |flow| {
        show(
            &run_altered(&net, &TntOptions::default(), elsewhere(flow)),
            &net,
        )
    };
    assert_eq!(
        found(4),
        ["invisible-php frpla brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3 ~3"]
    );
    assert_eq!(found(5), ["failed frpla: PE1 > PE2"]);
}

#[test]
fn a_linux_duplicate_is_no_uhp() {
    let net = path(Domain {
        rule: Rule::Linux,
        ..PIPE
    })
    .answering(64, 64);
    let result = run(&net, &TntOptions::default());
    assert_eq!(result.hops[2].address, result.hops[3].address);
    assert_eq!(result.hops[2].facts.as_ref().unwrap().quoted_ttl, Some(0));
    let expected = "invisible-php qttl-zero brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3";
    assert_eq!(show(&result, &net)[0], expected);
    assert!(
        result
            .tunnels
            .iter()
            .all(|tunnel| tunnel.class != record::TunnelClass::InvisibleUhp)
    );
}

#[test]
fn private_cores_need_the_switch() {
    let net = Net {
        private: true,
        ..path(PIPE)
    };
    let result = run(&net, &TntOptions::default());
    assert!(result.tunnels.is_empty() && result.failed.is_empty());
    assert_eq!(result.sent_ping, 1, "the host is public");
    let result = run(
        &net,
        &TntOptions {
            treat_as_public: true,
            ..TntOptions::default()
        },
    );
    assert_eq!(
        show(&result, &net),
        ["invisible-php frpla brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3 ~3"]
    );
}

#[test]
fn ipv6() {
    let v6 = |domain| Net {
        ipv6: true,
        ..path(domain)
    };
    assert_eq!(
        lines(&v6(PIPE)),
        ["invisible-php frpla brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3 ~3"]
    );
    assert_eq!(
        lines(&v6(UNIFORM)),
        ["explicit labels: PE1@2 [P1@3 P2@4 P3@5] PE2@6"]
    );
    let uhp = v6(Domain {
        pop: Pop::Uhp,
        quirk: true,
        ..PIPE
    });
    assert_eq!(
        first(&uhp),
        "invisible-uhp duplicate-ip buddy: PE1@2 [P1#4 P2#3 P3#2] PE2#1 ~3"
    );
    // RTLA means nothing here; the signature makes no vendor.
    let result = run(&v6(PIPE).answering(64, 64), &TntOptions::default());
    assert_eq!(result.tunnels[0].triggers, [record::Trigger::Signature6464]);
    assert!(result.hops.iter().all(|hop| hop.vendors.is_empty()));
    let result = run(&v6(PIPE).answering(255, 64), &TntOptions::default());
    assert!(
        result
            .hops
            .iter()
            .filter_map(|hop| hop.facts.as_ref())
            .all(|facts| facts.rtla.is_none())
    );
}

#[test]
fn routers_of_different_vendors_share_a_tunnel() {
    let mixed = path(UNIFORM).with(|node, router| router.rfc4950 = node != P1 && node != P3);
    assert_eq!(
        lines(&mixed),
        ["explicit labels+qttl: PE1@2 [P1@3 P2@4 P3@5] PE2@6"]
    );
    let rewriting = path(UNIFORM).with(|node, router| router.rewrites_quote = node == P2);
    assert_eq!(
        lines(&rewriting),
        ["explicit labels: PE1@2 [P1@3 P2@4 P3@5] PE2@6"]
    );
    let silent = path(UNIFORM).with(|node, router| router.silent = node == P2);
    assert_eq!(
        lines(&silent),
        ["explicit labels: PE1@2 [P1@3 *@4 P3@5] PE2@6"]
    );
    let silent_edges =
        path(UNIFORM).with(|node, router| router.silent = node == PE1 || node == PE2);
    assert_eq!(
        lines(&silent_edges),
        ["explicit labels: *@2 [P1@3 P2@4 P3@5] *@6"]
    );
}

#[test]
fn an_explicit_null_ends_the_tunnel() {
    let net = path(Domain {
        pop: Pop::Uhp,
        last_label: 0,
        icmp_tunnel: false,
        ..UNIFORM
    });
    assert_eq!(
        lines(&net),
        ["explicit labels: PE1@2 [P1@3 P2@4 P3@5] PE2@6"]
    );
}

#[test]
fn an_asymmetric_return_raises_a_false_alarm_and_no_tunnel() {
    let net = Net {
        domains: vec![],
        ..path(PIPE)
    };
    let longer = |trace: &mut Trace| {
        let replies = trace
            .hops
            .iter_mut()
            .skip(3)
            .flat_map(|hop| &mut hop.replies);
        replies.for_each(|reply| reply.reply_ttl = reply.reply_ttl.map(|ttl| ttl - 4));
    };
    let result = run_altered(&net, &TntOptions::default(), longer);
    assert!(result.tunnels.is_empty());
    assert_eq!(result.failed.len(), 4, "{:?}", show(&result, &net));
}

#[test]
fn one_address_for_all_hops_is_no_tunnel() {
    let net = Net {
        domains: vec![],
        ..path(PIPE)
    };
    let translated = |trace: &mut Trace| {
        let replies = trace
            .hops
            .iter_mut()
            .skip(2)
            .flat_map(|hop| &mut hop.replies);
        let expired = replies.filter(|reply| reply.kind == ReplyKind::TimeExceeded);
        expired.for_each(|reply| reply.responder = net.address(P1));
    };
    let result = run_altered(&net, &TntOptions::default(), translated);
    assert!(result.tunnels.is_empty(), "{:?}", show(&result, &net));
    assert!(result.failed.is_empty());
}

/// What a revelation sees of the known path, or twice, is a loop or a new route, never a hidden router.
#[test]
fn routers_out_of_place_are_not_revealed() {
    let net = path(PIPE);
    for stranger in [CE1, CE2] {
        let displaced = |trace: &mut Trace| {
            if trace.target == net.host() {
                return;
            }
            let replies = trace.hops.iter_mut().flat_map(|hop| &mut hop.replies);
            replies
                .filter(|reply| reply.responder == net.address(P3))
                .for_each(|reply| reply.responder = net.address(stranger));
        };
        let result = run_altered(&net, &TntOptions::default(), displaced);
        assert_eq!(show(&result, &net), ["failed frpla: PE1 > PE2"]);
        let attempt = &result.failed[0].attempts[0];
        assert_eq!(attempt.outcome, record::AttemptOutcome::Inconsistent);
    }
}

#[test]
fn an_opaque_tunnel_is_one_even_if_nothing_is_revealed() {
    let net = path(Domain {
        pop: Pop::Opaque,
        ..PIPE
    });
    let mute = |trace: &mut Trace| {
        if trace.target != net.host() {
            trace.hops.clear();
        }
    };
    let result = run_altered(&net, &TntOptions::default(), mute);
    let expected = "opaque lse-ttl: PE1@2 [] PE2@3 ~3 incomplete: ingress-not-found";
    assert_eq!(show(&result, &net)[0], expected);
}
