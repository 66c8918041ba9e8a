//! Reads logs and counts the refusals in them.

use super::entry::{Entry, each_entry};
use super::line::{self, Refusal};
use super::seen::Seen;
use super::stamp::{self, Line, Stamp};
use crate::escape::visible;
use crate::report::counts::{Named, count};
use crate::report::days::{Calendar, Day};
use crate::report::time::{Local, maybe_utc};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde::Serialize;
use std::collections::HashMap;
use std::io::{self, BufRead};

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
    /// Refusals that stand in several logs and are counted once.
    pub copies: u64,
    /// Whether there were too many to know copies from each other.
    pub may_repeat: bool,
    /// Refusals in the journal of systemd that root's own daemon did not write, by user and program:
    /// anybody may write such a message.
    pub not_by_root: Vec<Named>,
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
    /// The sources with most refusals.
    pub top_sources: Vec<Named>,
    /// By daemon.
    pub daemons: Vec<Named>,
}

/// What became of the lines of logs: each is one of `lines`, and counts once among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Lines {
    /// How many there were.
    pub lines: u64,
    /// They are about refusals in the time of the report.
    pub refusals: u64,
    /// They say something else, in the time of the report.
    pub others: u64,
    /// When they were written could not be read.
    pub untimed: u64,
    /// They were written before or after the time of the report.
    pub outside: u64,
    /// No program and message could be read in them, or they look like a refusal of no known form.
    pub not_understood: u64,
}

impl Lines {
    /// Whether refusals may have been missed.
    pub fn has_unread(&self) -> bool {
        self.untimed + self.not_understood > 0
    }
}

/// What a line or an entry says.
enum What<'a> {
    Refusal(&'a Refusal<'a>),
    NotUnderstood,
    Other,
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
    copies: u64,
    /// The refusal that the line before was, for `last message repeated`.
    previous: Option<[String; 2]>,
    seen: Option<Seen>,
    others: HashMap<String, u64>,
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
            copies: 0,
            previous: None,
            seen: None,
            others: HashMap::new(),
            first: None,
            last: None,
            calendar: Calendar::default(),
            sources: HashMap::new(),
            daemons: HashMap::new(),
        }
    }

    /// This reader, for several logs, which may hold copies of one message.
    #[must_use]
    pub fn of_several(mut self) -> Self {
        self.seen = Some(Seen::default());
        self
    }

    /// What is read from now on.
    pub fn begin(&mut self, name: &str) {
        self.read.push(visible(name.as_bytes()));
        self.previous = None;
        if let Some(seen) = &mut self.seen {
            seen.begin();
        }
    }

    /// Reads a line of a file that a syslog daemon, a daemon of its own or `journalctl` wrote.
    pub fn line(&mut self, line: &[u8]) {
        if matches!(line.first(), Some(b'{' | b'\x1e')) || line.starts_with(b"data: {") {
            return self.entry(&Entry::from_json(line).unwrap_or_default());
        }
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches(['\r', '\n']);
        if text.trim().is_empty() {
            // It has no time, and needs none.
            self.lines.lines += 1;
            self.lines.others += 1;
            return;
        }
        let previous = self.previous.take();
        match stamp::read(text) {
            Line::NoTime => self.count(None, &What::Other),
            Line::Unclear(stamp) => {
                let time = self.time_of(&stamp);
                self.count(time, &What::NotUnderstood);
            }
            Line::Other(stamp) => {
                let time = self.time_of(&stamp);
                self.count(time, &What::Other);
            }
            Line::Refused(stamp, refusal) => {
                self.previous = Some([refusal.daemon, refusal.source].map(str::to_owned));
                let time = self.time_of(&stamp);
                self.count(time, &What::Refusal(&refusal));
            }
            Line::Repeated(stamp, times) => {
                let time = self.time_of(&stamp);
                let Some([daemon, source]) = previous else {
                    return self.count(time, &What::Other);
                };
                let refusal = Refusal {
                    daemon: &daemon,
                    source: &source,
                    times,
                };
                self.count(time, &What::Refusal(&refusal));
            }
        }
    }

    /// Reads what `journalctl -o export` printed, which [`super::is_export`] knows by its start.
    ///
    /// # Errors
    /// When `reader` fails, or ends inside an entry.
    pub fn export(&mut self, reader: &mut dyn BufRead) -> io::Result<()> {
        each_entry(reader, &mut |entry| self.entry(&entry))
    }

    fn entry(&mut self, entry: &Entry) {
        let (Some(tag), Some(message)) = (&entry.identifier, &entry.message) else {
            return self.count(entry.time, &What::NotUnderstood);
        };
        let Some(refusal) = line::refusal(tag, message) else {
            let is_unclear = line::is_like_a_refusal(tag, message);
            let what = if is_unclear {
                What::NotUnderstood
            } else {
                What::Other
            };
            return self.count(entry.time, &what);
        };
        let before = self.events;
        self.count(entry.time, &What::Refusal(&refusal));
        let added = self.events - before;
        if added > 0 && !entry.is_of_root() {
            let field = |field: &Option<String>| field.clone().unwrap_or_else(|| "?".to_owned());
            let who = format!("uid {} ({})", field(&entry.uid), field(&entry.comm));
            bump(&mut self.others, &who, added, MOST_DAEMONS);
        }
    }

    fn count(&mut self, time: Option<DateTime<Utc>>, what: &What<'_>) {
        self.lines.lines += 1;
        let Some(time) = time else {
            self.lines.untimed += 1;
            return;
        };
        if time < self.since || time >= self.until {
            self.lines.outside += 1;
            return;
        }
        match what {
            What::NotUnderstood => self.lines.not_understood += 1,
            What::Other => self.lines.others += 1,
            What::Refusal(refusal) => {
                self.lines.refusals += 1;
                self.add(time, refusal);
            }
        }
    }

    /// When a line was written. The old form has no year: it was the last time that the clocks
    /// showed this.
    fn time_of(&mut self, stamp: &Stamp<'_>) -> Option<DateTime<Utc>> {
        match stamp {
            Stamp::Whole(time) => Some(*time),
            Stamp::Here(time) => (self.time_of_local)(*time),
            Stamp::NoYear(text) => {
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

    /// Counts a refusal, as often as no log before had it.
    fn add(&mut self, time: DateTime<Utc>, refusal: &Refusal<'_>) {
        let times = match &mut self.seen {
            Some(seen) => seen.news((refusal.daemon, refusal.source), time, refusal.times),
            None => refusal.times,
        };
        self.copies += refusal.times - times;
        if times == 0 {
            return;
        }
        self.events += times;
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
        self.calendar.add(time, times, self.local);
        bump(&mut self.sources, refusal.source, times, MOST_SOURCES);
        bump(&mut self.daemons, refusal.daemon, times, MOST_DAEMONS);
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
            copies: self.copies,
            may_repeat: self.seen.is_some_and(|seen| seen.is_full()),
            not_by_root: top(self.others, most),
            first: self.first,
            last: self.last,
            days,
            hours: self.calendar.hours(),
            sources: count(self.sources.len()),
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
