//! Two tables in a directory of their own, and the program run on them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub struct Sandbox {
    pub directory: TempDir,
}

/// What a run printed, the sandbox's path replaced by nothing, and its exit code.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Sandbox {
    pub fn new(allow: &str, deny: &str) -> Self {
        let directory = TempDir::new().unwrap();
        let sandbox = Self { directory };
        std::fs::create_dir(sandbox.path("etc")).unwrap();
        std::fs::write(sandbox.path("etc/hosts.allow"), allow).unwrap();
        std::fs::write(sandbox.path("etc/hosts.deny"), deny).unwrap();
        sandbox
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The program, with the sandbox as its root and without an ssh session.
    pub fn command(&self, arguments: &[&str]) -> Command {
        if arguments.first() == Some(&"setup") {
            self.install_notifier();
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_tcpw"));
        command.arg("--root").arg(self.directory.path());
        // A session that everybody's tables admit hides the one this test may run in.
        command
            .args(arguments)
            .env("SSH_CONNECTION", "0.0.0.1 1 0.0.0.2 22");
        command
    }

    /// The program that alerts run, at its path below the root.
    pub fn install_notifier(&self) {
        let place = self.path(notifier().trim_start_matches('/'));
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        if !place.exists() {
            std::os::unix::fs::symlink(notifier(), place).unwrap();
        }
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.ran(&mut self.command(arguments))
    }

    pub fn ran(&self, command: &mut Command) -> Ran {
        let output = command.output().unwrap();
        let root = self.directory.path().to_str().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(root, "");
        Ran {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// Both tables.
    pub fn tables(&self) -> (String, String) {
        let read = |name| std::fs::read_to_string(self.path(name)).unwrap_or_default();
        (read("etc/hosts.allow"), read("etc/hosts.deny"))
    }

    /// The names in the directory of the tables: no lock and no temporary file may stay.
    pub fn names(&self) -> Vec<String> {
        names(&self.path("etc"))
    }
}

pub fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A rule below the comment of tcpw that says these words about it.
pub fn named(words: &str, rule: &str) -> String {
    let text = format!("{rule}\n");
    let tree = tcpw::syntax::parse(text.as_bytes());
    let line = tree.line(0).and_then(tcpw::policy::Rule::of).unwrap();
    let identity = tcpw::metadata::identity(line);
    format!("# tcpw: rule={identity} {words}\n{text}")
}

/// The program of this build that alerts run.
pub fn notifier() -> &'static str {
    concat!(env!("CARGO_BIN_EXE_tcpw"), "-notify")
}

/// The alert's part of a rule, with the path of the program beside the one under test.
pub fn alarm() -> String {
    format!(
        "spawn {} --addr %a --daemon %d --server %s --pid %p -- %h : deny",
        notifier()
    )
}

/// The configuration, empty if there is none.
pub fn configuration(sandbox: &Sandbox) -> String {
    std::fs::read_to_string(sandbox.path("etc/tcpw.toml")).unwrap_or_default()
}

/// A mail program in the sandbox that keeps what it is given, or fails.
pub fn mail_program(sandbox: &Sandbox, script: &str) {
    let path = sandbox.path("usr/sbin/sendmail");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Nothing but the two tables is there.
pub fn without_traces(sandbox: &Sandbox) {
    assert_eq!(sandbox.names(), ["hosts.allow", "hosts.deny"]);
    let mut found = names(sandbox.directory.path());
    let own = notifier().split('/').nth(1).unwrap();
    found.retain(|name| name != own);
    assert_eq!(found, ["etc"]);
}

/// A system that has cron.
pub fn with_cron(sandbox: &Sandbox) {
    std::fs::create_dir_all(sandbox.path("etc/cron.d")).unwrap();
    std::fs::create_dir_all(sandbox.path("usr/sbin")).unwrap();
    std::fs::write(sandbox.path("usr/sbin/cron"), "").unwrap();
}

/// The gate of this build, which the real libwrap runs.
pub fn gate() -> String {
    let gate = Path::new(env!("CARGO_BIN_EXE_tcpw")).with_file_name("tcpw-gate");
    assert!(gate.is_file(), "{} is built", gate.display());
    gate.to_str().unwrap().to_owned()
}
