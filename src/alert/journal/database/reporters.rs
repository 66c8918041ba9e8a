//! What one user can do to what root and other users have reported: nothing.

use crate::alert::journal::database::Journal;
use crate::alert::journal::database::tests::Desk;
use crate::alert::journal::passing::Faults;
use crate::alert::journal::salvage::salvage;
use crate::alert::journal::schema::MIGRATIONS;
use crate::alert::journal::*;
use crate::alert::model::letter::{Letter, LetterKind};
use crate::alert::model::reporter::Reporter;
use crate::config::Retention;
use chrono::{DateTime, TimeDelta};
use rusqlite::Connection;
use std::fs;
use std::path::Path;

const FLOODER: u32 = 65_534;

impl Desk {
    fn one(&self, sql: &str) -> i64 {
        let database = &self.journal.database;
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// What is on its way, in the order in which it leaves.
    fn letters(&mut self) -> Vec<Letter> {
        let due = self.journal.due(self.now, false).unwrap();
        due.iter()
            .map(|dispatch| self.journal.letter(dispatch.letter).unwrap().unwrap())
            .collect()
    }

    /// A client of each number in `10.net.x.y`.
    fn flood(&mut self, uid: u32, net: u8, clients: std::ops::Range<u32>) {
        let addrs: Vec<String> = clients
            .map(|number| format!("10.{net}.{}.{}", number >> 8, number & 255))
            .collect();
        let visitors: Vec<(&str, &str)> = addrs.iter().map(|addr| (&**addr, "sshd")).collect();
        self.report(uid, &visitors);
    }

    /// No letter has events of root and of others, and none of two users but the common digest.
    fn is_separate(&mut self) {
        let mixed = "SELECT count(*) FROM (SELECT letter FROM events WHERE letter IS NOT NULL
             GROUP BY letter HAVING count(DISTINCT uid = 0) > 1)";
        assert_eq!(self.one(mixed), 0);
        let mixed = "SELECT count(*) FROM (SELECT letter FROM events JOIN letters
             ON letters.id = letter WHERE kind <> 'overflow'
             GROUP BY letter HAVING count(DISTINCT uid) > 1)";
        assert_eq!(self.one(mixed), 0);
        self.check();
    }

    /// The size of the file and of what SQLite keeps beside it, after a checkpoint.
    fn size(&mut self) -> u64 {
        let database = &self.journal.database;
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        database.query_row(sql, [], |_| Ok(())).unwrap();
        let path = self.journal.path().display().to_string();
        ["", "-wal"]
            .iter()
            .filter_map(|end| fs::metadata(format!("{path}{end}")).ok())
            .map(|metadata| metadata.len())
            .sum()
    }
}

/// Which clients of root get a letter of their own.
fn of_root(letters: &[Letter]) -> Vec<String> {
    let alarms = letters
        .iter()
        .filter(|letter| letter.kind == LetterKind::Alarm);
    alarms
        .flat_map(|letter| &letter.sources)
        .filter(|tally| tally.reporter == Reporter::Root)
        .map(|tally| tally.source.clone())
        .collect()
}

#[test]
fn the_clients_of_root_are_named_at_once_whatever_a_user_reports() {
    for order in ["before", "after", "between", "same clients"] {
        let mut desk = Desk::new();
        match order {
            "before" => {
                desk.flood(FLOODER, 1, 0..360);
                desk.flood(0, 2, 0..5);
            }
            "after" => {
                desk.flood(0, 2, 0..5);
                desk.flood(FLOODER, 1, 0..360);
            }
            "between" => {
                for number in 0..5 {
                    desk.flood(FLOODER, 1, 72 * number..72 * (number + 1));
                    desk.flood(0, 2, number..number + 1);
                }
            }
            _ => {
                desk.flood(FLOODER, 2, 0..360);
                desk.flood(0, 2, 0..5);
            }
        }
        let letters = desk.letters();
        let wanted: Vec<String> = (0..5).map(|number| format!("10.2.0.{number}/32")).collect();
        assert_eq!(of_root(&letters), wanted, "{order}");
        // They leave first, and the user has his part and no more.
        assert!(letters[..5].iter().all(|letter| letter.count == 1));
        assert_eq!(letters.len(), 5 + 3, "{order}");
        let history = letters[0].history.as_ref().unwrap();
        assert_eq!(history.count, 1, "{order}: nobody else gives it a history");
        desk.is_separate();
    }
}

#[test]
fn a_digest_names_every_client_of_root_and_of_each_other_user_the_largest() {
    let mut desk = Desk::new();
    desk.alert.max_mails_per_hour = 4;
    desk.flood(0, 2, 0..300);
    for uid in 1000..1100 {
        desk.flood(uid, 1, 0..40);
    }
    desk.report(7, &[("192.0.2.7", "slapd")]);
    desk.deliver_all();
    desk.is_separate();
    desk.pass(3601);
    let letters = desk.letters();
    assert_eq!(letters[0].sources.len(), 296);
    assert!(
        letters[0]
            .sources
            .iter()
            .all(|tally| tally.reporter.is_root())
    );
    let others = letters.iter().find(|letter| letter.source_count > 1000);
    let others = others.unwrap();
    assert_eq!(others.sources.len(), 50);
    assert_eq!(others.sources[0].daemons.len(), 1);
    assert!(others.sources.iter().all(|tally| !tally.reporter.is_root()));
    let mut users: Vec<Reporter> = others.sources.iter().map(|tally| tally.reporter).collect();
    users.sort_unstable();
    users.dedup();
    assert_eq!(users.len(), 50, "one client of each of fifty users");
}

#[test]
fn a_user_has_a_part_of_the_letters_and_cannot_mute_another() {
    let mut desk = Desk::new();
    let mut told = 0;
    for minute in 0..180_u32 {
        desk.flood(FLOODER, 1, 20 * minute..20 * (minute + 1));
        if minute % 30 == 7 {
            desk.flood(1000, 2, minute..minute + 1);
            let letters = desk.letters();
            let named = |letter: &&Letter| {
                letter.kind == LetterKind::Alarm
                    && letter.sources[0].source == format!("10.2.0.{minute}/32")
            };
            told += letters.iter().filter(named).count();
        }
        desk.deliver_all();
        desk.pass(60);
        desk.deliver_all();
    }
    assert_eq!(told, 6, "each client of the other user, at once");
    let an_hour = "SELECT max(released) - min(released) FROM letters WHERE released IS NOT NULL";
    assert!(desk.one(an_hour) >= 2 * 3600);
    // Never more than the hour allows.
    let most = "SELECT max((SELECT count(*) FROM letters AS other WHERE other.reporter <> 0
        AND other.released >= letters.released AND other.released < letters.released + 3600))
        FROM letters WHERE reporter <> 0";
    assert!(desk.one(most) <= 12, "{}", desk.one(most));
    desk.is_separate();
}

/// Somebody to whom a range of numbers belongs is many users.
#[test]
fn many_users_together_cannot_mute_root_nor_hide_another_for_longer_than_an_hour() {
    let mut desk = Desk::new();
    for uid in 100_000..100_200 {
        desk.flood(uid, 1, 0..10);
    }
    desk.flood(0, 2, 0..5);
    assert_eq!(of_root(&desk.letters()).len(), 5);
    desk.report(1000, &[("192.0.2.7", "slapd")]);
    desk.deliver_all();
    let digest = desk.one("SELECT letter FROM events WHERE uid = 1000");
    let mut minutes = 0;
    while desk.one("SELECT count(*) FROM letters WHERE kind = 'overflow' AND state = 'sent'") == 0 {
        // Clients of users who were not heard yet come first each minute.
        desk.now += TimeDelta::seconds(60);
        for user in 0..10 {
            desk.flood(200_000 + 10 * minutes + user, 3, minutes..minutes + 4);
        }
        desk.pass(0);
        minutes += 1;
        assert!(minutes <= 61);
    }
    let letter = desk.journal.letter(digest).unwrap().unwrap();
    assert_eq!(letter.kind, LetterKind::Overflow);
    assert!(letter.count > 1900);
    desk.is_separate();
}

#[test]
fn a_mail_server_that_is_down_is_filled_by_nobody_for_root() {
    let mut desk = Desk::new();
    for hour in 0..5 {
        for uid in 1000..1010 {
            desk.flood(uid, 1, 100 * hour..100 * (hour + 1));
        }
        desk.pass(3600);
    }
    desk.flood(0, 2, 0..5);
    assert_eq!(of_root(&desk.letters()).len(), 5);
    assert!(desk.letters().len() <= 5 + 12);
    desk.is_separate();
}

/// Clients with long names, no two alike.
fn long_names(desk: &mut Desk, uid: u32, round: usize, events: usize) {
    let names: Vec<String> = (0..events)
        .map(|number| format!("{uid}-{round}-{number}-{}", "x".repeat(4000)))
        .collect();
    let visitors: Vec<(&str, &str)> = names.iter().map(|name| (&**name, "sshd")).collect();
    desk.report(uid, &visitors);
}

#[test]
fn a_user_who_fills_the_journal_loses_his_own_oldest_events() {
    let mut desk = Desk::new();
    desk.max_size = 4 << 20;
    desk.flood(0, 2, 0..200);
    desk.flood(1000, 3, 0..20);
    desk.deliver_all();
    let mut largest = 0;
    for round in 0..40 {
        long_names(&mut desk, FLOODER, round, 50);
        let bytes = desk.one("SELECT bytes FROM reporters WHERE uid = 65534");
        assert!(bytes <= 64 << 10, "{bytes}");
        largest = largest.max(desk.size());
        desk.check_forgotten();
    }
    assert!(largest < 2 << 20, "{largest}");
    assert_eq!(desk.one("SELECT count(*) FROM events WHERE uid = 0"), 200);
    assert_eq!(desk.one("SELECT count(*) FROM events WHERE uid = 1000"), 20);
    let cut = "SELECT max(length(bytes)) FROM texts WHERE uid = 65534";
    assert_eq!(desk.one(cut), 300);
    assert!(desk.one("SELECT max(length) FROM texts WHERE uid = 65534") > 4000);
    // What went is counted, and told once to each.
    let left = desk.one("SELECT count(*) FROM events WHERE uid = 65534");
    assert!(left > 10, "{left}");
    for listener in [Listener::Log, Listener::Letter] {
        let told = desk.journal.take_forgotten(listener).unwrap();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].uid, FLOODER);
        assert_eq!(told[0].events, 2000 - u64::try_from(left).unwrap());
        assert!(desk.journal.take_forgotten(listener).unwrap().is_empty());
    }
    // His letters still have something to say, and he goes on to be heard.
    let letters = desk.letters();
    assert!(letters.iter().all(|letter| !letter.events.is_empty()));
    let hours = "SELECT sum(count) FROM hours";
    assert_eq!(desk.one(hours), desk.one("SELECT count(*) FROM events"));
}

impl Desk {
    /// Nothing is kept of what was forgotten, and the count of bytes is right where it was counted.
    fn check_forgotten(&self) {
        for sql in [
            "SELECT count(*) FROM texts WHERE uid <> 0 AND id NOT IN (
                 SELECT host FROM events UNION SELECT addr FROM events UNION
                 SELECT daemon FROM events UNION SELECT server FROM events UNION
                 SELECT user FROM events UNION SELECT -pid FROM events)",
            "SELECT count(*) FROM sources WHERE uid <> 0 AND id NOT IN (SELECT source FROM events)",
            "SELECT count(*) FROM events WHERE source NOT IN (SELECT id FROM sources)
                 OR host NOT IN (SELECT id FROM texts) OR addr NOT IN (SELECT id FROM texts)
                 OR daemon NOT IN (SELECT id FROM texts) OR machine NOT IN (SELECT id FROM texts)",
            "SELECT count(*) FROM reporters JOIN shares USING (uid)
                 WHERE reporters.bytes < shares.bytes",
        ] {
            assert_eq!(self.one(sql), 0, "{sql}");
        }
    }
}

#[test]
fn many_users_together_fill_a_quarter_and_take_nothing_from_who_has_little() {
    let mut desk = Desk::new();
    desk.max_size = 4 << 20;
    desk.flood(0, 2, 0..200);
    desk.report(1000, &[("192.0.2.7", "slapd")]);
    desk.deliver_all();
    for round in 0..4 {
        for uid in 100_000..100_100 {
            long_names(&mut desk, uid, round, 5);
        }
        desk.check_forgotten();
    }
    let bytes = desk.one("SELECT sum(bytes) FROM reporters");
    assert!(bytes <= 1 << 20, "{bytes}");
    assert!(desk.size() < 3 << 20, "{}", desk.size());
    assert_eq!(desk.one("SELECT count(*) FROM events WHERE uid = 0"), 200);
    assert_eq!(desk.one("SELECT count(*) FROM events WHERE uid = 1000"), 1);
    let told = desk.journal.take_forgotten(Listener::Letter).unwrap();
    assert!(told.len() > 90, "{}", told.len());
}

#[test]
fn a_journal_that_is_too_large_forgets_others_before_root() {
    let mut desk = Desk::new();
    desk.flood(0, 2, 0..200);
    for round in 0..40 {
        long_names(&mut desk, FLOODER, round, 50);
    }
    desk.deliver_all();
    let before = desk.size();
    let retention = Retention {
        max_size: 1 << 20,
        ..Retention::default()
    };
    assert!(before > 2 << 20, "{before}");
    desk.journal.prune(&retention, desk.now).unwrap();
    assert_eq!(desk.one("SELECT count(*) FROM events WHERE uid = 0"), 200);
    let after = desk.size();
    assert!(after <= 1 << 20, "{before} -> {after}");
    desk.check_forgotten();
    // Without any of others' left, it is root's turn, as ever.
    let tight = Retention {
        max_size: 1,
        ..retention
    };
    desk.pass(3601);
    desk.deliver_all();
    assert!(desk.journal.prune(&tight, desk.now).unwrap() > 0);
    assert_eq!(desk.one("SELECT count(*) FROM events"), 1);
}

/// A journal of the second version at `path`: sources that root, another user and somebody who is not
/// known have reported, a letter about root's and another's, letters that wait and that gather.
fn old_journal(path: &Path) -> Connection {
    let old = Connection::open(path).unwrap();
    for (step, number) in MIGRATIONS[..2].iter().zip(1..) {
        old.execute_batch(step).unwrap();
        old.pragma_update(None, "user_version", number).unwrap();
    }
    old.execute_batch(
        "INSERT INTO texts (id, bytes, length) VALUES (1, x'', 0) ON CONFLICT DO NOTHING;
         INSERT INTO texts (bytes, length) VALUES (x'68', 1), (x'73', 1), (x'7878', 900), (x'39', 1);
         INSERT INTO sources (id, key, first_time, last_time, last_event, count, quiet_until, thread)
             VALUES (1, '10.0.0.1/32', 1, 6, 6, 9, 77, '<t@h>'), (2, '10.0.0.2/32', 2, 5, 5, 2, 0, NULL),
                 (3, '10.0.0.3/32', 3, 3, 3, 1, 0, NULL);
         INSERT INTO letters (id, kind, state, source, message_id, created, due, count, first_event,
                 last_event, merged_into)
             VALUES (1, 'alarm', 'sent', 1, '<1@h>', 1, 1, 1, 1, 1, NULL),
                 (2, 'alarm', 'sent', 2, '<2@h>', 1, 1, 2, 2, 5, NULL),
                 (3, 'overflow', 'open', NULL, '<3@h>', 1, 1, 2, 3, 4, NULL),
                 (4, 'digest', 'open', 1, '<4@h>', 1, 1, 1, 6, 6, NULL);
         INSERT INTO dispatches (letter, channel, state, next_due) VALUES (2, 'mail', 'waiting', 1);",
    )
    .unwrap();
    for (id, source, previous, uid, letter) in [
        (1, 1, "-5", 0, 1),
        (2, 2, "NULL", 1000, 2),
        (3, 3, "NULL", 1000, 3),
        (4, 1, "1", 0, 3),
        (5, 2, "2", 1000, 2),
        (6, 1, "4", 4_294_967_295_u32, 4),
    ] {
        old.execute_batch(&format!(
            "INSERT INTO events SELECT {id}, {id}, {id}, {source}, {previous},
                 (SELECT id FROM texts WHERE bytes = x''), (SELECT id FROM texts WHERE bytes = x'68'),
                 (SELECT id FROM texts WHERE bytes = x'7878'), (SELECT id FROM texts WHERE bytes = x'73'),
                 (SELECT id FROM texts WHERE bytes = x''), (SELECT id FROM texts WHERE bytes = x''),
                 (SELECT -id FROM texts WHERE bytes = x'39'), {uid}, NULL, 1, 0, {letter}"
        ))
        .unwrap();
    }
    old
}

/// The first column of every row.
fn list(database: &Connection, sql: &str) -> Vec<String> {
    let mut query = database.prepare(sql).unwrap();
    let rows = query.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Nothing of it is lost, and each reporter has his own.
#[test]
fn a_journal_of_the_version_before_becomes_one_of_each_reporter() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let old = old_journal(&path);
    let all = "SELECT concat_ws('|', id, time, source, hex(host), hex(addr), hex(daemon),
            hex(server), hex(user), hex(pid), uid, verdict, decision, letter) FROM readable ORDER BY id";
    let before = list(&old, all);
    assert_eq!(before.len(), 6);
    drop(old);
    let journal = Journal::open(&path).unwrap();
    let database = &journal.database;
    let list = |sql: &str| list(database, sql);
    assert_eq!(list(all), before);
    let sources = "SELECT concat_ws('|', uid, key, last_event, count, quiet_until,
        coalesce(thread, '')) FROM sources ORDER BY uid, key";
    assert_eq!(
        list(sources),
        [
            "0|10.0.0.1/32|4|8|77|<t@h>",
            "1000|10.0.0.2/32|5|2|0|",
            "1000|10.0.0.3/32|3|1|0|",
            "4294967295|10.0.0.1/32|6|1|77|<t@h>",
        ]
    );
    let chain = "SELECT concat_ws('|', id, coalesce(previous, '')) FROM events ORDER BY id";
    assert_eq!(list(chain), ["1|-5", "2|", "3|", "4|1", "5|2", "6|"]);
    let letters = "SELECT concat_ws('|', letters.id, reporter, coalesce(key, '')) FROM letters
        LEFT JOIN sources ON sources.id = source ORDER BY letters.id";
    assert_eq!(
        list(letters),
        [
            "1|0|10.0.0.1/32",
            "2|1000|10.0.0.2/32",
            // It has an event of root too.
            "3|0|",
            "4|4294967295|10.0.0.1/32",
        ]
    );
    let wrong = "SELECT concat(count(*)) FROM events JOIN texts
        ON texts.id IN (host, addr, daemon, server, user, -pid) WHERE texts.uid <> events.uid";
    assert_eq!(list(wrong), ["0"]);
    let counted = "SELECT concat(count(*)) FROM reporters JOIN shares USING (uid)
        WHERE reporters.bytes = shares.bytes AND shares.bytes > 0";
    assert_eq!(list(counted), ["2"]);
    assert_eq!(list("PRAGMA integrity_check"), ["ok"]);
}

/// A journal of the second version that was damaged before it could be brought up to date.
#[test]
fn what_can_be_read_of_a_damaged_journal_of_the_version_before_is_carried_over() {
    let directory = tempfile::tempdir().unwrap();
    let old = directory.path().join("old.db");
    drop(old_journal(&old));
    let mut journal = Journal::open(&directory.path().join("journal.db")).unwrap();
    let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let salvaged = salvage(&old, &mut journal, Faults::MayPass, now).unwrap();
    assert_eq!((salvaged.events, salvaged.letters), (6, 3));
    assert_eq!((salvaged.lost_events, salvaged.lost_letters), (0, 0));
    let letter = journal.letter(2).unwrap().unwrap();
    assert_eq!((letter.events.len(), letter.sources.len()), (2, 1));
    assert_eq!(letter.events[0].event.uid, 1000);
    let counted = "SELECT concat(count(*)) FROM reporters WHERE bytes > 0";
    assert_eq!(list(&journal.database, counted), ["2"]);
}
