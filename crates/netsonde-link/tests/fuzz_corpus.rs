//! Replays the corpora of the fuzz targets `ring`, `egress` and `netlink`, and what they once found.

#[path = "../../../fuzz/src/link.rs"]
#[expect(unreachable_pub, reason = "a library where it lives")]
mod link;

use std::fs;
use std::path::Path;

type Check = fn(&[u8]);

const TARGETS: [(&str, Check); 3] = [
    ("ring", link::ring),
    ("egress", link::egress),
    ("netlink", link::netlink),
];

#[test]
fn every_committed_input_holds() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    for (target, check) in TARGETS {
        let mut count = 0;
        for directory in ["corpus", "regressions"] {
            let Ok(entries) = fs::read_dir(fuzz.join(directory).join(target)) else {
                continue;
            };
            for entry in entries {
                let path = entry.expect("a readable directory").path();
                println!("{}", path.display()); // shown when the check fails
                check(&fs::read(&path).expect("a readable file"));
                count += 1;
            }
        }
        assert!(count > 0, "{target} has no corpus");
    }
}
