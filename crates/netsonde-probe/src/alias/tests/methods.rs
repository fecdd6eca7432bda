//! Every method finds what it can find, and nothing else.
use super::world::{Model, World};
use super::{job_of, measure, score, sets};
use crate::job::{AliasMethod, AliasProbe};
use crate::record::{AliasVerdict, IpIdClass};
use alloc::vec::Vec;

/// One router of each kind, and some busier ones.
fn models() -> Vec<Model> {
    let mut models = Vec::from([
        Model::Shared { velocity: 0 },
        Model::Shared { velocity: 300 },
        Model::Swapped { velocity: 3 },
        Model::PerAddress { velocity: 5 },
        Model::TcpOnly { velocity: 9 },
        Model::Random,
        Model::Zero,
        Model::Constant,
        Model::Reflected,
        Model::Silent,
    ]);
    models.extend((0..20).map(|number| Model::Shared {
        velocity: number * 7 % 50,
    }));
    models
}

/// Routers of [`models`] whose aliases IP identifications can show.
const SHOWN: usize = 24;

#[test]
fn midar_finds_all_shared_counters_and_nothing_else() {
    let mut world = World::new(false, &models(), 4);
    let job = job_of(&world, AliasMethod::Midar);
    let result = measure(&job, &mut world);
    let (right, wrong, _) = score(&result, &world);
    assert_eq!((right, wrong), (SHOWN * 6, 0), "{:?}", sets(&result));
    let class_of = |router: usize| {
        let address = world.routers[router].addresses[0];
        let found = result
            .addresses
            .iter()
            .find(|one| one.address == address)
            .unwrap();
        (found.class, found.probe)
    };
    assert_eq!(class_of(4), (IpIdClass::Counter, Some(AliasProbe::TcpAck)));
    assert_eq!(class_of(5).0, IpIdClass::Random);
    assert_eq!(class_of(6).0, IpIdClass::Zero);
    assert_eq!(class_of(7).0, IpIdClass::Constant);
    assert_eq!(class_of(8).0, IpIdClass::Reflected);
    assert_eq!(class_of(9).0, IpIdClass::Silent);
    let most = f64::from(job.alias.false_positive_ppm) / 1e6;
    assert!(result.sets.iter().all(|set| set.false_positive <= most));
}

#[test]
fn midar_survives_jitter_loss_and_reordering() {
    let mut world = World::new(false, &[Model::Shared { velocity: 400 }; 12], 3);
    (world.loss, world.jitter_ms) = (10, 40);
    let mut job = job_of(&world, AliasMethod::Midar);
    // Wide bounds, so more of them.
    (job.alias.rounds, job.alias.false_positive_ppm) = (6, 10_000);
    let result = measure(&job, &mut world);
    let (right, wrong, there) = score(&result, &world);
    assert_eq!(wrong, 0);
    assert!(right * 10 >= there * 9, "{right} of {there}");
    let is_rejected = |pair: &&crate::record::AliasPair| pair.verdict == AliasVerdict::Not;
    let same = |pair: &&crate::record::AliasPair| {
        world
            .routers
            .iter()
            .any(|router| router.addresses.contains(&pair.a) && router.addresses.contains(&pair.b))
    };
    assert_eq!(
        result.pairs.iter().filter(is_rejected).filter(same).count(),
        0
    );
}

#[test]
fn windows_slide_over_many_addresses() {
    let models: Vec<Model> = (0..60)
        .map(|number| Model::Shared {
            velocity: 900 + number * 20,
        })
        .collect();
    let mut world = World::new(false, &models, 4);
    let mut job = job_of(&world, AliasMethod::Midar);
    // At this rate 40 addresses fit a window.
    (job.rate_pps, job.alias.false_positive_ppm, job.alias.rounds) = (10, 1_000_000, 1);
    let result = measure(&job, &mut world);
    let (right, wrong, there) = score(&result, &world);
    assert!(
        right * 10 >= there * 9 && wrong <= 3,
        "{right} {wrong} {there}"
    );
}

#[test]
fn ally_finds_shared_counters_within_the_fudge() {
    let mut world = World::new(false, &models(), 3);
    let result = measure(&job_of(&world, AliasMethod::Ally), &mut world);
    let (right, wrong, _) = score(&result, &world);
    assert_eq!((right, wrong), (SHOWN * 3, 0), "{:?}", sets(&result));
    let all = SHOWN * 3 * (SHOWN * 3 - 1) / 2;
    assert!(
        result.pairs.len() >= all,
        "every pair of usable addresses is listed"
    );
    assert_eq!(result.untested, 0);
}

#[test]
fn radargun_finds_shared_counters_and_says_how_weak_that_is() {
    let mut world = World::new(false, &models(), 3);
    let result = measure(&job_of(&world, AliasMethod::Radargun), &mut world);
    let (right, wrong, _) = score(&result, &world);
    assert!(right >= SHOWN * 3 - 3 && wrong <= 30, "{right} {wrong}");
    assert!(
        result
            .pairs
            .iter()
            .filter(|pair| pair.verdict == AliasVerdict::Alias)
            .all(|pair| pair
                .false_positive
                .is_some_and(|share| (0.005..0.007).contains(&share)))
    );
}

#[test]
fn mercator_believes_port_unreachable_from_another_address() {
    for v6 in [false, true] {
        let mut world = World::new(
            v6,
            &[
                Model::CommonSource { velocity: 1 },
                Model::Shared { velocity: 1 },
            ],
            3,
        );
        let first = world.routers[0].addresses[0];
        let mut job = job_of(&world, AliasMethod::Mercator);
        // The common address is found even if it is no target.
        job.targets.retain(|target| target.address != first);
        let result = measure(&job, &mut world);
        assert_eq!(result.sets.len(), 1);
        assert_eq!(result.sets[0].addresses, world.routers[0].addresses);
        assert_eq!((result.addresses.len(), result.sent), (6, 5));
        assert!(
            result
                .addresses
                .iter()
                .any(|one| one.address == first && !one.is_target)
        );
    }
}

#[test]
fn speedtrap_makes_routers_send_fragments_and_reads_them() {
    let models = [
        Model::Shared { velocity: 0 },
        Model::Shared { velocity: 2 },
        Model::Shared { velocity: 0 },
        Model::Random,
        Model::Unheeding,
        Model::PerAddress { velocity: 0 },
    ];
    let mut world = World::new(true, &models, 3);
    let result = measure(&job_of(&world, AliasMethod::Speedtrap), &mut world);
    let (right, wrong, _) = score(&result, &world);
    assert_eq!((right, wrong), (9, 0), "{:?}", result.pairs);
    let unheeding = world.routers[4].addresses[0];
    assert!(
        result
            .addresses
            .iter()
            .any(|one| one.address == unheeding && one.class == IpIdClass::Unfragmented)
    );
    assert!(
        result
            .sets
            .iter()
            .all(|set| set.methods == [AliasMethod::Speedtrap] && set.false_positive < 1e-8)
    );
}

#[test]
fn prefixscan_finds_the_other_end_of_each_hop() {
    // Hop n answers as 5.1.0.(4n+2); the other end of its link, .(4n+1), is of hop n - 1.
    let mut world = World::new(false, &[Model::Shared { velocity: 4 }; 4], 2);
    let hops: Vec<_> = (0..4_u8).map(|hop| [5, 1, 0, 4 * hop + 2].into()).collect();
    world.set_addresses(|router| {
        let router = u8::try_from(router).unwrap();
        Vec::from([
            [5, 1, 0, 4 * router + 2].into(),
            [5, 1, 0, 4 * router + 5].into(),
        ])
    });
    let mut job = crate::testing::job(crate::job::Kind::Alias, &hops);
    job.alias.method = AliasMethod::Prefixscan;
    job.rate_pps = 200;
    let result = measure(&job, &mut world);
    let expected: Vec<Vec<_>> = world.routers[..3]
        .iter()
        .map(|router| router.addresses.clone())
        .collect();
    assert_eq!(
        result
            .sets
            .iter()
            .map(|set| set.addresses.clone())
            .collect::<Vec<_>>(),
        expected
    );
}
