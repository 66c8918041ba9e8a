//! What the deliverer does beside events and letters: it forgets what is old, shows that it is
//! alive, and says what went wrong with the alarms themselves.

use super::deliverer::{DeliverError, Deliverer, namer};
use super::journal::LetterKind;
use super::notice::Notice;
use super::spool::finished_name;
use crate::system::local_time;
use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;

/// How often the journal forgets its oldest events, in seconds.
const PRUNE_EVERY: i64 = 6 * 3600;
/// How many files that are no events a notice names.
const MOST_EXAMPLES: usize = 20;
/// When the journal was pruned last, in seconds since the epoch.
const PRUNED: &str = "pruned";
/// The day of the last sign of life.
const ALIVE: &str = "alive";
/// When a notice last told of files that are no events, in seconds since the epoch.
const REJECTED: &str = "rejected";
const DAY: i64 = 86_400;

impl Deliverer<'_> {
    /// Forgets the names of files that were collected and are not in their directory any more.
    pub(super) fn forget_stale(&mut self) -> Result<(), DeliverError> {
        let mut names = self.journal.collected()?;
        if names.is_empty() {
            return Ok(());
        }
        for drop in &self.place.drops {
            // What is gone must stay gone; a directory that is not there has nothing to bring back.
            let _synced = File::open(drop).and_then(|file| file.sync_all());
        }
        let here: BTreeSet<String> = self
            .place
            .drops
            .iter()
            .filter_map(|drop| fs::read_dir(drop).ok())
            .flatten()
            .filter_map(|entry| {
                let name = entry.ok()?.file_name().into_string().ok()?;
                Some(finished_name(&name).map_or_else(|| name.clone(), str::to_owned))
            })
            .collect();
        names.retain(|name| !here.contains(name));
        Ok(self.journal.forget(&names)?)
    }

    /// Forgets old events now and then.
    pub(super) fn prune(&mut self, now: DateTime<Utc>) -> Result<(), DeliverError> {
        let last = self
            .journal
            .fact(PRUNED)?
            .and_then(|text| text.parse().ok());
        if last.is_some_and(|last: i64| (0..PRUNE_EVERY).contains(&(now.timestamp() - last))) {
            return Ok(());
        }
        self.journal.prune(&self.place.config.retention, now)?;
        self.journal
            .set_fact(PRUNED, &now.timestamp().to_string())?;
        Ok(())
    }

    /// Mails the sign of life of the day when its time has come.
    pub(super) fn show_life(&mut self, now: DateTime<Utc>) -> Result<(), DeliverError> {
        let Some(wanted) = self.place.config.alert.heartbeat else {
            return Ok(());
        };
        let local = local_time(now);
        let today = local.format("%Y-%m-%d").to_string();
        let is_time = local.hour() * 60 + local.minute() >= wanted;
        if !is_time || self.journal.fact(ALIVE)?.as_ref() == Some(&today) {
            return Ok(());
        }
        let since = now - TimeDelta::seconds(DAY);
        let waiting = self.journal.waiting()?;
        let notice = Notice::Heartbeat {
            events: self.journal.count_since(since)?,
            waiting: waiting.waiting,
            failed: waiting.failed,
        };
        self.notify(LetterKind::Heartbeat, &notice, now)?;
        self.journal.set_fact(ALIVE, &today)?;
        Ok(())
    }

    /// Says that a damaged journal was put aside.
    pub(super) fn tell_damage(&mut self, aside: &Path) -> Result<(), DeliverError> {
        let path = self.place.config.journal.display();
        let aside = aside.display().to_string();
        (self.place.warn)(&format!(
            "the journal {path} is damaged: it is now {aside}, and a new one was begun"
        ));
        let notice = Notice::JournalDamaged { aside };
        self.notify(LetterKind::Notice, &notice, self.place.clock.now())
    }

    /// Says which letters never arrived, now that mail works again.
    pub(super) fn tell_given_up(&mut self) -> Result<(), DeliverError> {
        let letters = self.journal.tell_given_up()?;
        if letters.is_empty() {
            return Ok(());
        }
        let mut events = 0;
        for letter in &letters {
            events += self.journal.letter_count(*letter)?;
        }
        let notice = Notice::GivenUp { letters, events };
        self.notify(LetterKind::Notice, &notice, self.place.clock.now())
    }

    /// Says which files were no events: the system log each time, a letter once a day.
    pub(super) fn tell_rejected(
        &mut self,
        mut rejected: Vec<String>,
        count: u64,
    ) -> Result<(), DeliverError> {
        if rejected.is_empty() {
            return Ok(());
        }
        rejected.truncate(MOST_EXAMPLES);
        for problem in &rejected {
            (self.place.warn)(problem);
        }
        let now = self.place.clock.now();
        let last = self
            .journal
            .fact(REJECTED)?
            .and_then(|text| text.parse().ok());
        if last.is_some_and(|last: i64| (0..DAY).contains(&(now.timestamp() - last))) {
            return Ok(());
        }
        self.journal
            .set_fact(REJECTED, &now.timestamp().to_string())?;
        let notice = Notice::Rejected {
            count,
            examples: rejected,
        };
        self.notify(LetterKind::Notice, &notice, now)
    }

    fn notify(
        &mut self,
        kind: LetterKind,
        notice: &Notice,
        now: DateTime<Utc>,
    ) -> Result<(), DeliverError> {
        let message_id = namer(self.place, now)();
        let body = notice.to_json();
        Ok(self
            .journal
            .queue(kind, &body, &self.channels, now, &message_id)?)
    }
}
