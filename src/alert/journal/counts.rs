//! How many events each source has, counted by several threads in little memory: four bytes a
//! source, and nothing for stretches of numbers that have none.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Counters of one page.
const PAGE: usize = 1 << 14;
/// The bit of a counter that says that the source is new.
const NEW: u32 = 1 << 31;

/// Counters for the sources from a number on.
pub(super) struct Counts {
    base: i64,
    pages: Vec<OnceLock<Box<[AtomicU32]>>>,
}

/// What the counters say together.
#[derive(Debug, Clone, Default)]
pub(super) struct Ranking {
    /// Sources with an event.
    pub(super) sources: u64,
    /// Those of them that are new.
    pub(super) new: u64,
    /// Sources with more than one event.
    pub(super) repeating: u64,
    /// Those with most events, and how many; most first.
    pub(super) top: Vec<(i64, u64)>,
    /// Of the new ones likewise.
    pub(super) top_new: Vec<(i64, u64)>,
}

impl Counts {
    /// Counters for the sources `first` to `last`.
    pub(super) fn new(first: i64, last: i64) -> Self {
        let length = usize::try_from(last.saturating_sub(first).saturating_add(1)).unwrap_or(0);
        let mut pages = Vec::new();
        pages.resize_with(length.div_ceil(PAGE), OnceLock::new);
        Self { base: first, pages }
    }

    /// Counts an event of a source, its first one if `is_new`.
    pub(super) fn add(&self, source: i64, is_new: bool) {
        let Ok(index) = usize::try_from(source.wrapping_sub(self.base)) else {
            return;
        };
        let counter = self.pages.get(index / PAGE).and_then(|page| {
            page.get_or_init(|| (0..PAGE).map(|_| AtomicU32::new(0)).collect())
                .get(index % PAGE)
        });
        if let Some(counter) = counter {
            counter.fetch_add(1, Ordering::Relaxed);
            if is_new {
                counter.fetch_or(NEW, Ordering::Relaxed);
            }
        }
    }

    /// Who has most, `most` of them. The sources in `last` come after all others: no user of this
    /// machine can invent enough to hide what root has reported.
    pub(super) fn rank(&self, most: usize, last: &HashSet<i64>) -> Ranking {
        let mut ranking = Ranking::default();
        let mut top = [Best::new(most), Best::new(most)];
        let mut top_new = [Best::new(most), Best::new(most)];
        for (number, page) in (0_i64..).zip(&self.pages) {
            let start = number.saturating_mul(i64::try_from(PAGE).unwrap_or(0));
            let counters = page.get().into_iter().flat_map(|page| page.iter());
            for (offset, counter) in (0_i64..).zip(counters) {
                let value = counter.load(Ordering::Relaxed);
                let count = value & !NEW;
                if count == 0 {
                    continue;
                }
                let source = self.base + start + offset;
                ranking.sources += 1;
                ranking.repeating += u64::from(count > 1);
                let place = usize::from(last.contains(&source));
                let is_new = value & NEW != 0;
                ranking.new += u64::from(is_new);
                for best in [Some(&mut top), is_new.then_some(&mut top_new)] {
                    if let Some(best) = best.and_then(|best| best.get_mut(place)) {
                        best.offer(count, source);
                    }
                }
            }
        }
        let first = |best: [Best; 2]| -> Vec<(i64, u64)> {
            best.into_iter()
                .flat_map(Best::into_sorted)
                .take(most)
                .collect()
        };
        (ranking.top, ranking.top_new) = (first(top), first(top_new));
        ranking
    }
}

/// The largest of what is offered; of equals the one with the lower number.
struct Best {
    most: usize,
    heap: BinaryHeap<Reverse<(u32, Reverse<i64>)>>,
}

impl Best {
    fn new(most: usize) -> Self {
        Self {
            most,
            heap: BinaryHeap::new(),
        }
    }

    fn offer(&mut self, count: u32, source: i64) {
        let entry = Reverse((count, Reverse(source)));
        if self.heap.len() < self.most {
            self.heap.push(entry);
        } else if let Some(mut least) = self.heap.peek_mut()
            && entry < *least
        {
            *least = entry;
        }
    }

    fn into_sorted(self) -> Vec<(i64, u64)> {
        let sorted = self.heap.into_sorted_vec().into_iter();
        sorted
            .map(|Reverse((count, Reverse(source)))| (source, u64::from(count)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_with_most_come_first() {
        let counts = Counts::new(5, 100_000);
        for (source, times) in [
            (5, 3),
            (99_999, 7),
            (40_000, 1),
            (6, 3),
            (4, 9),
            (200_000, 9),
        ] {
            for time in 0..times {
                counts.add(source, time == 0 && source != 6);
            }
        }
        let ranking = counts.rank(3, &HashSet::new());
        assert_eq!(ranking.top, [(99_999, 7), (5, 3), (6, 3)]);
        assert_eq!(ranking.top_new, [(99_999, 7), (5, 3), (40_000, 1)]);
        assert_eq!((ranking.sources, ranking.new, ranking.repeating), (4, 3, 3));
        assert_eq!(Counts::new(1, 0).rank(3, &HashSet::new()).sources, 0);
        let ranking = counts.rank(3, &HashSet::from([99_999, 5]));
        assert_eq!(ranking.top, [(6, 3), (40_000, 1), (99_999, 7)]);
        assert_eq!(ranking.top_new, [(40_000, 1), (99_999, 7), (5, 3)]);
        assert_eq!((ranking.sources, ranking.new, ranking.repeating), (4, 3, 3));
    }
}
