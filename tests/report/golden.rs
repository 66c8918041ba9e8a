//! The report of the sample in every format and language; of an empty journal; its numbers.

use super::same;
use super::sample::{END, START, Sample};
use chrono::{DateTime, FixedOffset, NaiveDateTime, Utc};
use std::net::IpAddr;
use std::path::Path;
use tcpw::alert::Journal;
use tcpw::report::{self, LogReader, Paper, Report, ReportTerms};
use tcpw::values::Language;
use tempfile::TempDir;

/// Clocks nine and a half hours ahead: days and hours are not those of UTC.
pub(super) fn local(time: DateTime<Utc>) -> DateTime<FixedOffset> {
    time.with_timezone(&FixedOffset::east_opt(34_200).unwrap())
}

#[expect(clippy::unnecessary_wraps, reason = "other clocks leave times out")]
fn of_local(time: NaiveDateTime) -> Option<DateTime<Utc>> {
    Some(time.and_utc() - chrono::TimeDelta::seconds(34_200))
}

fn time(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// The country of some addresses.
fn locate(address: IpAddr) -> Option<String> {
    (address.to_string() == "203.0.113.7").then(|| "KR, <Example> Telecom".to_owned())
}

pub(super) fn report_of(path: &Path, since: &str, until: &str, with_log: bool) -> Report {
    let mut journal = Journal::open_to_read(path).unwrap().unwrap();
    let terms = ReportTerms {
        machine: "web1".to_owned(),
        since: time(since),
        until: time(until),
        most: 5,
        local: &local,
        locate: &locate,
    };
    let logged = with_log.then(|| {
        let mut reader = LogReader::new(terms.since, terms.until, terms.until, &local, &of_local);
        reader.begin("/var/log/auth.log");
        for line in [
            "Mar  2 12:00:00 web1 sshd[9]: refused connect from h.example (192.0.2.7)",
            "Mar  3 12:00:00 web1 sshd[9]: refused connect from 192.0.2.7 (192.0.2.7)",
            "Mar  3 12:00:01 web1 sshd[9]: Invalid user refused connect from 1.2.3.4 from 6.6.6.6",
            "Dec 24 12:00:00 web1 sshd[9]: refused connect from 192.0.2.8 (192.0.2.8)",
        ] {
            reader.line(line.as_bytes());
        }
        reader.finish(5)
    });
    report::report(Some(&mut journal), &terms, logged).unwrap()
}

const TERMINAL: Paper = Paper {
    width: 80,
    is_unicode: true,
};

#[test]
fn the_sample_in_every_format_and_language() {
    let stage = TempDir::new().unwrap();
    let sample = Sample::new(stage.path());
    let report = report_of(&sample.path, START, END, true);
    same("report.json", &report::json(&report));
    same(
        "report.csv",
        &String::from_utf8(report::csv(&report)).unwrap(),
    );
    for (name, language) in [("en", Language::English), ("ko", Language::Korean)] {
        same(
            &format!("report-{name}.txt"),
            &report::text(&report, language, TERMINAL, &local),
        );
        same(
            &format!("report-{name}.html"),
            &report::html(&report, language, &local),
        );
    }
    let narrow = Paper {
        width: 50,
        is_unicode: false,
    };
    let text = report::text(&report, Language::English, narrow, &local);
    assert!(text.is_ascii());
    same("report-narrow.txt", &text);
}

#[test]
fn text_fits_the_terminal() {
    let stage = TempDir::new().unwrap();
    let sample = Sample::new(stage.path());
    let report = report_of(&sample.path, START, END, true);
    for width in [60, 80, 120] {
        let paper = Paper { width, ..TERMINAL };
        for language in [Language::English, Language::Korean] {
            let text = report::text(&report, language, paper, &local);
            for line in text.lines().filter(|line| !line.contains(".damaged-")) {
                let columns = unicode_width::UnicodeWidthStr::width(line);
                assert!(columns <= width, "{columns} > {width}: {line}");
            }
        }
    }
}

/// The numbers are those of the database itself.
#[test]
fn the_numbers_are_those_of_the_events() {
    let stage = TempDir::new().unwrap();
    let sample = Sample::new(stage.path());
    let (since, until) = ("2026-03-05T10:00:00Z", "2026-03-12T01:30:00Z");
    let report = report_of(&sample.path, since, until, false);
    let database = rusqlite::Connection::open(&sample.path).unwrap();
    let bound = |text| time(text).timestamp_nanos_opt().unwrap();
    let count = |what: &str, filter: &str| -> u64 {
        let sql = format!("SELECT {what} FROM events WHERE time >= ?1 AND time < ?2 AND {filter}");
        let bounds = [bound(since), bound(until)];
        let found: i64 = database.query_row(&sql, bounds, |row| row.get(0)).unwrap();
        u64::try_from(found).unwrap()
    };
    assert!(report.events > 100);
    assert_eq!(report.events, count("count(*)", "1"));
    assert_eq!(report.denied, count("count(*)", "verdict = 1"));
    assert_eq!(report.granted, count("count(*)", "verdict = 2"));
    assert_eq!(report.sources, count("count(DISTINCT source)", "1"));
    assert_eq!(report.new_sources, count("count(*)", "previous IS NULL"));
    assert_eq!(report.new_sources, 2, "the two of the second week");
    let daily: u64 = report.days.iter().map(|day| day.events).sum();
    assert_eq!(daily, report.events);
    assert_eq!(report.hours.iter().sum::<u64>(), report.events);
    let flood = &report.top_sources[0];
    assert_eq!(flood.source, "203.0.113.7");
    let of_flood = "source = (SELECT id FROM sources WHERE key = '203.0.113.7/32')";
    assert_eq!(flood.events, count("count(*)", of_flood));
    // 2026-03-10 03:00 UTC is half past twelve there: the flood is in two of the hours.
    assert!(
        report.hours[12] >= 49 && report.hours[13] >= 41,
        "{:?}",
        report.hours
    );
    let held: u64 = report.held_back.iter().map(|held| held.events).sum();
    assert_eq!(held, count("count(*)", "decision <> 0"));
    let halves = [
        ("2026-03-05T10:00:00Z", "2026-03-10T03:00:30Z"),
        ("2026-03-10T03:00:30Z", until),
    ];
    let sum: u64 = halves
        .map(|(a, b)| report_of(&sample.path, a, b, false).events)
        .iter()
        .sum();
    assert_eq!(sum, report.events);
}

#[test]
fn hostile_values_stay_text() {
    let stage = TempDir::new().unwrap();
    let sample = Sample::new(stage.path());
    let report = report_of(&sample.path, "2026-03-14T20:00:00Z", END, false);
    let all = [
        report::text(&report, Language::English, TERMINAL, &local),
        report::html(&report, Language::Korean, &local),
        report::json(&report),
        String::from_utf8(report::csv(&report)).unwrap(),
    ];
    for text in &all {
        for c in ['\u{1b}', '\u{7}', '\r', '\u{202e}', '\u{200b}'] {
            assert!(!text.contains(c), "{c:?} in {text}");
        }
        assert!(
            text.contains("\\u{202e}") || text.contains("\\\\u{202e}"),
            "{text}"
        );
    }
    for forbidden in [
        "<script", "<img", "<i>", "<b>\"", "http://", "https://", "href", "src=",
    ] {
        let own = "http://www.w3.org/2000/svg";
        let html = all[1].replace(own, "");
        let html = html.replace("&lt;img src=x", "");
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    assert!(
        all[3].contains("'-rf") && all[3].contains("'@/etc/"),
        "{}",
        all[3]
    );
}

#[test]
fn an_empty_journal_has_an_empty_report() {
    let stage = TempDir::new().unwrap();
    let sample = Sample::empty(stage.path());
    let report = report_of(&sample.path, START, END, false);
    same(
        "empty-en.txt",
        &report::text(&report, Language::English, TERMINAL, &local),
    );
    same(
        "empty-ko.html",
        &report::html(&report, Language::Korean, &local),
    );
    assert_eq!((report.events, report.days.len()), (0, 0));
}
