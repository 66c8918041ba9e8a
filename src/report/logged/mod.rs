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
    /// How many lines there were.
    pub lines: u64,
    /// Refusals in the time of the report.
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

/// Reads logs, line by line.
pub struct LogReader<'a> {
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
    local: Local<'a>,
    time_of_local: &'a dyn Fn(NaiveDateTime) -> Option<DateTime<Utc>>,
    read: Vec<String>,
    lines: u64,
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
            lines: 0,
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
        self.lines += 1;
        let Ok(text) = std::str::from_utf8(line) else {
            return;
        };
        let text = text.trim_end_matches(['\r', '\n']);
        let Some((stamp, rest)) = line::stamp(text) else {
            return;
        };
        let Some(refusal) = line::tagged(rest).and_then(|(tag, text)| line::refusal(tag, text))
        else {
            return;
        };
        if let Some(time) = self.time_of(&stamp) {
            self.add(time, &refusal);
        }
    }

    /// Reads an entry that `journalctl -o json` printed.
    pub fn entry(&mut self, line: &[u8]) {
        self.lines += 1;
        let Ok(entry) = serde_json::from_slice::<serde_json::Value>(line) else {
            return;
        };
        // A field that is no text, or there twice, is none that libwrap wrote.
        let field = |name: &str| entry.get(name).and_then(serde_json::Value::as_str);
        let (Some(tag), Some(text)) = (field("SYSLOG_IDENTIFIER"), field("MESSAGE")) else {
            return;
        };
        let time = field("__REALTIME_TIMESTAMP")
            .and_then(|text| text.parse().ok())
            .and_then(DateTime::from_timestamp_micros);
        if let (Some(refusal), Some(time)) = (line::refusal(tag, text), time) {
            self.add(time, &refusal);
        }
    }

    /// When a line was written. The old form has no year: it was the last time that the clocks
    /// showed this.
    fn time_of(&self, stamp: &line::Stamp<'_>) -> Option<DateTime<Utc>> {
        match stamp {
            line::Stamp::Whole(time) => Some(*time),
            line::Stamp::NoYear(text) => {
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
        }
    }

    fn add(&mut self, time: DateTime<Utc>, refusal: &Refusal<'_>) {
        if time < self.since || time >= self.until {
            return;
        }
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
