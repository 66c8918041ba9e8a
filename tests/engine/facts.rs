//! Every fact that can be asked as one question: first the installed libwrap must confirm it, then
//! tcpw must say the same.

use super::library::{Oracle, Tables};
use super::questions::{Fact, all};
use super::subject;
use crate::proof;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

/// Stands for the answer of tcpw where libwrap has none to compare with.
const FREE: &str = "free";

/// `granted TAB /dir/allow:2` as `G A2`.
fn short(answer: &str, tables: &Tables) -> String {
    let allow = format!("{}:", tables.allow.display());
    let deny = format!("{}:", tables.deny.display());
    match answer.split_once('\t') {
        Some(("granted", rule)) => format!("G {}", short_rule(rule, &allow, &deny)),
        Some(("denied", rule)) => format!("D {}", short_rule(rule, &allow, &deny)),
        Some(("died", _)) => "died -".to_owned(),
        _ => answer.to_owned(),
    }
}

fn short_rule(rule: &str, allow: &str, deny: &str) -> String {
    match (rule, rule.strip_prefix(allow), rule.strip_prefix(deny)) {
        ("default", ..) => "-".to_owned(),
        (_, Some(line), _) => format!("A{line}"),
        (_, _, Some(line)) => format!("D{line}"),
        _ => rule.to_owned(),
    }
}

fn place(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&dir).unwrap();
    dir
}

/// Compares all facts with what `ask` answers; gives the differences, readable.
fn differences(name: &str, mut ask: impl FnMut(&Tables, &[Vec<u8>]) -> String) -> Vec<String> {
    let dir = place(name);
    let mut wrong = Vec::new();
    for fact in all(dir.to_str().unwrap()) {
        let tables = fact.case.lay(&dir);
        let answer = ask(&tables, &fact.case.queries);
        let got = short(&answer, &tables);
        if got != fact.answer && got != FREE {
            let Fact { id, case, answer } = fact;
            wrong.push(format!("{id}: want {answer}, got {got}\n{}", case.show()));
        }
    }
    wrong
}

#[test]
fn the_installed_library_confirms_the_facts() {
    let mut oracle = Oracle::start();
    let wrong = differences("facts-library", |tables, queries| {
        oracle.ask(tables, queries).remove(0).text
    });
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    let facts = all("/d");
    let ids: BTreeSet<&str> = facts.iter().map(|fact| fact.id).collect();
    let (rows, ids) = (facts.len(), ids.len());
    proof::say(&format!(
        "facts: libwrap confirms {rows} cases of {ids} facts"
    ));
}

#[test]
fn tcpw_agrees_with_the_facts() {
    let mut oracle = Oracle::start();
    let mut compared = 0;
    let wrong = differences("facts-tcpw", |tables, queries| {
        let library = oracle.ask(tables, queries);
        match subject::ask(tables, queries, &library) {
            Ok(_) if !library[0].is_comparable() => FREE.to_owned(),
            Ok(mut answers) => {
                compared += 1;
                answers.remove(0)
            }
            Err(complaint) => complaint,
        }
    });
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    proof::say(&format!(
        "facts: tcpw agrees in {compared} of {compared} cases that can be compared"
    ));
}

/// Puts something at a path.
type Maker = fn(&PathBuf);

/// Tables that are no readable files (F-LINE-21, F-LINE-23). libwrap goes on in silence; tcpw gives
/// the same answer where the file is absent and refuses to guess where something is wrong with it.
#[test]
fn f_line_21_and_f_line_23_odd_files_are_read_alike() {
    let dir = place("facts-files");
    let make: [(&str, Maker); 4] = [
        ("absent", |_| ()),
        ("directory", |path| fs::create_dir(path).unwrap()),
        ("dangling link", |path| {
            symlink("/nonexistent/table", path).unwrap();
        }),
        ("link loop", |path| symlink(path, path).unwrap()),
    ];
    let mut oracle = Oracle::start();
    let queries = [b"sshd\t1.2.3.4".to_vec()];
    for (number, (name, make)) in make.iter().enumerate() {
        for odd in ["allow", "deny"] {
            let tables = Tables::within(&dir.join(format!("{number}-{odd}")));
            let parent = tables.allow.parent().unwrap();
            if parent.exists() {
                fs::remove_dir_all(parent).unwrap();
            }
            fs::create_dir_all(parent).unwrap();
            for path in [&tables.allow, &tables.deny] {
                if path.ends_with(odd) {
                    make(path);
                } else {
                    fs::write(path, "sshd: 9.9.9.9\n").unwrap();
                }
            }
            let library = oracle.ask(&tables, &queries);
            let refused = *name == "link loop" && odd == "deny";
            assert_eq!(
                library[0].text.starts_with("denied"),
                refused,
                "{name} as {odd}"
            );
            match subject::ask(&tables, &queries, &library) {
                Ok(answers) => assert_eq!(library[0].text, answers[0], "{name} as {odd}"),
                Err(told) => {
                    let place = tables.allow.with_file_name(odd);
                    assert!(told.contains("exit status: 2"), "{name} as {odd}: {told}");
                    assert!(
                        told.contains(place.to_str().unwrap()),
                        "{name} as {odd}: {told}"
                    );
                    assert!(
                        ["directory", "link loop"].contains(name),
                        "{name} as {odd}: {told}"
                    );
                }
            }
        }
    }
}
