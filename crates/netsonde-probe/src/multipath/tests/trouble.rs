//! Loss, reordering, duplicates, rate limits, silence, loops and limits.
use super::world::{By, World, found, measure, measure_within};
use crate::job::{Algorithm, MultipathMethod, MultipathOptions};
use crate::record::{BalancerKind, MultipathResult, NodeEnd, StopReason};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use proptest::prelude::*;

const DIAMOND: &str = "0-1 1-2,3,4 2-5 3-5 4-5 5-6";

fn sure() -> MultipathOptions {
    MultipathOptions {
        confidence: 99.9,
        ..MultipathOptions::default()
    }
}

fn ends(result: &MultipathResult) -> Vec<NodeEnd> {
    result.nodes.iter().filter_map(|node| node.end).collect()
}

#[test]
fn loss_reordering_and_duplicates_hide_nothing() {
    let mut world = World::new(DIAMOND);
    (world.lost, world.doubled, world.jitter_ns) = (100, 100, 300_000_000);
    let missed = (0..100).filter(|seed| {
        let result = measure(&world.clone().seeded(*seed), &sure());
        assert!(result.duplicates > 0);
        found(&result) != world.links()
    });
    // A probe is lost three times in a row once in a thousand: that shows as a star, and hides nothing.
    assert!(missed.count() <= 2);
}

#[test]
fn a_router_that_answers_seldom_is_asked_again() {
    let mut world = World::new(DIAMOND);
    world.replies_max = Some(6);
    for seed in 0..20 {
        let result = measure(&world.clone().seeded(seed), &sure());
        assert_eq!(found(&result), world.links());
    }
}

#[test]
fn a_silent_router_is_a_star_on_its_branch() {
    let mut world = World::new("0-1 1-2,3 2-4 3-5 4-6 5-6 6-7");
    world.silent.insert(5);
    for algorithm in [Algorithm::Mda, Algorithm::MdaLite] {
        let options = MultipathOptions {
            algorithm,
            ..sure()
        };
        let result = measure(&world, &options);
        let stars = result.nodes.iter().filter(|node| node.address.is_none());
        assert_eq!(stars.map(|node| node.ttl).collect::<Vec<u8>>(), [3]);
        let [diamond] = &result.diamonds[..] else {
            panic!()
        };
        assert_eq!((diamond.first_ttl, diamond.last_ttl), (1, 4));
        assert_eq!(result.stop, StopReason::Completed);
    }
}

#[test]
fn silence_beyond_ends_by_the_gap_limit_and_is_cheap() {
    let mut world = World::new("0-1 1-2 2-3");
    world.target_silent = true;
    let result = measure(&world, &MultipathOptions::default());
    assert_eq!(result.stop, StopReason::GapLimit);
    assert!(ends(&result).contains(&NodeEnd::GapLimit));
    // One flow of each silent hop is repeated, the five others are not.
    assert!(result.sent <= 3 * 6 + 5 * 8, "{}", result.sent);
}

#[test]
fn loops_and_refusals_end_their_branch() {
    let mut world = World::new("0-1 1-2 2-3 3-2");
    let result = measure(&world, &MultipathOptions::default());
    assert_eq!(result.stop, StopReason::LoopLimit);
    world = World::new("0-1 1-2,3 2-4 3-5 4-6 5-6");
    world.refusing.insert(3);
    let result = measure(&world, &sure());
    assert_eq!(result.stop, StopReason::Completed);
    assert!(ends(&result).contains(&NodeEnd::Unreachable));
}

#[test]
fn limits_hold_and_are_told() {
    let spread = "0-1 1-2,3,4,5,6,7,8,9 2-10 3-10 4-10 5-10 6-10 7-10 8-10 9-10 10-11";
    let world = World::new(spread);
    let result = measure_within(&world, &sure(), 40);
    assert_eq!((result.sent, result.stop), (40, StopReason::Budget));
    let options = MultipathOptions {
        flows_max: 10,
        ..sure()
    };
    let result = measure(&world, &options);
    assert!(result.flows.len() <= 10);
    assert!(result.hops.iter().any(|hop| hop.limited));
    let options = MultipathOptions {
        hop_probes_max: 20,
        ..sure()
    };
    let result = measure(&world, &options);
    assert!(result.hops.iter().all(|hop| hop.sent <= 20 + 10));
    assert!(result.hops.iter().any(|hop| hop.limited));
    let options = MultipathOptions {
        first_ttl: 2,
        last_ttl: 3,
        ..sure()
    };
    let result = measure(&world, &options);
    assert!(result.nodes.iter().all(|node| (2..=3).contains(&node.ttl)));
    assert_eq!(result.stop, StopReason::LastTtl);
}

#[test]
fn a_changed_route_is_no_per_packet_balancer() {
    let mut world = World::new("0-1 1-2,3 2-4 3-5 4-6 5-6 6-7");
    world.by.insert(1, By::Packet);
    let told = (0..50).filter(|seed| {
        let result = measure(&world.clone().seeded(*seed), &sure());
        result.branches[0].kind == BalancerKind::PerPacket
    });
    assert_eq!(told.count(), 50);
    world.by.clear();
    for seed in 0..50 {
        let result = measure(&world.clone().seeded(seed), &sure());
        assert_eq!(result.branches[0].kind, BalancerKind::PerFlow);
        assert!(result.branches[0].confidence > 99.0);
    }
}

prop_compose! {
    /// Layers of one to four routers, each linked to one to three of the next layer.
    fn worlds()(
        layers in prop::collection::vec(prop::collection::vec(prop::collection::vec(0_u32..4, 1..4), 1..5), 1..6),
        v6: bool, lost in 0_u64..200, doubled in 0_u64..200, jitter_ms in 0_u64..400,
        limit in prop::option::of(2_u32..20), seed: u64,
    ) -> World {
        let mut links = String::from("0-1 ");
        for (index, layer) in layers.iter().enumerate() {
            let next = layers.get(index + 1).map_or(1, Vec::len);
            let base = 1 + 10 * u32::try_from(index).unwrap();
            for (router, far) in (base..).zip(layer) {
                for far in far {
                    let far = far % u32::try_from(next).unwrap();
                    write!(links, "{router}-{} ", base + 10 + far).unwrap();
                }
            }
        }
        let mut world = World::new(&links).seeded(seed);
        (world.v6, world.lost, world.doubled) = (v6, lost, doubled);
        (world.jitter_ns, world.replies_max) = (jitter_ms * 1_000_000, limit);
        world
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is lost, late or doubled: it ends, no link is invented, and the books add up.
    #[test]
    fn no_link_is_invented(world in worlds(), mda: bool, dport: bool) {
        let options = MultipathOptions {
            algorithm: if mda { Algorithm::Mda } else { Algorithm::MdaLite },
            method: if dport { MultipathMethod::UdpDport } else { MultipathMethod::IcmpEcho },
            ..MultipathOptions::default()
        };
        let result = measure(&world, &options);
        let links = world.links();
        for link in found(&result) {
            prop_assert!(links.contains(&link), "{link:?}");
        }
        prop_assert_eq!(result.sent as usize, result.probes.len());
        prop_assert_eq!(result.hops.iter().map(|hop| hop.sent).sum::<u32>(), result.sent);
        for link in &result.links {
            prop_assert!(link.near.is_none_or(|near| result.nodes[near as usize].ttl < result.nodes[link.far as usize].ttl));
        }
    }
}
