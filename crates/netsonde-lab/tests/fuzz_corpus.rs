//! Replays the corpus of the fuzz target `lab_forward` and what it once found.

#[path = "../../../fuzz/src/lab_forward.rs"]
#[expect(unreachable_pub, reason = "a library where it lives")]
mod lab_forward;
#[path = "../../../fuzz/src/replay.rs"]
#[expect(unreachable_pub, reason = "a library where it lives")]
mod replay;
#[path = "../../../fuzz/src/script.rs"]
#[expect(unreachable_pub, reason = "a library where it lives")]
mod script;

#[test]
fn every_committed_input_holds() {
    replay::replay(&[("lab_forward", lab_forward::lab_forward)]);
}
