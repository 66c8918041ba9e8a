//! Commands of rules: run by the shell as libwrap does, or, where one is the line that tcpw writes into
//! alert rules, done by this program itself.

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use tcpw_event::detach::apart;
use tcpw_event::places::NOTIFIER;
use tcpw_event::signals::without_hang_up;
use tcpw_notify::{read, record};

/// The shell of libwrap.
const SHELL: &str = "/bin/sh";

/// A name and a value that an option of the rule puts into the environment.
pub(crate) type Variable = (OsString, OsString);
/// What options of the rule have put there, in order.
pub(crate) type Variables = RefCell<Vec<Variable>>;

/// How a command ended that was waited for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It exited with 0.
    Well,
    /// It did not.
    Badly,
    /// This signal ended the process of this number.
    Killed(u32, i32),
}

/// `spawn`: runs a command with nothing to read and nowhere to write, and waits for it.
///
/// # Errors
/// When the shell is missing, or no process can be had.
pub(crate) fn spawn(command: &[u8], variables: &[Variable]) -> io::Result<()> {
    if is_recorded(command) {
        return Ok(());
    }
    let mut shell = shell(command, variables);
    shell
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    without_hang_up(|| shell.status()).map(drop)
}

/// `aclexec`: runs a command and waits for it, on the descriptors of the daemon (F-ACL-08) unless
/// `is_silent`.
///
/// # Errors
/// As [`spawn`].
pub(crate) fn ask(command: &[u8], variables: &[Variable], is_silent: bool) -> io::Result<Ended> {
    let mut shell = shell(command, variables);
    if is_silent {
        shell
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
    }
    let mut child = shell.spawn()?;
    let status: ExitStatus = child.wait()?;
    Ok(match (status.code(), status.signal()) {
        (Some(0), _) => Ended::Well,
        (None, Some(signal)) => Ended::Killed(child.id(), signal),
        (Some(_) | None, _) => Ended::Badly,
    })
}

/// `twist`: becomes a command, which talks to the client. Returns only why that cannot be.
pub(crate) fn twist(command: &[u8], variables: &[Variable]) -> io::Error {
    shell(command, variables).exec()
}

/// Becomes a program, with these words, the first of which is what it is called. Returns only why that
/// cannot be.
pub(crate) fn become_program(
    program: &Path,
    name: &OsStr,
    words: &[OsString],
    variables: &[Variable],
) -> io::Error {
    let mut command = command(program);
    command.arg0(name).args(words);
    with(&mut command, variables).exec()
}

fn shell(line: &[u8], variables: &[Variable]) -> Command {
    let mut command = command(Path::new(SHELL));
    command.arg0("sh").arg("-c").arg(OsStr::from_bytes(line));
    with(&mut command, variables);
    command
}

fn with<'c>(command: &'c mut Command, variables: &[Variable]) -> &'c mut Command {
    for (name, value) in variables {
        command.env(name, value);
    }
    command
}

#[expect(
    clippy::disallowed_methods,
    reason = "one of the two places that start a program"
)]
fn command(program: &Path) -> Command {
    Command::new(program)
}

/// Records the event if `line` is that of an alert rule, with the notifier that is installed beside this
/// program and the usual places. What cannot be recorded is in the system log by then.
fn is_recorded(line: &[u8]) -> bool {
    let Some(words) = alert_words(line) else {
        return false;
    };
    let Some((run, arguments)) = read(&words) else {
        return false;
    };
    if !run.has_default_places() {
        return false;
    }
    let places = run.default_places().with_drop(arguments.drop.as_deref());
    // In a process of its own: the deliverer that it may start is not to be a child of the daemon. The log
    // has the event where it cannot be recorded.
    apart(|| drop(record(&arguments, &run, &places))).is_ok()
}

/// The words of a line that calls the notifier beside this program and has no byte that the shell would
/// take for more than it is: as `tcpw notify` would get them.
fn alert_words(line: &[u8]) -> Option<Vec<OsString>> {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b" @%-_+:,./".contains(byte);
    if !line.iter().all(is_plain) {
        return None;
    }
    let mut words = line
        .split(|&byte| byte == b' ')
        .filter(|word| !word.is_empty());
    let program = Path::new(OsStr::from_bytes(words.next()?));
    let own = std::env::current_exe().ok()?;
    let is_ours =
        program.file_name() == Some(OsStr::new(NOTIFIER)) && program.parent() == own.parent();
    if !is_ours {
        return None;
    }
    let start = [program.as_os_str().to_owned(), "notify".into()];
    let words = words.map(|word| OsString::from_vec(word.to_vec()));
    Some(start.into_iter().chain(words).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_plain_line_of_the_notifier_beside_is_an_alert() {
        let own = std::env::current_exe().unwrap();
        let place = own.parent().unwrap().to_str().unwrap().replace('=', "");
        let line = "--addr 192.0.2.7 --daemon sshd --server sshd@192.0.2.1 --pid 7 -- -rf";
        let words = alert_words(format!("{place}/tcpw-notify {line}").as_bytes()).unwrap();
        assert_eq!(words[1], "notify");
        assert!(read(&words).is_some());
        for other in [
            format!("/nowhere/tcpw-notify {line}"),
            format!("tcpw-notify {line}"),
            format!("{place}/other {line}"),
            format!("{place}/tcpw-notify {line} &"),
            format!("{place}/tcpw-notify {line};x"),
            format!("{place}/tcpw-notify $x {line}"),
            format!("{place}/tcpw-notify '{line}'"),
        ] {
            assert_eq!(alert_words(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn f_acl_04_how_a_command_ends() {
        let none: [Variable; 0] = [];
        assert_eq!(ask(b"true", &none, false).unwrap(), Ended::Well);
        assert_eq!(ask(b"exit 3", &none, true).unwrap(), Ended::Badly);
        assert!(matches!(
            ask(b"kill -9 $$", &none, true).unwrap(),
            Ended::Killed(_, 9)
        ));
        let set = [("X".into(), "a b".into())];
        assert_eq!(
            ask(b"test \"$X\" = 'a b'", &set, true).unwrap(),
            Ended::Well
        );
    }
}
