//! The tree itself: who uses whom, which crate belongs to whom, sizes, openings, forbidden words,
//! and that no test file is forgotten. Every check is tried on a bad snippet below.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Plain data: every module may use it.
const PLAIN: [&str; 4] = ["span", "edit", "diagnostic", "escape"];

/// The modules of the design, and what each may use beside plain data. The syntax tree is part of
/// the face of `policy`, so whoever may use the one may read the other.
const MODULES: [(&str, &[&str]); 15] = [
    ("span", &[]),
    ("edit", &[]),
    ("diagnostic", &[]),
    ("escape", &[]),
    ("system", &[]),
    ("config", &[]),
    ("syntax", &[]),
    ("policy", &["syntax"]),
    ("engine", &["policy", "syntax"]),
    ("metadata", &["syntax", "policy"]),
    ("lint", &["syntax", "policy", "engine", "metadata"]),
    (
        "editor",
        &["syntax", "policy", "engine", "system", "metadata"],
    ),
    ("alert", &["system", "config"]),
    ("report", &["alert"]),
    ("host", &["policy", "syntax", "system", "config"]),
];

/// External crates and the modules that may name them. A crate that is not listed may be used by
/// nobody until it has an owner.
const CRATES: [(&str, &[&str]); 28] = [
    ("nom", &["syntax"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("csv", &["cli", "report"]),
    ("ipnet", &["config", "alert", "report", "cli"]),
    ("lettre", &["alert"]),
    ("rustls", &["alert"]),
    ("rustls_native_certs", &["alert"]),
    ("ureq", &["alert"]),
    ("rusqlite", &["alert"]),
    ("minijinja", &["alert"]),
    ("maxminddb", &["alert"]),
    ("plotters", &["report"]),
    ("unicode_width", &["report"]),
    ("terminal_size", &["cli"]),
    ("similar", &["editor"]),
    ("tempfile", &["editor", "cli"]),
    ("xattr", &["editor"]),
    ("ring", &["editor", "metadata", "alert"]),
    ("dns_lookup", &["system"]),
    ("chrono", &["system", "alert", "cli", "report", "metadata"]),
    ("serde", &["alert", "config", "editor", "cli", "report"]),
    (
        "serde_json",
        &["alert", "config", "editor", "cli", "report"],
    ),
    ("toml", &["config"]),
    ("toml_edit", &["config"]),
    ("nix", &["system", "editor", "alert"]),
    ("memchr", EVERYBODY),
    ("thiserror", EVERYBODY),
];

const EVERYBODY: &[&str] = &["*"];

const LINE_LIMIT: usize = 500;

/// Words that do not belong in a finished tree; cut in two so that this file may name them.
const FORBIDDEN: [&str; 4] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
    concat!("dbg", "!"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below `folder`, relative to the repository, in order; none if there is no such folder.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![root().join(folder)];
    while let Some(place) = waiting.pop() {
        for entry in fs::read_dir(place).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn rust_files(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let all = folders.iter().flat_map(|folder| files(folder));
    all.filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .map(|path| {
            (
                path.clone(),
                fs::read_to_string(root().join(&path)).unwrap(),
            )
        })
        .collect()
}

/// The module of a file in `src`: `src/engine/list.rs` is `engine`, depth 2.
fn module_of(path: &Path) -> (String, usize) {
    let inside = path.strip_prefix("src").unwrap().with_extension("");
    let mut parts: Vec<&str> = inside.iter().map(|part| part.to_str().unwrap()).collect();
    if parts.last() == Some(&"mod") {
        parts.pop();
    }
    (parts[0].to_owned(), parts.len())
}

/// The code of a file: without comments, and without its unit tests, which may use anything.
fn code(source: &str) -> String {
    let shipped = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = shipped
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// The files of `src` that are shipped: `tests.rs` beside a module is its unit tests.
fn shipped_files() -> Vec<(PathBuf, String)> {
    let mut files = rust_files(&["src"]);
    files.retain(|(path, _)| !path.ends_with("tests.rs"));
    assert!(files.len() > 10, "src was not found");
    files
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// What follows each `path` that stands alone (`xcrate::` and `a::nom::` do not).
fn after<'a>(code: &'a str, path: &str) -> Vec<&'a str> {
    let starts = code.match_indices(path);
    starts
        .filter(|(at, _)| {
            let before = code[..*at].bytes().last().unwrap_or(b' ');
            !is_word(before) && before != b':'
        })
        .map(|(at, found)| &code[at + found.len()..])
        .collect()
}

/// The first names of a path or of a group in braces: `a::b` gives a, `{a::{x, y}, b}` gives a, b.
fn heads(rest: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.bytes()
            .take_while(|&b| is_word(b))
            .map(char::from)
            .collect()
    };
    let Some(group) = rest.strip_prefix('{') else {
        return vec![word(rest)];
    };
    let (mut depth, mut found, mut start) = (0, Vec::new(), true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            _ if start && !c.is_whitespace() => {
                found.push(word(&group[at..]));
                start = false;
            }
            _ => (),
        }
    }
    found
}

/// The modules of the crate that a file in `src` uses, by `crate::` or by climbing up to it.
fn used_modules(path: &Path, source: &str) -> BTreeSet<String> {
    let code = code(source);
    let climb = "super::".repeat(module_of(path).1);
    let rests = after(&code, "crate::")
        .into_iter()
        .chain(after(&code, &climb));
    rests.flat_map(heads).collect()
}

/// What a file uses and may not.
fn layer_breaks(path: &Path, source: &str) -> Vec<String> {
    let (module, _) = module_of(path);
    if ["cli", "lib", "main", "notify"].contains(&module.as_str()) {
        return Vec::new();
    }
    let Some((_, allowed)) = MODULES.iter().find(|(name, _)| *name == module) else {
        return vec![format!(
            "{}: the design has no module {module}",
            path.display()
        )];
    };
    let is_module = |name: &str| name == "cli" || MODULES.iter().any(|(known, _)| *known == name);
    used_modules(path, source)
        .into_iter()
        .filter(|name| is_module(name) && *name != module)
        .filter(|name| !allowed.contains(&name.as_str()) && !PLAIN.contains(&name.as_str()))
        .map(|name| format!("{}: {module} may not use {name}", path.display()))
        .collect()
}

/// The external crates that a file names and does not own. `known` are those of Cargo.toml.
fn crate_breaks(path: &Path, source: &str, known: &[String]) -> Vec<String> {
    let (module, _) = module_of(path);
    let code = code(source);
    known
        .iter()
        .filter(|name| {
            let owners = CRATES.iter().find(|(owned, _)| owned == name);
            !owners.is_some_and(|(_, owners)| {
                owners.contains(&module.as_str()) || owners == &EVERYBODY
            })
        })
        .filter(|name| {
            let named = !after(&code, &format!("{name}::")).is_empty();
            named
                || code.contains(&format!("use {name};"))
                || code.contains(&format!("use {name} as "))
        })
        .map(|name| format!("{}: {module} does not own the crate {name}", path.display()))
        .collect()
}

/// The names under `[dependencies]`, as code spells them.
fn dependencies(manifest: &str) -> Vec<String> {
    let table = manifest
        .split("\n[dependencies]\n")
        .nth(1)
        .unwrap_or_default();
    let lines = table.lines().take_while(|line| !line.starts_with('['));
    lines
        .filter_map(|line| line.split_once(['=', '.']))
        .map(|(name, _)| name.trim().replace('-', "_"))
        .collect()
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
    if path.components().count() > 4 {
        found.push(format!("{}: folders are at most two deep", path.display()));
    }
    found
}

/// The forbidden words of a text, as whole words.
fn word_breaks(path: &Path, text: &str) -> Vec<String> {
    let holds = |word: &str| {
        text.match_indices(word).any(|(at, _)| {
            let before = text[..at].bytes().last().unwrap_or(b' ');
            let behind = text[at + word.len()..].bytes().next().unwrap_or(b' ');
            !is_word(before) && (!is_word(behind) || word.ends_with('!'))
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
        let entry = format!("mod {};", inside.last().unwrap());
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

fn assert_none(found: &[String]) {
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn modules_use_only_what_lies_below_them() {
    let files = shipped_files();
    let found: Vec<_> = files
        .iter()
        .flat_map(|(path, text)| layer_breaks(path, text))
        .collect();
    assert_none(&found);
}

#[test]
fn crates_are_used_by_their_owners_only() {
    let known = dependencies(&fs::read_to_string(root().join("Cargo.toml")).unwrap());
    assert!(known.contains(&"nom".to_owned()), "{known:?}");
    let files = shipped_files();
    let found: Vec<_> = files
        .iter()
        .flat_map(|(path, text)| crate_breaks(path, text, &known))
        .collect();
    assert_none(&found);
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let files = rust_files(&["src", "tests", "benches"]);
    let found: Vec<_> = files
        .iter()
        .flat_map(|(path, text)| form_breaks(path, text))
        .collect();
    assert_none(&found);
}

#[test]
fn nothing_is_left_for_later() {
    let folders = ["src", "tests", "benches", "grammar", ".ci", "man"];
    let all = folders.iter().flat_map(|folder| files(folder));
    let found: Vec<_> = all
        .filter_map(|path| Some((path.clone(), fs::read_to_string(root().join(path)).ok()?)))
        .flat_map(|(path, text)| word_breaks(&path, &text))
        .collect();
    assert_none(&found);
}

#[test]
fn no_test_file_is_forgotten() {
    let index = fs::read_to_string(root().join("tests/main.rs")).unwrap();
    assert_none(&index_breaks(&index, &rust_files(&["tests"])));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_that_points_back_is_seen() {
        let breaks = |path: &str, source: &str| layer_breaks(Path::new(path), source).len();
        assert_eq!(breaks("src/syntax/mod.rs", "use crate::policy::Rule;"), 1);
        assert_eq!(
            breaks(
                "src/syntax/mod.rs",
                "use crate::{span::Span, engine::{a, b}, cli};"
            ),
            2
        );
        assert_eq!(
            breaks("src/syntax/lines.rs", "use super::super::alert::Event;"),
            1
        );
        assert_eq!(
            breaks(
                "src/alert/transport/smtp.rs",
                "fn f() { crate::editor::run() }"
            ),
            1
        );
        assert_eq!(breaks("src/span.rs", "use super::engine;"), 1);
        assert_eq!(breaks("src/odd.rs", ""), 1);
        assert_eq!(
            breaks(
                "src/policy/mod.rs",
                "use crate::syntax; use crate::span::Span;"
            ),
            0
        );
        assert_eq!(
            breaks(
                "src/policy/mod.rs",
                "// crate::cli\n#[cfg(test)]\nmod tests {\nuse crate::cli;"
            ),
            0
        );
        assert_eq!(
            breaks("src/engine/list.rs", "use super::alert; use xcrate::alert;"),
            0
        );
        assert_eq!(breaks("src/cli/mod.rs", "use crate::alert;"), 0);
    }

    #[test]
    fn a_crate_in_the_wrong_place_is_seen() {
        let known = ["nom".to_owned(), "memchr".to_owned(), "stray".to_owned()];
        let breaks = |path: &str, source: &str| crate_breaks(Path::new(path), source, &known).len();
        assert_eq!(breaks("src/policy/mod.rs", "use nom::Parser;"), 1);
        assert_eq!(
            breaks("src/cli/mod.rs", "fn f() { let _ = nom::branch::alt; }"),
            1
        );
        assert_eq!(breaks("src/cli/mod.rs", "use nom;"), 1);
        assert_eq!(breaks("src/syntax/mod.rs", "use stray::x;"), 1);
        assert_eq!(
            breaks("src/syntax/mod.rs", "use nom::Parser; use memchr::memchr;"),
            0
        );
        assert_eq!(breaks("src/cli/mod.rs", "use crate::nom::x;\n// nom::y"), 0);
        let manifest = "[package]\nx = 1\n\n[dependencies]\na-b = \"1\"\nc.version = \"2\"\n\n[lints]\nd = 1\n";
        assert_eq!(dependencies(manifest), ["a_b", "c"]);
    }

    #[test]
    fn bad_form_is_seen() {
        let breaks = |path: &str, source: &str| form_breaks(Path::new(path), source).len();
        let long = format!("//! x\n{}", "\n".repeat(LINE_LIMIT));
        assert_eq!(breaks("src/a.rs", &long), 1);
        assert_eq!(breaks("src/a.rs", "use x;\n"), 1);
        assert_eq!(breaks("src/a/b/c/d.rs", "//! x\n"), 1);
        assert_eq!(breaks("src/a/b/c.rs", "//! x\n"), 0);
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
