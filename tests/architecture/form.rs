//! The form of the tree: short files that say what they are for, nothing left for later, and every
//! test in the index.

use super::tree::{SourceFile, crates, files, repository, rust_files};
use std::fs;
use std::path::{Path, PathBuf};

const LINE_LIMIT: usize = 500;

/// Words that do not belong in a finished tree; cut in two so that this file may name them.
const FORBIDDEN: [&str; 4] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
    concat!("dbg", "!"),
];

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// How many folders deep a file is below the folder of its package's kind (`src`, `tests`).
fn depth(path: &Path) -> usize {
    let parts: Vec<_> = path.iter().collect();
    let skipped = if path.starts_with("crates") { 3 } else { 1 };
    parts.len().saturating_sub(skipped + 1)
}

/// What is wrong with the form of a source file.
fn form_breaks(path: &Path, source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let lines = source.lines().count();
    if lines > LINE_LIMIT {
        found.push(format!("{}: {lines} lines", path.display()));
    }
    if !source.starts_with("//! ") {
        found.push(format!(
            "{}: does not open with its purpose (//!)",
            path.display()
        ));
    }
    if depth(path) > 3 {
        found.push(format!(
            "{}: folders are at most three deep",
            path.display()
        ));
    }
    found
}

/// The forbidden words of a text, as whole words.
fn word_breaks(path: &Path, text: &str) -> Vec<String> {
    let holds = |word: &str| {
        text.match_indices(word).any(|(at, _)| {
            let before = text[..at].bytes().last().unwrap_or(b' ');
            let after = text[at + word.len()..].bytes().next().unwrap_or(b' ');
            !is_word(before) && (!is_word(after) || word.ends_with('!'))
        })
    };
    FORBIDDEN
        .iter()
        .filter(|word| holds(word))
        .map(|word| format!("{}: holds {word}", path.display()))
        .collect()
}

/// Test files that no index lists, and entries of the index without a sentence.
fn index_breaks(index: &str, files: &[(PathBuf, String)]) -> Vec<String> {
    let mut found = Vec::new();
    let lines: Vec<&str> = index.lines().collect();
    for (path, _) in files {
        let inside: Vec<&str> = path
            .iter()
            .skip(1)
            .map(|part| part.to_str().unwrap().trim_end_matches(".rs"))
            .collect();
        // The `mod.rs` of a folder is listed by the folder's name.
        let own = inside.iter().rev().find(|part| **part != "mod");
        let entry = format!("mod {};", own.unwrap_or(&""));
        let listed = match inside.as_slice() {
            ["main"] => true,
            [name] | [name, "mod"] => {
                let entry = format!("mod {name};");
                let at = lines.iter().position(|line| *line == entry);
                at.is_some_and(|at| at > 0 && lines[at - 1].starts_with("/// "))
            }
            [folder, ..] => {
                let folder = format!("tests/{folder}/");
                let near = files
                    .iter()
                    .filter(|(other, _)| other.to_str().unwrap().starts_with(&folder));
                near.into_iter()
                    .any(|(_, source)| source.lines().any(|line| line == entry))
            }
            [] => false,
        };
        if !listed {
            found.push(format!(
                "{}: no index lists it with a sentence",
                path.display()
            ));
        }
    }
    found
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let files = rust_files(&["src", "crates", "tests", "benches"]);
    let found: Vec<_> = files
        .iter()
        .flat_map(|(path, text)| form_breaks(path, text))
        .collect();
    super::assert_none(&found);
}

#[test]
fn nothing_is_left_for_later() {
    let folders = [
        "src",
        "crates",
        "tests",
        "benches",
        "fuzz",
        "grammar",
        "docs",
        ".ci",
        "man",
        "packaging",
    ];
    let all = folders.iter().flat_map(|folder| files(folder));
    let found: Vec<_> = all
        .filter_map(|path| {
            let text = fs::read_to_string(repository().join(&path)).ok()?;
            Some((path, text))
        })
        .flat_map(|(path, text)| word_breaks(&path, &text))
        .collect();
    super::assert_none(&found);
}

#[test]
fn no_test_file_is_forgotten() {
    let index = fs::read_to_string(repository().join("tests/main.rs")).unwrap();
    super::assert_none(&index_breaks(&index, &rust_files(&["tests"])));
}

/// Says how large the house is, room by room.
#[test]
fn the_size_of_every_room_is_said() {
    let mut lengths = Vec::new();
    let (mut total, mut longest) = (0, (0, PathBuf::new()));
    for (root, of) in crates() {
        let mut rooms: Vec<(&str, usize, usize)> = Vec::new();
        for file in of.files.values() {
            let room = file.room().unwrap_or("lib");
            match rooms.last_mut().filter(|last| last.0 == room) {
                Some(last) => *last = (room, last.1 + 1, last.2 + file.code_lines),
                None => rooms.push((room, 1, file.code_lines)),
            }
            lengths.push(file.lines);
            if file.lines > longest.0 {
                longest = (file.lines, file.path.clone());
            }
        }
        for (room, files, lines) in rooms {
            total += lines;
            println!(
                "{}/{room}: {lines} lines of code in {files} files",
                root.display()
            );
        }
    }
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(total > 10_000, "the source was not found");
    crate::proof::say(&format!(
        "architecture: {total} lines of code in {} files; median {median} lines, longest {} ({})",
        lengths.len(),
        longest.0,
        longest.1.display()
    ));
}

/// What lies in `tests/` beside folders that are called like what they test: its root, the parts that
/// the tests share, and what is about the repository itself.
const BESIDE: [&str; 14] = [
    "architecture",
    "docs",
    "fail2ban.rs",
    "fuzz",
    "grammar.rs",
    "main.rs",
    "name_server.rs",
    "outside.rs",
    "packages",
    "proof.rs",
    "proven.txt",
    "sandbox",
    "smtp",
    "sshd",
];

/// The names in `tests` that are neither a room of the source nor known.
fn strays<'n>(tests: &'n [String], rooms: &[&str]) -> Vec<&'n String> {
    let is_known =
        |name: &&String| rooms.contains(&name.as_str()) || BESIDE.contains(&name.as_str());
    tests.iter().filter(|name| !is_known(name)).collect()
}

#[test]
fn test_folders_mirror_the_source() {
    let tests = fs::read_dir(repository().join("tests")).unwrap();
    let tests: Vec<_> = tests
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let rooms: Vec<_> = crates()
        .iter()
        .flat_map(|(_, of)| of.files.values().filter_map(SourceFile::room))
        .collect();
    assert_eq!(strays(&tests, &rooms), [""; 0]);
    let odd = [
        "engine".to_owned(),
        "oracle".to_owned(),
        "main.rs".to_owned(),
    ];
    assert_eq!(strays(&odd, &["engine"]), ["oracle"]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_form_is_seen() {
        let breaks = |path: &str, source: &str| form_breaks(Path::new(path), source).len();
        let long = format!("//! x\n{}", "\n".repeat(LINE_LIMIT));
        assert_eq!(breaks("src/a.rs", &long), 1);
        assert_eq!(breaks("src/a.rs", "use x;\n"), 1);
        assert_eq!(breaks("src/a/b/c/d/e.rs", "//! x\n"), 1);
        assert_eq!(breaks("crates/x/src/a/b/c/d.rs", "//! x\n"), 0);
    }

    #[test]
    fn forbidden_words_are_seen() {
        for word in FORBIDDEN {
            assert_eq!(
                word_breaks(Path::new("x"), &format!("a\n// {word}(b)\n")).len(),
                1
            );
            assert_eq!(word_breaks(Path::new("x"), &format!("a{word}")).len(), 0);
        }
    }

    #[test]
    fn a_forgotten_test_is_seen() {
        let file = |path: &str, text: &str| (PathBuf::from(path), text.to_owned());
        let breaks =
            |files: &[(PathBuf, String)]| index_breaks("/// A.\nmod a;\nmod b;\n", files).len();
        assert_eq!(
            breaks(&[file("tests/a.rs", ""), file("tests/main.rs", "")]),
            0
        );
        assert_eq!(breaks(&[file("tests/b.rs", "")]), 1);
        assert_eq!(breaks(&[file("tests/c.rs", "")]), 1);
        assert_eq!(
            breaks(&[file("tests/a/mod.rs", "mod x;"), file("tests/a/x.rs", "")]),
            0
        );
        assert_eq!(
            breaks(&[file("tests/a/mod.rs", ""), file("tests/a/x.rs", "")]),
            1
        );
    }
}
