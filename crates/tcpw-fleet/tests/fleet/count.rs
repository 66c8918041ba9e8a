//! The counts of a database, what a report of them must say, and what it says.

use super::server::Server;
use chrono::{DateTime, Utc};
use postgres::Client;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};
use tcpw::report::{FleetHost, FleetLine, FleetQuery, FleetSource, FleetTotals, FleetWanted};
use tcpw_fleet::read::answer;

/// How many of a kind a report names here.
const TOP: u16 = 3;
const HOUR: i64 = 3_600_000_000;

/// A row of counts; times are microseconds.
pub(crate) struct Count {
    pub(crate) host: String,
    pub(crate) hour: i64,
    pub(crate) source: String,
    pub(crate) daemon: String,
    pub(crate) verdict: String,
    pub(crate) n: u64,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

/// All of them.
pub(crate) fn counts(client: &mut Client) -> Vec<Count> {
    let sql = "SELECT host, hour, source, daemon, verdict, n, first, last FROM tcpw.hourly";
    let rows = client.query(sql, &[]).unwrap();
    rows.iter()
        .map(|row| {
            let time = |column| row.get::<_, DateTime<Utc>>(column).timestamp_micros();
            Count {
                host: row.get(0),
                hour: time(1),
                source: row.get(2),
                daemon: row.get(3),
                verdict: row.get(4),
                n: u64::try_from(row.get::<_, i64>(5)).unwrap(),
                first: time(6),
                last: time(7),
            }
        })
        .collect()
}

/// The lines of a report from so many minutes ago (0 is all time) until so many, as JSON without what
/// is not of the counts, and its time.
pub(crate) fn answered(server: &Server, span: (i64, Option<i64>)) -> ((i64, i64), Vec<String>) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_micros()).unwrap();
    let ago = |minutes: i64| now - minutes * 60_000_000;
    let since = (span.0 > 0).then(|| ago(span.0));
    let until = span.1.map(ago);
    let query = FleetQuery {
        url: server.admin(),
        since,
        until,
        wanted: FleetWanted::Report {
            top: TOP,
            silent: 900,
            own_after: 600,
        },
    };
    let question = serde_json::to_vec(&query).unwrap();
    let mut out = Vec::new();
    answer(&mut question.as_slice(), &mut out, None).unwrap();
    let lines = String::from_utf8(out).unwrap();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let lines = lines.filter_map(bare).collect();
    ((since.unwrap_or(0), until.unwrap_or(i64::MAX)), lines)
}

/// A line without what does not come from the counts.
fn bare(line: FleetLine) -> Option<String> {
    let line = match line {
        FleetLine::Totals(totals) => FleetLine::Totals(FleetTotals {
            database: String::new(),
            hosts: 0,
            silent: 0,
            behind: 0,
            backlog: 0,
            unmailed: 0,
            passed: None,
            read: None,
            ..totals
        }),
        FleetLine::Host(host) => FleetLine::Host(FleetHost {
            name: host.name,
            events: host.events,
            denied: host.denied,
            ..FleetHost::default()
        }),
        FleetLine::Silent(_) | FleetLine::End { .. } => return None,
        line @ (FleetLine::Hour { .. }
        | FleetLine::Source(_)
        | FleetLine::NewSource(_)
        | FleetLine::Spread(_)
        | FleetLine::Daemon { .. }
        | FleetLine::Event(_)) => line,
    };
    Some(serde_json::to_string(&line).unwrap())
}

/// A source as the rows have it.
#[derive(Default)]
struct Seen<'a> {
    found: FleetSource,
    hosts: BTreeSet<&'a str>,
    /// The last time and the daemon of it, the first in the alphabet of several.
    latest: Option<(i64, std::cmp::Reverse<&'a str>)>,
    is_new: bool,
}

/// What these rows must be reported as.
pub(crate) fn expected(rows: &[Count], (since, until): (i64, i64)) -> Vec<String> {
    let begin = since.div_euclid(HOUR) * HOUR;
    let within = |row: &&Count| row.hour >= begin && row.hour < until;
    let mut totals = FleetTotals::default();
    let (mut hours, mut daemons, mut hosts) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for row in rows.iter().filter(within) {
        totals.events += row.n;
        let is_denied = row.verdict == "denied";
        totals.denied += if is_denied { row.n } else { 0 };
        totals.granted += if row.verdict == "granted" { row.n } else { 0 };
        *hours.entry(row.hour / HOUR).or_insert(0) += row.n;
        *daemons.entry(row.daemon.as_str()).or_insert(0) += row.n;
        let host: &mut (u64, u64) = hosts.entry(row.host.as_str()).or_default();
        host.0 += row.n;
        host.1 += if is_denied { row.n } else { 0 };
    }
    let sources = sources(rows, begin, until);
    totals.reporting = hosts.len().try_into().unwrap();
    totals.sources = sources.len().try_into().unwrap();
    let number = |is: &dyn Fn(&Seen<'_>) -> bool| sources.iter().filter(|one| is(one)).count();
    totals.new_sources = number(&|one| one.is_new).try_into().unwrap();
    totals.repeating_sources = number(&|one| one.found.events > 1).try_into().unwrap();
    let mut lines = vec![FleetLine::Totals(totals)];
    let hours = hours.into_iter();
    lines.extend(hours.map(|(hour, events)| FleetLine::Hour { hour, events }));
    let named = |one: &Seen<'_>| one.found.clone();
    lines.extend(
        first(&sources, |one| (one.found.events, 0), |_| true)
            .map(|one| FleetLine::Source(named(one))),
    );
    lines.extend(
        first(&sources, |one| (one.found.events, 0), |one| one.is_new)
            .map(|one| FleetLine::NewSource(named(one))),
    );
    lines.extend(
        first(
            &sources,
            |one| (one.found.hosts, one.found.events),
            |_| true,
        )
        .map(|one| FleetLine::Spread(named(one))),
    );
    lines.extend(most(daemons, hosts));
    lines.into_iter().filter_map(bare).collect()
}

/// The daemons and the hosts with most events, these with those that were denied.
fn most(daemons: BTreeMap<&str, u64>, hosts: BTreeMap<&str, (u64, u64)>) -> Vec<FleetLine> {
    let mut lines = Vec::new();
    let mut daemons: Vec<(&str, u64)> = daemons.into_iter().collect();
    daemons.sort_by_key(|(name, events)| (std::cmp::Reverse(*events), *name));
    lines.extend(
        daemons
            .into_iter()
            .take(TOP.into())
            .map(|(name, events)| FleetLine::Daemon {
                name: name.to_owned(),
                events,
            }),
    );
    let mut hosts: Vec<_> = hosts.into_iter().collect();
    hosts.sort_by_key(|(name, (events, _))| (std::cmp::Reverse(*events), *name));
    lines.extend(
        hosts
            .into_iter()
            .take(TOP.into())
            .map(|(name, (events, denied))| {
                FleetLine::Host(FleetHost {
                    name: name.to_owned(),
                    events,
                    denied,
                    ..FleetHost::default()
                })
            }),
    );
    lines
}

/// The first of the sources by this order, then by name.
fn first<'s, 'a>(
    sources: &'s [Seen<'a>],
    order: impl Fn(&Seen<'a>) -> (u64, u64),
    is_meant: impl Fn(&Seen<'a>) -> bool,
) -> impl Iterator<Item = &'s Seen<'a>> {
    let mut found: Vec<&Seen<'a>> = sources.iter().filter(|one| is_meant(one)).collect();
    found.sort_by_key(|one| (std::cmp::Reverse(order(one)), one.found.source.clone()));
    found.into_iter().take(TOP.into())
}

fn sources(rows: &[Count], begin: i64, until: i64) -> Vec<Seen<'_>> {
    let mut all: BTreeMap<&str, Seen<'_>> = BTreeMap::new();
    for row in rows {
        if row.hour < begin || row.hour >= until {
            continue;
        }
        let one = all.entry(&row.source).or_insert_with(|| Seen {
            found: FleetSource {
                source: row.source.clone(),
                first: i64::MAX,
                last: i64::MIN,
                ..FleetSource::default()
            },
            is_new: true,
            ..Seen::default()
        });
        one.found.events += row.n;
        one.found.first = one.found.first.min(row.first);
        one.found.last = one.found.last.max(row.last);
        one.hosts.insert(&row.host);
        one.latest = one
            .latest
            .max(Some((row.last, std::cmp::Reverse(row.daemon.as_str()))));
    }
    for row in rows {
        if let Some(one) = all.get_mut(row.source.as_str()) {
            one.found.total += row.n;
            one.is_new &= row.hour >= begin;
        }
    }
    let mut all: Vec<Seen<'_>> = all.into_values().collect();
    for one in &mut all {
        one.found.hosts = one.hosts.len().try_into().unwrap();
        one.found.daemon = one.latest.map_or("", |(_, daemon)| daemon.0).to_owned();
    }
    all
}
