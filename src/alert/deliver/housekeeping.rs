//! What the deliverer does beside events and letters: it forgets what is old, shows that it is
//! alive, and says what went wrong with the alerts themselves.

use crate::alert::deliver::deliverer::{DeliverError, Deliverer, namer};
use crate::alert::journal::{Forgotten, Listener, Replaced, share_of_one};
use crate::alert::model::letter::LetterKind;
use crate::alert::model::reporter::Reporter;
use crate::alert::model::system_letter::Notice;
use crate::system::local_time;
use chrono::{DateTime, SecondsFormat, TimeDelta, Timelike as _, Utc};

/// How often the journal forgets its oldest events, in seconds.
const PRUNE_EVERY: i64 = 6 * 3600;
/// How many files that are not events, and users whose events were removed, are named.
const MOST_EXAMPLES: usize = 20;
/// When the journal was pruned last, in seconds since the epoch.
const PRUNED: &str = "pruned";
/// The day of the last sign of life.
const ALIVE: &str = "alive";
/// When a notice last reported files that are not events, in seconds since the epoch.
const REJECTED: &str = "rejected";
/// The latest time still to come of which a notice has told.
const AHEAD: &str = "ahead";
/// When a notice last reported events that were removed, in seconds since the epoch.
const FORGOTTEN: &str = "forgotten";
const DAY: i64 = 86_400;

impl Deliverer<'_> {
    /// Mends what can be mended and forgets old events, now and then.
    pub(crate) fn prune(&mut self, now: DateTime<Utc>) -> Result<(), DeliverError> {
        let last = self
            .journal
            .fact(PRUNED)?
            .and_then(|text| text.parse().ok());
        if last.is_some_and(|last: i64| (0..PRUNE_EVERY).contains(&(now.timestamp() - last))) {
            return Ok(());
        }
        self.journal.mend()?;
        self.journal.prune(&self.place.config.retention, now)?;
        self.journal
            .set_fact(PRUNED, &now.timestamp().to_string())?;
        Ok(())
    }

    /// Mails the sign of life of the day when its time has come.
    /// Of the drop directories, `unread` files and whole directories could not be read.
    pub(crate) fn show_life(
        &mut self,
        now: DateTime<Utc>,
        unread: usize,
    ) -> Result<(), DeliverError> {
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
            events: self.journal.count_since(since, now)?,
            waiting: waiting.waiting,
            failed: waiting.failed,
            unread: u64::try_from(unread).unwrap_or(u64::MAX),
        };
        self.notify(LetterKind::Heartbeat, &notice, now)?;
        self.journal.set_fact(ALIVE, &today)?;
        Ok(())
    }

    /// Says once that the journal has times which are still to come.
    pub(crate) fn tell_ahead(&mut self, now: DateTime<Utc>) -> Result<(), DeliverError> {
        let Some(ahead) = self.journal.ahead(&self.place.config.alert, now)? else {
            return Ok(());
        };
        let latest = ahead.latest.to_rfc3339_opts(SecondsFormat::Secs, true);
        if self.journal.fact(AHEAD)?.as_ref() == Some(&latest) {
            return Ok(());
        }
        let path = self.place.config.journal.display();
        (self.place.warn)(&format!(
            "the journal {path} has times up to {latest}: the clock was ahead, or is slow now; \
             times in the future count as now"
        ));
        let notice = Notice::ClockAhead {
            latest: latest.clone(),
            events: ahead.events,
        };
        self.notify(LetterKind::Notice, &notice, now)?;
        self.journal.set_fact(AHEAD, &latest)?;
        Ok(())
    }

    /// Says that a damaged journal was put aside, and what the new one has of it.
    pub(in crate::alert) fn tell_damage(
        &mut self,
        replaced: &Replaced,
    ) -> Result<(), DeliverError> {
        let path = self.place.config.journal.display();
        let aside = replaced.aside.display().to_string();
        let salvaged = replaced.salvaged;
        (self.place.warn)(&format!(
            "the journal {path} is damaged: it is now {aside}, and a new one was started; carried \
             over: waiting messages {}, events {}; not readable: waiting messages {}, events {}",
            salvaged.letters, salvaged.events, salvaged.lost_letters, salvaged.lost_events
        ));
        let notice = Notice::JournalDamaged {
            aside,
            letters: salvaged.letters,
            events: salvaged.events,
            lost_letters: salvaged.lost_letters,
            lost_events: salvaged.lost_events,
        };
        self.notify(LetterKind::Notice, &notice, self.place.clock.now())
    }

    /// Says which letters never arrived, now that mail works again.
    pub(crate) fn tell_given_up(&mut self) -> Result<(), DeliverError> {
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
    pub(crate) fn tell_rejected(
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

    /// Says that events of users other than root were removed because their share of the journal is
    /// full: the system log each time, a letter once a day.
    pub(crate) fn tell_forgotten(&mut self, now: DateTime<Utc>) -> Result<(), DeliverError> {
        let share = share_of_one(self.place.config.retention.max_size) >> 10;
        let mut users = self.journal.take_forgotten(Listener::Log)?;
        let rest = users.split_off(users.len().min(MOST_EXAMPLES));
        for Forgotten { uid, events } in users {
            let who = match Reporter::of(uid).uid() {
                Some(uid) => format!("uid {uid}"),
                None => "a user who is not known".to_owned(),
            };
            (self.place.warn)(&format!(
                "the share of {who} in the journal is full ({share} KiB, less where many users \
                 report): events removed, the oldest first: {events}"
            ));
        }
        if !rest.is_empty() {
            let events: u64 = rest.iter().map(|user| user.events).sum();
            (self.place.warn)(&format!(
                "the shares of other users in the journal are full too: users {}, events {events}",
                rest.len()
            ));
        }
        let last = self
            .journal
            .fact(FORGOTTEN)?
            .and_then(|text| text.parse().ok());
        if last.is_some_and(|last: i64| (0..DAY).contains(&(now.timestamp() - last))) {
            return Ok(());
        }
        let users = self.journal.take_forgotten(Listener::Letter)?;
        if users.is_empty() {
            return Ok(());
        }
        self.journal
            .set_fact(FORGOTTEN, &now.timestamp().to_string())?;
        let notice = Notice::OthersForgotten {
            events: users.iter().map(|user| user.events).sum(),
            users: users
                .iter()
                .take(MOST_EXAMPLES)
                .map(|user| (Reporter::of(user.uid).uid(), user.events))
                .collect(),
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
