//! What tcpw keeps about a rule belongs to that rule: whatever others do to the tables, no other
//! rule goes by it, and what nobody can follow is never silent.

use super::sandbox::{Ran, Sandbox, named};

const PAST: &str = "since=2026-01-01T00:00:00Z until=2026-01-01T01:00:00Z";
const OLD: &str = "# tcpw: since=2026-01-01T00:00:00Z until=2026-01-01T01:00:00Z reason=scanner";

fn run(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    let ran = sandbox.run(arguments);
    assert_ne!(ran.code, Some(2), "{arguments:?}: {}", ran.err);
    ran
}

/// After the usual way to let a client in again: every line with its address goes.
fn without(sandbox: &Sandbox, address: &str) {
    let path = sandbox.path("etc/hosts.deny");
    let text = std::fs::read_to_string(&path).unwrap();
    let kept: Vec<&str> = text
        .split_inclusive('\n')
        .filter(|line| !line.contains(address))
        .collect();
    std::fs::write(path, kept.concat()).unwrap();
}

#[test]
fn the_rule_below_an_orphan_stays_whatever_it_is() {
    for next in [
        "ALL: ALL",
        "ALL: 198.51.100.0/24",
        "ALL: 203.0.113.9",
        "sshd: 198.51.100.8",
        "ALL: ALL EXCEPT 10.0.0.1",
        "sshd: ALL: spawn /bin/true",
    ] {
        for comment in [
            OLD.to_owned(),
            named(PAST, "ALL: 198.51.100.7")
                .lines()
                .next()
                .unwrap()
                .to_owned(),
        ] {
            let deny = format!("{comment}\nALL: 198.51.100.7\n{next}\n");
            let sandbox = Sandbox::new("ALL: 0.0.0.1\n", &deny);
            without(&sandbox, "198.51.100.7");
            let left = format!("{comment}\n{next}\n");
            for arguments in [
                &["expire"][..],
                &["expire", "--dry-run"],
                &["list"],
                &["lint", "--format", "short"],
            ] {
                let ran = run(&sandbox, arguments);
                assert!(
                    ran.out.contains("/etc/hosts.deny:1:"),
                    "{arguments:?}: {}",
                    ran.out
                );
                assert!(!ran.out.contains("nothing to change"), "{}", ran.out);
                assert!(!ran.out.contains("ignore="), "{}", ran.out);
                assert_eq!(sandbox.tables().1, left, "{arguments:?}");
            }
            assert_eq!(sandbox.run(&["lint"]).code, Some(1), "{left}");
            // It says nothing about the other rule either.
            let list = run(&sandbox, &["list"]).out;
            assert!(!list.contains("until 2026"), "{list}");
        }
    }
}

#[test]
fn an_old_comment_counts_if_the_history_proves_it() {
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "");
    let wanted = sandbox.path("wanted");
    std::fs::create_dir(&wanted).unwrap();
    let both = format!("{OLD}\nALL: 198.51.100.7\n");
    std::fs::write(
        wanted.join("hosts.deny"),
        format!("{both}ALL: 198.51.100.8\n"),
    )
    .unwrap();
    let ran = sandbox.run(&["apply", wanted.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let ran = run(&sandbox, &["expire"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(sandbox.tables().1, "ALL: 198.51.100.8\n");
    // Without that proof the same two lines prove nothing.
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", &both);
    let ran = run(&sandbox, &["expire"]);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(
        ran.err.contains("rules may stay beyond their time"),
        "{}",
        ran.err
    );
    assert!(ran.out.contains("add `rule="), "{}", ran.out);
    assert_eq!(sandbox.tables().1, both);
    // What the message says helps.
    let rule = ran.out.split("add `").nth(1).unwrap();
    let rule = rule.split('`').next().unwrap();
    std::fs::write(
        sandbox.path("etc/hosts.deny"),
        both.replace("# tcpw: ", &format!("# tcpw: {rule} ")),
    )
    .unwrap();
    assert_eq!(run(&sandbox, &["expire"]).code, Some(0));
    assert_eq!(sandbox.tables().1, "");
}

#[test]
fn what_is_clear_is_followed_and_the_rest_is_loud() {
    let rule = "sshd: 192.0.2.8";
    let named = |words: &str| named(words, rule);
    for clear in [
        named("until=2020-01-02T00:00:00+09:00"),
        named("until=2020-01-02T00:00:00Z").replace("# tcpw:", "#tcpw:"),
        named("until=2020-01-02T00:00:00Z").replace("\nsshd", "\n# a word between\nsshd"),
        named("until=2020-01-02T00:00:00Z").replace("\nsshd: ", "\nsshd :\t"),
        named("by=ada until=2020-01-02T00:00:00Z").replace(" by=ada", "   by=ada"),
    ] {
        let sandbox = Sandbox::new(&format!("ALL: 0.0.0.1\n{clear}"), "ALL: ALL\n");
        let ran = run(&sandbox, &["expire"]);
        assert_eq!((ran.code, &*ran.err), (Some(0), ""), "{clear}");
        assert!(!sandbox.tables().0.contains(rule), "{clear}");
    }
    for unclear in [
        named("until=2020-01-02"),
        named("until=2020-01-02T00:00:00"),
        named("until=yesterday"),
        named("since=2020 until=2020-01-02T00:00:00Z"),
        named("expires=2020-01-02T00:00:00Z"),
        named("reason=visit until=2020-01-02T00:00:00Z"),
        format!("# tcpw: until=2020-01-02\n{rule}\n"),
        format!("# tcpw: until 2020-01-02\n{rule}\n"),
        format!("# tcpw until=2020-01-02T00:00:00Z\n{rule}\n"),
    ] {
        let sandbox = Sandbox::new(&format!("ALL: 0.0.0.1\n{unclear}"), "ALL: ALL\n");
        let before = sandbox.tables();
        let ran = run(&sandbox, &["expire"]);
        assert_eq!(ran.code, Some(1), "{unclear}");
        assert!(ran.out.contains("/etc/hosts.allow:2: "), "{}", ran.out);
        assert!(ran.out.ends_with("nothing was changed\n"), "{}", ran.out);
        let list = run(&sandbox, &["list"]);
        assert!(list.out.contains("/etc/hosts.allow:2: "), "{}", list.out);
        let findings = run(&sandbox, &["lint", "--format", "short"]);
        assert!(
            findings.out.contains("hosts.allow:2:1: error[TW12"),
            "{}",
            findings.out
        );
        assert!(!findings.out.contains("ignore="), "{}", findings.out);
        assert_eq!(sandbox.tables(), before);
    }
}

#[test]
fn every_reader_asks_whose_comment_it_is() {
    let comment = named("by=ada until=2999-01-01T00:00:00Z", "ALL: 198.51.100.7");
    let comment = comment.lines().next().unwrap();
    let deny = format!("{comment}\nALL: 198.51.100.8\n");
    // revoke --by: this rule is not ada's.
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", &deny);
    let ran = run(&sandbox, &["revoke", "198.51.100.8", "--by", "ada"]);
    assert!(ran.out.ends_with("nothing to change\n"), "{}", ran.out);
    assert_eq!(sandbox.tables().1, deny);
    // deny --by --for: it is neither extended nor renewed.
    run(
        &sandbox,
        &["deny", "198.51.100.9", "--by", "ada", "--for", "1h"],
    );
    assert!(
        sandbox.tables().1.starts_with(&deny),
        "{}",
        sandbox.tables().1
    );
    run(
        &sandbox,
        &["deny", "198.51.100.8", "--by", "ada", "--for", "2h"],
    );
    assert!(
        sandbox.tables().1.starts_with(&deny),
        "{}",
        sandbox.tables().1
    );
    // Its own rule is revoked with the comment, and an orphan stays.
    let own = named("by=ada", "ALL: 198.51.100.8");
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", &format!("{comment}\n{own}"));
    run(&sandbox, &["revoke", "198.51.100.8", "--by", "ada"]);
    assert_eq!(sandbox.tables().1, format!("{comment}\n"));
}

#[test]
fn repairs_and_style_keep_a_rule_and_its_comment_together() {
    let words = "until=2020-01-02T00:00:00Z";
    let deny = format!("{}ALL: ALL\n", named(words, "sshd:  192.0.2.8 ,192.0.2.9"));
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", &deny);
    run(&sandbox, &["fmt"]);
    assert_ne!(sandbox.tables().1, deny);
    assert_eq!(run(&sandbox, &["expire"]).code, Some(0));
    assert_eq!(sandbox.tables().1, "ALL: ALL\n");
    let deny = format!("{}ALL: ALL\n", named(words, "sshd: 192.0.2.8/24"));
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", &deny);
    // A repair leaves a rule alone that a comment is bound to.
    sandbox.run(&["lint", "--unsafe-fixes"]);
    assert_eq!(sandbox.tables().1, deny);
    assert_eq!(run(&sandbox, &["expire"]).code, Some(0));
    assert_eq!(sandbox.tables().1, "ALL: ALL\n");
}

#[test]
fn a_table_of_one_ending_keeps_it() {
    for (allow, deny) in [
        ("ALL: 0.0.0.1\r\nsshd: 10.0.0.1\r\n", "ALL: ALL\r\n"),
        ("# mine\r\nALL: 0.0.0.1\r\n", "# mine\r\n"),
        ("ALL: 0.0.0.1\n", "sshd: 10.1.1.1\n"),
    ] {
        for arguments in [
            &["allow", "10.1.2.3", "--for", "1h", "--by", "ada"][..],
            &["allow", "10.1.2.3", "10.1.2.4", "--reason", "x"],
            &["deny", "192.0.2.1", "--for", "1h"],
            &["deny-all"],
            &["install-alert", "--force"],
            &["fmt"],
        ] {
            let sandbox = Sandbox::new(allow, deny);
            run(&sandbox, arguments);
            run(&sandbox, arguments);
            run(
                &sandbox,
                &["allow", "10.1.2.5", "--for", "1h", "--by", "ada"],
            );
            let (new_allow, new_deny) = sandbox.tables();
            for (old, new) in [(allow, &new_allow), (deny, &new_deny)] {
                let crlf = new.matches("\r\n").count();
                let wanted = if old.contains('\r') {
                    new.matches('\n').count()
                } else {
                    0
                };
                assert_eq!(crlf, wanted, "{arguments:?}: {new:?}");
            }
            run(&sandbox, &["revoke", "10.1.2.5"]);
        }
    }
}

#[test]
fn a_line_without_an_end_is_line_one_and_the_list_says_what_it_does() {
    let sandbox = Sandbox::new("sshd: 0.0.0.1\n", "ALL: ALL");
    let list = run(&sandbox, &["list"]).out;
    assert!(
        list.contains("refuses everybody") && list.contains("/etc/hosts.deny:1: `ALL: ALL`"),
        "{list}"
    );
    for arguments in [
        &["deny", "198.51.100.7", "--dry-run"][..],
        &["lint", "--format", "human"],
        &["match", "--explain", "sshd", "198.51.100.7"],
    ] {
        let ran = sandbox.run(arguments);
        let text = format!("{}{}", ran.out, ran.err);
        assert!(
            !text.contains("deny:0") && !text.contains("line 0"),
            "{text}"
        );
    }
    // The command that the message names mends it, also where that changes a verdict.
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "# everybody is refused");
    let list = run(&sandbox, &["list"]).out;
    assert!(list.contains("`tcpw fmt --final-newline`"), "{list}");
    let stopped = sandbox.run(&["fmt", "--final-newline"]);
    assert_eq!(stopped.code, Some(2), "{}", stopped.out);
    assert!(stopped.err.contains("would gain access"), "{}", stopped.err);
    assert_eq!(sandbox.tables().1, "# everybody is refused");
    let ran = run(&sandbox, &["fmt", "--final-newline", "--force"]);
    assert!(ran.out.contains("gains access"), "{}", ran.out);
    assert_eq!(sandbox.tables().1, "# everybody is refused\n");
    // One that changes no verdict needs no force, and what does not help is said.
    let sandbox = Sandbox::new("ALL: 0.0.0.1\r\n# x", "ALL: ALL\n");
    run(&sandbox, &["fmt", "--final-newline"]);
    assert_eq!(sandbox.tables().0, "ALL: 0.0.0.1\r\n# x\r\n");
    let sandbox = Sandbox::new("ALL: 0.0.0.1\\", "ALL: ALL\n");
    let ran = sandbox.run(&["fmt", "--final-newline"]);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(ran.err.contains("ends with a backslash"), "{}", ran.err);
}

#[test]
fn a_lock_of_anybody_stops_no_change_for_long() {
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "");
    let table = std::fs::File::open(sandbox.path("etc/hosts.allow")).unwrap();
    table.lock_shared().unwrap();
    let start = std::time::Instant::now();
    let ran = run(&sandbox, &["allow", "10.1.2.3"]);
    assert!(start.elapsed() >= std::time::Duration::from_secs(2));
    assert!(
        ran.err
            .contains("another program holds a lock (flock) on /etc/hosts.allow"),
        "{}",
        ran.err
    );
    assert_eq!(sandbox.tables().0, "ALL: 0.0.0.1\nALL: 10.1.2.3\n");
    // A rollback waits for nobody.
    let deny = std::fs::File::open(sandbox.path("etc/hosts.deny")).unwrap();
    let ran = run(&sandbox, &["deny", "10.9.9.9", "--confirm-within", "5s"]);
    deny.lock_shared().unwrap();
    assert_eq!(sandbox.tables().1, "ALL: 10.9.9.9\n", "{}", ran.err);
    let deny = std::fs::File::open(sandbox.path("etc/hosts.deny")).unwrap();
    deny.lock_shared().unwrap();
    let start = std::time::Instant::now();
    while sandbox.tables().1.contains("10.9.9.9") {
        assert!(start.elapsed() < std::time::Duration::from_secs(60));
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn what_was_rolled_back_stays_back() {
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "sshd: 10.1.1.1\n");
    run(&sandbox, &["deny", "10.2.2.2"]);
    let first = sandbox.tables();
    run(&sandbox, &["deny", "10.9.9.9", "--confirm-within", "5s"]);
    let start = std::time::Instant::now();
    while sandbox.tables() != first {
        assert!(start.elapsed() < std::time::Duration::from_secs(60));
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    while sandbox.run(&["history"]).out.lines().count() < 3 {
        assert!(start.elapsed() < std::time::Duration::from_secs(60));
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    for arguments in [
        &["redo"][..],
        &["redo", "2"],
        &["undo", "3"],
        &["undo", "2"],
    ] {
        let ran = sandbox.run(arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.out);
        assert_eq!(sandbox.tables(), first, "{arguments:?}");
    }
    let ran = run(&sandbox, &["undo"]);
    assert!(ran.out.contains("change 4 undoes change 1"), "{}", ran.out);
    assert_eq!(sandbox.tables().1, "sshd: 10.1.1.1\n");
    // One that is undone before it is confirmed is over, too.
    run(&sandbox, &["deny", "10.9.9.9", "--confirm-within", "1h"]);
    run(&sandbox, &["undo"]);
    let ran = sandbox.run(&["redo"]);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert_eq!(sandbox.tables().1, "sshd: 10.1.1.1\n");
}
