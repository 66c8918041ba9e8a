//! Who gains and who loses: what a change says, what it stops at, and that "already" and "nobody" are
//! not said where an exception makes them false.

use super::sandbox::{Ran, Sandbox, alarm};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

fn made(sandbox: &Sandbox, words: &[&str]) -> String {
    let ran = sandbox.run(words);
    assert_eq!(ran.code, Some(0), "{words:?}: {}", ran.err);
    ran.out
}

fn stopped(sandbox: &Sandbox, words: &[&str]) -> String {
    let before = sandbox.tables();
    let ran = sandbox.run(words);
    assert_eq!(ran.code, Some(2), "{words:?}: {}", ran.out);
    assert_eq!(sandbox.tables(), before);
    ran.err
}

#[test]
fn denied_already_is_not_said_where_an_exception_lets_the_client_in() {
    for exception in [
        ".example.org",
        "www.example.org",
        "LOCAL",
        "alice@ALL",
        "*.example.*",
        "@trusted",
        "198.51.100.0/24",
    ] {
        let sandbox = Sandbox::new("ALL: 0.0.0.1\n", &format!("sshd: ALL EXCEPT {exception}\n"));
        let out = made(&sandbox, &["deny", "198.51.100.7", "--daemon", "sshd"]);
        assert!(!out.contains("already"), "{exception}: {out}");
        assert!(
            sandbox.tables().1.ends_with("\nsshd: 198.51.100.7\n"),
            "{exception}: {out}"
        );
        let out = made(&sandbox, &["deny", "198.51.100.7", "--daemon", "sshd"]);
        assert!(
            out.contains("is denied already for sshd"),
            "{exception}: {out}"
        );
    }
    let list = Sandbox::new("ALL: 0.0.0.1\n", "");
    std::fs::write(list.path("etc/list"), ".example.org\n").unwrap();
    std::fs::write(list.path("etc/hosts.deny"), "sshd: ALL EXCEPT /etc/list\n").unwrap();
    let out = made(&list, &["deny", "198.51.100.7", "--daemon", "sshd"]);
    assert!(
        out.contains("198.51.100.7 named .example.org loses access to sshd\n"),
        "{out}"
    );
}

#[test]
fn allowed_already_is_not_said_where_an_exception_keeps_the_client_out() {
    for exception in [".example.org", "www.example.org", "LOCAL", "PARANOID"] {
        let allow = format!("sshd: ALL EXCEPT {exception}\n");
        let sandbox = Sandbox::new(&allow, "ALL: ALL\n");
        let out = made(&sandbox, &["allow", "198.51.100.7", "--daemon", "sshd"]);
        assert!(!out.contains("already"), "{exception}: {out}");
        assert!(
            sandbox.tables().0.ends_with("\nsshd: 198.51.100.7\n"),
            "{out}"
        );
    }
    let sandbox = Sandbox::new(
        "sshd: .evil.example: deny\nsshd: 198.51.100.7\n",
        "ALL: ALL\n",
    );
    let out = made(&sandbox, &["allow", "198.51.100.7", "--daemon", "sshd"]);
    assert!(
        out.contains("198.51.100.7 named .evil.example gains access to sshd\n"),
        "{out}"
    );
}

#[test]
fn an_exception_of_the_other_table_is_told() {
    let sandbox = Sandbox::new(
        "sshd: .example.org\nsshd: alice@ALL\nALL: 0.0.0.1\n",
        "ALL: ALL\n",
    );
    let out = made(&sandbox, &["deny", "198.51.100.7", "--daemon", "sshd"]);
    for line in [
        "an exception from 198.51.100.7 stays in force, for clients there whose name it matches: /etc/hosts.allow:1: `sshd: .example.org`\n",
        "an exception from 198.51.100.7 stays in force, for users that it matches: /etc/hosts.allow:2: `sshd: alice@ALL`\n",
    ] {
        assert!(out.contains(line), "{out}");
    }
}

#[test]
fn nobody_gains_or_loses_is_said_only_where_it_is_so() {
    let sandbox = Sandbox::new("", "sshd: 198.51.100.7\n");
    let out = made(&sandbox, &["deny", "198.51.100.0/24", "--daemon", "sshd"]);
    assert!(!out.contains("nobody gains or loses"), "{out}");
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "sshd: ALL EXCEPT alice@ALL\n");
    let out = made(&sandbox, &["deny", "198.51.100.7", "--daemon", "sshd"]);
    assert!(
        out.contains("198.51.100.7 loses access to sshd, if the user is alice\n"),
        "{out}"
    );
    let sandbox = Sandbox::new("ALL: 0.0.0.1\nALL: 10.1.2.3\n", "ALL: ALL\n");
    let out = made(&sandbox, &["revoke", "10.1.2.3"]);
    assert!(
        out.contains("\n10.1.2.3 loses access to every daemon\n"),
        "{out}"
    );
    let sandbox = Sandbox::new("ALL: 10.1.2.3\n", "");
    let out = made(&sandbox, &["revoke", "10.1.2.3"]);
    assert!(out.contains("\nnobody gains or loses access\n"), "{out}");
}

#[test]
fn deny_all_names_whom_it_keeps() {
    let sandbox = Sandbox::new("ALL: 0.0.0.1 10.1.2.0/24\n", "");
    let out = made(&sandbox, &["deny-all"]);
    assert!(
        out.contains(
            "\nevery client except 0.0.0.1 and 10.1.2.0/24 loses access to every daemon\n"
        ),
        "{out}"
    );
    // Somebody whom a rule of the deny table lets in keeps it.
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "sshd: ALL: allow\n");
    made(&sandbox, &["deny-all"]);
    assert_eq!(sandbox.tables().1, "sshd: ALL: allow\nALL: ALL\n");
}

#[test]
fn a_last_line_that_goes_live_is_not_ended_for_others() {
    for (allow, deny, words) in [
        (
            "sshd: UNKNOWN\nsshd: 192.0.2.",
            "ALL: ALL\n",
            ["allow", "10.1.2.3"],
        ),
        ("sshd: .example.org", "ALL: ALL\n", ["allow", "10.1.2.3"]),
        ("sshd: alice@ALL", "ALL: ALL\n", ["allow", "10.1.2.3"]),
        (
            "ALL: 0.0.0.1\n",
            "sshd: .example.org: allow",
            ["deny", "10.1.2.3"],
        ),
    ] {
        let sandbox = Sandbox::new(allow, deny);
        let err = stopped(&sandbox, &words);
        assert!(err.contains("has no newline"), "{allow}: {err}");
    }
}

#[test]
fn an_alert_refuses_nobody_who_got_in() {
    let alarm = alarm();
    for clients in [
        "ALL EXCEPT 192.0.2.0/24",
        "ALL EXCEPT .example.org",
        "ALL EXCEPT alice@ALL",
        "ALL EXCEPT /etc/list",
        "ALL EXCEPT @trusted",
        "ALL EXCEPT UNKNOWN",
    ] {
        let deny = format!("ALL: {clients}\n");
        let sandbox = Sandbox::new("ALL: 0.0.0.1\n", &deny);
        std::fs::write(sandbox.path("etc/list"), "192.0.2.7\n").unwrap();
        let out = made(&sandbox, &["install-alert"]);
        assert!(
            out.contains("\nnobody gains or loses access"),
            "{clients}: {out}"
        );
        assert!(!out.contains("\nunknown: catches"), "{clients}: {out}");
        let expected = (
            "ALL: 0.0.0.1\n".to_owned(),
            format!("ALL: {clients} : {alarm}\n"),
        );
        assert_eq!(sandbox.tables(), expected);
        made(&sandbox, &["remove-alert"]);
        assert_eq!(sandbox.tables().1, deny);
        // Alone, the rule for the nameless would refuse some of them.
        let err = stopped(&sandbox, &["install-alert", "--on", "unknown"]);
        assert!(err.contains("this was not asked for: "), "{err}");
    }
    let one_daemon = Sandbox::new("ALL: 0.0.0.1\n", "sshd: ALL\n");
    made(&one_daemon, &["install-alert"]);
    assert_eq!(one_daemon.tables().1, format!("sshd: ALL : {alarm}\n"));
}

#[test]
fn where_nobody_is_refused_an_alert_asks_first() {
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "sshd: 198.51.100.7\n");
    let err = stopped(&sandbox, &["install-alert"]);
    assert!(
        err.contains(
            "every client except 0.0.0.1 would lose access to every daemon except sshd; and 1 more"
        ) && err.contains("first run `tcpw deny-all`")
            && err.contains("--force"),
        "{err}"
    );
    made(&sandbox, &["install-alert", "--force"]);
    assert!(sandbox.tables().1.contains("\nALL: ALL : spawn "));
    // A rule that looks as if it refused everybody, and refuses nobody.
    for rule in [
        "vsftpd: ALL EXCEPT ALL: deny\n",
        "vsftpd: ALL a@.example.org EXCEPT ALL: deny\n",
    ] {
        let sandbox = Sandbox::new(&format!("ALL: 0.0.0.1\n{rule}"), "");
        let err = stopped(&sandbox, &["install-alert", "--on", "unlisted"]);
        assert!(err.contains("first run `tcpw deny-all`"), "{err}");
    }
    // Nor does the end of an alert let anybody in.
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "");
    made(&sandbox, &["install-alert", "--on", "unknown", "--force"]);
    let out = made(&sandbox, &["remove-alert"]);
    assert!(out.contains("nobody gains or loses access\n"), "{out}");
    assert_eq!(sandbox.tables().0, "ALL: 0.0.0.1\nALL: UNKNOWN: deny\n");
}

#[test]
fn a_refusal_goes_into_the_allow_table_where_that_decides_for_everybody() {
    for (allow, words, after) in [
        (
            "sshd : ALL : allow\nALL : ALL : deny\n",
            &["deny", "198.51.100.7", "--daemon", "sshd"][..],
            "sshd: 198.51.100.7 : deny\nsshd : ALL : allow\nALL : ALL : deny\n",
        ),
        (
            "ALL: 192.0.2.7\nsshd: 198.51.100.0/24\nALL: ALL: deny\n",
            &["deny", "198.51.100.7"],
            "ALL: 192.0.2.7\nALL: 198.51.100.7 : deny\nsshd: 198.51.100.0/24\nALL: ALL: deny\n",
        ),
        (
            "sshd: ALL\n",
            &["deny", "198.51.100.7", "--daemon", "sshd"],
            "sshd: 198.51.100.7 : deny\nsshd: ALL\n",
        ),
    ] {
        let own = "ALL: 0.0.0.1\n";
        let (allow, after) = (format!("{own}{allow}"), format!("{own}{after}"));
        let sandbox = Sandbox::new(&allow, "");
        let out = made(&sandbox, words);
        assert!(
            out.starts_with("the allow table decides for everybody"),
            "{out}"
        );
        assert_eq!(sandbox.tables(), (after, String::new()));
        let again = made(&sandbox, words);
        assert!(again.contains("denied already"), "{again}");
        made(&sandbox, &["revoke", "198.51.100.7"]);
        assert_eq!(sandbox.tables().0, allow);
    }
    // A rule about this very client is not overruled, and two tables are not one.
    let sandbox = Sandbox::new("sshd: 198.51.100.7\nALL: ALL: deny\n", "");
    stopped(&sandbox, &["deny", "198.51.100.7", "--daemon", "sshd"]);
    let sandbox = Sandbox::new("sshd: 198.51.100.0/24\n", "ALL: ALL\n");
    stopped(&sandbox, &["deny", "198.51.100.7", "--daemon", "sshd"]);
    // As fail2ban asks for it.
    let sandbox = Sandbox::new("sshd : ALL : allow\nALL : ALL : deny\n", "");
    let by = ["--by", "fail2ban/sshd"];
    let ban = [
        "deny",
        "198.51.100.7",
        "--daemon",
        "sshd",
        "--reason",
        "5 failures",
        "--for",
        "1h",
    ];
    made(&sandbox, &[&ban[..], &by].concat());
    assert!(
        sandbox
            .tables()
            .0
            .contains("\nsshd: 198.51.100.7 : deny\nsshd : ALL")
    );
    made(&sandbox, &[&["revoke", "198.51.100.7"][..], &by].concat());
    assert_eq!(sandbox.tables().0, "sshd : ALL : allow\nALL : ALL : deny\n");
}

/// Runs a copy of the program in a directory of the sandbox.
fn copied(sandbox: &Sandbox, directory: &str, mode: u32, words: &[&str]) -> Ran {
    let place = sandbox.path(directory);
    std::fs::create_dir_all(&place).unwrap();
    let program = place.join("tcpw");
    if !program.exists() {
        crate::sandbox::copy_program(env!("CARGO_BIN_EXE_tcpw"), &program);
    }
    std::fs::set_permissions(&place, std::fs::Permissions::from_mode(mode)).unwrap();
    let given = sandbox.command(words);
    let mut command = Command::new(&program);
    command
        .args(given.get_args())
        .env("SSH_CONNECTION", "0.0.0.1 1 0.0.0.2 22");
    sandbox.ran(&mut command)
}

#[test]
fn a_program_that_others_can_change_is_not_installed() {
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "ALL: ALL\n");
    let before = sandbox.tables();
    let ran = copied(&sandbox, "open", 0o777, &["install-alert"]);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(
        ran.err
            .contains("others than root can change /open, and alerts would run it as root")
            && ran
                .err
                .contains("sudo install -o root -g root -m 755 /open/tcpw /usr/local/sbin/"),
        "{}",
        ran.err
    );
    assert_eq!(sandbox.tables(), before);
    let ran = copied(&sandbox, "closed", 0o755, &["install-alert"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
}

#[test]
fn the_path_of_a_moved_program_is_mended_in_rules_and_schedules() {
    let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "ALL: ALL\n");
    for schedule in ["--cron", "--systemd"] {
        let ran = copied(&sandbox, "first", 0o755, &["install-alert", schedule]);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
    }
    // A directory may have the program's name, and need not be there.
    let unit = sandbox.path("etc/systemd/system/tcpw-expire.service");
    let with_directory = std::fs::read_to_string(&unit).unwrap().replace(
        "RequiresMountsFor=/etc ",
        "RequiresMountsFor=/etc /nowhere/tcpw ",
    );
    std::fs::write(&unit, with_directory).unwrap();
    std::fs::remove_dir_all(sandbox.path("first")).unwrap();
    let ran = sandbox.run(&["lint", "--select", "TW604"]);
    assert!(
        ran.out.contains("`tcpw install-alert` writes the path"),
        "{}",
        ran.out
    );
    let ran = copied(
        &sandbox,
        "second",
        0o755,
        &["install-alert", "--on", "unlisted"],
    );
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let (allow, deny) = sandbox.tables();
    let cron = std::fs::read_to_string(sandbox.path("etc/cron.d/tcpw")).unwrap();
    let unit = std::fs::read_to_string(unit).unwrap();
    for text in [&allow, &deny, &cron, &unit] {
        assert!(
            text.contains("/second/tcpw ") && !text.contains("/first/"),
            "{text}"
        );
    }
    assert!(
        unit.contains("\nRequiresMountsFor=/etc /nowhere/tcpw "),
        "{unit}"
    );
}

#[test]
fn a_list_file_with_an_exception_for_the_nameless_grants_by_address() {
    let sandbox = Sandbox::new("ALL: 0.0.0.1\nsshd: /etc/list EXCEPT UNKNOWN\n", "");
    std::fs::write(sandbox.path("etc/list"), "198.51.100.9\n.listed.example\n").unwrap();
    let err = stopped(&sandbox, &["deny", "198.51.100.9"]);
    assert!(
        err.contains("is granted before the deny table is asked"),
        "{err}"
    );
    // About a name it says nothing of the address.
    let out = made(&sandbox, &["deny", "198.51.100.8"]);
    assert!(
        out.contains("an exception from 198.51.100.8 stays in force"),
        "{out}"
    );
}
