//! External crates have owners: nobody else names them.

use super::plan::{CRATES, EVERY_ROOM};
use super::tree::{SourceFile, crates, repository};
use std::fs;

/// The external crates that a file names and its room does not own. `known` are those of Cargo.toml.
fn crate_breaks(file: &SourceFile, known: &[String]) -> Vec<String> {
    let room = file.room().unwrap_or("lib");
    let owns = |name: &str| {
        let owners = CRATES.iter().find(|(owned, _)| *owned == name);
        owners.is_some_and(|(_, owners)| *owners == EVERY_ROOM || owners.contains(&room))
    };
    let names = |name: &str| {
        let handed_on = file.exports.iter().map(|(_, path)| path);
        let mut paths = file.uses.iter().chain(handed_on);
        paths.any(|path| path[0] == name)
    };
    known
        .iter()
        .filter(|name| names(name) && !owns(name))
        .map(|name| {
            format!(
                "{}: {room} does not own the crate {name}",
                file.path.display()
            )
        })
        .collect()
}

/// The external crates under `[dependencies]` and under those of single processors, as code spells
/// them; those of this repository are guarded by Cargo.
fn dependencies(manifest: &str) -> Vec<String> {
    let tables = manifest.split("\n[").filter_map(|table| {
        let (name, lines) = table.split_once("]\n")?;
        let is_one = name.starts_with("target.") && name.ends_with(".dependencies");
        (name == "dependencies" || is_one).then_some(lines)
    });
    tables
        .flat_map(str::lines)
        .filter(|line| !line.contains("path = "))
        .filter_map(|line| line.split_once(['=', '.']))
        .map(|(name, _)| name.trim().replace('-', "_"))
        .collect()
}

#[test]
fn crates_are_used_by_their_owners_only() {
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let known = dependencies(&manifest);
    assert!(known.contains(&"clap".to_owned()), "{known:?}");
    let (_, program) = &crates()[0];
    let mut found: Vec<_> = program
        .files
        .values()
        .flat_map(|file| crate_breaks(file, &known))
        .collect();
    let stale = CRATES
        .iter()
        .filter(|(name, _)| !known.contains(&(*name).to_owned()))
        .map(|(name, _)| format!("the plan has an owner of {name}, which is not used"));
    found.extend(stale);
    super::assert_none(&found);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_crate_in_the_wrong_place_is_seen() {
        let known = ["clap".to_owned(), "memchr".to_owned(), "stray".to_owned()];
        let breaks = |path: &str, source: &str| {
            let file = SourceFile::read(Path::new(path), Path::new("src"), source);
            crate_breaks(&file, &known).len()
        };
        assert_eq!(breaks("src/alert/mod.rs", "use clap::Parser;"), 1);
        assert_eq!(breaks("src/alert/mod.rs", "pub use clap::Parser;"), 1);
        assert_eq!(
            breaks("src/alert/a.rs", "fn f() { let _ = clap::Arg::new; }"),
            1
        );
        assert_eq!(breaks("src/alert/a.rs", "use clap;"), 1);
        assert_eq!(breaks("src/cli/mod.rs", "use stray::x;"), 1);
        assert_eq!(
            breaks("src/cli/mod.rs", "use clap::Parser; use memchr::memchr;"),
            0
        );
        assert_eq!(
            breaks("src/alert/mod.rs", "use crate::clap::x;\n// clap::y"),
            0
        );
        let manifest = "[package]\nx = 1\n\n[dependencies]\na-b = \"1\"\nc.version = \"2\"\nd = { path = \"d\" }\n\n[lints]\ne = 1\n";
        assert_eq!(dependencies(manifest), ["a_b", "c"]);
    }
}
