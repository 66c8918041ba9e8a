//! What a report has, part by part, for whoever writes it as text or HTML.

use super::counts::Named;
use super::days::Day;
use super::fleet::FleetPart;
use super::logged::Logged;
use super::numbers::{Report, SourceRow};
use super::time::Local;
use super::words::{Words, fill, grouped};
use chrono::{DateTime, Utc};

/// More days than this are shown by week.
const MOST_DAYS: usize = 45;

/// A part of a report.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: String,
    pub(super) body: Body,
}

/// What is in a part.
#[derive(Debug)]
pub(super) enum Body {
    /// Sentences.
    Lines(Vec<String>),
    /// Something that is wrong.
    Alert(Vec<String>),
    /// Counts over time, with a label each.
    Course(Vec<(String, u64)>),
    /// Counts of the hours of the day.
    Hours(Vec<u64>),
    /// Counts with their names.
    Table(Table),
}

/// Counts with their names.
#[derive(Debug)]
pub(super) struct Table {
    /// The title of the count.
    pub(super) unit: &'static str,
    /// The titles of the other columns.
    pub(super) head: Vec<&'static str>,
    pub(super) rows: Vec<(u64, Vec<String>)>,
    /// How many are not shown.
    pub(super) more: u64,
}

/// The title of a report.
pub(super) fn title(report: &Report, words: &Words) -> String {
    let machine = ("machine", report.machine.as_str());
    match &report.fleet {
        Some(fleet) => fill(
            words.fleet_title,
            &[("hosts", &grouped(fleet.hosts)), machine],
        ),
        None => fill(words.title, &[machine]),
    }
}

/// The last line of a report.
pub(super) fn footer(report: &Report, words: &Words) -> &'static str {
    match report.fleet {
        Some(_) => words.fleet_footer,
        None => words.footer,
    }
}

/// The time of a report.
pub(super) fn period(report: &Report, words: &Words, local: Local<'_>) -> String {
    fill(
        words.period,
        &[
            ("since", &clock(report.since, local)),
            ("until", &clock(report.until, local)),
            ("zone", &local(report.until).format("%:z").to_string()),
        ],
    )
}

fn clock(time: DateTime<Utc>, local: Local<'_>) -> String {
    local(time).format("%Y-%m-%d %H:%M").to_string()
}

/// All parts, problems first.
pub(super) fn sections(report: &Report, words: &'static Words, local: Local<'_>) -> Vec<Section> {
    let mut parts = Vec::new();
    let mut add = |title: &str, body| {
        parts.push(Section {
            title: title.to_owned(),
            body,
        });
    };
    add(words.problems, problems(report, words, local));
    add(words.summary, Body::Lines(summary(report, words)));
    if report.events > 0 {
        add_course(&mut add, &report.days, words);
        add(words.by_hour, Body::Hours(report.hours.clone()));
        let (sources, all) = (&report.top_sources, report.sources);
        add(
            words.by_source,
            Body::Table(source_table(sources, all, false, words, local)),
        );
        let (sources, all) = (&report.top_new_sources, report.new_sources);
        if !sources.is_empty() {
            add(
                words.new_sources,
                Body::Table(source_table(sources, all, true, words, local)),
            );
        }
        add(
            words.by_daemon,
            Body::Table(named_table(&report.daemons, 0, words.daemon, words)),
        );
        if let Some(fleet) = &report.fleet {
            add(words.by_host, Body::Table(host_table(fleet, words, local)));
            add(
                words.spread,
                Body::Table(spread_table(report, fleet, words, local)),
            );
        } else {
            add(words.by_rule, Body::Table(rule_table(report, words)));
        }
        if !report.held_back.is_empty() {
            add(words.held_back, Body::Lines(held_back(report, words)));
        }
    }
    if report.fleet.is_none() {
        add(words.letters, Body::Lines(letters(report, words, local)));
    }
    if let Some(logged) = &report.logged {
        add_logged(&mut add, logged, words);
    }
    parts
}

fn problems(report: &Report, words: &Words, local: Local<'_>) -> Body {
    if report.problems.is_empty() {
        let none = match &report.fleet {
            None => words.no_problems,
            Some(_) => words.fleet_no_problems,
        };
        return Body::Lines(vec![none.to_owned()]);
    }
    let problems = report.problems.iter();
    Body::Alert(problems.map(|problem| problem.line(words, local)).collect())
}

fn summary(report: &Report, words: &Words) -> Vec<String> {
    if report.events == 0 {
        return vec![words.nothing.to_owned()];
    }
    let mut lines = vec![
        fill(
            words.verdicts,
            &[
                ("events", &grouped(report.events)),
                ("denied", &grouped(report.denied)),
                ("granted", &grouped(report.granted)),
                ("unknown", &grouped(report.unknown)),
            ],
        ),
        fill(
            words.visitors,
            &[
                ("sources", &grouped(report.sources)),
                ("new", &grouped(report.new_sources)),
                ("repeating", &grouped(report.repeating_sources)),
            ],
        ),
    ];
    if let Some(events) = report.not_by_root.filter(|events| *events > 0) {
        let events = grouped(events);
        lines.push(fill(words.not_by_root, &[("events", &events)]));
    }
    if let Some(fleet) = &report.fleet {
        let (hosts, reporting) = (grouped(fleet.hosts), grouped(fleet.reporting));
        let values = [("hosts", hosts.as_str()), ("reporting", &reporting)];
        lines.push(fill(words.reporting, &values));
    }
    lines
}

fn add_course(add: &mut dyn FnMut(&str, Body), days: &[Day], words: &Words) {
    let labelled = |day: &Day| (day.date.clone(), day.events);
    if days.len() <= MOST_DAYS {
        add(
            words.by_day,
            Body::Course(days.iter().map(labelled).collect()),
        );
        return;
    }
    let weeks = days.chunks(7).filter_map(|week| {
        let events = week
            .iter()
            .map(|day| day.events)
            .fold(0, u64::saturating_add);
        Some((week.first()?.date.clone(), events))
    });
    add(words.by_week, Body::Course(weeks.collect()));
}

fn source_table(
    sources: &[SourceRow],
    all: u64,
    are_new: bool,
    words: &Words,
    local: Local<'_>,
) -> Table {
    let has_place = sources.iter().any(|source| source.place.is_some());
    let seen = if are_new {
        words.first_seen
    } else {
        words.last_seen
    };
    let mut head = vec![words.source, words.name, words.daemon, seen];
    if has_place {
        head.insert(1, words.place);
    }
    let row = |source: &SourceRow| {
        let time = if are_new { source.first } else { source.last };
        let mut cells = vec![
            source.source.clone(),
            source.name_and_reporter(),
            source.daemon.clone(),
            local(time).format("%m-%d %H:%M").to_string(),
        ];
        if has_place {
            cells.insert(1, source.place.clone().unwrap_or_default());
        }
        (source.events, cells)
    };
    Table {
        unit: words.events,
        head,
        rows: sources.iter().map(row).collect(),
        more: all.saturating_sub(super::counts::count(sources.len())),
    }
}

/// The servers with most events.
fn host_table(fleet: &FleetPart, words: &Words, local: Local<'_>) -> Table {
    let rows = fleet.top_hosts.iter().map(|host| {
        let seen = host.seen.map(|seen| clock(seen, local));
        let cells = vec![
            host.name.clone(),
            grouped(host.denied),
            grouped(host.backlog),
            seen.unwrap_or_default(),
        ];
        (host.events, cells)
    });
    let shown = super::counts::count(fleet.top_hosts.len());
    Table {
        unit: words.events,
        head: vec![words.server, words.refused, words.backlog, words.last_heard],
        rows: rows.collect(),
        more: fleet.reporting.saturating_sub(shown),
    }
}

/// The sources that came to most servers.
fn spread_table(report: &Report, fleet: &FleetPart, words: &Words, local: Local<'_>) -> Table {
    let rows = fleet.spread.iter().map(|found| {
        let times = [found.first, found.last].map(|time| local(time).format("%m-%d %H:%M"));
        let mut cells = vec![found.source.clone(), grouped(found.events)];
        cells.extend(times.map(|time| time.to_string()));
        (found.hosts, cells)
    });
    let shown = super::counts::count(fleet.spread.len());
    Table {
        unit: words.servers,
        head: vec![
            words.source,
            words.events,
            words.first_seen,
            words.last_seen,
        ],
        rows: rows.collect(),
        more: report.sources.saturating_sub(shown),
    }
}

fn named_table(rows: &[Named], more: u64, title: &'static str, words: &Words) -> Table {
    let row = |named: &Named| {
        let name = if named.name.is_empty() {
            words.not_given
        } else {
            &named.name
        };
        (named.events, vec![name.to_owned()])
    };
    Table {
        unit: words.events,
        head: vec![title],
        rows: rows.iter().map(row).collect(),
        more,
    }
}

fn rule_table(report: &Report, words: &Words) -> Table {
    let rows = report.rules.iter().map(|rule| {
        let text = match &rule.file {
            None => words.not_told.to_owned(),
            Some(file) if file.is_empty() => rule.text.clone(),
            Some(file) => format!("{file}:{}: {}", rule.line, rule.text),
        };
        (rule.events, vec![text])
    });
    Table {
        unit: words.events,
        head: vec![words.rule],
        rows: rows.collect(),
        more: 0,
    }
}

fn held_back(report: &Report, words: &Words) -> Vec<String> {
    let held = report.held_back.iter();
    held.map(|held| {
        let reason = words.decision(held.decision);
        fill(
            words.held_row,
            &[("reason", reason), ("events", &grouped(held.events))],
        )
    })
    .collect()
}

fn letters(report: &Report, words: &Words, local: Local<'_>) -> Vec<String> {
    let rows = report.letters.iter().map(|row| {
        fill(
            words.letter_row,
            &[
                ("kind", words.kind(row.kind)),
                ("state", words.state(row.state)),
                ("letters", &grouped(row.letters)),
                ("events", &grouped(row.events)),
            ],
        )
    });
    let mut lines: Vec<String> = rows.collect();
    let gathering = &report.gathering;
    if gathering.letters > 0 {
        let due = gathering
            .due
            .map_or_else(String::new, |due| clock(due, local));
        lines.push(fill(
            words.gathering,
            &[
                ("letters", &grouped(gathering.letters)),
                ("events", &grouped(gathering.events)),
                ("due", &due),
            ],
        ));
    }
    if lines.is_empty() {
        lines.push(words.no_letters.to_owned());
    }
    lines
}

fn add_logged(add: &mut dyn FnMut(&str, Body), logged: &Logged, words: &Words) {
    let mut lines = vec![fill(
        words.logged_what,
        &[
            ("files", &logged.read.join(", ")),
            ("lines", &grouped(logged.lines.lines)),
            ("events", &grouped(logged.events)),
        ],
    )];
    lines.push(fill(
        words.logged_lines,
        &[
            ("untimed", &grouped(logged.lines.untimed)),
            ("outside", &grouped(logged.lines.outside)),
            ("strange", &grouped(logged.lines.not_understood)),
        ],
    ));
    if logged.events == 0 {
        let none = if logged.lines.has_unread() {
            words.logged_unsure
        } else {
            words.logged_none
        };
        lines.push(none.to_owned());
    }
    if logged.copies > 0 {
        let copies = grouped(logged.copies);
        lines.push(fill(words.logged_copies, &[("count", &copies)]));
    }
    if logged.may_repeat {
        lines.push(words.logged_may_repeat.to_owned());
    }
    if !logged.not_by_root.is_empty() {
        let who: Vec<String> = logged
            .not_by_root
            .iter()
            .map(|writer| format!("{} {}", writer.name, grouped(writer.events)))
            .collect();
        lines.push(fill(words.logged_not_by_root, &[("who", &who.join(", "))]));
    }
    add(words.logged, Body::Lines(lines));
    if logged.events == 0 {
        return;
    }
    add_course(add, &logged.days, words);
    add(words.by_hour, Body::Hours(logged.hours.clone()));
    let more = logged
        .sources
        .saturating_sub(super::counts::count(logged.top_sources.len()));
    let sources = named_table(&logged.top_sources, more, words.source, words);
    add(words.by_source, Body::Table(sources));
    let daemons = named_table(&logged.daemons, 0, words.daemon, words);
    add(words.by_daemon, Body::Table(daemons));
}
