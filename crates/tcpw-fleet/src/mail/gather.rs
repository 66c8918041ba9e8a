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

/// Each pass looks back for so long: a push ends its transactions within a tenth of it.
const BACK: TimeDelta = TimeDelta::minutes(15);

/// So many messages gather at once; whoever comes beyond that is part of one about everything.
const MOST_OPEN: usize = 1000;

/// What was not looked at before, of the hosts that leave their mail to this program: grouped, since a
/// client may have tried often. A clock that is wrong counts as that of the database; times are compared and
/// never subtracted, since an infinite one may be there. What a host that was away sends late, it has
/// mailed about.
const FRESH: &str = "WITH fresh AS (
        INSERT INTO tcpw.considered (host, at, seq, received)
            SELECT event.host, event.at, event.seq, event.received FROM tcpw.event
            JOIN tcpw.host ON host.name = event.host
            WHERE event.received > $1 AND host.mail = 'fleet'
            ON CONFLICT DO NOTHING RETURNING host, at, seq),
    seen AS (
        SELECT coalesce(nullif(event.source, ''), 'unknown') AS source, event.host, event.daemon, host(event.addr) AS addr,
            event.reporter IS NOT DISTINCT FROM 0 AS is_roots,
            watch.host IS NOT NULL
                AND event.at < event.received - make_interval(secs => $2) AS is_late,
            CASE WHEN event.at BETWEEN event.received - interval '1 hour'
                    AND event.received + interval '5 minutes'
                THEN event.at ELSE event.received END AS at
        FROM fresh JOIN tcpw.event USING (host, at, seq)
        LEFT JOIN tcpw.watch ON watch.host = event.host)
    SELECT source, host, daemon, addr, is_roots, is_late, min(at) AS first, max(at) AS last
    FROM seen GROUP BY source, host, daemon, addr, is_roots, is_late";

/// The kinds of what is made here.
const KINDS: [&str; 5] = ["source", "repeat", "limit", "late", "claimed"];

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
        new: Vec::new(),
    };
    let keys: Vec<Key> = sightings.iter().map(|one| letters.key(one)).collect();
    letters.make(transaction)?;
    let mut parts = Parts::default();
    for (key, sighting) in keys.iter().zip(sightings) {
        // All that were made are known.
        if let Some(letter) = letters.known.get(key) {
            parts.add(*letter, sighting);
        }
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
        if let Some(kind) = KINDS.into_iter().find(|known| *known == kind) {
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
    /// Their numbers; of one that is not made yet it is 0.
    known: BTreeMap<Key, i64>,
    /// Those that are to be made, and when each is due.
    new: Vec<(Key, DateTime<Utc>)>,
}

impl Letters<'_> {
    /// The message that a sighting belongs to. Where too many gather, whoever is seen first is part of
    /// the one about everything.
    fn key(&mut self, one: &Sighting) -> Key {
        let (mut key, mut due) = self.wanted(one);
        let is_of_one = !key.1.is_empty();
        if is_of_one && !self.known.contains_key(&key) && self.known.len() >= MOST_OPEN {
            key = ("limit", String::new(), one.choice.audience.clone());
            due = self.moment.now + length(self.terms.gather());
        }
        if !self.known.contains_key(&key) {
            self.known.insert(key.clone(), 0);
            self.new.push((key.clone(), due));
        }
        key
    }

    fn wanted(&self, one: &Sighting) -> (Key, DateTime<Utc>) {
        let audience = one.choice.audience.clone();
        let now = self.moment.now;
        let after = |seconds: f64| now + length(seconds);
        let about_source = |kind| (kind, one.source.clone(), audience.clone());
        let about_all = |kind| (kind, String::new(), audience.clone());
        let first = about_source("source");
        let quiet = self.quiet.get(&(one.source.clone(), audience.clone()));
        if !one.is_roots {
            (about_all("claimed"), after(self.terms.quiet()))
        } else if one.is_late {
            (about_all("late"), after(self.terms.catching_up()))
        } else if self.known.contains_key(&first) {
            (first, now)
        } else if let Some(until) = quiet {
            (about_source("repeat"), *until)
        } else if one.choice.mail == MailChoice::Digest {
            (about_source("repeat"), after(self.terms.quiet()))
        } else {
            (first, after(self.terms.gather()))
        }
    }

    /// Makes the new ones, all in one statement.
    fn make(&mut self, transaction: &mut Transaction<'_>) -> Result<(), postgres::Error> {
        if self.new.is_empty() {
            return Ok(());
        }
        let now = self.moment.now;
        let column = |field: fn(&Key) -> &str| -> Vec<&str> {
            self.new.iter().map(|(key, _)| field(key)).collect()
        };
        let (kinds, sources) = (column(|key| key.0), column(|key| &key.1));
        let audiences = column(|key| &key.2);
        let ids: Vec<String> = self
            .new
            .iter()
            .map(|_| self.terms.message_id(now))
            .collect();
        let dues: Vec<DateTime<Utc>> = self.new.iter().map(|(_, due)| *due).collect();
        let rows = transaction.query(
            "INSERT INTO tcpw.letter (kind, source, audience, message_id, opened, due)
             SELECT kind, source, audience, message_id, $5, due
             FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $6::timestamptz[])
                 AS one (kind, source, audience, message_id, due)
             RETURNING id, kind, source, audience",
            &[&kinds, &sources, &audiences, &ids, &now, &dues],
        )?;
        for row in rows {
            let (kind, source, audience): (String, String, String) =
                (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
            if let Some(kind) = KINDS.into_iter().find(|known| *known == kind) {
                self.known.insert((kind, source, audience), row.try_get(0)?);
            }
        }
        Ok(())
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
