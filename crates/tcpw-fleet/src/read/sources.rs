//! The sources of a report: those with most events, the new ones, and those at most hosts.

use super::reach::{Candidate, Reach};
use super::spans::Spans;
use super::wanted::{Wanted, count};
use chrono::{DateTime, Utc};
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::ToSql;
use postgres::{Row, Transaction};
use std::collections::HashMap;
use tcpw::report::{FleetLine, FleetSource, FleetTotals};

/// Each source once; those with most events, the new ones with most, those that may be at most hosts,
/// and how many there are. A source is new if no earlier hour has it: neither a sum that holds, nor a
/// count whose hour has a mark.
const SOURCES: &str = "WITH part AS (
        SELECT source, n, hosts, first, last FROM tcpw.source_day WHERE day = ANY ($1)
        UNION ALL
        SELECT source, n, hosts, first, last FROM tcpw.source_hour WHERE hour = ANY ($2)
        UNION ALL
        SELECT source, least(sum(n), 9223372036854775807)::bigint, count(*)::integer, min(first), max(last) FROM (
            SELECT source, host, sum(n) AS n, min(first) AS first, max(last) AS last
            FROM tcpw.hourly WHERE hour = ANY ($3) GROUP BY source, host) AS pair
        GROUP BY source),
    whole AS (
        SELECT source, least(sum(n), 9223372036854775807)::bigint AS n, sum(hosts)::bigint AS most, max(hosts)::bigint AS least,
            min(first) AS first, max(last) AS last
        FROM part GROUP BY source),
    marked AS MATERIALIZED (
        SELECT DISTINCT hour FROM tcpw.mark WHERE hour < date_trunc('hour', $5::timestamptz, 'UTC')),
    later AS MATERIALIZED (
        (SELECT source FROM tcpw.first_seen WHERE hour >= date_trunc('hour', $5::timestamptz, 'UTC')
        UNION
        SELECT source FROM tcpw.hourly WHERE hour = ANY ($3) AND NOT EXISTS (
            SELECT FROM tcpw.first_seen AS known WHERE known.source = hourly.source)
        UNION
        SELECT source FROM marked JOIN tcpw.first_seen AS doubtful USING (hour) WHERE NOT EXISTS (
            SELECT FROM tcpw.source_hour AS sure WHERE sure.source = doubtful.source
                AND sure.hour < date_trunc('hour', $5::timestamptz, 'UTC')
                AND sure.hour NOT IN (SELECT hour FROM marked)))
        EXCEPT
        SELECT source FROM marked JOIN tcpw.hourly USING (hour)),
    found AS MATERIALIZED (
        SELECT whole.*, later.source IS NOT NULL AS is_new
        FROM whole LEFT JOIN later ON later.source = whole.source)
    (SELECT 'source' AS part, * FROM found ORDER BY n DESC, source LIMIT $4)
    UNION ALL (SELECT 'new', * FROM found WHERE is_new ORDER BY n DESC, source LIMIT $4)
    UNION ALL (SELECT 'spread', * FROM found WHERE most >= (
        SELECT min(least) FROM (SELECT least FROM found ORDER BY least DESC LIMIT $4) AS best))
    UNION ALL (SELECT 'count', '', count(*), count(*) FILTER (WHERE n > 1),
            count(*) FILTER (WHERE is_new), now(), now(), false FROM found)";

/// What is known of a few sources beside that: all their events, and the last daemon.
const BESIDE: &str = "WITH marked AS MATERIALIZED (SELECT DISTINCT hour FROM tcpw.mark),
    whole AS MATERIALIZED (
        SELECT day FROM tcpw.summed_day AS done WHERE NOT EXISTS (SELECT FROM tcpw.mark
            WHERE hour >= done.day AND hour < done.day + interval '24 hours')),
    rest AS MATERIALIZED (
        SELECT DISTINCT hour FROM tcpw.daemon_hour WHERE hour NOT IN (SELECT hour FROM marked)
            AND date_trunc('day', hour, 'UTC') NOT IN (SELECT day FROM whole))
    SELECT one,
        (SELECT least(sum(n), 9223372036854775807)::bigint FROM (
            SELECT n FROM tcpw.source_day WHERE source = one AND day IN (SELECT day FROM whole)
            UNION ALL
            SELECT n FROM rest JOIN tcpw.source_hour USING (hour) WHERE source = one
            UNION ALL
            SELECT n FROM marked JOIN tcpw.hourly USING (hour) WHERE source = one) AS total),
        (SELECT daemon FROM (
            SELECT daemon, last FROM tcpw.source_day WHERE source = one AND day = ANY ($2)
            UNION ALL
            SELECT daemon, last FROM tcpw.source_hour WHERE source = one AND hour = ANY ($3)
            UNION ALL
            SELECT daemon, last FROM tcpw.hourly WHERE source = one AND hour = ANY ($4)) AS all_daemons
            ORDER BY last DESC, daemon LIMIT 1)
    FROM unnest($1::text[]) AS one";

/// Sources as they were read.
#[derive(Default)]
struct Found {
    most: Vec<(Candidate, FleetSource)>,
    new: Vec<(Candidate, FleetSource)>,
    spread: Vec<(Candidate, FleetSource)>,
}

/// Reads them into `totals`, and gives the lines about them.
pub(super) fn sources(
    wanted: &Wanted,
    spans: &Spans,
    totals: &mut FleetTotals,
    transaction: &mut Transaction<'_>,
) -> Result<Vec<FleetLine>, postgres::Error> {
    let found = read(wanted, spans, totals, transaction)?;
    let named: Vec<&Candidate> = found
        .most
        .iter()
        .chain(&found.new)
        .map(|one| &one.0)
        .collect();
    let mut reach = Reach::default();
    reach.find(&named, spans, transaction)?;
    let top = usize::try_from(wanted.top).unwrap_or(0);
    let candidates = found.spread.iter().map(|one| one.0.clone()).collect();
    let first = reach.first(candidates, top, spans, transaction)?;
    let mut by_name: HashMap<String, FleetSource> = found
        .spread
        .into_iter()
        .map(|(one, source)| (one.source, source))
        .collect();
    let spread = first.iter().filter_map(|name| by_name.remove(name));
    let mut lines: Vec<FleetLine> = Vec::new();
    lines.extend(found.most.into_iter().map(|one| FleetLine::Source(one.1)));
    lines.extend(found.new.into_iter().map(|one| FleetLine::NewSource(one.1)));
    lines.extend(spread.map(FleetLine::Spread));
    complete(&mut lines, &reach, spans, transaction)?;
    Ok(lines)
}

fn read(
    wanted: &Wanted,
    spans: &Spans,
    totals: &mut FleetTotals,
    transaction: &mut Transaction<'_>,
) -> Result<Found, postgres::Error> {
    let values: [&(dyn ToSql + Sync); 5] = [
        &spans.days,
        &spans.hours,
        &spans.raw,
        &wanted.top,
        &wanted.since,
    ];
    let mut rows = transaction.query_raw(SOURCES, values)?;
    let mut found = Found::default();
    while let Some(row) = rows.next()? {
        let part: String = row.try_get(0)?;
        let list = match part.as_str() {
            "count" => {
                totals.sources = count(&row, 2)?;
                totals.repeating_sources = count(&row, 3)?;
                totals.new_sources = count(&row, 4)?;
                continue;
            }
            "new" => &mut found.new,
            "spread" => &mut found.spread,
            _ => &mut found.most,
        };
        list.push(source(&row)?);
    }
    Ok(found)
}

fn source(row: &Row) -> Result<(Candidate, FleetSource), postgres::Error> {
    let name: String = row.try_get(1)?;
    let candidate = Candidate {
        source: name.clone(),
        n: row.try_get(2)?,
        most: row.try_get(3)?,
        least: row.try_get(4)?,
    };
    let found = FleetSource {
        source: name,
        events: count(row, 2)?,
        first: row.try_get::<_, DateTime<Utc>>(5)?.timestamp_micros(),
        last: row.try_get::<_, DateTime<Utc>>(6)?.timestamp_micros(),
        ..FleetSource::default()
    };
    Ok((candidate, found))
}

/// Adds to each what only those that are named need.
fn complete(
    lines: &mut [FleetLine],
    reach: &Reach,
    spans: &Spans,
    transaction: &mut Transaction<'_>,
) -> Result<(), postgres::Error> {
    let mut found: Vec<&mut FleetSource> = Vec::new();
    for line in lines {
        if let FleetLine::Source(one) | FleetLine::NewSource(one) | FleetLine::Spread(one) = line {
            found.push(one);
        }
    }
    let mut named: Vec<String> = found.iter().map(|one| one.source.clone()).collect();
    named.sort();
    named.dedup();
    let mut beside = HashMap::new();
    let values: [&(dyn ToSql + Sync); 4] = [&named, &spans.days, &spans.hours, &spans.raw];
    for row in transaction.query(BESIDE, &values)? {
        let name: String = row.try_get(0)?;
        let daemon: Option<String> = row.try_get(2)?;
        beside.insert(name, (count(&row, 1)?, daemon.unwrap_or_default()));
    }
    for one in found {
        let hosts = reach.of(&one.source).unwrap_or(0);
        one.hosts = u64::try_from(hosts).unwrap_or(0);
        if let Some((total, daemon)) = beside.get(&one.source) {
            one.total = *total;
            one.daemon.clone_from(daemon);
        }
    }
    Ok(())
}
