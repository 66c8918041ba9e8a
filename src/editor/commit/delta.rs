//! A content of the history as its difference from another one: a small change of a large table
//! takes a small file.

use serde::{Deserialize, Serialize};

/// Smaller contents are kept as they are.
const SMALLEST: usize = 1 << 16;
/// A difference is at most this part of the content.
const SHARE: usize = 8;
/// As many differences may have to be applied one after the other.
const CHAIN_LIMIT: u32 = 32;

/// What makes one content of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delta {
    pub(crate) head: Head,
    /// What stands between what both begin and end with.
    middle: Vec<u8>,
}

/// The first line of its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// The name of the other content.
    pub(crate) base: String,
    /// How many differences lead to a content that is kept whole.
    pub(crate) chain: u32,
    /// As many bytes of the other content begin this one.
    start: usize,
    /// As many bytes of it end this one.
    end: usize,
}

impl Delta {
    /// From `old`, which is called `base` and is `chain` differences from a whole content, to `new`;
    /// both begin and end with as many bytes as `ends` says. Nothing if that is better kept whole.
    pub(crate) fn between(
        (old, new): (&[u8], &[u8]),
        (start, end): (usize, usize),
        base: &str,
        chain: u32,
    ) -> Option<Self> {
        if new.len() < SMALLEST || chain >= CHAIN_LIMIT {
            return None;
        }
        let is_end = old.len().checked_sub(end)? >= start;
        let middle = new
            .get(start..new.len().checked_sub(end)?)
            .filter(|_| is_end)?;
        (middle.len() <= new.len() / SHARE).then(|| Self {
            head: Head {
                base: base.to_owned(),
                chain: chain + 1,
                start,
                end,
            },
            middle: middle.to_vec(),
        })
    }

    /// Makes the one content of the other; nothing if it does not fit.
    pub(crate) fn apply(self, mut old: Vec<u8>) -> Option<Vec<u8>> {
        let end = old.len().checked_sub(self.head.end)?;
        if self.head.start > end {
            return None;
        }
        drop(old.splice(self.head.start..end, self.middle));
        Some(old)
    }

    /// As a file.
    pub(crate) fn bytes(&self) -> serde_json::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec(&self.head)?;
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.middle);
        Ok(bytes)
    }

    /// From a file.
    pub(crate) fn read(bytes: &[u8]) -> serde_json::Result<Self> {
        let end = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
        let (head, rest) = bytes.split_at(end);
        Ok(Self {
            head: serde_json::from_slice(head)?,
            middle: rest.get(1..).unwrap_or_default().to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::commit::common_ends::common_ends;

    fn between(old: &[u8], new: &[u8], chain: u32) -> Option<Delta> {
        Delta::between((old, new), common_ends(old, new), "base", chain)
    }

    #[test]
    fn a_small_change_comes_back_and_a_large_one_is_none() {
        let old: Vec<u8> = (0..20_000)
            .flat_map(|n| format!("{n}\n").into_bytes())
            .collect();
        for (at, gone, come) in [
            (0, 0, "new\n"),
            (old.len(), 0, "new\n"),
            (5000, 10, ""),
            (5000, 0, "\n\n{}\n"),
            (0, 0, ""),
        ] {
            let new = [&old[..at], come.as_bytes(), &old[at + gone..]].concat();
            let delta = between(&old, &new, 3).unwrap();
            let bytes = delta.bytes().unwrap();
            assert!(bytes.len() < 200);
            assert_eq!(Delta::read(&bytes).unwrap(), delta);
            assert_eq!(delta.head.chain, 4);
            assert_eq!(delta.clone().apply(b"short".to_vec()), None);
            assert_eq!(delta.apply(old.clone()), Some(new));
        }
        let other: Vec<u8> = old.iter().map(|byte| byte ^ 1).collect();
        assert_eq!(between(&old, &other, 0), None);
        assert_eq!(between(&old, &old, CHAIN_LIMIT), None);
        assert_eq!(between(b"a\n", b"b\n", 0), None);
    }
}
