//! What the program is made of, what it says of itself, and how it fails.

use super::program::PROGRAM;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn it_needs_no_other_file_to_start() {
    let output = Command::new("readelf")
        .args(["--wide", "--program-headers", "--dynamic", PROGRAM])
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("LOAD"), "{text}");
    for word in ["INTERP", "(NEEDED)"] {
        assert!(!text.contains(word), "{text}");
    }
}

/// What is linked into the program: few crates, and none that talks to a network or is a database.
#[test]
fn few_crates_are_linked_into_it() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--package",
            "tcpw-gate",
            "--edges",
            "normal,no-proc-macro",
        ])
        .args(["--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let names: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert!(
        names.contains("maxminddb") && names.len() <= 30,
        "{names:?}"
    );
    for heavy in [
        "clap", "rusqlite", "rustls", "ring", "ureq", "tokio", "regex",
    ] {
        assert!(!names.contains(heavy), "{heavy}");
    }
}

/// An error of its own does not reach the client: this very test, started again, panics in silence.
#[test]
fn a_panic_prints_nothing() {
    const AGAIN: &str = "TCPW_PANICS";
    if std::env::var_os(AGAIN).is_some() {
        eprintln!("before");
        tcpw_gate::silence();
        let panicked = std::panic::catch_unwind(|| panic!("loud"));
        eprintln!("after");
        assert!(panicked.is_err());
        return;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "gate::shape::a_panic_prints_nothing",
            "--nocapture",
        ])
        .env(AGAIN, "1")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(output.status.success() && said.contains("before"), "{said}");
    for word in ["loud", "panicked", "after"] {
        assert!(!said.contains(word), "{said}");
    }
}

/// The page and the help name the same options.
#[test]
fn the_manual_page_has_every_option_of_the_help() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../man/tcpw-gate.8");
    let page = fs::read_to_string(page).unwrap();
    let options = |text: &str, mark: &str| -> BTreeSet<String> {
        let found = text.split(mark).skip(1).map(|rest| {
            let is_end = |letter: char| !letter.is_ascii_lowercase() && letter != '-';
            rest.split(is_end).next().unwrap_or_default().to_owned()
        });
        found.filter(|name| !name.is_empty()).collect()
    };
    let mut of_help = options(tcpw_gate::HELP, " --");
    assert!(of_help.len() > 10, "{of_help:?}");
    let of_door = options(tcpw_gate::DOOR_HELP, " --");
    assert!(of_door.contains("name-timeout"), "{of_door:?}");
    of_help.extend(of_door);
    let of_page = options(&page, "Fl -")
        .into_iter()
        .chain(options(&page, ", -"))
        .collect();
    let lacking: Vec<_> = of_help.difference(&of_page).collect();
    assert!(lacking.is_empty(), "{lacking:?}");
}
