//! The numbers of a report, ready to be shown: names are escaped, times are in UTC.

use super::counts::Named;
use super::days::{Calendar, Day};
use super::fleet::FleetPart;
use super::logged::Logged;
use super::problem::{Problem, kind_word};
use super::time::{Local, maybe_utc, utc};
use crate::alert::{
    Decision, FiredRule, Journal, JournalError, Reporter, Sent, SourceCount, Tally, Troubles,
};
use crate::escape::{visible, visible_short};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use std::net::IpAddr;

/// As much of a value as a report shows.
const SHOWN: usize = 120;

/// What a report is about.
pub struct ReportTerms<'a> {
    /// This machine's name.
    pub machine: String,
    /// From this time on.
    pub since: DateTime<Utc>,
    /// Up to this time.
    pub until: DateTime<Utc>,
    /// How many sources, daemons and rules are named.
    pub most: usize,
    /// The clocks here.
    pub local: Local<'a>,
    /// Country and owner of an address, where a database is at hand.
    pub locate: &'a dyn Fn(IpAddr) -> Option<String>,
}

/// All numbers of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// This machine's name.
    pub machine: String,
    /// From this time on.
    #[serde(serialize_with = "utc")]
    pub since: DateTime<Utc>,
    /// Up to this time.
    #[serde(serialize_with = "utc")]
    pub until: DateTime<Utc>,
    /// What is wrong with the alerts themselves.
    pub problems: Vec<Problem>,
    /// All events.
    pub events: u64,
    /// Clients who were turned away.
    pub denied: u64,
    /// Clients who were admitted.
    pub granted: u64,
    /// Clients whose fate is not known.
    pub unknown: u64,
    /// Events that users other than root reported; of many servers that is not counted.
    pub not_by_root: Option<u64>,
    /// How many sources there were.
    pub sources: u64,
    /// How many of them had never been seen before.
    pub new_sources: u64,
    /// How many of them came more than once.
    pub repeating_sources: u64,
    /// By day, here.
    pub days: Vec<Day>,
    /// By hour of the day, here.
    pub hours: Vec<u64>,
    /// The sources with most events.
    pub top_sources: Vec<SourceRow>,
    /// The new ones with most events.
    pub top_new_sources: Vec<SourceRow>,
    /// By daemon.
    pub daemons: Vec<Named>,
    /// By rule.
    pub rules: Vec<RuleCount>,
    /// Events that were not reported at once, and why.
    pub held_back: Vec<Held>,
    /// Letters of the time.
    pub letters: Vec<Letters>,
    /// Letters that gather events now.
    pub gathering: Gathering,
    /// What libwrap logged, if that was asked for; never part of the numbers above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logged: Option<Logged>,
    /// The servers, if the report is about many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fleet: Option<FleetPart>,
}

/// A source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceRow {
    /// A network, or a name.
    pub source: String,
    /// Its last name, if it has one beside its address.
    pub name: String,
    /// Who reported it, if that was not root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported_by: Option<String>,
    /// Country and owner, where known.
    pub place: Option<String>,
    /// The last daemon it came to.
    pub daemon: String,
    /// Its events in the time.
    pub events: u64,
    /// All its events in the journal.
    pub total: u64,
    /// When it was seen first.
    #[serde(serialize_with = "utc")]
    pub first: DateTime<Utc>,
    /// When it was seen last.
    #[serde(serialize_with = "utc")]
    pub last: DateTime<Utc>,
}

/// A rule and its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleCount {
    /// The table; nothing if the rule is not known.
    pub file: Option<String>,
    /// Its line.
    pub line: u32,
    /// The rule.
    pub text: String,
    /// Its events.
    pub events: u64,
}

/// Events that were not reported at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Why: a word of tcpw-events(1).
    pub decision: &'static str,
    /// How many.
    pub events: u64,
}

/// Letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Letters {
    /// What they tell of.
    pub kind: &'static str,
    /// Where they stand.
    pub state: &'static str,
    /// How many there are.
    pub letters: u64,
    /// How many events they tell of.
    pub events: u64,
}

/// Letters that gather events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
pub struct Gathering {
    /// How many.
    pub letters: u64,
    /// The events in them.
    pub events: u64,
    /// When the first of them is sent.
    #[serde(serialize_with = "maybe_utc")]
    pub due: Option<DateTime<Utc>>,
}

/// Takes the numbers from the journal; without one, all are nothing.
///
/// # Errors
/// When the journal cannot be read.
pub fn report(
    journal: Option<&mut Journal>,
    terms: &ReportTerms<'_>,
    logged: Option<Logged>,
) -> Result<Report, JournalError> {
    let (tally, troubles) = match journal {
        Some(journal) => (
            journal.tally(Some(terms.since), terms.until, terms.most)?,
            journal.troubles(Some(terms.since), terms.until)?,
        ),
        None => (Tally::default(), Troubles::default()),
    };
    Ok(build(tally, &troubles, terms, logged))
}

fn build(
    mut tally: Tally,
    troubles: &Troubles,
    terms: &ReportTerms<'_>,
    logged: Option<Logged>,
) -> Report {
    let local = terms.local;
    let calendar = Calendar::of(&tally.quarters, local);
    // The days before the first event of the journal would all be empty.
    let begin = tally.quarters.keys().next();
    let since = begin.map_or(terms.since, |quarter| {
        Tally::time_of_quarter(*quarter).max(terms.since)
    });
    let since = local(since).date_naive();
    let until = local(terms.until - TimeDelta::nanoseconds(1)).date_naive();
    let is_empty = tally.events == 0;
    let sources = |found: &[SourceCount]| -> Vec<SourceRow> {
        let named = found.iter().map(|one| source(one, terms.locate));
        named.collect()
    };
    let unknown = tally.unknown();
    tally.daemons.truncate(terms.most);
    tally.rules.truncate(terms.most);
    let held = tally.decisions.iter();
    Report {
        machine: visible(terms.machine.as_bytes()),
        since: terms.since,
        until: terms.until,
        problems: Problem::all(troubles),
        events: tally.events,
        denied: tally.denied,
        granted: tally.granted,
        unknown,
        not_by_root: Some(tally.claimed),
        sources: tally.sources,
        new_sources: tally.new_sources,
        repeating_sources: tally.repeating,
        days: if is_empty {
            Vec::new()
        } else {
            calendar.days(since, until)
        },
        hours: calendar.hours(),
        held_back: held
            .filter(|(decision, events)| *decision != Decision::Now && *events > 0)
            .map(|(decision, events)| Held {
                decision: decision.word(),
                events: *events,
            })
            .collect(),
        top_sources: sources(&tally.top),
        top_new_sources: sources(&tally.top_new),
        daemons: tally.daemons.into_iter().map(daemon).collect(),
        rules: tally.rules.into_iter().map(rule).collect(),
        letters: troubles.sent.iter().map(letters).collect(),
        gathering: gathering(troubles),
        logged,
        fleet: None,
    }
}

fn letters(sent: &Sent) -> Letters {
    Letters {
        kind: kind_word(sent.kind),
        state: sent.state.word(),
        letters: sent.letters,
        events: sent.events,
    }
}

fn gathering(troubles: &Troubles) -> Gathering {
    let due = troubles.due;
    Gathering {
        letters: troubles.gathering,
        events: troubles.gathered,
        due: due.and_then(|due| DateTime::from_timestamp(due, 0)),
    }
}

impl SourceRow {
    /// Its name, and who reported it if that was not root.
    pub(super) fn name_and_reporter(&self) -> String {
        let reporter = self.reported_by.iter().map(|who| format!("[{who}]"));
        let name = Some(self.name.clone()).filter(|name| !name.is_empty());
        name.into_iter()
            .chain(reporter)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

fn source(found: &SourceCount, locate: &dyn Fn(IpAddr) -> Option<String>) -> SourceRow {
    let address = std::str::from_utf8(&found.addr)
        .ok()
        .and_then(|text| text.parse::<IpAddr>().ok());
    let name = if found.host == found.addr {
        String::new()
    } else {
        visible_short(&found.host, SHOWN)
    };
    let source = visible(found.source.as_bytes());
    // A network of one address is that address.
    let single = source.strip_suffix("/32").or(source.strip_suffix("/128"));
    SourceRow {
        source: single.map_or_else(|| source.clone(), ToOwned::to_owned),
        name,
        reported_by: match found.reporter {
            Reporter::Root => None,
            Reporter::User(uid) => Some(format!("uid {uid}")),
            Reporter::Unknown => Some("uid not known".to_owned()),
        },
        place: address
            .and_then(locate)
            .map(|place| visible(place.as_bytes())),
        daemon: visible_short(&found.daemon, SHOWN),
        events: found.count,
        total: found.total,
        first: found.first,
        last: found.last,
    }
}

fn daemon((name, events): (Vec<u8>, u64)) -> Named {
    Named {
        name: visible_short(&name, SHOWN),
        events,
    }
}

fn rule((rule, events): (Option<FiredRule>, u64)) -> RuleCount {
    let Some(rule) = rule else {
        return RuleCount {
            file: None,
            line: 0,
            text: String::new(),
            events,
        };
    };
    RuleCount {
        file: Some(visible(rule.file.as_bytes())),
        line: rule.line,
        text: visible_short(rule.text.as_bytes(), SHOWN),
        events,
    }
}
