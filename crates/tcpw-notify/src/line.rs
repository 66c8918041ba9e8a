//! The line of an alert rule, read without clap: a client waits for it. Reads less than clap, and
//! nothing otherwise than clap.

use crate::run::Run;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

/// The arguments of `tcpw notify`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments {
    /// The client's address (`%a`).
    pub addr: Option<OsString>,
    /// The daemon (`%d`).
    pub daemon: Option<OsString>,
    /// The server's end of the connection (`%s`).
    pub server: Option<OsString>,
    /// The daemon's process (`%p`).
    pub pid: Option<OsString>,
    /// The client's user (`%u`).
    pub user: Option<OsString>,
    /// The drop directory, instead of the configured one.
    pub drop: Option<PathBuf>,
    /// The client as libwrap calls it (`%h`).
    pub host: Option<OsString>,
}

/// The arguments in `words`, the program's name first; nothing for anything that only clap can
/// tell.
pub fn read(words: &[OsString]) -> Option<(Run, Arguments)> {
    let mut run = Run::default();
    let mut args = Arguments::default();
    let mut is_ours = false;
    let mut rest = words.iter().skip(1).map(OsString::as_os_str);
    while let Some(word) = rest.next() {
        match word.as_bytes() {
            b"--" if is_ours => {
                set(&mut args.host, rest.next()?)?;
                return rest.next().is_none().then_some((run, args));
            }
            b"notify" if !is_ours => is_ours = true,
            b"--root" => set_path(&mut run.root, rest.next()?)?,
            b"--config" => set_path(&mut run.config, rest.next()?)?,
            host if is_ours && !host.starts_with(b"-") => set(&mut args.host, word)?,
            option if is_ours => {
                let value = rest.next()?;
                match option {
                    b"--addr" => set(&mut args.addr, value)?,
                    b"--daemon" => set(&mut args.daemon, value)?,
                    b"--server" => set(&mut args.server, value)?,
                    b"--pid" => set(&mut args.pid, value)?,
                    b"--user" => set(&mut args.user, value)?,
                    b"--drop" => set_path(&mut args.drop, value)?,
                    _ => return None,
                }
            }
            _ => return None,
        }
    }
    args.host.is_some().then_some((run, args))
}

/// The system that `words` speak of, as far as that can be determined: for what cannot be read.
pub fn run_of(words: &[OsString]) -> Run {
    let after = |option: &str| {
        let at = words.iter().position(|word| word == option)?;
        words.get(at + 1).map(PathBuf::from)
    };
    Run {
        root: after("--root"),
        ..Run::default()
    }
}

/// Sets a value that is not set yet.
fn set(slot: &mut Option<OsString>, value: &OsStr) -> Option<()> {
    slot.replace(value.to_owned()).is_none().then_some(())
}

/// The same for a path, which is neither empty nor an option.
fn set_path(slot: &mut Option<PathBuf>, value: &OsStr) -> Option<()> {
    let is_path = !value.is_empty() && !value.as_bytes().starts_with(b"-");
    is_path.then_some(())?;
    slot.replace(PathBuf::from(value)).is_none().then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &[&str]) -> Vec<OsString> {
        line.iter().map(OsString::from).collect()
    }

    #[test]
    fn the_line_of_an_alarm_rule_is_read() {
        let line = "tcpw notify --config /c --drop /d --addr 192.0.2.7 --daemon sshd \
                    --server sshd@192.0.2.1 --pid 4711 -- -rf";
        let line: Vec<&str> = line.split(' ').collect();
        let (run, args) = read(&words(&line)).unwrap();
        assert_eq!(run.config, Some("/c".into()));
        assert_eq!(args.drop, Some("/d".into()));
        assert_eq!(args.addr, Some("192.0.2.7".into()));
        assert_eq!(args.pid, Some("4711".into()));
        assert_eq!(args.host, Some("-rf".into()));
        let (_, args) = read(&words(&["tcpw", "notify", "192.0.2.7"])).unwrap();
        assert_eq!(args.host, Some("192.0.2.7".into()));
    }

    #[test]
    fn everything_else_is_left_to_clap() {
        for line in [
            &["tcpw"][..],
            &["tcpw", "notify"],
            &["tcpw", "notify", "--addr", "1"],
            &["tcpw", "notify", "host", "more"],
            &["tcpw", "notify", "--", "host", "more"],
            &["tcpw", "notify", "--help", "--", "host"],
            &["tcpw", "notify", "--addr=1", "--", "host"],
            &["tcpw", "notify", "--pid", "1", "--pid", "2", "--", "host"],
            &["tcpw", "notify", "--drop", "-x", "--", "host"],
            &["tcpw", "list", "--", "host"],
            &["tcpw", "--", "host"],
        ] {
            assert!(read(&words(line)).is_none(), "{line:?}");
        }
    }
}
