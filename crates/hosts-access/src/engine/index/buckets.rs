//! A multimap from hashes to numbers, made once and then only read: sorted, with a directory by
//! the leading bits, so that a look-up touches two places in memory whatever the size.

use crate::span::{index, offset};

/// Hashes with the numbers filed under them, ascending for each hash.
///
/// Of each hash the directory knows the leading bits and the entry 32 more; two hashes that share
/// them share their numbers, which costs whoever asks a comparison.
#[derive(Debug, Clone, Default)]
pub(crate) struct Buckets {
    /// Part of the hash in the upper half, the number in the lower.
    entries: Vec<u64>,
    /// Where the entries with these leading bits begin; one more than there are buckets.
    starts: Vec<u32>,
    bits: u32,
}

impl Buckets {
    /// Files all pairs; a pair that occurs twice is filed once.
    pub(crate) fn new(pairs: &[(u64, u32)]) -> Self {
        // About two hashes a bucket.
        let bits = pairs.len().checked_ilog2().unwrap_or(0).saturating_sub(1);
        let mut starts = vec![0_u32; (1_usize << bits) + 1];
        for (hash, _) in pairs {
            if let Some(count) = starts.get_mut(bucket(*hash, bits) + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut entries = vec![0; pairs.len()];
        let mut free = starts.clone();
        for &(hash, number) in pairs {
            if let Some(place) = free.get_mut(bucket(hash, bits)) {
                if let Some(entry) = entries.get_mut(index(*place)) {
                    *entry = tag(hash, bits) | u64::from(number);
                }
                *place += 1;
            }
        }
        for edges in starts.windows(2) {
            if let &[from, to] = edges
                && to - from > 1
                && let Some(bucket) = entries.get_mut(index(from)..index(to))
            {
                bucket.sort_unstable();
            }
        }
        Self {
            entries,
            starts,
            bits,
        }
    }

    /// All entries, in the order of their buckets.
    pub(crate) fn entries(&self) -> &[u64] {
        &self.entries
    }

    /// Where the buckets begin among the entries, and where the last one ends.
    pub(crate) fn starts(&self) -> &[u32] {
        &self.starts
    }

    /// As many leading bits of a hash choose its bucket.
    pub(crate) fn bits(&self) -> u32 {
        self.bits
    }

    /// The entries under `hash`, ascending by their numbers.
    pub(crate) fn get(&self, hash: u64) -> &[u64] {
        let at = bucket(hash, self.bits);
        let edge = |at: usize| self.starts.get(at).map_or(0, |&start| index(start));
        let bucket = self.entries.get(edge(at)..edge(at + 1)).unwrap_or_default();
        let tag = tag(hash, self.bits);
        let first = bucket.partition_point(|&entry| entry < tag);
        let behind = bucket.get(first..).unwrap_or_default();
        let count = behind.partition_point(|&entry| entry & TAG == tag);
        behind.get(..count).unwrap_or_default()
    }
}

/// The bits of an entry that are of its hash.
pub(crate) const TAG: u64 = !0xffff_ffff;

/// The leading `bits` of a hash.
pub(crate) fn bucket(hash: u64, bits: u32) -> usize {
    usize::try_from(hash.checked_shr(64 - bits).unwrap_or(0)).unwrap_or(0)
}

/// The 32 bits behind them, in the upper half.
pub(crate) fn tag(hash: u64, bits: u32) -> u64 {
    hash.checked_shl(bits).unwrap_or(0) & TAG
}

/// Merges entries of several hashes into their numbers, ascending and each once.
#[derive(Debug)]
pub(crate) struct Merged<'b> {
    lists: Vec<&'b [u64]>,
}

impl<'b> Merged<'b> {
    pub(crate) fn new() -> Self {
        Self {
            lists: Vec::with_capacity(8),
        }
    }

    /// Takes one more list of entries into account.
    pub(crate) fn add(&mut self, list: &'b [u64]) {
        if !list.is_empty() {
            self.lists.push(list);
        }
    }
}

impl Iterator for Merged<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let first = |list: &&[u64]| list.first().map(|entry| entry & !TAG);
        let least = self.lists.iter().filter_map(first).min()?;
        for list in &mut self.lists {
            while let [entry, rest @ ..] = list
                && entry & !TAG == least
            {
                *list = rest;
            }
        }
        Some(offset(usize::try_from(least).unwrap_or(usize::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(n: u32) -> u64 {
        u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn numbers(buckets: &Buckets, hashes: &[u64]) -> Vec<u32> {
        let mut merged = Merged::new();
        for &hash in hashes {
            merged.add(buckets.get(hash));
        }
        merged.collect()
    }

    #[test]
    fn every_pair_is_found_and_no_other() {
        let pairs: Vec<(u64, u32)> = (0..5000_u32).map(|n| (hash(n % 1700), n)).collect();
        let buckets = Buckets::new(&pairs);
        for n in 0..1700_u32 {
            let expected: Vec<u32> = (0..5000).filter(|m| m % 1700 == n).collect();
            assert_eq!(numbers(&buckets, &[hash(n)]), expected);
        }
        assert_eq!(numbers(&buckets, &[hash(1700)]), [0; 0]);
        assert_eq!(numbers(&Buckets::new(&[]), &[7]), [0; 0]);
        assert_eq!(numbers(&Buckets::new(&[(9, 3)]), &[9]), [3]);
    }

    #[test]
    fn numbers_under_several_hashes_come_in_order_and_once() {
        let pairs = [(1, 5), (1, 5), (1, 9), (hash(2), 5), (hash(2), 7)];
        let buckets = Buckets::new(&pairs);
        assert_eq!(numbers(&buckets, &[1, hash(2), 1]), [5, 7, 9]);
    }
}
