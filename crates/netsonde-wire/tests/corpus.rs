//! Replays the fuzzers' corpora and what they once found: continuous integration covers both without a fuzzer.

#[path = "../../../fuzz/src/replay.rs"]
#[expect(unreachable_pub, reason = "a library where it lives")]
mod replay;
#[path = "../../../fuzz/src/wire/mod.rs"]
#[expect(unreachable_pub, reason = "a library where it lives")]
mod wire;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const TARGETS: &[(&str, replay::Check)] = &[
    ("arp", wire::arp),
    ("ethernet", wire::ethernet),
    ("extensions", wire::extensions),
    ("icmp", wire::icmp),
    ("icmpv6", wire::icmpv6),
    ("ip", wire::ip),
    ("ip_quote", wire::ip_quote),
    ("mpls", wire::mpls),
    ("nd", wire::nd),
    ("reassembly", wire::reassembly),
    ("snmp", wire::snmp),
    ("tcp", wire::tcp),
    ("udp", wire::udp),
];

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// The files of a directory in order; none if there is no such directory.
fn inputs(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let paths: BTreeSet<_> = entries
        .map(|entry| entry.expect("a readable directory").path())
        .collect();
    paths
        .into_iter()
        .map(|path| (path.clone(), fs::read(path).expect("a readable file")))
        .collect()
}

fn corpus() -> Vec<Vec<u8>> {
    TARGETS
        .iter()
        .flat_map(|(target, _)| inputs(&fuzz().join("corpus").join(target)))
        .map(|(_, bytes)| bytes)
        .collect()
}

#[test]
fn every_committed_input_holds() {
    replay::replay(TARGETS);
}

#[test]
fn every_target_is_replayed() {
    let mut targets: BTreeSet<_> = TARGETS
        .iter()
        .map(|(target, _)| (*target).to_owned())
        .collect();
    // These feed other crates, whose tests replay them.
    targets.extend(
        [
            "egress",
            "engine",
            "image_card",
            "image_frames",
            "lab_forward",
            "netlink",
            "ring",
            "targets",
        ]
        .map(str::to_owned),
    );
    for (path, _) in inputs(&fuzz().join("fuzz_targets")) {
        let name = path
            .file_stem()
            .expect("a source file")
            .to_string_lossy()
            .into_owned();
        assert!(
            targets.contains(&name),
            "{name} is a fuzz target that no test replays"
        );
    }
}

#[test]
fn seeds_are_small() {
    for (target, _) in TARGETS {
        for (path, bytes) in inputs(&fuzz().join("corpus").join(target)) {
            assert!(
                bytes.len() < 1024,
                "{} has {} bytes",
                path.display(),
                bytes.len()
            );
        }
    }
}

#[test]
fn every_seed_cut_anywhere_holds_in_every_target() {
    for bytes in corpus() {
        for end in 0..=bytes.len() {
            for (_, check) in TARGETS {
                check(&bytes[..end]);
            }
        }
    }
}

#[test]
fn every_seed_with_any_byte_flipped_holds_in_every_target() {
    for bytes in corpus() {
        let mut mutant = bytes.clone();
        for index in 0..bytes.len() {
            for flip in [0x01, 0x10, 0x80, 0xff] {
                mutant[index] = bytes[index] ^ flip;
                for (_, check) in TARGETS {
                    check(&mutant);
                }
            }
            mutant[index] = bytes[index];
        }
    }
}
