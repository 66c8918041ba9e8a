//! The numbers of a report: of whole hours, from the counts alone, which are exact whatever part of
//! the events is kept. Where sums of the counts hold, those are read.

use super::lines::Lines;
use super::sources::sources;
use super::spans::Spans;
use super::wanted::{Wanted, count};
use crate::database::FleetError;
use chrono::{DateTime, Utc};
use postgres::{Row, Transaction};
use tcpw::report::{FleetHost, FleetLine, FleetTotals};

/// Before anything is read: no partition is dropped between the reading of sums and of counts. A sort
/// of many sources has room.
const BEGIN: &str = "SET LOCAL work_mem = '128MB'; SET LOCAL jit = off;
    LOCK TABLE tcpw.hourly IN ACCESS SHARE MODE";

/// The sums of each hour, by verdict.
const HOURS: &str =
    "SELECT (extract(epoch FROM hour) / 3600)::bigint, verdict, sum(n)::bigint FROM (
        SELECT hour, verdict, n FROM tcpw.daemon_hour
        WHERE hour >= date_trunc('hour', $1::timestamptz, 'UTC') AND hour < $2 AND hour <> ALL ($3)
        UNION ALL
        SELECT hour, verdict, n FROM tcpw.hourly WHERE hour = ANY ($3)) AS part
    GROUP BY 1, 2 ORDER BY 1";

const DAEMONS: &str = "SELECT daemon, sum(n)::bigint FROM (
        SELECT daemon, n FROM tcpw.daemon_hour
        WHERE hour >= date_trunc('hour', $1::timestamptz, 'UTC') AND hour < $2 AND hour <> ALL ($3)
        UNION ALL
        SELECT daemon, n FROM tcpw.hourly WHERE hour = ANY ($3)) AS part
    GROUP BY daemon ORDER BY 2 DESC, 1 LIMIT $4";

/// The hosts with most events, whether their login is still there or not; the last row has the
/// number of all that have events.
const HOSTS: &str = "WITH part AS (
        SELECT host, n, denied FROM tcpw.host_day WHERE day = ANY ($1)
        UNION ALL
        SELECT host, n, denied FROM tcpw.host_hour WHERE hour = ANY ($2)
        UNION ALL
        SELECT host, n, CASE verdict WHEN 'denied' THEN n ELSE 0 END FROM tcpw.hourly
        WHERE hour = ANY ($3)),
    busy AS MATERIALIZED (
        SELECT host, sum(n)::bigint AS n, sum(denied)::bigint AS denied FROM part GROUP BY host)
    (SELECT busy.host, host.seen, coalesce(host.version, ''), coalesce(host.backlog, 0), n, denied
        FROM busy LEFT JOIN tcpw.host ON host.name = busy.host
        ORDER BY n DESC, busy.host LIMIT $4)
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
    transaction
        .batch_execute(BEGIN)
        .map_err(FleetError::at("begin to read"))?;
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
    let spans = Spans::of(wanted.since, wanted.until, transaction)?;
    numbers.hours(wanted, &spans, transaction)?;
    let found = sources(wanted, &spans, &mut numbers.totals, transaction)?;
    numbers.lines.extend(found);
    for row in transaction.query(
        DAEMONS,
        &[&wanted.since, &wanted.until, &spans.raw, &wanted.top],
    )? {
        numbers.lines.push(FleetLine::Daemon {
            name: row.try_get(0)?,
            events: count(&row, 1)?,
        });
    }
    numbers.hosts(wanted, &spans, transaction)?;
    Ok(numbers)
}

impl Numbers {
    fn hours(
        &mut self,
        wanted: &Wanted,
        spans: &Spans,
        transaction: &mut Transaction<'_>,
    ) -> Result<(), postgres::Error> {
        let mut hours: Vec<(i64, u64)> = Vec::new();
        for row in transaction.query(HOURS, &[&wanted.since, &wanted.until, &spans.raw])? {
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

    fn hosts(
        &mut self,
        wanted: &Wanted,
        spans: &Spans,
        transaction: &mut Transaction<'_>,
    ) -> Result<(), postgres::Error> {
        for row in
            transaction.query(HOSTS, &[&spans.days, &spans.hours, &spans.raw, &wanted.top])?
        {
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
