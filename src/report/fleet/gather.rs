//! From the lines of `tcpw-fleet read` to a report.

use super::part::{FleetPart, HostRow, SHOWN, SpreadRow, source, time};
use super::stream::{FleetLine, FleetSource, FleetTotals};
use crate::escape::{visible, visible_short};
use crate::report::counts::{Named, count};
use crate::report::days::Calendar;
use crate::report::numbers::{Gathering, Report, ReportTerms, SourceRow};
use crate::report::problem::Problem;
use chrono::{DateTime, TimeDelta, Utc};
use std::net::IpAddr;

/// Hours are counted from the epoch: this many seconds each.
const HOUR: i64 = 3600;

/// Takes in the answer of `tcpw-fleet read`, line by line.
#[derive(Debug, Default)]
pub struct FleetReader {
    lines: u64,
    is_whole: bool,
    totals: Option<FleetTotals>,
    found: Vec<FleetLine>,
}

impl FleetReader {
    /// Takes in a line of the answer.
    ///
    /// # Errors
    /// When it is not one that this version understands.
    pub fn line(&mut self, line: &[u8]) -> Result<(), String> {
        let line = read(line)?;
        match line {
            FleetLine::End { lines } => self.is_whole = lines == self.lines,
            FleetLine::Totals(totals) => self.totals = Some(totals),
            line @ (FleetLine::Hour { .. }
            | FleetLine::Source(_)
            | FleetLine::NewSource(_)
            | FleetLine::Spread(_)
            | FleetLine::Daemon { .. }
            | FleetLine::Host(_)
            | FleetLine::Silent(_)) => self.found.push(line),
            FleetLine::Event(_) => return Err("has an event in a report".to_owned()),
        }
        self.lines += 1;
        Ok(())
    }

    /// The report; nothing if the answer is not whole.
    pub fn finish(self, terms: &ReportTerms<'_>) -> Option<Report> {
        let totals = self.totals.filter(|_| self.is_whole)?;
        Some(build(&totals, self.found, terms))
    }
}

/// Reads a line of the answer.
///
/// # Errors
/// When it is not one that this version understands.
pub(super) fn read(line: &[u8]) -> Result<FleetLine, String> {
    serde_json::from_slice(line).map_err(|error| visible(error.to_string().as_bytes()))
}

/// The lines of an answer, each where a report has it.
#[derive(Default)]
struct Parts {
    calendar: Calendar,
    begin: Option<DateTime<Utc>>,
    top_sources: Vec<SourceRow>,
    top_new_sources: Vec<SourceRow>,
    daemons: Vec<Named>,
    hosts: Vec<HostRow>,
    spread: Vec<SpreadRow>,
    problems: Vec<Problem>,
}

impl Parts {
    fn of(found: Vec<FleetLine>, terms: &ReportTerms<'_>) -> Self {
        let mut parts = Self::default();
        for line in found {
            match line {
                FleetLine::Hour { hour, events } => {
                    let hour = time(hour.saturating_mul(HOUR).saturating_mul(1_000_000));
                    parts.begin = Some(parts.begin.map_or(hour, |begin| begin.min(hour)));
                    parts.calendar.add(hour, events, terms.local);
                }
                FleetLine::Source(found) => parts.top_sources.push(row(&found, terms)),
                FleetLine::NewSource(found) => parts.top_new_sources.push(row(&found, terms)),
                FleetLine::Spread(found) => parts.spread.push(found.into()),
                FleetLine::Daemon { name, events } => parts.daemons.push(Named {
                    name: visible_short(name.as_bytes(), SHOWN),
                    events,
                }),
                FleetLine::Host(host) => parts.hosts.push(host.into()),
                FleetLine::Silent(host) => parts.problems.push(Problem::SilentHost {
                    host: visible_short(host.name.as_bytes(), SHOWN),
                    since: host.seen.map(time),
                }),
                FleetLine::Totals(_) | FleetLine::Event(_) | FleetLine::End { .. } => {}
            }
        }
        parts
    }
}

fn build(totals: &FleetTotals, found: Vec<FleetLine>, terms: &ReportTerms<'_>) -> Report {
    let local = terms.local;
    let Parts {
        calendar,
        begin,
        top_sources,
        top_new_sources,
        daemons,
        hosts,
        spread,
        mut problems,
    } = Parts::of(found, terms);
    add_counted(totals, &mut problems);
    let terms = &whole_hours(totals, terms);
    let since = begin.map_or(terms.since, |begin| begin.max(terms.since));
    let last = terms.until - TimeDelta::nanoseconds(1);
    let days = (totals.events > 0)
        .then(|| calendar.days(local(since).date_naive(), local(last).date_naive()));
    Report {
        machine: visible(totals.database.as_bytes()),
        since: terms.since,
        until: terms.until,
        problems,
        events: totals.events,
        denied: totals.denied,
        granted: totals.granted,
        unknown: totals
            .events
            .saturating_sub(totals.denied)
            .saturating_sub(totals.granted),
        not_by_root: None,
        sources: totals.sources,
        new_sources: totals.new_sources,
        repeating_sources: totals.repeating_sources,
        days: days.unwrap_or_default(),
        hours: calendar.hours(),
        top_sources,
        top_new_sources,
        daemons,
        rules: Vec::new(),
        held_back: Vec::new(),
        letters: Vec::new(),
        gathering: Gathering::default(),
        logged: None,
        fleet: Some(FleetPart::of(totals, hosts, spread)),
    }
}

/// What is wrong by the numbers alone.
fn add_counted(totals: &FleetTotals, problems: &mut Vec<Problem>) {
    let more = totals.silent.saturating_sub(count(problems.len()));
    if more > 0 {
        problems.push(Problem::MoreSilent { hosts: more });
    }
    if totals.behind > 0 {
        problems.push(Problem::Behind {
            hosts: totals.behind,
            events: totals.backlog,
        });
    }
    if totals.unmailed > 0 {
        problems.push(Problem::Unmailed {
            hosts: totals.unmailed,
            since: totals.passed.map(time),
        });
    }
    if totals.hosts == 0 {
        problems.push(Problem::NoHosts);
    }
}

/// The time that is counted: whole hours, of which the last may still go on.
fn whole_hours<'a>(totals: &FleetTotals, terms: &ReportTerms<'a>) -> ReportTerms<'a> {
    let hour = |moment: DateTime<Utc>| moment.timestamp().div_euclid(HOUR).saturating_mul(HOUR);
    let at = |seconds| DateTime::from_timestamp(seconds, 0);
    let end = terms.until - TimeDelta::nanoseconds(1);
    let over = at(hour(end).saturating_add(HOUR)).unwrap_or(terms.until);
    let read = totals.read.map_or(terms.until, time).max(terms.until);
    ReportTerms {
        machine: terms.machine.clone(),
        since: at(hour(terms.since)).unwrap_or(terms.since),
        until: over.min(read),
        ..*terms
    }
}

fn row(found: &FleetSource, terms: &ReportTerms<'_>) -> SourceRow {
    let shown = source(&found.source);
    let address = shown.parse::<IpAddr>().ok();
    SourceRow {
        source: shown,
        name: String::new(),
        reported_by: None,
        place: address
            .and_then(terms.locate)
            .map(|place| visible(place.as_bytes())),
        daemon: visible_short(found.daemon.as_bytes(), SHOWN),
        events: found.events,
        total: found.total,
        first: time(found.first),
        last: time(found.last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fleet::stream::FleetHost;
    use crate::report::{Paper, csv, html, json, subject, text};
    use crate::values::Language;
    use chrono::FixedOffset;

    const PAPER: Paper = Paper {
        width: 80,
        is_unicode: true,
    };

    fn local(time: DateTime<Utc>) -> DateTime<FixedOffset> {
        time.with_timezone(&FixedOffset::east_opt(0).unwrap())
    }

    fn terms() -> ReportTerms<'static> {
        ReportTerms {
            machine: "here".to_owned(),
            since: time(0),
            until: time(7_200_000_000),
            most: 10,
            local: &local,
            locate: &|_| None,
        }
    }

    const EVIL: &str = "\u{1b}[31m<b>'; DROP TABLE event;--\r\n=1+1";

    fn lines() -> Vec<FleetLine> {
        let found = FleetSource {
            source: "203.0.113.9/32".to_owned(),
            daemon: EVIL.to_owned(),
            hosts: 1000,
            events: 3000,
            total: 3001,
            first: 0,
            last: 240_000_000,
        };
        let host = FleetHost {
            name: EVIL.to_owned(),
            seen: Some(60_000_000),
            version: EVIL.to_owned(),
            backlog: 5,
            events: 3000,
            denied: 3000,
        };
        let hostile = FleetSource {
            source: format!("name {EVIL}"),
            ..found.clone()
        };
        vec![
            FleetLine::Totals(FleetTotals {
                database: "db.example/tcpw".to_owned(),
                hosts: 1001,
                reporting: 1000,
                silent: 3,
                behind: 1,
                backlog: 5,
                events: 3000,
                denied: 3000,
                sources: 2,
                ..FleetTotals::default()
            }),
            FleetLine::Hour {
                hour: 0,
                events: 3000,
            },
            FleetLine::Source(hostile),
            FleetLine::Spread(found),
            FleetLine::Daemon {
                name: EVIL.to_owned(),
                events: 3000,
            },
            FleetLine::Host(host.clone()),
            FleetLine::Silent(host),
        ]
    }

    fn told(lines: &[FleetLine], end: u64) -> Option<Report> {
        let mut reader = FleetReader::default();
        for line in lines {
            reader.line(&serde_json::to_vec(line).unwrap()).unwrap();
        }
        reader
            .line(&serde_json::to_vec(&FleetLine::End { lines: end }).unwrap())
            .unwrap();
        reader.finish(&terms())
    }

    #[test]
    fn nothing_hostile_reaches_a_terminal_a_page_or_a_sheet() {
        let report = told(&lines(), 7).unwrap();
        let csv = String::from_utf8(csv(&report)).unwrap();
        let html = html(&report, Language::English, &local);
        for shown in [
            text(&report, Language::English, PAPER, &local),
            json(&report),
            csv.clone(),
            html.clone(),
            subject(&report, Language::Korean),
        ] {
            assert!(
                !shown.contains('\u{1b}') && !shown.contains('\r'),
                "{shown}"
            );
        }
        assert!(!html.contains("<b>'"), "{html}");
        assert!(!csv.lines().any(|line| line.contains(",=")), "{csv}");
    }

    #[test]
    fn servers_spread_and_silence_are_said_in_both_languages() {
        let report = told(&lines(), 7).unwrap();
        let english = text(&report, Language::English, PAPER, &local);
        for part in [
            "Report for 1,001 servers (db.example/tcpw)",
            "Sources seen on most servers",
            "1,000",
            "203.0.113.9",
            "More silent servers: 2.",
            "Not pushed yet, so not counted below: events 5, of servers 1.",
        ] {
            assert!(english.contains(part), "{part}: {english}");
        }
        assert!(!english.contains("No messages in this period"));
        let korean = text(&report, Language::Korean, PAPER, &local);
        assert!(korean.contains("서버 1,001대"), "{korean}");
    }

    #[test]
    fn whole_hours_are_counted_and_said() {
        let terms = ReportTerms {
            since: time(2_640_000_000),
            until: time(9_000_000_000),
            ..terms()
        };
        let read = |read: Option<i64>| {
            let totals = FleetTotals {
                read,
                ..FleetTotals::default()
            };
            let whole = whole_hours(&totals, &terms);
            (whole.since, whole.until)
        };
        assert_eq!(read(None), (time(0), time(9_000_000_000)));
        let later = Some(9_900_000_000);
        assert_eq!(read(later), (time(0), time(9_900_000_000)));
        assert_eq!(read(Some(i64::MAX)).1, time(10_800_000_000));
    }

    #[test]
    fn what_was_not_looked_at_is_not_well() {
        let none = [FleetLine::Totals(FleetTotals::default())];
        let report = told(&none, 1).unwrap();
        assert_eq!(report.problems, [Problem::NoHosts]);
        let unmailed = [FleetLine::Totals(FleetTotals {
            hosts: 3,
            unmailed: 2,
            ..FleetTotals::default()
        })];
        let report = told(&unmailed, 1).unwrap();
        for (language, part) in [
            (Language::English, "has never looked for alerts"),
            (Language::Korean, "2대"),
        ] {
            let shown = text(&report, language, PAPER, &local);
            assert!(shown.contains(part), "{shown}");
        }
    }

    #[test]
    fn what_is_cut_short_is_no_report() {
        assert!(told(&lines(), 6).is_none());
        assert!(told(&lines()[1..], 6).is_none());
        let mut reader = FleetReader::default();
        assert!(reader.line(b"{\"line\":\"later-version\"}").is_err());
        assert!(reader.line(b"\xff\x1b").is_err());
    }
}
