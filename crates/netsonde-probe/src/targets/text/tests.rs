use super::*;
use crate::targets::ranges::RangeSet;
use crate::targets::walk::Walk;
use alloc::format;
use proptest::prelude::*;

fn read(text: &str, options: &LineOptions) -> (Space, u64, Vec<Leftover>) {
    let mut space = Space::default();
    let (lines, left) = read_lines(&mut space, text.as_bytes(), options);
    (space, lines, left)
}

fn addresses(space: Space) -> Vec<String> {
    let mut walk = Walk::new(space, 1, RangeSet::default(), true);
    let mut found = walk.poll_addresses(100_000);
    found.sort_unstable();
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn lines_of_every_kind() {
    let text = "# a survey\n5.2.0.1\n  2a00::1 \t# ours\r\n\n5.9.0.0/30\n5.8.0.0/23 each=24\n\
                5.7.0.0/23 each=24 host=9\n2a01::/63 each=64\n2a02::/48 random=2\n5.6.0.0/31 all\n5.5.5.5";
    let (space, lines, left) = read(text, &LineOptions::default());
    assert_eq!((lines, left), (11, Vec::new()));
    let found = addresses(space);
    for text in [
        "5.2.0.1",
        "2a00::1",
        "5.9.0.0",
        "5.9.0.3",
        "5.8.0.1",
        "5.8.1.1",
        "5.7.0.9",
        "5.7.1.9",
        "2a01::1",
        "2a01:0:0:1::1",
        "5.6.0.0",
        "5.6.0.1",
        "5.5.5.5",
    ] {
        assert!(found.contains(&text.to_string()), "{text}");
    }
    assert_eq!(found.len(), 17);
}

#[test]
fn a_selection_for_all_lines() {
    let options = LineOptions {
        v4: Selection::each(24, Family::V4),
        v6: Selection::Each {
            len: 48,
            host: Host::Fixed(5),
        },
        ..LineOptions::default()
    };
    let (space, _, left) = read(
        "5.8.0.0/23\n2a00::/48\n5.9.0.0/31 all\n5.7.0.0/24 host=7\n",
        &options,
    );
    assert_eq!(left, []);
    let expected = [
        "5.7.0.7", "5.8.0.1", "5.8.1.1", "5.9.0.0", "5.9.0.1", "2a00::5",
    ];
    assert_eq!(addresses(space), expected);
}

#[test]
fn what_may_be_a_name_is_left_over_without_complaint() {
    let text = "example.net\n::ffff:5.2.0.1\n1.2.3\n-x\nfe80::1%eth0\nm\u{fc}nchen.de\n";
    let (space, lines, left) = read(text, &LineOptions::default());
    assert_eq!((space.count(), lines), (0, 6));
    let found: Vec<_> = left
        .iter()
        .map(|one| {
            (
                one.line,
                core::str::from_utf8(&one.text).unwrap(),
                &one.expected,
            )
        })
        .collect();
    let names = [
        "example.net",
        "::ffff:5.2.0.1",
        "1.2.3",
        "-x",
        "fe80::1%eth0",
        "m\u{fc}nchen.de",
    ];
    let expected: Vec<_> = (0..)
        .zip(names)
        .map(|(line, name)| (line, name, &None))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn what_is_wrong_is_said() {
    for (line, expected) in [
        ("5.2.0.1 5.2.0.2", "one address, prefix or host name"),
        ("5.2.0.1 each=24", "one address, prefix or host name"),
        (
            "5.2.0.0/",
            "an address, or an address, a slash and a length",
        ),
        ("5.2.0.0/33", "a length from 0 to 32"),
        (
            "5.2.0.1/16",
            "no bits beyond the length, such as 5.2.0.0/16",
        ),
        (
            "2a00::/32",
            "each=LENGTH or random=COUNT after so large a prefix",
        ),
        ("2a00::/32 each=129", "each=LENGTH of at most 128"),
        (
            "5.2.0.0/16 each=24 host=256",
            "host=random, or host=N of at most 255",
        ),
        ("5.2.0.0/16 random=0", "random=COUNT from 1 to 65536"),
        ("2000::/3 each=64", "at most 1099511627776 targets in all"),
    ] {
        let (space, _, left) = read(line, &LineOptions::default());
        assert_eq!(left.len(), 1, "{line}");
        assert_eq!(left[0].expected.as_deref(), Some(expected), "{line}");
        assert_eq!(
            (left[0].text.as_slice(), space.count()),
            (line.as_bytes(), 0)
        );
    }
    for words in [
        "each",
        "each=",
        "each=+1",
        "each=024",
        "host=1",
        "all host=1",
        "all=1",
        "random=9 each=24",
        "x",
    ] {
        let (_, _, left) = read(&format!("5.2.0.0/16 {words}"), &LineOptions::default());
        let expected = left[0].expected.as_deref().unwrap();
        assert!(
            expected.starts_with("all, each=LENGTH"),
            "{words}: {expected}"
        );
    }
}

#[test]
fn a_family_alone() {
    let options = LineOptions {
        family: Some(Family::V4),
        ..LineOptions::default()
    };
    let (space, _, left) = read(
        "5.2.0.1\n2a00::1\n2a00::/64 each=64\n5.3.0.0/32\n",
        &options,
    );
    assert_eq!(space.count(), 2);
    assert_eq!((left[0].line, &left[0].expected), (1, &None));
    let expected = "a prefix of the family that was asked for";
    assert_eq!(
        (left[1].line, left[1].expected.as_deref()),
        (2, Some(expected))
    );
}

fn text_of(lines: &[String]) -> String {
    lines.join("\n") + if lines.is_empty() { "" } else { "\n" }
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut space = Space::default();
        let (lines, left) = read_lines(&mut space, &bytes, &LineOptions::default());
        prop_assert!(left.len() as u64 <= lines);
        prop_assert!(left.iter().all(|one| one.line < lines && !one.text.is_empty()));
    }

    #[test]
    fn pieces_cut_at_line_ends_read_the_same(lines in proptest::collection::vec("(5\\.[0-9]\\.0\\.[0-9]|x|5\\.0\\.0\\.0/2[0-9]|#)", 0..20), cut in 0_usize..20) {
        let cut = cut.min(lines.len());
        let whole: String = text_of(&lines);
        let (space, count, left) = read(&whole, &LineOptions::default());
        let mut pieces = Space::default();
        let first: String = text_of(&lines[..cut]);
        let (lines_before, mut both) = read_lines(&mut pieces, first.as_bytes(), &LineOptions::default());
        let rest: String = text_of(&lines[cut..]);
        let (lines_after, after) = read_lines(&mut pieces, rest.as_bytes(), &LineOptions::default());
        both.extend(after.into_iter().map(|one| Leftover { line: one.line + lines_before, ..one }));
        prop_assert_eq!((count, left), (lines_before + lines_after, both));
        prop_assert_eq!(addresses(space), addresses(pieces));
    }
}
