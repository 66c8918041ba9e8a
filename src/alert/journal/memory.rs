//! What the writer of the journal remembers between batches, so that a flood from few clients
//! costs few look-ups. All of it can be read again, and is forgotten after a failure.

use crate::alert::event::Claim;
use crate::alert::journal::values::{number, optional_text};
use crate::alert::model::rule_finder::FiredRule;
use rusqlite::{OptionalExtension as _, Transaction, params};
use std::collections::{BTreeMap, HashMap};

/// How many values of a kind are remembered.
const MOST: usize = 50_000;
/// Longer ones are looked up each time.
const LONGEST_TEXT: usize = 256;
/// The last use of a value of root's events is recorded that roughly, in events: pruning allows for
/// it. Of others' it is exact: what goes of theirs must make room.
pub(super) const SLACK: i64 = 50_000;
/// What a value, and a source, of another user takes of the journal: this and three times its bytes,
/// which stand in an index too. The view `shares` counts the same.
const TEXT: i64 = 50;
const SOURCE: i64 = 120;

/// A source as its next event finds it.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) id: i64,
    pub(super) first_time: i64,
    pub(super) last_time: i64,
    pub(super) last_event: i64,
    pub(super) count: i64,
    /// Seconds since the epoch.
    pub(super) quiet_until: i64,
    pub(super) thread: Option<String>,
    is_changed: bool,
}

#[derive(Debug, Clone, Copy)]
struct Used {
    id: i64,
    last_event: i64,
}

/// The memory.
#[derive(Debug, Default)]
pub(super) struct Memory {
    texts: HashMap<(u32, Vec<u8>, u64), Used>,
    rules: HashMap<FiredRule, Used>,
    sources: HashMap<(u32, String), Source>,
    /// By how many bytes users other than root have made the journal grow.
    grown: BTreeMap<u32, i64>,
}

impl Memory {
    /// Forgets what has grown too much. Only between batches: nothing is lost then.
    pub(super) fn trim(&mut self) {
        if self.texts.len() > MOST {
            self.texts.clear();
        }
        if self.rules.len() > MOST {
            self.rules.clear();
        }
        if self.sources.len() > MOST {
            self.sources.clear();
        }
    }

    /// Notes that a user has made the journal grow by so many bytes; of root nothing is noted.
    pub(super) fn grow(&mut self, uid: u32, bytes: i64) {
        if uid != 0 {
            *self.grown.entry(uid).or_default() += bytes;
        }
    }

    /// What was noted by [`Memory::grow`] since this was asked last.
    pub(super) fn take_grown(&mut self) -> BTreeMap<u32, i64> {
        std::mem::take(&mut self.grown)
    }

    /// Forgets the values and sources of a user, of which some are not in the journal any more.
    pub(super) fn forget(&mut self, uids: &[u32]) {
        let stays = |uid: &u32| uids.binary_search(uid).is_err();
        self.texts.retain(|(uid, _, _), _| stays(uid));
        self.sources.retain(|(uid, _), _| stays(uid));
    }

    /// The number of a value that the user `uid` reported, of which event `event` makes use.
    pub(super) fn text(
        &mut self,
        transaction: &Transaction<'_>,
        uid: u32,
        claim: &Claim,
        event: i64,
    ) -> rusqlite::Result<i64> {
        let slack = if uid == 0 { SLACK } else { 1 };
        let key = (uid, claim.bytes().to_vec(), claim.length());
        if let Some(used) = self.texts.get_mut(&key) {
            touch(transaction, "texts", used, event, slack)?;
            return Ok(used.id);
        }
        let length = i64::try_from(claim.length()).unwrap_or(i64::MAX);
        let found = transaction
            .prepare_cached(
                "SELECT id, last_event FROM texts WHERE uid = ?1 AND bytes = ?2 AND length = ?3",
            )?
            .query_row(params![uid, claim.bytes(), length], used_of)
            .optional()?;
        let mut used = if let Some(used) = found {
            used
        } else {
            let bytes = i64::try_from(claim.bytes().len()).unwrap_or(i64::MAX / 4);
            self.grow(uid, 3 * bytes + TEXT);
            transaction
                .prepare_cached(
                    "INSERT INTO texts (uid, bytes, length, last_event) VALUES (?1, ?2, ?3, ?4)
                         RETURNING id, last_event",
                )?
                .query_row(params![uid, claim.bytes(), length, event], used_of)?
        };
        touch(transaction, "texts", &mut used, event, slack)?;
        let id = used.id;
        if claim.bytes().len() <= LONGEST_TEXT {
            self.texts.insert(key, used);
        }
        Ok(id)
    }

    /// The number of a rule, which event `event` names.
    pub(super) fn rule(
        &mut self,
        transaction: &Transaction<'_>,
        rule: &FiredRule,
        event: i64,
    ) -> rusqlite::Result<i64> {
        if let Some(used) = self.rules.get_mut(rule) {
            touch(transaction, "rules", used, event, SLACK)?;
            return Ok(used.id);
        }
        let values = params![rule.file, rule.line, rule.text, rule.digest];
        let found = transaction
            .prepare_cached(
                "SELECT id, last_event FROM rules
                 WHERE file = ?1 AND line = ?2 AND text = ?3 AND digest = ?4",
            )?
            .query_row(values, used_of)
            .optional()?;
        let mut used = match found {
            Some(used) => used,
            None => transaction
                .prepare_cached(
                    "INSERT INTO rules (file, line, text, digest) VALUES (?1, ?2, ?3, ?4)
                     RETURNING id, last_event",
                )?
                .query_row(values, used_of)?,
        };
        touch(transaction, "rules", &mut used, event, SLACK)?;
        let id = used.id;
        self.rules.insert(rule.clone(), used);
        Ok(id)
    }

    /// The source `key` of the user `uid`; it is made when event `event` of time `time` is its
    /// first.
    pub(super) fn source(
        &mut self,
        transaction: &Transaction<'_>,
        (uid, key): (u32, String),
        event: i64,
        time: i64,
    ) -> rusqlite::Result<&mut Source> {
        let key = (uid, key);
        if !self.sources.contains_key(&key) {
            let found = transaction
                .prepare_cached("SELECT * FROM sources WHERE uid = ?1 AND key = ?2")?
                .query_row(params![uid, key.1], source_of)
                .optional()?;
            let source = if let Some(source) = found {
                source
            } else {
                let bytes = i64::try_from(key.1.chars().count()).unwrap_or(i64::MAX / 4);
                self.grow(uid, 3 * bytes + SOURCE);
                transaction
                    .prepare_cached(
                        "INSERT INTO sources
                                 (uid, key, first_time, last_time, last_event, count)
                             VALUES (?1, ?2, ?3, ?3, ?4, 0) RETURNING *",
                    )?
                    .query_row(params![uid, key.1, time, event], source_of)?
            };
            self.sources.insert(key.clone(), source);
        }
        self.sources
            .get_mut(&key)
            .ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// Notes a new quiet time of the source with number `id`, if it is remembered.
    pub(super) fn quiet(&mut self, id: i64, until: i64) {
        let known = self.sources.values_mut().find(|source| source.id == id);
        if let Some(source) = known {
            source.quiet_until = until;
        }
    }

    /// Writes what changed about the sources.
    pub(super) fn write(&mut self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut update = transaction.prepare_cached(
            "UPDATE sources SET first_time = ?2, last_time = ?3, last_event = ?4, count = ?5,
                 quiet_until = ?6, thread = ?7 WHERE id = ?1",
        )?;
        let mut changed: Vec<&mut Source> = self
            .sources
            .values_mut()
            .filter(|source| source.is_changed)
            .collect();
        changed.sort_unstable_by_key(|source| source.id);
        for source in changed {
            source.is_changed = false;
            update.execute(params![
                source.id,
                source.first_time,
                source.last_time,
                source.last_event,
                source.count,
                source.quiet_until,
                source.thread,
            ])?;
        }
        Ok(())
    }
}

impl Source {
    /// Counts event `event` of time `time`; gives the event before it.
    pub(super) fn add(&mut self, event: i64, time: i64) -> Option<i64> {
        let previous = (self.count > 0).then_some(self.last_event);
        self.first_time = self.first_time.min(time);
        self.last_time = self.last_time.max(time);
        self.last_event = event;
        self.count += 1;
        self.is_changed = true;
        previous
    }

    /// It was told of now in the letter `message_id`; repeats are gathered until `quiet_until`.
    pub(super) fn told(&mut self, message_id: &str, quiet_until: i64) {
        self.quiet_until = quiet_until;
        self.thread.get_or_insert_with(|| message_id.to_owned());
        self.is_changed = true;
    }
}

fn source_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Source> {
    Ok(Source {
        id: number(row, "id")?,
        first_time: number(row, "first_time")?,
        last_time: number(row, "last_time")?,
        last_event: number(row, "last_event")?,
        count: number(row, "count")?,
        quiet_until: number(row, "quiet_until")?,
        thread: optional_text(row, "thread")?,
        is_changed: false,
    })
}

fn used_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Used> {
    Ok(Used {
        id: number(row, 0)?,
        last_event: number(row, 1)?,
    })
}

fn touch(
    transaction: &Transaction<'_>,
    table: &'static str,
    used: &mut Used,
    event: i64,
    slack: i64,
) -> rusqlite::Result<()> {
    if event - used.last_event < slack && used.last_event > 0 {
        return Ok(());
    }
    used.last_event = event;
    let sql = match table {
        "texts" => "UPDATE texts SET last_event = ?2 WHERE id = ?1",
        _ => "UPDATE rules SET last_event = ?2 WHERE id = ?1",
    };
    transaction
        .prepare_cached(sql)?
        .execute([used.id, event])
        .map(drop)
}
