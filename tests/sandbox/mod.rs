//! A directory of its own for one test, and tcpw run in it. Output, exit code and files are
//! compared exactly; what a test does not mention must be empty or unchanged.
//!
//! ```text
//! Sandbox::new()
//!     .allow("sshd: 1.2.3.4\n")
//!     .run(&["match", "sshd", "1.2.3.4"])
//!     .stdout("granted ...\n")
//!     .done();
//! ```

mod golden;
#[expect(dead_code, reason = "the gate's own tests use the rest")]
#[path = "../../crates/tcpw-gate/tests/gate/legacy_made.rs"]
pub(crate) mod legacy_made;
#[path = "../../crates/tcpw-gate/tests/gate/mmdb_made.rs"]
pub(crate) mod mmdb_made;

pub(crate) use golden::assert_golden;

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The tcpw that is tested: the one of this build, unless `TCPW_BIN` names another.
pub(crate) fn program() -> OsString {
    env::var_os("TCPW_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_tcpw").into())
}

/// Copies a program to where it is run. By a program, so that no child of another test, forked at that
/// moment, holds it open for writing: it could not be run then.
pub(crate) fn copy_program(from: impl AsRef<Path>, to: &Path) {
    let copied = Command::new("cp").arg(from.as_ref()).arg(to).status();
    assert!(copied.unwrap().success(), "{}", to.display());
}

/// The stage of one test.
#[derive(Debug)]
pub(crate) struct Sandbox {
    root: TempDir,
    stdin: Vec<u8>,
    environment: Vec<(String, String)>,
    program: OsString,
}

impl Sandbox {
    /// An empty system: no tables, no configuration.
    pub(crate) fn new() -> Self {
        let root = TempDir::with_prefix("tcpw-sandbox-").unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        Self {
            root,
            stdin: Vec::new(),
            environment: Vec::new(),
            program: program(),
        }
    }

    /// Writes `etc/hosts.allow`.
    pub(crate) fn allow(self, text: impl AsRef<[u8]>) -> Self {
        self.file("etc/hosts.allow", text)
    }

    /// Writes `etc/hosts.deny`.
    pub(crate) fn deny(self, text: impl AsRef<[u8]>) -> Self {
        self.file("etc/hosts.deny", text)
    }

    /// Writes a file below the root, with its directories.
    pub(crate) fn file(self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        let place = self.root.path().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, bytes).unwrap();
        self
    }

    /// What the next run reads from standard input.
    pub(crate) fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin = bytes.as_ref().to_vec();
        self
    }

    /// An environment variable of the next run; all others are the few that every run gets.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs `program` in the place of tcpw, with the same arguments.
    pub(crate) fn by(mut self, program: &Path) -> Self {
        self.program = program.into();
        self
    }

    /// The root of the stage, for paths in arguments.
    pub(crate) fn path(&self) -> &Path {
        self.root.path()
    }

    /// Runs `tcpw --root ROOT ARGUMENTS`; `[ROOT]` in an argument becomes the root.
    pub(crate) fn run(self, arguments: &[&str]) -> Run {
        let root = self.root.path().to_str().unwrap().to_owned();
        let before = files(self.root.path());
        let mut child = Command::new(&self.program)
            .args(["--root", &root])
            .args(arguments.iter().map(|a| a.replace("[ROOT]", &root)))
            .current_dir(&root)
            .env_clear()
            .envs([
                ("LC_ALL", "C"),
                ("LANG", "C"),
                ("NO_COLOR", "1"),
                ("TZ", "UTC"),
            ])
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .envs(self.environment.iter().map(|(n, v)| (n, v)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("tcpw starts");
        // A program that does not read its input closes the pipe early, which is its right.
        drop(child.stdin.take().unwrap().write_all(&self.stdin));
        let output = child.wait_with_output().unwrap();
        let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&root, "[ROOT]");
        Run {
            stdout: told(&output.stdout),
            stderr: told(&output.stderr),
            code: output.status.code(),
            before,
            after: files(self.root.path()),
            want: Want::default(),
            sandbox: self,
        }
    }
}

/// What a run is expected to have done.
#[derive(Debug, Default)]
struct Want {
    stdout: String,
    stderr: String,
    code: i32,
    files: BTreeMap<String, Option<Vec<u8>>>,
    free: Vec<String>,
}

/// A finished run. Nothing is compared before [`Run::done`].
#[derive(Debug)]
#[must_use = "nothing is compared before done()"]
pub(crate) struct Run {
    stdout: String,
    stderr: String,
    code: Option<i32>,
    before: BTreeMap<String, Vec<u8>>,
    after: BTreeMap<String, Vec<u8>>,
    want: Want,
    sandbox: Sandbox,
}

impl Run {
    /// What it printed, the root as `[ROOT]`: for tests that look at parts of it.
    pub(crate) fn stdout_text(&self) -> &str {
        &self.stdout
    }

    /// The whole standard output, the root shown as `[ROOT]`.
    pub(crate) fn stdout(mut self, text: &str) -> Self {
        text.clone_into(&mut self.want.stdout);
        self
    }

    /// The whole standard error, the root shown as `[ROOT]`.
    pub(crate) fn stderr(mut self, text: &str) -> Self {
        text.clone_into(&mut self.want.stderr);
        self
    }

    /// The exit code; 0 if not mentioned.
    pub(crate) fn code(mut self, code: i32) -> Self {
        self.want.code = code;
        self
    }

    /// A file that is new or changed, with its bytes.
    pub(crate) fn leaves(mut self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.want
            .files
            .insert(path.to_owned(), Some(bytes.as_ref().to_vec()));
        self
    }

    /// A file that is gone.
    pub(crate) fn removes(mut self, path: &str) -> Self {
        self.want.files.insert(path.to_owned(), None);
        self
    }

    /// Files below `path` are not compared: locks, histories, databases.
    pub(crate) fn ignoring(mut self, path: &str) -> Self {
        self.want.free.push(path.to_owned());
        self
    }

    /// Standard output and standard error, the root shown as `[ROOT]`, and the exit code: for tests
    /// that look at a part of them.
    pub(crate) fn output(&self) -> (&str, &str, Option<i32>) {
        (&self.stdout, &self.stderr, self.code)
    }

    /// The stage for a next run, with nothing compared.
    pub(crate) fn unchecked(self) -> Sandbox {
        self.sandbox
    }

    /// Compares everything; gives the stage back for a next run.
    pub(crate) fn done(self) -> Sandbox {
        let differences = self.differences();
        assert!(
            differences.is_empty(),
            "{}\n--- stdout\n{}--- stderr\n{}--- exit code {:?}",
            differences.join("\n"),
            self.stdout,
            self.stderr,
            self.code
        );
        self.sandbox
    }

    /// Everything that is not as expected.
    fn differences(&self) -> Vec<String> {
        let mut found = Vec::new();
        let want = &self.want;
        for (name, got, want) in [
            ("stdout", &self.stdout, &want.stdout),
            ("stderr", &self.stderr, &want.stderr),
        ] {
            if got != want {
                found.push(format!("{name} differs; wanted:\n{want}"));
            }
        }
        if self.code != Some(want.code) {
            found.push(format!("exit code {:?}, wanted {}", self.code, want.code));
        }
        let mut expected = self.before.clone();
        for (path, bytes) in &want.files {
            match bytes {
                Some(bytes) => drop(expected.insert(path.clone(), bytes.clone())),
                None => drop(expected.remove(path)),
            }
        }
        let paths: std::collections::BTreeSet<&String> =
            expected.keys().chain(self.after.keys()).collect();
        for path in paths {
            let free = want
                .free
                .iter()
                .any(|free| Path::new(path).starts_with(free));
            let (got, wanted) = (self.after.get(path), expected.get(path));
            if !free && got != wanted {
                found.push(format!(
                    "file {path}: {}, wanted {}",
                    shown(got),
                    shown(wanted)
                ));
            }
        }
        found
    }
}

fn shown(bytes: Option<&Vec<u8>>) -> String {
    bytes.map_or("absent".to_owned(), |b| {
        format!("b\"{}\"", b.escape_ascii())
    })
}

/// All files below `root`, by path relative to it.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(place) = waiting.pop() {
        for entry in fs::read_dir(&place).unwrap() {
            let path = entry.unwrap().path();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            if kind.is_dir() {
                waiting.push(path);
            } else if kind.is_symlink() {
                let target = fs::read_link(&path).unwrap();
                found.insert(name, format!("-> {}", target.display()).into_bytes());
            } else if kind.is_file() {
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::Sandbox;

    /// A stage whose program is the shell: `run(&["-c", ...])` after `--root ROOT`.
    fn shell(script: &str) -> super::Run {
        let mut sandbox = Sandbox::new().allow("a\n").deny("b\n");
        let program = sandbox.path().join("program");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&program, mode).unwrap();
        sandbox.program = program.into();
        sandbox
            .env("GIVEN", "1")
            .stdin("input\n")
            .run(&["x", "[ROOT]/y"])
    }

    #[test]
    fn a_run_as_expected_passes() {
        let script = "echo \"$@\"; echo oops >&2; cat; cat etc/hosts.deny; echo b > etc/new; rm etc/hosts.allow; exit 3";
        let sandbox = shell(script)
            .stdout("--root [ROOT] x [ROOT]/y\ninput\nb\n")
            .stderr("oops\n")
            .code(3)
            .leaves("etc/new", "b\n")
            .removes("etc/hosts.allow")
            .done();
        assert!(sandbox.path().join("etc/new").exists());
    }

    #[test]
    fn every_surprise_is_a_difference() {
        for script in [
            "echo x",
            "echo x >&2",
            "exit 1",
            "echo b > etc/new",
            "rm etc/hosts.allow",
            "echo c >> etc/hosts.allow",
        ] {
            let run = shell(script);
            assert_eq!(run.differences().len(), 1, "{script}: {run:?}");
        }
        assert!(
            shell("echo b > etc/new")
                .ignoring("etc")
                .differences()
                .is_empty()
        );
        assert!(shell("true").differences().is_empty());
        assert_eq!(shell("true").stdout("x").differences().len(), 1);
        assert_eq!(shell("true").leaves("x", "").differences().len(), 1);
    }

    #[test]
    fn the_environment_is_not_inherited() {
        let script = "env | cut -d= -f1 | grep -vE '^(GIVEN|LANG|LC_ALL|NO_COLOR|PATH|PWD|TZ|_|SHLVL|OLDPWD)$' || true";
        shell(script).done();
    }
}
