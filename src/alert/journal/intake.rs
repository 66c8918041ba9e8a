//! Events enter the journal: a batch in one transaction, each with the decision what becomes of
//! it.

use crate::alert::event::{Claim, Event};
use crate::alert::journal::clock::{holds_back, longest};
use crate::alert::journal::database::{Journal, JournalError, stamp};
use crate::alert::journal::held::Hold;
use crate::alert::journal::letters::{NewLetter, audience_of, class_of, find_open, release};
use crate::alert::journal::memory::{Memory, Source};
use crate::alert::journal::room::Rooms;
use crate::alert::journal::shares;
use crate::alert::journal::values::{small, text};
use crate::alert::model::found::Found;
use crate::alert::model::grouping::source_of;
use crate::alert::model::letter::{Decision, LetterKind};
use crate::alert::model::reporter::kept;
use crate::alert::model::rule_finder::{FiredRule, RuleFinder, Verdict};
use crate::config::{Alert, MailChoice};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction, params};
use std::collections::BTreeMap;

const NANOSECONDS_AN_HOUR: i64 = 3_600_000_000_000;
/// What an event, and a letter, about another user's report takes of the journal, in bytes. The view
/// `shares` counts the same.
const EVENT: i64 = 160;
const LETTER: i64 = 700;
/// So many letters may gather events of users other than root, beside the digest of everything.
const MOST_GATHERING: u32 = 64;

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
    /// Until when first sights wait for a push, if others mail about them.
    pub hold: Option<Hold>,
    /// This machine's name.
    pub machine: &'a str,
    /// How large the journal may grow, in bytes: users other than root have a part of it.
    pub max_size: u64,
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

/// A letter that gathers: its kind, whose events it has, its source if it has one, and whom it is
/// for.
type Key = (&'static str, i64, Option<i64>, String);

/// The state of one transaction.
struct Batch<'a, 't> {
    transaction: &'a Transaction<'t>,
    terms: &'a Terms<'a>,
    rooms: Rooms,
    /// How many letters gather events of users other than root.
    gathering: u32,
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
    let mut rooms = Rooms::measure(&transaction, terms.alert, terms.now.timestamp())?;
    rooms.keep_for_due(&transaction)?;
    let mut batch = Batch {
        transaction: &transaction,
        terms,
        rooms,
        gathering: gathering_of_others(&transaction)?,
        letters: BTreeMap::new(),
        added: BTreeMap::new(),
        hours: BTreeMap::new(),
        machine: memory.text(
            &transaction,
            0,
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
    let over = shares::keep(&transaction, &memory.take_grown(), terms.max_size)?;
    if !over.is_empty() {
        memory.forget(&over);
    }
    transaction.commit()?;
    Ok(new)
}

fn gathering_of_others(transaction: &Transaction<'_>) -> rusqlite::Result<u32> {
    transaction
        .prepare_cached("SELECT count(*) FROM letters WHERE state = 'open' AND reporter <> 0")?
        .query_row([], |row| small(row, 0))
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
        let event = &*kept(new.event);
        let uid = event.uid;
        let rule = match &new.rule {
            Some(rule) => Some(memory.rule(self.transaction, rule, id)?),
            None => None,
        };
        let mut number = |claim: &Claim| memory.text(self.transaction, uid, claim, id);
        let [host, addr, daemon, server, user, pid] = [
            number(&event.host)?,
            number(&event.addr)?,
            number(&event.daemon)?,
            number(&event.server)?,
            number(&event.user)?,
            match number_of(&event.pid) {
                Some(pid) => pid,
                None => -number(&event.pid)?,
            },
        ];
        let time = stamp(event.time);
        let key = (uid, source_of(event, terms.alert.group));
        let source = memory.source(self.transaction, key, id, time)?;
        let previous = source.add(id, time);
        let known = self.letters.len();
        let (decision, letter) = self.decide(event, source)?;
        let source = source.id;
        let has_letter = self.letters.len() > known;
        memory.grow(uid, EVENT + if has_letter { LETTER } else { 0 });
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
        let reporter = i64::from(event.uid);
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
                let letter = self.gather(reporter, Some(source), audience, quiet_until)?;
                return Ok((Decision::ByRule, Some(letter)));
            }
            MailChoice::Now => {}
        }
        let alarm: Key = (
            LetterKind::Alarm.word(),
            reporter,
            Some(source.id),
            audience,
        );
        if let Some(letter) = self.letters.get(&alarm) {
            return Ok((Decision::Now, Some(*letter)));
        }
        let (_, _, _, audience) = alarm;
        if holds_back(source.quiet_until, now, longest(alert)) {
            let due = source.quiet_until;
            let letter = self.gather(reporter, Some(source), audience, due)?;
            return Ok((Decision::Repeat, Some(letter)));
        }
        if let Some(hold) = self.terms.hold.filter(|hold| hold.until > now) {
            let letter = self.hold(reporter, source, audience, (hold.until, quiet_until))?;
            return Ok((Decision::Now, Some(letter)));
        }
        if let Err(held) = self.rooms.take(self.transaction, reporter)? {
            let letter = self.gather(reporter, None, audience, held.again)?;
            let decision = if held.is_stalled {
                Decision::Stalled
            } else {
                Decision::TooMany
            };
            return Ok((decision, Some(letter)));
        }
        let letter = self.tell(reporter, source, audience, quiet_until)?;
        Ok((Decision::Now, Some(letter)))
    }

    /// A letter that waits for a push until `until`.
    fn hold(
        &mut self,
        reporter: i64,
        source: &mut Source,
        audience: String,
        (until, quiet_until): (i64, i64),
    ) -> rusqlite::Result<i64> {
        let id = Some(source.id);
        let kind = LetterKind::Alarm;
        let letter = match find_open(self.transaction, kind, reporter, id, &audience)? {
            Some(letter) => letter,
            None if reporter != 0 && self.gathering >= MOST_GATHERING => {
                return self.gather(reporter, None, audience, until);
            }
            None => {
                self.gathering += u32::from(reporter != 0);
                let message_id = (self.terms.message_id)();
                let letter = NewLetter {
                    kind,
                    reporter,
                    source: id,
                    audience: &audience,
                    message_id: &message_id,
                    thread: source.thread.as_deref(),
                    now: self.terms.now,
                    due: until,
                    body: None,
                }
                .open(self.transaction)?;
                source.told(&message_id, quiet_until);
                letter
            }
        };
        self.letters
            .insert((kind.word(), reporter, id, audience), letter);
        Ok(letter)
    }

    /// A letter that leaves at once.
    fn tell(
        &mut self,
        reporter: i64,
        source: &mut Source,
        audience: String,
        quiet_until: i64,
    ) -> rusqlite::Result<i64> {
        let message_id = (self.terms.message_id)();
        let letter = NewLetter {
            kind: LetterKind::Alarm,
            reporter,
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
        let key = (
            LetterKind::Alarm.word(),
            reporter,
            Some(source.id),
            audience,
        );
        self.letters.insert(key, letter);
        Ok(letter)
    }

    /// The letter that gathers, made if there is none: the digest of the source, or without one the
    /// digest of everything.
    fn gather(
        &mut self,
        reporter: i64,
        source: Option<&mut Source>,
        audience: String,
        due: i64,
    ) -> rusqlite::Result<i64> {
        let id = source.as_ref().map(|source| source.id);
        let (kind, whose) = match id {
            Some(_) => (LetterKind::Digest, reporter),
            None => (LetterKind::Overflow, class_of(reporter)),
        };
        let key: Key = (kind.word(), whose, id, audience);
        if let Some(letter) = self.letters.get(&key) {
            return Ok(*letter);
        }
        let letter = match find_open(self.transaction, kind, whose, id, &key.3)? {
            Some(letter) => letter,
            None if reporter != 0 && id.is_some() && self.gathering >= MOST_GATHERING => {
                return self.gather(reporter, None, key.3, due);
            }
            None => {
                self.gathering += u32::from(reporter != 0);
                NewLetter {
                    kind,
                    reporter: whose,
                    source: id,
                    audience: &key.3,
                    message_id: &(self.terms.message_id)(),
                    thread: source.and_then(|source| source.thread.as_deref()),
                    now: self.terms.now,
                    due,
                    body: None,
                }
                .open(self.transaction)?
            }
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
