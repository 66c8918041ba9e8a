//! Reading what a program prints, line by line, for a limited time.

use super::accounts::is_root;
use super::installed::{SAFE_PATH, find_program};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::OsStr;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Longer lines are cut here.
const LONGEST: u64 = 1 << 20;

/// How a program ended.
#[derive(Debug)]
pub enum Ended {
    /// By itself.
    Exited(ExitStatus, String),
    /// It took too long and was stopped.
    TooLong,
}

/// Runs a program without a shell, shows each line of its standard output to `visit`, and gives how
/// it ended, with the beginning of its standard error.
///
/// # Errors
/// When it cannot be started or read.
pub fn read_program(
    program: &str,
    args: &[impl AsRef<OsStr>],
    limit: Duration,
    visit: &mut dyn FnMut(&[u8]),
) -> io::Result<Ended> {
    ask_program(&find_program(program)?, args, &[], limit, visit)
}

/// As [`read_program`], of the program at a path, which reads `question` on its standard input.
///
/// # Errors
/// When it cannot be started or read.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads from a program"
)]
pub fn ask_program(
    program: &Path,
    args: &[impl AsRef<OsStr>],
    question: &[u8],
    limit: Duration,
    visit: &mut dyn FnMut(&[u8]),
) -> io::Result<Ended> {
    let mut command = Command::new(program);
    if is_root() {
        command.env("PATH", SAFE_PATH);
    }
    let mut child = command
        .args(args)
        .stdin(if question.is_empty() {
            Stdio::null()
        } else {
            Stdio::piped()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(io::Error::other("its output is lost"));
    };
    let (done, wait) = mpsc::channel::<()>();
    let asked = child.stdin.take().map_or(Ok(()), |mut stdin| {
        let question = question.to_vec();
        // Whoever does not read it says so by how it ends.
        let ask = move || stdin.write_all(&question).unwrap_or_default();
        thread::Builder::new().spawn(ask).map(drop)
    });
    let helpers = asked
        .and_then(|()| watch(pid, wait, limit))
        .and_then(|watch| Ok((watch, complaint(stderr)?)));
    let (watch, complaint) = match helpers {
        Ok(helpers) => helpers,
        Err(cause) => {
            stop(pid);
            child.wait()?;
            return Err(cause);
        }
    };
    let read = each_line(&mut BufReader::new(stdout), visit);
    drop(done);
    let is_late = watch.join().unwrap_or(false);
    if read.is_err() {
        stop(pid);
    }
    let status = child.wait()?;
    let complaint = complaint.join().unwrap_or_default();
    read?;
    if is_late {
        return Ok(Ended::TooLong);
    }
    Ok(Ended::Exited(status, complaint))
}

/// Ends the program at its limit, unless `done` comes first; says whether it did. The child is waited
/// for only after the watch has ended: its number is still its own.
fn watch(pid: Pid, done: mpsc::Receiver<()>, limit: Duration) -> io::Result<JoinHandle<bool>> {
    thread::Builder::new().spawn(move || {
        let is_late = done.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout);
        if is_late {
            stop(pid);
        }
        is_late
    })
}

/// The beginning of what the program complains about.
fn complaint(mut stderr: ChildStderr) -> io::Result<JoinHandle<String>> {
    thread::Builder::new().spawn(move || {
        let mut text = Vec::new();
        drop(stderr.by_ref().take(4096).read_to_end(&mut text));
        // The rest is read so that the program does not wait for a reader.
        drop(io::copy(&mut stderr, &mut io::sink()));
        String::from_utf8_lossy(&text).trim().to_owned()
    })
}

/// Ends a program; one that has ended already needs it no more.
fn stop(pid: Pid) {
    kill(pid, Signal::SIGKILL).unwrap_or_default();
}

/// Shows each line, without its end, to `visit`; one that is too long is cut.
///
/// # Errors
/// When `reader` fails.
pub fn each_line(reader: &mut dyn io::BufRead, visit: &mut dyn FnMut(&[u8])) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.take(LONGEST).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        } else {
            skip_line(reader)?;
        }
        visit(&line);
    }
}

fn skip_line(reader: &mut dyn io::BufRead) -> io::Result<()> {
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            return Ok(());
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(bytes.len(), |end| end + 1);
        reader.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_long_ones_cut() {
        let long = "x".repeat(usize::try_from(LONGEST).unwrap() + 5);
        let text = format!("a\n{long}\nb");
        let mut lengths = Vec::new();
        each_line(&mut text.as_bytes(), &mut |line| lengths.push(line.len())).unwrap();
        assert_eq!(lengths, [1, usize::try_from(LONGEST).unwrap(), 1]);
    }

    #[test]
    fn a_program_is_asked_on_its_standard_input() {
        let mut said = Vec::new();
        let question = vec![b'x'; 200_000];
        let ended = ask_program(
            Path::new("/bin/sh"),
            &["-c", "wc -c"],
            &question,
            Duration::from_secs(20),
            &mut |line| said.extend_from_slice(line),
        );
        assert!(matches!(ended, Ok(Ended::Exited(status, _)) if status.success()));
        assert_eq!(String::from_utf8(said).unwrap().trim(), "200000");
    }

    #[test]
    fn a_program_that_takes_too_long_is_stopped() {
        let args = ["-c", "echo a; echo b >&2; exec sleep 60"].map(str::to_owned);
        let mut lines = 0;
        let ended = read_program("/bin/sh", &args, Duration::from_millis(200), &mut |_| {
            lines += 1;
        });
        assert!(matches!(ended, Ok(Ended::TooLong)));
        assert_eq!(lines, 1);
        let args = ["-c", "echo why >&2; exit 3"].map(str::to_owned);
        let ended = read_program("/bin/sh", &args, Duration::from_secs(20), &mut |_| ());
        let Ok(Ended::Exited(status, complaint)) = ended else {
            panic!("{ended:?}")
        };
        assert_eq!((status.code(), complaint.as_str()), (Some(3), "why"));
    }
}
