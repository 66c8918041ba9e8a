//! The events that the database keeps in full.

use super::lines::Lines;
use crate::database::FleetError;
use chrono::{DateTime, Utc};
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::ToSql;
use postgres::{Row, Transaction};
use std::net::IpAddr;
use tcpw::report::{FleetEvent, FleetLine};

/// Which events are wanted.
pub(super) struct Wanted<'a> {
    pub(super) since: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
    pub(super) daemon: Option<&'a str>,
    pub(super) network: Option<&'a str>,
    pub(super) newest: Option<i64>,
}

/// The newest ones in the order of their time; rows are read one at a time.
const EVENTS: &str = "SELECT * FROM (
        SELECT host, seq, at, received, host(addr) AS addr, source, daemon, verdict, rule, reporter
        FROM tcpw.event
        WHERE at >= $1 AND at < $2 AND ($3::text IS NULL OR lower(daemon) = lower($3))
            AND ($4::text IS NULL OR addr <<= $4::text::inet)
        ORDER BY at DESC, host DESC, seq DESC LIMIT $5) AS newest
    ORDER BY at, host, seq";

/// Writes them.
pub(super) fn say(
    wanted: &Wanted<'_>,
    transaction: &mut Transaction<'_>,
    lines: &mut Lines<'_>,
) -> Result<(), FleetError> {
    let failed = FleetError::at("read the events");
    let values: [&(dyn ToSql + Sync); 5] = [
        &wanted.since,
        &wanted.until,
        &wanted.daemon,
        &wanted.network,
        &wanted.newest,
    ];
    let mut rows = transaction.query_raw(EVENTS, values).map_err(&failed)?;
    while let Some(row) = rows.next().map_err(&failed)? {
        lines.put(&FleetLine::Event(event(&row).map_err(&failed)?))?;
    }
    Ok(())
}

fn event(row: &Row) -> Result<FleetEvent, postgres::Error> {
    let time = |column| -> Result<i64, postgres::Error> {
        row.try_get::<_, DateTime<Utc>>(column)
            .map(|time| time.timestamp_micros())
    };
    let addr: Option<String> = row.try_get("addr")?;
    let reporter: Option<i64> = row.try_get("reporter")?;
    Ok(FleetEvent {
        machine: row.try_get("host")?,
        id: row.try_get("seq")?,
        time: time("at")?,
        received: time("received")?,
        source: row.try_get("source")?,
        // What is shown as an address is one.
        addr: addr.filter(|text| text.parse::<IpAddr>().is_ok()),
        daemon: row.try_get("daemon")?,
        verdict: row.try_get("verdict")?,
        rule: row.try_get("rule")?,
        reporter: reporter.map(|uid| match uid {
            0 => "root".to_owned(),
            uid => format!("uid {uid}"),
        }),
    })
}
