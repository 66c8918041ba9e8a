//! Running a program without a shell, within a time limit, whatever it does with its input and
//! output.

use crate::escape::{visible, visible_short};
use crate::system::check_for_root;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::io::{self, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How often a running program is looked at.
const PAUSE: Duration = Duration::from_millis(10);
/// How much of what a program says is kept.
const MOST_SAID: u64 = 64 * 1024;
/// A program that left a child behind, which keeps its output open, is not waited for longer.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// What a program finds in its environment when it may not have ours.
const BARE: [(&str, &str); 3] = [
    (
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ),
    ("LANG", "C.UTF-8"),
    ("HOME", "/"),
];

/// What a program finds around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Surroundings {
    /// Our environment and working directory.
    Ours,
    /// `PATH`, `LANG` and `HOME` alone, and the working directory `/`.
    Bare,
}

/// How a program ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// Its exit code; nothing when a signal ended it.
    pub(super) code: Option<i32>,
    /// What it printed.
    pub(super) stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Ended {
    /// Its exit code and what it complained about, safe to show.
    pub(super) fn said(&self) -> String {
        let complaint = visible_short(self.stderr.trim_ascii(), 300);
        match self.code {
            Some(code) => format!("exit code {code} {complaint}"),
            None => format!("ended by a signal {complaint}"),
        }
    }
}

/// Runs `program` without a shell, feeds it `input`, and ends it, with everything it started,
/// when `timeout` is over.
///
/// # Errors
/// When it cannot be started or takes too long, or when others could change what root would run.
#[expect(
    clippy::disallowed_methods,
    reason = "mail programs, password programs and command channels are started here alone"
)]
pub(super) fn run_limited(
    program: &Path,
    args: &[String],
    input: &[u8],
    timeout: Duration,
    surroundings: Surroundings,
) -> io::Result<Ended> {
    check_for_root(program).map_err(|distrust| {
        let text = format!("root does not run it: {distrust}");
        io::Error::new(io::ErrorKind::PermissionDenied, visible(text.as_bytes()))
    })?;
    let mut command = Command::new(program);
    command
        .args(args)
        // A group of its own: what it starts can be ended with it.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if surroundings == Surroundings::Bare {
        command.env_clear().envs(BARE).current_dir("/");
    }
    let mut child = command.spawn()?;
    let [stdout, stderr] = match serve(&mut child, input) {
        Ok(readers) => readers,
        Err(cause) => {
            end(&mut child)?;
            return Err(cause);
        }
    };
    let code = wait(&mut child, timeout)?;
    Ok(Ended {
        code,
        stdout: stdout.recv_timeout(LAST_WORDS).unwrap_or_default(),
        stderr: stderr.recv_timeout(LAST_WORDS).unwrap_or_default(),
    })
}

/// Serves the streams of `child` by threads: a program that stops reading must not stop us.
fn serve(child: &mut Child, input: &[u8]) -> io::Result<[mpsc::Receiver<Vec<u8>>; 2]> {
    let stdin = child.stdin.take();
    let input = input.to_vec();
    thread::Builder::new().spawn(move || {
        // A program that reads nothing says why by its exit code.
        drop(stdin.map(|mut stdin| stdin.write_all(&input)));
    })?;
    Ok([reader(child.stdout.take())?, reader(child.stderr.take())?])
}

/// What comes out of `stream`, up to [`MOST_SAID`]; the rest is read and forgotten.
fn reader(stream: Option<impl Read + Send + 'static>) -> io::Result<mpsc::Receiver<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let Some(mut stream) = stream else {
            return;
        };
        let mut said = Vec::new();
        // What was read before an error is all there is to show.
        drop(stream.by_ref().take(MOST_SAID).read_to_end(&mut said));
        drop(io::copy(&mut stream, &mut io::sink()));
        drop(sender.send(said));
    })?;
    Ok(receiver)
}

/// Kills a program and everything that it started.
fn end(child: &mut Child) -> io::Result<()> {
    if let Ok(group) = i32::try_from(child.id()) {
        // The program itself is killed below, whether or not this reaches the others.
        _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
    child.kill()?;
    child.wait().map(drop)
}

fn wait(child: &mut Child, timeout: Duration) -> io::Result<Option<i32>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.code());
        }
        if start.elapsed() > timeout {
            end(child)?;
            let text = format!("not done after {} s", timeout.as_secs_f32());
            return Err(io::Error::new(io::ErrorKind::TimedOut, text));
        }
        thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(script: &str, timeout: Duration) -> io::Result<Ended> {
        run_limited(
            Path::new("/bin/sh"),
            &["-c".to_owned(), script.to_owned()],
            b"in",
            timeout,
            Surroundings::Ours,
        )
    }

    #[test]
    fn a_program_gets_its_input_and_its_words_are_kept() {
        let ended = run(
            "cat; echo \"\x1b[2Jno\" >&2; exit 3",
            Duration::from_secs(9),
        )
        .unwrap();
        assert_eq!(
            (ended.code, ended.stdout.as_slice()),
            (Some(3), b"in".as_slice())
        );
        assert_eq!(ended.said(), "exit code 3 \\x1b[2Jno");
    }

    #[test]
    fn a_program_that_hangs_is_ended_with_what_it_started() {
        let mark = format!("6{}", std::process::id());
        let error = run(
            &format!("sleep {mark} & sleep {mark}"),
            Duration::from_millis(50),
        )
        .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let is_alive = || {
            let entries = std::fs::read_dir("/proc").unwrap();
            entries.flatten().any(|entry| {
                let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
                line == format!("sleep\0{mark}\0").as_bytes()
            })
        };
        let begin = Instant::now();
        while is_alive() {
            assert!(begin.elapsed() < Duration::from_secs(9), "a child lives on");
            thread::sleep(PAUSE);
        }
    }
}
