//! The journal as numbers, and the numbers as text, HTML, JSON or CSV. Reads only what `alert`
//! answers, and what libwrap logged before there was a journal.

mod chart;
mod csv;
mod days;
mod html;
mod layout;
mod logged;
mod numbers;
mod problem;
mod text;
mod words;

pub use csv::csv;
pub use days::Day;
pub use html::html;
pub use logged::{JOURNAL_FIELDS, Lines, LogReader, Logged, is_export};
pub use numbers::{Gathering, Held, Letters, Named, Report, Rule, Source, Terms, report};
pub use problem::Problem;
pub use text::{Paper, text};

use crate::values::Language;
use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use serde::Serializer;

/// Shows a time as the clocks of this machine's place do.
pub type Local<'a> = &'a dyn Fn(DateTime<Utc>) -> DateTime<FixedOffset>;

/// The subject of the mail with a report.
pub fn subject(report: &Report, language: Language) -> String {
    let words = words::words(language);
    words::fill(
        words.subject,
        &[
            ("machine", &report.machine),
            ("events", &words::grouped(report.events)),
            ("problems", &words::grouped(count(report.problems.len()))),
        ],
    )
}

/// The report as JSON, an object on several lines.
pub fn json(report: &Report) -> String {
    // Numbers and text always have a JSON form.
    serde_json::to_string_pretty(report).unwrap_or_default()
}

/// A time for programs: RFC 3339, UTC.
fn utc<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// A time that may be absent, for programs.
#[expect(clippy::ref_option, reason = "serde hands fields over like this")]
fn maybe_utc<S: Serializer>(
    time: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => utc(time, serializer),
        None => serializer.serialize_none(),
    }
}

/// A length as a number of the report.
fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
