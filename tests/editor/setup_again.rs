//! `tcpw setup` on a server that has some of it already: again, checked, with other options, with an
//! alert that somebody made by hand, and with what runs by the clock.

use super::sandbox::{Ran, Sandbox, alarm, configuration, mail_program, names, with_cron};
use crate::proof::say;
use std::fs;

const BASE: [&str; 7] = [
    "setup",
    "--allow",
    "0.0.0.1",
    "10.1.0.0/16",
    "--sendmail",
    "--mail-to",
    "ann@example.org",
];

/// Runs setup with these options after those that every run here has.
fn with(sandbox: &Sandbox, more: &[&str]) -> Ran {
    sandbox.run(&[&BASE[..], more].concat())
}

fn json(ran: &Ran) -> serde_json::Value {
    assert_eq!(ran.out.lines().count(), 1, "{}{}", ran.out, ran.err);
    serde_json::from_str(&ran.out).expect(&ran.out)
}

/// A mail program that counts what it is given.
fn counting(sandbox: &Sandbox) {
    mail_program(sandbox, "cat > /dev/null; echo x >> \"$0.count\"");
}

fn mails(sandbox: &Sandbox) -> usize {
    let count = fs::read_to_string(sandbox.path("usr/sbin/sendmail.count"));
    count.unwrap_or_default().lines().count()
}

/// Everything in the sandbox, with what changes by itself left out.
fn everything(sandbox: &Sandbox) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for folder in [
        "etc",
        "etc/systemd/system",
        "etc/cron.d",
        "var/lib/tcpw/history",
    ] {
        let Ok(entries) = fs::read_dir(sandbox.path(folder)) else {
            continue;
        };
        for entry in entries.map(Result::unwrap) {
            if entry.path().is_file() {
                let name = entry.path().display().to_string();
                found.push((name, fs::read(entry.path()).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_second_run_changes_nothing_and_says_so() {
    let sandbox = Sandbox::new("# mine\n", "");
    counting(&sandbox);
    with_cron(&sandbox);
    let before = everything(&sandbox);
    let checked = with(&sandbox, &["--check", "--format", "json"]);
    assert_eq!(checked.code, Some(1), "{}", checked.err);
    let object = json(&checked);
    assert_eq!(
        (&object["changed"], &object["check"]),
        (&true.into(), &true.into())
    );
    assert_eq!(everything(&sandbox), before);

    first_run(&sandbox);

    let before = everything(&sandbox);
    let checked = with(&sandbox, &["--check"]);
    assert_eq!(checked.code, Some(0), "{}{}", checked.out, checked.err);
    let again = with(&sandbox, &["--format", "json"]);
    assert_eq!(again.code, Some(0), "{}", again.err);
    let object = json(&again);
    assert_eq!(
        (
            &object["changed"],
            object["changes"].as_array().unwrap().len()
        ),
        (&false.into(), 0)
    );
    assert_eq!(object["test_mail"], "not needed", "{object}");
    assert_eq!(everything(&sandbox), before);
    assert_eq!(mails(&sandbox), 1);
}

fn first_run(sandbox: &Sandbox) {
    let first = with(sandbox, &["--format", "json"]);
    assert_eq!(first.code, Some(0), "{}", first.err);
    let object = json(&first);
    assert_eq!(object["changed"], true, "{object}");
    assert_eq!(object["test_mail"], "sent", "{object}");
    assert_eq!(object["change"], 1, "{object}");
    assert_eq!(
        object["after"],
        "After this only 0.0.0.1 and 10.1.0.0/16 get in; everybody else is refused and you get mail."
    );
    let changes: Vec<&str> = object["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c.as_str().unwrap())
        .collect();
    for end in [
        "/etc/hosts.deny",
        "/etc/tcpw.toml",
        "/etc/cron.d/tcpw",
        "/var/spool/tcpw/drop with mode 1733",
    ] {
        assert!(
            changes.iter().any(|change| change.ends_with(end)),
            "{end}: {changes:?}"
        );
    }
    assert_eq!(mails(sandbox), 1);
}

#[test]
fn what_is_taken_away_is_seen_and_made_again() {
    let sandbox = Sandbox::new("# mine\n", "");
    counting(&sandbox);
    with_cron(&sandbox);
    assert_eq!(with(&sandbox, &[]).code, Some(0));
    for path in [
        "etc/cron.d/tcpw",
        "var/spool/tcpw/drop",
        "etc/tcpw.toml",
        "etc/hosts.deny",
    ] {
        let place = sandbox.path(path);
        if place.is_dir() {
            fs::remove_dir(&place).unwrap();
        } else {
            fs::remove_file(&place).unwrap();
        }
        let told = with(&sandbox, &["--check"]);
        assert_eq!(told.code, Some(1), "{path}: {}{}", told.out, told.err);
        assert!(!place.exists(), "{path}");
        let object = json(&with(&sandbox, &["--format", "json", "--no-test-mail"]));
        assert_eq!(object["changed"], true, "{path}: {object}");
        assert!(place.exists(), "{path}");
        assert_eq!(with(&sandbox, &["--check"]).code, Some(0), "{path}");
    }
    say(
        "setup: a second run changes nothing, --check tells by 0 and 1, and what is taken away is made again",
    );
}

#[test]
fn json_says_nothing_else_and_a_refusal_is_on_standard_error() {
    let sandbox = Sandbox::new("", "");
    mail_program(&sandbox, "exit 75");
    let ran = sandbox.run(&[
        "setup",
        "--allow",
        "10.1.2.3",
        "--no-mail",
        "--format",
        "json",
    ]);
    assert_eq!((ran.code, &*ran.out), (Some(2), ""));
    assert!(
        ran.err.contains("your own session from 0.0.0.1"),
        "{}",
        ran.err
    );
    let ran = sandbox.run(&["setup", "--no-mail", "--format", "json"]);
    assert_eq!((ran.code, &*ran.out), (Some(2), ""));
    let ran = with(&sandbox, &["--format", "json", "--confirm-within", "1m"]);
    assert_eq!((ran.code, &*ran.out), (Some(2), ""));
    let ran = with(&sandbox, &["--format", "json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert_eq!(json(&ran)["test_mail"], "failed");
}

#[test]
fn other_options_are_what_holds_then() {
    let sandbox = Sandbox::new("sshd: 192.0.2.7\nvsftpd: .example.org\n", "");
    counting(&sandbox);
    fs::write(sandbox.path("etc/note"), "x").unwrap();
    assert_eq!(with(&sandbox, &[]).code, Some(0));
    let more = [
        "--mail-cc",
        "carl@example.org",
        "--mail-subject",
        "{addr}",
        "--mail-attach",
        "/etc/note",
    ];
    let ran = with(&sandbox, &more);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let toml = configuration(&sandbox);
    for line in [
        "cc = \"carl@example.org\"",
        "subject = \"{addr}\"",
        "attachments = \"/etc/note\"",
    ] {
        assert!(toml.contains(line), "{toml}");
    }
    assert_eq!(mails(&sandbox), 2);
    let ran = with(
        &sandbox,
        &["--mail-to", "bob@example.org", "--mail-attach", "/nowhere"],
    );
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(ran.err.contains("cannot read /nowhere"), "{}", ran.err);

    // Others stay unless nobody else is wanted.
    assert!(ran.err.contains("nothing was changed"), "{}", ran.err);
    let ran = with(&sandbox, &["--only", "--check", "--format", "json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    let ran = with(&sandbox, &["--only"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.out
            .contains("After this only 0.0.0.1 and 10.1.0.0/16 get in;"),
        "{}",
        ran.out
    );
    assert_eq!(sandbox.tables().0, "ALL: 0.0.0.1 10.1.0.0/16\n");
    assert_eq!(with(&sandbox, &["--only", "--check"]).code, Some(0));
    let fewer = ["setup", "--only", "--allow", "0.0.0.1", "10.2.0.0/16"];
    assert_eq!(sandbox.run(&fewer).code, Some(0));
    let other = sandbox.run(&["match", "sshd", "10.1.2.3"]);
    assert_eq!(other.code, Some(1), "{}", other.out);
    assert_eq!(sandbox.run(&["match", "sshd", "10.2.2.3"]).code, Some(0));
    let fewer = [&fewer[..], &["--check"]].concat();
    assert_eq!(sandbox.run(&fewer).code, Some(0));
}

#[test]
fn an_alert_made_by_hand_is_named_and_replaced_when_asked() {
    let allow = "ALL: UNKNOWN: spawn /root/mail.py %h %a : deny\n";
    let deny = "# the old one\nALL: ALL: spawn (/root/mail.py %h %a | mail root) &\n";
    let sandbox = Sandbox::new(allow, deny);
    counting(&sandbox);
    let ran = with(&sandbox, &["--dry-run"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    for place in ["/etc/hosts.allow:2: ", "/etc/hosts.deny:2: "] {
        let told = ran.err.lines().find(|line| line.contains(place));
        let told = told.unwrap_or_default();
        assert!(
            told.contains("still runs `") && told.contains("--replace-alert"),
            "{}",
            ran.err
        );
    }
    let ran = with(&sandbox, &["--replace-alert"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(!ran.err.contains("still runs"), "{}", ran.err);
    let alert = alarm();
    assert_eq!(
        sandbox.tables(),
        (
            format!("ALL: 0.0.0.1 10.1.0.0/16\nALL: UNKNOWN: {alert}\n"),
            format!("# the old one\nALL: ALL: {alert}\n")
        )
    );
    let again = with(&sandbox, &["--replace-alert", "--check"]);
    assert_eq!(again.code, Some(0), "{}{}", again.out, again.err);
    assert_eq!(sandbox.run(&["undo", "--force"]).code, Some(0));
    assert_eq!(sandbox.tables(), (allow.to_owned(), deny.to_owned()));
}

#[test]
fn what_runs_by_the_clock_comes_with_it() {
    let sandbox = Sandbox::new("", "");
    counting(&sandbox);
    let ran = with(&sandbox, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("their alerts wait in"), "{}", ran.out);
    with_cron(&sandbox);
    assert_eq!(with(&sandbox, &["--no-schedule", "--check"]).code, Some(0));
    let ran = with(&sandbox, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(names(&sandbox.path("etc/cron.d")), ["tcpw"]);
    // What is there already is kept; an option chooses the other.
    fs::create_dir_all(sandbox.path("lib/systemd")).unwrap();
    fs::write(sandbox.path("lib/systemd/systemd"), "").unwrap();
    assert_eq!(with(&sandbox, &["--check"]).code, Some(0));
    let ran = with(&sandbox, &["--systemd"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let links = sandbox.path("etc/systemd/system/timers.target.wants");
    assert_eq!(names(&links), ["tcpw-deliver.timer", "tcpw-expire.timer"]);
    assert_eq!(with(&sandbox, &["--systemd", "--check"]).code, Some(0));
    fs::remove_file(links.join("tcpw-expire.timer")).unwrap();
    let ran = with(&sandbox, &["--systemd", "--check"]);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(
        ran.out.contains("timers.target.wants/tcpw-expire.timer"),
        "{}",
        ran.out
    );

    let fresh = Sandbox::new("", "");
    counting(&fresh);
    fs::create_dir_all(fresh.path("usr/lib/systemd")).unwrap();
    fs::write(fresh.path("usr/lib/systemd/systemd"), "").unwrap();
    assert_eq!(with(&fresh, &[]).code, Some(0));
    assert!(fresh.path("etc/systemd/system/tcpw-deliver.path").exists());
}

#[test]
fn the_alert_is_for_everybody_and_the_other_one_says_what_it_costs() {
    let sandbox = Sandbox::new("", "");
    counting(&sandbox);
    let ran = with(&sandbox, &["--no-test-mail"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(!ran.out.contains("DNS"), "{}", ran.out);
    assert!(
        !sandbox.tables().0.contains("UNKNOWN"),
        "{}",
        sandbox.tables().0
    );
    let ran = with(&sandbox, &["--on", "both"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.out
            .contains("looks up the name of each stranger in DNS"),
        "{}",
        ran.out
    );
    assert!(sandbox.tables().0.contains("UNKNOWN"));
}

/// Options, and the sentence about who gets in.
const SENTENCES: &[(&str, &[&str], &str)] = &[
    (
        "",
        &[
            "--allow",
            "10.1.0.0/16",
            "10.2.0.0/16",
            "192.0.2.0/24",
            "--force",
        ],
        "After this only 10.1.0.0/16, 10.2.0.0/16 and 192.0.2.0/24 get in; everybody else is refused, and each is kept as a file, without mail.",
    ),
    (
        "",
        &["--allow", "0.0.0.1", "--no-alarm"],
        "After this only 0.0.0.1 gets in; everybody else is refused, without an alert.",
    ),
    (
        "sshd: 10.0.0.0/8 0.0.0.1\n",
        &["--allow", "0.0.0.1", "192.0.2.7"],
        "After this only 0.0.0.1 and 192.0.2.7, and 10.0.0.0/8 (to sshd) get in;",
    ),
    (
        "vsftpd: .example.org\n",
        &[
            "--allow",
            "127.0.0.0/8",
            "::1",
            "0.0.0.1",
            "--daemon",
            "sshd",
        ],
        "After this only loopback and 0.0.0.1 (to sshd), and clients named .example.org (to vsftpd) get in;",
    ),
];

#[test]
fn one_sentence_says_who_gets_in() {
    for (allow, options, sentence) in SENTENCES {
        let sandbox = Sandbox::new(allow, "");
        let ran = sandbox.run(&[&["setup", "--no-mail"], *options].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert!(ran.out.contains(sentence), "{sentence}\n{}", ran.out);
    }
}
