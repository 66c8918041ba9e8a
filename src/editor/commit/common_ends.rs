//! What two contents have in common, and what a file has beyond one: in passes that read no byte
//! twice and keep none, since tables of a million rules are compared several times in a commit.

use std::io::{self, Read};

/// Bytes compared at a time.
const BLOCK: usize = 1 << 12;
/// Bytes read at a time.
const PIECE: usize = 1 << 18;

/// How many bytes both begin with.
fn common_head(old: &[u8], new: &[u8]) -> usize {
    let blocks = old.chunks(BLOCK).zip(new.chunks(BLOCK));
    let equal = blocks.take_while(|(one, other)| one == other).count();
    // The last block may be shorter than the others.
    let from = (equal * BLOCK).min(old.len()).min(new.len());
    let rest = |bytes: &'_ [u8]| -> usize { bytes.len().min(from) };
    let (old, new) = (old.get(rest(old)..), new.get(rest(new)..));
    let pairs = old.unwrap_or_default().iter().zip(new.unwrap_or_default());
    from + pairs.take_while(|(one, other)| one == other).count()
}

/// How many bytes both end with.
fn common_tail(old: &[u8], new: &[u8]) -> usize {
    let blocks = old.rchunks(BLOCK).zip(new.rchunks(BLOCK));
    let equal = blocks.take_while(|(one, other)| one == other).count();
    let from = (equal * BLOCK).min(old.len()).min(new.len());
    let front = |bytes: &[u8]| bytes.len() - from;
    let (old, new) = (old.get(..front(old)), new.get(..front(new)));
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    let pairs = old.iter().rev().zip(new.iter().rev());
    from + pairs.take_while(|(one, other)| one == other).count()
}

/// How many bytes both begin with, and how many of the others both end with.
pub(crate) fn common_ends(old: &[u8], new: &[u8]) -> (usize, usize) {
    let head = common_head(old, new);
    let rest = |bytes: &'_ [u8]| -> usize { bytes.len().min(head) };
    let (old, new) = (old.get(rest(old)..), new.get(rest(new)..));
    let tail = common_tail(old.unwrap_or_default(), new.unwrap_or_default());
    (head, tail)
}

/// What `source` has after `start`; nothing if it does not begin with that.
pub(crate) fn rest_after(source: &mut dyn Read, start: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut buffer = vec![0; PIECE];
    let mut wanted = start;
    while !wanted.is_empty() {
        let most = wanted.len().min(PIECE);
        let room = buffer.get_mut(..most).unwrap_or_default();
        let read = match source.read(room) {
            Ok(0) => return Ok(None),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let (expected, after) = wanted.split_at(read);
        if room.get(..read) != Some(expected) {
            return Ok(None);
        }
        wanted = after;
    }
    let mut rest = Vec::new();
    source.read_to_end(&mut rest)?;
    Ok(Some(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_found_wherever_the_difference_is() {
        let old: Vec<u8> = (0..3 * BLOCK + 7)
            .map(|n| u8::try_from(n % 251).unwrap())
            .collect();
        for at in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, old.len()] {
            let new = [&old[..at], b"\xff\xff", &old[at..]].concat();
            assert_eq!(common_ends(&old, &new), (at, old.len() - at));
            assert_eq!(common_ends(&new, &old), (at, old.len() - at));
        }
        assert_eq!(common_ends(&old, &old), (old.len(), 0));
        assert_eq!(common_ends(b"", &old), (0, 0));
        assert_eq!(common_ends(b"aa", b"aaa"), (2, 0));
    }

    #[test]
    fn what_is_behind_a_start_is_read() {
        let start = vec![7; PIECE + 9];
        let whole = [&start[..], b"more"].concat();
        let read = |mut bytes: &[u8]| rest_after(&mut bytes, &start).unwrap();
        assert_eq!(read(&whole), Some(b"more".to_vec()));
        assert_eq!(read(&start), Some(Vec::new()));
        assert_eq!(read(&start[1..]), None);
        let mut other = start.clone();
        other[PIECE + 2] = 8;
        assert_eq!(read(&other), None);
    }
}
