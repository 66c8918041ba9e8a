//! A damaged journal is put aside, a new one is started, and what can be read of the old one is
//! carried over.

use crate::alert::journal::aside::{count_try, finish, set_aside, unfinished};
use crate::alert::journal::database::{Journal, JournalError};
use crate::alert::journal::passing::Faults;
use crate::alert::journal::salvage::{Salvaged, is_new, salvage};
use chrono::{DateTime, Utc};
use std::mem::take;
use std::path::{Path, PathBuf};

/// How often a fault of the system is taken for one that passes: twice by each process.
const MOST_TRIES: usize = 10;

/// What became of a damaged journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::alert) struct Replaced {
    /// Where it is now.
    pub(in crate::alert) aside: PathBuf,
    /// What the new one has of it.
    pub(in crate::alert) salvaged: Salvaged,
}

impl Journal {
    /// Opens the journal at `path`; one that is damaged is renamed first, and what can be read of
    /// it is carried over, also if another process was killed while it did so.
    ///
    /// # Errors
    /// As [`Journal::open`], and when the damaged one cannot be renamed.
    pub(in crate::alert) fn open_or_replace(
        path: &Path,
        now: DateTime<Utc>,
    ) -> Result<(Self, Option<Replaced>), JournalError> {
        let begun = unfinished(path)?;
        match (Self::open(path), begun) {
            (Err(error), _) if error.is_damage() => {
                Self::replace(path, now).map(|(journal, replaced)| (journal, Some(replaced)))
            }
            (opened, None) => Ok((opened?, None)),
            (opened, Some(aside)) => {
                let mut journal = opened?;
                if !is_new(&mut journal)? {
                    finish(path);
                    return Ok((journal, None));
                }
                let replaced = carry_over(path, aside, &mut journal, now)?;
                Ok((journal, Some(replaced)))
            }
        }
    }

    /// Puts the damaged journal at `path` aside, which nobody may have open, and starts a new one
    /// with what can be read of it.
    ///
    /// # Errors
    /// When the damaged one cannot be renamed, or the new one not be written.
    pub(in crate::alert) fn replace(
        path: &Path,
        now: DateTime<Utc>,
    ) -> Result<(Self, Replaced), JournalError> {
        let aside = set_aside(path, now)?;
        let mut journal = Self::open(path)?;
        let replaced = carry_over(path, aside, &mut journal, now)?;
        Ok((journal, replaced))
    }
}

/// Carries over what can be read of the journal that was put aside. A fault of the system is tried
/// again, here and by whoever opens the journal next, before it is taken for damage.
fn carry_over(
    path: &Path,
    aside: PathBuf,
    journal: &mut Journal,
    now: DateTime<Utc>,
) -> Result<Replaced, JournalError> {
    let mut has_another = true;
    loop {
        let tries = count_try(path);
        let faults = if tries < MOST_TRIES {
            Faults::MayPass
        } else {
            Faults::Stay
        };
        match salvage(&aside, journal, faults, now) {
            Ok(salvaged) => {
                finish(path);
                return Ok(Replaced { aside, salvaged });
            }
            Err(_) if take(&mut has_another) => {}
            Err(error) => return Err(error),
        }
    }
}
