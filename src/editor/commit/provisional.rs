//! Changes that are rolled back unless somebody confirms them.

use crate::editor::commit::digest::digest;
use crate::system::Moment;
use serde::{Deserialize, Serialize};

/// Until when a change has to be confirmed, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisional {
    /// Seconds since 1970, UTC: when it is rolled back.
    pub due: i64,
    /// The boot in which it was made; see [`Moment::boot`].
    boot: String,
    /// Milliseconds since that boot: when the tables were in place, and when it is rolled back.
    made_since_boot: u64,
    due_since_boot: u64,
    /// The SHA-256 of the word that confirms it from anywhere.
    token: String,
}

/// What became of a change that had to be confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It can still be confirmed.
    Open,
    /// It was confirmed.
    Confirmed,
    /// A later change took it back: its number.
    TakenBack(u64),
}

impl Provisional {
    /// To be confirmed within `seconds`, from a new login or by `token`.
    pub fn new(now: &Moment, seconds: u32, token: &str) -> Self {
        Self {
            due: now.unix.saturating_add(i64::from(seconds)),
            boot: now.boot.clone(),
            made_since_boot: now.since_boot,
            due_since_boot: now.since_boot.saturating_add(u64::from(seconds) * 1000),
            token: digest(token.as_bytes()),
        }
    }

    /// The same, made at `now`: the tables are in place only then.
    pub(crate) fn made(self, now: &Moment) -> Self {
        Self {
            made_since_boot: now.since_boot,
            ..self
        }
    }

    /// Whether it is time to take it back. A clock that was set does not matter within one boot;
    /// after a restart it is time: whoever waited is gone, and the clock may be wrong.
    pub fn is_due(&self, now: &Moment) -> bool {
        let is_restarted = self.boot != now.boot || now.since_boot < self.made_since_boot;
        is_restarted || now.since_boot >= self.due_since_boot
    }

    /// Milliseconds until it is due, in the boot in which it was made.
    pub fn remaining(&self, now: &Moment) -> u64 {
        self.due_since_boot.saturating_sub(now.since_boot)
    }

    /// Whether a login that began at `start`, in milliseconds since this boot, has passed the
    /// tables as the change left them.
    pub fn is_before(&self, start: u64, now: &Moment) -> bool {
        self.boot != now.boot || start > self.made_since_boot
    }

    /// What it is called before it has a number: the digest of the word that confirms it.
    pub fn mark(&self) -> &str {
        &self.token
    }

    /// Whether `token` confirms it.
    pub fn is_confirmed_by(&self, token: &str) -> bool {
        digest(token.as_bytes()) == self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_clock_puts_it_off_and_a_restart_makes_it_due() {
        let moment = |unix, boot: &str, since_boot| Moment {
            unix,
            boot: boot.to_owned(),
            since_boot,
        };
        let terms = Provisional::new(&moment(1_000_000, "a", 50_000), 300, "word");
        for (unix, boot, since_boot, is_due) in [
            (1_000_010, "a", 60_000, false),
            // A clock that jumps forward, and one that jumps back.
            (9_000_000, "a", 60_000, false),
            (0, "a", 350_000, true),
            // After a restart, whatever the clock shows.
            (1_000_010, "b", 60_000, true),
            (0, "b", 1_000, true),
            // A kernel that does not tell its boots apart has counted from the start again.
            (1_000_010, "a", 40_000, true),
        ] {
            let now = moment(unix, boot, since_boot);
            assert_eq!(terms.is_due(&now), is_due, "{now:?}");
        }
    }
}
