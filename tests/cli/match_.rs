//! `tcpw match`: the verdict, the deciding rule and why, on the screen and in batches.

use crate::sandbox::Sandbox;

const ALLOW: &str = "\
# Friends.
sshd: 10.1.2.0/24 .example.org EXCEPT bad.example.org
sshd: 192.0.2.7 : severity auth.info : allow
ALL: UNKNOWN: spawn /usr/sbin/tcpw notify --addr %a --daemon %d -- %h: deny
";
const DENY: &str = "ALL: ALL\n";

fn stage() -> Sandbox {
    Sandbox::new().allow(ALLOW).deny(DENY)
}

#[test]
fn a_friend_is_granted_by_its_rule() {
    stage()
        .run(&["match", "sshd", "10.1.2.3"])
        .stdout(
            "granted: sshd from 10.1.2.3\n  \
             [ROOT]/etc/hosts.allow:2: \
             sshd: 10.1.2.0/24 .example.org EXCEPT bad.example.org\n  \
             because `sshd` matches the daemon and `10.1.2.0/24` is the network of 10.1.2.3\n",
        )
        .done();
}

#[test]
fn a_stranger_without_a_name_is_denied_and_the_command_is_shown() {
    stage()
        .run(&["match", "sshd", "203.0.113.9"])
        .code(1)
        .stdout(
            "denied: sshd from 203.0.113.9\n  \
             [ROOT]/etc/hosts.allow:4: \
             ALL: UNKNOWN: spawn /usr/sbin/tcpw notify --addr %a --daemon %d -- %h: deny\n  \
             because `ALL` matches the daemon and `UNKNOWN` matches because the client's name or \
             address is unknown\n  \
             its option `deny` denies, in the allow table\n  \
             runs: /usr/sbin/tcpw notify --addr 203.0.113.9 --daemon sshd -- 203.0.113.9\n",
        )
        .done();
}

#[test]
fn names_are_taken_from_the_option_and_exceptions_hold() {
    let stage = stage()
        .run(&["match", "sshd", "203.0.113.9", "--name", "good.example.org"])
        .stdout(
            "granted: sshd from 203.0.113.9\n  \
             [ROOT]/etc/hosts.allow:2: \
             sshd: 10.1.2.0/24 .example.org EXCEPT bad.example.org\n  \
             because `sshd` matches the daemon and `.example.org` matches the address \
             203.0.113.9 or the name good.example.org\n",
        )
        .done();
    stage
        .run(&["match", "sshd", "203.0.113.9", "--name", "bad.example.org"])
        .code(1)
        .stdout(
            "denied: sshd from 203.0.113.9\n  \
             [ROOT]/etc/hosts.deny:1: ALL: ALL\n  \
             because `ALL` matches the daemon and `ALL` matches every client\n",
        )
        .done();
}

#[test]
fn without_tables_everybody_is_granted() {
    Sandbox::new()
        .run(&["match", "sshd", "203.0.113.9"])
        .stdout(
            "granted: sshd from 203.0.113.9\n  \
             no rule matches, so libwrap grants\n",
        )
        .stderr(
            "tcpw: [ROOT]/etc/hosts.allow does not exist: taken as an empty table\n\
             tcpw: [ROOT]/etc/hosts.deny does not exist: taken as an empty table\n",
        )
        .done();
}

#[test]
fn what_cannot_be_told_is_exit_code_2() {
    let table = "sshd: 10.: aclexec /bin/check %a\n";
    let stage = Sandbox::new()
        .allow(table)
        .deny(DENY)
        .run(&["match", "sshd", "10.1.1.1"])
        .code(2)
        .stdout(
            "undecided: sshd from 10.1.1.1\n  \
             [ROOT]/etc/hosts.allow:1: sshd: 10.: aclexec /bin/check %a\n  \
             because `sshd` matches the daemon and `10.` matches the address 10.1.1.1\n  \
             it depends on whether the command of aclexec succeeds\n  \
             asks: /bin/check 10.1.1.1\n  \
             if the command succeeds: granted by [ROOT]/etc/hosts.allow:1\n  \
             if the command fails: denied by [ROOT]/etc/hosts.deny:1\n",
        )
        .done();
    stage
        .run(&["match", "sshd", "10.1.1.1", "--aclexec", "false"])
        .code(1)
        .stdout(
            "denied: sshd from 10.1.1.1\n  \
             [ROOT]/etc/hosts.deny:1: ALL: ALL\n  \
             because `ALL` matches the daemon and `ALL` matches every client\n  \
             asks: /bin/check 10.1.1.1 (taken to be a command that fails)\n",
        )
        .done();
}

/// What a command that nobody runs cannot change is certain (F-ACL-01, F-ACL-03, F-ACL-04).
#[test]
#[expect(
    clippy::too_many_lines,
    reason = "a table of daemons and what is said of them"
)]
fn what_no_command_can_change_is_granted_or_denied() {
    let allow = "\
sshd: ALL: aclexec /bin/check %a : allow
vsftpd: ALL: aclexec /bin/check %a &
smtpd: ALL: aclexec /bin/check %a : deny
slapd: ALL: aclexec /bin/check %a
";
    let deny = "sshd vsftpd smtpd: ALL\n";
    for (daemon, code, expected) in [
        (
            "sshd",
            0,
            "granted: sshd from 10.1.1.1\n  \
             [ROOT]/etc/hosts.allow:1: sshd: ALL: aclexec /bin/check %a : allow\n  \
             because `sshd` matches the daemon and `ALL` matches every client\n  \
             its option `allow` grants, whatever the command of aclexec says\n  \
             asks: /bin/check 10.1.1.1\n",
        ),
        (
            "vsftpd",
            0,
            "granted: vsftpd from 10.1.1.1\n  \
             [ROOT]/etc/hosts.allow:2: vsftpd: ALL: aclexec /bin/check %a &\n  \
             because `vsftpd` matches the daemon and `ALL` matches every client\n  \
             asks: /bin/check 10.1.1.1 & (always succeeds, whatever its programs do)\n",
        ),
        (
            "smtpd",
            1,
            "denied: smtpd from 10.1.1.1\n  \
             [ROOT]/etc/hosts.allow:3: smtpd: ALL: aclexec /bin/check %a : deny\n  \
             because `smtpd` matches the daemon and `ALL` matches every client\n  \
             its option `deny` denies, whatever the command of aclexec says\n  \
             asks: /bin/check 10.1.1.1\n",
        ),
        (
            "slapd",
            0,
            "granted: slapd from 10.1.1.1\n  \
             [ROOT]/etc/hosts.allow:4: slapd: ALL: aclexec /bin/check %a\n  \
             because `slapd` matches the daemon and `ALL` matches every client\n  \
             granted whatever the command of aclexec says\n  \
             asks: /bin/check 10.1.1.1\n  \
             if the command succeeds: granted by [ROOT]/etc/hosts.allow:4\n  \
             if the command fails: granted, because no other rule applies\n",
        ),
    ] {
        Sandbox::new()
            .allow(allow)
            .deny(deny)
            .run(&["match", daemon, "10.1.1.1"])
            .code(code)
            .stdout(expected)
            .done();
    }
    Sandbox::new()
        .allow(allow)
        .deny(deny)
        .stdin("sshd\t10.1.1.1\nvsftpd\t10.1.1.1\nsmtpd\t10.1.1.1\nslapd\t10.1.1.1\n")
        .run(&["match", "--batch"])
        .stdout(
            "granted\t[ROOT]/etc/hosts.allow:1\n\
             granted\t[ROOT]/etc/hosts.allow:2\n\
             denied\t[ROOT]/etc/hosts.allow:3\n\
             granted\t[ROOT]/etc/hosts.allow:4\n",
        )
        .done();
    // That a command which ends in & fails is not to be had.
    Sandbox::new()
        .allow(allow)
        .deny(deny)
        .stdin("vsftpd\t10.1.1.1\n")
        .run(&["match", "--batch", "--aclexec", "false"])
        .stdout("granted\t[ROOT]/etc/hosts.allow:2\n")
        .done();
}

/// Two commands, one in each table: three ways, told to people and to programs.
#[test]
fn every_way_is_told_with_what_it_runs() {
    let stage = Sandbox::new()
        .allow("sshd: ALL: aclexec /bin/check %a\n")
        .deny("ALL: ALL: spawn /bin/log %a : aclexec /bin/bad %a\n")
        .run(&["match", "sshd", "10.1.1.1"])
        .code(2)
        .stdout(
            "undecided: sshd from 10.1.1.1\n  \
             [ROOT]/etc/hosts.allow:1: sshd: ALL: aclexec /bin/check %a\n  \
             because `sshd` matches the daemon and `ALL` matches every client\n  \
             it depends on whether the command of aclexec succeeds\n  \
             asks: /bin/check 10.1.1.1\n  \
             if the command of [ROOT]/etc/hosts.allow:1 succeeds: granted by \
             [ROOT]/etc/hosts.allow:1\n  \
             if the command of [ROOT]/etc/hosts.allow:1 fails and that of [ROOT]/etc/hosts.deny:1 \
             succeeds: denied by [ROOT]/etc/hosts.deny:1\n    \
             runs: /bin/log 10.1.1.1\n    \
             asks: /bin/bad 10.1.1.1\n  \
             if the command of [ROOT]/etc/hosts.allow:1 fails and that of [ROOT]/etc/hosts.deny:1 \
             fails: granted, because no other rule applies\n    \
             runs: /bin/log 10.1.1.1\n    \
             asks: /bin/bad 10.1.1.1\n",
        )
        .done();
    let run = stage
        .run(&["match", "sshd", "10.1.1.1", "--format", "json"])
        .code(2);
    let text = run.stdout_text().to_owned();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let answer = &json["answers"][0];
    assert_eq!(answer["verdict"], "undecided");
    assert_eq!(answer["effects"][0]["succeeds"], serde_json::Value::Null);
    let ways = answer["ways"].as_array().unwrap();
    let verdicts: Vec<_> = ways.iter().map(|way| &way["verdict"]).collect();
    assert_eq!(verdicts, ["granted", "denied", "granted"]);
    assert_eq!(ways[1]["commands"][0]["succeeds"], false);
    assert_eq!(ways[1]["commands"][1]["succeeds"], true);
    assert_eq!(ways[1]["rule"]["line"], 1);
    assert_eq!(ways[1]["effects"][0]["text"], "/bin/log 10.1.1.1");
    assert_eq!(ways[2]["rule"], serde_json::Value::Null);
    run.stdout(&text).done();
}

#[test]
fn a_batch_answers_line_by_line_and_goes_on_behind_a_bad_query() {
    stage()
        .stdin(
            "sshd\t10.1.2.3\n\
             nonsense\n\
             sshd\t203.0.113.9\n\
             vsftpd\t203.0.113.9\ta.example.org\n\
             sshd\t1.1.1.1\t\t\t\t\t70000\n\
             sshd\t192.0.2.7\t\t\t192.0.2.1\tsrv\t22\n",
        )
        .run(&["match", "--batch"])
        .code(2)
        .stdout(
            "granted\t[ROOT]/etc/hosts.allow:2\n\
             error\t-\n\
             denied\t[ROOT]/etc/hosts.allow:4\n\
             denied\t[ROOT]/etc/hosts.deny:1\n\
             error\t-\n\
             granted\t[ROOT]/etc/hosts.allow:3\n",
        )
        .stderr(
            "tcpw: standard input:2: a query has at least DAEMON and ADDR, separated by TAB\n\
             tcpw: standard input:5: SERVER_PORT is a number up to 65535\n",
        )
        .done();
}

#[test]
fn a_table_that_cannot_be_read_is_one_clear_error() {
    Sandbox::new()
        .file("etc/hosts.allow/x", "")
        .deny(DENY)
        .run(&["match", "sshd", "10.1.1.1"])
        .code(2)
        .stderr(
            "tcpw: cannot read the table [ROOT]/etc/hosts.allow: is a directory\n  \
             help: libwrap takes a directory for an empty table; put a file in its place\n",
        )
        .done();
}

#[test]
fn hostile_bytes_are_shown_escaped() {
    Sandbox::new()
        .allow("sshd: 10.: setenv A \x1b[2J : allow\n")
        .deny("")
        .run(&["match", "sshd", "10.1.1.1"])
        .stdout(
            "granted: sshd from 10.1.1.1\n  \
             [ROOT]/etc/hosts.allow:1: sshd: 10.: setenv A \\x1b[2J : allow\n  \
             because `sshd` matches the daemon and `10.` matches the address 10.1.1.1\n  \
             sets: A=\\x1b[2J\n",
        )
        .done();
}
