//! `tcpw metrics`: numbers that are those of the journal, never fall, and name no address.

use super::stage::Stage;
use crate::proof;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

/// The value of a metric with its labels.
#[track_caller]
fn value(text: &str, metric: &str) -> i64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(metric)?.strip_prefix(' '));
    assert!(line.is_some(), "{metric} is missing in:\n{text}");
    line.unwrap().parse().unwrap()
}

fn metrics(stage: &Stage) -> String {
    let ran = stage.run(&["metrics"]);
    ran.says(0, &[]);
    ran.out
}

#[test]
fn the_numbers_are_those_of_the_machine() {
    let stage = Stage::with_journal();
    for address in ["192.0.2.8", "192.0.2.9"] {
        stage.notify(address);
    }
    let text = metrics(&stage);
    for (metric, expected) in [
        ("tcpw_events_total{daemon=\"sshd\",verdict=\"denied\"}", 1),
        ("tcpw_outbox_messages{state=\"waiting\"}", 0),
        ("tcpw_outbox_messages{state=\"failed\"}", 0),
        ("tcpw_drop_files", 2),
        ("tcpw_lint_findings{severity=\"error\"}", 0),
        ("tcpw_access_open", 0),
        ("tcpw_problems{problem=\"uncollected\"}", 1),
        ("tcpw_problems{problem=\"given-up\"}", 0),
        ("tcpw_readable{part=\"journal\"}", 1),
    ] {
        assert_eq!(value(&text, metric), expected, "{metric}\n{text}");
    }
    let now = value(&text, "tcpw_status_timestamp_seconds");
    assert!((now - value(&text, "tcpw_last_event_timestamp_seconds")).abs() < 60);
    assert!((0..60).contains(&value(&text, "tcpw_oldest_waiting_seconds")));
    // Each metric is declared once, and every line is one that Prometheus reads.
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, number) = line.rsplit_once(' ').unwrap();
        assert!(number.parse::<i64>().is_ok(), "{line}");
        let plain = name.split('{').next().unwrap();
        let head = format!("# TYPE {plain} ");
        assert_eq!(text.matches(&head).count(), 1, "{plain}");
    }
    // A file that cannot be read leaves its numbers out.
    fs::write(stage.path("var/lib/tcpw/journal.db"), vec![b'!'; 9000]).unwrap();
    let ran = stage.run(&["metrics"]);
    ran.says(2, &["cannot read the journal"]);
    assert_eq!(value(&ran.out, "tcpw_readable{part=\"journal\"}"), 0);
    assert!(!ran.out.contains("tcpw_events_total") && ran.out.contains("tcpw_drop_files 2"));
}

#[test]
fn no_address_and_no_invented_name_is_a_label() {
    let stage = Stage::with_journal();
    stage.change(
        "INSERT INTO texts (id, uid, bytes, length) VALUES
             (900, 0, CAST('203.0.113.9' AS BLOB), 11), (901, 0, CAST('2001:db8::7' AS BLOB), 11),
             (902, 1000, CAST('invented' AS BLOB), 8), (903, 0, x'22207d0a', 4);
         INSERT INTO events SELECT 900 + value, time, collected, source, NULL, machine, host, addr,
             900 + value, server, user, pid, iif(value = 2, 1000, 0), rule, 1, decision, letter
             FROM events, (SELECT 0 AS value UNION SELECT 1 UNION SELECT 2 UNION SELECT 3)
             WHERE id = 1;",
    );
    let text = metrics(&stage);
    let total = "tcpw_events_total{daemon=\"other\",verdict=\"denied\"}";
    assert_eq!(value(&text, total), 4, "{text}");
    for bad in ["203.0.113.9", "2001:db8", "invented", "192.0.2.7"] {
        assert!(!text.contains(bad), "{bad} in {text}");
    }
}

/// What the journal forgets stays counted: else each night would look like a wave of events.
#[test]
fn counters_do_not_fall_when_the_journal_forgets() {
    let stage = Stage::with_journal();
    stage.notify("192.0.2.8");
    stage.collect();
    let total = "tcpw_events_total{daemon=\"sshd\",verdict=\"denied\"}";
    assert_eq!(value(&metrics(&stage), total), 2);
    // Both were a year ago, and nothing waits for them.
    let year = "(365 * 86400000000000)";
    stage.change(&format!(
        "UPDATE events SET time = time - {year};
         UPDATE hours SET hour = hour - 8760;
         DELETE FROM facts WHERE name = 'pruned';"
    ));
    stage.notify("192.0.2.9");
    stage.collect();
    let text = metrics(&stage);
    assert_eq!(value(&text, total), 3, "{text}");
    let left = stage.count("SELECT count(*) FROM events");
    assert_eq!(left, 1, "the old ones are forgotten");
    proof::say("metrics: events that the journal forgets stay counted, no address is a label");
}

#[test]
fn the_file_is_replaced_as_a_whole() {
    let stage = Stage::well();
    let path = stage.path("run/tcpw.prom");
    let text = path.to_str().unwrap().to_owned();
    fs::write(&path, "old").unwrap();
    let old = fs::metadata(&path).unwrap().ino();
    stage.run(&["metrics", "--output", &text]).says(0, &[]);
    let found = fs::metadata(&path).unwrap();
    assert_ne!(found.ino(), old, "a reader of the old one has it whole");
    assert_eq!(found.permissions().mode() & 0o777, 0o644);
    let written = fs::read_to_string(&path).unwrap();
    assert!(written.starts_with("# HELP ") && written.ends_with('\n'));
    let names: Vec<_> = fs::read_dir(stage.path("run"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["tcpw.prom"], "nothing else is left");
    let directory = stage.path("etc");
    stage
        .run(&["metrics", "--output", directory.to_str().unwrap()])
        .says(2, &["it is not a regular file"]);
}
