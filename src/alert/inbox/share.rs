//! What users other than root are held to: how much of each is read in a minute. What is beyond that
//! stays where it is and is read later, so that nobody's events are lost and nobody's fill the
//! journal at once.

use crate::alert::inbox::directory::Look;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use std::time::Duration;

/// The bounds of a collector.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// How many events one pass takes from a directory of root's; the next pass takes the next
    /// ones. Each pass costs a sync of the journal.
    pub(crate) pass: usize,
    /// How many it takes from any other directory, before root's is looked at again.
    pub(crate) slice: usize,
    /// How long a pass may last.
    pub(crate) time: Duration,
    /// How many files of one user are read in a minute.
    pub(crate) files: usize,
    /// How many bytes they may have.
    pub(crate) bytes: u64,
    /// How many names of a directory of root's are kept, the oldest ones.
    pub(crate) names: usize,
}

pub(crate) const LIMITS: Limits = Limits {
    pass: 5000,
    slice: 1000,
    time: Duration::from_millis(50),
    files: 10_000,
    bytes: 16 * 1024 * 1024,
    names: 65_536,
};

/// After this time a user's share is whole again.
pub(crate) const REFILL: TimeDelta = TimeDelta::minutes(1);

/// What was read of each user lately.
#[derive(Debug, Default)]
pub(crate) struct Shares {
    users: HashMap<u32, Share>,
}

#[derive(Debug)]
struct Share {
    since: DateTime<Utc>,
    files: usize,
    bytes: u64,
}

impl Shares {
    /// Whether a file of `uid` has to wait.
    pub(crate) fn is_over_with(
        &mut self,
        uid: u32,
        file: Look,
        limits: Limits,
        now: DateTime<Utc>,
    ) -> bool {
        let share = self.of(uid, now);
        share.files >= limits.files || share.bytes.saturating_add(file.bytes) > limits.bytes
    }

    /// Counts a file of `uid` that was an event.
    pub(crate) fn count(&mut self, uid: u32, file: Look, now: DateTime<Utc>) {
        let share = self.of(uid, now);
        share.files += 1;
        share.bytes = share.bytes.saturating_add(file.bytes);
    }

    /// Forgets whose share is whole again.
    pub(crate) fn forget_old(&mut self, now: DateTime<Utc>) {
        self.users.retain(|_, share| !share.is_old(now));
    }

    fn of(&mut self, uid: u32, now: DateTime<Utc>) -> &mut Share {
        let share = self.users.entry(uid).or_insert(Share::new(now));
        if share.is_old(now) {
            *share = Share::new(now);
        }
        share
    }
}

impl Share {
    fn new(now: DateTime<Utc>) -> Self {
        Self {
            since: now,
            files: 0,
            bytes: 0,
        }
    }

    /// Also where the clock was put back.
    fn is_old(&self, now: DateTime<Utc>) -> bool {
        (now - self.since).abs() >= REFILL
    }
}
