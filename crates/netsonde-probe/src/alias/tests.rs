//! The whole session in scripted worlds whose truth is known.
mod methods;
mod world;

use crate::event::Event;
use crate::job::{AliasMethod, Job, Kind};
use crate::record::{AliasResult, StopReason};
use crate::testing::run;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;
use world::{Model, World};

/// The result of a job in a world.
pub(super) fn measure(job: &Job, world: &mut World) -> AliasResult {
    let log = run(job, |now_ns, packet| world.answer(now_ns, packet));
    let mut results = log.events.iter().filter_map(|event| match event {
        Event::Alias(result) => Some(result.clone()),
        _ => None,
    });
    let result = results.next().expect("one result");
    assert!(results.next().is_none(), "and no more");
    assert_eq!(usize::try_from(result.sent).unwrap(), log.sent.len());
    let Some(Event::Done {
        counters,
        targets_done,
        ..
    }) = log.events.last()
    else {
        panic!("{:?}", log.events.last())
    };
    assert_eq!(usize::try_from(*targets_done).unwrap(), job.targets.len());
    assert_eq!(counters.rejected + counters.unparsed, 0);
    result
}

/// A job on all addresses of a world.
pub(super) fn job_of(world: &World, method: AliasMethod) -> Job {
    let mut job = crate::testing::job(Kind::Alias, &world.addresses());
    job.alias.method = method;
    job.rate_pps = 2_000;
    job
}

pub(super) fn sets(result: &AliasResult) -> Vec<Vec<String>> {
    result
        .sets
        .iter()
        .map(|set| set.addresses.iter().map(ToString::to_string).collect())
        .collect()
}

/// Alias pairs found, found wrongly, and there.
pub(super) fn score(result: &AliasResult, world: &World) -> (usize, usize, usize) {
    let pairs = |groups: Vec<Vec<IpAddr>>| -> BTreeSet<(IpAddr, IpAddr)> {
        let of = |group: &Vec<IpAddr>| -> Vec<(IpAddr, IpAddr)> {
            let mut group = group.clone();
            group.sort_unstable();
            (0..group.len())
                .flat_map(|b| (0..b).map(move |a| (a, b)))
                .map(|(a, b)| (group[a], group[b]))
                .collect()
        };
        groups.iter().flat_map(of).collect()
    };
    let found = pairs(
        result
            .sets
            .iter()
            .map(|set| set.addresses.clone())
            .collect(),
    );
    let there = pairs(
        world
            .routers
            .iter()
            .map(|router| router.addresses.clone())
            .collect(),
    );
    (
        found.intersection(&there).count(),
        found.difference(&there).count(),
        there.len(),
    )
}

#[test]
fn a_job_that_may_not_send_much_ends_with_what_it_has() {
    let mut world = World::new(false, &[Model::Shared { velocity: 10 }; 3], 2);
    let mut job = job_of(&world, AliasMethod::Midar);
    job.budget.per_target = 9;
    let result = measure(&job, &mut world);
    assert_eq!((result.stop, result.sent), (StopReason::Budget, 54));
    assert!(result.sets.is_empty());
    job.budget.per_target = 2_000;
    job.deadline_ms = Some(4_000);
    let result = measure(
        &job,
        &mut World::new(false, &[Model::Shared { velocity: 10 }; 3], 2),
    );
    assert_eq!(result.stop, StopReason::Deadline);
}

#[test]
fn equal_jobs_in_equal_worlds_give_equal_results() {
    let world = || World::new(false, &[Model::Shared { velocity: 50 }; 4], 3);
    let once = || measure(&job_of(&world(), AliasMethod::Auto), &mut world());
    assert_eq!(once(), once());
}

#[test]
fn nobody_answers_and_nothing_is_said() {
    for v6 in [false, true] {
        let mut world = World::new(v6, &[Model::Silent; 3], 2);
        let result = measure(&job_of(&world, AliasMethod::Auto), &mut world);
        assert!(result.sets.is_empty() && result.pairs.is_empty() && result.received == 0);
        assert_eq!(
            (result.stop, result.addresses.len()),
            (StopReason::Completed, 6)
        );
    }
}
