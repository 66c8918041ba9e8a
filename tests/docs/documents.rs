//! What the documents name is there: files, folders and the recipes' commands.

use super::facts::files_below;
use std::path::{Path, PathBuf};

/// The pages at the root and in `docs/`.
fn pages() -> Vec<PathBuf> {
    let root = root();
    let mut pages = files_below(&root.join("docs"));
    pages.extend(
        [
            "README.md",
            "README.ko.md",
            "CONTRIBUTING.md",
            "SECURITY.md",
            "fuzz/README.md",
        ]
        .map(|page| root.join(page)),
    );
    pages.retain(|page| page.extension().is_some_and(|end| end == "md"));
    pages
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The code spans of a page that look like paths of the tree: a folder of the root first, and
/// nothing that only a shell or a reader would fill in.
fn named(page: &str) -> Vec<&str> {
    let tops = [
        "src/",
        "crates/",
        "tests/",
        "docs/",
        "fixtures/",
        "grammar/",
        "man/",
        "benches/",
        "fuzz/",
        "packaging/",
        ".ci/",
    ];
    let mut is_fenced = false;
    let mut found = Vec::new();
    for line in page.lines() {
        if line.starts_with("```") {
            is_fenced = !is_fenced;
        } else if !is_fenced {
            let spans = line.split('`').skip(1).step_by(2);
            found.extend(spans.filter(|span| tops.iter().any(|top| span.starts_with(top))));
        }
    }
    found
        .into_iter()
        .filter_map(|span| span.split([' ', '#']).next())
        // A test in a file.
        .filter_map(|path| path.split("::").next())
        .filter(|path| !path.contains(['<', '*', '{']))
        .collect()
}

/// The local targets of a page's links.
fn linked(page: &str) -> Vec<&str> {
    page.split("](")
        .skip(1)
        .filter_map(|part| part.split([')', '#']).next())
        .filter(|target| !target.is_empty() && !target.contains("://") && !target.contains('|'))
        .collect()
}

#[test]
fn each_path_they_name_exists() {
    let mut missing = Vec::new();
    let mut count = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        let folder = page.parent().unwrap();
        let paths = named(&text).into_iter().map(|path| root().join(path));
        let links = linked(&text).into_iter().map(|path| folder.join(path));
        for path in paths.chain(links) {
            count += 1;
            if !path.exists() {
                missing.push(format!("{}: {}", page.display(), path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(count > 80, "{count} paths only");
}

#[test]
fn a_path_that_is_not_there_would_be_noticed() {
    let page = "See `src/nowhere.rs`, `tests/run --fast`, `src/lint/checks/<folder>` and `ls`.\n\
                ```\n`src/fenced.rs`\n```\n[a](../README.md#start) [b](https://example.org)";
    assert_eq!(named(page), ["src/nowhere.rs", "tests/run"]);
    assert_eq!(linked(page), ["../README.md"]);
}

/// The functions that a page names, as `decide()` or `Index::decide()`.
fn functions(page: &str) -> Vec<&str> {
    let spans = page.split('`').skip(1).step_by(2);
    spans
        .filter_map(|span| span.strip_suffix("()")?.rsplit("::").next())
        .collect()
}

#[test]
fn each_function_they_name_is_defined() {
    let sources: Vec<String> = ["src", "crates"]
        .iter()
        .flat_map(|folder| files_below(&root().join(folder)))
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let is_defined = |name: &str| {
        let heads = [format!("fn {name}("), format!("fn {name}<")];
        let has = |text: &String| heads.iter().any(|head| text.contains(head));
        sources.iter().any(has)
    };
    let page = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let missing: Vec<&str> = functions(&page)
        .into_iter()
        .filter(|name| !is_defined(name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(functions(&page).len() > 25);
    assert_eq!(functions("`decide()`, `A::b()`, `c`"), ["decide", "b"]);
    assert!(!is_defined("a_function_of_nobody"));
}

/// The words of the developers' menu that must be files, and the names of targets of Cargo.
fn unknown_words(menu: &str, manifest: &str) -> Vec<String> {
    let mut unknown = Vec::new();
    for line in menu.lines().filter(|line| line.starts_with("    ")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        for pair in words.windows(2) {
            let name = format!("name = \"{}\"", pair[1]);
            let is_target = ["--bench", "--test", "--bin"].contains(&pair[0]);
            if is_target && !pair[1].contains('{') && !manifest.contains(&name) {
                unknown.push(pair[1].to_owned());
            }
        }
        let paths = words
            .iter()
            .map(|word| word.trim_start_matches('@').trim_start_matches("./"))
            .filter(|word| word.contains('/') && !word.contains(['{', '=', '"', '<']));
        for path in paths {
            if !root().join(path).exists() {
                unknown.push(path.to_owned());
            }
        }
    }
    unknown
}

#[test]
fn the_menu_for_developers_names_what_there_is() {
    let menu = std::fs::read_to_string(root().join("justfile")).unwrap();
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert_eq!(unknown_words(&menu, &manifest), Vec::<String>::new());
    for recipe in [
        "check",
        "test-fast",
        "test",
        "fuzz",
        "bench",
        "update",
        "man",
        "doc",
        "release",
        "deb",
        "archive",
        "static",
        "sbom",
        "reproduce",
        "package",
    ] {
        let is_head = |line: &str| line.split([':', ' ']).next() == Some(recipe);
        assert!(menu.lines().any(is_head), "{recipe}");
    }
    let bad = "x:\n    tests/nowhere --fast\n    cargo bench --bench nothing\n";
    assert_eq!(unknown_words(bad, &manifest), ["tests/nowhere", "nothing"]);
}
