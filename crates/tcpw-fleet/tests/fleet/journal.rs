//! A journal as the deliverer leaves it, filled with events of the test's choice.

use rusqlite::{Connection, Transaction, params};
use std::fs;
use std::path::{Path, PathBuf};
use tcpw::alert::Journal;

/// 2026-11-20 12:00:00 UTC, in nanoseconds.
pub(crate) const NOON: i64 = 1_795_176_000_000_000_000;
/// A second, in nanoseconds.
pub(crate) const SECOND: i64 = 1_000_000_000;

/// An event to be.
#[derive(Clone)]
pub(crate) struct Given {
    pub(crate) at: i64,
    /// When it entered the journal.
    pub(crate) collected: i64,
    pub(crate) addr: Vec<u8>,
    pub(crate) daemon: Vec<u8>,
    /// What the journal takes for its source.
    pub(crate) source: String,
    pub(crate) rule: String,
    pub(crate) uid: u32,
}

/// A refused client of sshd.
pub(crate) fn knock(at: i64, addr: &str) -> Given {
    Given {
        at,
        collected: at,
        addr: addr.as_bytes().to_vec(),
        daemon: b"sshd".to_vec(),
        source: format!("{addr}/32"),
        rule: "ALL: ALL".to_owned(),
        uid: 0,
    }
}

/// A journal in a directory of its own.
pub(crate) struct Book {
    pub(crate) path: PathBuf,
}

impl Book {
    /// An empty journal in `place`.
    pub(crate) fn new(place: &Path) -> Self {
        let path = place.join("deliver/journal.db");
        drop(Journal::open(&path).unwrap());
        Self { path }
    }

    /// Adds events, and leaves the journal as nobody writes it.
    pub(crate) fn add(&self, events: &[Given]) {
        let mut database = Connection::open(&self.path).unwrap();
        let transaction = database.transaction().unwrap();
        for event in events {
            enter(&transaction, event);
        }
        transaction.commit().unwrap();
    }

    /// A copy of the journal, as a backup has it.
    pub(crate) fn save(&self) -> PathBuf {
        let copy = self.path.with_extension("saved");
        fs::copy(&self.path, &copy).unwrap();
        copy
    }

    /// Puts a copy in the place of the journal.
    pub(crate) fn restore(&self, copy: &Path) {
        fs::copy(copy, &self.path).unwrap();
    }
}

fn enter(transaction: &Transaction<'_>, event: &Given) {
    let text = |bytes: &[u8]| -> i64 {
        transaction
            .prepare_cached("INSERT OR IGNORE INTO texts (uid, bytes, length) VALUES (0, ?1, ?2)")
            .unwrap()
            .execute(params![bytes, i64::try_from(bytes.len()).unwrap()])
            .unwrap();
        transaction
            .prepare_cached("SELECT id FROM texts WHERE uid = 0 AND bytes = ?1 AND length = ?2")
            .unwrap()
            .query_row(params![bytes, i64::try_from(bytes.len()).unwrap()], |row| {
                row.get(0)
            })
            .unwrap()
    };
    let (none, addr, daemon) = (text(b""), text(&event.addr), text(&event.daemon));
    transaction
        .prepare_cached(
            "INSERT INTO sources (uid, key, first_time, last_time, last_event, count)
             VALUES (0, ?1, ?2, ?2, 0, 1) ON CONFLICT (uid, key) DO UPDATE SET count = count + 1",
        )
        .unwrap()
        .execute(params![event.source, event.at])
        .unwrap();
    transaction
        .prepare_cached("INSERT OR IGNORE INTO rules (file, line, text, digest) VALUES ('/etc/hosts.deny', 3, ?1, '')")
        .unwrap()
        .execute([&event.rule])
        .unwrap();
    transaction
        .prepare_cached(
            "INSERT INTO events (time, collected, source, machine, host, addr, daemon, server, user,
                 pid, uid, rule, verdict, decision)
             VALUES (?1, ?2, (SELECT id FROM sources WHERE uid = 0 AND key = ?3), ?4, ?4, ?5, ?6,
                 ?4, ?4, 7, ?7, (SELECT id FROM rules WHERE text = ?8), 1, 0)",
        )
        .unwrap()
        .execute(params![
            event.at,
            event.collected,
            event.source,
            none,
            addr,
            daemon,
            event.uid,
            event.rule
        ])
        .unwrap();
    let id = transaction.last_insert_rowid();
    transaction
        .prepare_cached(
            "INSERT INTO hours VALUES (?1, ?2, ?2, 1) ON CONFLICT (hour) DO UPDATE SET
                 last_event = excluded.last_event, count = count + 1",
        )
        .unwrap()
        .execute(params![event.at.div_euclid(3600 * SECOND), id])
        .unwrap();
}
