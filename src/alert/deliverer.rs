//! The slow path: drop directory -> journal -> outbox -> mail, by one process at a time.

use super::attachment;
use super::collect::Collector;
use super::journal::{Journal, JournalError};
use super::letter::{self, Setting};
use super::message::{self, People};
use super::outbox::{Delivery, Letter, RuleFinder, Waiting, pause};
use super::transport::{Outcome, Step, Transport};
use super::watch::Watch;
use super::{lock, spool};
use crate::config::Config;
use crate::system::{Clock, local_time, random_u64};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;
use thiserror::Error;

/// How long a background deliverer stays when nothing is left to do: the next visitor of a burst
/// finds it awake.
const LINGER: Duration = Duration::from_secs(3);
/// How long a background deliverer waits before it collects: what comes together is told together,
/// and its syncs do not meet those of the visitors it is woken by.
const GATHER: Duration = Duration::from_millis(100);

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
    /// A drop directory.
    #[error("cannot list the drop directory {}: {cause}", .path.display())]
    Drop {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
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
    /// Hears what must not go unnoticed.
    pub warn: &'a dyn Fn(&str),
}

/// What one round did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Events moved into the journal.
    pub collected: usize,
    /// Letters that everybody has.
    pub sent: usize,
    /// The answers to them: of the server, or paths of files.
    pub answers: Vec<String>,
    /// What is left.
    pub left: Waiting,
}

/// The one deliverer of a journal, as long as it lives.
pub struct Deliverer<'a> {
    place: &'a Workplace<'a>,
    journal: Journal,
    collector: Collector,
    _lock: File,
}

impl<'a> Deliverer<'a> {
    /// Takes the lock and opens the journal; nothing when another deliverer is at work.
    ///
    /// # Errors
    /// When lock or journal cannot be made.
    pub fn start(place: &'a Workplace<'a>) -> Result<Option<Self>, DeliverError> {
        let path = &place.config.journal;
        super::journal::make_directory(path)?;
        let lock = lock::acquire(path).map_err(|cause| DeliverError::Lock {
            path: lock::lock_path(path),
            cause,
        })?;
        let Some(lock) = lock else {
            return Ok(None);
        };
        Ok(Some(Self {
            place,
            journal: Journal::open(path)?,
            collector: Collector::default(),
            _lock: lock,
        }))
    }

    /// Collects everything and tries the letters that are due, or with `all` every one that is
    /// not delivered.
    ///
    /// # Errors
    /// When the journal cannot be used or a drop directory cannot be listed.
    pub fn round(&mut self, all: bool) -> Result<Report, DeliverError> {
        let mut report = Report {
            collected: self.collect()?,
            ..Report::default()
        };
        self.send(all, &mut report)?;
        report.left = self.journal.waiting()?;
        Ok(report)
    }

    /// Moves all events into the journal; a file is deleted only when its event is safe there.
    fn collect(&mut self) -> Result<usize, DeliverError> {
        let mut collected = 0;
        for directory in &self.place.drops {
            loop {
                let now = self.place.clock.now();
                let pass = self.collector.collect(directory, now);
                let pass = pass.map_err(|cause| DeliverError::Drop {
                    path: directory.clone(),
                    cause,
                })?;
                pass.rejected
                    .iter()
                    .for_each(|problem| (self.place.warn)(problem));
                let host = People::new(&self.place.config.mail, &self.place.host)
                    .from
                    .domain;
                collected +=
                    self.journal
                        .enqueue(&pass.found, self.place.rules, now, &host, &random_u64)?;
                let removed = pass
                    .found
                    .iter()
                    .filter(|found| fs::remove_file(&found.path).is_ok())
                    .count();
                if removed < pass.found.len() {
                    let (stay, place) = (pass.found.len() - removed, directory.display());
                    (self.place.warn)(&format!("{stay} collected files in {place} stay there"));
                    break;
                }
                if !pass.is_full {
                    break;
                }
            }
        }
        Ok(collected)
    }

    fn send(&mut self, all: bool, report: &mut Report) -> Result<(), DeliverError> {
        for mut letter in self.journal.due(self.place.clock.now(), all)? {
            self.journal.complete(&mut letter)?;
            let deliveries = send_letter(self.place, &letter);
            let now = self.place.clock.now();
            self.journal.settle(&letter, &deliveries, now)?;
            let problems: Vec<String> = deliveries.iter().filter_map(problem).collect();
            if problems.is_empty() {
                report.sent += 1;
                report
                    .answers
                    .extend(deliveries.into_iter().find_map(answer));
                continue;
            }
            for text in &problems {
                (self.place.warn)(&format!(
                    "letter {} not delivered: {text}",
                    letter.message_id
                ));
            }
            if deliveries
                .iter()
                .any(|delivery| !is_about_letter(&delivery.outcome))
            {
                // The others would only run into the same wall.
                let until = now.timestamp() + pause(letter.attempts.saturating_add(1));
                self.journal.put_off(now, until, &problems.join("; "))?;
                break;
            }
        }
        Ok(())
    }
}

/// Works in the background: sleeps until something arrives or is due, and ends when nothing has
/// been left to do for some seconds, or when a deliverer in the foreground wants to work. No
/// event is stranded: a `notify` that saw the lock held put its file there before, and the
/// directory is looked at again after the lock is let go.
///
/// # Errors
/// When the journal cannot be used or a drop directory cannot be listed.
pub fn run_in_background(place: &Workplace<'_>) -> Result<(), DeliverError> {
    let mut is_fruitless = false;
    while let Some(deliverer) = Deliverer::start(place)? {
        for directory in &place.drops {
            // Without the directory there is nothing to collect; notify makes it, or says why not.
            drop(spool::make_directory(directory));
        }
        let end = deliverer.work_until_idle()?;
        // Files that can be neither collected nor deleted are no reason to stay.
        let is_stuck = end.collected == 0 && is_fruitless;
        if end.is_asked || is_stuck || !has_events(&place.drops) {
            break;
        }
        is_fruitless = end.collected == 0;
    }
    Ok(())
}

/// How a deliverer in the background came to its end.
struct End {
    /// Somebody wants the lock.
    is_asked: bool,
    /// Events it moved into the journal.
    collected: usize,
}

impl Deliverer<'_> {
    /// Rounds and sleeps in turn, until nothing is left to do or somebody wants the lock.
    fn work_until_idle(mut self) -> Result<End, DeliverError> {
        let journal = &self.place.config.journal;
        let directory = journal.parent().map(Path::to_owned);
        let watch = Watch::new(&self.place.drops, directory.as_deref());
        let mut is_idle = false;
        let mut collected = 0;
        let end = |is_asked, collected| {
            Ok(End {
                is_asked,
                collected,
            })
        };
        loop {
            sleep(GATHER);
            let report = self.round(false)?;
            collected += report.collected;
            if lock::is_wanted_elsewhere(journal) {
                return end(true, collected);
            }
            match report.left.next_due {
                None if is_idle && report.collected == 0 => return end(false, collected),
                None => {
                    is_idle = true;
                    watch.wait(LINGER);
                }
                Some(due) => {
                    is_idle = false;
                    let seconds = due
                        .saturating_sub(self.place.clock.now().timestamp())
                        .max(1);
                    watch.wait(Duration::from_secs(u64::try_from(seconds).unwrap_or(1)));
                }
            }
            if lock::is_wanted_elsewhere(journal) {
                return end(true, collected);
            }
        }
    }
}

/// Whether an event is waiting in one of the drop directories.
pub fn has_events(drops: &[PathBuf]) -> bool {
    drops
        .iter()
        .filter_map(|drop| fs::read_dir(drop).ok())
        .any(|mut entries| {
            entries.any(|entry| {
                entry.is_ok_and(|entry| {
                    let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
                    is_file && entry.file_name().to_str().is_some_and(spool::is_event_name)
                })
            })
        })
}

/// Writes and sends one letter to everybody who does not have it yet.
pub fn send_letter(place: &Workplace<'_>, letter: &Letter) -> Vec<Delivery> {
    let settings = &place.config.mail;
    let people = People::new(settings, &place.host);
    let mut recipients = people.recipients();
    recipients.retain(|address| !letter.delivered_to.contains(address));
    if recipients.is_empty() {
        return Vec::new();
    }
    let (attached, missing) = attachment::read_all(&settings.attachments);
    let setting = Setting {
        language: settings.language,
        server: &place.host,
        subject: settings
            .subject
            .as_deref()
            .filter(|_| !letter.events.is_empty()),
        local: &local_time,
    };
    let mail = letter::write(letter, &setting, &missing)
        .map_err(|error| error.to_string())
        .and_then(|texts| {
            message::build(letter, &texts, &people, attached, recipients)
                .map_err(|error| error.to_string())
        });
    match mail {
        Ok(mail) => place.transport.send(&mail),
        Err(text) => vec![Delivery {
            recipient: None,
            outcome: Outcome::Transient(Step::Prepare, text),
        }],
    }
}

/// What went wrong with one delivery, if something did.
pub fn problem(delivery: &Delivery) -> Option<String> {
    let (step, text) = match &delivery.outcome {
        Outcome::Delivered { .. } => return None,
        Outcome::Transient(step, text) | Outcome::Permanent(step, text) => (step, text),
    };
    Some(match &delivery.recipient {
        Some(recipient) => format!("{step} {recipient}: {text}"),
        None => format!("{step}: {text}"),
    })
}

fn answer(delivery: Delivery) -> Option<String> {
    match delivery.outcome {
        Outcome::Delivered { answer } => Some(answer),
        Outcome::Transient(..) | Outcome::Permanent(..) => None,
    }
}

fn is_about_letter(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Delivered { .. } => true,
        Outcome::Transient(step, _) | Outcome::Permanent(step, _) => step.concerns_letter(),
    }
}
