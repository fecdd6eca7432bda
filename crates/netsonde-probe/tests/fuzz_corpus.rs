//! Replays the corpus of the fuzz target `engine` and what it once found.

#[path = "../../../fuzz/src/engine.rs"]
#[expect(unreachable_pub, reason = "a library where it lives")]
mod engine;
#[path = "../../../fuzz/src/script.rs"]
#[expect(unreachable_pub, reason = "a library where it lives")]
mod script;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The files of a directory of the fuzzer's, in order; none if there is no such directory.
fn inputs(directory: &str) -> Vec<(String, Vec<u8>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz")
        .join(directory);
    let Ok(entries) = fs::read_dir(path) else {
        return Vec::new();
    };
    let paths: BTreeSet<_> = entries
        .map(|entry| entry.expect("a readable directory").path())
        .collect();
    paths
        .into_iter()
        .map(|path| {
            let bytes = fs::read(&path).expect("a readable file");
            (path.display().to_string(), bytes)
        })
        .collect()
}

#[test]
fn every_committed_input_holds() {
    let seeds = inputs("corpus/engine");
    assert!(!seeds.is_empty(), "there is no corpus");
    for (path, bytes) in seeds.into_iter().chain(inputs("regressions/engine")) {
        assert!(bytes.len() < 1024, "{path} is too big");
        println!("{path}"); // shown when the check fails
        engine::engine(&bytes);
    }
}
