//! What the programs are made of: the list names each crate of `Cargo.lock` that they need, with its digest.

use super::programs::{compiled, root, run, script};
use crate::proof;
use std::collections::BTreeSet;
use std::fs;

fn sbom() -> (String, serde_json::Value) {
    let text = run(&mut script("sbom"));
    let value = serde_json::from_str(&text).unwrap();
    (text, value)
}

#[test]
fn it_names_each_crate_that_is_built_in_with_its_digest_and_licence() {
    let (_, sbom) = sbom();
    assert_eq!(sbom["bomFormat"], "CycloneDX");
    assert_eq!(sbom["metadata"]["component"]["name"], "tcpw");
    let components = sbom["components"].as_array().unwrap();
    let name = |part: &serde_json::Value| part["name"].as_str().unwrap().to_owned();
    let mut named: BTreeSet<String> = components.iter().map(name).collect();
    named.insert(name(&sbom["metadata"]["component"]));
    // Of one that is there in two versions both are listed.
    let refs: BTreeSet<&str> = components
        .iter()
        .map(|part| part["bom-ref"].as_str().unwrap())
        .collect();
    assert_eq!(refs.len(), components.len());
    assert_eq!(&named, compiled());
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    for part in components {
        assert!(part["licenses"][0]["expression"].is_string(), "{part}");
        let own = ["hosts-access", "tcpw-event", "tcpw-gate", "tcpw-notify"];
        if own.iter().all(|own| part["name"] != *own) {
            let digest = part["hashes"][0]["content"].as_str().unwrap();
            assert!(digest.len() == 64 && lock.contains(digest), "{part}");
        }
    }
    for entry in sbom["dependencies"].as_array().unwrap() {
        for needed in entry["dependsOn"].as_array().unwrap() {
            assert!(refs.contains(needed.as_str().unwrap()), "{needed}");
        }
    }
    proof::say(&format!(
        "sbom: {} crates, each with its licence: those that were compiled",
        refs.len() + 1
    ));
}

/// The names of all crates that Cargo.lock has below `tcpw-fleet`, also those for tests and other systems.
fn below_fleet() -> BTreeSet<String> {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let lock: toml::Table = lock.parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    let mut found = BTreeSet::new();
    let mut open = vec!["tcpw-fleet".to_owned()];
    while let Some(name) = open.pop() {
        let all = packages
            .iter()
            .filter(|package| package["name"].as_str() == Some(name.as_str()));
        let needed = all
            .filter_map(|package| package.get("dependencies"))
            .flat_map(|needed| needed.as_array().unwrap());
        let needed = needed.map(|entry| entry.as_str().unwrap().split(' ').next().unwrap());
        if !found.contains(&name) {
            open.extend(needed.map(str::to_owned));
            found.insert(name);
        }
    }
    found
}

#[test]
fn the_program_for_many_servers_has_a_list_of_its_own() {
    let text = run(script("sbom").args(["--package", "tcpw-fleet"]));
    let fleet: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(fleet["metadata"]["component"]["name"], "tcpw-fleet");
    let names = |sbom: &serde_json::Value| -> BTreeSet<String> {
        let parts = sbom["components"].as_array().unwrap().iter();
        parts
            .map(|part| part["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let (its, toolkit) = (names(&fleet), names(&sbom().1));
    assert!(its.is_subset(&below_fleet()), "{its:?}");
    for name in ["postgres", "tokio-rustls", "rusqlite", "tcpw"] {
        assert!(its.contains(name), "{name} of {its:?}");
    }
    assert!(toolkit.is_subset(&its), "it holds the toolkit: {its:?}");
    assert!(!toolkit.contains("postgres"));
}

#[test]
fn it_is_the_same_each_time() {
    assert_eq!(sbom().0, sbom().0);
}

#[test]
fn the_notices_name_each_crate_of_others() {
    let notices = run(script("sbom").arg("--notices"));
    let (_, sbom) = sbom();
    for part in sbom["components"].as_array().unwrap() {
        let title = format!(
            "== {} {} (",
            part["name"].as_str().unwrap(),
            part["version"].as_str().unwrap()
        );
        assert_eq!(
            notices.contains(&title),
            part["hashes"].is_array(),
            "{title}"
        );
    }
    assert!(
        notices.contains("Permission is hereby granted"),
        "texts, not only names"
    );
}
