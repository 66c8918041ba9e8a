//! What messages say is true: their counts, their headers, the commands they show; and reports.

use super::stage::{Stage, wait_until};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

/// More than a letter lists.
const MANY: usize = 56;

fn subjects(stage: &Stage) -> Vec<String> {
    let subject = |mail: String| {
        let line = mail.lines().find_map(|line| line.strip_prefix("Subject: "));
        line.unwrap().to_owned()
    };
    stage.mails().into_iter().map(subject).collect()
}

/// Everything that waits leaves now.
fn close(stage: &Stage) {
    stage.change("UPDATE letters SET due = 0 WHERE state = 'open'");
    stage.run(&["deliver"]).says(0, &[]);
}

fn notify(stage: &Stage, addr: &str) {
    let address = format!("--addr={addr}");
    stage
        .run(&["notify", &address, "--daemon=sshd", "--", "x.example"])
        .says(0, &[]);
}

#[test]
fn the_subject_of_a_digest_counts_every_event_and_not_those_that_are_listed() {
    let stage = Stage::new();
    notify(&stage, "192.0.2.7");
    wait_until("the first mail", || stage.mails().len() == 1);
    for _ in 0..MANY {
        notify(&stage, "192.0.2.7");
    }
    wait_until("all events", || {
        stage.count("SELECT count(*) FROM events") == 1 + i64::try_from(MANY).unwrap()
    });
    close(&stage);
    let digest = format!("192.0.2.7 again, {MANY} times in");
    let found = subjects(&stage);
    assert!(
        found.iter().any(|subject| subject.contains(&digest)),
        "{found:?}"
    );
}

#[test]
fn the_subject_of_an_overflow_counts_every_event_source_and_hour() {
    let stage = Stage::configured("[alert]\nmax_mails_per_hour = 1\n");
    notify(&stage, "192.0.2.7");
    wait_until("the first mail", || stage.mails().len() == 1);
    for last in 0..MANY {
        notify(&stage, &format!("198.51.100.{last}"));
    }
    wait_until("all events", || {
        stage.count("SELECT count(*) FROM events") == 1 + i64::try_from(MANY).unwrap()
    });
    // The source with the smallest number is not among the 50 that are listed, and came long ago.
    stage.change(
        "UPDATE events SET time = time - 36000000000000 WHERE id = (SELECT max(id) FROM events)",
    );
    stage.change("UPDATE letters SET released = 0 WHERE state = 'sent'");
    close(&stage);
    let overflow = format!("{MANY} alerts from {MANY} sources in 10 h");
    let found = subjects(&stage);
    assert!(
        found.iter().any(|subject| subject.contains(&overflow)),
        "{found:?}"
    );
}

#[test]
fn a_name_that_looks_like_an_encoded_word_is_none() {
    let hostile = "=?utf-8?b?QmNjOiB4QGV4YW1wbGUub3Jn?=";
    for subject in [
        "",
        "[mail]\nsubject = 'visit of {host}'\n",
        "[mail]\nsubject_template = '{{ host }}'\n",
    ] {
        let stage = Stage::configured(subject);
        stage
            .run(&["notify", "--addr=192.0.2.7", "--daemon=sshd", "--", hostile])
            .says(0, &[]);
        wait_until("a mail", || stage.mails().len() == 1);
        let mail = stage.mails().remove(0);
        let head = mail.split("\r\n\r\n").next().unwrap();
        assert!(!head.contains("=?utf-8?b?QmNj"), "{head}");
    }
}

#[test]
fn as_many_files_as_there_are_are_told_of() {
    let stage = Stage::new();
    stage.run(&["install-alert", "--force"]).says(0, &[]);
    for number in 0..500 {
        let name = format!("var/spool/tcpw/drop/1700000000.000000001-{number:016x}.event");
        fs::write(stage.path(&name), "junk").unwrap();
    }
    stage.run(&["deliver"]).says(0, &[]);
    let found = subjects(&stage);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("500 files"), "{found:?}");
}

#[test]
fn the_preview_of_a_report_is_the_report() {
    let stage = Stage::new();
    notify(&stage, "192.0.2.77");
    wait_until("a mail", || stage.mails().len() == 1);
    let preview = stage.run(&["mail", "preview", "--kind", "report"]);
    preview.says(0, &["192.0.2.77", "sshd"]);
    stage.run(&["report", "--mail"]).says(0, &["queued for"]);
    wait_until("the report", || stage.mails().len() == 2);
    let subject = preview.out.lines().next().unwrap();
    let subject = subject.strip_prefix("Subject: ").unwrap();
    let found = subjects(&stage);
    assert!(
        found.iter().any(|other| other == subject),
        "{subject}: {found:?}"
    );
}

#[test]
fn a_report_is_mailed_before_there_is_anything_to_tell() {
    let stage = Stage::new();
    stage.run(&["report", "--mail"]).says(0, &["queued for"]);
    wait_until("the report", || stage.mails().len() == 1);
    // Without the mail there is nobody to be told of nothing.
    let empty = Stage::new();
    empty.run(&["report"]).says(2, &["there is no journal yet"]);
}

#[test]
fn a_report_is_a_new_file_of_its_owner_and_follows_no_link() {
    let stage = Stage::new();
    notify(&stage, "192.0.2.77");
    wait_until("a mail", || stage.mails().len() == 1);
    let file = stage.path("out");
    let output = format!("--output={}", file.display());
    let write = || stage.run(&["report", &output]);
    let victim = stage.path("victim");
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, &file).unwrap();
    write().says(0, &[]);
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    let is_new = || {
        let found = fs::symlink_metadata(&file).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        found.is_file()
            && found.permissions().mode() & 0o777 == 0o600
            && text.contains("192.0.2.77")
    };
    assert!(is_new());
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    write().says(0, &[]);
    assert!(is_new());
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    write().says(2, &["not a regular file"]);
}

#[test]
fn fields_that_a_subject_does_not_have_are_refused() {
    for (subject, field) in [
        ("x {hsot}", "{hsot}"),
        ("{host} {rule}", "{rule}"),
        ("{ host }", "{ host }"),
    ] {
        let stage = Stage::configured(&format!("[mail]\nsubject = '{subject}'\n"));
        let words = [
            "tcpw.toml:2:11: `mail.subject` has the unknown field",
            field,
            "{count}",
        ];
        stage.run(&["deliver"]).says(2, &words);
    }
    let stage =
        Stage::configured("[mail]\nsubject = '{host}{addr} {daemon} {server} {count} { } {}{'\n");
    stage.run(&["deliver"]).says(2, &["unknown field { }"]);
    let stage = Stage::configured("[mail]\nsubject = '{host}{addr} {daemon} {server} {count} {'\n");
    stage.run(&["deliver"]).says(0, &[]);
}

#[test]
fn the_commands_in_a_message_can_be_typed_and_do_something() {
    let stage = Stage::new();
    notify(&stage, "2001:db8::77");
    wait_until("a mail", || stage.mails().len() == 1);
    let preview = stage.run(&["mail", "preview", "--event", "1"]).out;
    let typed: Vec<&str> = preview
        .lines()
        .filter_map(|line| line.trim().strip_prefix("sudo tcpw "))
        .collect();
    assert_eq!(typed.len(), 3, "{preview}");
    assert!(!preview.contains("\n  tcpw "), "{preview}");
    assert_eq!(typed[2], "mute 2001:db8::77");
    let words: Vec<&str> = typed[2].split(' ').collect();
    stage.run(&words).says(
        0,
        &[
            "no more alerts about 2001:db8::77",
            "tcpw unmute 2001:db8::77",
        ],
    );
    stage.run(&words).says(0, &["is already muted"]);
    stage.run(&["mute"]).says(0, &["2001:db8::77"]);
    // Nobody is told, also when the quiet time is over; the event is there.
    stage.change("UPDATE sources SET quiet_until = 0");
    notify(&stage, "2001:db8::77");
    wait_until("the event", || {
        stage.count("SELECT count(*) FROM events") == 2
    });
    stage.run(&["deliver"]).says(0, &[]);
    assert_eq!(stage.mails().len(), 1);
    stage.run(&["report"]).says(0, &["Events: 2."]);
    assert_eq!(
        stage.query::<i64>("SELECT decision FROM events ORDER BY id"),
        [0, 4]
    );
    stage
        .run(&["unmute", "2001:db8::77"])
        .says(0, &["sent again"]);
    stage
        .run(&["unmute", "2001:db8::77"])
        .says(2, &["is not muted"]);
    stage.change("UPDATE sources SET quiet_until = 0");
    notify(&stage, "2001:db8::77");
    wait_until("a mail", || stage.mails().len() == 2);
}

#[test]
fn muting_keeps_the_rest_of_the_configuration() {
    let text = "# mine\n[mail]\nto = 'a@b' # me\ntransport = 'file'\n\n[alert]\nquiet = '2h'\n";
    let stage = Stage::configured(text);
    stage.run(&["mute"]).says(0, &["no client is muted"]);
    stage.run(&["mute", "203.0.113.0/24"]).says(0, &[]);
    stage
        .run(&["unmute", "203.0.113.9"])
        .says(2, &["it is inside 203.0.113.0/24"]);
    let path = stage.path("etc/tcpw.toml");
    let new = fs::read_to_string(&path).unwrap();
    for line in text.lines() {
        assert!(new.contains(line), "{new}");
    }
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    for bad in ["scanner.example", "203.0.113.9/24", "x; reboot"] {
        stage.run(&["mute", bad]).says(2, &["help:"]);
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), new);
    stage.configure("[mail]\nto = \n");
    stage
        .run(&["mute", "192.0.2.7"])
        .says(2, &["tcpw.toml:2:6"]);
}
