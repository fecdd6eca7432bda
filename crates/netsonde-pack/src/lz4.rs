//! LZ4 blocks, as small as the format lets them be.
//!
//! Format: <https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md>.

const MATCH_MIN: usize = 4;
const DISTANCE_MAX: usize = 65_535;
/// The format wants the last bytes to be literals, and the last match to begin before those.
const LITERALS_LAST: usize = 5;
const MATCH_LAST: usize = 12;
/// Earlier places that are looked at for a match.
const TRIES_MAX: usize = 256;
/// A match of this length is taken without a look for longer ones.
const LEN_ENOUGH: usize = 256;
/// Matches are no longer.
const LEN_MAX: usize = 1 << 12;
/// Matches of at most this length are also tried shorter.
const SHORT_MAX: usize = 96;
/// A length beside the token begins at this one.
const IN_TOKEN: usize = 15;

const HASH_BITS: u32 = 16;
const NOWHERE: usize = usize::MAX;

/// A match: how long, and how far back. Length 0 is none.
#[derive(Clone, Copy, Debug, Default)]
struct Match {
    len: usize,
    distance: usize,
}

/// One sequence of a block, as it was read: literals, then a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Bytes of the block up to its end.
    pub(crate) read: usize,
    /// Bytes that were written up to its end.
    pub(crate) written: usize,
}

/// The block that gives `bytes`.
pub(crate) fn compress(bytes: &[u8]) -> Vec<u8> {
    let plan = plan(bytes);
    let (mut out, mut at, mut literals) = (Vec::new(), 0, 0);
    while at < bytes.len() {
        let found = plan[at];
        if found.len == 0 {
            at += 1;
            literals += 1;
            continue;
        }
        emit(&mut out, &bytes[at - literals..at], found);
        at += found.len;
        literals = 0;
    }
    emit(&mut out, &bytes[at - literals..], Match::default());
    out
}

/// Reads a block; says how far it is after each sequence.
pub(crate) fn read(
    block: &[u8],
    len_max: usize,
    out: &mut Vec<u8>,
    mut each: impl FnMut(Step),
) -> Option<()> {
    let mut at = 0;
    loop {
        let token = usize::from(*block.get(at)?);
        at += 1;
        let len = read_len(block, &mut at, token >> 4)?;
        out.extend_from_slice(block.get(at..at.checked_add(len)?)?);
        at += len;
        if at < block.len() {
            let distance = block.get(at..at + 2)?;
            let distance = usize::from(distance[0]) | usize::from(distance[1]) << 8;
            at += 2;
            let len = read_len(block, &mut at, token & IN_TOKEN)? + MATCH_MIN;
            let start = out.len().checked_sub(distance)?;
            if distance == 0 || len > len_max {
                return None;
            }
            for index in start..start + len {
                out.push(out[index]);
            }
        }
        if out.len() > len_max {
            return None;
        }
        each(Step {
            read: at,
            written: out.len(),
        });
        if at >= block.len() {
            return Some(());
        }
    }
}

fn read_len(block: &[u8], at: &mut usize, in_token: usize) -> Option<usize> {
    let mut len = in_token;
    if in_token < IN_TOKEN {
        return Some(len);
    }
    loop {
        let more = *block.get(*at)?;
        *at += 1;
        len += usize::from(more);
        if more != u8::MAX {
            return Some(len);
        }
    }
}

/// At each place the match that makes the whole smallest, found from the end.
fn plan(bytes: &[u8]) -> Vec<Match> {
    let longest = longest(bytes);
    let mut costs = vec![0_usize; bytes.len() + 1];
    let mut plan = vec![Match::default(); bytes.len()];
    for at in (0..bytes.len()).rev() {
        costs[at] = costs[at + 1] + 1;
        let Match { len, distance } = longest[at];
        let shortest = if len > SHORT_MAX { len } else { MATCH_MIN };
        for len in shortest..=len {
            let cost = costs[at + len] + 3 + len_bytes(len - MATCH_MIN);
            if cost <= costs[at] {
                costs[at] = cost;
                plan[at] = Match { len, distance };
            }
        }
    }
    plan
}

/// The longest match at each place.
fn longest(bytes: &[u8]) -> Vec<Match> {
    let mut heads = vec![NOWHERE; 1 << HASH_BITS];
    let mut before = vec![NOWHERE; bytes.len()];
    let mut found = vec![Match::default(); bytes.len()];
    let end = bytes.len().saturating_sub(LITERALS_LAST);
    for at in 0..bytes.len().saturating_sub(MATCH_LAST) {
        let head = &mut heads[hash(bytes, at)];
        let mut place = *head;
        before[at] = place;
        *head = at;
        // In a long match the next place has the rest of it.
        if let Some(last) = at.checked_sub(1).map(|last| found[last])
            && last.len > LEN_ENOUGH
        {
            found[at] = Match {
                len: last.len - 1,
                ..last
            };
            continue;
        }
        for _ in 0..TRIES_MAX {
            let is_far = place == NOWHERE || at - place > DISTANCE_MAX;
            if is_far || found[at].len >= LEN_ENOUGH {
                break;
            }
            let same = bytes[place..].iter().zip(&bytes[at..end]).take(LEN_MAX);
            let len = same.take_while(|(a, b)| a == b).count();
            if len >= MATCH_MIN && len > found[at].len {
                found[at] = Match {
                    len,
                    distance: at - place,
                };
            }
            place = before[place];
        }
    }
    found
}

fn hash(bytes: &[u8], at: usize) -> usize {
    let word = bytes[at..at + 4]
        .iter()
        .fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
    (word.wrapping_mul(0x9e37_79b1) >> (u32::BITS - HASH_BITS)) as usize
}

/// Bytes that a length takes beside the token.
fn len_bytes(len: usize) -> usize {
    if len < IN_TOKEN {
        0
    } else {
        1 + (len - IN_TOKEN) / 255
    }
}

fn emit(out: &mut Vec<u8>, literals: &[u8], found: Match) {
    let len = found.len.saturating_sub(MATCH_MIN);
    let nibble = |len: usize| u8::try_from(len.min(IN_TOKEN)).unwrap_or(0);
    out.push(nibble(literals.len()) << 4 | nibble(len));
    emit_len(out, literals.len());
    out.extend_from_slice(literals);
    if found.len > 0 {
        let distance = u16::try_from(found.distance).unwrap_or(0);
        out.extend_from_slice(&distance.to_le_bytes());
        emit_len(out, len);
    }
}

fn emit_len(out: &mut Vec<u8>, len: usize) {
    if let Some(mut rest) = len.checked_sub(IN_TOKEN) {
        while let Some(less) = rest.checked_sub(255) {
            out.push(u8::MAX);
            rest = less;
        }
        out.push(u8::try_from(rest).unwrap_or(0));
    }
}

#[cfg(test)]
mod tests;
