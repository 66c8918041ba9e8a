//! What is taken off the lists again, and what still holds then.

use super::sandbox::{Sandbox, named};

/// The allow table before, the clients, the allow table after.
fn revokes(before: &str, clients: &[&str], after: &str) {
    let sandbox = Sandbox::new(before, "");
    let arguments = [&["revoke"], clients].concat();
    let ran = sandbox.run(&arguments);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{before}");
    assert_eq!(sandbox.tables().0, after, "{before}");
    let again = sandbox.run(&arguments);
    assert!(again.out.ends_with("nothing to change\n"), "{}", again.out);
    assert_eq!(sandbox.tables().0, after);
}

/// The allow table before, the clients, the allow table after.
const CASES: &[(&str, &[&str], &str)] = &[
    ("sshd: 10.0.0.1\n", &["10.0.0.1"], ""),
    (
        "# a\nsshd: 10.0.0.1 : spawn x\n# b\n",
        &["10.0.0.1"],
        "# a\n# b\n",
    ),
    (
        "sshd: 10.0.0.1 10.0.0.2\n",
        &["10.0.0.1"],
        "sshd: 10.0.0.2\n",
    ),
    (
        "sshd: 10.0.0.1 10.0.0.2\n",
        &["10.0.0.2"],
        "sshd: 10.0.0.1\n",
    ),
    (
        "sshd: a.example, 10.0.0.2 , 10.0.0.3\n",
        &["10.0.0.2"],
        "sshd: a.example, 10.0.0.3\n",
    ),
    (
        "sshd: 10.0.0.1,10.0.0.2,10.0.0.3:allow\n",
        &["10.0.0.2", "10.0.0.3"],
        "sshd: 10.0.0.1:allow\n",
    ),
    (
        "sshd: 10.0.0.1 10.0.0.2 10.0.0.3\n",
        &["10.0.0.1", "10.0.0.3"],
        "sshd: 10.0.0.2\n",
    ),
    (
        "sshd: 10.0.0.1 \\\n 10.0.0.2\n",
        &["10.0.0.2"],
        "sshd: 10.0.0.1\n",
    ),
    (
        "sshd: 10.0.0.1 \\\n 10.0.0.2\n",
        &["10.0.0.1"],
        "sshd: 10.0.0.2\n",
    ),
    (
        "sshd: 10.0.1. .example.org [2001:DB8::]/32\n",
        &["10.0.1.0/24", "2001:db8::/32", ".example.org"],
        "",
    ),
    (
        "sshd: 10.0.0.1 A.example EXCEPT 10.0.0.1\n",
        &["a.example"],
        "sshd: 10.0.0.1 EXCEPT 10.0.0.1\n",
    ),
    (
        "sshd: ALL EXCEPT 10.0.0.1\n",
        &["10.0.0.1"],
        "sshd: ALL EXCEPT 10.0.0.1\n",
    ),
    (
        "sshd: bob@10.0.0.1\n",
        &["10.0.0.1"],
        "sshd: bob@10.0.0.1\n",
    ),
    (
        "sshd: 10.0.0.1\nALL: 10.0.0.1 10.0.0.2\n",
        &["10.0.0.1"],
        "ALL: 10.0.0.2\n",
    ),
];

#[test]
fn one_of_several_or_the_whole_rule() {
    for (before, clients, after) in CASES {
        revokes(before, clients, after);
    }
    let words = "since=2026-11-22T19:30:00Z by=alice";
    let rule = named(words, "sshd: 10.0.0.1");
    revokes(&format!("{rule}# b\n"), &["10.0.0.1"], "# b\n");
    // The comment follows what is left of the rule.
    let [both, one] =
        ["10.0.0.1 10.0.0.2", "10.0.0.2"].map(|clients| named(words, &format!("sshd: {clients}")));
    revokes(&both, &["10.0.0.1"], &one);
    // The comment of another rule stays.
    let orphan = rule.replace("sshd:", "ALL:");
    let comment = orphan.lines().next().unwrap();
    revokes(&orphan, &["10.0.0.1"], &format!("{comment}\n"));
}

#[test]
fn it_says_what_still_holds() {
    let sandbox = Sandbox::new(
        "ALL: 0.0.0.1\nsshd: 10.0.0.1 10.0.0.2\nsshd: 10.0.0.\n",
        "vsftpd: 10.0.0.1\nALL: ALL\n",
    );
    let ran = sandbox.run(&["revoke", "10.0.0.1"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    for line in [
        "10.0.0.1 is still allowed, at least in part, by /etc/hosts.allow:3: `sshd: 10.0.0.`\n",
        "10.0.0.1 is still denied, at least in part, by /etc/hosts.deny:1: `ALL: ALL`\n",
    ] {
        assert!(ran.out.contains(line), "{}", ran.out);
    }
    let expected = "ALL: 0.0.0.1\nsshd: 10.0.0.2\nsshd: 10.0.0.\n".to_owned();
    assert_eq!(sandbox.tables(), (expected, "ALL: ALL\n".to_owned()));
}

#[test]
fn it_undoes_allow_and_deny_and_asks_the_guard() {
    let sandbox = Sandbox::new("# mine\nALL: 0.0.0.1\n", "# theirs\nALL: ALL\n");
    let before = sandbox.tables();
    let clients = ["10.1.2.3", "10.2.0.0/16", "2001:db8::/32", ".example.org"];
    let allow = [&["allow", "--reason", "visit"], &clients[..]].concat();
    let revoke = [&["revoke"], &clients[..]].concat();
    assert_eq!(sandbox.run(&allow).code, Some(0));
    assert_ne!(sandbox.tables(), before);
    let ran = sandbox.ran(
        sandbox
            .command(&revoke)
            .env("SSH_CONNECTION", "10.2.3.4 1 10.1.2.1 22"),
    );
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("10.2.3.4 would be refused"), "{}", ran.err);
    assert_eq!(sandbox.run(&revoke).code, Some(0));
    assert_eq!(sandbox.tables(), before);
    assert_eq!(sandbox.run(&["revoke", "1.2.3"]).code, Some(2));
}

/// The allow table before, the words, the allow table after, and what is said of what remains.
const FOR_ONE: &[(&str, &str, &str, &str)] = &[
    (
        "sshd: 10.0.0.1\nvsftpd: 10.0.0.1\n",
        "10.0.0.1 -d sshd",
        "vsftpd: 10.0.0.1\n",
        "",
    ),
    (
        "sshd vsftpd: 10.0.0.1\n",
        "10.0.0.1 -d sshd",
        "vsftpd: 10.0.0.1\n",
        "",
    ),
    (
        "sshd, vsftpd, in.ftpd: 10.0.0.1 : spawn x\n",
        "10.0.0.1 --daemon sshd --daemon in.ftpd",
        "vsftpd: 10.0.0.1 : spawn x\n",
        "",
    ),
    (
        "sshd vsftpd: 10.0.0.1 10.0.0.2 EXCEPT 10.0.0.3 : allow\n# b\n",
        "10.0.0.1 -d SSHD",
        "vsftpd: 10.0.0.1 10.0.0.2 EXCEPT 10.0.0.3 : allow\n\
             sshd: 10.0.0.2 EXCEPT 10.0.0.3 : allow\n# b\n",
        "",
    ),
    ("sshd vsftpd: 10.0.0.1\n", "10.0.0.1 -d ALL", "", ""),
    (
        "sshd vsftpd: 10.0.0.1\n",
        "10.0.0.1 -d sshd -d vsftpd",
        "",
        "",
    ),
    (
        "vsftpd: 10.0.0.1\n",
        "10.0.0.1 -d sshd",
        "vsftpd: 10.0.0.1\n",
        "",
    ),
    // Rules that do not name the daemon stay, and are reported.
    (
        "ALL: 10.0.0.1\n",
        "10.0.0.1 -d sshd",
        "ALL: 10.0.0.1\n",
        "`ALL: 10.0.0.1`",
    ),
    (
        "sshd ALL: 10.0.0.1\n",
        "10.0.0.1 -d sshd",
        "ALL: 10.0.0.1\n",
        "`ALL: 10.0.0.1`",
    ),
    (
        "ALL EXCEPT vsftpd: 10.0.0.1\n",
        "10.0.0.1 -d sshd",
        "ALL EXCEPT vsftpd: 10.0.0.1\n",
        "`ALL EXCEPT vsftpd: 10.0.0.1`",
    ),
    (
        "sshd vsftpd: 10.0.0.1\nsshd vsftpd: 10.0.0.\n",
        "10.0.0.1 -d sshd",
        "vsftpd: 10.0.0.1\nsshd vsftpd: 10.0.0.\n",
        "`sshd vsftpd: 10.0.0.`",
    ),
];

#[test]
fn for_one_daemon_the_others_keep_what_they_have() {
    for (before, words, after, remains) in FOR_ONE.iter().copied() {
        let sandbox = Sandbox::new(before, "");
        let words: Vec<&str> = ["revoke"].into_iter().chain(words.split(' ')).collect();
        let ran = sandbox.run(&words);
        assert_eq!(
            (ran.code, ran.err.as_str()),
            (Some(0), ""),
            "{before}{words:?}"
        );
        assert_eq!(sandbox.tables().0, after, "{before}{words:?}");
        assert_eq!(
            ran.out.contains("is still allowed"),
            !remains.is_empty(),
            "{}",
            ran.out
        );
        assert!(ran.out.contains(remains), "{}", ran.out);
        let again = sandbox.run(&words);
        assert!(again.out.ends_with("nothing to change\n"), "{}", again.out);
        assert_eq!(sandbox.tables().0, after);
    }
}

/// Both parts of a rule have its comment, each with its own identity, so that both run out.
#[test]
fn a_parted_rule_keeps_its_comment() {
    let words = "since=2026-11-22T19:30:00Z until=2999-01-01T00:00:00Z by=alice";
    let sandbox = Sandbox::new(&named(words, "sshd vsftpd: 10.0.0.1 10.0.0.2"), "");
    let ran = sandbox.run(&["revoke", "10.0.0.1", "-d", "sshd"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let first = named(words, "vsftpd: 10.0.0.1 10.0.0.2");
    let second = named(words, "sshd: 10.0.0.2");
    assert_eq!(sandbox.tables().0, format!("{first}{second}"));
    let lint = sandbox.run(&["lint", "--select", "TW12"]);
    assert_eq!(lint.code, Some(0), "{}", lint.out);
}

/// Whoever loses more than was asked for is seen before it is written.
#[test]
fn only_the_daemon_asked_for_loses() {
    let sandbox = Sandbox::new("sshd vsftpd: 10.0.0.1\n", "ALL: ALL EXCEPT 0.0.0.1\n");
    let ran = sandbox.run(&["revoke", "10.0.0.1", "-d", "sshd", "-n"]);
    assert!(
        ran.out.contains("10.0.0.1 loses access to sshd\n"),
        "{}{}",
        ran.out,
        ran.err
    );
}
