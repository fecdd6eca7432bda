//! Base64 (RFC 4648 section 4), for a job on a command line.
use alloc::vec::Vec;

/// Reads a whole text, padding included; `None` for any other: a cut command line must not look like a shorter job.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    if bytes.is_empty() || !bytes.len().is_multiple_of(4) {
        return None;
    }
    let padding = bytes.iter().rev().take_while(|byte| **byte == b'=').count();
    let (body, end) = bytes.split_at_checked(bytes.len().checked_sub(padding)?)?;
    if end.len() > 2 {
        return None;
    }
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3);
    for group in body.chunks(4) {
        let mut bits = 0;
        for byte in group {
            bits = bits << 6 | value(*byte)?;
        }
        // What a shorter last group lacks was padding.
        bits <<= 6 * (4 - group.len());
        let [_, octets @ ..] = bits.to_be_bytes();
        out.extend_from_slice(octets.get(..group.len() - 1)?);
    }
    Some(out)
}

fn value(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn the_examples_of_the_rfc() {
        for (text, bytes) in [
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9vYmE=", "fooba"),
            ("Zm9vYmFy", "foobar"),
            ("+/+/", "\u{fb}\u{ff}\u{bf}"),
        ] {
            let expected: Vec<u8> = bytes.chars().map(|one| one as u8).collect();
            assert_eq!(decode(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_cut_or_foreign_is_refused() {
        for text in [
            "", "Zg", "Zg=", "Z===", "====", "Zm9v=mFy", "Zm 9", "Zm9vYmF",
        ] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
