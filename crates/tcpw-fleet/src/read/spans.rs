//! Which sums a time is made of: whole days, hours, and hours that are read from the counts
//! themselves, since they changed after they were summed or are not over yet.

use chrono::{DateTime, Utc};
use postgres::Transaction;

/// The parts of a time; no hour is in two of them.
#[derive(Debug, Default)]
pub(super) struct Spans {
    /// Days whose sums hold.
    pub(super) days: Vec<DateTime<Utc>>,
    /// Hours of other days whose sums hold.
    pub(super) hours: Vec<DateTime<Utc>>,
    /// Hours whose counts are read one by one.
    pub(super) raw: Vec<DateTime<Utc>>,
}

/// From the hour that the first time is in, to the second time.
const SPANS: &str = "WITH marked AS MATERIALIZED (
        SELECT DISTINCT hour FROM tcpw.mark
        WHERE hour >= date_trunc('hour', $1::timestamptz, 'UTC') AND hour < $2::timestamptz),
    whole AS MATERIALIZED (
        SELECT day FROM tcpw.summed_day AS done
        WHERE day >= date_trunc('hour', $1::timestamptz, 'UTC')
            AND day <= $2::timestamptz - interval '24 hours'
            AND NOT EXISTS (SELECT FROM marked
                WHERE hour >= done.day AND hour < done.day + interval '24 hours')),
    rest AS (
        SELECT DISTINCT hour FROM tcpw.daemon_hour
        WHERE hour >= date_trunc('hour', $1::timestamptz, 'UTC') AND hour < $2::timestamptz
            AND hour NOT IN (SELECT hour FROM marked)
            AND date_trunc('day', hour, 'UTC') NOT IN (SELECT day FROM whole))
    SELECT 'raw', hour FROM marked
    UNION ALL SELECT 'day', day FROM whole
    UNION ALL SELECT 'hour', hour FROM rest";

impl Spans {
    /// Those of a time.
    pub(super) fn of(
        since: DateTime<Utc>,
        until: DateTime<Utc>,
        transaction: &mut Transaction<'_>,
    ) -> Result<Self, postgres::Error> {
        let mut spans = Self::default();
        for row in transaction.query(SPANS, &[&since, &until])? {
            let list = match row.try_get(0)? {
                "raw" => &mut spans.raw,
                "day" => &mut spans.days,
                _ => &mut spans.hours,
            };
            list.push(row.try_get(1)?);
        }
        Ok(spans)
    }
}
