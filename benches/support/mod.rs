//! What the measurements of alerts share: the Python script they are compared with, a slow disk, a
//! large journal.

use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PYTHON: &str = "/usr/bin/python3";
const SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/smtp/server.py");
/// What administrators run from `spawn` today.
const SCRIPT: &str = r#"
import smtplib, socket, sys, time
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
mail = MIMEMultipart()
mail["Subject"] = "Refused: " + sys.argv[2]
mail["From"] = "root@localhost"
mail["To"] = "admin@example.org"
mail.attach(MIMEText("%s was refused by %s at %s" % (sys.argv[2], socket.gethostname(), time.ctime())))
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as server:
    server.sendmail("root@localhost", ["admin@example.org"], mail.as_string())
"#;
/// A disk with a flush of 8 ms, for programs that are linked with the system's libc.
const SLOW: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
static int slow(const char *name, int file) {
    struct timespec flush = {0, 8000000};
    nanosleep(&flush, 0);
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(file);
}
int fsync(int file) { return slow("fsync", file); }
int fdatasync(int file) { return slow("fdatasync", file); }
"#;

/// The script and a healthy mail server.
pub(crate) struct Classic {
    inbox: TempDir,
    server: Child,
    command: String,
}

impl Classic {
    pub(crate) fn start() -> Self {
        let inbox = TempDir::new().unwrap();
        let mut server = Command::new(PYTHON)
            .arg(SERVER)
            .arg("--inbox")
            .arg(inbox.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port: u16 = line.trim().parse().expect("python3-aiosmtpd is installed");
        let script = inbox.path().join("mailer.py");
        fs::write(&script, SCRIPT).unwrap();
        let command = format!("{PYTHON} {} {port} 192.0.2.7", script.display());
        Self {
            inbox,
            server,
            command,
        }
    }

    pub(crate) fn command(&self) -> String {
        self.command.clone()
    }

    /// How many mails the server took.
    pub(crate) fn mails(&self) -> usize {
        fs::read_dir(self.inbox.path()).unwrap().count() - 1
    }

    /// Runs a second, `at_once` at a time, `all` in all.
    pub(crate) fn rate(&self, at_once: usize, all: usize) -> f64 {
        let begin = Instant::now();
        thread::scope(|scope| {
            for _ in 0..at_once {
                scope.spawn(|| {
                    for _ in 0..all / at_once {
                        let status = Command::new("/bin/sh").args(["-c", &self.command]).status();
                        assert!(status.unwrap().success());
                    }
                });
            }
        });
        f64::from(u32::try_from(all).unwrap()) / begin.elapsed().as_secs_f64()
    }
}

impl Drop for Classic {
    fn drop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }
}

/// The slow disk, to be loaded before a program's libc.
pub(crate) struct Shim {
    directory: TempDir,
    library: PathBuf,
}

impl Shim {
    pub(crate) fn compile() -> Self {
        let directory = TempDir::new().unwrap();
        let source = directory.path().join("slow.c");
        fs::write(&source, SLOW).unwrap();
        let library = directory.path().join("slow.so");
        let status = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .arg(&library)
            .arg(&source)
            .status();
        assert!(status.expect("gcc is installed").success());
        let shim = Self { directory, library };
        shim.try_out();
        shim
    }

    pub(crate) fn path(&self) -> &Path {
        &self.library
    }

    /// A flush must be slow, or the measurement says nothing.
    fn try_out(&self) {
        let file = self.directory.path().join("x");
        let begin = Instant::now();
        let status = Command::new("dd")
            .arg(format!("of={}", file.display()))
            .args(["if=/dev/zero", "bs=1", "count=1", "conv=fdatasync"])
            .env("LD_PRELOAD", self.path())
            .stderr(Stdio::null())
            .status();
        assert!(status.unwrap().success());
        assert!(begin.elapsed() > Duration::from_millis(8));
    }
}

/// Makes the journal below `root` and fills it with about `events`; gives their number.
pub(crate) fn make_journal(root: &Path, events: usize, tcpw: &str) -> i64 {
    let run = |args: &[&str]| {
        let command = Command::new(tcpw)
            .arg("--root")
            .arg(root)
            .args(args)
            .stdout(Stdio::null())
            .status();
        command.unwrap().code()
    };
    // One event as a pattern, in a letter that nobody sends.
    let config = root.join("etc/tcpw.toml");
    let kept = fs::read(&config).unwrap();
    fs::write(&config, "[mail]\ntransport = 'file'\n").unwrap();
    assert_eq!(
        run(&["notify", "--addr", "192.0.2.1", "--", "192.0.2.1"]),
        Some(0)
    );
    assert_eq!(run(&["deliver"]), Some(0));
    fs::write(&config, kept).unwrap();
    let journal = Connection::open(journal_path(root)).unwrap();
    journal.busy_timeout(Duration::from_secs(60)).unwrap();
    let columns: Vec<String> = journal
        .prepare("SELECT name FROM pragma_table_info('events') WHERE name <> 'id'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let columns = columns.join(", ");
    let count = || -> i64 {
        let all = journal.query_row("SELECT count(*) FROM events", [], |row| row.get(0));
        all.unwrap()
    };
    journal.execute_batch("PRAGMA synchronous = OFF").unwrap();
    let wanted = i64::try_from(events).unwrap();
    while count() < wanted {
        let more = wanted - count();
        let sql =
            format!("INSERT INTO events ({columns}) SELECT {columns} FROM events LIMIT {more}");
        journal.execute(&sql, []).unwrap();
    }
    count()
}

/// The hosts of all events in the journal.
pub(crate) fn journal_rows(root: &Path) -> Vec<Vec<u8>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let Ok(journal) = Connection::open_with_flags(journal_path(root), flags) else {
        return Vec::new();
    };
    journal.busy_timeout(Duration::from_secs(60)).unwrap();
    let Ok(mut query) = journal.prepare("SELECT host FROM readable") else {
        return Vec::new();
    };
    let rows = query.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn journal_path(root: &Path) -> PathBuf {
    root.join("var/lib/tcpw/journal.db")
}

/// A number that the environment gives, or another.
pub(crate) fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

pub(crate) fn verdict(is_good: bool) -> &'static str {
    if is_good { "reached" } else { "MISSED" }
}

/// The median and the 95th percentile.
pub(crate) fn middle_and_late(mut times: Vec<f64>) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times[times.len() * 95 / 100])
}

/// Builds the program that alert rules run: it is a package of its own, which a bench does not build.
pub(crate) fn build_notifier() {
    build(&mut Command::new(env!("CARGO")));
}

/// The same program, linked with the system's libc, so that [`Shim`] reaches it.
pub(crate) fn dynamic_notifier() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dynamic");
    build(
        Command::new(env!("CARGO"))
            .env("TCPW_NOTIFY_LINK", "dynamic")
            .env("CARGO_TARGET_DIR", &target),
    );
    target.join("release/tcpw-notify")
}

fn build(cargo: &mut Command) {
    let built = cargo
        .args(["build", "--release", "--locked", "--package", "tcpw-notify"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(built.success());
}
