//! The differences that must remain: where libwrap's process crashes, ends or takes for ever, tcpw
//! has an answer. Each is listed with its reason and must keep differing.

use super::case::Case;
use super::library::Oracle;
use super::subject;
use std::fs;
use tempfile::TempDir;

struct Difference {
    fact: &'static str,
    /// What libwrap does, and why tcpw does not.
    reason: &'static str,
    allow: &'static str,
    lists: [&'static str; 2],
    tcpw: &'static str,
}

const DIFFERENCES: [Difference; 5] = [
    Difference {
        fact: "F-FILE-06",
        reason: "a list file that names itself crashes the daemon; a checker must not crash",
        allow: "sshd: DIR/list0\n",
        lists: ["DIR/list0\n", ""],
        tcpw: "undecided\t",
    },
    Difference {
        fact: "F-FILE-06",
        reason: "so do two that name each other",
        allow: "sshd: DIR/list0\n",
        lists: ["DIR/list1\n", "DIR/list0\n"],
        tcpw: "undecided\t",
    },
    Difference {
        fact: "F-TWIST-02",
        reason: "twist without a connection ends the process that asked; with one the visitor gets \
                 the command in place of the daemon, which is a refusal",
        allow: "sshd: ALL: twist true\n",
        lists: ["", ""],
        tcpw: "denied\t",
    },
    Difference {
        fact: "F-PCT-04",
        reason: "a value that expands too far ends the process after 5 seconds: nobody gets in",
        allow: "LONG",
        lists: ["", ""],
        tcpw: "denied\t",
    },
    Difference {
        fact: "F-GLOB-01",
        reason: "many stars keep the library busy for longer than anybody waits",
        allow: "sshd: *a*a*a*a*a*a*a*a*ab\nsshd: ALL\n",
        lists: ["", ""],
        tcpw: "granted\t",
    },
];

#[test]
fn what_ends_the_library_does_not_end_tcpw() {
    let mut oracle = Oracle::start();
    for difference in &DIFFERENCES {
        let dir = TempDir::with_prefix("tcpw-remaining-").unwrap();
        let at = dir.path().to_str().unwrap();
        let long = format!("sshd: ALL: spawn true {}\n", "%n".repeat(65));
        let allow = difference.allow.replace("LONG", &long).replace("DIR", at);
        let lists = difference
            .lists
            .map(|list| list.replace("DIR", at).into_bytes());
        let [first, second] = lists;
        let case = Case {
            allow: Some(allow.into_bytes()),
            deny: None,
            lists: [first, second, Vec::new()],
            queries: vec![format!("sshd\t1.2.3.4\t{}", "a".repeat(127)).into_bytes()],
        };
        let tables = case.lay(dir.path());
        let library = oracle.ask(&tables, &case.queries);
        let what = format!("{}: {}", difference.fact, difference.reason);
        assert!(
            library[0].text.starts_with("died\t"),
            "{what}: {:?}",
            library[0]
        );
        let tcpw = subject::ask(&tables, &case.queries, &library).unwrap();
        assert!(tcpw[0].starts_with(difference.tcpw), "{what}: {tcpw:?}");
        assert!(fs::metadata(&tables.allow).is_ok(), "{what}");
    }
}
