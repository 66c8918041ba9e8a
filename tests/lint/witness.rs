//! The example of every finding is true: the installed libwrap decides as it says.

use super::{Stage, folders, name_of};
use crate::engine::{Oracle, Tables};
use serde_json::Value;
use std::path::Path;
use tcpw::lint::{CHECKS, Harm};

/// Asks the library about every witness in `json`, which is about tables in `folder`; how many.
fn confirm(oracle: &mut Oracle, folder: &Path, kind: &str, json: &Value) -> usize {
    let files = Tables {
        allow: folder.join(format!("{kind}.allow")),
        deny: folder.join(format!("{kind}.deny")),
    };
    let mut confirmed = 0;
    for found in json["diagnostics"].as_array().unwrap() {
        let Some(witness) = found.get("witness") else {
            continue;
        };
        let text = |key: &str| witness[key].as_str().unwrap_or_default().to_owned();
        let name = if witness.get("name").is_some() {
            text("name")
        } else {
            "unknown".to_owned()
        };
        let (daemon, address, user) = (text("daemon"), text("address"), text("user"));
        let query = format!("{daemon}\t{address}\t{name}\t{user}");
        let answer = &oracle.ask(&files, &[query.into_bytes()])[0].text;
        assert!(answer.starts_with(&text("verdict")), "{found}\n{answer}");
        if let Some(line) = witness.get("line") {
            let rule = format!("{}:{line}", files_of(&witness["table"], &files));
            assert!(answer.contains(&rule), "{found}\n{answer}");
        }
        confirmed += 1;
    }
    confirmed
}

fn files_of(table: &Value, files: &Tables) -> String {
    let path = if table == "allow" {
        &files.allow
    } else {
        &files.deny
    };
    path.display().to_string()
}

#[test]
fn the_witness_of_every_finding_is_confirmed_by_the_library() {
    let mut oracle = Oracle::start();
    let mut without = Vec::new();
    for folder in folders() {
        let code = name_of(&folder).split('-').next().unwrap().to_owned();
        let stage = Stage::of(&folder);
        for kind in ["bad", "good"] {
            let output = stage.lint(kind, &["--format", "json"]);
            let json: Value = serde_json::from_slice(&output.stdout).unwrap();
            // The installed library is no other build.
            if stage.has_dialect() {
                continue;
            }
            confirm(&mut oracle, stage.path(), kind, &json);
            let found = json["diagnostics"].as_array().unwrap();
            let own = found.iter().find(|found| found["code"] == *code);
            if own.is_some_and(|found| found.get("witness").is_none()) {
                without.push(code.clone());
            }
        }
    }
    let silent = CHECKS
        .iter()
        .filter(|check| matches!(check.harm, Harm::Breaks | Harm::Slow | Harm::Style));
    let silent: Vec<_> = silent.map(|check| check.code.to_owned()).collect();
    // No verdict that is certain shows what another build does, who can change a file, who would
    // stand in a list that is not there, what a command ignores, or who asks at all.
    without.retain(|code| {
        ![
            "TW121", "TW122", "TW123", "TW111", "TW331", "TW335", "TW336", "TW337", "TW339",
            "TW408", "TW513", "TW514", "TW526", "TW528", "TW531", "TW532", "TW533", "TW534",
            "TW605", "TW801",
        ]
        .contains(&code.as_str())
    });
    without.retain(|code| !silent.contains(code));
    assert!(without.is_empty(), "no witness for {without:?}");
}
