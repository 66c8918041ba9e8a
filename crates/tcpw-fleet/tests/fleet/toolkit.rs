//! The program `tcpw` beside `tcpw-fleet`, and an inbox behind a real SMTP server.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Debian's own Python: it has python3-aiosmtpd.
const PYTHON: &str = "/usr/bin/python3";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/smtp/server.py");
const PATIENCE: Duration = Duration::from_secs(30);

/// Where `tcpw` is built.
pub(crate) fn toolkit() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_tcpw-fleet")).with_file_name("tcpw");
    assert!(path.exists(), "cargo build makes {}", path.display());
    path
}

/// A run of `tcpw`.
pub(crate) fn tcpw(words: &[&str]) -> Command {
    let mut command = Command::new(toolkit());
    command
        .args(words)
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC")
        .env("NO_COLOR", "1")
        .env_remove("PGPASSWORD")
        .stdin(Stdio::null());
    command
}

/// What is waited for, with a limit.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "{what}");
        sleep(Duration::from_millis(50));
    }
}

/// An inbox behind a real SMTP server.
pub(crate) struct Inbox {
    process: Child,
    place: TempDir,
    pub(crate) port: u16,
}

impl Inbox {
    pub(crate) fn start() -> Self {
        let place = TempDir::with_prefix("tcpw-inbox-").unwrap();
        let mut process = Command::new(PYTHON)
            .args([SCRIPT, "--inbox"])
            .arg(place.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line.trim().parse().expect("python3-aiosmtpd is installed");
        Self {
            process,
            place,
            port,
        }
    }

    /// Every mail that was taken, the oldest first.
    pub(crate) fn mails(&self) -> Vec<String> {
        let entries = fs::read_dir(self.place.path()).unwrap();
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|kind| kind == "mail"))
            .collect();
        paths.sort();
        let mails = paths.iter().map(|path| fs::read_to_string(path).unwrap());
        mails.collect()
    }

    /// The subjects of all mails.
    pub(crate) fn subjects(&self) -> Vec<String> {
        let subject = |mail: String| {
            let unfolded = mail.replace("\r\n ", " ");
            let line = unfolded.lines().find(|line| line.starts_with("Subject: "));
            line.unwrap_or_default().to_owned()
        };
        self.mails().into_iter().map(subject).collect()
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// An outcome as text.
pub(crate) fn said(output: &Output) -> (i32, String, String) {
    super::run::told(output)
}
