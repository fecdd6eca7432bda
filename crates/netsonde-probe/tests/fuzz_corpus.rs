//! Replays the corpora of the fuzz targets `engine` and `targets`, and what they once found.

#[path = "../../../fuzz/src/engine.rs"]
#[expect(unreachable_pub, reason = "a library where it lives")]
mod engine;
#[path = "../../../fuzz/src/script.rs"]
#[expect(unreachable_pub, reason = "a library where it lives")]
mod script;
#[path = "../../../fuzz/src/targets.rs"]
#[expect(unreachable_pub, reason = "a library where it lives")]
mod targets;

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
    replay("engine", engine::engine);
    replay("targets", targets::targets);
}

fn replay(target: &str, check: fn(&[u8])) {
    let seeds = inputs(&format!("corpus/{target}"));
    assert!(!seeds.is_empty(), "there is no corpus");
    let found = inputs(&format!("regressions/{target}"));
    for (path, bytes) in seeds.into_iter().chain(found) {
        assert!(bytes.len() < 1024, "{path} is too big");
        println!("{path}"); // shown when the check fails
        check(&bytes);
    }
}
