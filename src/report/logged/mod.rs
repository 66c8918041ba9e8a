//! What libwrap logged by itself: lines such as `sshd[9]: refused connect from h.example (192.0.2.7)`.
//!
//! Log lines hold what strangers chose (user names, paths), so a line counts only if the whole
//! message is one that a daemon with libwrap writes, straight behind the program's tag: whatever
//! stands in the middle of a message, or has something behind it, was not written by libwrap.

mod line;

use super::Local;
use super::days::{Calendar, Day};
use super::maybe_utc;
use super::numbers::Named;
use crate::escape::visible;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use line::Refusal;
use serde::Serialize;
use std::collections::HashMap;

/// So many sources are told from each other.
const MOST_SOURCES: usize = 500_000;
/// So many daemons likewise.
const MOST_DAEMONS: usize = 10_000;

/// What was found in logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Logged {
    /// What was read.
    pub read: Vec<String>,
    /// What became of the lines.
    #[serde(flatten)]
    pub lines: Lines,
    /// Refusals in the time of the report: one line may tell of several.
    pub events: u64,
    /// The first of them.
    #[serde(serialize_with = "maybe_utc")]
    pub first: Option<DateTime<Utc>>,
    /// The last of them.
    #[serde(serialize_with = "maybe_utc")]
    pub last: Option<DateTime<Utc>>,
    /// By day, here.
    pub days: Vec<Day>,
    /// By hour of the day, here.
    pub hours: Vec<u64>,
    /// How many sources there were.
    pub sources: u64,
    /// Those with most refusals.
    pub top_sources: Vec<Named>,
    /// By daemon.
    pub daemons: Vec<Named>,
}

/// What became of the lines of logs: each is one of `lines`, and counts once among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Lines {
    /// How many there were.
    pub lines: u64,
    /// They tell of refusals in the time of the report.
    pub refusals: u64,
    /// They tell of something else in the time of the report.
    pub others: u64,
    /// When they were written could not be read.
    pub untimed: u64,
    /// They were written before or after the time of the report.
    pub outside: u64,
    /// What program wrote them, or what, could not be read.
    pub not_understood: u64,
}

impl Lines {
    /// Whether refusals may have been missed.
    pub fn has_unread(&self) -> bool {
        self.untimed + self.not_understood > 0
    }
}

/// What a line is.
enum Line<'l> {
    Untimed,
    NotUnderstood(DateTime<Utc>),
    Other(DateTime<Utc>),
    Refusal(DateTime<Utc>, Refusal<'l>),
}

/// Reads logs, line by line.
pub struct LogReader<'a> {
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
    local: Local<'a>,
    time_of_local: &'a dyn Fn(NaiveDateTime) -> Option<DateTime<Utc>>,
    read: Vec<String>,
    /// The last time without a year, and what it means: lines of a second come together.
    known: (String, Option<DateTime<Utc>>),
    lines: Lines,
    events: u64,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
    calendar: Calendar,
    sources: HashMap<String, u64>,
    daemons: HashMap<String, u64>,
}

impl<'a> LogReader<'a> {
    /// A reader of refusals between two times; `time_of_local` reads the clocks here.
    pub fn new(
        since: DateTime<Utc>,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
        local: Local<'a>,
        time_of_local: &'a dyn Fn(NaiveDateTime) -> Option<DateTime<Utc>>,
    ) -> Self {
        Self {
            since,
            until,
            now,
            local,
            time_of_local,
            read: Vec::new(),
            known: (String::new(), None),
            lines: Lines::default(),
            events: 0,
            first: None,
            last: None,
            calendar: Calendar::default(),
            sources: HashMap::new(),
            daemons: HashMap::new(),
        }
    }

    /// What is read from now on.
    pub fn begin(&mut self, name: &str) {
        self.read.push(visible(name.as_bytes()));
    }

    /// Reads a line of a file that a syslog daemon wrote.
    pub fn line(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches(['\r', '\n']);
        let read = self.read_line(text, std::str::from_utf8(line).is_ok());
        self.count(read);
    }

    fn read_line<'l>(&mut self, text: &'l str, is_text: bool) -> Line<'l> {
        let Some((stamp, rest)) = line::stamp(text) else {
            return Line::Untimed;
        };
        let Some(time) = self.time_of(&stamp) else {
            return Line::Untimed;
        };
        match line::tagged(rest) {
            Some((tag, text)) if is_text => match line::refusal(tag, text) {
                Some(refusal) => Line::Refusal(time, refusal),
                None => Line::Other(time),
            },
            _ => Line::NotUnderstood(time),
        }
    }

    /// Reads an entry that `journalctl -o json` printed.
    pub fn entry(&mut self, line: &[u8]) {
        let entry = serde_json::from_slice::<serde_json::Value>(line).unwrap_or_default();
        // A field that is no text, or there twice, is none that libwrap wrote.
        let field = |name: &str| entry.get(name).and_then(serde_json::Value::as_str);
        let time = field("__REALTIME_TIMESTAMP")
            .and_then(|text| text.parse().ok())
            .and_then(DateTime::from_timestamp_micros);
        let read = match (time, field("SYSLOG_IDENTIFIER"), field("MESSAGE")) {
            (None, _, _) => Line::Untimed,
            (Some(time), Some(tag), Some(text)) => match line::refusal(tag, text) {
                Some(refusal) => Line::Refusal(time, refusal),
                None => Line::Other(time),
            },
            (Some(time), _, _) => Line::NotUnderstood(time),
        };
        self.count(read);
    }

    fn count(&mut self, line: Line<'_>) {
        self.lines.lines += 1;
        let is_outside = |time: DateTime<Utc>| time < self.since || time >= self.until;
        match line {
            Line::Untimed => self.lines.untimed += 1,
            Line::NotUnderstood(time) | Line::Other(time) | Line::Refusal(time, _)
                if is_outside(time) =>
            {
                self.lines.outside += 1;
            }
            Line::NotUnderstood(_) => self.lines.not_understood += 1,
            Line::Other(_) => self.lines.others += 1,
            Line::Refusal(time, refusal) => {
                self.lines.refusals += 1;
                self.add(time, &refusal);
            }
        }
    }

    /// When a line was written. The old form has no year: it was the last time that the clocks
    /// showed this.
    fn time_of(&mut self, stamp: &line::Stamp<'_>) -> Option<DateTime<Utc>> {
        match stamp {
            line::Stamp::Whole(time) => Some(*time),
            line::Stamp::NoYear(text) => {
                if self.known.0 != *text {
                    self.known = ((*text).to_owned(), self.last_time_of(text));
                }
                self.known.1
            }
        }
    }

    fn last_time_of(&self, text: &str) -> Option<DateTime<Utc>> {
        let year = (self.local)(self.now)
            .format("%Y")
            .to_string()
            .parse::<i32>()
            .ok()?;
        let latest = self.now + TimeDelta::days(1);
        // A leap day was at most eight years ago.
        (0..=8).find_map(|back| {
            let text = format!("{} {text}", year.checked_sub(back)?);
            let local = NaiveDateTime::parse_from_str(&text, "%Y %b %e %H:%M:%S").ok()?;
            (self.time_of_local)(local).filter(|time| *time <= latest)
        })
    }

    fn add(&mut self, time: DateTime<Utc>, refusal: &Refusal<'_>) {
        self.events += refusal.times;
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
        self.calendar.add(time, refusal.times, self.local);
        bump(
            &mut self.sources,
            refusal.source,
            refusal.times,
            MOST_SOURCES,
        );
        bump(
            &mut self.daemons,
            refusal.daemon,
            refusal.times,
            MOST_DAEMONS,
        );
    }

    /// What was found; the `most` largest counts are named.
    pub fn finish(self, most: usize) -> Logged {
        let date = |time| (self.local)(time).date_naive();
        let days = match (self.first, self.last) {
            (Some(first), Some(last)) => self.calendar.days(date(first), date(last)),
            _ => Vec::new(),
        };
        Logged {
            read: self.read,
            lines: self.lines,
            events: self.events,
            first: self.first,
            last: self.last,
            days,
            hours: self.calendar.hours(),
            sources: super::count(self.sources.len()),
            top_sources: top(self.sources, most),
            daemons: top(self.daemons, most),
        }
    }
}

fn bump(counts: &mut HashMap<String, u64>, name: &str, times: u64, most: usize) {
    if let Some(count) = counts.get_mut(name) {
        *count += times;
    } else if counts.len() < most {
        counts.insert(name.to_owned(), times);
    }
}

fn top(counts: HashMap<String, u64>, most: usize) -> Vec<Named> {
    let mut names: Vec<Named> = counts
        .into_iter()
        .map(|(name, events)| Named {
            name: visible(name.as_bytes()),
            events,
        })
        .collect();
    names.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.name.cmp(&b.name)));
    names.truncate(most);
    names
}
