//! The same sources give the same programs, wherever the checkout and Cargo's folder are, and no path of the
//! machine gets into them. `tcpw-notify` is built twice here; `packaging/reproduce` does the same for both
//! programs, the package and the archive.

use super::programs::{outcome, root, run, script};
use crate::proof;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// What is not a source.
const LEFT_OUT: [&str; 3] = ["target", ".git", "fixtures"];

fn copy_sources(to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(root()).unwrap() {
        let entry = entry.unwrap();
        if LEFT_OUT.iter().all(|name| entry.file_name() != *name) {
            run(Command::new("cp").arg("-a").arg(entry.path()).arg(to));
        }
    }
}

/// Cargo's folder, where the crates are.
fn cargo_home() -> PathBuf {
    std::env::var_os("CARGO_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cargo"),
        PathBuf::from,
    )
}

/// Builds `tcpw-notify` from a copy of the sources, without the work of optimising.
fn build(sources: &Path, cargo_home: &Path) -> Vec<u8> {
    copy_sources(sources);
    let mut programs = Command::new(sources.join("packaging/programs"));
    programs.arg("notifier").current_dir("/");
    programs
        .env("CARGO_HOME", cargo_home)
        .env("SOURCE_DATE_EPOCH", "1800000000");
    programs
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_RELEASE_LTO", "off");
    programs
        .env("CARGO_NET_OFFLINE", "true")
        .env_remove("CARGO_TARGET_DIR");
    let folder = run(&mut programs);
    fs::read(Path::new(folder.trim_end()).join("tcpw-notify")).unwrap()
}

#[test]
fn the_notifier_is_the_same_wherever_it_is_built_and_bears_no_path() {
    let folder = TempDir::new().unwrap();
    let elsewhere = folder.path().join("cargo-of-somebody-else");
    symlink(cargo_home(), &elsewhere).unwrap();
    let one = build(&folder.path().join("one"), &cargo_home());
    let two = build(&folder.path().join("a-longer-name/two"), &elsewhere);
    assert!(
        one == two,
        "{} and {} bytes that differ",
        one.len(),
        two.len()
    );
    // `packaging/programs` has looked for paths; here it is by other words.
    let has = |word: &[u8]| memchr::memmem::find(&one, word).is_some();
    assert!(!has(folder.path().as_os_str().as_encoded_bytes()));
    assert!(!has(cargo_home().as_os_str().as_encoded_bytes()));
    assert!(has(b"/cargo/registry/"), "the crates' names for themselves");
    proof::say(&format!(
        "reproducible: tcpw-notify of two checkouts, the same {} bytes",
        one.len()
    ));
}

#[test]
fn a_path_of_this_machine_in_a_program_is_noticed() {
    let folder = TempDir::new().unwrap();
    let program = folder.path().join("program");
    let text = format!("\0{}/src/main.rs\0", root().display());
    fs::write(&program, text).unwrap();
    let (code, said) = outcome(script("traces").arg(&program));
    assert_eq!(code, Some(1), "{said}");
    fs::write(&program, "\0/cargo/registry/src/x\0/tcpw/src/main.rs\0").unwrap();
    assert_eq!(
        outcome(script("traces").arg(&program)),
        (Some(0), String::new())
    );
}
