//! What is wrong with the alerts themselves: the beginning of every report.

use super::time::Local;
use super::time::maybe_utc;
use super::time::utc;
use super::words::{Words, fill, grouped};
use crate::alert::{Inbox, LetterKind, Notice, Stuck, Troubles};
use crate::escape::visible;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "problem", rename_all = "kebab-case")]
pub enum Problem {
    /// A drop directory could not be read: alerts may wait there.
    Unreadable {
        /// The directory.
        directory: String,
        /// What the system said.
        error: String,
    },
    /// Alerts wait in a drop directory, and are not in the journal.
    Uncollected {
        /// The directory.
        directory: String,
        /// How many.
        events: u64,
        /// When the oldest of them was recorded.
        #[serde(serialize_with = "maybe_utc")]
        oldest: Option<DateTime<Utc>>,
    },
    /// Something waits, and no deliverer is running.
    NoDeliverer,
    /// The journal has times that are still to come.
    ClockAhead {
        /// The latest of them.
        #[serde(serialize_with = "utc")]
        latest: DateTime<Utc>,
        /// How many events have such a time, and are not counted.
        events: u64,
    },
    /// Letters were given up.
    GivenUp {
        /// How many, each way counted.
        letters: u64,
    },
    /// Letters were tried in vain and will be tried again.
    Waiting {
        /// How many, each way counted.
        letters: u64,
    },
    /// One of these letters.
    Letter {
        /// Its number.
        letter: i64,
        /// What it tells of.
        kind: &'static str,
        /// Its way.
        channel: String,
        /// Whether it was given up.
        given_up: bool,
        /// How often it was tried.
        attempts: u64,
        /// How many events it tells of.
        events: u64,
        /// What went wrong last.
        error: String,
    },
    /// The journal was damaged.
    Damaged {
        /// When.
        #[serde(serialize_with = "utc")]
        time: DateTime<Utc>,
        /// Where it was put.
        aside: String,
    },
    /// Events of users other than root were removed from the journal: their share was full.
    Forgotten {
        /// When it was reported.
        #[serde(serialize_with = "utc")]
        time: DateTime<Utc>,
        /// How many.
        events: u64,
    },
    /// A server was not heard of for too long.
    SilentHost {
        /// Its name.
        host: String,
        /// When it was heard of last.
        #[serde(serialize_with = "maybe_utc")]
        since: Option<DateTime<Utc>>,
    },
    /// More servers were not heard of than are named.
    MoreSilent {
        /// How many.
        hosts: u64,
    },
    /// Servers had events left to push when they were heard of last.
    Behind {
        /// How many servers.
        hosts: u64,
        /// How many events.
        events: u64,
    },
    /// The database has no server: nothing was looked at.
    NoHosts,
    /// The program that mails for all servers did not look for events lately.
    Unmailed {
        /// How many servers leave their mail to it.
        hosts: u64,
        /// When it looked last.
        #[serde(serialize_with = "maybe_utc")]
        since: Option<DateTime<Utc>>,
    },
    /// Files in the drop directory were not events.
    Rejected {
        /// When it was reported.
        #[serde(serialize_with = "utc")]
        time: DateTime<Utc>,
        /// How many.
        count: u64,
        /// One of them, and why.
        example: String,
    },
}

impl Problem {
    /// What is wrong with a drop directory.
    pub fn of_inbox(inbox: &Inbox) -> Vec<Self> {
        let directory = visible(inbox.path.as_os_str().as_encoded_bytes());
        let unreadable = inbox.problem.as_ref().map(|error| Self::Unreadable {
            directory: directory.clone(),
            error: visible(error.as_bytes()),
        });
        let uncollected = (inbox.events > 0).then_some(Self::Uncollected {
            directory,
            events: inbox.events,
            oldest: inbox.oldest,
        });
        unreadable.into_iter().chain(uncollected).collect()
    }

    /// What is wrong with letters, and what notices have said.
    pub(super) fn all(troubles: &Troubles) -> Vec<Self> {
        let mut found = Vec::new();
        if troubles.failed > 0 {
            found.push(Self::GivenUp {
                letters: troubles.failed,
            });
        }
        if troubles.waiting > 0 {
            found.push(Self::Waiting {
                letters: troubles.waiting,
            });
        }
        found.extend(troubles.stuck.iter().map(Self::letter));
        found.extend(troubles.notices.iter().filter_map(Self::notice));
        found
    }

    fn letter(stuck: &Stuck) -> Self {
        Self::Letter {
            letter: stuck.letter,
            kind: stuck.kind.word(),
            channel: visible(stuck.channel.as_bytes()),
            given_up: stuck.is_given_up,
            attempts: stuck.attempts,
            events: stuck.events,
            error: visible(stuck.error.as_bytes()),
        }
    }

    fn notice((time, notice): &(DateTime<Utc>, Notice)) -> Option<Self> {
        match notice {
            Notice::JournalDamaged { aside, .. } => Some(Self::Damaged {
                time: *time,
                aside: visible(aside.as_bytes()),
            }),
            Notice::Rejected { count, examples } => Some(Self::Rejected {
                time: *time,
                count: *count,
                example: examples
                    .first()
                    .map_or_else(String::new, |example| visible(example.as_bytes())),
            }),
            Notice::OthersForgotten { events, .. } => Some(Self::Forgotten {
                time: *time,
                events: *events,
            }),
            // Letters that were given up are reported as they stand now.
            // So are times that are still to come.
            Notice::GivenUp { .. }
            | Notice::ClockAhead { .. }
            | Notice::NamesOverdue { .. }
            | Notice::Heartbeat { .. }
            | Notice::Fleet(_)
            | Notice::Report { .. } => None,
        }
    }

    /// For people.
    pub(super) fn line(&self, words: &Words, local: Local<'_>) -> String {
        let clock = |time: &DateTime<Utc>| local(*time).format("%Y-%m-%d %H:%M").to_string();
        let (template, values): (&str, Vec<(&str, String)>) = match self {
            Self::Unreadable { directory, error } => (
                words.unreadable,
                vec![("directory", directory.clone()), ("error", error.clone())],
            ),
            Self::Uncollected {
                directory,
                events,
                oldest,
            } => {
                let time = oldest.as_ref().map_or_else(|| "?".to_owned(), clock);
                let events = ("events", grouped(*events));
                let directory = ("directory", directory.clone());
                (words.uncollected, vec![directory, events, ("time", time)])
            }
            Self::NoDeliverer => (words.no_deliverer, Vec::new()),
            Self::ClockAhead { latest, events } => (
                words.clock_ahead,
                vec![("latest", clock(latest)), ("events", grouped(*events))],
            ),
            Self::GivenUp { letters } => (words.given_up, vec![("letters", grouped(*letters))]),
            Self::Waiting { letters } => (words.undelivered, vec![("letters", grouped(*letters))]),
            Self::Letter { .. } => (words.stuck, self.values(words)),
            Self::SilentHost { host, since } => {
                let forms = (words.never_heard, words.silent_host);
                since_when(forms, ("host", host.clone()), since.as_ref().map(clock))
            }
            Self::MoreSilent { hosts } => (words.more_silent, vec![("hosts", grouped(*hosts))]),
            Self::Behind { hosts, events } => (
                words.behind,
                vec![("hosts", grouped(*hosts)), ("events", grouped(*events))],
            ),
            Self::NoHosts => (words.no_hosts, Vec::new()),
            Self::Unmailed { hosts, since } => {
                let forms = (words.never_mailed, words.unmailed);
                since_when(forms, ("hosts", grouped(*hosts)), since.as_ref().map(clock))
            }
            Self::Damaged { time, aside } => (
                words.damaged,
                vec![("time", clock(time)), ("aside", aside.clone())],
            ),
            Self::Forgotten { time, events } => (
                words.forgotten,
                vec![("time", clock(time)), ("events", grouped(*events))],
            ),
            Self::Rejected {
                time,
                count,
                example,
            } => {
                let count = ("count", grouped(*count));
                let example = ("example", example.clone());
                (words.rejected, vec![("time", clock(time)), count, example])
            }
        };
        filled(template, &values)
    }

    /// What the sentence about a letter says of it; nothing of other problems.
    fn values(&self, words: &Words) -> Vec<(&'static str, String)> {
        let Self::Letter {
            letter,
            kind,
            channel,
            given_up: _,
            attempts,
            events,
            error,
        } = self
        else {
            return Vec::new();
        };
        vec![
            ("letter", letter.to_string()),
            ("kind", words.kind(kind).to_owned()),
            ("channel", channel.clone()),
            ("attempts", grouped(*attempts)),
            ("events", grouped(*events)),
            ("error", error.clone()),
        ]
    }
}

/// The word of a kind of letter, for programs.
pub(super) fn kind_word(kind: LetterKind) -> &'static str {
    kind.word()
}
/// The sentence for what never was, or the one for what was at some time, with its values.
fn since_when<'w>(
    (never, since): (&'w str, &'w str),
    value: (&'static str, String),
    time: Option<String>,
) -> (&'w str, Vec<(&'static str, String)>) {
    let form = if time.is_some() { since } else { never };
    (form, vec![value, ("time", time.unwrap_or_default())])
}

fn filled(template: &str, values: &[(&str, String)]) -> String {
    let values: Vec<(&str, &str)> = values
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    fill(template, &values)
}
