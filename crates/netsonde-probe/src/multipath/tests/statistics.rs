//! How often something is missed: no more than the confidence says.
use super::world::{World, found, measure};
use crate::job::{Algorithm, MultipathOptions};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

const RUNS: u64 = 200;

/// Runs that missed a link.
fn failures(world: &World, options: &MultipathOptions) -> u64 {
    let links = world.links();
    let misses = (0..RUNS).filter(|seed| {
        let result = measure(&world.clone().seeded(*seed), options);
        found(&result) != links
    });
    misses.count() as u64
}

#[test]
fn a_simple_diamond_is_missed_no_more_often_than_asked_for() {
    for width in [2, 3, 5, 8, 16] {
        let world = diamond(width);
        for algorithm in [Algorithm::Mda, Algorithm::MdaLite] {
            let options = MultipathOptions {
                algorithm,
                ..MultipathOptions::default()
            };
            let missed = failures(&world, &options);
            // 5 percent and three standard deviations of a thousand draws.
            assert!(missed <= 50 + 21, "{algorithm:?}, width {width}: {missed}");
        }
    }
}

/// One balancer of `width` next hops, which meet again at once.
fn diamond(width: u32) -> World {
    let spread: Vec<String> = (2..2 + width).map(|router| router.to_string()).collect();
    let gather: Vec<String> = spread.iter().map(|router| format!("{router}-50")).collect();
    World::new(&format!(
        "0-1 1-{} {} 50-51",
        spread.join(","),
        gather.join(" ")
    ))
}
