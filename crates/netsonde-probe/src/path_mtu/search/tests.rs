//! The search against paths that are a list of MTUs.
use super::{Place, Question, Search, Verdict, floor};
use crate::record::{HopMtu, MtuSource};
use crate::testing::address;
use alloc::vec::Vec;
use proptest::prelude::*;

/// What the router before a link does with packets that are too big for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Habit {
    Tells,
    TellsNothing,
    Lies(u16),
    Drops,
}

/// The link to the hop of this index, and whether that hop answered the trace.
#[derive(Clone, Copy, Debug)]
struct Link {
    mtu: u16,
    habit: Habit,
    is_seen: bool,
}

fn answer(links: &[Link], question: Question, v6: bool) -> Verdict {
    for (at, link) in links.iter().take(usize::from(question.ttl)).enumerate() {
        if question.size > link.mtu {
            let router = address(v6, u8::try_from(at).unwrap());
            return match link.habit {
                Habit::Tells => Verdict::TooBig(router, link.mtu.into()),
                Habit::TellsNothing => Verdict::TooBig(router, 0),
                Habit::Lies(said) => Verdict::TooBig(router, said.into()),
                Habit::Drops => Verdict::Silent,
            };
        }
    }
    Verdict::Passed
}

/// TTL, before, after, how.
type Narrow = (u8, u16, u16, MtuSource);

/// Runs a search and returns what it found, and the number of its questions.
fn run(links: &[Link], start: u16, v6: bool) -> (Vec<HopMtu>, Vec<Narrow>, usize) {
    let places = (1_u8..).zip(links).filter(|(_, link)| link.is_seen);
    let places = places.map(|(ttl, _)| Place {
        ttl,
        address: address(v6, ttl),
    });
    let mut search = Search::new(places.collect(), start, v6);
    let mut questions = 0;
    while let Some(question) = search.question() {
        questions += 1;
        assert!(questions < 1_000, "it does not end: {search:?}");
        search.answer(answer(links, question, v6));
    }
    let (hops, changes) = search.into_parts();
    let changes = changes
        .iter()
        .map(|change| (change.probe_ttl, change.before, change.after, change.found));
    (hops, changes.collect(), questions)
}

fn links(all: &[(u16, Habit)]) -> Vec<Link> {
    all.iter()
        .map(|(mtu, habit)| Link {
            mtu: *mtu,
            habit: *habit,
            is_seen: true,
        })
        .collect()
}

#[test]
fn a_path_as_wide_as_the_first_link_costs_one_probe() {
    let (hops, changes, questions) = run(&links(&[(1_500, Habit::Tells); 9]), 1_500, false);
    assert_eq!((hops.len(), changes.len(), questions), (9, 0, 1));
}

#[test]
fn each_narrow_place_that_is_told_of_costs_three_probes() {
    let path = links(&[
        (1_500, Habit::Tells),
        (1_400, Habit::Tells),
        (1_400, Habit::Tells),
        (1_280, Habit::Tells),
    ]);
    let (_, changes, questions) = run(&path, 1_500, false);
    let told = MtuSource::PacketTooBig;
    assert_eq!(changes, [(2, 1_500, 1_400, told), (4, 1_400, 1_280, told)]);
    assert_eq!(questions, 1 + 2 + 1 + 2);
}

#[test]
fn a_black_hole_of_usual_size_is_found_with_few_probes() {
    let path = links(&[
        (1_500, Habit::Tells),
        (1_400, Habit::Drops),
        (1_500, Habit::Tells),
    ]);
    let (_, changes, questions) = run(&path, 1_500, false);
    assert_eq!(changes, [(2, 1_500, 1_400, MtuSource::Search)]);
    assert!(questions <= 12, "{questions}");
}

#[test]
fn an_answer_that_was_only_lost_changes_nothing() {
    let path = links(&[(1_500, Habit::Tells); 3]);
    let places = (1..=3).map(|ttl| Place {
        ttl,
        address: address(false, ttl),
    });
    let mut search = Search::new(places.collect(), 1_500, false);
    search.answer(Verdict::Silent);
    while let Some(question) = search.question() {
        search.answer(answer(&path, question, false));
    }
    let (hops, changes) = search.into_parts();
    assert_eq!((hops.len(), changes.len()), (3, 0));
    assert!(hops.iter().all(|hop| hop.mtu == Some(1_500)));
}

#[test]
fn at_the_least_size_a_lost_answer_is_no_narrow_place() {
    let place = Place {
        ttl: 1,
        address: address(false, 1),
    };
    let mut search = Search::new(Vec::from([place]), floor(false), false);
    search.answer(Verdict::Silent);
    search.answer(Verdict::Passed);
    assert_eq!(search.question(), None);
    let (hops, changes) = search.into_parts();
    assert_eq!((hops[0].mtu, changes.len()), (Some(floor(false)), 0));
}

#[test]
fn a_hop_that_answers_no_more_is_left_out() {
    let path = links(&[
        (1_500, Habit::Tells),
        (60, Habit::Drops),
        (60, Habit::Drops),
    ]);
    let (hops, changes, _) = run(&path, 1_500, false);
    assert_eq!((hops.len(), changes.len()), (1, 0));
}

fn habits() -> impl Strategy<Value = Habit> {
    prop_oneof![
        Just(Habit::Tells),
        Just(Habit::TellsNothing),
        Just(Habit::Drops),
        any::<u16>().prop_map(Habit::Lies),
        (60_u16..1_500).prop_map(Habit::Lies),
    ]
}

fn paths() -> impl Strategy<Value = Vec<Link>> {
    let mtus = prop_oneof![Just(1_500), Just(1_400), Just(1_280), 100_u16..9_000];
    let link = (mtus, habits(), prop::bool::weighted(0.8)).prop_map(|(mtu, habit, is_seen)| Link {
        mtu,
        habit,
        is_seen,
    });
    prop::collection::vec(link, 0..12)
}

proptest! {
    /// Whatever routers say or keep to themselves, what is found is what passes.
    #[test]
    fn what_is_found_is_what_passes(path in paths(), start in 100_u16..9_100, v6: bool) {
        let (hops, changes, questions) = run(&path, start, v6);
        let mut passing = start;
        let mut expected = Vec::new();
        for (ttl, link) in (1_u8..).zip(&path) {
            passing = passing.min(link.mtu);
            if link.is_seen {
                expected.push(HopMtu { probe_ttl: ttl, mtu: Some(passing) });
            }
        }
        prop_assert_eq!(&hops, &expected);
        prop_assert!(changes.iter().all(|(_, before, after, _)| after < before));
        prop_assert!(changes.is_sorted_by_key(|change| change.0));
        prop_assert!(questions <= 1 + changes.len() * 45, "{} questions, {:?}", questions, changes);
        prop_assert!(passing >= floor(v6));
    }

    /// Nor does it go astray when answers make no sense.
    #[test]
    fn answers_without_sense_end_it_too(answers in prop::collection::vec((0_u8..4, any::<u32>()), 1..50), first: u16, v6: bool) {
        let start = if first % 2 == 0 { 1_500 } else { 68 + first % 40 };
        let places = (1..=6).map(|ttl| Place { ttl, address: address(v6, ttl) });
        let mut search = Search::new(places.collect(), start, v6);
        let mut given = answers.iter().cycle();
        let mut questions = 0;
        while let Some(question) = search.question() {
            prop_assert!((1..=6).contains(&question.ttl) && (60..=1_500).contains(&question.size));
            questions += 1;
            prop_assert!(questions < 1_000);
            search.answer(match given.next().unwrap() {
                (0, _) => Verdict::Passed,
                (1, _) => Verdict::Silent,
                (2, said) => Verdict::TooBig(address(v6, 3), *said),
                (_, said) => Verdict::TooBig(address(v6, 90), *said % 1_500),
            });
        }
    }
}
