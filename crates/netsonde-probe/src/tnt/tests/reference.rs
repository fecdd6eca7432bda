//! What the original finds, we find: tnt.md's table of configurations, with the original's TTLs as the check of the model.
use super::*;
use alloc::string::String;
use alloc::vec::Vec;

/// `<te,er>` of hops and hidden routers in path order, to be compared with the original's `rTTLs`.
fn reply_ttls(result: &TntResult) -> Vec<(u8, u8)> {
    let of = |facts: &Option<record::HopFacts>| {
        facts
            .as_ref()
            .map(|facts| (facts.te_ttl.unwrap_or(0), facts.er_ttl.unwrap_or(0)))
    };
    let mut ttls: Vec<(u8, u8)> = result
        .hops
        .iter()
        .filter_map(|hop| of(&hop.facts))
        .collect();
    for tunnel in &result.tunnels {
        let at = tunnel.ingress_ttl.map_or(0, usize::from);
        let hidden = tunnel
            .lsrs
            .iter()
            .chain(&tunnel.egress)
            .filter(|router| router.probe_ttl.is_none());
        let hidden: Vec<(u8, u8)> = hidden.filter_map(|router| of(&router.hop)).collect();
        ttls.splice(at..at, hidden);
    }
    ttls
}

fn found(net: &Net) -> (Vec<String>, Vec<(u8, u8)>) {
    let result = run(net, &TntOptions::default());
    (show(&result, net), reply_ttls(&result))
}

#[test]
fn no_mpls_no_tunnel() {
    let net = Net {
        domains: vec![],
        ..path(PIPE)
    };
    assert!(lines(&net).is_empty());
}

#[test]
fn explicit_php() {
    assert_eq!(
        lines(&path(UNIFORM)),
        ["explicit labels: PE1@2 [P1@3 P2@4 P3@5] PE2@6"]
    );
}

#[test]
fn explicit_without_icmp_tunnelling() {
    let net = path(Domain {
        icmp_tunnel: false,
        ..UNIFORM
    });
    let (tunnels, ttls) = found(&net);
    assert_eq!(tunnels, ["explicit labels: PE1@2 [P1@3 P2@4 P3@5] PE2@6"]);
    assert_eq!(
        ttls,
        [
            (255, 255),
            (254, 254),
            (253, 253),
            (252, 252),
            (251, 251),
            (250, 250),
            (249, 249),
            (248, 248)
        ]
    );
}

/// The original takes the egress for one more LSR and CE2 for the egress. The U-turn of one hop tells.
#[test]
fn explicit_uhp_keeps_its_egress() {
    let (tunnels, ttls) = found(&path(Domain {
        pop: Pop::Uhp,
        ..UNIFORM
    }));
    assert_eq!(tunnels, ["explicit labels: PE1@2 [P1@3 P2@4 P3@5] PE2@6"]);
    assert_eq!(
        ttls,
        [
            (255, 255),
            (254, 254),
            (246, 253),
            (247, 252),
            (248, 251),
            (249, 250),
            (249, 249),
            (248, 248)
        ]
    );
}

#[test]
fn implicit_by_quoted_ttl() {
    let (tunnels, ttls) = found(&path(UNIFORM).with(|_, router| router.rfc4950 = false));
    assert_eq!(tunnels, ["implicit qttl: PE1@2 [P1@3 P2@4 P3@5] PE2@6"]);
    assert_eq!(
        ttls,
        [
            (255, 255),
            (254, 254),
            (247, 253),
            (248, 252),
            (249, 251),
            (250, 250),
            (249, 249),
            (248, 248)
        ]
    );
}

#[test]
fn implicit_by_uturn() {
    let rewriting =
        |_, router: &mut Router| (router.rfc4950, router.rewrites_quote) = (false, true);
    let expected = ["implicit uturn: PE1@2 [P1@3 P2@4 P3@5] PE2@6"];
    assert_eq!(lines(&path(UNIFORM).with(rewriting)), expected);
    // The original misses this one, and wastes three revelations on it.
    assert_eq!(
        lines(&path(UNIFORM).with(rewriting).answering(255, 64)),
        expected
    );
}

#[test]
fn invisible_php_brpr() {
    let (tunnels, ttls) = found(&path(PIPE));
    assert_eq!(
        tunnels,
        ["invisible-php frpla brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3 ~3"]
    );
    let expected = [
        (255, 255),
        (254, 254),
        (253, 253),
        (252, 252),
        (251, 251),
        (250, 250),
        (250, 250),
        (250, 250),
    ];
    assert_eq!(ttls, expected);
}

#[test]
fn invisible_php_brpr_by_rtla() {
    let (tunnels, _) = found(&path(PIPE).answering(255, 64));
    let expected = [
        "invisible-php rtla+frpla brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3 ~3",
        "failed rtla: PE2 > CE2",
    ];
    assert_eq!(tunnels, expected);
}

#[test]
fn invisible_php_dpr() {
    let (tunnels, ttls) = found(&path(HOST_ONLY).answering(255, 64));
    let expected = [
        "invisible-php rtla+frpla dpr: PE1@2 [P1#1 P2#1 P3#1] PE2@3 ~3",
        "failed rtla: PE2 > CE2",
    ];
    assert_eq!(tunnels, expected);
    assert_eq!(
        ttls,
        [
            (255, 64),
            (254, 63),
            (253, 62),
            (252, 62),
            (251, 62),
            (250, 62),
            (250, 61),
            (60, 60)
        ]
    );
    let (tunnels, ttls) = found(&path(HOST_ONLY));
    assert_eq!(
        tunnels,
        ["invisible-php frpla dpr: PE1@2 [P1#1 P2#1 P3#1] PE2@3 ~3"]
    );
    assert_eq!(
        ttls,
        [
            (255, 255),
            (254, 254),
            (253, 253),
            (252, 252),
            (251, 251),
            (250, 250),
            (250, 250),
            (250, 250)
        ]
    );
}

#[test]
fn invisible_uhp() {
    let uhp = Domain {
        pop: Pop::Uhp,
        quirk: true,
        ..PIPE
    };
    let (tunnels, ttls) = found(&path(uhp));
    assert_eq!(
        tunnels,
        ["invisible-uhp duplicate-ip buddy: PE1@2 [P1#4 P2#3 P3#2] PE2#1 ~3"]
    );
    let expected = [
        (255, 255),
        (254, 254),
        (252, 252),
        (251, 251),
        (250, 250),
        (249, 249),
        (249, 249),
        (249, 249),
        (249, 249),
    ];
    assert_eq!(ttls, expected);
    let (tunnels, ttls) = found(&path(Domain {
        all_prefixes: false,
        ..uhp
    }));
    assert_eq!(
        tunnels,
        ["invisible-uhp duplicate-ip dpr: PE1@2 [P1#1 P2#1 P3#1] PE2#1 ~3"]
    );
    assert_eq!(ttls, expected);
}

#[test]
fn invisible_uhp_without_the_quirk_looks_like_php() {
    let (tunnels, ttls) = found(&path(Domain {
        pop: Pop::Uhp,
        ..HOST_ONLY
    }));
    let expected = [
        "invisible-php frpla dpr: PE1@2 [P1#1 P2#1 P3#1] PE2@3 ~4",
        "failed frpla: PE2 > CE2",
    ];
    assert_eq!(tunnels, expected);
    assert_eq!(
        ttls,
        [
            (255, 255),
            (254, 254),
            (252, 252),
            (251, 251),
            (250, 250),
            (249, 249),
            (249, 249),
            (249, 249)
        ]
    );
}

#[test]
fn opaque() {
    let opaque = Domain {
        pop: Pop::Opaque,
        ..PIPE
    };
    let (tunnels, ttls) = found(&path(Domain {
        all_prefixes: false,
        ..opaque
    }));
    let expected = [
        "opaque lse-ttl dpr: PE1@2 [P1#1 P2#1 P3#1] PE2@3 ~3",
        "failed frpla: PE2 > CE2",
    ];
    assert_eq!(tunnels, expected);
    assert_eq!(
        ttls,
        [
            (255, 255),
            (254, 254),
            (252, 252),
            (251, 251),
            (250, 250),
            (249, 249),
            (249, 249),
            (249, 249)
        ]
    );
    assert_eq!(
        lines(&path(opaque))[0],
        "opaque lse-ttl brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3 ~3"
    );
}

#[test]
fn without_the_minimum_only_brute_force_finds() {
    let net = path(Domain {
        rule: Rule::Keep,
        ..PIPE
    });
    assert!(lines(&net).is_empty());
    let result = run(
        &net,
        &TntOptions {
            brute_force: true,
            ..TntOptions::default()
        },
    );
    let expected = [
        "invisible-php brute-force brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3",
        "failed brute-force: CE1 > PE1",
        "failed brute-force: PE2 > CE2",
    ];
    assert_eq!(show(&result, &net), expected);
}

#[test]
fn label_ttl_that_starts_at_64_lowers_64_64_too() {
    let net = path(Domain { lse: 64, ..PIPE }).answering(64, 64);
    let expected = "invisible-php frpla brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3 ~3";
    assert_eq!(lines(&net)[0], expected);
}

#[test]
fn plain_ip_on_the_way_back() {
    let net = path(Domain {
        return_lsp: false,
        ..PIPE
    });
    assert_eq!(
        lines(&net)[0],
        "invisible-php frpla brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3 ~3"
    );
}

#[test]
fn a_higher_threshold_finds_less() {
    let net = path(PIPE);
    let result = run(
        &net,
        &TntOptions {
            frpla_min: 4,
            ..TntOptions::default()
        },
    );
    assert!(show(&result, &net).is_empty());
}

#[test]
fn silent_routers() {
    let silent = |who: usize| move |node, router: &mut Router| router.silent = node == who;
    let dpr = path(HOST_ONLY).answering(255, 64);
    let found = |net: &Net| lines(net)[0].clone();
    assert_eq!(
        found(&dpr.clone().with(silent(P2))),
        "invisible-php rtla+frpla dpr: PE1@2 [P1#1 *#1 P3#1] PE2@3 ~3"
    );
    assert_eq!(
        found(&dpr.with(silent(PE1))),
        "invisible-php rtla+frpla+frpla-increase dpr: *@2 [P1#1 P2#1 P3#1] PE2@3 ~3"
    );
    let expected =
        "invisible-php frpla brpr: PE1@2 [*#2 P3#1] PE2@3 ~3 incomplete: nothing-revealed";
    assert_eq!(found(&path(PIPE).with(silent(P2))), expected);
}

#[test]
fn without_pings_frpla_is_left() {
    let net = path(PIPE).answering(255, 64);
    let options = TntOptions {
        ping_count: 0,
        ..TntOptions::default()
    };
    let result = run(&net, &options);
    let expected = "invisible-php frpla brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3 ~3";
    assert_eq!(show(&result, &net), [expected]);
    assert_eq!(result.sent_ping, 0);
}

/// The original's cost, in tasks: one trace, pings of five hops and three hidden routers, revelations.
#[test]
fn no_task_is_wasted() {
    let result = run(&path(PIPE), &TntOptions::default());
    assert_eq!((result.sent_trace, result.sent_ping), (5, 5 + 3));
    let attempts: usize = result
        .tunnels
        .iter()
        .map(|tunnel| tunnel.attempts.len())
        .sum();
    assert_eq!(attempts, 4);
}
