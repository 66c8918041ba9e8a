//! A letter, with everything that it tells of: what the journal keeps and what texts are made of.

use crate::alert::event::{Claim, Event};
use crate::alert::model::reporter::Reporter;
use crate::alert::model::rule_finder::{FiredRule, Verdict};
use chrono::{DateTime, Utc};

/// What a letter tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterKind {
    /// A source that was not seen lately.
    Alarm,
    /// Repeats of one source.
    Digest,
    /// Everything beyond the letters of an hour.
    Overflow,
    /// Something about the alerts themselves.
    Notice,
    /// A sign of life.
    Heartbeat,
    /// A report that was asked for.
    Report,
    /// A trial, which the journal never has.
    Test,
}

impl LetterKind {
    /// As the journal has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::Digest => "digest",
            Self::Overflow => "overflow",
            Self::Notice => "notice",
            Self::Heartbeat => "heartbeat",
            Self::Report => "report",
            Self::Test => "test",
        }
    }

    /// What the word in the journal means.
    pub(crate) fn of_word(word: &str) -> Self {
        [
            Self::Alarm,
            Self::Digest,
            Self::Overflow,
            Self::Heartbeat,
            Self::Report,
        ]
        .into_iter()
        .find(|kind| kind.word() == word)
        .unwrap_or(Self::Notice)
    }
}

/// What was decided about an event when it entered the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Decision {
    /// Reported at once.
    Now,
    /// Its source was reported within the quiet time: it waits for the digest.
    Repeat,
    /// As many letters as an hour may have had left: it waits for the digest of everything.
    TooMany,
    /// An `[[alert.rule]]` wants a digest.
    ByRule,
    /// An `[[alert.rule]]` wants nobody alerted.
    Never,
    /// Letters that cannot be delivered pile up: it waits for the digest of everything.
    Stalled,
}

impl Decision {
    /// As the journal has it.
    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Now => 0,
            Self::Repeat => 1,
            Self::TooMany => 2,
            Self::ByRule => 3,
            Self::Never => 4,
            Self::Stalled => 5,
        }
    }

    /// What the number in the journal means.
    pub fn of_code(code: i64) -> Self {
        match code {
            0 => Self::Now,
            1 => Self::Repeat,
            2 => Self::TooMany,
            3 => Self::ByRule,
            4 => Self::Never,
            _ => Self::Stalled,
        }
    }

    /// One word, for tables and programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Repeat => "repeat",
            Self::TooMany => "too-many",
            Self::ByRule => "rule-digest",
            Self::Never => "rule-never",
            Self::Stalled => "stalled",
        }
    }
}

/// Why a letter exists or waits, in numbers; the queue has one each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// What was decided about how many of its events.
    pub decision: Decision,
    /// How many.
    pub count: u64,
}

/// An event as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number; grows with every event.
    pub id: i64,
    /// What was reported.
    pub event: Event,
    /// When it entered the journal.
    pub collected: DateTime<Utc>,
    /// Whom it is about: a network, or `name ` and a name.
    pub source: String,
    /// The machine that it happened on.
    pub machine: String,
    /// The rule that fired, if it could be told.
    pub rule: Option<FiredRule>,
    /// What became of the client.
    pub verdict: Verdict,
    /// What was decided about it.
    pub decision: Decision,
    /// The letter that tells of it.
    pub letter: Option<i64>,
}

/// One source in a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceTally {
    /// The source.
    pub source: String,
    /// Who reported it.
    pub reporter: Reporter,
    /// How many events of the letter are about it.
    pub count: u64,
    /// The time of the first of them.
    pub first: DateTime<Utc>,
    /// The time of the last of them.
    pub last: DateTime<Utc>,
    /// Some of their daemons.
    pub daemons: Vec<Claim>,
    /// Some of their hosts, as libwrap called them.
    pub hosts: Vec<Claim>,
}

/// What is known of the source of a letter beside the letter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceHistory {
    /// How many events it has altogether.
    pub count: u64,
    /// When it was seen first.
    pub first: DateTime<Utc>,
    /// Its last events before those of the letter, newest first.
    pub earlier: Vec<Entry>,
}

/// A letter, with everything that it tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its number.
    pub id: i64,
    /// What it tells of.
    pub kind: LetterKind,
    /// Its Message-ID, the same at every attempt.
    pub message_id: String,
    /// The Message-ID of the first letter about the same source.
    pub thread: Option<String>,
    /// When it was queued: the Date of the mail.
    pub created: DateTime<Utc>,
    /// Whom it is for; those whom the configuration names if there is nobody.
    pub audience: Vec<String>,
    /// How many events it has.
    pub count: u64,
    /// The times of the first and of the last of all its events.
    pub period: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// The first of its events, oldest first, at most 50.
    pub events: Vec<Entry>,
    /// Its sources: those that root reported, at most 2000, then those of others, at most 50 and of
    /// each user the largest first.
    pub sources: Vec<SourceTally>,
    /// How many sources it has.
    pub source_count: u64,
    /// What was decided about its events.
    pub reasons: Vec<Reason>,
    /// Its source, if it is about one.
    pub history: Option<SourceHistory>,
    /// What a notice, a sign of life or a report says, as JSON.
    pub body: Option<String>,
}

impl Letter {
    /// A letter that tells of nothing: to see whether it arrives.
    pub(crate) fn test(message_id: String, created: DateTime<Utc>) -> Self {
        Self {
            id: 0,
            kind: LetterKind::Test,
            message_id,
            thread: None,
            created,
            audience: Vec::new(),
            count: 0,
            period: None,
            events: Vec::new(),
            sources: Vec::new(),
            source_count: 0,
            reasons: Vec::new(),
            history: None,
            body: None,
        }
    }
}
