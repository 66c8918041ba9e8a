//! Each promise of the threat model names the tests that would fail if it were not kept, and these
//! are there.

use std::path::Path;

const PAGE: &str = include_str!("../../docs/threat-model.md");
/// Who must be in it, by the heading of their section.
const SECTIONS: [&str; 8] = [
    "A visitor",
    "A local user",
    "A daemon's user",
    "A mail server, a webhook, or who is between",
    "A fault in the deliverer",
    "An administrator",
    "Root and the machine",
    "A stolen login of a host",
];

/// The rows of a section's table: a promise, and what is named for it.
fn promises(section: &str) -> Vec<(&str, Vec<&str>)> {
    let rows = section.lines().filter_map(|line| line.strip_prefix("| "));
    rows.filter(|row| *row != "promise | tests |")
        .map(|row| {
            let (promise, tests) = row.split_once(" |").unwrap();
            (promise, tests.split('`').skip(1).step_by(2).collect())
        })
        .collect()
}

/// What is wrong with the tests that are named for a promise; `read` gives the text of a file.
fn problems(
    (promise, tests): &(&str, Vec<&str>),
    read: &dyn Fn(&str) -> Option<String>,
) -> Vec<String> {
    if tests.is_empty() {
        return vec![format!("no test: {promise}")];
    }
    let is_test = |name: &str| {
        let (file, function) = name.split_once("::")?;
        let text = read(file)?;
        let (before, _) = text.split_once(&format!("fn {function}("))?;
        // Between the attribute and the function there are other attributes and comments only.
        let (_, between) = before.rsplit_once("#[test]")?;
        let is_attribute =
            |line: &str| line.is_empty() || line.starts_with("#[") || line.starts_with("//");
        between
            .lines()
            .map(str::trim)
            .all(is_attribute)
            .then_some(())
    };
    let missing = tests.iter().filter(|name| is_test(name).is_none());
    missing
        .map(|name| format!("no such test: {name}"))
        .collect()
}

#[test]
fn each_promise_of_the_threat_model_has_its_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| std::fs::read_to_string(root.join(file)).ok();
    let (mut count, mut found) = (0, Vec::new());
    for section in PAGE.split("\n## ").skip(1) {
        for promise in promises(section) {
            count += 1;
            found.extend(problems(&promise, &read));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    for name in SECTIONS {
        let section = PAGE
            .split("\n## ")
            .find(|text| text.starts_with(&format!("{name}\n")));
        assert!(promises(section.unwrap()).len() > 2, "{name}");
    }
    let security = read("SECURITY.md").unwrap();
    assert!(
        security.contains("(docs/threat-model.md)"),
        "it leads there"
    );
    crate::proof::say(&format!(
        "threat model: each of {count} promises has its tests"
    ));
}

#[test]
fn a_promise_without_a_test_would_be_noticed() {
    let page = "A\n| promise | tests |\n|---|---|\n| We do. | `a.rs::there`, `a.rs::gone` |\n| So. | |\n\
                | Both. | `a.rs::helper`, `b.rs::there` |\n";
    let text = "#[test]\n#[cfg(unix)]\nfn there() {\n}\nfn helper() {\n}\n";
    let read = |file: &str| (file == "a.rs").then(|| text.to_owned());
    let rows = promises(page);
    assert_eq!(rows.len(), 3);
    let found: Vec<_> = rows.iter().flat_map(|row| problems(row, &read)).collect();
    let wanted = [
        "no such test: a.rs::gone",
        "no test: So.",
        "no such test: a.rs::helper",
        "no such test: b.rs::there",
    ];
    assert_eq!(found, wanted);
}
