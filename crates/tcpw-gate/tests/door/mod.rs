//! The door: tables of libwrap decide about real connections and real logins, without libwrap.
//!
//! The scripts play in namespaces of their own (mounts, network, processes), so that no file, port or
//! process of the machine is touched and nothing outlives the test.

mod compiled;
mod hostile;
mod login;
mod served;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// New mount, network and process namespaces that end with the script.
const NAMESPACES: [&str; 7] = [
    "-m",
    "-n",
    "-p",
    "--fork",
    "--kill-child",
    "--mount-proc",
    "--propagation=private",
];

/// A folder for one play, with the program and a daemon that says how it was started.
struct Stage {
    place: TempDir,
    gate: PathBuf,
    probe: PathBuf,
}

impl Stage {
    fn new() -> Self {
        let place = TempDir::with_prefix("tcpw-door-").unwrap();
        let (gate, probe) = (place.path().join("tcpw-gate"), place.path().join("probe"));
        run(Command::new("cp").arg(super::gate::PROGRAM).arg(&gate));
        run(Command::new("cc")
            .args(["-O1", "-Wall", "-Werror", "-o"])
            .arg(&probe)
            .arg(file("probe.c")));
        run(Command::new("chmod").arg("755").arg(place.path()));
        Self { place, gate, probe }
    }

    /// Plays a script with these words; the lines that begin with `door: `, once it has ended well.
    #[track_caller]
    fn play<W: AsRef<OsStr>>(&self, program: &str, script: &str, words: &[W]) -> Vec<String> {
        let output = Command::new("unshare")
            .args(NAMESPACES)
            .arg(file("play"))
            .arg(self.place.path())
            .arg(program)
            .arg(file(script))
            .args(words)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LC_ALL", "C.UTF-8")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{}; needs root and namespaces\n{said}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        let proven = said.lines().filter(|line| line.starts_with("door: "));
        proven.map(str::to_owned).collect()
    }
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/door")
        .join(name)
}

#[track_caller]
fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {complaints}");
    output
}
