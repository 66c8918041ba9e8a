//! A journal of two weeks that is the same every time: ordinary clients, a flood, and one event
//! that is hostile in every value.

use chrono::DateTime;
use rusqlite::{Connection, params};
use std::fs;
use std::path::{Path, PathBuf};
use tcpw::alert::Journal;

/// Sunday, 1 March 2026, 00:00 UTC.
pub(crate) const START: &str = "2026-03-01T00:00:00Z";
/// Two weeks later.
pub(crate) const END: &str = "2026-03-15T00:00:00Z";

const SOURCES: [(&str, &str); 8] = [
    ("203.0.113.7", "203.0.113.7"),
    ("198.51.100.23", "scan-23.example.net"),
    ("192.0.2.99", "unknown"),
    ("2001:db8:5::1", "v6.example.org"),
    ("203.0.113.80", "203.0.113.80"),
    ("198.51.100.200", "paranoid"),
    ("192.0.2.14", "crawler.example.com"),
    ("203.0.113.130", "203.0.113.130"),
];

/// One event.
pub(crate) struct Visit<'a> {
    pub(crate) seconds: i64,
    pub(crate) addr: &'a [u8],
    pub(crate) host: &'a [u8],
    pub(crate) daemon: &'a [u8],
    pub(crate) rest: &'a [u8],
    pub(crate) rule: Option<(&'a str, i64, &'a str)>,
    pub(crate) uid: i64,
    pub(crate) verdict: i64,
    pub(crate) decision: i64,
}

/// A journal that is written into.
pub(crate) struct Sample {
    pub(crate) path: PathBuf,
    database: Connection,
    next: i64,
}

impl Sample {
    /// An empty journal below `root`.
    pub(crate) fn empty(root: &Path) -> Self {
        fs::create_dir_all(root.join("var/lib")).unwrap();
        let path = root.join("var/lib/tcpw/journal.db");
        drop(Journal::open(&path).unwrap());
        let database = Connection::open(&path).unwrap();
        database.execute_batch("PRAGMA synchronous = OFF").unwrap();
        Self {
            path,
            database,
            next: 1,
        }
    }

    /// Two weeks.
    pub(crate) fn new(root: &Path) -> Self {
        let mut sample = Self::empty(root);
        sample.database.execute_batch("BEGIN").unwrap();
        for day in 0..14 {
            for hour in 0..24 {
                sample.hour(day, hour);
            }
        }
        sample.hostile();
        sample.letters();
        sample.database.execute_batch("COMMIT").unwrap();
        sample
    }

    fn hour(&mut self, day: i64, hour: i64) {
        let flood = if (day, hour) == (9, 3) { 90 } else { 0 };
        let count = (day * 7 + hour * 3) % 5 + (hour / 6) * (day % 3) + flood;
        for visit in 0..count {
            let kind = if flood > 0 {
                0
            } else {
                (day + hour * visit + visit * visit) % 8
            };
            // The last two are first seen in the second week.
            let kind = if day < 7 { kind % 6 } else { kind };
            let (addr, host) = SOURCES[usize::try_from(kind).unwrap()];
            let daemon = if kind % 3 == 1 { "vsftpd" } else { "sshd" };
            let is_admitted = visit % 9 == 8 && flood == 0;
            self.add(&Visit {
                seconds: day * 86_400 + hour * 3600 + visit * 37,
                addr: addr.as_bytes(),
                host: host.as_bytes(),
                daemon: daemon.as_bytes(),
                rest: b"",
                rule: if is_admitted {
                    Some((
                        "/etc/hosts.allow",
                        4,
                        "ALL : .example.com : spawn (tcpw notify ...) : allow",
                    ))
                } else {
                    Some((
                        "/etc/hosts.deny",
                        2,
                        "ALL : ALL : spawn (tcpw notify ...) : deny",
                    ))
                },
                uid: 0,
                verdict: if is_admitted { 2 } else { 1 },
                decision: i64::from(visit > 0) + i64::from(flood > 0 && visit > 50),
            });
        }
    }

    /// An event that is hostile in every value.
    fn hostile(&mut self) {
        self.add(&Visit {
            seconds: 13 * 86_400 + 86_399,
            addr: b"=cmd|' /C calc'!A0",
            host: b"<script>alert(1)</script>\x1b[31m\r\nBcc: x@example.org",
            daemon: "-rf \u{202e}\u{200b},\"".as_bytes(),
            rest: b"+1\xff<b>\"\x07",
            rule: Some(("@/etc/<i>", 7, "a, \"b\" : <img src=x> : \u{1b}]0;x\u{7}")),
            uid: 1000,
            verdict: 0,
            decision: 0,
        });
    }

    fn letters(&mut self) {
        let time = time(13 * 86_400);
        let damaged = r#"{"notice":"journal-damaged","aside":"/var/lib/tcpw/journal.db.damaged-20260310T000000Z"}"#;
        let rejected = r#"{"notice":"rejected","count":3,"examples":["/var/spool/tcpw/drop/<x>: is a directory"]}"#;
        for (id, kind, state, count, body) in [
            (1, "alarm", "sent", 1, None),
            (2, "alarm", "sent", 1, None),
            (3, "digest", "sent", 40, None),
            (4, "digest", "open", 7, None),
            (5, "notice", "sent", 0, Some(damaged)),
            (6, "notice", "sent", 0, Some(rejected)),
        ] {
            self.database
                .execute(
                    "INSERT INTO letters (id, kind, state, message_id, created, due, count, body)
                     VALUES (?1, ?2, ?3, ?1 || '@x', ?4, ?5, ?6, ?7)",
                    params![
                        id,
                        kind,
                        state,
                        time,
                        time / 1_000_000_000 + 1800,
                        count,
                        body
                    ],
                )
                .unwrap();
        }
        let dispatches =
            "INSERT INTO dispatches (letter, channel, state, attempts, next_due, last_error) VALUES
             (1, 'mail', 'delivered', 1, 0, NULL),
             (2, 'mail', 'failed', 90, 0, 'connect to mail.example.org:25: timed out <b>'),
             (3, 'mail', 'waiting', 4, 0, '451 4.7.1 try later'),
             (5, 'mail', 'delivered', 1, 0, NULL), (6, 'mail', 'delivered', 1, 0, NULL)";
        self.database.execute_batch(dispatches).unwrap();
    }

    fn text(&self, bytes: &[u8]) -> i64 {
        let length = i64::try_from(bytes.len()).unwrap();
        self.database
            .prepare_cached("INSERT OR IGNORE INTO texts (bytes, length) VALUES (?1, ?2)")
            .unwrap()
            .execute(params![bytes, length])
            .unwrap();
        self.database
            .prepare_cached("SELECT id FROM texts WHERE bytes = ?1 AND length = ?2")
            .unwrap()
            .query_row(params![bytes, length], |row| row.get(0))
            .unwrap()
    }

    /// Adds an event.
    #[expect(clippy::too_many_lines, reason = "one event has many values")]
    pub(crate) fn add(&mut self, visit: &Visit<'_>) {
        let id = self.next;
        self.next += 1;
        let time = time(visit.seconds) + 123_456_789;
        let addr = String::from_utf8_lossy(visit.addr);
        let key = match addr.as_ref() {
            v4 if v4.parse::<std::net::Ipv4Addr>().is_ok() => format!("{v4}/32"),
            v6 if v6.contains(':') => "2001:db8:5::/64".to_owned(),
            other => format!("name {other}"),
        };
        let database = &self.database;
        let known: Option<(i64, i64)> = database
            .prepare_cached("SELECT id, last_event FROM sources WHERE key = ?1")
            .unwrap()
            .query_map([&key], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .next()
            .transpose()
            .unwrap();
        database
            .prepare_cached(
                "INSERT INTO sources (key, first_time, last_time, last_event, count)
                 VALUES (?1, ?2, ?2, ?3, 1) ON CONFLICT (uid, key)
                 DO UPDATE SET last_time = ?2, last_event = ?3, count = count + 1",
            )
            .unwrap()
            .execute(params![key, time, id])
            .unwrap();
        let source: i64 = database
            .query_row("SELECT id FROM sources WHERE key = ?1", [&key], |row| {
                row.get(0)
            })
            .unwrap();
        let rule: Option<i64> = visit.rule.map(|(file, line, text)| {
            database
                .execute(
                    "INSERT OR IGNORE INTO rules (file, line, text, digest) VALUES (?1, ?2, ?3, 'c0ffee0123456789')",
                    params![file, line, text],
                )
                .unwrap();
            database
                .query_row(
                    "SELECT id FROM rules WHERE file = ?1 AND line = ?2",
                    params![file, line],
                    |row| row.get(0),
                )
                .unwrap()
        });
        let (server, pid): (&[u8], i64) = match visit.rest {
            b"" => (b"sshd@192.0.2.1", 4711),
            rest => (rest, -self.text(rest)),
        };
        database
            .prepare_cached(
                "INSERT INTO events VALUES
                     (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
            )
            .unwrap()
            .execute(params![
                id,
                time,
                time + 250_000_000,
                source,
                known.map(|(_, last)| last),
                self.text(b"web1"),
                self.text(visit.host),
                self.text(visit.addr),
                self.text(visit.daemon),
                self.text(server),
                self.text(visit.rest),
                pid,
                visit.uid,
                rule,
                visit.verdict,
                visit.decision,
                None::<i64>,
            ])
            .unwrap();
        database
            .prepare_cached(
                "INSERT INTO hours VALUES (?1, ?2, ?2, 1) ON CONFLICT (hour)
                 DO UPDATE SET last_event = ?2, count = count + 1",
            )
            .unwrap()
            .execute([time / 3_600_000_000_000, id])
            .unwrap();
    }
}

fn time(seconds: i64) -> i64 {
    let start = DateTime::parse_from_rfc3339(START).unwrap();
    (start.timestamp() + seconds) * 1_000_000_000
}
