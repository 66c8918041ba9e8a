//! A local user can neither mute nor erase what root's daemons report. Needs root, to give files to
//! other users.

use super::stage::{Stage, files};
use chrono::{TimeDelta, Utc};
use nix::unistd::{Uid, geteuid};
use rusqlite::Connection;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use tcpw::alert::{Claim, Event, event_file};

const FLOODER: u32 = 65_534;
const ROOTS: usize = 5;

/// Files of events of the user `uid`, as `tcpw-notify` leaves them, of one client each.
fn leave(stage: &Stage, uid: u32, clients: std::ops::Range<usize>, padding: usize) {
    assert!(geteuid().is_root(), "only root can give files to others");
    let drop = stage.path("var/spool/tcpw/drop");
    fs::create_dir_all(&drop).unwrap();
    fs::set_permissions(&drop, fs::Permissions::from_mode(0o1733)).unwrap();
    for number in clients {
        let claim = |text: &str| Claim::cut(text.as_bytes(), 16_384);
        let event = Event {
            time: Utc::now() - TimeDelta::seconds(1),
            host: claim(&format!("h{number}.{}", "x".repeat(padding))),
            addr: claim(&format!("10.1.{}.{}", number / 256, number % 256)),
            daemon: claim("sshd"),
            server: claim("sshd@192.0.2.1"),
            pid: claim(&format!("{number}")),
            user: Claim::default(),
            uid,
        };
        let unique = u64::from(uid) << 32 | u64::try_from(number).unwrap();
        let (name, bytes) = event_file(&event, unique);
        let path = drop.join(name);
        fs::write(&path, bytes).unwrap();
        chown(&path, Some(Uid::from_raw(uid).as_raw()), None).unwrap();
    }
}

/// Root reports the client 192.0.2.`number`.
fn root_reports(stage: &Stage, number: usize) {
    let addr = format!("--addr=192.0.2.{number}");
    let host = format!("root{number}.example");
    stage
        .run(&["notify", &addr, "--daemon=vsftpd", "--", &host])
        .says(0, &[]);
}

/// A mail in one line, without the folds of its headers and lines.
fn unfolded(mail: &str) -> String {
    let mail = mail.replace("=\r\n", "").replace("=\n", "");
    mail.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn each_client_of_root_is_named_at_once_whatever_a_user_leaves_in_the_drop_directory() {
    for order in ["before", "after", "between"] {
        let stage = Stage::configured("[mail]\nreverse_dns = false\n");
        let lock = stage.hold_lock();
        root_reports(&stage, 0);
        if order == "before" {
            leave(&stage, FLOODER, 0..360, 0);
        }
        for number in 1..ROOTS {
            root_reports(&stage, number);
            if order == "between" {
                leave(&stage, FLOODER, 90 * (number - 1)..90 * number, 0);
            }
        }
        if order == "after" {
            leave(&stage, FLOODER, 0..360, 0);
        }
        drop(lock);
        stage.run(&["deliver"]).says(0, &["sent 8"]);
        let mails: Vec<String> = stage.mails().iter().map(|mail| unfolded(mail)).collect();
        for number in 0..ROOTS {
            let subject = format!("vsftpd reported 192.0.2.{number} (root{number}.example)");
            let own: Vec<&String> = mails
                .iter()
                .filter(|mail| mail.contains(&subject))
                .collect();
            assert_eq!(own.len(), 1, "{order}: {subject}");
            assert!(!own[0].contains("not by root"), "{order}");
        }
        let others = mails
            .iter()
            .filter(|mail| mail.contains("Reported by uid 65534, not by root"));
        assert_eq!(others.count(), 3, "{order}");
        assert_eq!(stage.count("SELECT count(*) FROM events"), 365);
        let of_others = "SELECT count FROM letters WHERE state = 'open' AND reporter <> 0";
        assert_eq!(stage.count(of_others), 357, "{order}");
    }
}

#[test]
fn a_user_who_fills_the_journal_erases_only_his_own_events() {
    let stage = Stage::configured(
        "[mail]\nreverse_dns = false\n[journal]\nmax_size = '2M'\n[alert]\nsyslog = false\n",
    );
    let lock = stage.hold_lock();
    for number in 0..50 {
        root_reports(&stage, number);
    }
    drop(lock);
    stage.run(&["deliver"]).says(0, &[]);
    for round in 0..10 {
        let lock = super::stage::end_deliverer(&stage);
        leave(&stage, FLOODER, 100 * round..100 * (round + 1), 8000);
        // And one of somebody else, who has little.
        leave(&stage, 1000, round..round + 1, 0);
        drop(lock);
        // Pruning by size is due each time.
        stage.change("DELETE FROM facts WHERE name = 'pruned'");
        stage.run(&["deliver"]);
    }
    drop(super::stage::end_deliverer(&stage));
    let of = |uid: u32| stage.count(&format!("SELECT count(*) FROM events WHERE uid = {uid}"));
    assert_eq!((of(0), of(1000)), (50, 10));
    assert!((5..200).contains(&of(FLOODER)), "{}", of(FLOODER));
    assert_eq!(
        stage.count("SELECT max(length(bytes)) FROM texts WHERE uid = 65534"),
        300
    );
    let lengths = "SELECT min(length) FROM texts WHERE length(bytes) = 300";
    assert!(stage.count(lengths) > 8000);
    let journal = Connection::open(stage.path("var/lib/tcpw/journal.db")).unwrap();
    journal
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    let size = ["", "-wal"].map(|end| {
        fs::metadata(stage.path(&format!("var/lib/tcpw/journal.db{end}"))).map_or(0, |m| m.len())
    });
    let size: u64 = size.iter().sum();
    assert!(size <= 2 << 20, "{size}");
    crate::proof::say(&format!(
        "1,000 events of 8,000 bytes of one user in a journal of 2 MiB: {} are left, root's 50 of \
         50, another's 10 of 10; the journal has {size} bytes",
        of(FLOODER)
    ));
    // What was removed is told, once a day.
    let mails: Vec<String> = stage.mails().iter().map(|mail| unfolded(mail)).collect();
    let told: Vec<&String> = mails
        .iter()
        .filter(|mail| mail.contains("of local users were removed from the journal"))
        .collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("Reported by: uid 65534 ("), "{}", told[0]);
    assert!(files(&stage.path("var/spool/tcpw/drop"), "event").is_empty());
    stage
        .run(&["report"])
        .says(1, &["events of users other than root that were removed"]);
}
