//! Runs fuzz targets over what is committed: the corpora, and what the fuzzer once found.
//!
//! Tests of the crates that the targets feed take this file in, so that continuous integration covers both without a
//! fuzzer.
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A fuzz target: it panics where its invariant fails.
pub type Check = fn(&[u8]);

/// Bytes of an input at most: one that is committed is small enough to be understood.
const SIZE_MAX: usize = 4096;

/// Runs each target over its inputs, in order.
pub fn replay(targets: &[(&str, Check)]) {
    for (target, check) in targets {
        let seeds = inputs(&format!("corpus/{target}"));
        assert!(!seeds.is_empty(), "{target} has no corpus");
        for (path, bytes) in seeds
            .into_iter()
            .chain(inputs(&format!("regressions/{target}")))
        {
            assert!(bytes.len() < SIZE_MAX, "{path} is too big");
            println!("{path}"); // shown when the check fails
            check(&bytes);
        }
    }
}

/// The files of a directory of the fuzzer's; none if there is no such directory.
fn inputs(directory: &str) -> Vec<(String, Vec<u8>)> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let Ok(entries) = fs::read_dir(fuzz.join(directory)) else {
        return Vec::new();
    };
    let paths: BTreeSet<_> = entries
        .map(|entry| entry.expect("a readable directory").path())
        .collect();
    let read = |path: &std::path::PathBuf| fs::read(path).expect("a readable file");
    let named = |path: std::path::PathBuf| (path.display().to_string(), read(&path));
    paths.into_iter().map(named).collect()
}
