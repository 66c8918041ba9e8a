//! The report as CSV: one number a line, with the part it belongs to.

use super::fleet::FleetPart;
use super::logged::Logged;
use super::numbers::{Report, SourceRow};
use crate::escape::spreadsheet_cell;
use ::csv::Writer;

/// The report as CSV.
pub fn csv(report: &Report) -> Vec<u8> {
    let mut sheet = Sheet(Writer::from_writer(Vec::new()));
    sheet
        .0
        .write_record(["part", "name", "detail", "count"])
        .unwrap_or_default();
    for (name, count) in [
        ("events", report.events),
        ("denied", report.denied),
        ("granted", report.granted),
        ("unknown", report.unknown),
        ("not-by-root", report.not_by_root.unwrap_or_default()),
        ("sources", report.sources),
        ("new-sources", report.new_sources),
        ("repeating-sources", report.repeating_sources),
        ("problems", super::counts::count(report.problems.len())),
    ] {
        if name != "not-by-root" || report.not_by_root.is_some() {
            sheet.row("summary", name, "", count);
        }
    }
    for day in &report.days {
        sheet.row("day", &day.date, "", day.events);
    }
    sheet.hours("hour", &report.hours);
    sheet.sources("source", &report.top_sources);
    sheet.sources("new-source", &report.top_new_sources);
    for daemon in &report.daemons {
        sheet.row("daemon", &daemon.name, "", daemon.events);
    }
    for rule in &report.rules {
        let place = rule
            .file
            .as_ref()
            .map(|file| format!("{file}:{}", rule.line));
        sheet.row("rule", &place.unwrap_or_default(), &rule.text, rule.events);
    }
    for held in &report.held_back {
        sheet.row("held-back", held.decision, "", held.events);
    }
    for letters in &report.letters {
        sheet.row("letters", letters.kind, letters.state, letters.letters);
    }
    match &report.fleet {
        Some(fleet) => add_fleet(&mut sheet, fleet),
        None => sheet.row("letters", "all", "gathering", report.gathering.letters),
    }
    if let Some(logged) = &report.logged {
        add_logged(&mut sheet, logged);
    }
    sheet.0.into_inner().unwrap_or_default()
}

struct Sheet(Writer<Vec<u8>>);

impl Sheet {
    fn row(&mut self, part: &str, name: &str, detail: &str, count: u64) {
        let cells = [
            part,
            &spreadsheet_cell(name),
            &spreadsheet_cell(detail),
            &count.to_string(),
        ];
        // Writing to memory cannot fail.
        self.0.write_record(cells).unwrap_or_default();
    }

    fn hours(&mut self, part: &str, hours: &[u64]) {
        for (hour, events) in hours.iter().enumerate() {
            self.row(part, &format!("{hour:02}"), "", *events);
        }
    }

    fn sources(&mut self, part: &str, sources: &[SourceRow]) {
        for source in sources {
            self.row(
                part,
                &source.source,
                &source.name_and_reporter(),
                source.events,
            );
        }
    }
}

fn add_fleet(sheet: &mut Sheet, fleet: &FleetPart) {
    for (name, count) in [
        ("hosts", fleet.hosts),
        ("reporting", fleet.reporting),
        ("silent", fleet.silent),
        ("behind", fleet.behind),
        ("backlog", fleet.backlog),
    ] {
        sheet.row("fleet", name, "", count);
    }
    for host in &fleet.top_hosts {
        sheet.row("host", &host.name, "events", host.events);
        sheet.row("host", &host.name, "backlog", host.backlog);
    }
    for found in &fleet.spread {
        sheet.row("spread", &found.source, "hosts", found.hosts);
    }
}

fn add_logged(sheet: &mut Sheet, logged: &Logged) {
    let lines = &logged.lines;
    for (name, count) in [
        ("lines", lines.lines),
        ("refusals", lines.refusals),
        ("others", lines.others),
        ("untimed", lines.untimed),
        ("outside", lines.outside),
        ("not-understood", lines.not_understood),
        ("copies", logged.copies),
    ] {
        sheet.row("logged", name, "", count);
    }
    for writer in &logged.not_by_root {
        sheet.row("logged-not-by-root", &writer.name, "", writer.events);
    }
    for day in &logged.days {
        sheet.row("logged-day", &day.date, "", day.events);
    }
    sheet.hours("logged-hour", &logged.hours);
    for source in &logged.top_sources {
        sheet.row("logged-source", &source.name, "", source.events);
    }
    for daemon in &logged.daemons {
        sheet.row("logged-daemon", &daemon.name, "", daemon.events);
    }
}
