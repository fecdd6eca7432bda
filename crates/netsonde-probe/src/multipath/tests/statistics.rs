//! How often something is missed: no more than the confidence says.
use super::world::{World, found, measure};
use crate::job::{Algorithm, MultipathOptions};
use alloc::{format, string::String, string::ToString, vec::Vec};

const RUNS: u32 = 200;
const ALGORITHMS: [Algorithm; 2] = [Algorithm::Mda, Algorithm::MdaLite];

/// Topologies after those of the papers: links, and how many branch points they have.
const TOPOLOGIES: [(&str, &str, u16); 8] = [
    (
        "two in a row",
        "0-1 1-2,3 2-4 3-4 4-5,6,7 5-8 6-8 7-8 8-9",
        2,
    ),
    (
        "symmetric",
        "0-1 1-2,3,4 2-5,6 3-7,8 4-9,10 5-11 6-11 7-12 8-12 9-13 10-13 11-14 12-14 13-14 14-15",
        4,
    ),
    ("meshed", "0-1 1-2,3 2-4,5 3-4,5 4-6 5-6 6-7", 3),
    (
        "meshed widely",
        "0-1 1-2,3,4 2-5,6 3-6,7 4-5,7 5-8 6-8 7-8 8-9",
        4,
    ),
    ("uneven", "0-1 1-2,3 2-4 3-5,6,7 4-8 5-8 6-8 7-8 8-9", 2),
    ("nested", "0-1 1-2,3 2-4,5 4-6 5-6 3-7 7-8 6-9 8-9 9-10", 2),
    ("of two lengths", "0-1 1-2,3 2-4 3-5 5-4 4-6 6-7", 1),
    (
        "long",
        "0-1 1-2,3 2-4 3-5 4-6 5-7 6-8 7-9 8-10 9-11 10-12 11-12 12-13",
        1,
    ),
];

/// Runs that missed a link.
fn failures(world: &World, options: &MultipathOptions) -> u32 {
    let links = world.links();
    let is_missed = |seed: &u32| {
        let result = measure(&world.clone().seeded(u64::from(*seed)), options);
        found(&result) != links
    };
    u32::try_from((0..RUNS).filter(is_missed).count()).unwrap()
}

/// Whether so many of the runs say nothing against a failure probability in percent: three standard deviations.
fn is_allowed(missed: u32, percent: f64) -> bool {
    let (runs, share) = (f64::from(RUNS), percent / 100.0);
    let (mean, variance) = (runs * share, runs * share * (1.0 - share));
    let beyond = f64::from(missed) - mean;
    beyond <= 0.0 || beyond * beyond <= 9.0 * variance
}

#[test]
fn a_simple_diamond_is_missed_no_more_often_than_asked_for() {
    for width in [2, 3, 5, 8, 16] {
        for algorithm in ALGORITHMS {
            let options = MultipathOptions {
                algorithm,
                ..MultipathOptions::default()
            };
            let missed = failures(&diamond(width), &options);
            assert!(
                is_allowed(missed, 5.0),
                "{algorithm:?}, width {width}: {missed}"
            );
        }
    }
}

#[test]
fn whole_topologies_are_missed_no_more_often_than_asked_for() {
    for (name, links, branch_points) in TOPOLOGIES {
        for algorithm in ALGORITHMS {
            let options = MultipathOptions {
                algorithm,
                branch_points,
                ..MultipathOptions::default()
            };
            let missed = failures(&World::new(links), &options);
            // The hops of a nested diamond are not evenly spread, and seldom look so: MDA-Lite knows, and pays.
            let most = if name == "nested" && algorithm == Algorithm::MdaLite {
                10.0
            } else {
                5.0
            };
            assert!(is_allowed(missed, most), "{algorithm:?}, {name}: {missed}");
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
