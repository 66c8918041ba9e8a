//! Every fact id that the tree cites is in `docs/`, with an anchor that a link reaches.

use crate::sandbox::Sandbox;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The folders whose files cite facts.
const CITING: [&str; 8] = [
    "src", "crates", "tests", "man", "fixtures", "benches", "fuzz", "grammar",
];

/// What builds and fuzzing leave.
const MADE: [&str; 3] = ["target", "corpus", "artifacts"];

/// All regular files below a folder, without what is built or made there.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() && !MADE.iter().any(|made| entry.file_name() == *made) {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files
}

/// The ids that a text cites: `F-LINE-01` is one, `F-LINE-12/14` two, `F-SPAWN-03..06` four.
fn cited(text: &str) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for (at, _) in text.match_indices("F-") {
        let rest = &text[at + 2..];
        let Some(group) = rest.split('-').next() else {
            continue;
        };
        let is_group = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit();
        let numbers = rest.get(group.len() + 1..).unwrap_or_default();
        let Some(mut number) = two_digits(numbers) else {
            continue;
        };
        if group.is_empty() || !group.chars().all(is_group) {
            continue;
        }
        let mut numbers = &numbers[2..];
        ids.insert(format!("F-{group}-{number:02}"));
        loop {
            let next;
            (next, numbers) = if let Some(after) = numbers.strip_prefix('/') {
                (two_digits(after), after)
            } else if let Some(after) = numbers.strip_prefix("..") {
                (two_digits(after), after)
            } else {
                break;
            };
            let Some(last) = next else { break };
            let is_range = text.contains(&format!("{number:02}..{last:02}"));
            let first = if is_range { number + 1 } else { last };
            ids.extend((first..=last).map(|each| format!("F-{group}-{each:02}")));
            number = last;
            numbers = &numbers[2..];
        }
    }
    ids
}

/// The number that a text begins with, if exactly two digits make it up.
fn two_digits(text: &str) -> Option<u32> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    (digits == 2).then(|| text[..2].parse().unwrap())
}

/// The ids that a page defines, one an anchor.
fn anchors(page: &str) -> Vec<String> {
    page.split("<a id=\"")
        .skip(1)
        .filter_map(|part| part.split('"').next())
        .map(str::to_owned)
        .collect()
}

/// The cited ids that no page defines, each with a file that cites it.
fn dangling(known: &BTreeSet<String>, texts: &[(PathBuf, String)]) -> BTreeMap<String, PathBuf> {
    let mut missing = BTreeMap::new();
    for (path, text) in texts {
        for id in cited(text).difference(known) {
            missing.insert(id.clone(), path.clone());
        }
    }
    missing
}

fn known() -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for path in files_below(&root().join("docs")) {
        if path.extension().is_some_and(|end| end == "md") {
            for id in anchors(&std::fs::read_to_string(&path).unwrap()) {
                assert!(known.insert(id.clone()), "{id} is defined twice");
            }
        }
    }
    known
}

fn texts() -> Vec<(PathBuf, String)> {
    let files = CITING
        .iter()
        .flat_map(|folder| files_below(&root().join(folder)));
    files
        .filter_map(|path| {
            let text = String::from_utf8(std::fs::read(&path).unwrap()).ok()?;
            Some((path, text))
        })
        .collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn explain_links_a_section_that_is_there() {
    let page = root().join("docs/libwrap-facts.md");
    let anchors = anchors(&std::fs::read_to_string(page).unwrap());
    let codes: Vec<_> = tcpw::lint::CHECKS.iter().map(|check| check.code).collect();
    let words: Vec<_> = std::iter::once("explain").chain(codes).collect();
    let run = Sandbox::new().run(&words);
    let links: Vec<_> = run
        .stdout_text()
        .lines()
        .filter_map(|line| line.split_once("/docs/libwrap-facts.md#"))
        .collect();
    assert!(links.len() > 50, "{} links only", links.len());
    for (_, anchor) in links {
        assert!(anchors.iter().any(|known| known == anchor), "{anchor}");
    }
}

#[test]
fn each_that_is_cited_is_in_the_documents() {
    let (known, mut texts) = (known(), texts());
    // Its examples are made up.
    texts.retain(|(path, _)| !path.ends_with("tests/docs/facts.rs"));
    let missing = dangling(&known, &texts);
    assert!(
        missing.is_empty(),
        "cited, but not in docs/libwrap-facts.md: {missing:#?}"
    );

    let everything: BTreeSet<String> = texts.iter().flat_map(|(_, text)| cited(text)).collect();
    assert!(everything.len() > 100, "{} ids only", everything.len());
    // The list that the oracle's tests go by names them all.
    texts.retain(|(path, _)| !path.ends_with("fact_ids.txt"));
    let everything: BTreeSet<String> = texts.iter().flat_map(|(_, text)| cited(text)).collect();
    let uncited: Vec<&String> = known.difference(&everything).collect();
    println!("facts that nothing cites: {uncited:?}");
}

#[test]
fn a_made_up_one_is_noticed() {
    let known = BTreeSet::from(["F-AAA-01".to_owned()]);
    let text = "// F-AAA-01, F-AAA-01/02 and F-MADEUP-07".to_owned();
    let missing = dangling(&known, &[("src/a.rs".into(), text)]);
    assert_eq!(
        missing.into_keys().collect::<Vec<_>>(),
        ["F-AAA-02", "F-MADEUP-07"]
    );
    let ids = cited("F-BBB-03..05 F-A-1 UTF-8 F-C4-06/07/13");
    let expected = [
        "F-BBB-03", "F-BBB-04", "F-BBB-05", "F-C4-06", "F-C4-07", "F-C4-13",
    ];
    assert_eq!(ids.into_iter().collect::<Vec<_>>(), expected);
}

/// The pages cite each other too.
#[test]
fn the_documents_cite_none_that_is_missing() {
    let pages: Vec<(PathBuf, String)> = files_below(&root().join("docs"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .map(|path| (path.clone(), std::fs::read_to_string(path).unwrap()))
        .collect();
    assert_eq!(dangling(&known(), &pages), BTreeMap::new());
}
