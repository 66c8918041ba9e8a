//! Examples and harms on random tables: the installed libwrap decides as every example says, and
//! what is said about harm is what it shows.

use crate::engine::{Aclexec, Answer, Oracle, Tables};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;
use tcpw::engine::TableName;
use tcpw::lint::{Finding, Harm, Policy, Site, Witness, run};
use tcpw::syntax::parse;

/// Table pairs that are tried; `TCPW_PAIRS` sets another number.
const PAIRS: u32 = 250;

/// A command that nobody knows the end of, as `aclexec` has it; it stands for one that is known.
const COMMAND: &str = "no-such-filter %a";

const DAEMONS: &[&str] = &[
    "sshd",
    "sshd",
    "ALL",
    "vsftpd",
    "ssh",
    "22",
    "LOCAL",
    "ALL EXCEPT sshd",
    "sshd vsftpd",
    "s*",
    "/nonexistent/sshd",
    "",
];

const CLIENTS: &[&str] = &[
    "ALL",
    "ALL",
    "10.",
    "10.1.2.3",
    "192.0.2.7",
    "203.0.113.7",
    ".example.org",
    "10.1.2.3/24",
    "0.0.0.0/0",
    "0.0.0.0/0.0.0.0",
    "[::]/0",
    "10.0.0.0/33",
    "10.1.2/24",
    "[2001:db8::/32]",
    "[fe80::]/abc",
    "10.1.0.0/16x",
    "010.0.0.0/8",
    "10.1.2",
    "10.1.2.1-9",
    "!10.0.0.1",
    "[::ffff:10.0.0.1]",
    "10.0.0.01",
    "ANY",
    "10.1.4.*",
    "*example.org",
    ".0.7",
    "a.example.org.",
    "[2001:db8::5]/32",
    "/nonexistent/list",
    "KNOWN",
    "UNKNOWN",
    "PARANOID",
    "LOCAL",
    "root@ALL",
    "KNOWN@10.",
    "?*",
    "deny",
    "allow",
    "# the ALL of us",
    "# office",
    "[2001:db8::1",
    "2001:db8::1",
    "10.0.0.1\\",
    "EXCEPT",
    "",
];

const OPTIONS: &[&str] = &[
    "",
    "",
    "",
    "",
    ": deny",
    ": allow",
    ": bogus",
    ": bogus : allow",
    ": severity mail",
    ": severity info",
    ": umask",
    ":",
    ": allow # x",
    ": spawn true %a",
    ": spawn true %a : allow",
    ": spawn true & : deny",
    ": aclexec CMD",
    ": aclexec CMD",
    ": aclexec CMD : allow",
    ": aclexec CMD : deny",
    ": aclexec CMD &",
    ": aclexec CMD : severity info",
    ": aclexec CMD : aclexec CMD",
];

fn line() -> impl Strategy<Value = String> {
    let word = prop::sample::select(CLIENTS);
    let clients = prop::collection::vec(word, 1..3);
    let except = prop::option::weighted(0.3, prop::sample::select(CLIENTS));
    let daemon = prop::sample::select(DAEMONS);
    let option = prop::sample::select(OPTIONS);
    let end = prop::sample::select(vec![
        "\n", "\n", "\n", "\n", "\n", "\r\n", "\\\n", " \\\r\n",
    ]);
    let rule = (daemon, clients, except, option, end).prop_map(|(d, c, e, o, end)| {
        let except = e.map_or(String::new(), |word| format!(" EXCEPT {word}"));
        format!("{d}: {}{except} {o}{end}", c.join(" "))
    });
    prop_oneof![
        12 => rule,
        1 => Just("# a comment: list of hosts\n".to_owned()),
        1 => Just("# a comment that goes on \\\n".to_owned()),
        1 => Just("  # an indented comment: ALL\n".to_owned()),
        1 => Just("sshd 10.1.2.3\n".to_owned()),
        1 => Just("ALL: ALL\n".to_owned()),
    ]
}

fn table() -> impl Strategy<Value = String> {
    let lines = prop::collection::vec(line(), 0..6);
    (lines, prop::bool::weighted(0.1)).prop_map(|(lines, is_cut)| {
        let mut text = lines.concat();
        if is_cut {
            text.pop();
        }
        text
    })
}

/// What the real library says of each example, if all commands end in one way.
fn said(
    oracle: &mut Oracle,
    dir: &Path,
    [allow, deny]: [&str; 2],
    succeeds: bool,
    examples: &[&Witness],
) -> Vec<Answer> {
    let tables = Tables::within(dir);
    let program = if succeeds { "true" } else { "false" };
    for (path, text) in [(&tables.allow, allow), (&tables.deny, deny)] {
        std::fs::write(path, text.replace("CMD", program)).unwrap();
    }
    let query = |witness: &&Witness| {
        let name = witness.name.as_deref().unwrap_or("unknown");
        let user = witness.user.as_deref().unwrap_or("");
        let Witness {
            daemon, address, ..
        } = witness;
        format!("{daemon}\t{address}\t{name}\t{user}").into_bytes()
    };
    let queries: Vec<_> = examples.iter().map(query).collect();
    oracle.ask(&tables, &queries)
}

/// What the library says if the example is true.
fn expected(witness: &Witness, dir: &Path) -> String {
    let tables = Tables::within(dir);
    let verdict = if witness.granted { "granted" } else { "denied" };
    let by = match witness.by {
        Some((TableName::Allow, line)) => format!("{}:{line}", tables.allow.display()),
        Some((TableName::Deny, line)) => format!("{}:{line}", tables.deny.display()),
        None => "default".to_owned(),
    };
    format!("{verdict}\t{by}")
}

/// Whether the example is decided by the last line of a table, which has no newline.
fn broken(tables: &[String; 2], witness: &Witness) -> bool {
    witness.by.is_some_and(|(table, line)| {
        let text = &tables[usize::from(table == TableName::Deny)];
        let lines = text.bytes().filter(|byte| *byte == b'\n').count();
        let is_open = !text.ends_with('\n') || text.ends_with("\\\n");
        is_open && usize::try_from(line).unwrap() > lines
    })
}

/// Codes whose rule is said to decide by itself, so that their examples must name its line.
const OWN: [&str; 14] = [
    "TW108", "TW306", "TW321", "TW322", "TW323", "TW324", "TW325", "TW510", "TW511", "TW520",
    "TW521", "TW524", "TW720", "TW721",
];

fn check(finding: &Finding, source: &str) -> Result<(), TestCaseError> {
    let Some(witness) = &finding.witness else {
        return Ok(());
    };
    let code = finding.diagnostic.code;
    match finding.harm {
        Harm::LetsIn => prop_assert!(witness.granted, "{finding:?}"),
        Harm::LocksOut => prop_assert!(!witness.granted, "{finding:?}"),
        Harm::Dead => {}
        Harm::Missed | Harm::Broad | Harm::Either | Harm::Breaks | Harm::Slow | Harm::Style => {
            prop_assert!(false, "an example of no harm: {finding:?}");
        }
    }
    let own = source
        .as_bytes()
        .iter()
        .take(tcpw::span::index(finding.diagnostic.span.start))
        .filter(|byte| **byte == b'\n')
        .count();
    let is_after = |line: u32| usize::try_from(line).unwrap() > own;
    if OWN.contains(&code)
        && finding.harm == Harm::LetsIn
        && let Some((table, line)) = witness.by
    {
        prop_assert!(table == finding.table && is_after(line), "{finding:?}");
    }
    if ["TW701", "TW702", "TW706", "TW707"].contains(&code) {
        let (table, line) = witness.by.unwrap();
        let is_earlier = table < finding.table || (table == finding.table && !is_after(line));
        prop_assert!(is_earlier, "{finding:?}");
    }
    Ok(())
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one walk over tables, findings and examples"
)]
fn every_example_on_random_tables_is_what_the_library_decides() {
    let pairs = std::env::var("TCPW_PAIRS").map_or(PAIRS, |count| count.parse().unwrap());
    let mut runner = TestRunner::new(ProptestConfig {
        cases: pairs,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let oracle = RefCell::new(Oracle::start());
    let dir = tempfile::tempdir().unwrap();
    let died = Cell::new(0_u32);
    let counts: RefCell<BTreeMap<&'static str, [u32; 2]>> = RefCell::default();
    let outcome = runner.run(&(table(), table()), |(allow, deny)| {
        let open = [&allow, &deny].map(|text| text.replace("CMD", COMMAND));
        let (allow_tree, deny_tree) = (parse(open[0].as_bytes()), parse(open[1].as_bytes()));
        let policy = Policy {
            allow: Some(&allow_tree),
            deny: Some(&deny_tree),
        };
        let findings = run(&policy, &Site::NOWHERE, 50).findings;
        for finding in &findings {
            let table = usize::from(finding.table == TableName::Deny);
            check(finding, &open[table])?;
            let mut counts = counts.borrow_mut();
            let count = counts.entry(finding.diagnostic.code).or_default();
            count[0] += 1;
            count[1] += u32::from(finding.witness.is_some());
        }
        let examples: Vec<_> = findings.iter().filter_map(|f| f.witness.as_ref()).collect();
        for succeeds in [true, false] {
            let meant: Vec<_> = examples
                .iter()
                .filter(|witness| witness.command.is_none_or(|ends| ends == succeeds))
                .copied()
                .collect();
            let tables = [allow.as_str(), deny.as_str()];
            let answers = said(
                &mut oracle.borrow_mut(),
                dir.path(),
                tables,
                succeeds,
                &meant,
            );
            for (witness, answer) in meant.iter().zip(answers) {
                // A busy machine keeps a command waiting longer than the oracle waits.
                if answer.text.starts_with("died\t") {
                    died.set(died.get() + 1);
                    continue;
                }
                // What stands for the command may be a word of a longer one.
                if witness.command.is_some() && answer.aclexec != Aclexec::All(succeeds) {
                    continue;
                }
                // Of a line that ends the table libwrap reports the number of the one before.
                let before = Witness {
                    by: witness
                        .by
                        .map(|(table, line)| (table, line.saturating_sub(1))),
                    ..(*witness).clone()
                };
                if broken(&open, witness) && answer.text == expected(&before, dir.path()) {
                    continue;
                }
                prop_assert_eq!(
                    &answer.text,
                    &expected(witness, dir.path()),
                    "{:?}\nallow:\n{}deny:\n{}",
                    witness,
                    &open[0],
                    &open[1]
                );
            }
        }
        Ok(())
    });
    let counts = counts.into_inner();
    for (code, [findings, examples]) in &counts {
        println!("{code}: {findings} findings, {examples} examples");
    }
    let total: u32 = counts.values().map(|[_, examples]| examples).sum();
    println!(
        "{total} examples of {} codes asked, all confirmed",
        counts.len()
    );
    outcome.unwrap();
    assert!(total > 2 * pairs, "{total} examples only");
}
