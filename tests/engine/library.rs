//! The real libwrap behind a pipe: `oracle.c`, compiled once a run.

use super::suite::Suite;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

/// The two files a question is about.
#[derive(Debug, Clone)]
pub(crate) struct Tables {
    /// The allow table.
    pub(crate) allow: PathBuf,
    /// The deny table.
    pub(crate) deny: PathBuf,
}

impl Tables {
    /// The files `allow` and `deny` in `dir`.
    pub(crate) fn within(dir: &Path) -> Self {
        Self {
            allow: dir.join("allow"),
            deny: dir.join("deny"),
        }
    }
}

/// How the commands of `aclexec` ended while one query was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aclexec {
    /// There were none.
    None,
    /// All alike: true if they succeeded.
    All(bool),
    /// Some succeeded, some failed.
    Mixed,
}

/// What libwrap said to one query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// `VERDICT TAB RULE`, as tcpw prints it.
    pub(crate) text: String,
    /// What its commands said.
    pub(crate) aclexec: Aclexec,
}

impl Answer {
    fn read(line: &str) -> Self {
        let (text, aclexec) = line.rsplit_once('\t').unwrap();
        let aclexec = match aclexec {
            "true" => Aclexec::All(true),
            "false" => Aclexec::All(false),
            "mixed" => Aclexec::Mixed,
            _ => Aclexec::None,
        };
        Self {
            text: text.to_owned(),
            aclexec,
        }
    }

    /// Whether there is a verdict that tcpw can be held to: asking did not end the process that
    /// asked (F-FILE-06, F-PCT-04, F-TWIST-02), and one `--aclexec` describes all commands.
    pub(crate) fn is_comparable(&self) -> bool {
        !self.text.starts_with("died\t") && self.aclexec != Aclexec::Mixed
    }
}

/// A running oracle.
#[derive(Debug)]
pub(crate) struct Oracle {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Oracle {
    /// Compiles the oracle if this run has not done so yet, and starts it.
    pub(crate) fn start() -> Self {
        Self::begin(Command::new(program()))
    }

    /// Starts it on the library of another suite.
    pub(crate) fn of_suite(suite: &Suite) -> Self {
        let mut command = suite.linker();
        command.arg(program());
        Self::begin(command)
    }

    fn begin(mut command: Command) -> Self {
        let mut child = command
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the compiled oracle starts");
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            input,
            output,
        }
    }

    /// One answer a query. A few hundred queries at most: they wait in a pipe.
    pub(crate) fn ask(&mut self, tables: &Tables, queries: &[Vec<u8>]) -> Vec<Answer> {
        let lines = self.send(tables, queries, b'?');
        lines.iter().map(|line| Answer::read(line)).collect()
    }

    /// The same for a case that changes nothing in the process that asks: one child for all.
    pub(crate) fn ask_together(&mut self, tables: &Tables, queries: &[Vec<u8>]) -> Vec<Answer> {
        let count = format!("many\t{}\n", queries.len());
        let lines = self.send_behind(tables, &count, queries, b'?');
        lines.iter().map(|line| Answer::read(line)).collect()
    }

    /// The answer to one query and what libwrap would have logged about it.
    pub(crate) fn explain(&mut self, tables: &Tables, query: &[u8]) -> String {
        self.send(tables, &[query.to_vec()], b'!').remove(0)
    }

    fn send(&mut self, tables: &Tables, queries: &[Vec<u8>], mark: u8) -> Vec<String> {
        self.send_behind(tables, "", queries, mark)
    }

    fn send_behind(
        &mut self,
        tables: &Tables,
        command: &str,
        queries: &[Vec<u8>],
        mark: u8,
    ) -> Vec<String> {
        let (allow, deny) = (tables.allow.display(), tables.deny.display());
        let mut text = format!("tables\t{allow}\t{deny}\n{command}").into_bytes();
        for query in queries {
            text.extend_from_slice(&[mark, b'\t']);
            text.extend_from_slice(query);
            text.push(b'\n');
        }
        self.input.write_all(&text).expect("the oracle listens");
        queries.iter().map(|_| self.line()).collect()
    }

    fn line(&mut self) -> String {
        let mut line = Vec::new();
        let read = self.output.read_until(b'\n', &mut line).unwrap();
        assert!(read > 0, "the oracle ended: {:?}", self.child.try_wait());
        line.pop();
        String::from_utf8_lossy(&line).into_owned()
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing left to stop then.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The path of the compiled oracle.
pub(super) fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
        fs::create_dir_all(place).unwrap();
        let fresh = place.join(format!("oracle.{}", std::process::id()));
        let compiler = Command::new("cc")
            .args(["-O1", "-U_FORTIFY_SOURCE", "-o"])
            .arg(&fresh)
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/engine/oracle.c"
            ))
            .arg("-lwrap")
            .output()
            .expect("cc is installed");
        let complaints = String::from_utf8_lossy(&compiler.stderr);
        assert!(
            compiler.status.success(),
            "the oracle needs cc and libwrap0-dev:\n{complaints}"
        );
        let program = place.join("oracle");
        fs::rename(&fresh, &program).unwrap();
        program
    })
}
