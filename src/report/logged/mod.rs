//! What libwrap logged by itself: lines such as `sshd[9]: refused connect from h.example (192.0.2.7)`.
//!
//! Log lines hold what strangers chose (user names, paths), so a line counts only if the whole
//! message is one that a daemon with libwrap writes, straight behind the program's tag: whatever
//! stands in the middle of a message, or has something after it, was not written by libwrap. What
//! is not counted is said: lines without a time, refusals of other times, forms that are not known.

mod entry;
mod line;
mod seen;
mod stamp;

use super::Local;
use super::days::{Calendar, Day};
use super::maybe_utc;
use super::numbers::Named;
use crate::escape::visible;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use entry::{Entry, each_entry};
use line::Refusal;
use seen::Seen;
use serde::Serialize;
use stamp::{Line, Stamp};
use std::collections::HashMap;
use std::io::{self, BufRead};

pub use entry::{FIELDS as JOURNAL_FIELDS, is_export};

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
    /// Lines without a time that could be read, empty ones left out: nothing of them is counted.
    pub no_time: u64,
    /// Refusals before or after the time of the report.
    pub outside: u64,
    /// Lines that look like refusals but have none of the known forms.
    pub unclear: u64,
    /// Refusals in the time of the report.
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
    no_time: u64,
    outside: u64,
    unclear: u64,
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
            lines: 0,
            no_time: 0,
            outside: 0,
            unclear: 0,
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

    /// The same reader for several logs, which may hold copies of one message.
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
        self.lines += 1;
        if matches!(line.first(), Some(b'{' | b'\x1e')) || line.starts_with(b"data: {") {
            return match Entry::from_json(line) {
                Some(entry) => self.entry(&entry),
                None => self.no_time += 1,
            };
        }
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches(['\r', '\n']);
        match stamp::read(text) {
            Line::Refused(stamp, refusal) => {
                self.previous = Some([refusal.daemon, refusal.source].map(str::to_owned));
                self.take(&stamp, &refusal);
            }
            Line::Repeated(stamp, times) => {
                if let Some([daemon, source]) = self.previous.take() {
                    let refusal = Refusal {
                        daemon: &daemon,
                        source: &source,
                        times,
                    };
                    self.take(&stamp, &refusal);
                }
            }
            other @ (Line::NoTime | Line::Unclear | Line::Other) => {
                self.previous = None;
                self.no_time += u64::from(other == Line::NoTime && !text.trim().is_empty());
                self.unclear += u64::from(other == Line::Unclear);
            }
        }
    }

    /// Reads what `journalctl -o export` printed, which [`is_export`] knows by its start.
    ///
    /// # Errors
    /// When `reader` fails, or ends inside an entry.
    pub fn export(&mut self, reader: &mut dyn BufRead) -> io::Result<()> {
        each_entry(reader, &mut |entry| {
            self.lines += 1;
            self.entry(&entry);
        })
    }

    fn entry(&mut self, entry: &Entry) {
        let (Some(tag), Some(message)) = (&entry.identifier, &entry.message) else {
            return;
        };
        let Some(refusal) = line::refusal(tag, message) else {
            self.unclear += u64::from(line::is_like_a_refusal(tag, message));
            return;
        };
        let Some(time) = entry.time else {
            self.no_time += 1;
            return;
        };
        let added = self.add(time, &refusal);
        if added > 0 && !entry.is_of_root() {
            let field = |field: &Option<String>| field.clone().unwrap_or_else(|| "?".to_owned());
            let who = format!("uid {} ({})", field(&entry.uid), field(&entry.comm));
            bump(&mut self.others, &who, added, MOST_DAEMONS);
        }
    }

    fn take(&mut self, stamp: &Stamp<'_>, refusal: &Refusal<'_>) {
        match self.time_of(stamp) {
            Some(time) => {
                self.add(time, refusal);
            }
            None => self.no_time += 1,
        }
    }

    /// When a line was written. The old form has no year: it was the last time that the clocks
    /// showed this.
    fn time_of(&self, stamp: &Stamp<'_>) -> Option<DateTime<Utc>> {
        match stamp {
            Stamp::Whole(time) => Some(*time),
            Stamp::Here(time) => (self.time_of_local)(*time),
            Stamp::NoYear(text) => {
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

    /// Counts a refusal; gives how many times no log before had it.
    fn add(&mut self, time: DateTime<Utc>, refusal: &Refusal<'_>) -> u64 {
        if time < self.since || time >= self.until {
            self.outside += refusal.times;
            return 0;
        }
        let times = match &mut self.seen {
            Some(seen) => seen.news((refusal.daemon, refusal.source), time, refusal.times),
            None => refusal.times,
        };
        self.copies += refusal.times - times;
        if times == 0 {
            return 0;
        }
        self.events += times;
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
        self.calendar.add(time, times, self.local);
        bump(&mut self.sources, refusal.source, times, MOST_SOURCES);
        bump(&mut self.daemons, refusal.daemon, times, MOST_DAEMONS);
        times
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
            no_time: self.no_time,
            outside: self.outside,
            unclear: self.unclear,
            events: self.events,
            copies: self.copies,
            may_repeat: self.seen.is_some_and(|seen| seen.is_full()),
            not_by_root: top(self.others, most),
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
