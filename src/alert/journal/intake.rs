//! Events enter the journal: a batch in one transaction, each with the decision what becomes of
//! it.

use crate::alert::event::{Claim, Event};
use crate::alert::journal::clock::{holds_back, longest};
use crate::alert::journal::database::{Journal, JournalError, stamp};
use crate::alert::journal::letters::{NewLetter, Room, find_open, release};
use crate::alert::journal::memory::{Memory, Source};
use crate::alert::journal::values::text;
use crate::alert::model::found::Found;
use crate::alert::model::grouping::source_of;
use crate::alert::model::letter::{Decision, LetterKind};
use crate::alert::model::rule_finder::{FiredRule, RuleFinder, Verdict};
use crate::config::{Alert, MailChoice};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction, params};
use std::collections::BTreeMap;

const NANOSECONDS_AN_HOUR: i64 = 3_600_000_000_000;

/// What decides about events.
pub(in crate::alert) struct Terms<'a> {
    /// How polite to be.
    pub alert: &'a Alert,
    /// The ways out of a letter.
    pub channels: &'a [String],
    /// Names the rules that fired.
    pub rules: &'a dyn RuleFinder,
    /// What time it is.
    pub now: DateTime<Utc>,
    /// This machine's name.
    pub machine: &'a str,
    /// A Message-ID that was never given before.
    pub message_id: &'a dyn Fn() -> String,
}

/// An event that is new in the journal.
#[derive(Debug)]
pub(in crate::alert) struct Entered<'f> {
    pub(in crate::alert) event: &'f Event,
    pub(in crate::alert) rule: Option<FiredRule>,
    pub(in crate::alert) verdict: Verdict,
}

/// What is added to a letter.
#[derive(Debug, Clone, Copy)]
struct Added {
    count: i64,
    first: i64,
    last: i64,
}

/// A letter that gathers: its kind, its source if it has one, and whom it is for.
type Key = (&'static str, Option<i64>, String);

/// The state of one transaction.
struct Batch<'a, 't> {
    transaction: &'a Transaction<'t>,
    terms: &'a Terms<'a>,
    room: Room,
    letters: BTreeMap<Key, i64>,
    added: BTreeMap<i64, Added>,
    hours: BTreeMap<i64, Added>,
    machine: i64,
}

impl Journal {
    /// Appends the events that are not in the journal yet and decides about each, all or
    /// nothing. Gives the events that are new.
    ///
    /// # Errors
    /// When the database cannot be written; nothing is then.
    pub(in crate::alert) fn enter<'f>(
        &mut self,
        found: &'f [Found],
        terms: &Terms<'_>,
    ) -> Result<Vec<Entered<'f>>, JournalError> {
        let result = enter(&mut self.database, &mut self.memory, found, terms);
        self.named("write", result)
    }

    /// Forgets files that are not in their directory any more.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub(in crate::alert) fn forget(&mut self, gone: &[String]) -> Result<(), JournalError> {
        self.run("write", |database| {
            let transaction = database.transaction()?;
            forget(&transaction, gone)?;
            transaction.commit()
        })
    }

    /// The files that are in the journal and may be in their directory still.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(in crate::alert) fn collected(&mut self) -> Result<Vec<String>, JournalError> {
        self.run("read", |database| {
            let mut query = database.prepare("SELECT name FROM collected")?;
            query.query_map([], |row| text(row, 0))?.collect()
        })
    }
}

fn forget(transaction: &Transaction<'_>, gone: &[String]) -> rusqlite::Result<()> {
    let mut delete =
        transaction.prepare_cached("DELETE FROM collected WHERE name = ?1 OR name = ?2")?;
    for key in gone {
        let name = key.rsplit('/').next().unwrap_or_default();
        delete.execute([key, name])?;
    }
    Ok(())
}

fn enter<'f>(
    database: &mut Connection,
    memory: &mut Memory,
    found: &'f [Found],
    terms: &Terms<'_>,
) -> rusqlite::Result<Vec<Entered<'f>>> {
    memory.trim();
    terms
        .rules
        .prepare(&mut found.iter().map(|item| &item.event));
    let transaction = database.transaction()?;
    let last: i64 = transaction
        .prepare_cached("SELECT coalesce(max(id), 0) FROM events")?
        .query_row([], |row| row.get(0))?;
    let mut batch = Batch {
        transaction: &transaction,
        terms,
        room: Room::measure(&transaction, terms.alert, terms.now.timestamp())?,
        letters: BTreeMap::new(),
        added: BTreeMap::new(),
        hours: BTreeMap::new(),
        machine: memory.text(
            &transaction,
            &Claim::cut(terms.machine.as_bytes(), usize::MAX),
            last + 1,
        )?,
    };
    let mut new = Vec::new();
    for (id, item) in (last + 1..).zip(unknown(&transaction, found)?) {
        let (rule, verdict) = terms.rules.find(&item.event);
        let entered = Entered {
            event: &item.event,
            rule,
            verdict,
        };
        batch.add(memory, id, &entered)?;
        new.push(entered);
    }
    batch.write()?;
    memory.write(&transaction)?;
    transaction.commit()?;
    Ok(new)
}

/// The files that were not collected before; from now on they were.
fn unknown<'f>(
    transaction: &Transaction<'_>,
    found: &'f [Found],
) -> rusqlite::Result<Vec<&'f Found>> {
    // Earlier versions knew them by their name alone.
    let mut insert = transaction.prepare_cached(
        "INSERT OR IGNORE INTO collected (name)
         SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM collected WHERE name = ?2)",
    )?;
    let mut new = Vec::new();
    for item in found {
        let name = item.key.rsplit('/').next().unwrap_or_default();
        if insert.execute([&item.key, name])? > 0 {
            new.push(item);
        }
    }
    Ok(new)
}

impl Batch<'_, '_> {
    fn add(&mut self, memory: &mut Memory, id: i64, new: &Entered<'_>) -> rusqlite::Result<()> {
        let terms = self.terms;
        let event = new.event;
        let rule = match &new.rule {
            Some(rule) => Some(memory.rule(self.transaction, rule, id)?),
            None => None,
        };
        let mut kept = |claim: &Claim| memory.text(self.transaction, claim, id);
        let [host, addr, daemon, server, user, pid] = [
            kept(&event.host)?,
            kept(&event.addr)?,
            kept(&event.daemon)?,
            kept(&event.server)?,
            kept(&event.user)?,
            match number_of(&event.pid) {
                Some(number) => number,
                None => -kept(&event.pid)?,
            },
        ];
        let time = stamp(event.time);
        let key = source_of(event, terms.alert.group);
        let source = memory.source(self.transaction, &key, id, time)?;
        let previous = source.add(id, time);
        let (decision, letter) = self.decide(event, source)?;
        let source = source.id;
        self.transaction
            .prepare_cached(
                "INSERT INTO events (id, time, collected, source, previous, machine, host, addr,
                     daemon, server, user, pid, uid, rule, verdict, decision, letter)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
            )?
            .execute(params![
                id,
                time,
                stamp(terms.now),
                source,
                previous,
                self.machine,
                host,
                addr,
                daemon,
                server,
                user,
                pid,
                event.uid,
                rule,
                new.verdict.code(),
                decision.code(),
                letter,
            ])?;
        if let Some(letter) = letter {
            count(&mut self.added, letter, id);
        }
        count(&mut self.hours, time.div_euclid(NANOSECONDS_AN_HOUR), id);
        Ok(())
    }

    /// What becomes of an event of `source`, and the letter that will tell of it.
    fn decide(
        &mut self,
        event: &Event,
        source: &mut Source,
    ) -> rusqlite::Result<(Decision, Option<i64>)> {
        let alert = self.terms.alert;
        let now = self.terms.now.timestamp();
        let quiet_until = now + i64::try_from(alert.quiet.as_secs()).unwrap_or(i64::MAX / 2);
        if event
            .address()
            .is_some_and(|address| alert.is_muted(address))
        {
            return Ok((Decision::Never, None));
        }
        let rule = alert
            .rules
            .iter()
            .find(|rule| rule.fits(event.daemon.bytes(), event.address()));
        let audience = rule.map_or_else(String::new, |rule| audience_of(&rule.to));
        match rule.map_or(MailChoice::Now, |rule| rule.mail) {
            MailChoice::Never => return Ok((Decision::Never, None)),
            MailChoice::Digest => {
                let letter =
                    self.gather(LetterKind::Digest, Some(source), audience, quiet_until)?;
                return Ok((Decision::ByRule, Some(letter)));
            }
            MailChoice::Now => {}
        }
        let alarm: Key = (LetterKind::Alarm.word(), Some(source.id), audience);
        if let Some(letter) = self.letters.get(&alarm) {
            return Ok((Decision::Now, Some(*letter)));
        }
        let (_, _, audience) = alarm;
        if holds_back(source.quiet_until, now, longest(alert)) {
            let due = source.quiet_until;
            let letter = self.gather(LetterKind::Digest, Some(source), audience, due)?;
            return Ok((Decision::Repeat, Some(letter)));
        }
        if !self.room.take() {
            let letter = self.gather(LetterKind::Overflow, None, audience, self.room.again)?;
            let decision = if self.room.is_stalled {
                Decision::Stalled
            } else {
                Decision::TooMany
            };
            return Ok((decision, Some(letter)));
        }
        let letter = self.tell(source, audience, quiet_until)?;
        Ok((Decision::Now, Some(letter)))
    }

    /// A letter that leaves at once.
    fn tell(
        &mut self,
        source: &mut Source,
        audience: String,
        quiet_until: i64,
    ) -> rusqlite::Result<i64> {
        let message_id = (self.terms.message_id)();
        let letter = NewLetter {
            kind: LetterKind::Alarm,
            source: Some(source.id),
            audience: &audience,
            message_id: &message_id,
            thread: source.thread.as_deref(),
            now: self.terms.now,
            due: self.terms.now.timestamp(),
            body: None,
        }
        .open(self.transaction)?;
        release(
            self.transaction,
            letter,
            self.terms.channels,
            self.terms.now.timestamp(),
        )?;
        source.told(&message_id, quiet_until);
        let key = (LetterKind::Alarm.word(), Some(source.id), audience);
        self.letters.insert(key, letter);
        Ok(letter)
    }

    /// The letter that gathers, made if there is none.
    fn gather(
        &mut self,
        kind: LetterKind,
        source: Option<&mut Source>,
        audience: String,
        due: i64,
    ) -> rusqlite::Result<i64> {
        let key: Key = (
            kind.word(),
            source.as_ref().map(|source| source.id),
            audience,
        );
        if let Some(letter) = self.letters.get(&key) {
            return Ok(*letter);
        }
        let letter = match find_open(self.transaction, kind, key.1, &key.2)? {
            Some(letter) => letter,
            None => NewLetter {
                kind,
                source: key.1,
                audience: &key.2,
                message_id: &(self.terms.message_id)(),
                thread: source.and_then(|source| source.thread.as_deref()),
                now: self.terms.now,
                due,
                body: None,
            }
            .open(self.transaction)?,
        };
        self.letters.insert(key, letter);
        Ok(letter)
    }

    /// Writes what was counted.
    fn write(&self) -> rusqlite::Result<()> {
        let mut update = self.transaction.prepare_cached(
            "UPDATE letters SET count = count + ?2, first_event = coalesce(first_event, ?3),
                 last_event = ?4 WHERE id = ?1",
        )?;
        for (letter, added) in &self.added {
            update.execute([*letter, added.count, added.first, added.last])?;
        }
        let mut insert = self.transaction.prepare_cached(
            "INSERT INTO hours (hour, count, first_event, last_event) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (hour) DO UPDATE SET
                 count = count + ?2, last_event = max(last_event, ?4)",
        )?;
        for (hour, added) in &self.hours {
            insert.execute([*hour, added.count, added.first, added.last])?;
        }
        Ok(())
    }
}

fn count(counts: &mut BTreeMap<i64, Added>, key: i64, event: i64) {
    let added = counts.entry(key).or_insert(Added {
        count: 0,
        first: event,
        last: event,
    });
    added.count += 1;
    added.last = event;
}

/// The number that a process is called by, written as the system writes it.
fn number_of(pid: &Claim) -> Option<i64> {
    let text = std::str::from_utf8(pid.bytes()).ok()?;
    let number: u32 = text.parse().ok()?;
    (number.to_string() == text && !pid.is_cut()).then_some(i64::from(number))
}

/// Whom a letter is for, as the journal has it.
pub(super) fn audience_of(to: &[crate::config::Mailbox]) -> String {
    if to.is_empty() {
        return String::new();
    }
    let list: Vec<String> = to.iter().map(ToString::to_string).collect();
    serde_json::to_string(&list).unwrap_or_default()
}
