//! Finding events: by time, daemon and network, a page at a time, so that neither memory nor the
//! journal's log grows with what is shown.

use crate::alert::event::Claim;
use crate::alert::journal::database::{Journal, JournalError, stamp};
use crate::alert::journal::events::{ENTRY, claim, entry_of};
use crate::alert::journal::values::bytes;
use crate::alert::model::letter::Entry;
use chrono::{DateTime, Utc};
use ipnet::IpNet;
use rusqlite::{Connection, OptionalExtension as _, params};
use std::collections::HashMap;
use std::net::IpAddr;

/// How many events are read in one go; nothing of the journal is held between two.
const PAGE: usize = 500;
/// How many values are remembered as wanted or not.
const REMEMBERED: usize = 1 << 16;

/// Which events are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    /// Those at this time and later.
    pub since: Option<DateTime<Utc>>,
    /// Those before this time.
    pub until: Option<DateTime<Utc>>,
    /// Those with a greater number than this.
    pub after: i64,
    /// Those of this daemon.
    pub daemon: Option<Vec<u8>>,
    /// Those whose client has an address in this network.
    pub network: Option<IpNet>,
    /// Only so many of them, the newest.
    pub newest: Option<usize>,
}

/// An event that was found, with what the journal keeps beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEvent {
    /// The event.
    pub entry: Entry,
    /// The client's user name, where a daemon gave one.
    pub user: Claim,
}

/// The events between two numbers, at times between two times.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    /// The first number.
    pub(super) first: i64,
    /// The last number.
    pub(super) last: i64,
    /// The first time.
    pub(super) since: i64,
    /// The time after the last.
    pub(super) until: i64,
}

impl Range {
    /// The events of a time, as narrow as the hours of the journal tell it.
    pub(super) fn of(
        database: &Connection,
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
    ) -> rusqlite::Result<Self> {
        let hour = |time: DateTime<Utc>| time.timestamp().div_euclid(3600);
        let (first, last): (Option<i64>, Option<i64>) = database
            .prepare_cached(
                "SELECT min(first_event), max(last_event) FROM hours
                 WHERE hour >= ?1 AND hour <= ?2",
            )?
            .query_row(
                params![since.map_or(i64::MIN, hour), until.map_or(i64::MAX, hour),],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
        Ok(Self {
            first: first.unwrap_or(i64::MAX),
            last: last.unwrap_or(0),
            since: since.map_or(i64::MIN, stamp),
            until: until.map_or(i64::MAX, stamp),
        })
    }
}

impl Journal {
    /// Shows the events that are wanted to `visit`, in the order in which they entered the
    /// journal, until it says no.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn search(
        &mut self,
        search: &Search,
        visit: &mut dyn FnMut(FoundEvent) -> bool,
    ) -> Result<(), JournalError> {
        let mut range = self.run("read", |database| {
            Range::of(database, search.since, search.until)
        })?;
        range.first = range.first.max(search.after.saturating_add(1));
        let mut sieve = Sieve::new(search);
        if let Some(newest) = search.newest {
            let numbers = self.newest(&mut sieve, range, newest)?;
            for numbers in numbers.chunks(PAGE) {
                let found = self.run("read", |database| {
                    let transaction = database.transaction()?;
                    fetch(&transaction, numbers)
                })?;
                if !found.into_iter().all(&mut *visit) {
                    break;
                }
            }
            return Ok(());
        }
        while range.first <= range.last {
            let (last, found) = self.run("read", |database| {
                let transaction = database.transaction()?;
                let page = page(&transaction, &range, false)?;
                let numbers = sieve.wanted(&transaction, &page)?;
                Ok((
                    page.last().map(|mark| mark.id),
                    fetch(&transaction, &numbers)?,
                ))
            })?;
            let Some(last) = last else { break };
            range.first = last + 1;
            if !found.into_iter().all(&mut *visit) {
                break;
            }
        }
        Ok(())
    }

    /// The number of the last event.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn last_event(&mut self) -> Result<i64, JournalError> {
        self.run("read", |database| {
            database
                .prepare_cached("SELECT coalesce(max(id), 0) FROM events")?
                .query_row([], |row| row.get(0))
        })
    }

    /// The numbers of the newest events that are wanted, the oldest of them first.
    fn newest(
        &mut self,
        sieve: &mut Sieve,
        mut range: Range,
        most: usize,
    ) -> Result<Vec<i64>, JournalError> {
        let mut found = Vec::new();
        while found.len() < most && range.first <= range.last {
            let (oldest, numbers) = self.run("read", |database| {
                let transaction = database.transaction()?;
                let page = page(&transaction, &range, true)?;
                let oldest = page.last().map(|mark| mark.id);
                Ok((oldest, sieve.wanted(&transaction, &page)?))
            })?;
            let Some(oldest) = oldest else { break };
            range.last = oldest - 1;
            found.extend(numbers);
        }
        found.truncate(most);
        found.reverse();
        Ok(found)
    }
}

/// The events of these numbers; what was forgotten in the meantime is left out.
fn fetch(database: &Connection, numbers: &[i64]) -> rusqlite::Result<Vec<FoundEvent>> {
    let sql = format!("{ENTRY} WHERE events.id = ?1");
    let mut query = database.prepare_cached(&sql)?;
    let mut found = Vec::new();
    for number in numbers {
        let event = query.query_row([number], |row| {
            Ok(FoundEvent {
                entry: entry_of(row)?,
                user: claim(row, 12)?,
            })
        });
        found.extend(event.optional()?);
    }
    Ok(found)
}

/// As much of an event as tells whether it is wanted.
struct Mark {
    id: i64,
    host: i64,
    addr: i64,
    daemon: i64,
}

fn page(database: &Connection, range: &Range, is_backwards: bool) -> rusqlite::Result<Vec<Mark>> {
    let order = if is_backwards { "DESC" } else { "ASC" };
    let sql = format!(
        "SELECT id, host, addr, daemon FROM events
         WHERE id >= ?1 AND id <= ?2 AND time >= ?3 AND time < ?4 ORDER BY id {order} LIMIT {PAGE}"
    );
    database
        .prepare_cached(&sql)?
        .query_map(
            params![range.first, range.last, range.since, range.until],
            |row| {
                Ok(Mark {
                    id: row.get(0)?,
                    host: row.get(1)?,
                    addr: row.get(2)?,
                    daemon: row.get(3)?,
                })
            },
        )?
        .collect()
}

/// Tells which events are wanted, and remembers it of their values.
struct Sieve {
    daemon: Option<Vec<u8>>,
    network: Option<IpNet>,
    daemons: HashMap<i64, bool>,
    /// Of addresses and hosts: whether they are wanted; nothing for what is empty.
    visitors: HashMap<i64, Option<bool>>,
}

impl Sieve {
    fn new(search: &Search) -> Self {
        Self {
            daemon: search.daemon.clone(),
            network: search.network,
            daemons: HashMap::new(),
            visitors: HashMap::new(),
        }
    }

    fn wanted(&mut self, database: &Connection, page: &[Mark]) -> rusqlite::Result<Vec<i64>> {
        let mut found = Vec::new();
        for mark in page {
            if self.has_daemon(database, mark)? && self.has_network(database, mark)? {
                found.push(mark.id);
            }
        }
        Ok(found)
    }

    fn has_daemon(&mut self, database: &Connection, mark: &Mark) -> rusqlite::Result<bool> {
        let Some(daemon) = &self.daemon else {
            return Ok(true);
        };
        if let Some(known) = self.daemons.get(&mark.daemon) {
            return Ok(*known);
        }
        let is_wanted = text(database, mark.daemon)? == *daemon;
        if self.daemons.len() >= REMEMBERED {
            self.daemons.clear();
        }
        self.daemons.insert(mark.daemon, is_wanted);
        Ok(is_wanted)
    }

    fn has_network(&mut self, database: &Connection, mark: &Mark) -> rusqlite::Result<bool> {
        let Some(network) = self.network else {
            return Ok(true);
        };
        // The host counts where no address is given.
        for value in [mark.addr, mark.host] {
            let is_wanted = match self.visitors.get(&value) {
                Some(known) => *known,
                None => self.look_up(database, network, value)?,
            };
            if let Some(is_wanted) = is_wanted {
                return Ok(is_wanted);
            }
        }
        Ok(false)
    }

    fn look_up(
        &mut self,
        database: &Connection,
        network: IpNet,
        value: i64,
    ) -> rusqlite::Result<Option<bool>> {
        let bytes = text(database, value)?;
        let is_inside = || address(&bytes).is_some_and(|address| network.contains(&address));
        let is_wanted = (!bytes.is_empty()).then(is_inside);
        if self.visitors.len() >= REMEMBERED {
            self.visitors.clear();
        }
        self.visitors.insert(value, is_wanted);
        Ok(is_wanted)
    }
}

/// An address as [`crate::alert::Event::address`] reads it.
fn address(bytes: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(bytes).ok()?;
    let address: IpAddr = text.split('%').next()?.parse().ok()?;
    Some(address.to_canonical())
}

/// The bytes of a value; none where it is gone.
pub(super) fn text(database: &Connection, id: i64) -> rusqlite::Result<Vec<u8>> {
    let found = database
        .prepare_cached("SELECT bytes FROM texts WHERE id = ?1")?
        .query_row([id], |row| bytes(row, 0))
        .optional()?;
    Ok(found.unwrap_or_default())
}
