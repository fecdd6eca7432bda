//! Replays the corpora of the fuzz targets `image_card` and `image_frames`, and what they once found.

#[path = "../../../fuzz/src/image.rs"]
#[expect(unreachable_pub, reason = "a library where it lives")]
mod image;
#[path = "../../../fuzz/src/replay.rs"]
#[expect(unreachable_pub, reason = "a library where it lives")]
mod replay;

#[test]
fn every_committed_input_holds() {
    replay::replay(&[("image_card", image::card), ("image_frames", image::frames)]);
}
