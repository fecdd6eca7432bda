//! A file is packed, loaded as an operating system would, and unpacked as `unpack.s` does.
use super::*;
use proptest::prelude::*;

const BASE: usize = 0x10_0000;
const VARIABLES: usize = 0x50;
const BSS: usize = 0x3000;

/// A file as `link.ld` makes it: a page that stays, code, constants, variables.
fn image(code: &[u8], constants: &[u8]) -> Vec<u8> {
    let constants_at = (BASE + PAGE + code.len()).next_multiple_of(PAGE);
    let variables_at = (constants_at + constants.len()).next_multiple_of(PAGE);
    let limit = (variables_at + VARIABLES + PAGE).next_multiple_of(PAGE);
    let mut first = vec![0x90; PAGE];
    first[24..32].copy_from_slice(MARK);
    for (at, value) in [
        (40, BASE + PAGE),
        (44, variables_at + VARIABLES),
        (48, limit),
    ] {
        first[at..at + 4].copy_from_slice(&word(value));
    }
    let load = |flags, start: usize, in_file, in_memory| Segment {
        kind: PT_LOAD,
        flags,
        offset: start - BASE + PAGE,
        start,
        in_file,
        in_memory,
        align: PAGE as u64,
    };
    let note = Segment {
        kind: 4,
        align: 4,
        ..load(4, BASE, 24, 24)
    };
    let code_len = PAGE + code.len();
    let segments = [
        load(5, BASE, code_len, code_len),
        load(4, constants_at, constants.len(), constants.len()),
        load(6, variables_at, VARIABLES, limit + BSS - variables_at),
        note,
    ];
    let mut start = vec![0; HEADER_LEN];
    start[..6].copy_from_slice(b"\x7fELF\x02\x01");
    let mut out = header(&start, &segments);
    out.extend([&first[..], code].concat());
    out.resize(constants_at - BASE + PAGE, 0);
    out.extend(constants);
    out.resize(variables_at - BASE + PAGE, 0);
    out.extend([7; VARIABLES]);
    out
}

/// Memory from [`BASE`] on, as a loader fills it.
fn load(elf: &[u8]) -> Vec<u8> {
    let mut memory = Vec::new();
    for segment in segments(elf).unwrap() {
        if segment.kind != PT_LOAD {
            continue;
        }
        let start = segment.start - BASE;
        assert!(
            segment.in_file <= segment.in_memory
                && (segment.start - segment.offset).is_multiple_of(PAGE)
        );
        assert!(memory.len() <= start, "segments are apart");
        memory.resize(start + segment.in_memory, 0);
        memory[start..start + segment.in_file]
            .copy_from_slice(&elf[segment.offset..segment.offset + segment.in_file]);
    }
    memory
}

/// What `unpack.s` does, too many bytes included, where it does it.
fn unpack(memory: &mut [u8]) {
    let at = memory.windows(8).position(|bytes| bytes == MARK).unwrap();
    let field = |index: usize| number(memory, at + 8 + 4 * index, 4).unwrap() - BASE;
    let (mut read, end, mut write, to) = (field(0), field(1), field(2), field(3));
    let copy = |memory: &mut [u8], mut from: usize, mut write: usize, len: usize, step: usize| {
        let stop = write + len;
        while write < stop {
            memory.copy_within(from..from + step, write);
            (from, write) = (from + step, write + step);
        }
        stop
    };
    loop {
        let token = usize::from(memory[read]);
        read += 1;
        let len = length(memory, &mut read, token >> 4);
        assert!(
            len == 0 || read >= write + 8,
            "nothing is written over before it is read"
        );
        write = copy(memory, read, write, len, 8);
        read += len;
        if read == end {
            assert_eq!(write, to);
            return;
        }
        let distance = number(memory, read, 2).unwrap();
        read += 2;
        let len = length(memory, &mut read, token & 15) + 4;
        write = copy(
            memory,
            write - distance,
            write,
            len,
            if distance < 8 { 1 } else { 8 },
        );
    }
}

fn length(memory: &[u8], read: &mut usize, in_token: usize) -> usize {
    let mut len = in_token;
    loop {
        if in_token < 15 {
            return len;
        }
        let more = memory[*read];
        *read += 1;
        len += usize::from(more);
        if more != 255 {
            return len;
        }
    }
}

/// Bytes that repeat, and bytes that do not.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec((0_u8..20, 1_usize..40, any::<bool>()), 1..300).prop_map(|pieces| {
        let piece = |(byte, len, alike): (u8, usize, bool)| {
            (0..len).map(move |index| if alike { byte } else { scatter(byte, index) })
        };
        pieces.into_iter().flat_map(piece).collect()
    })
}

fn scatter(byte: u8, index: usize) -> u8 {
    byte.wrapping_mul(37) ^ u8::try_from(index * index % 251).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_packed_file_becomes_what_it_was(code in bytes(), constants in bytes()) {
        let linked = image(&code, &constants);
        let packed = pack(&linked).unwrap();
        let (expected, mut memory) = (load(&linked), load(&packed));
        prop_assert_eq!(expected.len(), memory.len());
        unpack(&mut memory);
        let from = PAGE;
        let to = number(&linked, PAGE + 44, 4).unwrap() - BASE;
        let limit = number(&linked, PAGE + 48, 4).unwrap() - BASE;
        prop_assert_eq!(&expected[from..to], &memory[from..to]);
        prop_assert!(memory[limit..].iter().all(|byte| *byte == 0), "what is to be zero is zero");
        // The first page but for its two fields, and the note in it, stay as they were.
        prop_assert_eq!(&expected[40..PAGE], &memory[40..PAGE]);
        prop_assert_eq!(segments(&packed).unwrap()[3], segments(&linked).unwrap()[3]);
    }

    #[test]
    fn no_file_breaks_the_packer(
        code in bytes(),
        breaks in proptest::collection::vec((0_usize..PAGE + 60, any::<u8>()), 1..4),
        len in any::<prop::sample::Index>(),
    ) {
        let mut linked = image(&code, b"constants");
        for (at, byte) in breaks {
            linked[at] = byte;
        }
        let _ = pack(&linked);
        linked.truncate(len.index(linked.len()));
        let _ = pack(&linked);
    }
}

#[test]
fn what_is_no_image_is_refused() {
    let expected = |elf: &[u8], what: &str| {
        let error = pack(elf).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    };
    let sound = image(b"code", b"constants");
    expected(b"", "an ELF file");
    expected(&sound[..PAGE * 2], "an ELF file");
    let mut twice = sound.clone();
    twice[PAGE + 100..PAGE + 108].copy_from_slice(MARK);
    expected(&twice, "one mark");
    // What does not get smaller has no room to be in front of itself.
    let mut narrow = sound.clone();
    let to = number(&sound, PAGE + 44, 4).unwrap();
    narrow[PAGE + 48..PAGE + 52].copy_from_slice(&word(to));
    expected(&narrow, "more room");
    // Without the constants and the variables, memory ends before the block begins.
    let mut short = sound.clone();
    for index in [1, 2] {
        short[HEADER_LEN + index * SEGMENT_LEN] = 0;
    }
    expected(&short, "holds the block");
}
