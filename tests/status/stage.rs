//! A directory that plays a machine with rules, an alert, a schedule and a journal.

use rusqlite::Connection;
use serde_json::Value;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// What `tcpw` printed.
pub(super) struct Ran {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl Ran {
    /// Its exit code, and every one of `words` in what it printed, however the lines are cut.
    #[track_caller]
    pub(super) fn says(&self, code: i32, words: &[&str]) -> &Self {
        let all = format!("{}{}", self.out, self.err);
        let joined = all.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(self.code, code, "{all}");
        for word in words {
            assert!(joined.contains(word), "{word:?} is missing in:\n{all}");
        }
        self
    }
}

pub(super) struct Stage {
    root: TempDir,
}

impl Stage {
    /// A machine that is well: closed, with an alert for everybody on no list, mail by a server of
    /// which nothing was asked yet, and lines of cron.
    pub(super) fn well() -> Self {
        let stage = Self {
            root: TempDir::with_prefix("tcpw-status-").unwrap(),
        };
        for directory in ["etc", "dev", "run", "var/lib", "var/spool"] {
            fs::create_dir_all(stage.path(directory)).unwrap();
        }
        stage.write(
            "etc/tcpw.toml",
            "[mail]\nto = 'a@example.org'\n[mail.smtp]\nhost = 'mail.example.org'\n",
            0o600,
        );
        stage.write("etc/hosts.allow", "sshd: 198.51.100.7\n", 0o644);
        stage.write("etc/hosts.deny", "ALL: ALL\n", 0o644);
        // The rules name the programs of this build by their paths.
        for name in ["", "-notify"] {
            let program = concat!(env!("CARGO_BIN_EXE_tcpw")).to_owned() + name;
            let inside = stage.path(program.trim_start_matches('/'));
            fs::create_dir_all(inside.parent().unwrap()).unwrap();
            symlink(program, inside).unwrap();
        }
        let install = ["install-alert", "--on", "unlisted", "--cron", "--force"];
        stage.run(&install).says(0, &[]);
        stage
    }

    /// The same with a journal, in which one client was refused just now.
    pub(super) fn with_journal() -> Self {
        let stage = Self::well();
        stage.notify("192.0.2.7");
        stage.collect();
        stage
    }

    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.root.path().join(below)
    }

    pub(super) fn write(&self, below: &str, text: &str, mode: u32) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    }

    pub(super) fn command<S: AsRef<OsStr>>(&self, program: &Path, args: &[S]) -> Command {
        let mut command = Command::new(program);
        command
            .arg("--root")
            .arg(self.root.path())
            .args(args)
            .env_clear()
            .envs([
                ("NO_COLOR", "1"),
                ("TZ", "UTC"),
                ("COLUMNS", "80"),
                ("LC_ALL", "C.UTF-8"),
            ])
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .stdin(Stdio::null());
        command
    }

    pub(super) fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Ran {
        let program = Path::new(env!("CARGO_BIN_EXE_tcpw"));
        Self::ran(&mut self.command(program, args))
    }

    pub(super) fn ran(command: &mut Command) -> Ran {
        let output = command.output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The status as JSON.
    #[track_caller]
    pub(super) fn json(&self) -> Value {
        let ran = self.run(&["status", "--format", "json"]);
        serde_json::from_str(&ran.out).unwrap()
    }

    /// An event that is recorded; no deliverer is started.
    pub(super) fn notify(&self, addr: &str) {
        let lock = self.hold_lock();
        let args = ["notify", "--addr", addr, "--daemon", "sshd", "--", addr];
        self.run(&args).says(0, &[]);
        drop(lock);
    }

    /// Keeps every deliverer out as long as the result lives.
    pub(super) fn hold_lock(&self) -> fs::File {
        fs::create_dir_all(self.path("var/lib/tcpw")).unwrap();
        let lock = fs::File::create(self.path("var/lib/tcpw/journal.db.lock")).unwrap();
        lock.lock().unwrap();
        lock
    }

    /// Moves what was recorded into the journal. Mails are kept as files meanwhile: nothing waits
    /// afterwards, and no deliverer stays in the background.
    pub(super) fn collect(&self) {
        let text = fs::read_to_string(self.path("etc/tcpw.toml")).unwrap();
        self.write("etc/tcpw.toml", "[mail]\ntransport = 'file'\n", 0o600);
        self.run(&["deliver"]).says(0, &["collected"]);
        self.write("etc/tcpw.toml", &text, 0o600);
    }

    /// A number that the journal has.
    pub(super) fn count(&self, sql: &str) -> i64 {
        let journal = Connection::open(self.path("var/lib/tcpw/journal.db")).unwrap();
        journal.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Changes the journal: time that passes, mail that fails.
    pub(super) fn change(&self, sql: &str) {
        let journal = Connection::open(self.path("var/lib/tcpw/journal.db")).unwrap();
        journal.execute_batch(sql).unwrap();
    }
}
