//! A directory that plays the system, and tcpw run in it.

use rusqlite::{Connection, OpenFlags};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than anything here takes, shorter than a retry.
const PATIENCE: Duration = Duration::from_secs(20);
/// With this in the environment every stage has the user of the deliverer.
const WITH_USER: &str = "TCPW_WITH_USER";
/// The user of the deliverer, and its group.
pub(super) const UID: u32 = 47_110;
pub(super) const GID: u32 = 47_120;

pub(super) struct Stage {
    root: TempDir,
}

/// What a run printed.
pub(super) struct Ran {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
    pub(super) time: Duration,
}

impl Stage {
    /// An empty system with the directories of every Debian.
    pub(super) fn new() -> Self {
        let root = TempDir::with_prefix("tcpw-alert-").unwrap();
        for directory in ["etc", "dev", "var/lib", "var/spool"] {
            fs::create_dir_all(root.path().join(directory)).unwrap();
        }
        let stage = Self { root };
        if std::env::var_os(WITH_USER).is_some() {
            stage.settle_user();
        }
        stage
    }

    /// An empty system in which the deliverer is a user of its own.
    pub(super) fn with_user() -> Self {
        let stage = Self::new();
        stage.settle_user();
        stage
    }

    /// Makes the user `tcpw`, who must be able to get at its files.
    fn settle_user(&self) {
        let line = format!("tcpw:x:{UID}:{GID}::/nonexistent:/usr/sbin/nologin\n");
        fs::write(self.path("etc/passwd"), line).unwrap();
        fs::set_permissions(self.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The journal, wherever it is.
    pub(super) fn journal(&self) -> PathBuf {
        let own = self.path("var/lib/tcpw/deliver/journal.db");
        let old = self.path("var/lib/tcpw/journal.db");
        if own.parent().unwrap().is_dir() && (own.exists() || !old.exists()) {
            own
        } else {
            old
        }
    }

    /// With `text` as configuration, readable by its owner only.
    pub(super) fn configured(text: &str) -> Self {
        let stage = Self::new();
        stage.configure(text);
        stage
    }

    pub(super) fn configure(&self, text: &str) {
        let path = self.path("etc/tcpw.toml");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.root.path().join(below)
    }

    pub(super) fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Ran {
        let begin = Instant::now();
        let output = self.command(args).output().unwrap();
        Ran::new(&output, begin.elapsed())
    }

    /// A run of the program for alert rules.
    pub(super) fn alarm<S: AsRef<OsStr>>(&self, args: &[S]) -> Ran {
        let mut command = Command::new(concat!(env!("CARGO_BIN_EXE_tcpw"), "-notify"));
        command.arg("--root").arg(self.root.path()).args(args);
        let begin = Instant::now();
        Ran::new(&command.output().unwrap(), begin.elapsed())
    }

    pub(super) fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tcpw"));
        command
            .arg("--root")
            .arg(self.root.path())
            .args(args)
            .env("NO_COLOR", "1")
            .env("TZ", "UTC")
            .stdin(Stdio::null());
        command
    }

    /// A notify that must succeed.
    pub(super) fn notify(&self, host: impl AsRef<OsStr>) -> Ran {
        let ran = self.run(&[
            OsStr::new("notify"),
            "--addr=192.0.2.7".as_ref(),
            "--daemon=sshd".as_ref(),
            "--server=sshd@192.0.2.1".as_ref(),
            "--pid=4711".as_ref(),
            "--".as_ref(),
            host.as_ref(),
        ]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
        ran
    }

    /// Keeps every deliverer out as long as the result lives. One that an earlier alert started and that
    /// comes late is ended.
    pub(super) fn hold_lock(&self) -> File {
        fs::create_dir_all(self.path("var/lib/tcpw")).unwrap();
        let lock = File::create(self.journal().with_extension("db.lock")).unwrap();
        if lock.try_lock().is_ok() {
            return lock;
        }
        drop(lock);
        let lock = end_deliverer(self);
        fs::remove_file(self.journal().with_extension("db.handover")).unwrap();
        lock
    }

    /// The only column of all rows of a query on the journal; nothing while there is none.
    pub(super) fn query<T: rusqlite::types::FromSql>(&self, sql: &str) -> Vec<T> {
        let Ok(journal) =
            Connection::open_with_flags(self.journal(), OpenFlags::SQLITE_OPEN_READ_ONLY)
        else {
            return Vec::new();
        };
        journal.busy_timeout(PATIENCE).unwrap();
        let Ok(mut query) = journal.prepare(sql) else {
            return Vec::new();
        };
        let rows = query.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    pub(super) fn count(&self, sql: &str) -> i64 {
        self.query(sql).first().copied().unwrap_or(0)
    }

    /// Changes the journal behind the program's back: time that passes.
    pub(super) fn change(&self, sql: &str) {
        let journal = Connection::open(self.journal()).unwrap();
        journal.busy_timeout(PATIENCE).unwrap();
        journal.execute(sql, []).unwrap();
    }

    /// Finished event files in the drop directories.
    pub(super) fn drops(&self) -> Vec<PathBuf> {
        ["root", "drop"]
            .iter()
            .flat_map(|way| files(&self.path(&format!("var/spool/tcpw/{way}")), "event"))
            .collect()
    }

    /// Mails of the file transport.
    pub(super) fn mails(&self) -> Vec<String> {
        let mut paths = files(&self.path("var/lib/tcpw/mail"), "eml");
        paths.sort();
        paths
            .iter()
            .map(|path| fs::read_to_string(path).unwrap())
            .collect()
    }
}

impl Drop for Stage {
    /// Ends the deliverer in the background: it makes room for whoever asks.
    fn drop(&mut self) {
        let directory = self.path("var/lib/tcpw");
        if !directory.is_dir() || std::thread::panicking() {
            return;
        }
        drop(end_deliverer(self));
    }
}

/// Ends the deliverer in the background, and keeps others out as long as the result lives.
pub(super) fn end_deliverer(stage: &Stage) -> File {
    let journal = stage.journal();
    let lock = File::create(journal.with_extension("db.lock")).unwrap();
    wait_until("the deliverer ends", || {
        // Again and again: one that is just starting takes the first request for an old one.
        fs::write(journal.with_extension("db.handover"), "").unwrap();
        lock.try_lock().is_ok()
    });
    lock
}

impl Ran {
    pub(super) fn new(output: &Output, time: Duration) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
            time,
        }
    }

    /// Its exit code, and every one of `words` in what it printed.
    #[track_caller]
    pub(super) fn says(&self, code: i32, words: &[&str]) -> &Self {
        let all = format!("{}{}", self.out, self.err);
        assert_eq!(self.code, code, "{all}");
        for word in words {
            assert!(all.contains(word), "{word:?} is missing in:\n{all}");
        }
        self
    }
}

pub(super) fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == extension))
        .collect()
}

#[track_caller]
pub(super) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < PATIENCE, "waited in vain: {what}");
        sleep(Duration::from_millis(10));
    }
}
