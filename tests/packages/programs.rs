//! The release build that packages hold, made once a run, and the scripts of `packaging/`.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use tempfile::TempDir;

/// The root of the sources.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A release build.
struct Build {
    folder: PathBuf,
    /// The names of the crates that were compiled for it.
    crates: BTreeSet<String>,
}

/// The release build, which is made if it is not there or not of these sources; or what `TCPW_PROGRAMS`
/// names, a release folder of Cargo's.
fn build() -> &'static Build {
    static MADE: OnceLock<Build> = OnceLock::new();
    MADE.get_or_init(|| match std::env::var_os("TCPW_PROGRAMS") {
        Some(folder) => of_others(PathBuf::from(folder)),
        None => of_cargo(),
    })
}

/// Built one by one, each with the features that it needs alone: `cargo run --release` has built the
/// first one already.
fn of_cargo() -> Build {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let mut crates = BTreeSet::new();
    for package in ["tcpw", "tcpw-notify", "tcpw-gate"] {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([
            "build",
            "--release",
            "--locked",
            "--bins",
            "--package",
            package,
        ]);
        cargo.args(["--message-format", "json", "--target-dir"]);
        let said = run(cargo.arg(target).current_dir(root()));
        let messages = said
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let compiled = messages.filter(|message| message["reason"] == "compiler-artifact");
        crates.extend(compiled.map(|message| name_of(message["package_id"].as_str().unwrap())));
    }
    Build {
        folder: target.join("release"),
        crates,
    }
}

/// A package's name in its id: `...#name@1.0`, or `.../name#1.0`.
fn name_of(id: &str) -> String {
    let (place, rest) = id.split_once('#').unwrap();
    let name = match rest.split_once('@') {
        Some((name, _)) => name,
        None => place.rsplit('/').next().unwrap(),
    };
    name.to_owned()
}

fn of_others(folder: PathBuf) -> Build {
    let entries = std::fs::read_dir(folder.join(".fingerprint")).unwrap();
    let crates = entries
        .map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.rsplit_once('-').unwrap().0.to_owned()
        })
        .collect();
    Build { folder, crates }
}

/// The folder of the programs.
pub(super) fn programs() -> &'static Path {
    &build().folder
}

/// A folder with the program for many servers as the tests are built with it, without what debuggers read: it
/// comes and goes as a release build does, which would take minutes.
pub(super) fn fleet() -> &'static Path {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    let folder = MADE.get_or_init(|| {
        let folder = TempDir::with_prefix("tcpw-fleet-").unwrap();
        let built = Path::new(env!("CARGO_BIN_EXE_tcpw")).with_file_name("tcpw-fleet");
        assert!(
            built.exists(),
            "cargo build --workspace makes {}",
            built.display()
        );
        let stripped = folder.path().join("tcpw-fleet");
        run(Command::new("strip").arg("-o").arg(stripped).arg(built));
        folder
    });
    folder.path()
}

/// A folder with all programs.
pub(super) fn all() -> &'static Path {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    let folder = MADE.get_or_init(|| {
        let folder = TempDir::with_prefix("tcpw-programs-").unwrap();
        let link = |from: &Path, name: &str| symlink(from.join(name), folder.path().join(name));
        for name in ["tcpw", "tcpw-notify", "tcpw-gate"] {
            link(programs(), name).unwrap();
        }
        link(fleet(), "tcpw-fleet").unwrap();
        folder
    });
    folder.path()
}

/// The names of the crates that were compiled for the programs.
pub(super) fn compiled() -> &'static BTreeSet<String> {
    &build().crates
}

/// A script of `packaging/`, called from the root.
pub(super) fn script(name: &str) -> Command {
    let mut command = Command::new(root().join("packaging").join(name));
    command.current_dir(root());
    command
}

/// The output of a command that must succeed.
pub(super) fn succeeded(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}\n{said}{complaint}",
        output.status
    );
    said
}

/// What a command prints that must succeed.
pub(super) fn run(command: &mut Command) -> String {
    succeeded(&command.output().unwrap())
}

/// The exit code of a command, and what it said on both its outputs.
pub(super) fn outcome(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}
