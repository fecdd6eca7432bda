//! The data plane against what the original tool saw of the same path in each configuration.
//!
//! Each row is one hop of one published run: address, reply TTL of time exceeded, reply TTL of echo,
//! quoted TTL, label and its TTL. Rows of revealed hops are checked by the probes that reveal them.
#![allow(clippy::unwrap_used, reason = "tests")]
mod common;

use common::Rig;
use common::config::{
    BASE, Config, HOST_ONLY, JUNIPER, L3, L4, L5, L6, LINUX_TTLS, NO_MIN, UHP_HOST, UNIFORM,
    addresses, check, check_revealed, rig, topology,
};
use netsonde_lab::topology::{LabelPolicy, Pop, QuotedTtl};

#[test]
fn explicit_uhp() {
    check(
        Config {
            pop: Pop::Uhp,
            ..UNIFORM
        },
        &[
            ("5.1.0.2", 255, 255, 1, None),
            ("5.1.1.2", 254, 254, 1, None),
            ("5.1.2.2", 246, 253, 1, L3),
            ("5.1.3.2", 247, 252, 2, L4),
            ("5.1.4.2", 248, 251, 3, L5),
            ("5.1.5.2", 249, 250, 4, L6),
            ("5.1.6.2", 249, 249, 1, None),
            ("5.2.0.1", 248, 248, 0, None),
        ],
    );
}

#[test]
fn implicit_with_climbing_quoted_ttl() {
    check(
        Config {
            rfc4950: false,
            ..UNIFORM
        },
        &[
            ("5.1.0.2", 255, 255, 1, None),
            ("5.1.1.2", 254, 254, 1, None),
            ("5.1.2.2", 247, 253, 1, None),
            ("5.1.3.2", 248, 252, 2, None),
            ("5.1.4.2", 249, 251, 3, None),
            ("5.1.5.2", 250, 250, 1, None),
            ("5.1.6.2", 249, 249, 1, None),
            ("5.2.0.1", 248, 248, 0, None),
        ],
    );
}

#[test]
fn implicit_with_rewritten_quoted_ttl() {
    check(
        Config {
            rfc4950: false,
            quoted: QuotedTtl::One,
            ..UNIFORM
        },
        &[
            ("5.1.0.2", 255, 255, 1, None),
            ("5.1.1.2", 254, 254, 1, None),
            ("5.1.2.2", 247, 253, 1, None),
            ("5.1.3.2", 248, 252, 1, None),
            ("5.1.4.2", 249, 251, 1, None),
            ("5.1.5.2", 250, 250, 1, None),
            ("5.1.6.2", 249, 249, 1, None),
            ("5.2.0.1", 248, 248, 0, None),
        ],
    );
}

#[test]
fn explicit_without_icmp_tunnelling() {
    check(
        Config {
            icmp_tunnel: false,
            ..UNIFORM
        },
        &[
            ("5.1.0.2", 255, 255, 1, None),
            ("5.1.1.2", 254, 254, 1, None),
            ("5.1.2.2", 253, 253, 1, L3),
            ("5.1.3.2", 252, 252, 2, L4),
            ("5.1.4.2", 251, 251, 3, L5),
            ("5.1.5.2", 250, 250, 1, None),
            ("5.1.6.2", 249, 249, 1, None),
            ("5.2.0.1", 248, 248, 0, None),
        ],
    );
}

/// Also the runs "host-only, Cisco" and "short frpla thr 4": the first trace is the same.
#[test]
fn invisible_php() {
    for config in [BASE, HOST_ONLY] {
        check(
            config,
            &[
                ("5.1.0.2", 255, 255, 1, None),
                ("5.1.1.2", 254, 254, 1, None),
                ("5.1.5.2", 250, 250, 1, None),
                ("5.1.6.2", 250, 250, 1, None),
                ("5.2.0.1", 250, 250, 0, None),
            ],
        );
    }
}

#[test]
fn invisible_php_with_labels_for_all_prefixes_is_peeled() {
    check_revealed(
        BASE,
        &[
            ("5.1.5.2", "5.1.4.2", 251, 251),
            ("5.1.4.2", "5.1.3.2", 252, 252),
            ("5.1.3.2", "5.1.2.2", 253, 253),
            ("5.1.2.2", "5.1.1.2", 254, 254),
        ],
    );
}

#[test]
fn invisible_php_with_labels_for_loopbacks_shows_all_at_once() {
    let direct = [
        "5.1.0.2", "5.1.1.2", "5.1.2.2", "5.1.3.2", "5.1.4.2", "5.1.5.2",
    ];
    assert_eq!(addresses(&mut rig(HOST_ONLY), "5.1.5.2"), direct);
    check_revealed(
        HOST_ONLY,
        &[
            ("5.1.5.2", "5.1.4.2", 251, 251),
            ("5.1.4.2", "5.1.3.2", 252, 252),
            ("5.1.3.2", "5.1.2.2", 253, 253),
        ],
    );
}

#[test]
fn invisible_php_of_a_255_64_vendor() {
    check(
        JUNIPER,
        &[
            ("5.1.0.2", 255, 64, 1, None),
            ("5.1.1.2", 254, 63, 1, None),
            ("5.1.5.2", 250, 62, 1, None),
            ("5.1.6.2", 250, 61, 1, None),
            ("5.2.0.1", 60, 60, 0, None),
        ],
    );
    check_revealed(
        JUNIPER,
        &[
            ("5.1.5.2", "5.1.4.2", 251, 62),
            ("5.1.4.2", "5.1.3.2", 252, 62),
            ("5.1.3.2", "5.1.2.2", 253, 62),
        ],
    );
}

#[test]
fn a_silent_router_among_revealed_ones() {
    let mut topology = topology(JUNIPER);
    topology.nodes.get_mut("p2").unwrap().behaviour.silent = true;
    let mut rig = Rig::new(&topology);
    let hops = addresses(&mut rig, "5.1.5.2");
    assert_eq!(
        hops,
        ["5.1.0.2", "5.1.1.2", "5.1.2.2", "*", "5.1.4.2", "5.1.5.2"]
    );
}

/// Also the run "brute force".
#[test]
fn invisible_php_without_minimum() {
    check(
        NO_MIN,
        &[
            ("5.1.0.2", 255, 255, 1, None),
            ("5.1.1.2", 254, 254, 1, None),
            ("5.1.5.2", 253, 253, 1, None),
            ("5.1.6.2", 252, 252, 1, None),
            ("5.2.0.1", 251, 251, 0, None),
        ],
    );
    check_revealed(
        NO_MIN,
        &[
            ("5.1.5.2", "5.1.4.2", 253, 253),
            ("5.1.4.2", "5.1.3.2", 253, 253),
            ("5.1.3.2", "5.1.2.2", 253, 253),
        ],
    );
}

/// Also the run "brute force".
#[test]
fn invisible_php_of_a_64_64_vendor() {
    check(
        LINUX_TTLS,
        &[
            ("5.1.0.2", 64, 64, 1, None),
            ("5.1.1.2", 63, 63, 1, None),
            ("5.1.5.2", 62, 62, 1, None),
            ("5.1.6.2", 61, 61, 1, None),
            ("5.2.0.1", 60, 60, 0, None),
        ],
    );
    check_revealed(
        LINUX_TTLS,
        &[
            ("5.1.5.2", "5.1.4.2", 62, 62),
            ("5.1.4.2", "5.1.3.2", 62, 62),
            ("5.1.3.2", "5.1.2.2", 62, 62),
        ],
    );
}

#[test]
fn invisible_uhp_with_the_quirk_shows_the_next_hop_twice() {
    for config in [
        Config {
            labels: LabelPolicy::AllPrefixes,
            ..UHP_HOST
        },
        UHP_HOST,
    ] {
        check(
            config,
            &[
                ("5.1.0.2", 255, 255, 1, None),
                ("5.1.1.2", 254, 254, 1, None),
                ("5.1.6.2", 249, 249, 1, None),
                ("5.1.6.2", 249, 249, 1, None),
                ("5.2.0.1", 249, 249, 0, None),
            ],
        );
    }
}

#[test]
fn invisible_uhp_with_labels_for_loopbacks_shows_all_at_once() {
    let direct = [
        "5.1.0.2", "5.1.1.2", "5.1.2.2", "5.1.3.2", "5.1.4.2", "5.1.5.2", "5.1.6.2",
    ];
    for quirk in [true, false] {
        let config = Config { quirk, ..UHP_HOST };
        assert_eq!(addresses(&mut rig(config), "5.1.6.2"), direct);
        check_revealed(
            config,
            &[
                ("5.1.6.2", "5.1.5.2", 249, 249),
                ("5.1.5.2", "5.1.4.2", 250, 250),
                ("5.1.4.2", "5.1.3.2", 251, 251),
                ("5.1.3.2", "5.1.2.2", 252, 252),
            ],
        );
    }
}

/// Nothing is between ingress and target; UDP to the other end of the target's link is answered by
/// the hidden router, from the interface facing us.
#[test]
fn invisible_uhp_with_labels_for_all_prefixes_needs_buddies() {
    let mut rig = rig(Config {
        labels: LabelPolicy::AllPrefixes,
        ..UHP_HOST
    });
    let steps = [
        ("5.1.6.2", "5.1.6.1", "5.1.5.2", 249),
        ("5.1.5.2", "5.1.5.1", "5.1.4.2", 250),
        ("5.1.4.2", "5.1.4.1", "5.1.3.2", 251),
        ("5.1.3.2", "5.1.3.1", "5.1.2.2", 252),
    ];
    for (target, buddy, hidden, ttl) in steps {
        let hops = addresses(&mut rig, target);
        assert_eq!(hops[..3], ["5.1.0.2", "5.1.1.2", target], "{target}");
        let answer = rig.send(&common::udp_packet(buddy, 64, 40_000)).unwrap();
        assert_eq!((answer.icmp_type, answer.icmp_code), (3, 3));
        assert_eq!(
            (answer.from.to_string(), answer.reply_ttl),
            (hidden.to_owned(), ttl)
        );
        assert_eq!(rig.er_ttl(hidden), Some(ttl));
    }
}

#[test]
fn invisible_uhp_without_the_quirk() {
    check(
        Config {
            quirk: false,
            ..UHP_HOST
        },
        &[
            ("5.1.0.2", 255, 255, 1, None),
            ("5.1.1.2", 254, 254, 1, None),
            ("5.1.5.2", 249, 249, 1, None),
            ("5.1.6.2", 249, 249, 1, None),
            ("5.2.0.1", 249, 249, 0, None),
        ],
    );
}

#[test]
fn opaque() {
    let config = Config {
        pop: Pop::Opaque,
        ..HOST_ONLY
    };
    check(
        config,
        &[
            ("5.1.0.2", 255, 255, 1, None),
            ("5.1.1.2", 254, 254, 1, None),
            ("5.1.5.2", 249, 249, 1, Some((16_006, 252))),
            ("5.1.6.2", 249, 249, 1, None),
            ("5.2.0.1", 249, 249, 0, None),
        ],
    );
    check_revealed(
        config,
        &[
            ("5.1.5.2", "5.1.4.2", 250, 250),
            ("5.1.4.2", "5.1.3.2", 251, 251),
            ("5.1.3.2", "5.1.2.2", 252, 252),
        ],
    );
}
