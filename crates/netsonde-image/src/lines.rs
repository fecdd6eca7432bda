//! What is said to an image at work: lines, of which one has a meaning.
use alloc::vec::Vec;

/// Longest line that is kept while its end has not come.
const LINE_MAX: usize = 1 << 16;

/// Takes what has come and returns whether a line of it says `stop`. What is no whole line yet stays.
pub fn take_stop(bytes: &mut Vec<u8>) -> bool {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let is_stop = lines.any(|line| line.trim_ascii() == b"stop");
    match bytes.iter().rposition(|byte| *byte == b'\n') {
        Some(end) => drop(bytes.drain(..=end)),
        None if bytes.len() > LINE_MAX => bytes.clear(),
        None => {}
    }
    is_stop
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_stops_and_no_other() {
        for (said, is_stop, left) in [
            ("stop\n", true, ""),
            ("\nstop\r\nmore", true, "more"),
            ("stop", true, "stop"),
            ("stopped\nsto", false, "sto"),
            ("p\n", false, ""),
            ("\u{fffd}\n", false, ""),
            ("", false, ""),
        ] {
            let mut bytes = Vec::from(said);
            assert_eq!(take_stop(&mut bytes), is_stop, "{said:?}");
            assert_eq!(bytes, left.as_bytes(), "{said:?}");
        }
    }

    #[test]
    fn a_line_without_an_end_is_not_kept() {
        let mut bytes = vec![b'x'; LINE_MAX + 1];
        assert!(!take_stop(&mut bytes));
        assert!(bytes.is_empty());
    }
}
