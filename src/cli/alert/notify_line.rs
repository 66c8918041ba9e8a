//! The line of an alarm rule, read without clap: a visitor waits for it. Reads less than clap, and
//! nothing otherwise than clap.

use super::notify::NotifyArgs;
use crate::cli::base::GlobalArgs;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

/// The arguments in `words`, the program's name first; nothing for anything that only clap can
/// tell.
pub(crate) fn read(words: &[OsString]) -> Option<(GlobalArgs, NotifyArgs)> {
    let mut global = GlobalArgs::default();
    let mut args = NotifyArgs::default();
    let mut is_ours = false;
    let mut rest = words.iter().skip(1).map(OsString::as_os_str);
    while let Some(word) = rest.next() {
        match word.as_bytes() {
            b"--" if is_ours => {
                set(&mut args.host, rest.next()?)?;
                return rest.next().is_none().then_some((global, args));
            }
            b"notify" if !is_ours => is_ours = true,
            b"--root" => set_path(&mut global.root, rest.next()?)?,
            b"--config" => set_path(&mut global.config, rest.next()?)?,
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
    args.host.is_some().then_some((global, args))
}

/// The system that `words` speak of, as far as that can be told: for what cannot be read.
pub(crate) fn global(words: &[OsString]) -> GlobalArgs {
    let after = |option: &str| {
        let at = words.iter().position(|word| word == option)?;
        words.get(at + 1).map(PathBuf::from)
    };
    GlobalArgs {
        root: after("--root"),
        ..GlobalArgs::default()
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
    use crate::cli::args::{Cli, Command};
    use proptest::prelude::*;

    fn words(line: &[&str]) -> Vec<OsString> {
        line.iter().map(OsString::from).collect()
    }

    #[test]
    fn the_line_of_an_alarm_rule_is_read() {
        let line = "tcpw notify --config /c --drop /d --addr 192.0.2.7 --daemon sshd \
                    --server sshd@192.0.2.1 --pid 4711 -- -rf";
        let line: Vec<&str> = line.split(' ').collect();
        let (global, args) = read(&words(&line)).unwrap();
        assert_eq!(global.config, Some("/c".into()));
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

    proptest! {
        #[test]
        fn what_is_read_is_what_clap_reads(
            line in proptest::collection::vec(
                prop_oneof![
                    Just("notify"), Just("--addr"), Just("--daemon"), Just("--server"),
                    Just("--pid"), Just("--user"), Just("--drop"), Just("--root"), Just("--config"),
                    Just("--"), Just("-x"), Just(""), Just("v"), Just("--help"), Just("-"),
                ],
                0..9,
            ),
            has_verb: bool,
            is_whole: bool,
        ) {
            let head = if has_verb { &["tcpw", "notify"][..] } else { &["tcpw"] };
            let end = if is_whole { &["--", "h"][..] } else { &[] };
            let words = words(&[head, &line, end].concat());
            if let Some((global, args)) = read(&words) {
                let cli = Cli::read_by_clap(words).unwrap();
                prop_assert_eq!(cli.global, global);
                let Command::Notify(other) = cli.command else {
                    return Err(TestCaseError::fail("another command"));
                };
                prop_assert_eq!(other, args);
            }
        }
    }
}
