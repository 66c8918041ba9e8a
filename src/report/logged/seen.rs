//! One refusal that stands in two logs is counted once.
//!
//! rsyslog copies the journal of systemd into files, and several files may hold the same message.
//! Of each daemon, client and second the log that has most refusals counts; those of one log are
//! never taken for each other. A daemon's own log does not name the process, so it does not count
//! here: the logs are taken for those of one machine.

use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// So many are remembered; beyond that, what stands in two logs may count twice, and the report
/// says so.
const MOST: usize = 4_000_000;

/// How often a refusal was met.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    /// Counted so far.
    counted: u64,
    /// Met in the log that is read now.
    here: u64,
    /// Which log that was.
    log: u32,
}

/// What was met.
#[derive(Debug, Default)]
pub(super) struct Seen {
    counts: HashMap<u64, Count>,
    log: u32,
    is_full: bool,
}

impl Seen {
    /// From now on another log is read.
    pub(super) fn begin(&mut self) {
        self.log += 1;
    }

    /// Whether it could not remember all.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// How many of `times` refusals no log before this one had. Two programs may stamp one message
    /// a second apart.
    pub(super) fn news(&mut self, who: (&str, &str), time: DateTime<Utc>, times: u64) -> u64 {
        let second = time.timestamp();
        let keys = [0, -1, 1].map(|step| key(who, second + step));
        let mut news = times;
        for key in keys {
            let old = self.left(key).min(news);
            self.met(key, old, 0);
            news -= old;
        }
        self.met(keys[0], news, news);
        news
    }

    /// How much more often another log had it than this one has so far.
    fn left(&self, key: u64) -> u64 {
        self.counts.get(&key).map_or(0, |count| {
            let here = if count.log == self.log { count.here } else { 0 };
            count.counted.saturating_sub(here)
        })
    }

    /// Counts that it was met `times` times here, of which `news` are not known from another log.
    fn met(&mut self, key: u64, times: u64, news: u64) {
        if times == 0 {
            return;
        }
        if self.counts.len() >= MOST && !self.counts.contains_key(&key) {
            self.is_full = true;
            return;
        }
        let count = self.counts.entry(key).or_default();
        if count.log != self.log {
            count.here = 0;
            count.log = self.log;
        }
        count.here = count.here.saturating_add(times);
        count.counted = count.counted.saturating_add(news);
    }
}

fn key(who: (&str, &str), second: i64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (who, second).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOCK: (&str, &str) = ("sshd", "192.0.2.7");

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    #[test]
    fn one_log_is_counted_in_full_and_a_copy_of_it_not_at_all() {
        let mut seen = Seen::default();
        seen.begin();
        let first: u64 = (0..5).map(|n| seen.news(KNOCK, at(n / 2), 1)).sum();
        assert_eq!(first, 5);
        seen.begin();
        let copy: u64 = (0..5).map(|n| seen.news(KNOCK, at(n / 2), 1)).sum();
        assert_eq!(copy, 0);
        assert_eq!(seen.news(KNOCK, at(2), 1), 1, "more than the first log had");
        assert_eq!(seen.news(("vsftpd", "192.0.2.7"), at(0), 3), 3);
    }

    /// Whoever writes into a log writes any number there.
    #[test]
    fn a_large_number_takes_no_longer_than_a_small_one() {
        let mut seen = Seen::default();
        seen.begin();
        assert_eq!(seen.news(KNOCK, at(10), u64::MAX / 2), u64::MAX / 2);
        seen.begin();
        assert_eq!(seen.news(KNOCK, at(11), u64::MAX / 2 - 3), 0);
        assert_eq!(seen.news(KNOCK, at(10), 5), 2);
    }

    #[test]
    fn many_at_once_count_as_one_after_the_other() {
        let times = [(10, 3), (11, 2), (9, 4), (10, 1), (12, 6)];
        let logs: [&[usize]; 3] = [&[0, 1, 2], &[2, 3, 4, 1], &[4, 0, 3, 3]];
        let (mut together, mut single) = (Seen::default(), Seen::default());
        for log in logs {
            together.begin();
            single.begin();
            for (second, times) in log.iter().map(|place| times[*place]) {
                let wanted: u64 = (0..times).map(|_| single.news(KNOCK, at(second), 1)).sum();
                assert_eq!(together.news(KNOCK, at(second), times), wanted);
            }
        }
    }

    #[test]
    fn a_second_of_difference_is_the_same_message() {
        let mut seen = Seen::default();
        seen.begin();
        assert_eq!(seen.news(KNOCK, at(10), 1), 1);
        seen.begin();
        assert_eq!(seen.news(KNOCK, at(11), 1), 0);
        assert_eq!(seen.news(KNOCK, at(13), 1), 1);
    }
}
