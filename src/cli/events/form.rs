//! An event as a row for people, a JSON object, or a line of CSV.

use super::sheet::Sheet;
use crate::alert::{Claim, FiredRule, FoundEvent, Reporter};
use crate::cli::base::{Failure, Output, Style};
use crate::escape::{visible, visible_short};
use crate::system::local_time;
use chrono::{DateTime, SecondsFormat, Utc};
use clap::ValueEnum;
use serde::Serialize;

/// As much of a value as a row shows.
const SHOWN: usize = 60;
/// How many rows decide how wide the columns are.
const SAMPLE: usize = 200;
const COLUMNS: usize = 8;
const HEADER: [&str; COLUMNS] = [
    "TIME", "ADDRESS", "NAME", "DAEMON", "VERDICT", "RULE", "DECISION", "REPORTER",
];
const FIELDS: [&str; 20] = [
    "id",
    "time",
    "collected",
    "source",
    "addr",
    "host",
    "daemon",
    "server",
    "user",
    "pid",
    "uid",
    "machine",
    "rule_file",
    "rule_line",
    "rule_text",
    "rule_digest",
    "verdict",
    "decision",
    "letter",
    "cut",
];

/// How to write events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum EventsFormat {
    /// For people
    #[default]
    #[value(name = "text", alias = "human", alias = "table")]
    Table,
    /// For programs, one object per line
    Json,
    /// For spreadsheets
    Csv,
}

/// A row for people, and whether somebody else than root reported it.
struct Row {
    cells: [String; COLUMNS],
    is_denied: bool,
    is_claimed: bool,
}

/// Writes events one by one.
pub(super) struct Printer {
    format: EventsFormat,
    sheet: Sheet<{ FIELDS.len() }>,
    has_titles: bool,
    widths: Option<[usize; COLUMNS]>,
    waiting: Vec<Row>,
    /// How many events were printed.
    pub(super) count: usize,
}

impl Printer {
    pub(super) fn new(format: EventsFormat) -> Self {
        Self {
            format,
            sheet: Sheet::new(FIELDS),
            has_titles: false,
            widths: None,
            waiting: Vec::new(),
            count: 0,
        }
    }

    pub(super) fn print(&mut self, found: &FoundEvent, out: &mut Output) -> Result<(), Failure> {
        self.count += 1;
        match self.format {
            EventsFormat::Json => {
                let line = serde_json::to_string(&Fields::of(found)).unwrap_or_default();
                out.data(line)
            }
            EventsFormat::Csv => self.sheet.row(&Fields::of(found).cells(), out),
            EventsFormat::Table => {
                self.waiting.push(row(found));
                if self.widths.is_some() || self.waiting.len() >= SAMPLE {
                    self.end(out)?;
                }
                Ok(())
            }
        }
    }

    /// Writes what was held back to find out how wide the columns are.
    pub(super) fn end(&mut self, out: &mut Output) -> Result<(), Failure> {
        match self.format {
            EventsFormat::Json => return Ok(()),
            EventsFormat::Csv => return self.sheet.begin(out),
            EventsFormat::Table => (),
        }
        if self.waiting.is_empty() {
            return Ok(());
        }
        let widths = *self.widths.get_or_insert_with(|| widths(&self.waiting));
        if !self.has_titles {
            self.has_titles = true;
            let cells = HEADER.map(str::to_owned);
            out.line(out.paint(Style::Strong, &aligned(&cells, &widths)))?;
        }
        for row in self.waiting.drain(..) {
            let line = aligned(&row.cells, &widths);
            let style = match (row.is_claimed, row.is_denied) {
                (true, _) => Some(Style::Warn),
                (false, true) => None,
                (false, false) => Some(Style::Dim),
            };
            out.line(style.map_or(line.clone(), |style| out.paint(style, &line)))?;
        }
        Ok(())
    }
}

fn widths(rows: &[Row]) -> [usize; COLUMNS] {
    let mut widths = HEADER.map(|text| text.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(&row.cells) {
            *width = (*width).max(cell.chars().count());
        }
    }
    widths
}

fn aligned(cells: &[String; COLUMNS], widths: &[usize; COLUMNS]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        if !line.is_empty() {
            line.push_str("  ");
        }
        line.push_str(cell);
        line.extend(std::iter::repeat_n(
            ' ',
            width.saturating_sub(cell.chars().count()),
        ));
    }
    line.trim_end().to_owned()
}

fn row(found: &FoundEvent) -> Row {
    let entry = &found.entry;
    let event = &entry.event;
    let name = if event.host == event.addr {
        "-".to_owned()
    } else {
        cell(&event.host)
    };
    Row {
        cells: [
            local_time(event.time)
                .format("%Y-%m-%d %H:%M:%S")
                .to_string(),
            cell(&event.addr),
            name,
            cell(&event.daemon),
            entry.verdict.word().to_owned(),
            entry.rule.as_ref().map_or_else(|| "-".to_owned(), place),
            entry.decision.word().to_owned(),
            match Reporter::of(event.uid) {
                Reporter::Root => "root".to_owned(),
                Reporter::User(uid) => format!("uid {uid}, not root"),
                Reporter::Unknown => "not known".to_owned(),
            },
        ],
        is_denied: entry.verdict != crate::alert::Verdict::Granted,
        is_claimed: !Reporter::of(event.uid).is_root(),
    }
}

fn cell(claim: &Claim) -> String {
    if claim.is_empty() {
        return "-".to_owned();
    }
    visible_short(claim.bytes(), SHOWN)
}

/// A rule by its place; journals of old versions have only its text.
fn place(rule: &FiredRule) -> String {
    if rule.file.is_empty() {
        return visible_short(rule.text.as_bytes(), SHOWN);
    }
    format!("{}:{}", visible(rule.file.as_bytes()), rule.line)
}

/// An event for programs; the fields are those of the manual.
#[derive(Serialize)]
struct Fields {
    id: i64,
    time: String,
    collected: String,
    source: String,
    addr: String,
    host: String,
    daemon: String,
    server: String,
    user: String,
    pid: String,
    uid: Option<u32>,
    machine: String,
    rule: Option<Rule>,
    verdict: &'static str,
    decision: &'static str,
    letter: Option<i64>,
    cut: Vec<&'static str>,
}

#[derive(Serialize)]
struct Rule {
    file: String,
    line: u32,
    text: String,
    digest: String,
}

impl Fields {
    fn of(found: &FoundEvent) -> Self {
        let entry = &found.entry;
        let event = &entry.event;
        let text = |claim: &Claim| visible(claim.bytes());
        let claims = [
            ("addr", &event.addr),
            ("host", &event.host),
            ("daemon", &event.daemon),
            ("server", &event.server),
            ("user", &found.user),
            ("pid", &event.pid),
        ];
        let cut = claims.into_iter().filter(|(_, claim)| claim.is_cut());
        Self {
            id: entry.id,
            time: utc(event.time),
            collected: utc(entry.collected),
            source: visible(entry.source.as_bytes()),
            addr: text(&event.addr),
            host: text(&event.host),
            daemon: text(&event.daemon),
            server: text(&event.server),
            user: text(&found.user),
            pid: text(&event.pid),
            uid: Reporter::of(event.uid).uid(),
            machine: visible(entry.machine.as_bytes()),
            rule: entry.rule.as_ref().map(|rule| Rule {
                file: visible(rule.file.as_bytes()),
                line: rule.line,
                text: visible(rule.text.as_bytes()),
                digest: visible(rule.digest.as_bytes()),
            }),
            verdict: entry.verdict.word(),
            decision: entry.decision.word(),
            letter: entry.letter,
            cut: cut.map(|(name, _)| name).collect(),
        }
    }

    fn cells(self) -> [String; 20] {
        let rule = self.rule.unwrap_or_else(|| Rule {
            file: String::new(),
            line: 0,
            text: String::new(),
            digest: String::new(),
        });
        [
            self.id.to_string(),
            self.time,
            self.collected,
            self.source,
            self.addr,
            self.host,
            self.daemon,
            self.server,
            self.user,
            self.pid,
            self.uid.map_or_else(String::new, |uid| uid.to_string()),
            self.machine,
            rule.file,
            rule.line.to_string(),
            rule.text,
            rule.digest,
            self.verdict.to_owned(),
            self.decision.to_owned(),
            self.letter.map_or_else(String::new, |id| id.to_string()),
            self.cut.join(" "),
        ]
    }
}

/// A time for programs: RFC 3339, UTC, with its fraction.
fn utc(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
