//! `tcpw setup` comes to what its options say whatever was there before, and says whom no alert is
//! about.

use super::sandbox::{Ran, Sandbox, alarm, configuration, names, notifier, with_cron};
use crate::proof::say;

const BASE: [&str; 5] = ["setup", "--allow", "0.0.0.1", "--no-mail", "--force"];

#[track_caller]
fn with(sandbox: &Sandbox, more: &[&str]) -> Ran {
    let ran = sandbox.run(&[&BASE[..], more].concat());
    assert_eq!(ran.code, Some(0), "{more:?}: {}{}", ran.out, ran.err);
    ran
}

/// What the check of the same options says: whether something would change.
#[track_caller]
fn is_pending(sandbox: &Sandbox, more: &[&str]) -> bool {
    let ran = sandbox.run(&[&BASE[..], more, &["--check"]].concat());
    assert!(matches!(ran.code, Some(0 | 1)), "{}", ran.err);
    ran.code == Some(1)
}

/// Rules that refuse clients on no list before the last one, and what the alert makes of each.
const BEFORE: [(&str, bool); 6] = [
    ("sshd: ALL", true),
    ("ALL: ALL EXCEPT LOCAL", true),
    ("sshd, vsftpd: ALL EXCEPT 192.0.2.0/255.255.255.0", true),
    ("sshd: 198.51.100.7", false),
    ("ALL: PARANOID", false),
    ("vsftpd: 0.0.0.0/0.0.0.0", false),
];

#[test]
fn whoever_is_refused_by_another_rule_raises_an_alert_or_the_sentence_names_the_rule() {
    for (rule, is_raised) in BEFORE {
        let sandbox = Sandbox::new("", &format!("{rule}\n"));
        let ran = with(&sandbox, &[]);
        let (_, deny) = sandbox.tables();
        let first = deny.lines().next().unwrap().replace(" : spawn", ": spawn");
        let alarm = alarm();
        let (raised, plain) = (format!("{rule}: {alarm}"), rule.to_owned());
        assert_eq!(&first, if is_raised { &raised } else { &plain }, "{deny}");
        assert!(deny.ends_with(&format!("ALL: ALL : {alarm}\n")), "{deny}");
        let but = "but not those refused by /etc/hosts.deny:1.";
        assert_eq!(ran.out.contains(but), !is_raised, "{}", ran.out);
        let status = sandbox.run(&["status"]).out;
        let is_for_all = status.contains("on, for everybody on no list");
        let is_listed = rule.contains("198.51.100.7");
        assert_eq!(is_for_all, is_raised || is_listed, "{status}");
        if !is_for_all {
            let status = status.split_whitespace().collect::<Vec<_>>().join(" ");
            let words = "not for those refused by /etc/hosts.deny:1";
            assert!(status.contains(words), "{status}");
        }
        // A second time there is nothing left to do, and whom a rule refuses is as before.
        assert!(!is_pending(&sandbox, &[]), "{rule}");
        let verdict = sandbox.run(&["match", "sshd", "203.0.113.9"]);
        assert_eq!(verdict.code, Some(1), "{}", verdict.out);
        let runs = verdict.out.contains("tcpw-notify");
        assert_eq!(runs, is_raised || rule != "sshd: ALL", "{}", verdict.out);
    }
    say("alerts for refused: 6 rules before the last one, each with an alert or named");
}

#[test]
fn a_command_that_does_more_than_mail_is_kept_and_said() {
    let block = "spawn (/root/mail.py %a; /sbin/iptables -A INPUT -s %a -j DROP) &";
    let sandbox = Sandbox::new("", &format!("ALL: ALL: {block}\n"));
    let ran = with(&sandbox, &["--replace-alert"]);
    let (_, deny) = sandbox.tables();
    assert_eq!(deny, format!("ALL: ALL: {block}: {}\n", alarm()));
    assert!(
        ran.err.contains("it stays beside the alert of tcpw"),
        "{}",
        ran.err
    );
    let sandbox = Sandbox::new("", "ALL: ALL: spawn /root/mail.py %a\n");
    with(&sandbox, &["--replace-alert"]);
    let (_, deny) = sandbox.tables();
    assert!(
        !deny.contains("mail.py") && deny.contains("tcpw-notify"),
        "{deny}"
    );
}

/// Options that are followed by others, and what is there then.
#[test]
fn other_options_leave_nothing_of_those_before() {
    let sandbox = Sandbox::new("", "");
    with_cron(&sandbox);
    let units = sandbox.path("etc/systemd/system");
    let has_cron = || sandbox.path("etc/cron.d/tcpw").exists();
    let has_units = || units.join("tcpw-deliver.path").exists();
    let last = || sandbox.tables().1;
    with(&sandbox, &["--systemd"]);
    assert!(has_units() && !has_cron());
    assert!(is_pending(&sandbox, &["--cron"]));
    let ran = with(&sandbox, &["--cron"]);
    assert!(
        ran.out
            .contains("removed /etc/systemd/system/tcpw-deliver.path"),
        "{}",
        ran.out
    );
    assert!(!has_units() && has_cron());
    assert!(!is_pending(&sandbox, &["--cron"]));
    assert!(is_pending(&sandbox, &["--no-schedule"]));
    with(&sandbox, &["--no-schedule"]);
    assert!(!has_units() && !has_cron());
    assert_eq!(names(&sandbox.path("etc/cron.d")), [""; 0]);
    // The alert is for others, and the one before goes.
    let unknown = ["--on", "unknown", "--no-schedule"];
    assert!(last().contains("tcpw-notify"), "{}", last());
    assert!(is_pending(&sandbox, &unknown));
    let ran = with(&sandbox, &unknown);
    assert_eq!(last(), "ALL: ALL\n");
    assert!(
        sandbox.tables().0.contains("ALL: UNKNOWN : spawn "),
        "{}",
        sandbox.tables().0
    );
    assert!(
        ran.out.contains("those on no list who have no name"),
        "{}",
        ran.out
    );
    assert!(!is_pending(&sandbox, &unknown));
    with(&sandbox, &["--on", "unlisted", "--no-schedule"]);
    assert!(
        !sandbox.tables().0.contains("UNKNOWN"),
        "{}",
        sandbox.tables().0
    );
    assert!(last().contains("tcpw-notify"), "{}", last());
    // None at all.
    let none = ["--no-alarm", "--no-schedule"];
    assert!(is_pending(&sandbox, &none));
    with(&sandbox, &none);
    assert_eq!(
        sandbox.tables(),
        ("ALL: 0.0.0.1\n".to_owned(), "ALL: ALL\n".to_owned())
    );
    assert!(!is_pending(&sandbox, &none));
    say("setup converges: schedules, alerts and none, each after the others");
}

#[test]
fn a_mail_server_is_described_by_its_options_alone() {
    let sandbox = Sandbox::new("", "");
    let run = |more: &[&str]| {
        let base = [
            "setup",
            "--allow",
            "0.0.0.1",
            "--force",
            "--no-test-mail",
            "--mail-to",
            "a@b.c",
        ];
        sandbox.run(&[&base[..], more].concat())
    };
    let first = ["--smtp-host", "a", "--smtp-port", "2525", "--tls", "none"];
    assert_eq!(run(&first).code, Some(0));
    assert!(configuration(&sandbox).contains("port = 2525\ntls = \"none\""));
    std::fs::write(sandbox.path("etc/pass"), "x\n").unwrap();
    let login = ["--username", "u", "--password-file", "/etc/pass"];
    let second = [&["--smtp-host", "b"][..], &login].concat();
    assert_eq!(run(&second).code, Some(0));
    let text = configuration(&sandbox);
    assert!(!text.contains("2525") && !text.contains("tls"), "{text}");
    // The login of one server is not shown to another.
    let ran = run(&["--smtp-host", "c.example:465"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let text = configuration(&sandbox);
    assert!(text.contains("host = \"c.example:465\""), "{text}");
    assert!(
        !text.contains("username") && !text.contains("password"),
        "{text}"
    );
    let ran = run(&["--smtp-host", "c.example:465", "--smtp-port", "25"]);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(ran.err.contains("leave one of the two out"), "{}", ran.err);
    assert_eq!(
        run(&["--smtp-host", "c.example:465", "--check"]).code,
        Some(0)
    );
}

#[test]
fn a_check_names_the_tables_that_it_would_change() {
    let sandbox = Sandbox::new("", "");
    let options = ["--no-alarm", "--check", "--format", "json"];
    let ran = sandbox.run(&[&BASE[..], &options].concat());
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    let object: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let changes: Vec<&str> = object["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change.as_str().unwrap())
        .collect();
    for file in [
        "hosts.allow differs",
        "hosts.deny differs",
        "tcpw.toml differs",
    ] {
        assert!(
            changes.iter().any(|change| change.ends_with(file)),
            "{changes:?}"
        );
    }
}

#[test]
fn an_alert_needs_its_program_where_the_rules_are() {
    let sandbox = Sandbox::new("", "");
    let mut command = sandbox.command(&BASE);
    std::fs::remove_file(sandbox.path(notifier().trim_start_matches('/'))).unwrap();
    let ran = sandbox.ran(&mut command);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(
        ran.err.contains("below , which the alert would run"),
        "{}",
        ran.err
    );
    assert_eq!(sandbox.tables(), (String::new(), String::new()));
}
