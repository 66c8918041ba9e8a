//! A multimap from hashes to numbers, made once and then only read: sorted, with a directory by
//! the leading bits, so that a look-up touches two places in memory whatever the size.

/// Hashes with the numbers filed under them, ascending for each hash.
#[derive(Debug, Clone, Default)]
pub(super) struct Buckets {
    hashes: Vec<u64>,
    numbers: Vec<u32>,
    /// Where the hashes with these leading bits begin; one more entry than there are buckets.
    starts: Vec<u32>,
    bits: u32,
}

impl Buckets {
    /// Files all pairs; a pair that occurs twice is filed once.
    pub(super) fn new(mut pairs: Vec<(u64, u32)>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        // About two hashes a bucket.
        let bits = pairs.len().checked_ilog2().unwrap_or(0);
        let mut starts = vec![0_u32; (1_usize << bits) + 1];
        for (hash, _) in &pairs {
            if let Some(count) = starts.get_mut(bucket(*hash, bits) + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let (hashes, numbers) = pairs.into_iter().unzip();
        Self {
            hashes,
            numbers,
            starts,
            bits,
        }
    }

    /// The numbers filed under `hash`, ascending.
    pub(super) fn get(&self, hash: u64) -> &[u32] {
        let at = bucket(hash, self.bits);
        let edge = |at: usize| {
            self.starts
                .get(at)
                .map_or(0, |&start| crate::span::index(start))
        };
        let (from, to) = (edge(at), edge(at + 1));
        let here = self.hashes.get(from..to).unwrap_or_default();
        let first = here.partition_point(|&other| other < hash);
        let count = here
            .iter()
            .skip(first)
            .take_while(|&&other| other == hash)
            .count();
        self.numbers
            .get(from + first..from + first + count)
            .unwrap_or_default()
    }
}

/// The leading `bits` of a hash.
fn bucket(hash: u64, bits: u32) -> usize {
    usize::try_from(hash.checked_shr(64 - bits).unwrap_or(0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_found_and_no_other() {
        let pairs: Vec<(u64, u32)> = (0..5000_u32)
            .map(|n| (u64::from(n % 1700).wrapping_mul(0x9e37_79b9_7f4a_7c15), n))
            .collect();
        let buckets = Buckets::new(pairs);
        for n in 0..1700_u32 {
            let hash = u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let expected: Vec<u32> = (0..5000).filter(|m| m % 1700 == n).collect();
            assert_eq!(buckets.get(hash), expected);
        }
        assert_eq!(buckets.get(12345), [0; 0]);
        assert_eq!(Buckets::new(Vec::new()).get(7), [0; 0]);
    }
}
