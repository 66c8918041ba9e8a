//! What a message says, from what it has gathered.

use chrono::{DateTime, Utc};
use postgres::{Row, Transaction};
use tcpw::alert::{FleetDelay, FleetNotice, SourceAtServers};

/// How many hosts, sources and daemons a message names.
const MOST: i64 = 30;

/// A message that was released.
pub(super) struct Released {
    pub(super) id: i64,
    pub(super) kind: String,
    pub(super) source: String,
    pub(super) audience: String,
    pub(super) message_id: String,
}

impl Released {
    pub(super) fn of(row: &Row) -> Result<Self, postgres::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            kind: row.try_get("kind")?,
            source: row.try_get("source")?,
            audience: row.try_get("audience")?,
            message_id: row.try_get("message_id")?,
        })
    }

    /// What it says.
    pub(super) fn notice(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> Result<FleetNotice, postgres::Error> {
        let sums = transaction.query_one(
            "SELECT count(DISTINCT host), count(DISTINCT source), min(first), max(last)
             FROM tcpw.reached WHERE letter = $1",
            &[&self.id],
        )?;
        let servers = count(&sums, 0)?;
        let sources = count(&sums, 1)?;
        let first = time(&sums, 2)?.unwrap_or_default();
        let last = time(&sums, 3)?.unwrap_or_default();
        let overflow = |why, largest| FleetNotice::Overflow {
            why,
            sources,
            servers,
            first,
            last,
            largest,
        };
        Ok(match self.kind.as_str() {
            "silent" => FleetNotice::Silent {
                count: servers,
                servers: self.hosts(transaction)?,
            },
            "back" => FleetNotice::Back {
                count: servers,
                servers: self.hosts(transaction)?,
            },
            "muting" => FleetNotice::Muting {
                count: servers,
                servers: self.hosts(transaction)?,
            },
            "limit" => overflow(FleetDelay::Limit, self.largest(transaction)?),
            "late" => overflow(FleetDelay::Late, self.largest(transaction)?),
            "claimed" => overflow(FleetDelay::Claimed, self.largest(transaction)?),
            kind => FleetNotice::Source(SourceAtServers {
                source: self.source.clone(),
                is_repeat: kind == "repeat",
                servers,
                names: self.names(transaction, "host")?,
                daemons: self.names(transaction, "daemon")?,
                first,
                last,
            }),
        })
    }

    /// Some of the hosts or daemons, in the order in which they were reached.
    fn names(
        &self,
        transaction: &mut Transaction<'_>,
        column: &'static str,
    ) -> Result<Vec<String>, postgres::Error> {
        let sql = format!(
            "SELECT {column} FROM tcpw.reached WHERE letter = $1
             GROUP BY 1 ORDER BY min(first), 1 LIMIT $2"
        );
        let rows = transaction.query(sql.as_str(), &[&self.id, &MOST])?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }

    /// Hosts and when each was heard of.
    fn hosts(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> Result<Vec<(String, Option<i64>)>, postgres::Error> {
        let rows = transaction.query(
            "SELECT host, first FROM tcpw.reached WHERE letter = $1 ORDER BY first NULLS FIRST, host LIMIT $2",
            &[&self.id, &MOST],
        )?;
        rows.iter()
            .map(|row| Ok((row.try_get(0)?, time(row, 1)?)))
            .collect()
    }

    /// The sources that came to most hosts.
    fn largest(
        &self,
        transaction: &mut Transaction<'_>,
    ) -> Result<Vec<(String, u64)>, postgres::Error> {
        let rows = transaction.query(
            "SELECT source, count(DISTINCT host) FROM tcpw.reached WHERE letter = $1
             GROUP BY source ORDER BY 2 DESC, 1 LIMIT $2",
            &[&self.id, &MOST],
        )?;
        rows.iter()
            .map(|row| Ok((row.try_get(0)?, count(row, 1)?)))
            .collect()
    }
}

fn count(row: &Row, column: usize) -> Result<u64, postgres::Error> {
    let count: i64 = row.try_get(column)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

fn time(row: &Row, column: usize) -> Result<Option<i64>, postgres::Error> {
    let time: Option<DateTime<Utc>> = row.try_get(column)?;
    Ok(time.map(|time| time.timestamp_micros()))
}
