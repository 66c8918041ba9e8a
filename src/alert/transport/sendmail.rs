//! Handing the mail to a local program with sendmail's interface, and running a program within a
//! time limit.

use super::{Mail, Outcome, Step, Transport, for_all, for_each};
use crate::alert::journal::Delivery;
use crate::escape::visible_short;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
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
/// sysexits.h: try again later.
const EX_TEMPFAIL: i32 = 75;
/// sysexits.h: the data, the user or the host is wrong.
const REFUSALS: [i32; 3] = [65, 67, 68];

/// A local program that takes mail.
#[derive(Debug)]
pub struct SendmailTransport {
    program: PathBuf,
    timeout: Duration,
}

impl SendmailTransport {
    /// Mails go to `program`, which must be done within `timeout`.
    pub fn new(program: &Path, timeout: Duration) -> Self {
        Self {
            program: program.to_owned(),
            timeout,
        }
    }
}

impl Transport for SendmailTransport {
    fn send(&self, mail: &Mail) -> Vec<Delivery> {
        let mut args: Vec<String> = ["-i", "-f", &mail.from, "--"].map(str::to_owned).into();
        args.extend(mail.recipients.iter().cloned());
        // Local programs take lines as this system writes them.
        let text: Vec<u8> = mail.bytes.iter().copied().filter(|&b| b != b'\r').collect();
        let program = self.program.display();
        match run_limited(&self.program, &args, &text, self.timeout) {
            Err(cause) => for_all(Outcome::Transient(
                Step::Program,
                format!("{program}: {cause}"),
            )),
            Ok(ended) if ended.code == Some(0) => for_each(
                &mail.recipients,
                &Outcome::Delivered {
                    answer: format!("taken by {program}"),
                },
            ),
            Ok(ended) => {
                let text = format!("{program}: {}", ended.said());
                for_all(match ended.code {
                    Some(EX_TEMPFAIL) => Outcome::Transient(Step::Program, text),
                    Some(code) if REFUSALS.contains(&code) => {
                        Outcome::Permanent(Step::Message, text)
                    }
                    _ => Outcome::Transient(Step::Program, text),
                })
            }
        }
    }

    fn describe(&self) -> String {
        format!("sendmail, through {}", self.program.display())
    }
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

/// Runs `program` without a shell, feeds it `input`, and ends it when `timeout` is over.
///
/// # Errors
/// When it cannot be started or takes too long.
#[expect(
    clippy::disallowed_methods,
    reason = "the mail program and the password program are started here alone"
)]
pub(super) fn run_limited(
    program: &Path,
    args: &[String],
    input: &[u8],
    timeout: Duration,
) -> io::Result<Ended> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let stdin = child.stdin.take();
    let input = input.to_vec();
    // The streams are served by threads: a program that stops reading must not stop us.
    thread::spawn(move || {
        // A program that reads nothing says why by its exit code.
        drop(stdin.map(|mut stdin| stdin.write_all(&input)));
    });
    let stdout = reader(child.stdout.take());
    let stderr = reader(child.stderr.take());
    let code = wait(&mut child, timeout)?;
    Ok(Ended {
        code,
        stdout: stdout.recv_timeout(LAST_WORDS).unwrap_or_default(),
        stderr: stderr.recv_timeout(LAST_WORDS).unwrap_or_default(),
    })
}

/// What comes out of `stream`, up to [`MOST_SAID`]; the rest is read and forgotten.
fn reader(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let Some(mut stream) = stream else {
            return;
        };
        let mut said = Vec::new();
        // What was read before an error is all there is to show.
        drop(stream.by_ref().take(MOST_SAID).read_to_end(&mut said));
        drop(io::copy(&mut stream, &mut io::sink()));
        drop(sender.send(said));
    });
    receiver
}

fn wait(child: &mut Child, timeout: Duration) -> io::Result<Option<i32>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.code());
        }
        if start.elapsed() > timeout {
            child.kill()?;
            child.wait()?;
            let text = format!("not done after {} s", timeout.as_secs());
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
    fn a_program_that_hangs_is_ended() {
        let error = run("exec sleep 60", Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
