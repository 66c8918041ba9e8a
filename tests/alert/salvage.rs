//! A damaged journal stops no mail: a value that cannot be read, a page that was overwritten. What
//! waited arrives under the Message-ID that it had, or a message says that it is lost.

use super::stage::{Ran, Stage, end_deliverer, files};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

const PAGE: usize = 4096;
/// Enough for several pages of each table.
const LETTERS: usize = 100;

/// A journal of which each message waits, and nobody has open.
struct Waiting {
    stage: Stage,
    bytes: Vec<u8>,
    message_ids: BTreeSet<String>,
}

impl Waiting {
    /// `letters` messages that wait. Nobody has failed to deliver them: no deliverer stays to try again.
    fn new(letters: usize) -> Self {
        let stage = Stage::configured("[alert]\nmax_mails_per_hour = 10000\n");
        let lock = stage.hold_lock();
        for number in 0..letters {
            let (addr, host) = (format!("--addr=10.0.0.{number}"), format!("host{number}"));
            stage
                .run(&["notify", &addr, "--daemon=sshd", "--", &host])
                .says(0, &[]);
        }
        drop(lock);
        stage.run(&["deliver"]).says(0, &[]);
        let mut waiting = Self {
            stage,
            bytes: Vec::new(),
            message_ids: BTreeSet::new(),
        };
        waiting.change(
            "UPDATE dispatches SET state = 'waiting', attempts = 0, next_due = 0;
             DELETE FROM deliveries; PRAGMA journal_mode = DELETE;",
        );
        let ids: Vec<String> = waiting.stage.query("SELECT message_id FROM letters");
        assert_eq!(ids.len(), letters);
        waiting.message_ids = ids.into_iter().collect();
        waiting.bytes = fs::read(waiting.path()).unwrap();
        waiting
    }

    fn path(&self) -> PathBuf {
        self.stage.path("var/lib/tcpw/journal.db")
    }

    fn change(&self, sql: &str) {
        let journal = Connection::open(self.path()).unwrap();
        journal.busy_timeout(Duration::from_secs(10)).unwrap();
        journal.execute_batch(sql).unwrap();
    }

    /// With another journal in its place, and no mail.
    fn restore(&self, journal: &[u8]) {
        drop(end_deliverer(&self.stage));
        for path in fs::read_dir(self.stage.path("var/lib/tcpw")).unwrap() {
            let path = path.unwrap().path();
            if path.is_file() {
                fs::remove_file(path).unwrap();
            }
        }
        drop(fs::remove_dir_all(self.stage.path("var/lib/tcpw/mail")));
        fs::write(self.path(), journal).unwrap();
    }

    /// The Message-IDs that waited and of which a mail came.
    fn arrived(&self) -> BTreeSet<String> {
        let mails = self.stage.mails();
        let ids = mails.iter().filter_map(|mail| {
            let line = mail
                .lines()
                .find_map(|line| line.strip_prefix("Message-ID: "));
            line.map(|line| line.trim().to_owned())
        });
        ids.filter(|id| self.message_ids.contains(id)).collect()
    }

    /// How many messages arrived that were written again, since their Message-IDs were lost.
    fn written_again(&self) -> usize {
        let mails = self.stage.mails();
        let ids = mails.iter().flat_map(|mail| mail.lines());
        let ids = ids.filter(|line| line.starts_with("Message-ID: "));
        ids.filter(|line| line.contains("@damaged.invalid>"))
            .count()
    }

    /// How many messages that waited, or events, are told of as lost.
    fn told_lost(&self) -> usize {
        let told =
            "SELECT json_extract(body, '$.lost_letters') + json_extract(body, '$.lost_events')
            FROM letters WHERE kind = 'notice' AND body LIKE '%journal-damaged%'";
        let lost: Vec<i64> = self.stage.query(told);
        lost.iter()
            .map(|lost| usize::try_from(*lost).unwrap())
            .sum()
    }
}

/// Every column that holds text, with a condition for its first row.
fn text_columns(journal: &Connection) -> Vec<(String, String, String)> {
    let mut query = journal
        .prepare(
            "SELECT t.name, c.name, t.wr FROM pragma_table_list t, pragma_table_info(t.name) c
             WHERE t.schema = 'main' AND t.type = 'table' AND c.type = 'TEXT'
                 AND t.name NOT LIKE 'sqlite%'",
        )
        .unwrap();
    let rows = query.query_map([], |row| {
        let (table, column): (String, String) = (row.get(0)?, row.get(1)?);
        let key = match (row.get::<_, bool>(2)?, table.as_str()) {
            (false, _) => "rowid",
            (true, "dispatches") => "letter",
            (true, _) => "name",
        };
        let first = format!("{key} = (SELECT min({key}) FROM {table})");
        Ok((table, column, first))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_text_that_cannot_be_read_stops_no_mail() {
    let waiting = Waiting::new(3);
    let columns = text_columns(&Connection::open(waiting.path()).unwrap());
    assert!(columns.len() > 15, "{columns:?}");
    for (table, column, first) in columns {
        for which in [first.as_str(), "true"] {
            waiting.restore(&waiting.bytes);
            waiting.change(&format!(
                "PRAGMA ignore_check_constraints = ON;
                 UPDATE OR IGNORE {table} SET {column} = CAST(x'ff' AS TEXT) WHERE {which}"
            ));
            let what = format!("{table}.{column} where {which}");
            let ran = waiting.stage.run(&["deliver"]);
            // A state that nobody can read is mended when the journal is tidied up.
            if (table.as_str(), column.as_str()) == ("dispatches", "state") {
                waiting.change("DELETE FROM facts WHERE name = 'pruned'");
                waiting.stage.run(&["deliver"]);
                waiting.stage.run(&["deliver"]);
            }
            let mails = waiting.stage.mails().len();
            assert!(mails >= 3, "{what}: {mails} mails\n{}{}", ran.out, ran.err);
            let left = "SELECT count(*) FROM dispatches WHERE state <> 'delivered'";
            let left = waiting.stage.count(left);
            assert_eq!(left, 0, "{what}\n{}{}", ran.out, ran.err);
            for verb in ["queue", "events", "report"] {
                let ran = waiting.stage.run(&[verb]);
                assert!(ran.code < 2, "{what}: {verb}: {}", ran.err);
            }
        }
    }
}

/// Overwrites pages of the journal, counted from 1, and delivers.
fn deliver_without(waiting: &Waiting, pages: &[usize], filler: &mut impl FnMut() -> u8) -> Ran {
    let mut bytes = waiting.bytes.clone();
    for page in pages {
        let begin = (page - 1) * PAGE;
        bytes[begin..begin + PAGE].fill_with(&mut *filler);
    }
    waiting.restore(&bytes);
    let ran = waiting.stage.run(&["deliver"]);
    assert!(!ran.err.contains("panicked"), "{pages:?}: {}", ran.err);
    ran
}

/// A generator of bytes that gives the same ones each time.
fn noise(mut state: u64) -> impl FnMut() -> u8 {
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    }
}

#[test]
fn every_message_arrives_whichever_page_of_the_journal_is_overwritten() {
    let waiting = Waiting::new(LETTERS);
    let pages = waiting.bytes.len() / PAGE;
    let step = if std::env::var("TCPW_CAMPAIGN").is_ok_and(|text| text == "all") {
        1
    } else {
        5
    };
    let mut damaged = 0;
    for page in (1..=pages).step_by(step) {
        for mut filler in [noise(0), noise(u64::try_from(page).unwrap())] {
            let ran = deliver_without(&waiting, &[page], &mut filler);
            damaged +=
                usize::from(ran.err.contains("is damaged") || ran.out.contains("is damaged"));
            let missing: Vec<_> = waiting
                .message_ids
                .difference(&waiting.arrived())
                .cloned()
                .collect();
            assert!(
                missing.is_empty(),
                "page {page} of {pages}: {} missing\n{}{}",
                missing.len(),
                ran.out,
                ran.err
            );
        }
    }
    assert!(damaged > 3, "{damaged} of {pages}");
}

#[test]
fn of_a_journal_in_tatters_each_message_arrives_or_is_told_as_lost() {
    let waiting = Waiting::new(LETTERS);
    let pages = waiting.bytes.len() / PAGE;
    let mut lines = Vec::new();
    for run in 1..=8_u64 {
        let mut filler = noise(run * 0x9e37_79b9);
        let some: Vec<usize> = (0..pages / 8)
            .map(|_| 2 + usize::from(filler()) % (pages - 1))
            .collect();
        let ran = deliver_without(&waiting, &some, &mut filler);
        let (arrived, again) = (waiting.arrived().len(), waiting.written_again());
        let lost = waiting.told_lost();
        lines.push(format!(
            "pages {some:?} of {pages}: {arrived} arrived, {again} written again, {lost} lost"
        ));
        let known = arrived + again + lost;
        assert!(known >= LETTERS, "{lines:#?}\n{}{}", ran.out, ran.err);
        let asides = files(&waiting.stage.path("var/lib/tcpw"), "db").len();
        assert_eq!(asides, 1, "{lines:#?}");
    }
    crate::proof::say(&format!("journals in tatters:\n{}", lines.join("\n")));
}

/// A deliverer that was killed while it put a journal aside has lost nothing: the next one goes on.
#[test]
fn what_a_killed_deliverer_began_is_finished() {
    let waiting = Waiting::new(3);
    let aside = waiting
        .stage
        .path("var/lib/tcpw/journal.db.damaged-20260101T000000Z");
    for has_new_one in [false, true] {
        waiting.restore(&waiting.bytes);
        fs::rename(waiting.path(), &aside).unwrap();
        let note = waiting.stage.path("var/lib/tcpw/journal.db.aside");
        fs::write(&note, aside.file_name().unwrap().as_encoded_bytes()).unwrap();
        if has_new_one {
            // As it is before anything is carried over.
            let empty = Stage::new();
            empty.run(&["deliver"]).says(0, &[]);
            fs::copy(empty.path("var/lib/tcpw/journal.db"), waiting.path()).unwrap();
        }
        waiting
            .stage
            .run(&["deliver"])
            .says(0, &["is damaged", "waiting messages 3, events 3"]);
        assert_eq!(waiting.arrived(), waiting.message_ids);
        assert!(aside.exists() && !note.exists());
        waiting.stage.run(&["deliver"]).says(0, &["collected 0"]);
        assert_eq!(waiting.stage.mails().len(), 4);
    }
}

/// Two journals that are damaged within a second are both kept.
#[test]
fn a_journal_that_was_put_aside_is_never_overwritten() {
    let waiting = Waiting::new(1);
    let mut kept = BTreeSet::new();
    for round in 0..3_u8 {
        drop(end_deliverer(&waiting.stage));
        fs::write(waiting.path(), vec![b'a' + round; 3 * PAGE]).unwrap();
        for end in ["-wal", "-shm"] {
            drop(fs::remove_file(format!(
                "{}{end}",
                waiting.path().display()
            )));
        }
        waiting.stage.run(&["deliver"]).says(0, &["is damaged"]);
        let directory = fs::read_dir(waiting.stage.path("var/lib/tcpw")).unwrap();
        let damaged = directory.map(|entry| entry.unwrap().path()).filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with("journal.db.damaged-")
        });
        kept = damaged
            .map(|path| fs::read(path).unwrap()[2 * PAGE])
            .collect();
    }
    assert_eq!(kept, BTreeSet::from([b'a', b'b', b'c']));
}
