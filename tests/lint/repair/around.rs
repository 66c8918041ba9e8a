//! Repairs look at the words around the one they mend: the installed library decides after them as
//! the whole line says.

use super::fixes::SITE;
use crate::engine::{Oracle, Tables};
use crate::sandbox::Sandbox;
use tcpw::lint::{Boldness, repair};

const CLOSED: &str = "ALL: ALL\n";

/// Both tables, both after all repairs, and a query with the library's verdict before and after.
type Row = (
    [&'static str; 2],
    [&'static str; 2],
    (&'static str, [&'static str; 2]),
);

const OUT: [&str; 2] = ["denied", "denied"];
const OPENS: [&str; 2] = ["denied", "granted"];
const CLOSES: [&str; 2] = ["granted", "denied"];

/// Tables that stay as they are: what is wrong with them has more than one remedy.
#[rustfmt::skip]
const STAY: &[([&str; 2], (&str, &str))] = &[
    // Parts of one address.
    (["sshd: 192.0.2 .7\n", CLOSED], ("sshd\t192.0.2.200\tunknown", "denied")),
    (["in.ftpd: 10.1 .2.3\n", CLOSED], ("in.ftpd\t10.1.9.9\tunknown", "denied")),
    (["sshd: 192.0.2,7\n", CLOSED], ("sshd\t192.0.2.200\tunknown", "denied")),
    (["sshd: 192. 0.2.7\n", CLOSED], ("sshd\t0.2.7.1\tunknown", "denied")),
    (["sshd: 10 .1.2.3\n", CLOSED], ("sshd\t10.1.9.9\tunknown", "denied")),
    (["sshd: 192. 168.1.*\n", CLOSED], ("sshd\t192.9.9.9\tunknown", "granted")),
    (["sshd: 10.1 /24\n", CLOSED], ("sshd\t10.1.9.9\tunknown", "denied")),
    // Numbers in a sentence.
    (["sshd: 1.2.3.5 // 2.1 beta\n", CLOSED], ("sshd\t2.1.9.9\tunknown", "denied")),
    (["", "sshd: 1.2.3.4 version 2.0 is old\n"], ("sshd\t2.0.9.9\tunknown", "granted")),
    // Who is added to the list would be refused for the option.
    (["sshd: 192.0.2.0 / 24 : severity mail\n", ""], ("sshd\t192.0.2.8\tunknown", "granted")),
    (["sshd: 192.0.2.0 / 24, <IP> : allow # x\n", ""], ("sshd\t192.0.2.8\tunknown", "granted")),
    (["sshd: 10.1.2.3/24 : severity mail\n", ""], ("sshd\t10.1.2.8\tunknown", "granted")),
    // Nothing would be left of the list.
    (["sshd: 10.0.0.0/8 EXCEPT 10.0.0.1/8\n", CLOSED], ("sshd\t10.5.5.5\tunknown", "granted")),
    (["sshd: 10.0.0.0/8 EXCEPT 10.0.0.1/255.0.0.0\n", CLOSED], ("sshd\t10.5.5.5\tunknown", "granted")),
    (["sshd: / deny\n", CLOSED], ("sshd\t10.5.5.5\tunknown", "denied")),
];

#[rustfmt::skip]
const MENDED: &[Row] = &[
    // Words that are whole by themselves.
    (["sshd: 10.1 192.0.2.7\n", CLOSED], ["sshd: 10.1. 192.0.2.7\n", CLOSED], ("sshd\t10.1.9.9\tunknown", OPENS)),
    (["sshd: 10.1 .example.org\n", CLOSED], ["sshd: 10.1. .example.org\n", CLOSED], ("sshd\t10.1.9.9\tunknown", OPENS)),
    // The option first.
    (["sshd: 192.0.2.0 / 24 : severty auth.info\n", CLOSED], ["sshd: 192.0.2.0/24 : severity auth.info\n", CLOSED],
        ("sshd\t192.0.2.8\tunknown", OPENS)),
    // A rule that refuses does so with a broken option, too.
    (["", "sshd: 192.0.2.0 / 24 : severity mail\n"], ["", "sshd: 192.0.2.0/24 : severity mail\n"],
        ("sshd\t192.0.2.8\tunknown", CLOSES)),
    // A family is not everybody.
    (["sshd: 0.0.0.0/0\n", CLOSED], ["sshd: 0.0.0.0/0.0.0.0\n", CLOSED], ("sshd\t2001:db8::1\tunknown", OUT)),
    (["sshd: 0.0.0.0/0\n", CLOSED], ["sshd: 0.0.0.0/0.0.0.0\n", CLOSED], ("sshd\t203.0.113.7\tunknown", OPENS)),
    (["sshd: 0/0\n", CLOSED], ["sshd: 0.0.0.0/0.0.0.0\n", CLOSED], ("sshd\t2001:db8::1\tunknown", OUT)),
    (["sshd: ::/0\n", CLOSED], ["sshd: [::]/0\n", CLOSED], ("sshd\t203.0.113.7\tunknown", OUT)),
    (["", "sshd: 0.0.0.0/0\n"], ["", "sshd: ALL\n"], ("sshd\t2001:db8::1\tunknown", CLOSES)),
    (["", "sshd: ALL EXCEPT 0.0.0.0/0\n"], ["", "sshd: ALL EXCEPT 0.0.0.0/0.0.0.0\n"], ("sshd\t203.0.113.7\tunknown", OPENS)),
    // What was to separate the verdict goes with the blanks.
    (["sshd: 10.0.0.1 / deny\n", ""], ["sshd: 10.0.0.1: deny\n", ""], ("sshd\t10.0.0.1\tunknown", CLOSES)),
    (["sshd: 10.0.0.1 ; deny\n", ""], ["sshd: 10.0.0.1: deny\n", ""], ("sshd\t10.0.0.1\tunknown", CLOSES)),
    (["sshd: 10.0.0.1; deny\n", ""], ["sshd: 10.0.0.1: deny\n", ""], ("sshd\t10.0.0.1\tunknown", CLOSES)),
    (["sshd: 10.0.0.1 => deny\n", ""], ["sshd: 10.0.0.1: deny\n", ""], ("sshd\t10.0.0.1\tunknown", CLOSES)),
    (["sshd: 192.0.2.0/24 deny\n", ""], ["sshd: 192.0.2.0/24: deny\n", ""], ("sshd\t192.0.2.9\tunknown", CLOSES)),
    (["", "sshd : ALL / deny\n"], ["", "sshd : ALL: deny\n"], ("sshd\t10.0.0.1\tunknown", OUT)),
];

#[test]
fn a_repair_says_what_the_whole_line_says() {
    let mut oracle = Oracle::start();
    let dir = tempfile::tempdir().unwrap();
    let files = Tables::within(dir.path());
    let mut verdict = |[allow, deny]: [&str; 2], query: &str| {
        std::fs::write(&files.allow, allow).unwrap();
        std::fs::write(&files.deny, deny).unwrap();
        oracle.ask(&files, &[query.as_bytes().to_vec()])[0]
            .text
            .clone()
    };
    let stay = STAY
        .iter()
        .map(|&(tables, (query, word))| (tables, tables, (query, [word; 2])));
    for (before, after, (query, verdicts)) in stay.chain(MENDED.iter().copied()) {
        let [allow, deny] = before.map(str::as_bytes);
        let done = repair(Some(allow), Some(deny), &SITE, Boldness::Unsafe);
        let made = [&done.allow, &done.deny].map(|bytes| str::from_utf8(bytes).unwrap());
        assert_eq!(made, after, "{before:?}: {:?}", done.done);
        for (tables, word) in [before, after].into_iter().zip(verdicts) {
            let answer = verdict(tables, query);
            assert!(answer.starts_with(word), "{tables:?}: {query}: {answer}");
        }
    }
}

#[test]
fn the_effect_of_repairs_is_short_and_about_those_whom_tables_name() {
    for (allow, deny) in [
        (
            "sshd: 10.1\nsshd: 192.0.2.7 bob@ALL except\n",
            "sshd: bob@ALL except\nALL: 0.0.0.0/0\n",
        ),
        (
            "sshd: 10.1\nin.ftpd: @admins 192.0.2.0 / 24\n",
            "ALL: ALL EXCEPT bob@ALL 10.2\n",
        ),
        ("ALL: @admins 10.1\n", "ALL: 0.0.0.0/0\n"),
    ] {
        let run = Sandbox::new().allow(allow).deny(deny);
        let run = run.run(&["lint", "--unsafe-fixes"]);
        let text = run.stdout_text().to_owned();
        let repairs = text.lines().filter(|line| line.starts_with("TW")).count();
        assert!(repairs > 0, "{text}");
        let lines = text.lines().filter(|line| line.contains(" access")).count();
        assert!(lines <= 14, "{text}");
        assert!(!text.contains("tcpw-other"), "{text}");
        drop(run.unchecked());
    }
}
