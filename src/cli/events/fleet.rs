//! `tcpw events --from`: the events of many servers that their database keeps in full.

use super::form::EventsFormat;
use super::sheet::Sheet;
use crate::cli::base::{Context, Failure, Output, Style};
use crate::cli::machine::fleet_program::{DatabaseUrl, ask, cut_short};
use crate::escape::{visible, visible_short};
use crate::report::{FleetEvent, FleetLine, FleetWanted};
use crate::system::local_time;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

/// As much of a value as a row shows.
const SHOWN: usize = 60;
const COLUMNS: usize = 7;
const HEADER: [&str; COLUMNS] = [
    "TIME", "SERVER", "ADDRESS", "DAEMON", "VERDICT", "RULE", "REPORTER",
];
const FIELDS: [&str; 10] = [
    "machine", "id", "time", "received", "source", "addr", "daemon", "verdict", "rule", "reporter",
];

/// An event for programs; the fields are those of the manual.
#[derive(Serialize)]
struct Fields {
    machine: String,
    id: i64,
    time: String,
    received: String,
    source: String,
    addr: Option<String>,
    daemon: String,
    verdict: String,
    rule: Option<String>,
    reporter: Option<String>,
}

/// Asks the database at `url` for events and prints them; gives how many there were.
pub(super) fn show(
    url: &DatabaseUrl,
    period: (Option<i64>, Option<i64>),
    wanted: FleetWanted,
    format: EventsFormat,
    context: &mut Context,
) -> Result<usize, Failure> {
    let mut printer = FleetPrinter::new(format);
    let mut found = Vec::new();
    let (mut problem, mut end) = (None, None);
    let mut lines: u64 = 0;
    let mut visit = |line: &[u8]| match serde_json::from_slice(line) {
        Ok(FleetLine::Event(event)) => {
            lines += 1;
            found.push(event);
        }
        Ok(FleetLine::End { lines }) => end = Some(lines),
        Ok(_) => problem = Some("it has numbers among events".to_owned()),
        Err(error) => problem = Some(visible(error.to_string().as_bytes())),
    };
    ask(url, period, wanted, &mut visit, context)?;
    if problem.is_some() || end != Some(lines) {
        return Err(cut_short(url, problem.as_deref()));
    }
    for event in &found {
        printer.print(event, &mut context.out)?;
    }
    printer.end(&mut context.out)?;
    Ok(found.len())
}

/// Writes events one by one.
struct FleetPrinter {
    format: EventsFormat,
    sheet: Sheet<{ FIELDS.len() }>,
    rows: Vec<([String; COLUMNS], bool)>,
}

impl FleetPrinter {
    fn new(format: EventsFormat) -> Self {
        Self {
            format,
            sheet: Sheet::new(FIELDS),
            rows: Vec::new(),
        }
    }

    fn print(&mut self, event: &FleetEvent, out: &mut Output) -> Result<(), Failure> {
        match self.format {
            EventsFormat::Json => {
                out.data(serde_json::to_string(&Fields::of(event)).unwrap_or_default())
            }
            EventsFormat::Csv => self.sheet.row(&Fields::of(event).cells(), out),
            EventsFormat::Table => {
                self.rows.push((row(event), event.verdict == "granted"));
                Ok(())
            }
        }
    }

    fn end(&mut self, out: &mut Output) -> Result<(), Failure> {
        match self.format {
            EventsFormat::Json => return Ok(()),
            EventsFormat::Csv => return self.sheet.begin(out),
            EventsFormat::Table => {}
        }
        if self.rows.is_empty() {
            return Ok(());
        }
        let mut widths = HEADER.map(|title| title.chars().count());
        for (cells, _) in &self.rows {
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let header = aligned(&HEADER.map(str::to_owned), &widths);
        out.line(out.paint(Style::Strong, &header))?;
        for (cells, is_granted) in self.rows.drain(..) {
            let line = aligned(&cells, &widths);
            out.line(if is_granted {
                out.paint(Style::Dim, &line)
            } else {
                line
            })?;
        }
        Ok(())
    }
}

fn aligned(cells: &[String; COLUMNS], widths: &[usize; COLUMNS]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        let gap = width.saturating_sub(cell.chars().count());
        line.push_str(cell);
        line.push_str(&" ".repeat(gap + 2));
    }
    line.trim_end().to_owned()
}

fn row(event: &FleetEvent) -> [String; COLUMNS] {
    let time = local_time(time(event.time));
    let cell = |text: &str| {
        if text.is_empty() {
            "-".to_owned()
        } else {
            visible_short(text.as_bytes(), SHOWN)
        }
    };
    let maybe = |text: &Option<String>| cell(text.as_deref().unwrap_or_default());
    let addr = event.addr.as_deref().unwrap_or(&event.source);
    [
        time.format("%Y-%m-%d %H:%M:%S").to_string(),
        cell(&event.machine),
        cell(addr),
        cell(&event.daemon),
        cell(&event.verdict),
        maybe(&event.rule),
        maybe(&event.reporter),
    ]
}

impl Fields {
    fn of(event: &FleetEvent) -> Self {
        let text = |text: &str| visible(text.as_bytes());
        let maybe = |value: &Option<String>| value.as_deref().map(text);
        Self {
            machine: text(&event.machine),
            id: event.id,
            time: utc(event.time),
            received: utc(event.received),
            source: text(&event.source),
            addr: maybe(&event.addr),
            daemon: text(&event.daemon),
            verdict: text(&event.verdict),
            rule: maybe(&event.rule),
            reporter: maybe(&event.reporter),
        }
    }

    fn cells(self) -> [String; 10] {
        [
            self.machine,
            self.id.to_string(),
            self.time,
            self.received,
            self.source,
            self.addr.unwrap_or_default(),
            self.daemon,
            self.verdict,
            self.rule.unwrap_or_default(),
            self.reporter.unwrap_or_default(),
        ]
    }
}

fn time(microseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(microseconds).unwrap_or_default()
}

/// A time for programs: RFC 3339, UTC, with its fraction.
fn utc(microseconds: i64) -> String {
    time(microseconds).to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
