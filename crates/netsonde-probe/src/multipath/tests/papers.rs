//! The topologies of the papers, each found whole.
use super::world::{By, World, found, measure};
use crate::job::{Algorithm, MultipathOptions};
use crate::record::{BalancerKind, NodeEnd, StopReason};
use alloc::vec::Vec;

fn sure(algorithm: Algorithm) -> MultipathOptions {
    MultipathOptions {
        algorithm,
        confidence: 99.9,
        ..MultipathOptions::default()
    }
}

#[test]
fn a_single_path_costs_six_probes_a_hop() {
    let world = World::new("0-1 1-2 2-3 3-4");
    for algorithm in [Algorithm::Mda, Algorithm::MdaLite] {
        let options = MultipathOptions {
            algorithm,
            ..MultipathOptions::default()
        };
        let result = measure(&world, &options);
        assert_eq!(found(&result), world.links());
        assert_eq!(result.stop, StopReason::Completed);
        assert_eq!((result.diamonds.len(), result.branches.len()), (0, 0));
        assert_eq!(result.nodes.last().unwrap().end, Some(NodeEnd::Destination));
        // Four routers, the target, and what the scout sent beyond it.
        assert!((25..=26).contains(&result.sent), "{}", result.sent);
    }
}

#[test]
fn a_diamond_is_found_whole() {
    let world = World::new("0-1 1-2,3 2-4 3-4 4-5");
    for algorithm in [Algorithm::Mda, Algorithm::MdaLite] {
        for seed in 0..50 {
            let result = measure(&world.clone().seeded(seed), &sure(algorithm));
            assert_eq!(found(&result), world.links());
            let [diamond] = &result.diamonds[..] else {
                panic!()
            };
            assert_eq!(
                (diamond.width_max, diamond.length_max, diamond.meshed),
                (2, 2, 0)
            );
            assert_eq!((diamond.first_ttl, diamond.last_ttl), (1, 3));
            assert_eq!(result.branches[0].kind, BalancerKind::PerFlow);
        }
    }
}

#[test]
fn per_packet_balancers_are_told() {
    let mut world = World::new("0-1 1-2,3 2-4 3-5 4-6 5-6 6-7");
    world.by.insert(1, By::Packet);
    let result = measure(&world, &sure(Algorithm::Mda));
    assert_eq!(result.branches[0].kind, BalancerKind::PerPacket);
    assert_eq!(
        result.nodes.len(),
        8,
        "{:#?} {:?}",
        result.nodes,
        result.branches
    );
}

#[test]
fn per_destination_balancers_are_told() {
    let mut world = World::new("0-1 1-2,3 2-4 3-4 4-5");
    world.by.insert(1, By::Destination);
    let options = MultipathOptions {
        destinations: 8,
        ..sure(Algorithm::MdaLite)
    };
    let told = (0..20).filter(|seed| {
        let result = measure(&world.clone().seeded(*seed), &options);
        assert!(result.diamonds.is_empty());
        let kinds: Vec<BalancerKind> = result.branches.iter().map(|branch| branch.kind).collect();
        assert!(kinds.is_empty() || kinds == [BalancerKind::PerDestination]);
        assert_eq!(result.sent_elsewhere, 8 * 4);
        !kinds.is_empty()
    });
    // Each other address takes the other branch with probability one half.
    assert!(told.count() >= 19);
}
