//! One question on standard input, one answer on standard output.

use super::lines::{Lines, cannot};
use super::wanted::Wanted;
use super::{events, numbers};
use crate::database::{Address, FleetError, check, connect_within};
use chrono::{DateTime, Utc};
use postgres::{Client, Transaction};
use std::io::{Read, Write};
use std::time::Duration;
use tcpw::report::{FleetQuery, FleetWanted};

/// An answer of the database may take so long, where TLS is spoken; whoever asked waits as long.
const ANSWER: Duration = Duration::from_secs(600);

/// A question is never longer.
const LONGEST: u64 = 1 << 20;

/// Reads a [`FleetQuery`] from `input` and writes the answer to `out`; `password` opens the database if
/// its URL has none. An answer that fails has no last line.
///
/// # Errors
/// When the question is not one, or the database cannot be read.
pub fn answer(
    input: &mut dyn Read,
    out: &mut dyn Write,
    password: Option<&str>,
) -> Result<(), FleetError> {
    let mut text = Vec::new();
    input
        .take(LONGEST)
        .read_to_end(&mut text)
        .map_err(|cause| cannot("read the question", &cause))?;
    let query: FleetQuery = serde_json::from_slice(&text).map_err(|error| {
        FleetError::System(format!(
            "cannot understand the question: {error}; tcpw report --from and tcpw events --from ask it"
        ))
    })?;
    let mut client = open(&query.url, password)?;
    check(&mut client)?;
    let mut lines = Lines::new(out);
    let mut transaction = client
        .build_transaction()
        .isolation_level(postgres::IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .map_err(FleetError::at("begin to read"))?;
    transaction
        .batch_execute("SET LOCAL lock_timeout = '20s'")
        .map_err(FleetError::at("begin to read"))?;
    say(&query, &mut transaction, &mut lines)?;
    lines.end()
}

fn open(url: &str, password: Option<&str>) -> Result<Client, FleetError> {
    let mut address = Address::parse(url)?;
    if !address.has_password()
        && let Some(password) = password
    {
        address = address.with_password(password);
    }
    connect_within(&address, ANSWER)
}

fn say(
    query: &FleetQuery,
    transaction: &mut Transaction<'_>,
    lines: &mut Lines<'_>,
) -> Result<(), FleetError> {
    let since = query.since.map_or(DateTime::UNIX_EPOCH, time);
    let until = query.until.map_or(LATEST, time);
    match &query.wanted {
        FleetWanted::Report {
            top,
            silent,
            own_after,
        } => {
            let wanted = Wanted {
                since,
                until,
                top: i64::from(*top),
                silent: *silent,
                own_after: *own_after,
                database: place(&query.url),
            };
            numbers::say(&wanted, transaction, lines)
        }
        FleetWanted::Events {
            daemon,
            network,
            newest,
        } => {
            let wanted = events::Wanted {
                since: query.since.map_or(EARLIEST, time),
                until,
                daemon: daemon.as_deref(),
                network: network.as_deref(),
                newest: newest.map(|newest| i64::try_from(newest).unwrap_or(i64::MAX)),
            };
            events::say(&wanted, transaction, lines)
        }
    }
}

/// Times that the database has; the calendar of chrono is wider.
const EARLIEST: DateTime<Utc> = DateTime::from_timestamp_nanos(i64::MIN);
const LATEST: DateTime<Utc> = DateTime::from_timestamp_nanos(i64::MAX);

fn time(microseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(microseconds)
        .unwrap_or(LATEST)
        .clamp(EARLIEST, LATEST)
}

/// The place of the database, without user, password and options.
fn place(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split('?').next().unwrap_or_default();
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    place.to_owned()
}
