//! The numbers of a report: of whole hours, from the counts alone, which are exact whatever part of
//! the events is kept.

use super::lines::Lines;
use crate::database::FleetError;
use chrono::{DateTime, Utc};
use postgres::{Row, Transaction};
use std::collections::HashMap;
use tcpw::report::{FleetHost, FleetLine, FleetSource, FleetTotals};

/// What a report is about.
pub(super) struct Wanted {
    pub(super) since: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
    /// How many of a kind are named.
    pub(super) top: i64,
    /// A host is silent after so many seconds.
    pub(super) silent: u64,
    /// The database, for people.
    pub(super) database: String,
}

/// The sums of each hour, by verdict.
const HOURS: &str = "SELECT (extract(epoch FROM hour) / 3600)::bigint, verdict, sum(n)::bigint
    FROM tcpw.hourly WHERE hour >= date_trunc('hour', $1::timestamptz, 'UTC') AND hour < $2
    GROUP BY 1, 2 ORDER BY 1";

/// Each source once; those with most events, the new ones with most, those at most hosts, and how
/// many there are. A source is new if no earlier hour has it.
const SOURCES: &str = "WITH pair AS (
        SELECT source, host, sum(n) AS n, min(first) AS first, max(last) AS last
        FROM tcpw.hourly WHERE hour >= date_trunc('hour', $1::timestamptz, 'UTC') AND hour < $2
        GROUP BY source, host),
    found AS MATERIALIZED (
        SELECT source, sum(n)::bigint AS n, count(*) AS hosts, min(first) AS first,
            max(last) AS last,
            NOT EXISTS (SELECT FROM tcpw.hourly AS before WHERE before.source = pair.source
                AND before.hour < date_trunc('hour', $1::timestamptz, 'UTC')) AS is_new
        FROM pair GROUP BY source)
    (SELECT 'source' AS part, * FROM found ORDER BY n DESC, source LIMIT $3)
    UNION ALL (SELECT 'new', * FROM found WHERE is_new ORDER BY n DESC, source LIMIT $3)
    UNION ALL (SELECT 'spread', * FROM found ORDER BY hosts DESC, n DESC, source LIMIT $3)
    UNION ALL (SELECT 'count', '', count(*), count(*) FILTER (WHERE n > 1), now(), now(), false
        FROM found)
    UNION ALL (SELECT 'new-count', '', count(*), 0, now(), now(), true FROM found WHERE is_new)";

/// What is known of a few sources beside that: all their events, and the last daemon.
const BESIDE: &str = "SELECT one, (SELECT sum(n)::bigint FROM tcpw.hourly WHERE source = one),
        (SELECT daemon FROM tcpw.hourly WHERE source = one
            AND hour >= date_trunc('hour', $2::timestamptz, 'UTC') AND hour < $3
            ORDER BY last DESC, daemon LIMIT 1)
    FROM unnest($1::text[]) AS one";

const DAEMONS: &str = "SELECT daemon, sum(n)::bigint FROM tcpw.hourly
    WHERE hour >= date_trunc('hour', $1::timestamptz, 'UTC') AND hour < $2
    GROUP BY daemon ORDER BY 2 DESC, 1 LIMIT $3";

/// The hosts with most events, whether their login is still there or not; the last row has the
/// number of all that have events.
const HOSTS: &str = "WITH busy AS MATERIALIZED (
        SELECT host, sum(n)::bigint AS n,
            coalesce(sum(n) FILTER (WHERE verdict = 'denied'), 0)::bigint AS denied
        FROM tcpw.hourly WHERE hour >= date_trunc('hour', $1::timestamptz, 'UTC') AND hour < $2
        GROUP BY host)
    (SELECT busy.host, host.seen, coalesce(host.version, ''), coalesce(host.backlog, 0), n, denied
        FROM busy LEFT JOIN tcpw.host ON host.name = busy.host
        ORDER BY n DESC, busy.host LIMIT $3)
    UNION ALL (SELECT NULL, NULL, '', 0, count(*), 0 FROM busy)";

/// Hosts with a login that were not heard of for too long.
const SILENT: &str = "SELECT name, seen, coalesce(version, ''), backlog, 0::bigint, 0::bigint
    FROM tcpw.host
    WHERE removed IS NULL AND coalesce(seen, added) < now() - make_interval(secs => $1)
    ORDER BY seen NULLS FIRST, name LIMIT $2";

/// How many hosts have a login, are silent, and had events left to send.
const STANDING: &str = "SELECT count(*),
        count(*) FILTER (WHERE coalesce(seen, added) < now() - make_interval(secs => $1)),
        count(*) FILTER (WHERE backlog > 0), coalesce(sum(backlog), 0)::bigint
    FROM tcpw.host WHERE removed IS NULL";

/// Writes them.
pub(super) fn say(
    wanted: &Wanted,
    transaction: &mut Transaction<'_>,
    lines: &mut Lines<'_>,
) -> Result<(), FleetError> {
    let numbers = read(wanted, transaction).map_err(FleetError::at("read the counts"))?;
    lines.put(&FleetLine::Totals(numbers.totals))?;
    for line in &numbers.lines {
        lines.put(line)?;
    }
    Ok(())
}

/// What was read.
struct Numbers {
    totals: FleetTotals,
    lines: Vec<FleetLine>,
}

fn read(wanted: &Wanted, transaction: &mut Transaction<'_>) -> Result<Numbers, postgres::Error> {
    let mut numbers = Numbers {
        totals: FleetTotals {
            database: wanted.database.clone(),
            ..FleetTotals::default()
        },
        lines: Vec::new(),
    };
    numbers.hours(wanted, transaction)?;
    numbers.sources(wanted, transaction)?;
    for row in transaction.query(DAEMONS, &[&wanted.since, &wanted.until, &wanted.top])? {
        numbers.lines.push(FleetLine::Daemon {
            name: row.try_get(0)?,
            events: count(&row, 1)?,
        });
    }
    numbers.hosts(wanted, transaction)?;
    Ok(numbers)
}

impl Numbers {
    fn hours(
        &mut self,
        wanted: &Wanted,
        transaction: &mut Transaction<'_>,
    ) -> Result<(), postgres::Error> {
        let mut hours: Vec<(i64, u64)> = Vec::new();
        for row in transaction.query(HOURS, &[&wanted.since, &wanted.until])? {
            let (hour, events): (i64, u64) = (row.try_get(0)?, count(&row, 2)?);
            match row.try_get(1)? {
                "denied" => self.totals.denied += events,
                "granted" => self.totals.granted += events,
                _ => {}
            }
            self.totals.events += events;
            match hours.last_mut().filter(|(last, _)| *last == hour) {
                Some((_, sum)) => *sum += events,
                None => hours.push((hour, events)),
            }
        }
        let hours = hours.into_iter();
        self.lines
            .extend(hours.map(|(hour, events)| FleetLine::Hour { hour, events }));
        Ok(())
    }

    fn sources(
        &mut self,
        wanted: &Wanted,
        transaction: &mut Transaction<'_>,
    ) -> Result<(), postgres::Error> {
        let rows = transaction.query(SOURCES, &[&wanted.since, &wanted.until, &wanted.top])?;
        let mut named: Vec<String> = Vec::new();
        let mut found = Vec::new();
        for row in rows {
            let part: String = row.try_get(0)?;
            match part.as_str() {
                "count" => {
                    self.totals.sources = count(&row, 2)?;
                    self.totals.repeating_sources = count(&row, 3)?;
                }
                "new-count" => self.totals.new_sources = count(&row, 2)?,
                _ => {
                    let source = source(&row)?;
                    named.push(source.source.clone());
                    found.push((part, source));
                }
            }
        }
        let mut beside = HashMap::new();
        for row in transaction.query(BESIDE, &[&named, &wanted.since, &wanted.until])? {
            let name: String = row.try_get(0)?;
            let daemon: Option<String> = row.try_get(2)?;
            beside.insert(name, (count(&row, 1)?, daemon.unwrap_or_default()));
        }
        for (part, mut source) in found {
            if let Some((total, daemon)) = beside.get(&source.source) {
                source.total = *total;
                source.daemon.clone_from(daemon);
            }
            self.lines.push(match part.as_str() {
                "new" => FleetLine::NewSource(source),
                "spread" => FleetLine::Spread(source),
                _ => FleetLine::Source(source),
            });
        }
        Ok(())
    }

    fn hosts(
        &mut self,
        wanted: &Wanted,
        transaction: &mut Transaction<'_>,
    ) -> Result<(), postgres::Error> {
        for row in transaction.query(HOSTS, &[&wanted.since, &wanted.until, &wanted.top])? {
            match row.try_get::<_, Option<String>>(0)? {
                Some(name) => self.lines.push(FleetLine::Host(host(name, &row)?)),
                None => self.totals.reporting = count(&row, 4)?,
            }
        }
        #[expect(
            clippy::as_conversions,
            clippy::cast_precision_loss,
            reason = "seconds of an interval are a double in PostgreSQL"
        )]
        let silent = wanted.silent as f64;
        for row in transaction.query(SILENT, &[&silent, &wanted.top])? {
            let name = row.try_get(0)?;
            self.lines.push(FleetLine::Silent(host(name, &row)?));
        }
        let row = transaction.query_one(STANDING, &[&silent])?;
        self.totals.hosts = count(&row, 0)?;
        self.totals.silent = count(&row, 1)?;
        self.totals.behind = count(&row, 2)?;
        self.totals.backlog = count(&row, 3)?;
        Ok(())
    }
}

fn source(row: &Row) -> Result<FleetSource, postgres::Error> {
    Ok(FleetSource {
        source: row.try_get(1)?,
        events: count(row, 2)?,
        hosts: count(row, 3)?,
        first: row.try_get::<_, DateTime<Utc>>(4)?.timestamp_micros(),
        last: row.try_get::<_, DateTime<Utc>>(5)?.timestamp_micros(),
        ..FleetSource::default()
    })
}

fn host(name: String, row: &Row) -> Result<FleetHost, postgres::Error> {
    let seen: Option<DateTime<Utc>> = row.try_get(1)?;
    Ok(FleetHost {
        name,
        seen: seen.map(|seen| seen.timestamp_micros()),
        version: row.try_get(2)?,
        backlog: count(row, 3)?,
        events: count(row, 4)?,
        denied: count(row, 5)?,
    })
}

/// A count; the database has none below 0.
fn count(row: &Row, column: usize) -> Result<u64, postgres::Error> {
    let count: Option<i64> = row.try_get(column)?;
    Ok(count
        .and_then(|count| u64::try_from(count).ok())
        .unwrap_or(0))
}
