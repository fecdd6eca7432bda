//! Replays the corpora of the fuzz targets `ring`, `egress` and `netlink`, and what they once found.

#[path = "../../../fuzz/src/link.rs"]
#[expect(unreachable_pub, reason = "a library where it lives")]
mod link;
#[path = "../../../fuzz/src/replay.rs"]
#[expect(unreachable_pub, reason = "a library where it lives")]
mod replay;

#[test]
fn every_committed_input_holds() {
    replay::replay(&[
        ("ring", link::ring),
        ("egress", link::egress),
        ("netlink", link::netlink),
    ]);
}
