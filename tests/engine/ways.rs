//! Both ends of every `aclexec` that nobody runs, asked of the real libwrap with commands that do
//! end so.

use super::{Oracle, Tables};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use tcpw::engine::{self, Access, Bare, Cause, Host, HostName, Request, Table, TableName, Verdict};
use tcpw::syntax::parse;

/// Table pairs that are tried; `TCPW_PAIRS` sets another number.
const PAIRS: u32 = 150;

/// A rule whose commands are still open: each `CMD` is one.
fn rule() -> impl Strategy<Value = String> {
    let daemon = prop::sample::select(vec!["sshd", "ALL", "vsftpd", "ALL EXCEPT sshd"]);
    let client = prop::sample::select(vec![
        "ALL",
        "10.",
        "10.1.2.3",
        "KNOWN",
        ".example.org",
        "ALL EXCEPT 10.",
    ]);
    let options = prop::sample::select(vec![
        "",
        "",
        ": CMD",
        ": CMD",
        ": CMD",
        ": CMD : allow",
        ": CMD : deny",
        ": CMD : severity info",
        ": severity info",
        ": deny",
        ": allow",
        ": aclexec false &",
        ": aclexec false || true : severity info",
        ": CMD : aclexec false &",
        ": aclexec false & : CMD",
        ": CMD : CMD",
        ": CMD : bogus",
        ": spawn true",
    ]);
    (daemon, client, options).prop_map(|(d, c, o)| format!("{d}: {c} {o}\n"))
}

fn rules() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(rule(), 0..4)
}

/// The text of a table whose open commands end as `succeeds` says of their line.
fn filled(rules: &[String], succeeds: impl Fn(u32) -> bool) -> String {
    let lines = rules.iter().zip(1..);
    lines
        .map(|(rule, line)| {
            let program = if succeeds(line) { "true" } else { "false" };
            rule.replace("CMD", &format!("aclexec {program}"))
        })
        .collect()
}

/// The text of a table whose commands nobody knows.
fn open(rules: &[String]) -> String {
    rules.concat().replace("CMD", "aclexec /nonexistent %a")
}

fn access(answer: &str) -> Access {
    match answer.split('\t').next() {
        Some("granted") => Access::Granted,
        said => {
            assert_eq!(said, Some("denied"), "{answer}");
            Access::Denied
        }
    }
}

struct Asked<'r> {
    allow: &'r [String],
    deny: &'r [String],
    query: &'r [u8],
}

impl Asked<'_> {
    /// What the library says when the commands end so; those of other rules end as `other`.
    fn library(
        &self,
        oracle: &mut Oracle,
        dir: &Path,
        ends: &BTreeMap<(TableName, u32), bool>,
        other: bool,
    ) -> Access {
        let tables = Tables::within(dir);
        for (path, table, rules) in [
            (&tables.allow, TableName::Allow, self.allow),
            (&tables.deny, TableName::Deny, self.deny),
        ] {
            let text = filled(rules, |line| *ends.get(&(table, line)).unwrap_or(&other));
            std::fs::write(path, text).unwrap();
        }
        access(&oracle.ask(&tables, &[self.query.to_vec()])[0].text)
    }

    fn verdict(&self, request: &Request) -> Verdict {
        let (allow, deny) = (open(self.allow), open(self.deny));
        let (allow, deny) = (parse(allow.as_bytes()), parse(deny.as_bytes()));
        let tables = engine::Tables {
            allow: Table::Read(&allow),
            deny: Table::Read(&deny),
        };
        engine::decide(&tables, request, &Bare)
    }
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one walk over tables, clients and ways"
)]
fn every_way_is_one_that_the_library_goes() {
    let pairs = std::env::var("TCPW_PAIRS").map_or(PAIRS, |count| count.parse().unwrap());
    let mut runner = TestRunner::new(ProptestConfig {
        cases: pairs,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let oracle = std::cell::RefCell::new(Oracle::start());
    let dir = tempfile::tempdir().unwrap();
    let counts: [Cell<u32>; 4] = Default::default();
    let count = |at: usize| counts[at].set(counts[at].get() + 1);
    let outcome = runner.run(&(rules(), rules()), |(allow, deny)| {
        for daemon in ["sshd", "vsftpd"] {
            for (address, name) in [
                ("10.1.2.3", "unknown"),
                ("203.0.113.7", "unknown"),
                ("203.0.113.7", "a.example.org"),
            ] {
                let query = format!("{daemon}\t{address}\t{name}");
                let asked = Asked {
                    allow: &allow,
                    deny: &deny,
                    query: query.as_bytes(),
                };
                let host = Host::new(address, HostName::new(name));
                let verdict = asked.verdict(&Request::new(daemon, host));
                let ask = |ends: &BTreeMap<_, _>, other| {
                    asked.library(&mut oracle.borrow_mut(), dir.path(), ends, other)
                };
                if verdict.ways.is_empty() {
                    // What its commands say makes no difference at all.
                    for other in [true, false] {
                        let said = ask(&BTreeMap::new(), other);
                        prop_assert_eq!(said, verdict.access, "{} {:?} {:?}", query, allow, deny);
                        count(0);
                    }
                    continue;
                }
                let all = |access| verdict.ways.iter().all(|way| way.access == access);
                let is_one = all(Access::Granted) || all(Access::Denied);
                prop_assert_eq!(is_one, matches!(verdict.cause, Cause::EitherWay(_)));
                prop_assert_eq!(is_one, verdict.access != Access::Undecided);
                count(if is_one { 1 } else { 2 });
                for way in &verdict.ways {
                    let ends: BTreeMap<_, _> = way
                        .ends
                        .iter()
                        .map(|(rule, succeeds)| ((rule.table, rule.number), *succeeds))
                        .collect();
                    for other in [true, false] {
                        let said = ask(&ends, other);
                        prop_assert_eq!(said, way.access, "{} {:?} {:?}", query, allow, deny);
                        count(3);
                    }
                }
            }
        }
        Ok(())
    });
    outcome.unwrap();
    let [decided, same, differing, ways] = counts.map(|count| count.get());
    println!(
        "{decided} decided, {same} the same either way, {differing} differ, {ways} ways asked"
    );
    assert!(
        same > 10 && differing > 50 && ways > 300,
        "{same} {differing} {ways}"
    );
}
