//! New events become parts of messages that gather.

use super::moment::{Moment, length};
use super::terms::{Choice, MailTerms};
use chrono::{DateTime, TimeDelta, Utc};
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::ToSql;
use postgres::{Row, Transaction};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use tcpw::config::MailChoice;

/// Each pass looks back for so long: no transaction of a host lasts a tenth of it.
const BACK: TimeDelta = TimeDelta::minutes(15);

/// What was not looked at before, of the hosts that leave their mail to this program: grouped, since a
/// client may have tried often. A clock that is wrong counts as that of the database. What a host
/// that was away sends late, it has mailed about.
const FRESH: &str = "WITH fresh AS (
        INSERT INTO tcpw.considered (host, at, seq, received)
            SELECT event.host, event.at, event.seq, event.received FROM tcpw.event
            JOIN tcpw.host ON host.name = event.host
            WHERE event.received > $1 AND host.mail = 'fleet'
            ON CONFLICT DO NOTHING RETURNING host, at, seq),
    seen AS (
        SELECT event.source, event.host, event.daemon, host(event.addr) AS addr,
            event.reporter IS NOT DISTINCT FROM 0 AS is_roots,
            watch.host IS NOT NULL
                AND event.received - event.at > make_interval(secs => $2) AS is_late,
            CASE WHEN event.at BETWEEN event.received - interval '1 hour'
                    AND event.received + interval '5 minutes'
                THEN event.at ELSE event.received END AS at
        FROM fresh JOIN tcpw.event USING (host, at, seq)
        LEFT JOIN tcpw.watch ON watch.host = event.host)
    SELECT source, host, daemon, addr, is_roots, is_late, min(at) AS first, max(at) AS last
    FROM seen GROUP BY source, host, daemon, addr, is_roots, is_late";

/// A message that gathers: its kind, whom it is about, and who is told.
type Key = (&'static str, String, String);

/// A part of a message: source, host and daemon, with the first and the last time.
#[derive(Default)]
struct Parts {
    letters: Vec<i64>,
    sources: Vec<String>,
    hosts: Vec<String>,
    daemons: Vec<String>,
    firsts: Vec<DateTime<Utc>>,
    lasts: Vec<DateTime<Utc>>,
}

/// Events of a source on a host that become of alike.
struct Sighting {
    source: String,
    host: String,
    daemon: String,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
    is_roots: bool,
    is_late: bool,
    choice: Choice,
}

/// Takes in what is new.
pub(super) fn take(
    transaction: &mut Transaction<'_>,
    terms: &MailTerms<'_>,
    moment: &Moment,
) -> Result<(), postgres::Error> {
    let sightings = sightings(transaction, terms, moment)?;
    transaction.execute(
        "DELETE FROM tcpw.considered WHERE received < $1",
        &[&(moment.passed.unwrap_or(moment.now).min(moment.now) - BACK * 2)],
    )?;
    if sightings.is_empty() {
        return Ok(());
    }
    let sources: BTreeSet<&str> = sightings.iter().map(|one| one.source.as_str()).collect();
    let sources: Vec<&str> = sources.into_iter().collect();
    let mut quiet = BTreeMap::new();
    for row in transaction.query(
        "SELECT source, audience, quiet_until FROM tcpw.told
         WHERE source = ANY($1) AND quiet_until > $2",
        &[&sources, &moment.now],
    )? {
        let key: (String, String) = (row.try_get(0)?, row.try_get(1)?);
        quiet.insert(key, row.try_get::<_, DateTime<Utc>>(2)?);
    }
    let mut letters = Letters {
        terms,
        moment,
        quiet,
        known: open(transaction)?,
    };
    let mut parts = Parts::default();
    for sighting in sightings {
        let letter = letters.of(transaction, &sighting)?;
        parts.add(letter, sighting);
    }
    parts.write(transaction)
}

fn sightings(
    transaction: &mut Transaction<'_>,
    terms: &MailTerms<'_>,
    moment: &Moment,
) -> Result<Vec<Sighting>, postgres::Error> {
    let since = moment.passed.unwrap_or(moment.now).min(moment.now) - BACK;
    let own_after = terms.own_after();
    let values: [&(dyn ToSql + Sync); 2] = [&since, &own_after];
    let mut rows = transaction.query_raw(FRESH, values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(sighting(&row, terms)?);
    }
    Ok(found)
}

/// What a row has, unless nobody is to hear of it.
fn sighting(row: &Row, terms: &MailTerms<'_>) -> Result<Option<Sighting>, postgres::Error> {
    let daemon: String = row.try_get("daemon")?;
    let addr: Option<String> = row.try_get("addr")?;
    let address: Option<IpAddr> = addr.and_then(|text| text.parse().ok());
    let choice = terms.choice(&daemon, address);
    if choice.mail == MailChoice::Never {
        return Ok(None);
    }
    Ok(Some(Sighting {
        source: row.try_get("source")?,
        host: row.try_get("host")?,
        daemon,
        first: row.try_get("first")?,
        last: row.try_get("last")?,
        is_roots: row.try_get("is_roots")?,
        is_late: row.try_get("is_late")?,
        choice,
    }))
}

/// The messages that gather.
fn open(transaction: &mut Transaction<'_>) -> Result<BTreeMap<Key, i64>, postgres::Error> {
    let mut known = BTreeMap::new();
    for row in transaction.query(
        "SELECT id, kind, source, audience FROM tcpw.letter WHERE released IS NULL",
        &[],
    )? {
        let kind: String = row.try_get(1)?;
        let kind = ["source", "repeat", "late", "claimed"]
            .into_iter()
            .find(|known| *known == kind);
        if let Some(kind) = kind {
            known.insert((kind, row.try_get(2)?, row.try_get(3)?), row.try_get(0)?);
        }
    }
    Ok(known)
}

/// The messages that gather, and what decides about new ones.
struct Letters<'a> {
    terms: &'a MailTerms<'a>,
    moment: &'a Moment,
    quiet: BTreeMap<(String, String), DateTime<Utc>>,
    known: BTreeMap<Key, i64>,
}

impl Letters<'_> {
    /// The message that a sighting belongs to, made if there is none.
    fn of(
        &mut self,
        transaction: &mut Transaction<'_>,
        one: &Sighting,
    ) -> Result<i64, postgres::Error> {
        let audience = one.choice.audience.clone();
        let now = self.moment.now;
        let after = |seconds: f64| now + length(seconds);
        let about_source = |kind| (kind, one.source.clone(), audience.clone());
        let first = about_source("source");
        let quiet = self.quiet.get(&(one.source.clone(), audience.clone()));
        let (key, due) = if !one.is_roots {
            (
                ("claimed", String::new(), audience),
                after(self.terms.quiet()),
            )
        } else if one.is_late {
            (
                ("late", String::new(), audience),
                after(self.terms.catching_up()),
            )
        } else if self.known.contains_key(&first) {
            (first, now)
        } else if let Some(until) = quiet {
            (about_source("repeat"), *until)
        } else if one.choice.mail == MailChoice::Digest {
            (about_source("repeat"), after(self.terms.quiet()))
        } else {
            (first, after(self.terms.gather()))
        };
        if let Some(letter) = self.known.get(&key) {
            return Ok(*letter);
        }
        let row = transaction.query_one(
            "INSERT INTO tcpw.letter (kind, source, audience, message_id, opened, due)
             VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
            &[
                &key.0,
                &key.1,
                &key.2,
                &self.terms.message_id(now),
                &now,
                &due,
            ],
        )?;
        let letter = row.try_get(0)?;
        self.known.insert(key, letter);
        Ok(letter)
    }
}

impl Parts {
    fn add(&mut self, letter: i64, one: Sighting) {
        self.letters.push(letter);
        self.sources.push(one.source);
        self.hosts.push(one.host);
        self.daemons.push(one.daemon);
        self.firsts.push(one.first);
        self.lasts.push(one.last);
    }

    fn write(&self, transaction: &mut Transaction<'_>) -> Result<(), postgres::Error> {
        transaction
            .execute(
                "INSERT INTO tcpw.reached AS old (letter, source, host, daemon, first, last)
                 SELECT letter, source, host, daemon, min(first), max(last)
                 FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[],
                     $5::timestamptz[], $6::timestamptz[])
                     AS one (letter, source, host, daemon, first, last)
                 GROUP BY 1, 2, 3, 4
                 ON CONFLICT (letter, source, host, daemon) DO UPDATE SET
                     first = least(old.first, excluded.first),
                     last = greatest(old.last, excluded.last)",
                &[
                    &self.letters,
                    &self.sources,
                    &self.hosts,
                    &self.daemons,
                    &self.firsts,
                    &self.lasts,
                ],
            )
            .map(drop)
    }
}
