//! What was found in a drop directory and is not wanted there or cannot be read: counted by user
//! and reason, reported once, and reported again with the new count when an hour has passed.

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How long the same is not reported again.
const QUIET: TimeDelta = TimeDelta::hours(1);
/// How many users and reasons are told apart; all others are one.
const MOST_TOLD_APART: usize = 200;

/// Why a file is not wanted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// It has the name of an event and is none.
    NoEvent(String),
    /// Its owner has left more than a fair share; it stays.
    TooMany,
    /// It is the event of a later version; it stays.
    Newer,
    /// The system could not read it; it stays.
    Unread(String),
}

/// A reason, and a user: nobody in particular after the first two hundred.
type Key = (Option<u32>, Why, bool);

/// Counts and memory of what was reported.
#[derive(Debug, Default)]
pub(crate) struct Surplus {
    counts: BTreeMap<Key, Count>,
}

#[derive(Debug, Default)]
struct Count {
    files: u64,
    example: PathBuf,
    told: Option<DateTime<Utc>>,
}

impl Surplus {
    /// Counts a file of `uid`, if that is known, which was deleted or could not be.
    pub(crate) fn count(&mut self, path: &Path, uid: Option<u32>, why: Why, is_deleted: bool) {
        let mut key = (uid, why, is_deleted);
        if self.counts.len() >= MOST_TOLD_APART && !self.counts.contains_key(&key) {
            key.0 = None;
            if matches!(key.1, Why::NoEvent(_)) {
                key.1 = Why::NoEvent("they are not events".to_owned());
            } else if matches!(key.1, Why::Unread(_)) {
                key.1 = Why::Unread("they cannot be read".to_owned());
            }
        }
        let count = self.counts.entry(key).or_default();
        if count.files == 0 {
            path.clone_into(&mut count.example);
        }
        count.files += 1;
    }

    /// Says how many files of `uid`, of which `path` is one, have to wait now.
    pub(crate) fn left(&mut self, path: &Path, uid: u32, files: u64) {
        let mut key = (Some(uid), Why::TooMany, false);
        if self.counts.len() >= MOST_TOLD_APART && !self.counts.contains_key(&key) {
            key.0 = None;
        }
        let is_alone = key.0.is_some();
        let count = self.counts.entry(key).or_default();
        path.clone_into(&mut count.example);
        // Those of one user are counted again each time.
        count.files = if is_alone { files } else { count.files + files };
    }

    /// What is new and was not reported within the hour, and how many files it is about.
    pub(crate) fn tell(&mut self, directory: &Path, now: DateTime<Utc>) -> (Vec<String>, u64) {
        // A clock that was put back does not silence anything for long.
        let is_recent = |told: DateTime<Utc>| (told - now).abs() < QUIET;
        self.counts
            .retain(|_, count| count.files > 0 || count.told.is_some_and(is_recent));
        let (mut lines, mut files) = (Vec::new(), 0);
        for (key, count) in &mut self.counts {
            if count.files > 0 && !count.told.is_some_and(is_recent) {
                lines.push(line(key, count, directory));
                files += count.files;
                count.files = 0;
                count.told = Some(now);
            }
        }
        (lines, files)
    }
}

fn line((uid, why, is_deleted): &Key, count: &Count, directory: &Path) -> String {
    let done = match (why, is_deleted) {
        (Why::TooMany | Why::Newer | Why::Unread(_), _) => "left",
        (_, true) => "deleted",
        (_, false) => "could not delete",
    };
    let who = match uid {
        Some(uid) => format!("uid {uid}"),
        None if count.files == 1 => "uid not known".to_owned(),
        None => "several uids".to_owned(),
    };
    let what = if count.files == 1 {
        format!("{} ({who})", count.example.display())
    } else {
        let (files, place) = (count.files, directory.display());
        format!("{files} files of {who} in {place}")
    };
    let why = match why {
        Why::NoEvent(why) => why.as_str(),
        Why::TooMany => {
            "10000 files and 16 MiB of a user other than root are read in a minute; these are \
             read later"
        }
        Why::Newer => "a later version of tcpw wrote it; install that version to collect it",
        Why::Unread(why) => return format!("{done} {what}: {why}; nothing is deleted unread"),
    };
    format!("{done} {what}: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + minute * 60, 0).unwrap()
    }

    #[test]
    fn the_same_is_told_once_an_hour_with_its_count() {
        let (mut surplus, drop) = (Surplus::default(), Path::new("/drop"));
        let why = || Why::NoEvent("it is too large".to_owned());
        let count = |surplus: &mut Surplus, files: usize| {
            for _ in 0..files {
                surplus.count(Path::new("/drop/x"), Some(7), why(), true);
            }
        };
        count(&mut surplus, 3);
        let (told, files) = surplus.tell(drop, at(0));
        assert_eq!((told.len(), files), (1, 3));
        assert!(
            told[0].starts_with("deleted 3 files of uid 7 in /drop: "),
            "{told:?}"
        );
        count(&mut surplus, 4);
        assert_eq!(surplus.tell(drop, at(59)), (Vec::new(), 0));
        count(&mut surplus, 5);
        let (told, files) = surplus.tell(drop, at(61));
        assert_eq!(files, 9);
        assert!(told[0].starts_with("deleted 9 files"), "{told:?}");
        assert!(surplus.tell(drop, at(300)).0.is_empty());
    }

    #[test]
    fn what_has_to_wait_is_counted_once_however_often_it_is_looked_at() {
        let (mut surplus, drop) = (Surplus::default(), Path::new("/drop"));
        for _ in 0..3 {
            surplus.left(Path::new("/drop/x"), 7, 500);
        }
        let (told, files) = surplus.tell(drop, at(0));
        assert_eq!((told.len(), files), (1, 500));
        let wanted = "left 500 files of uid 7 in /drop: ";
        assert!(
            told[0].starts_with(wanted) && told[0].ends_with("read later"),
            "{told:?}"
        );
    }

    #[test]
    fn many_users_take_no_more_memory_than_some() {
        let mut surplus = Surplus::default();
        for uid in 0..10_000 {
            let why = Why::NoEvent(format!("reason {uid}"));
            surplus.count(Path::new("/drop/x"), Some(uid), why, false);
        }
        let (told, files) = surplus.tell(Path::new("/drop"), at(0));
        assert_eq!(files, 10_000);
        assert_eq!(told.len(), MOST_TOLD_APART + 1);
        let all = "could not delete 9800 files of several uids in /drop: they are not events";
        assert!(told.iter().any(|line| line == all), "{told:?}");
        assert!(
            told.iter()
                .any(|line| line == "could not delete /drop/x (uid 7): reason 7")
        );
    }
}
