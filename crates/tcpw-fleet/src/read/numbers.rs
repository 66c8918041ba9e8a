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

/// The sums of each hour, by verdict: at most 10^14, so that those of seven years add up to a number, too. A
/// million hosts have as much where each is tried 27,000 times a second.
const HOURS: &str =
    "SELECT (extract(epoch FROM hour) / 3600)::bigint, verdict, least(sum(n), 100000000000000)::bigint FROM (
        SELECT hour, verdict, n FROM tcpw.daemon_hour
        WHERE hour >= date_trunc('hour', $1::timestamptz, 'UTC') AND hour < $2 AND hour <> ALL ($3)
        UNION ALL
        SELECT hour, verdict, n FROM tcpw.hourly WHERE hour = ANY ($3)) AS part
    GROUP BY 1, 2 ORDER BY 1";

const DAEMONS: &str = "SELECT daemon, least(sum(n), 9223372036854775807)::bigint FROM (
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
        SELECT host, least(sum(n), 9223372036854775807)::bigint AS n,
            least(sum(denied), 9223372036854775807)::bigint AS denied FROM part GROUP BY host)
    (SELECT busy.host, host.seen, coalesce(host.version, ''), coalesce(host.backlog, 0), n, denied
        FROM busy LEFT JOIN tcpw.host ON host.name = busy.host
        ORDER BY n DESC, busy.host LIMIT $4)
    UNION ALL (SELECT NULL, NULL, '', 0, count(*), 0 FROM busy)";

/// Hosts with a login that were not heard of for too long, or never.
const SILENT: &str = "SELECT name, seen, coalesce(version, ''), backlog, 0::bigint, 0::bigint
    FROM tcpw.host
    WHERE removed IS NULL AND (seen IS NULL OR seen < now() - make_interval(secs => $1))
    ORDER BY seen NULLS FIRST, name LIMIT $2";

/// How many hosts have a login, are silent, and had events left to send.
const STANDING: &str = "SELECT count(*),
        count(*) FILTER (WHERE seen IS NULL OR seen < now() - make_interval(secs => $1)),
        count(*) FILTER (WHERE backlog > 0), least(coalesce(sum(backlog), 0), 9223372036854775807)::bigint
    FROM tcpw.host WHERE removed IS NULL";

/// How many hosts leave their mail to a program that did not look for events for too long, and when it did.
const MAILED: &str =
    "SELECT (SELECT count(*) FROM tcpw.host WHERE removed IS NULL AND mail = 'fleet'
            AND coalesce(passed < now() - make_interval(secs => $1), true)),
        passed, now()
    FROM tcpw.mail_state";

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
                "denied" => self.totals.denied = self.totals.denied.saturating_add(events),
                "granted" => self.totals.granted = self.totals.granted.saturating_add(events),
                _ => {}
            }
            self.totals.events = self.totals.events.saturating_add(events);
            match hours.last_mut().filter(|(last, _)| *last == hour) {
                Some((_, sum)) => *sum = sum.saturating_add(events),
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
        let silent = seconds(wanted.silent);
        for row in transaction.query(SILENT, &[&silent, &wanted.top])? {
            let name = row.try_get(0)?;
            self.lines.push(FleetLine::Silent(host(name, &row)?));
        }
        let row = transaction.query_one(STANDING, &[&silent])?;
        self.totals.hosts = count(&row, 0)?;
        self.totals.silent = count(&row, 1)?;
        self.totals.behind = count(&row, 2)?;
        self.totals.backlog = count(&row, 3)?;
        let row = transaction.query_one(MAILED, &[&seconds(wanted.own_after)])?;
        self.totals.unmailed = count(&row, 0)?;
        let time = |moment: DateTime<Utc>| moment.timestamp_micros();
        self.totals.passed = row.try_get::<_, Option<_>>(1)?.map(time);
        self.totals.read = row.try_get::<_, Option<_>>(2)?.map(time);
        Ok(())
    }
}

/// Seconds of an interval, which are a double in PostgreSQL.
fn seconds(whole: u64) -> f64 {
    std::time::Duration::from_secs(whole).as_secs_f64()
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
