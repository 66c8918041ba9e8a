//! The slow path: drop directory -> journal -> outbox -> mail, by one process at a time.

use crate::alert::deliver::dispatch;
use crate::alert::deliver::dispatch::{
    Sender, Sent, answer, channels, is_about_letter, lacks_surroundings, problem,
};
use crate::alert::deliver::pace::{Gone, Haste};
use crate::alert::deliver::standing::{Standing, identity_of};
use crate::alert::event::Event;
use crate::alert::inbox::collector::Collector;
use crate::alert::journal::database::{Journal, JournalError, make_directory};
use crate::alert::journal::{Dispatch, Settled, Waiting, pause};
use crate::alert::letter::mime::People;
use crate::alert::model::letter::Letter;
use crate::alert::model::outcome::Delivery;
use crate::alert::model::rule_finder::{FiredRule, RuleFinder, Verdict};
use crate::alert::transport::channel::Transport;
use crate::alert::{lock, spool};
use crate::config::Config;
use crate::system::{Clock, random_u64};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::thread::{self, Builder, sleep};
use std::time::Duration;
use thiserror::Error;

/// How often a letter that is being sent is looked at.
const SHORTEST_LOOK: Duration = Duration::from_micros(200);
const LONGEST_LOOK: Duration = Duration::from_millis(100);

/// Why the deliverer cannot work at all.
#[derive(Debug, Error)]
pub enum DeliverError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The lock file.
    #[error("cannot lock {}: {cause}", .path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The journal was moved, removed or replaced by another one while it was open.
    #[error("the journal {} is another one than a moment ago", .path.display())]
    Replaced {
        /// The journal.
        path: PathBuf,
    },
}

impl DeliverError {
    /// Whether it may pass by itself, as a locked database or a full disk does.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Journal(error) => !matches!(error, JournalError::Newer { .. }),
            Self::Replaced { .. } => true,
            Self::Lock { .. } => false,
        }
    }
}

/// What a deliverer works with.
pub struct Workplace<'a> {
    /// The settings.
    pub config: &'a Config,
    /// The directories where events arrive.
    pub drops: Vec<PathBuf>,
    /// This machine's name.
    pub host: String,
    /// What time it is.
    pub clock: &'a dyn Clock,
    /// Names the rule that fired.
    pub rules: &'a dyn RuleFinder,
    /// The way out.
    pub transport: &'a dyn Transport,
    /// The directory of systemd's credentials, if there is one.
    pub credentials: Option<PathBuf>,
    /// Hears what must not go unnoticed.
    pub warn: &'a dyn Fn(&str),
    /// Hears of every event once it is in the journal.
    pub record: &'a dyn Fn(&Event, Option<&FiredRule>, Verdict),
}

/// What one round did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeliveryReport {
    /// Events moved into the journal.
    pub collected: usize,
    /// Letters that everybody has.
    pub sent: usize,
    /// The answers to them: of the server, or paths of files.
    pub answers: Vec<String>,
    /// Event files that could not be read, and drop directories that could not be listed.
    pub unread: usize,
    /// When to collect again although nothing new comes, if there is more than one round takes.
    pub again: Option<Duration>,
    /// What is left.
    pub left: Waiting,
    /// Whether this process lacks what a letter needs, so that another one should deliver.
    pub is_lacking: bool,
}

/// The one deliverer of a journal, as long as it lives.
pub struct Deliverer<'a> {
    pub(crate) place: &'a Workplace<'a>,
    pub(crate) journal: Journal,
    pub(crate) channels: Vec<String>,
    pub(crate) collector: Collector,
    pub(crate) gone: Gone,
    /// Whether it has forgotten what earlier deliverers left.
    is_tidy: bool,
    standing: Standing,
    lock: File,
}

impl<'a> Deliverer<'a> {
    /// Takes the lock and opens the journal; nothing when another deliverer is at work. A
    /// damaged journal is put aside, what can be read of it goes on in a new one, and a letter
    /// says so.
    ///
    /// # Errors
    /// When lock or journal cannot be made.
    pub fn start(place: &'a Workplace<'a>) -> Result<Option<Self>, DeliverError> {
        let path = &place.config.journal;
        make_directory(path)?;
        let lock = lock::acquire(path).map_err(|cause| DeliverError::Lock {
            path: lock::lock_path(path),
            cause,
        })?;
        let Some(lock) = lock else {
            return Ok(None);
        };
        let before = identity_of(path);
        let (journal, replaced) = Journal::open_or_replace(path, place.clock.now())?;
        if replaced.is_none() && before.is_some() && before != identity_of(path) {
            return Err(DeliverError::Replaced { path: path.clone() });
        }
        let mut deliverer = Self {
            place,
            journal,
            channels: channels(place.config),
            collector: Collector::default(),
            gone: Gone::default(),
            is_tidy: false,
            standing: Standing::of(path, &lock),
            lock,
        };
        if let Some(replaced) = replaced {
            deliverer.tell_damage(&replaced)?;
        }
        Ok(Some(deliverer))
    }

    /// Collects everything and tries the letters that are due, or with `all` every one that is
    /// not delivered. A journal that turns out to be damaged is put aside, and what can be
    /// read of it goes on in a new one.
    ///
    /// # Errors
    /// When the journal cannot be used, or is another one than the one that was opened.
    pub fn round(&mut self, all: bool) -> Result<DeliveryReport, DeliverError> {
        self.replacing(|deliverer| deliverer.work(all))
    }

    /// Does `work`, and does it again with a new journal if this one turns out to be damaged.
    fn replacing<T>(
        &mut self,
        work: impl Fn(&mut Self) -> Result<T, DeliverError>,
    ) -> Result<T, DeliverError> {
        match work(self) {
            Err(DeliverError::Journal(error)) if error.is_damage() => {
                let path = &self.place.config.journal;
                // Closed later, it would take what SQLite keeps beside the new one for its own.
                self.journal.close();
                let (journal, replaced) = Journal::replace(path, self.place.clock.now())?;
                self.journal = journal;
                self.standing = Standing::of(path, &self.lock);
                self.tell_damage(&replaced)?;
                work(self)
            }
            done => done,
        }
    }

    /// Whether the open journal is still the one at its path, which others read.
    ///
    /// # Errors
    /// When it is not: what would be written into it now would be lost.
    pub(crate) fn stand(&self) -> Result<(), DeliverError> {
        if self.standing.holds() {
            return Ok(());
        }
        let path = self.place.config.journal.clone();
        Err(DeliverError::Replaced { path })
    }

    fn work(&mut self, all: bool) -> Result<DeliveryReport, DeliverError> {
        let collected = self.collect(if all { Haste::Whole } else { Haste::Round })?;
        let mut report = DeliveryReport {
            collected: collected.events,
            unread: collected.unread,
            again: collected.again,
            ..DeliveryReport::default()
        };
        let now = self.place.clock.now();
        let name = namer(self.place, now);
        let alert = &self.place.config.alert;
        if let Some(hold) = self.hold(now) {
            self.journal.leave_pushed(&hold, now)?;
        }
        self.journal.close_due(alert, &self.channels, now, &name)?;
        self.tell_ahead(now)?;
        self.tell_forgotten(now)?;
        self.show_life(now, collected.unread + collected.newer)?;
        self.send(all, &mut report)?;
        // What follows may take time where others have left much, and no message waits for it.
        self.forget_gone()?;
        if !self.is_tidy {
            self.forget_stale()?;
            self.is_tidy = true;
        }
        self.prune(now)?;
        report.left = self.journal.waiting()?;
        Ok(report)
    }

    /// Sends one letter. Meanwhile events go on into the journal: a mail server may take minutes
    /// for an answer.
    fn send_one(&mut self, item: &Dispatch, letter: &Letter) -> Result<Sent, DeliverError> {
        let sender = sender(self.place);
        let work = || dispatch::send(&sender, item, letter);
        thread::scope(|scope| {
            let Ok(sending) = Builder::new().spawn_scoped(scope, work) else {
                // Where no thread can be started, events wait meanwhile.
                return Ok(work());
            };
            let mut pause = SHORTEST_LOOK;
            let mut result = Ok(());
            while !sending.is_finished() {
                sleep(pause);
                pause = (pause * 2).min(LONGEST_LOOK);
                if result.is_ok() && pause == LONGEST_LOOK {
                    result = self.collect(Haste::Slice).map(drop);
                }
            }
            let sent = sending.join().unwrap_or_else(|panic| resume_unwind(panic));
            result.map(|()| sent)
        })
    }

    fn send(&mut self, all: bool, report: &mut DeliveryReport) -> Result<(), DeliverError> {
        let mut blocked: BTreeSet<String> = BTreeSet::new();
        let mut has_sent_mail = false;
        for item in self.journal.due(self.place.clock.now(), all)? {
            if blocked.contains(&item.channel) {
                continue;
            }
            self.stand()?;
            let Some(letter) = self.journal.letter(item.letter)? else {
                continue;
            };
            let place = self.place;
            let Sent {
                deliveries,
                wait,
                complaints,
            } = self.send_one(&item, &letter)?;
            for complaint in complaints {
                (place.warn)(&format!("a message template failed: {complaint}"));
            }
            let wait = wait.and_then(|wait| i64::try_from(wait.as_secs()).ok());
            let problems: Vec<String> = deliveries.iter().filter_map(problem).collect();
            let is_lacking = deliveries.iter().any(lacks_surroundings);
            // Another deliverer may have what is missing here: it need not wait.
            let wait = if is_lacking {
                Some(-pause(item.attempts.saturating_add(1)))
            } else {
                wait
            };
            self.settle(&item, &deliveries, &letter.message_id, &problems, wait)?;
            if is_lacking {
                report.is_lacking = true;
                blocked.insert(item.channel);
                continue;
            }
            if problems.is_empty() {
                report.sent += 1;
                has_sent_mail |= item.channel == dispatch::MAIL;
                report
                    .answers
                    .extend(deliveries.into_iter().find_map(answer));
                continue;
            }
            let is_about_way = |delivery: &Delivery| !is_about_letter(&delivery.outcome);
            if wait.is_some() || deliveries.iter().any(is_about_way) {
                // The others would only run into the same wall.
                let now = self.place.clock.now();
                let pause = pause(item.attempts.saturating_add(1));
                let until = now.timestamp() + wait.unwrap_or(0).max(pause);
                self.journal
                    .put_off(&item.channel, now, until, &problems.join("; "))?;
                blocked.insert(item.channel);
            }
        }
        if has_sent_mail {
            self.tell_given_up()?;
        }
        Ok(())
    }

    fn settle(
        &mut self,
        item: &Dispatch,
        deliveries: &[Delivery],
        message_id: &str,
        problems: &[String],
        wait: Option<i64>,
    ) -> Result<(), DeliverError> {
        let give_up = self.place.config.alert.give_up.as_secs();
        let give_up = i64::try_from(give_up).unwrap_or(i64::MAX);
        let now = self.place.clock.now();
        // Machines that lost the same server at the same time do not come back as one.
        let spread = u64::try_from(pause(item.attempts) / 5).unwrap_or(0) + 1;
        let jitter = i64::try_from(random_u64() % spread).unwrap_or(0);
        let extra = match wait {
            Some(wait) if wait < 0 => wait,
            wait => jitter.max(wait.unwrap_or(0)),
        };
        let settled = self.journal.settle(item, deliveries, now, give_up, extra)?;
        for text in problems {
            (self.place.warn)(&format!("message {message_id} not delivered: {text}"));
        }
        if settled == Settled::GivenUp {
            let (letter, channel) = (item.letter, &item.channel);
            (self.place.warn)(&format!(
                "message {letter} ({message_id}) by {channel} is given up: see `tcpw queue show \
                 {letter}`"
            ));
        }
        Ok(())
    }
}

fn sender<'p>(place: &'p Workplace<'_>) -> Sender<'p> {
    Sender {
        config: place.config,
        host: &place.host,
        transport: place.transport,
        credentials: place.credentials.as_deref(),
    }
}

/// Makes Message-IDs that were never given before.
pub(crate) fn namer<'p>(
    place: &'p Workplace<'_>,
    now: DateTime<Utc>,
) -> impl Fn() -> String + use<'p> {
    let domain = People::new(&place.config.mail, &place.host).from.domain;
    move || named(&domain, now)
}

fn named(domain: &str, now: DateTime<Utc>) -> String {
    let time = now.format("%Y%m%d%H%M%S");
    format!("<{time}.{:016x}@{domain}>", random_u64())
}

/// A Message-ID that was never given before.
pub fn fresh_message_id(config: &Config, host: &str, now: DateTime<Utc>) -> String {
    named(&People::new(&config.mail, host).from.domain, now)
}

/// Whether an event is waiting in one of the drop directories.
pub fn has_events(drops: &[PathBuf]) -> bool {
    drops
        .iter()
        .filter_map(|drop| fs::read_dir(drop).ok())
        .any(|mut entries| {
            entries.any(|entry| {
                entry.is_ok_and(|entry| {
                    entry.file_name().to_str().is_some_and(spool::is_event_name)
                        && entry.file_type().is_ok_and(|kind| kind.is_file())
                })
            })
        })
}
