//! Each known run of the original TNT, repeated over the lab: the same routers and classes, or more.
//!
//! `NETSONDE_BLESS=1 cargo test -p netsonde-probe --test tnt_reference` writes the table in the documentation.
extern crate alloc;
use netsonde_probe::record;

mod tnt_lab;
mod tnt_runs;

use std::fmt::Write;
use tnt_runs::{Run, runs};

#[test]
fn every_run_gives_what_the_table_says() {
    for run in runs() {
        let found = run.setup.found();
        let tunnels: Vec<&String> = found
            .iter()
            .filter(|line| !line.starts_with("failed"))
            .collect();
        let expected: Vec<&str> = [run.netsonde]
            .into_iter()
            .filter(|line| !line.is_empty())
            .collect();
        assert_eq!(tunnels, expected, "{}", run.title);
    }
}

/// The same class and at least the routers that the original found, in the same places; where it is known to be
/// wrong, a note says why ours differ.
#[test]
fn nothing_that_the_original_finds_is_missing() {
    for run in runs().iter().filter(|run| !run.original.is_empty()) {
        let class = |line: &'static str| line.split([' ', ':']).next();
        assert_eq!(class(run.original), class(run.netsonde), "{}", run.title);
        let original = routers(run.original);
        let ours = routers(run.netsonde);
        let missing: Vec<&str> = original
            .into_iter()
            .filter(|router| !ours.contains(router))
            .collect();
        assert!(
            missing.is_empty() || !run.note.is_empty(),
            "{}: {missing:?}",
            run.title
        );
        assert!(
            missing
                .iter()
                .all(|&router| router == "CE2@7" || router == "-"),
            "{}: {missing:?}",
            run.title
        );
    }
}

#[test]
fn the_documentation_shows_this_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference-runs.md");
    let page = page();
    if std::env::var_os("NETSONDE_BLESS").is_some() {
        std::fs::write(path, &page).expect("the documentation is writable");
    }
    let found = std::fs::read_to_string(path).expect("the page exists");
    assert_eq!(found, page, "if the new table is right, bless it");
}

/// Routers of a tunnel in our notation, with the TTL of visible ones; hidden ones without the step.
fn routers(line: &'static str) -> Vec<&'static str> {
    let list = line.split_once(": ").map_or("", |(_, list)| list);
    let list = list.split('~').next().unwrap_or_default();
    let words = list.split([' ', '[', ']']).filter(|word| !word.is_empty());
    words
        .map(|word| word.split('#').next().unwrap_or_default())
        .collect()
}

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for Run {
        title,
        original,
        netsonde,
        note,
        ..
    } in runs()
    {
        let (theirs, ours) = (routers(original), routers(netsonde));
        let verdict = if theirs == ours {
            "same"
        } else if theirs
            .iter()
            .all(|router| ours.contains(router) || *router == "-")
        {
            "**more**"
        } else {
            "**corrected**"
        };
        let note = if note.is_empty() {
            String::new()
        } else {
            format!(": {note}")
        };
        let shown = |line: &str| {
            if line.is_empty() {
                "nothing".to_owned()
            } else {
                format!("`{line}`")
            }
        };
        writeln!(
            page,
            "| {title} | {} | {} | {verdict}{note} |",
            shown(original),
            shown(netsonde)
        )
        .expect("a string grows");
    }
    page.replace('<', "⟨")
        .replace(",64>", ", 64⟩")
        .replace(",255>", ", 255⟩")
}

const INTRODUCTION: &str = "\
# Against the original TNT, run by run

The original tool was run against an emulated path, VP - CE1 - PE1 - P1 - P2 - P3 - PE2 - CE2 - host, in many
configurations. The test `tnt_reference` repeats each of them in the lab, measures it with netsonde's engine in virtual
time, compares, and writes this table.

How to read a tunnel: class, triggers (ours only), method, ingress, label switch routers in brackets, egress. `@` gives the TTL at which
the first trace shows a router, `#` the revelation step that found a hidden one, `*` a silent one, `-` one that is not named;
`~` the number of hidden routers inferred before any is revealed.

| Configuration | Original | netsonde | Compared |
| --- | --- | --- | --- |
";
