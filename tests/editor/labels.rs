//! Why, by whom and until when: kept in a comment above the rule, listed, and run out.

use super::sandbox::{Sandbox, named};

const PAST: &str = "since=2020-01-01T00:00:00Z until=2020-01-02T00:00:00Z";
const FUTURE: &str = "since=2020-01-01T00:00:00Z until=2999-01-02T00:00:00Z by=alice";

fn run(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let ran = sandbox.run(arguments);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{arguments:?}");
    ran.out
}

#[test]
fn the_comment_stands_above_the_rule_and_is_listed() {
    let sandbox = Sandbox::new("# mine\nsshd: 10.7.7.7\n", "ALL: ALL EXCEPT 10.8.8.8\n");
    let arguments = [
        "allow",
        "10.1.2.3",
        "--daemon",
        "sshd",
        "--for",
        "24h",
        "--by",
        "Al Ice",
        "--reason",
        "visit\nALL: ALL \\",
    ];
    run(&sandbox, &arguments);
    let (allow, _) = sandbox.tables();
    let lines: Vec<&str> = allow.lines().collect();
    assert_eq!(lines.len(), 4, "{allow}");
    assert!(lines[2].starts_with("# tcpw: rule="), "{allow}");
    assert!(lines[2].contains(" since=2"), "{allow}");
    assert!(
        lines[2].ends_with("Z by=Al%20Ice reason=visit%0AALL: ALL %5C"),
        "{allow}"
    );
    assert_eq!(lines[3], "sshd: 10.1.2.3");
    // The day between the two times is seen without asking the clock.
    let time = |key: &str| {
        let value = lines[2].split_once(key).unwrap().1;
        value.split_once(' ').unwrap().0.to_owned()
    };
    let (since, until) = (time("since="), time("until="));
    assert_eq!(since[10..], until[10..], "{allow}");
    assert_ne!(since, until);
    assert_eq!(
        run(&sandbox, &["list"]),
        format!(
            "ACCESS  CLIENTS              DAEMONS  NOTES                             PLACE\n\
             allow   10.7.7.7             sshd                                       /etc/hosts.allow:2\n\
             allow   10.1.2.3             sshd     since {since}  until {until}  by Al Ice  because visit\\nALL: ALL \\  /etc/hosts.allow:4\n\
             deny    ALL EXCEPT 10.8.8.8  ALL                                        /etc/hosts.deny:1\n\
             default: clients on no list are denied, by /etc/hosts.deny:1\n"
        )
    );
    let json = run(&sandbox, &["list", "--format", "json"]);
    let rows: Vec<serde_json::Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows[1]["reason"], "visit\nALL: ALL \\");
    assert_eq!(rows[1]["until"], until);
    assert_eq!(
        (&rows[2]["access"], &rows[2]["by"]),
        (&"deny".into(), &serde_json::Value::Null)
    );
    // A day from now ends later than a day from then.
    run(&sandbox, &arguments);
    let (later, _) = sandbox.tables();
    assert_eq!(later.lines().count(), 4, "{later}");
    assert!(later.lines().nth(2).unwrap() >= lines[2], "{later}");
    assert!(run(&sandbox, &["expire"]).ends_with("nothing to change\n"));
}

#[test]
fn what_has_run_out_is_removed_and_nothing_else() {
    let between = named(PAST, "sshd: 10.0.0.1").replace("\nsshd", "\n# a word between\n\nsshd");
    let spliced = named(PAST, "sshd: 10.0.0.2 \\\n 10.0.0.3");
    let later = named(FUTURE, "sshd: 10.0.0.4");
    let allow = format!("{between}{spliced}{later}");
    let attack = named(&format!("{PAST} reason=attack"), "ALL: 10.0.0.5");
    let deny = format!("# mine\n{attack}ALL: 10.0.0.6\n");
    let sandbox = Sandbox::new(&allow, &deny);
    let before = sandbox.tables();
    assert!(run(&sandbox, &["expire", "--dry-run"]).ends_with("dry run: nothing was written\n"));
    assert_eq!(sandbox.tables(), before);
    let out = run(&sandbox, &["expire"]);
    for table in ["changed /etc/hosts.allow\n", "changed /etc/hosts.deny\n"] {
        assert!(out.contains(table), "{out}");
    }
    let expected = (
        format!("# a word between\n\n{later}"),
        "# mine\nALL: 10.0.0.6\n".to_owned(),
    );
    assert_eq!(sandbox.tables(), expected);
    assert_eq!(run(&sandbox, &["expire"]), "nothing to change\n");
    run(&sandbox, &["undo"]);
    assert_eq!(sandbox.tables(), before);
}

#[test]
fn expiry_asks_the_guard() {
    let sandbox = Sandbox::new(&named(PAST, "sshd: 10.1.2.3"), "ALL: ALL\n");
    let mut command = sandbox.command(&["expire"]);
    let ran = sandbox.ran(command.env("SSH_CONNECTION", "10.1.2.3 1 10.1.2.1 22"));
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("10.1.2.3 would be refused"), "{}", ran.err);
    run(&sandbox, &["expire", "--force"]);
    assert_eq!(sandbox.tables().0, "");
}

#[test]
fn a_label_stays_with_its_rule() {
    // A rule that has to come first goes before the label, too.
    let rule = named(FUTURE, "ALL: ALL: deny");
    let sandbox = Sandbox::new(&rule, "");
    run(&sandbox, &["allow", "10.1.2.3"]);
    assert_eq!(sandbox.tables().0, format!("ALL: 10.1.2.3\n{rule}"));
    // A label whose rule is gone is not that of the next rule.
    let sandbox = Sandbox::new(&format!("# tcpw: {PAST}\n"), "");
    run(&sandbox, &["allow", "10.1.2.3"]);
    assert_eq!(
        sandbox.tables().0,
        format!("# tcpw: {PAST}\n\nALL: 10.1.2.3\n")
    );
    let out = run(&sandbox, &["expire"]);
    assert!(out.ends_with("was removed or changed; remove the comment; if the rule was changed and shall still run out, revoke it and write it again with `--for`\nnothing was changed\n"), "{out}");
}

#[test]
fn words_that_cannot_be_kept_are_refused() {
    let sandbox = Sandbox::new("", "");
    let long = "x".repeat(401);
    for (option, value, word) in [
        ("--for", "yesterday", "such as 30s, 90m, 24h"),
        ("--for", "0h", "such as 30s, 90m, 24h"),
        ("--reason", long.as_str(), "longer than 400 bytes"),
        ("--by", " ", "it is empty"),
    ] {
        let ran = sandbox.run(&["deny", "10.1.2.3", option, value]);
        assert_eq!(ran.code, Some(2), "{option}");
        assert!(ran.err.contains(word), "{}", ran.err);
    }
    assert_eq!(sandbox.tables(), (String::new(), String::new()));
}

#[test]
fn other_writers_are_recognised_and_two_are_warned_of() {
    let deny = "# DenyHosts: Mon Nov 23 01:02:03 2026 | sshd: 192.0.2.1\nsshd: 192.0.2.1\n\
                ###sshguard###\nALL : 192.0.2.2\n###sshguard###\nALL: 192.0.2.3\n";
    let sandbox = Sandbox::new("", deny);
    let ran = sandbox.run(&["list"]);
    assert_eq!(ran.code, Some(0));
    let rows: Vec<&str> = ran.out.lines().collect();
    assert!(rows[1].contains("written by DenyHosts"), "{}", ran.out);
    assert!(rows[2].contains("written by sshguard"), "{}", ran.out);
    assert!(!rows[3].contains("written by"), "{}", ran.out);
    assert!(
        ran.err
            .contains("DenyHosts and sshguard write these tables"),
        "{}",
        ran.err
    );
    // Their lines stay as they are.
    assert_eq!(sandbox.run(&["deny", "192.0.2.9"]).code, Some(0));
    assert_eq!(sandbox.tables().1, format!("{deny}ALL: 192.0.2.9\n"));
}
