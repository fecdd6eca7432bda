//! Ancillary data (`cmsg`) as bytes: read without trust in lengths, written with the kernel's alignment.

/// Bytes of the header before the data: length, level, type.
const HEADER: usize = align(size_of::<usize>() + 2 * size_of::<i32>());

/// One item of ancillary data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Item<'a> {
    pub(crate) level: i32,
    pub(crate) kind: i32,
    pub(crate) data: &'a [u8],
}

impl Item<'_> {
    /// The first four bytes as an integer, as most items are.
    pub(crate) fn int(&self) -> Option<i32> {
        self.data
            .first_chunk()
            .map(|bytes| i32::from_ne_bytes(*bytes))
    }

    /// An integer that is an octet, such as a TTL; some kernels send one byte for it.
    pub(crate) fn octet(&self) -> Option<u8> {
        match self.data {
            [octet] => Some(*octet),
            _ => self.int().and_then(|value| u8::try_from(value).ok()),
        }
    }
}

/// The items in order; ends at the first whose length does not fit.
pub(crate) fn items(mut bytes: &[u8]) -> impl Iterator<Item = Item<'_>> {
    std::iter::from_fn(move || {
        let length = usize::from_ne_bytes(*bytes.first_chunk()?);
        let level = i32::from_ne_bytes(*bytes.get(size_of::<usize>()..)?.first_chunk()?);
        let kind = i32::from_ne_bytes(*bytes.get(size_of::<usize>() + 4..)?.first_chunk()?);
        let data = bytes.get(HEADER..length)?;
        bytes = bytes.get(align(length)..).unwrap_or_default();
        Some(Item { level, kind, data })
    })
}

/// Appends one item.
pub(crate) fn push(out: &mut Vec<u8>, level: i32, kind: i32, data: &[u8]) {
    out.extend_from_slice(&(HEADER + data.len()).to_ne_bytes());
    out.extend_from_slice(&level.to_ne_bytes());
    out.extend_from_slice(&kind.to_ne_bytes());
    out.resize(align(out.len()), 0);
    out.extend_from_slice(data);
    out.resize(align(out.len()), 0);
}

const fn align(length: usize) -> usize {
    length.next_multiple_of(size_of::<usize>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut bytes = Vec::new();
        push(&mut bytes, 1, 2, &7i32.to_ne_bytes());
        push(&mut bytes, 3, 4, b"abcdefghi");
        push(&mut bytes, 5, 6, &[9]);
        let read: Vec<_> = items(&bytes).collect();
        assert_eq!(read.len(), 3);
        assert_eq!(
            (read[0].level, read[0].kind, read[0].int(), read[0].octet()),
            (1, 2, Some(7), Some(7))
        );
        assert_eq!(
            (read[1].level, read[1].kind, read[1].data),
            (3, 4, &b"abcdefghi"[..])
        );
        assert_eq!((read[2].int(), read[2].octet()), (None, Some(9)));
    }

    #[test]
    fn lengths_that_do_not_fit_end_the_list() {
        let mut bytes = Vec::new();
        push(&mut bytes, 1, 2, &[0; 4]);
        push(&mut bytes, 1, 2, &[0; 4]);
        for length in [0, 3, 1_000, usize::MAX] {
            let mut broken = bytes.clone();
            broken[..size_of::<usize>()].copy_from_slice(&usize::to_ne_bytes(length));
            assert_eq!(items(&broken).count(), 0, "{length}");
        }
        // The padding after the last item is not needed.
        for cut in 0..bytes.len() - 4 {
            assert!(items(&bytes[..cut]).count() <= 1, "{cut}");
        }
    }
}
