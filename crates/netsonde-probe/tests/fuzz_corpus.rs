//! Replays the corpora of the fuzz targets `engine` and `targets`, and what they once found.

#[path = "../../../fuzz/src/engine.rs"]
#[expect(unreachable_pub, reason = "a library where it lives")]
mod engine;
#[path = "../../../fuzz/src/replay.rs"]
#[expect(unreachable_pub, reason = "a library where it lives")]
mod replay;
#[path = "../../../fuzz/src/script.rs"]
#[expect(unreachable_pub, reason = "a library where it lives")]
mod script;
#[path = "../../../fuzz/src/targets.rs"]
#[expect(unreachable_pub, reason = "a library where it lives")]
mod targets;

#[test]
fn every_committed_input_holds() {
    replay::replay(&[("engine", engine::engine), ("targets", targets::targets)]);
}
