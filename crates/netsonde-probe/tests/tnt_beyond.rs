//! What the original fails or does not do, through the engine and over the lab: IPv6, shared results, what a run costs.
extern crate alloc;
use netsonde_probe::record;

mod tnt_lab;

use netsonde_lab::topology::Pop;
use netsonde_probe::job::TntOptions;
use tnt_lab::path::{TARGET, TARGET6, VANTAGE, VANTAGE6};
use tnt_lab::{Setup, describe, measure, measure_all, setup};

fn found6(setup: &Setup) -> Vec<String> {
    let result = measure(&setup.topology(), &setup.options, TARGET6, VANTAGE6);
    describe(&result)
}

#[test]
fn ipv6_by_frpla_where_hop_limits_start_at_255() {
    assert_eq!(
        found6(&setup().hop_limits(255)),
        ["invisible-php frpla brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3 ~3"]
    );
    let expected = "invisible-php frpla dpr: PE1@2 [P1#1 P2#1 P3#1] PE2@3 ~3";
    assert_eq!(found6(&setup().hop_limits(255).host_only()), [expected]);
}

#[test]
fn ipv6_of_every_other_class() {
    let first = |setup: Setup| found6(&setup).swap_remove(0);
    let labels = "explicit labels: PE1@2 [P1@3 P2@4 P3@5] PE2@6";
    assert_eq!(first(setup().uniform()), labels);
    let implicit = "implicit qttl: PE1@2 [P1@3 P2@4 P3@5] PE2@6";
    assert_eq!(first(setup().uniform().no_labels_quoted()), implicit);
    let opaque = "opaque lse-ttl brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3 ~3";
    assert_eq!(first(setup().pop(Pop::Opaque)), opaque);
    let uhp = "invisible-uhp duplicate-ip buddy: PE1@2 [P1#4 P2#3 P3#2] PE2#1 ~3";
    assert_eq!(first(setup().hop_limits(255).pop(Pop::Uhp).quirk()), uhp);
}

/// Nearly all IPv6 routers: no trigger sees anything.
#[test]
fn ipv6_of_64_64_routers() {
    let blind = setup();
    let found = found6(&blind);
    assert_eq!(
        found[0],
        "invisible-php signature-64-64 brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3"
    );
    let dropping = blind.all_routers(|behaviour| behaviour.drops_echo = true);
    assert_eq!(found6(&dropping)[0], found[0]);
}

/// Two targets behind one tunnel: it is revealed once, and both know it.
#[test]
fn a_tunnel_is_revealed_once_for_all_targets_behind_it() {
    let topology = setup().topology();
    let targets = [TARGET, "5.1.9.9"];
    let mut topology = topology;
    let host = topology.nodes.get_mut("host").expect("the host");
    host.addresses.push("5.1.9.0/24".parse().expect("a prefix"));
    let results = measure_all(&topology, &TntOptions::default(), &targets, VANTAGE);
    assert_eq!(results.len(), 2);
    let expected = "invisible-php frpla brpr: PE1@2 [P1#3 P2#2 P3#1] PE2@3 ~3";
    assert!(results.iter().all(|result| describe(result) == [expected]));
    let paid: Vec<u32> = results
        .iter()
        .map(|result| result.sent_revelation)
        .collect();
    assert!(
        paid.contains(&0) && paid.iter().any(|&sent| sent > 0),
        "{paid:?}"
    );
}
