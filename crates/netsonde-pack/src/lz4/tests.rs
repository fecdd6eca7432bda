//! Against the decoder of another implementation.
use super::*;
use proptest::prelude::*;

fn decompress(block: &[u8], len_max: usize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    read(block, len_max, &mut out, |_| {})?;
    Some(out)
}

/// Bytes that repeat, as code does.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        proptest::collection::vec(0_u8..3, 0..40),
        (any::<u8>(), 0_usize..400).prop_map(|(byte, len)| vec![byte; len]),
    ];
    let pieces = proptest::collection::vec(piece, 1..6);
    (
        pieces,
        proptest::collection::vec(any::<prop::sample::Index>(), 0..20),
    )
        .prop_map(|(pieces, order)| {
            let order = order.iter().map(|index| &pieces[index.index(pieces.len())]);
            order.flatten().copied().collect()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn others_read_what_is_packed(bytes in text()) {
        let block = compress(&bytes);
        prop_assert_eq!(lz4_flex::block::decompress(&block, bytes.len()).unwrap(), bytes.clone());
        prop_assert_eq!(decompress(&block, bytes.len()), Some(bytes.clone()));
        // Never much larger than what it packs.
        prop_assert!(block.len() <= bytes.len() + bytes.len() / 255 + 16);
        if let Some(less) = bytes.len().checked_sub(1) {
            prop_assert_eq!(decompress(&block, less), None);
        }
    }

    #[test]
    fn no_block_breaks_the_reader(block in text(), len_max in 0_usize..2_000) {
        let out = decompress(&block, len_max);
        prop_assert!(out.is_none_or(|out| out.len() <= len_max));
    }
}

#[test]
fn what_repeats_packs_well() {
    let bytes: Vec<u8> = (0..20_000_u32)
        .flat_map(|number| (number / 100 % 7).to_le_bytes())
        .collect();
    assert!(compress(&bytes).len() < bytes.len() / 50);
    assert_eq!(decompress(&[], 9), None);
    assert_eq!(compress(&[]), [0]);
}
