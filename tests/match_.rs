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
             no rule matches, and without one libwrap grants\n",
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
             it depends on whether the command of aclexec succeeds\n",
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
