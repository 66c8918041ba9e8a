//! `deny` where rules that refuse stand in the allow table, as on FreeBSD and under cPanel: the rule
//! goes before the one that grants, and alerts stay where they are.

use super::sandbox::{Ran, Sandbox, alarm};

/// Both tables, what is denied, the allow table after; the change must go through, hold, be said to
/// hold, and go away again.
fn denies(allow: &str, deny: &str, words: &[&str], after: &str) -> String {
    let own = "ALL: 0.0.0.1\n";
    let (before, after) = (format!("{own}{allow}"), format!("{own}{after}"));
    let sandbox = Sandbox::new(&before, deny);
    let arguments = [&["deny"], words].concat();
    let ran = sandbox.run(&arguments);
    assert_eq!(ran.code, Some(0), "{before}{deny}{words:?}: {}", ran.err);
    assert_eq!(
        sandbox.tables(),
        (after.clone(), deny.to_owned()),
        "{words:?}"
    );
    for client in words.iter().take_while(|word| !word.starts_with('-')) {
        let asked = sandbox.run(&["match", "sshd", client.split('/').next().unwrap()]);
        assert_eq!(asked.code, Some(1), "{client}: {}", asked.out);
    }
    let again = sandbox.run(&arguments);
    assert!(again.out.ends_with("nothing to change\n"), "{}", again.out);
    assert_eq!(sandbox.tables().0, after);
    let revoke = [&["revoke"], words].concat();
    assert_eq!(sandbox.run(&revoke).code, Some(0));
    assert_eq!(sandbox.tables(), (before, deny.to_owned()), "{words:?}");
    ran.out
}

fn refused(allow: &str, deny: &str, words: &[&str]) -> Ran {
    let sandbox = Sandbox::new(allow, deny);
    let before = sandbox.tables();
    let ran = sandbox.run(&[&["deny"], words].concat());
    assert_eq!(ran.code, Some(2), "{allow}{deny}: {}", ran.out);
    assert_eq!(sandbox.tables(), before);
    ran
}

#[test]
fn cpanel_and_freebsd_are_served() {
    // cPanel: pairs for each daemon, no default for all, nothing in the other table.
    let said = denies(
        "sshd : 10.0.0.0/8 : allow\nsshd : ALL : deny\nftpd : ALL : allow\n",
        "# nothing\n",
        &["10.1.2.3"],
        "ALL: 10.1.2.3 : deny\nsshd : 10.0.0.0/8 : allow\nsshd : ALL : deny\nftpd : ALL : allow\n",
    );
    assert!(
        said.starts_with(
            "rules that refuse stand in the allow table, so this one goes there too, before "
        ),
        "{said}"
    );
    // FreeBSD as it is installed, and with a last rule that twists.
    denies(
        "ALL : ALL : allow\nALL : PARANOID : deny\n",
        "",
        &["10.1.2.3"],
        "ALL: 10.1.2.3 : deny\nALL : ALL : allow\nALL : PARANOID : deny\n",
    );
    denies(
        "sshd : 10.0.0.0/8 : allow\nALL : ALL : severity auth.info : twist /bin/echo no\n",
        "",
        &["10.1.2.0/24", "-d", "sshd"],
        "sshd: 10.1.2.0/24 : deny\nsshd : 10.0.0.0/8 : allow\n\
         ALL : ALL : severity auth.info : twist /bin/echo no\n",
    );
    // Single refusals, and nobody else is refused.
    denies(
        "sshd : 10.9.9.9 : deny\nsshd : 10.0.0.0/8\n",
        "",
        &["10.1.2.3", "10.1.2.4"],
        "sshd : 10.9.9.9 : deny\nALL: 10.1.2.3 10.1.2.4 : deny\nsshd : 10.0.0.0/8\n",
    );
    // Nobody grants these: at the end of the table where all rules stand.
    denies(
        "sshd : 10.9.9.9 : deny\n",
        "# nothing\n",
        &["10.1.2.3"],
        "sshd : 10.9.9.9 : deny\nALL: 10.1.2.3 : deny\n",
    );
}

#[test]
fn both_tables_may_refuse() {
    // The other table has rules of its own, which stay the place for clients that nobody grants.
    let deny = "sshd: 192.0.2.1\n";
    denies(
        "sshd : 10.9.9.9 : deny\nsshd : 10.0.0.0/8\n",
        deny,
        &["10.1.2.3"],
        "sshd : 10.9.9.9 : deny\nALL: 10.1.2.3 : deny\nsshd : 10.0.0.0/8\n",
    );
    let sandbox = Sandbox::new("ALL: 0.0.0.1\nsshd : 10.9.9.9 : deny\n", deny);
    assert_eq!(sandbox.run(&["deny", "10.1.2.3"]).code, Some(0));
    assert_eq!(sandbox.tables().1, format!("{deny}ALL: 10.1.2.3\n"));
    // Two tables of the usual kind are not one, with an alert in the allow table or without.
    let usual = refused("ALL: 0.0.0.1\nsshd: 10.\n", "ALL: ALL\n", &["10.1.2.3"]);
    assert!(usual.err.contains("EXCEPT 10.1.2.3"), "{}", usual.err);
    let alert = format!("ALL: 0.0.0.1\nsshd: 10.\nALL: UNKNOWN: {}\n", alarm());
    let usual = refused(&alert, "ALL: ALL\n", &["10.1.2.3"]);
    assert!(usual.err.contains("is granted before"), "{}", usual.err);
    // A rule about this very client is a conflict, not one to overrule.
    let same = refused(
        "ALL: 0.0.0.1\nsshd: 10.1.2.3\nsshd: ALL: deny\n",
        "",
        &["10.1.2.3"],
    );
    assert!(same.err.contains("in conflict"), "{}", same.err);
}

#[test]
fn alerts_stay_in_their_place_and_go_on_being_raised() {
    let alert = alarm();
    let last = format!("ALL: ALL: {alert}\n");
    denies(
        &format!("sshd: 10.0.0.0/8\n{last}"),
        "",
        &["10.1.2.3"],
        &format!("ALL: 10.1.2.3 : deny\nsshd: 10.0.0.0/8\n{last}"),
    );
    // The one for clients without a name comes after all that grants, or the operator moved it.
    let nameless = format!("ALL: UNKNOWN: {alert}\n");
    for (allow, after) in [
        (
            format!("sshd: 10.0.0.0/8\n{nameless}ALL: ALL: deny\n"),
            format!("ALL: 10.1.2.3 : deny\nsshd: 10.0.0.0/8\n{nameless}ALL: ALL: deny\n"),
        ),
        (
            format!("{nameless}sshd: 10.0.0.0/8\nALL: ALL: deny\n"),
            format!("{nameless}ALL: 10.1.2.3 : deny\nsshd: 10.0.0.0/8\nALL: ALL: deny\n"),
        ),
    ] {
        denies(&allow, "", &["10.1.2.3"], &after);
    }
    // A stranger still raises it, and an alert is installed after the refusal, not before it.
    let sandbox = Sandbox::new("ALL: 0.0.0.1\nsshd: 10.0.0.0/8\nALL: ALL: deny\n", "");
    assert_eq!(sandbox.run(&["deny", "10.1.2.3"]).code, Some(0));
    let ran = sandbox.run(&["install-alert"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let (allow, deny) = sandbox.tables();
    let lines: Vec<&str> = allow.lines().collect();
    assert_eq!(
        lines[..3],
        ["ALL: 0.0.0.1", "ALL: 10.1.2.3 : deny", "sshd: 10.0.0.0/8"]
    );
    assert!(
        lines[3..].iter().all(|line| line.contains("spawn ")),
        "{allow}"
    );
    assert_eq!(deny, "");
    let stranger = sandbox.run(&["match", "sshd", "198.51.100.9"]);
    assert!(stranger.out.contains("spawn"), "{}", stranger.out);
    let denied = sandbox.run(&["match", "sshd", "10.1.2.3"]);
    assert!(!denied.out.contains("spawn"), "{}", denied.out);
}

#[test]
fn the_guard_is_asked_there_too() {
    let allow = "sshd : 10.0.0.0/8 : allow\nsshd : ALL : deny\n";
    let sandbox = Sandbox::new(allow, "");
    let session = |words: &[&str]| {
        let mut command = sandbox.command(words);
        command.env("SSH_CONNECTION", "10.1.2.3 1 10.1.2.1 22");
        sandbox.ran(&mut command)
    };
    let ran = session(&["deny", "10.1.2.0/24"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.err.contains("your own session from 10.1.2.3"),
        "{}",
        ran.err
    );
    assert_eq!(sandbox.tables().0, allow);
    assert_eq!(session(&["deny", "10.1.3.0/24"]).code, Some(0));
    assert_eq!(session(&["deny", "10.1.2.0/24", "-f"]).code, Some(0));
}

/// Of a large table only some lines are looked at: the place is the same.
#[test]
fn a_large_table_gets_the_rule_in_the_same_place() {
    let many = (0..20_000)
        .map(|n| format!("sshd : 11.{}.{}.7\n", n / 250, n % 250))
        .collect::<Vec<_>>()
        .concat();
    for refusing in ["sshd : 10.9.9.9 : deny\n", "sshd : ALL : deny\n"] {
        let (first, rest) = if refusing.contains("ALL") {
            ("", refusing)
        } else {
            (refusing, "")
        };
        let allow = format!("ALL: 0.0.0.1\n{first}{many}sshd : 10.0.0.0/8\n{rest}");
        let sandbox = Sandbox::new(&allow, "");
        let ran = sandbox.run(&["deny", "10.1.2.3"]);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let expected =
            format!("ALL: 0.0.0.1\n{first}{many}ALL: 10.1.2.3 : deny\nsshd : 10.0.0.0/8\n{rest}");
        assert!(sandbox.tables().0 == expected, "{refusing}");
    }
}
