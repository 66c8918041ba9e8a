//! What a program is made of, as `Cargo.lock` says: the client of PostgreSQL is in one program only.

use super::tree::repository;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The packages of a lock file, each with those that it may use; several versions of one are one.
fn packages(lock: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for part in lock.split("[[package]]\n").skip(1) {
        let quoted = |line: &'static str| part.split_once(line)?.1.split('"').next();
        let Some(name) = quoted("name = \"") else {
            continue;
        };
        let list = part.split_once("dependencies = [\n").map_or("", |it| it.1);
        let list = list.split("\n]").next().unwrap_or_default();
        let used = list.lines().filter_map(|line| {
            let line = line.trim().strip_prefix('"')?;
            line.split(['"', ' ']).next()
        });
        found.entry(name).or_default().extend(used);
    }
    found
}

/// All that a package may use, and that those may use.
fn reach<'l>(packages: &BTreeMap<&'l str, BTreeSet<&'l str>>, from: &'l str) -> BTreeSet<&'l str> {
    let (mut found, mut waiting) = (BTreeSet::new(), vec![from]);
    while let Some(name) = waiting.pop() {
        for next in packages.get(name).into_iter().flatten() {
            if found.insert(*next) {
                waiting.push(next);
            }
        }
    }
    found
}

fn is_of_postgresql(name: &str) -> bool {
    name.contains("postgres") || name == "tokio-rustls"
}

#[test]
fn only_the_fleet_has_a_client_of_postgresql() {
    let lock = fs::read_to_string(repository().join("Cargo.lock")).unwrap();
    let packages = packages(&lock);
    let has = |name| {
        assert!(packages.contains_key(name), "{name} is not locked");
        reach(&packages, name).into_iter().any(is_of_postgresql)
    };
    for name in [
        "tcpw",
        "tcpw-notify",
        "tcpw-gate",
        "tcpw-event",
        "hosts-access",
    ] {
        assert!(!has(name), "{name} would have a client of PostgreSQL");
    }
    assert!(has("tcpw-fleet"));
}

#[test]
fn a_client_far_away_is_seen() {
    let lock = "[[package]]\nname = \"a\"\ndependencies = [\n \"b 1.0\",\n]\n\n[[package]]\nname = \"b\"\ndependencies = [\n \"tokio-postgres\",\n]\n\n[[package]]\nname = \"tokio-postgres\"\n";
    let packages = packages(lock);
    assert!(reach(&packages, "a").into_iter().any(is_of_postgresql));
    assert!(
        !reach(&packages, "tokio-postgres")
            .into_iter()
            .any(is_of_postgresql)
    );
}
