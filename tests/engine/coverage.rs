//! Every fact about the library has a test: a row of the tables of facts, which is put to the
//! installed library and to tcpw, or a test that bears the fact's number in its name.

use crate::proof;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The numbers of all facts, one a line.
const IDS: &str = include_str!("fact_ids.txt");

/// Facts that no test of this repository can ask for, with the reason.
const ELSEWHERE: &[(&str, &str)] = &[];

/// All Rust files of the program, its crates and its tests.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut waiting = ["src", "crates", "tests"]
        .map(|folder| root.join(folder))
        .to_vec();
    let mut found = Vec::new();
    while let Some(place) = waiting.pop() {
        for entry in fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found
}

/// The names of the functions that are marked `#[test]`.
fn tests_in(source: &str) -> Vec<String> {
    let mut is_test = false;
    let mut names = Vec::new();
    for line in source.lines().map(str::trim) {
        if line == "#[test]" {
            is_test = true;
        } else if let Some(name) = line.strip_prefix("fn ")
            && std::mem::take(&mut is_test)
        {
            names.push(name.split('(').next().unwrap().to_owned());
        }
    }
    names
}

/// Whether a test's name bears the number: `F-LINE-01` as `f_line_01`, alone or with others.
fn bears(name: &str, id: &str) -> bool {
    let id = id.to_ascii_lowercase().replace('-', "_");
    format!("_{name}_").contains(&format!("_{id}_"))
}

/// The numbers that stand in quotes: the rows of facts.
fn quoted(source: &str) -> BTreeSet<String> {
    let parts = source.split('"').filter(|part| part.starts_with("F-"));
    parts.map(str::to_owned).collect()
}

#[test]
fn every_fact_is_covered() {
    let ids: BTreeSet<&str> = IDS.lines().collect();
    let (mut rows, mut named) = (BTreeSet::new(), Vec::new());
    for (path, source) in sources() {
        let is_table = ["rows.rs", "matches.rs", "names.rs", "questions.rs"];
        if path.parent().unwrap().ends_with("tests/engine")
            && is_table.iter().any(|name| path.ends_with(name))
        {
            rows.extend(quoted(&source));
        }
        named.extend(tests_in(&source));
    }
    let is_covered = |id: &str| rows.contains(id) || named.iter().any(|name| bears(name, id));
    let open: Vec<&str> = ids
        .iter()
        .copied()
        .filter(|id| !is_covered(id) && !ELSEWHERE.iter().any(|(known, _)| known == id))
        .collect();
    assert!(open.is_empty(), "facts without a test: {open:?}");
    for (id, reason) in ELSEWHERE {
        assert!(
            ids.contains(id) && !is_covered(id),
            "{id} is listed in vain: {reason}"
        );
    }
    let unknown: Vec<&String> = rows
        .iter()
        .filter(|id| !ids.contains(id.as_str()))
        .collect();
    assert!(unknown.is_empty(), "rows of no known fact: {unknown:?}");
    let (all, left) = (ids.len(), ELSEWHERE.len());
    proof::say(&format!("facts: {} of {all} have a test", all - left));
}

#[test]
fn coverage_is_not_claimed_lightly() {
    assert!(bears("f_line_01_splices", "F-LINE-01"));
    assert!(bears("f_line_21_and_f_line_23_odd", "F-LINE-23"));
    assert!(!bears("f_line_012", "F-LINE-01"));
    assert_eq!(tests_in("#[test]\nfn a() {}\nfn f_line_01() {}\n"), ["a"]);
    assert_eq!(quoted("// F-A-1\n(\"F-B-2\", 1)").len(), 1);
}
