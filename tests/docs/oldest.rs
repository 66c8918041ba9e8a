//! The oldest Rust that builds tcpw is the same wherever it is said.

use std::fs;
use std::path::Path;

/// The files that say it to people; `Cargo.toml` and `.clippy.toml` say it to programs.
const SAID: [&str; 5] = [
    "README.md",
    "README.ko.md",
    "CONTRIBUTING.md",
    "crates/hosts-access/README.md",
    "tests/run",
];

fn text(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// What follows `before` in a text, up to the quotation mark.
fn quoted<'t>(text: &'t str, before: &str) -> Option<&'t str> {
    let line = text.lines().find_map(|line| line.strip_prefix(before));
    line?.strip_suffix('"')
}

/// The versions of Rust that a text names: `Rust 1.89`, `Rust: 1.89`, `+1.89`.
fn named(text: &str) -> Vec<String> {
    let marks = ["Rust 1.", "Rust: 1.", "+1."];
    let found = marks.iter().flat_map(|mark| text.split(mark).skip(1));
    found
        .map(|rest| {
            let digits = rest.chars().take_while(char::is_ascii_digit);
            format!("1.{}", digits.collect::<String>())
        })
        .collect()
}

#[test]
fn it_is_one_version() {
    let manifest = text("Cargo.toml");
    let oldest = quoted(&manifest, "rust-version = \"").unwrap();
    assert_eq!(quoted(&text(".clippy.toml"), "msrv = \""), Some(oldest));
    for name in SAID {
        let versions = named(&text(name));
        assert!(!versions.is_empty(), "{name} does not say it");
        assert!(
            versions.iter().all(|one| one == oldest),
            "{name}: {versions:?}"
        );
    }
    for name in [
        "hosts-access",
        "tcpw-event",
        "tcpw-fleet",
        "tcpw-gate",
        "tcpw-notify",
    ] {
        let manifest = text(&format!("crates/{name}/Cargo.toml"));
        assert!(manifest.contains("rust-version.workspace = true"), "{name}");
    }
}

#[test]
fn another_version_would_be_noticed() {
    assert_eq!(
        named("Rust 1.70 or later, `cargo +1.71 check`"),
        ["1.70", "1.71"]
    );
    assert_eq!(quoted("a\nmsrv = \"1.72\"\nb", "msrv = \""), Some("1.72"));
}
