//! Where rules go, what is in conflict, what holds already.

use super::sandbox::{Ran, Sandbox};

#[test]
fn a_change_shows_its_diff_and_a_second_run_changes_nothing() {
    let sandbox = Sandbox::new("# mine\n", "");
    let diff = "--- /etc/hosts.allow\n+++ /etc/hosts.allow\n@@ -1 +1,2 @@\n # mine\n\
                +sshd vsftpd: 10.1.2.0/24 [2001:db8::1] .example.org\n";
    let arguments = [
        "allow",
        "10.1.2.0/24",
        "2001:DB8::1",
        ".Example.org",
        "--daemon",
        "sshd",
        "--daemon",
        "vsftpd",
    ];
    let mut dry = arguments.to_vec();
    dry.push("--dry-run");
    let expected = |end: &str| Ran {
        code: Some(0),
        out: format!("{diff}{end}\n"),
        err: String::new(),
    };
    assert_eq!(
        sandbox.run(&dry),
        expected("nobody gains or loses access\ndry run: nothing was written")
    );
    assert_eq!(sandbox.tables().0, "# mine\n");
    assert_eq!(
        sandbox.run(&arguments),
        expected(
            "changed /etc/hosts.allow\nnobody gains or loses access\nthis is change 1: `tcpw undo` undoes it"
        )
    );
    let after = sandbox.tables();
    assert_eq!(
        after.0,
        "# mine\nsshd vsftpd: 10.1.2.0/24 [2001:db8::1] .example.org\n"
    );
    let again = sandbox.run(&arguments);
    assert_eq!((again.code, again.err.as_str()), (Some(0), ""));
    assert_eq!(again.out.lines().count(), 7, "{}", again.out);
    assert!(again.out.starts_with(
        "10.1.2.0/24 is allowed already for sshd, by /etc/hosts.allow:2: `sshd vsftpd: "
    ));
    assert!(again.out.ends_with("nothing to change\n"));
    assert_eq!(sandbox.tables(), after);
    assert_eq!(sandbox.names(), ["hosts.allow", "hosts.deny"]);
}

#[test]
fn a_range_becomes_the_fewest_networks_and_is_revoked_as_one() {
    let sandbox = Sandbox::new("# mine\n", "");
    assert_eq!(sandbox.run(&["allow", "10.0.0.5-10.0.0.20"]).code, Some(0));
    let rule = "ALL: 10.0.0.5 10.0.0.6/31 10.0.0.8/29 10.0.0.16/30 10.0.0.20\n";
    assert_eq!(sandbox.tables().0, format!("# mine\n{rule}"));
    assert_eq!(sandbox.run(&["revoke", "10.0.0.5-10.0.0.20"]).code, Some(0));
    assert_eq!(sandbox.tables().0, "# mine\n");
    let ran = sandbox.run(&["allow", "10.0.0.20-10.0.0.5"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("it ends before it begins"), "{}", ran.err);
}

#[test]
fn colours_only_when_they_are_wanted() {
    let sandbox = Sandbox::new("", "");
    let colored = sandbox.run(&["deny", "10.1.2.3", "--dry-run", "--color", "always"]);
    assert!(
        colored.out.contains("\u{1b}[32m+ALL: 10.1.2.3\u{1b}[0m\n"),
        "{}",
        colored.out
    );
    assert!(
        !sandbox
            .run(&["deny", "10.1.2.3", "--dry-run"])
            .out
            .contains('\u{1b}')
    );
}

/// Tables before, arguments, tables after; the change must go through.
fn changes(allow: &str, deny: &str, arguments: &[&str], allow_after: &str, deny_after: &str) {
    let sandbox = Sandbox::new(allow, deny);
    let ran = sandbox.run(arguments);
    assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.err);
    let after = (allow_after.to_owned(), deny_after.to_owned());
    assert_eq!(sandbox.tables(), after, "{arguments:?}");
    let again = sandbox.run(arguments);
    assert_eq!(again.code, Some(0), "again {arguments:?}: {}", again.err);
    assert!(again.out.contains("nothing to change\n"), "{}", again.out);
    assert_eq!(sandbox.tables(), after, "again {arguments:?}");
}

/// The change must be refused, with all `words` in the message, and nothing written.
fn refuses(allow: &str, deny: &str, arguments: &[&str], words: &[&str]) {
    let sandbox = Sandbox::new(allow, deny);
    let before = sandbox.tables();
    let ran = sandbox.run(arguments);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (Some(2), ""),
        "{arguments:?} on {allow:?}"
    );
    for word in words {
        assert!(ran.err.contains(word), "{word:?} is not in {}", ran.err);
    }
    assert_eq!(sandbox.tables(), before);
    assert_eq!(sandbox.names(), ["hosts.allow", "hosts.deny"]);
}

#[test]
fn an_allow_rule_goes_in_front_of_the_first_rule_that_would_decide_otherwise() {
    let allow = ["allow", "10.1.2.3"];
    changes(
        "sshd: 10.9.\nALL: UNKNOWN: deny\n",
        "ALL: ALL\n",
        &allow,
        "sshd: 10.9.\nALL: 10.1.2.3\nALL: UNKNOWN: deny\n",
        "ALL: ALL\n",
    );
    changes(
        "# a\nALL: PARANOID: deny\nsshd: .x.org\nALL: ALL: deny\n",
        "",
        &allow,
        "# a\nALL: 10.1.2.3\nALL: PARANOID: deny\nsshd: .x.org\nALL: ALL: deny\n",
        "",
    );
    // A broader rule is overruled by a narrower request.
    changes(
        "sshd: 10.: deny\n",
        "",
        &allow,
        "ALL: 10.1.2.3\nsshd: 10.: deny\n",
        "",
    );
    // Another daemon's rule is another matter.
    changes(
        "vsftpd: ALL: deny\n",
        "",
        &["allow", "10.1.2.3", "--daemon", "sshd"],
        "vsftpd: ALL: deny\nsshd: 10.1.2.3\n",
        "",
    );
    // An exception in front stays an exception.
    changes(
        "ALL: 10.1.2.3: deny\nALL: UNKNOWN: deny\n",
        "",
        &["allow", "10.1.0.0/16"],
        "ALL: 10.1.2.3: deny\nALL: 10.1.0.0/16\nALL: UNKNOWN: deny\n",
        "",
    );
    // Clients that want different places get rules of their own.
    changes(
        "ALL: 10.0.0.0/8: deny\nsshd: 11.1.1.1\n",
        "",
        &["allow", "10.1.2.3", "12.1.1.1"],
        "ALL: 10.1.2.3\nALL: 10.0.0.0/8: deny\nsshd: 11.1.1.1\nALL: 12.1.1.1\n",
        "",
    );
}

#[test]
fn a_deny_rule_is_appended_and_held_by_any_refusal() {
    let deny = ["deny", "10.1.2.3"];
    changes("", "# x\n", &deny, "", "# x\nALL: 10.1.2.3\n");
    changes("", "ALL: ALL\n", &deny, "", "ALL: ALL\n");
    changes(
        "sshd: 10.2.\n",
        "sshd: ALL: allow\n",
        &deny,
        "sshd: 10.2.\n",
        "ALL: 10.1.2.3\nsshd: ALL: allow\n",
    );
}

#[test]
fn a_rule_about_the_same_clients_is_a_conflict() {
    let allow = ["allow", "10.1.2.3", "--daemon", "sshd"];
    for (table, line) in [
        ("sshd: 10.1.2.3: deny\n", ":1: `sshd: 10.1.2.3: deny`"),
        (
            "# a\nALL: 10.1.2.0/255.255.255.255 10.1.2.3/32: deny\n",
            ":2: `ALL:",
        ),
        (
            "sshd: 10. EXCEPT 10.1.2.3\nALL: ALL: deny\n",
            ":1: `sshd: 10. EXCEPT 10.1.2.3`",
        ),
    ] {
        refuses(
            table,
            "ALL: ALL\n",
            &allow,
            &[
                "10.1.2.3 for sshd",
                "/etc/hosts.allow",
                line,
                "nothing was written",
            ],
        );
    }
    refuses("", "ALL: 10.1.2.3\n", &allow, &["/etc/hosts.deny:1"]);
    // One that the new rule would overrule.
    refuses(
        "ALL: UNKNOWN: deny\nsshd: 10.1.2.3: deny\n",
        "",
        &["allow", "10.1.0.0/16"],
        &["/etc/hosts.allow:2: `sshd: 10.1.2.3: deny`"],
    );
    refuses(
        "",
        "ALL: 10.1.2.3\n",
        &["allow", "10.0.0.0/8"],
        &["/etc/hosts.deny:1"],
    );
    let deny = ["deny", "10.1.2.3"];
    refuses(
        "sshd: ALL\n",
        "",
        &deny,
        &["/etc/hosts.allow:1: `sshd: ALL`", "EXCEPT 10.1.2.3"],
    );
    refuses("", "sshd: 10.1.2.3: allow\n", &deny, &["/etc/hosts.deny:1"]);
}

#[test]
fn an_unreadable_end_is_repaired_or_refused_never_lost() {
    changes(
        "# end",
        "",
        &["allow", "10.1.2.3"],
        "# end\nALL: 10.1.2.3\n",
        "",
    );
    changes(
        "sshd: 0.0.0.1\n",
        "ALL : ALL",
        &["deny", "10.1.2.3"],
        "sshd: 0.0.0.1\n",
        "ALL : ALL\n",
    );
    let no_newline = ["no newline", "nothing was written"];
    refuses(
        "ALL: 10.2.2.2",
        "ALL: ALL\n",
        &["allow", "10.1.2.3"],
        &no_newline,
    );
    refuses("", "# all are refused", &["deny", "10.1.2.3"], &no_newline);
    let long = format!("ALL: {}\n", "10.1.1.1 ".repeat(300));
    refuses(&long, "", &["allow", "10.1.2.3"], &["2046", "split"]);
}

#[test]
fn many_clients_are_split_over_lines_libwrap_reads() {
    let clients: Vec<String> = (0..500)
        .map(|n| format!("10.0.{}.{}", n / 250, n % 250))
        .collect();
    let sandbox = Sandbox::new("", "ALL: ALL\n");
    let mut arguments = vec!["allow"];
    arguments.extend(clients.iter().map(String::as_str));
    assert_eq!(sandbox.run(&arguments).code, Some(0));
    let (allow, _) = sandbox.tables();
    assert!(allow.lines().count() > 1 && allow.lines().all(|line| line.len() <= 2046));
    assert_eq!(
        allow
            .split_whitespace()
            .filter(|word| *word != "ALL:")
            .count(),
        500
    );
}

#[test]
fn words_that_libwrap_would_not_match_are_refused() {
    for (client, offer) in [
        ("10.1.2.3/24", "10.1.2.0/24"),
        ("0.0.0.0/0", "0.0.0.0/1"),
        ("a b", "own"),
    ] {
        refuses("", "", &["allow", client], &[offer]);
    }
    refuses("", "", &["allow", "10.1.2.3", "--daemon", "ssh"], &["sshd"]);
}
