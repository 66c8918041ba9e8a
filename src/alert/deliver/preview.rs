//! A letter to look at: one that never was, or the one that told of an event.

use crate::alert::deliver::compose::{mail, system_names};
use crate::alert::journal::EventFilter;
use crate::alert::journal::database::{Journal, JournalError};
use crate::alert::letter::mime::People;
use crate::alert::letter::{sample, sample_name};
use crate::alert::model::letter::{Entry, Letter, LetterKind};
use crate::alert::model::system_letter::Notice;
use crate::config::Config;
use chrono::{DateTime, Utc};
use std::net::IpAddr;

/// A letter as it would be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// One line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML.
    pub html: String,
    /// The whole mail.
    pub eml: Vec<u8>,
    /// What is wrong with the templates of one's own, whose place the built-in ones took.
    pub problems: Vec<String>,
}

/// Writes a sample of this kind, for nobody.
///
/// # Errors
/// Why it cannot be written.
pub fn preview_sample(config: &Config, host: &str, kind: LetterKind) -> Result<Preview, String> {
    let names = |addresses: &[IpAddr]| addresses.iter().map(|one| sample_name(*one)).collect();
    show(config, host, &sample(kind), &names)
}

/// Writes the letter, for nobody.
///
/// # Errors
/// Why it cannot be written.
pub fn preview(config: &Config, host: &str, letter: &Letter) -> Result<Preview, String> {
    show(config, host, letter, &system_names)
}

fn show(
    config: &Config,
    host: &str,
    letter: &Letter,
    names: crate::alert::deliver::compose::Names<'_>,
) -> Result<Preview, String> {
    let people = People::for_audience(&config.mail, host, &letter.audience);
    let (mail, texts) = mail(config, host, letter, people.recipients(), names)?;
    Ok(Preview {
        subject: texts.subject,
        text: texts.text,
        html: texts.html,
        eml: mail.bytes,
        problems: texts.problems,
    })
}

/// The letter that brings a report.
pub fn letter_of_report(report: &Notice, now: DateTime<Utc>) -> Letter {
    let mut letter = Letter::test("<preview.report@localhost>".to_owned(), now);
    letter.kind = LetterKind::Report;
    letter.body = Some(report.to_json());
    letter
}

/// The letter that tells of the event of this number, or one with only that event if none does;
/// nothing if the journal has no such event.
///
/// # Errors
/// When the journal cannot be read.
pub fn letter_of(journal: &mut Journal, event: i64) -> Result<Option<Letter>, JournalError> {
    let filter = EventFilter {
        after: event.saturating_sub(1),
        ..EventFilter::default()
    };
    let mut found: Option<Entry> = None;
    journal.visit_events(&filter, &mut |entry| {
        found = Some(entry);
        false
    })?;
    let Some(entry) = found.filter(|entry| entry.id == event) else {
        return Ok(None);
    };
    if let Some(id) = entry.letter
        && let Some(letter) = journal.letter(id)?
    {
        return Ok(Some(letter));
    }
    let id = format!("<preview.{event}@localhost>");
    let mut letter = Letter::test(id, entry.collected);
    letter.kind = LetterKind::Alarm;
    (letter.count, letter.source_count) = (1, 1);
    letter.events = vec![entry];
    Ok(Some(letter))
}
