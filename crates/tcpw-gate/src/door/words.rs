//! The words after `tcpw-gate exec` and `tcpw-gate pam`.

use crate::policy::Policy;
use hosts_access::escape::visible;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;
use std::time::Duration;
use tcpw_event::places::{ALLOW_TABLE, DENY_TABLE};

/// How long all answers of the name service about one client may take, unless the call says so.
const USUAL_PATIENCE: Duration = Duration::from_secs(5);

/// The options that take a value.
const OPTIONS: [&[u8]; 5] = [
    b"--allow-file",
    b"--deny-file",
    b"--daemon",
    b"--unknown",
    b"--name-timeout",
];

/// What is printed for `--help` after `exec` or `pam`, on a terminal.
pub const DOOR_HELP: &str = "\
Decide by hosts.allow and hosts.deny, without libwrap, whether a client is served

Usage: tcpw-gate exec [OPTIONS] DAEMON -- PROGRAM [ARGUMENT]...
       tcpw-gate pam [OPTIONS]

exec is what tcpd is: it looks who is at the other end of standard input, decides as libwrap does for
DAEMON, does what the options of the rule say, and becomes PROGRAM or closes. For inetd, xinetd and
sockets of systemd with Accept=yes.

pam is asked by pam_exec.so, with the client in PAM_RHOST and the daemon in PAM_SERVICE:

  auth    requisite pam_exec.so quiet /usr/sbin/tcpw-gate pam
  account required  pam_exec.so quiet /usr/sbin/tcpw-gate pam

Options:
      --allow-file FILE     Instead of /etc/hosts.allow
      --deny-file FILE      Instead of /etc/hosts.deny
      --name-timeout TIME   How long names may be looked up, in seconds [default: 5]
      --daemon NAME         pam: decide for this daemon instead of PAM_SERVICE
      --unknown POLICY      pam: whom PAM_RHOST does not tell: allow or deny [default: deny]
  -h, --help                Print this help, on a terminal only

Exit codes:
  exec: those of PROGRAM; 0 if the client is refused; 1 if the call is wrong
  pam: 0 if the client is admitted, 1 if it is not

What is wrong with a call is in the system log.
";

/// Where a table is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablePath {
    /// Its path, which is absolute.
    pub path: PathBuf,
    /// Whether the call has named it: then it must be there, or nobody is served.
    pub is_named: bool,
}

/// Where the two tables are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablePaths {
    /// Searched first; a match grants.
    pub allow: TablePath,
    /// Searched second; a match denies.
    pub deny: TablePath,
}

/// What both calls take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoorOptions {
    /// The tables.
    pub tables: TablePaths,
    /// How long all answers of the name service about one client may take.
    pub name_timeout: Duration,
}

/// A call that decides by the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoorCall {
    /// `exec`: become a program if the client is granted access.
    Exec {
        /// What both calls take.
        options: DoorOptions,
        /// The daemon that is decided for.
        daemon: Vec<u8>,
        /// The program, by an absolute path.
        program: PathBuf,
        /// Its arguments.
        arguments: Vec<OsString>,
    },
    /// `pam`: say whether the client is granted access.
    Pam {
        /// What both calls take.
        options: DoorOptions,
        /// The daemon that is decided for, if it is not the service.
        daemon: Option<Vec<u8>>,
        /// What happens if the client's address is not known.
        unknown: Policy,
    },
}

/// Words that are no such call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoorError(String);

impl fmt::Display for DoorError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for DoorError {}

impl DoorCall {
    /// The call in `words`, the program's own name left out; nothing if they do not begin with `exec` or
    /// `pam`.
    pub fn of_words(words: &[Vec<u8>]) -> Option<Result<Self, DoorError>> {
        let (first, rest) = words.split_first()?;
        match first.as_slice() {
            b"exec" => Some(Read::default().exec(rest)),
            b"pam" => Some(Read::default().pam(rest)),
            _ => None,
        }
    }
}

#[derive(Default)]
struct Read {
    allow: Option<PathBuf>,
    deny: Option<PathBuf>,
    name_timeout: Option<Duration>,
    daemon: Option<Vec<u8>>,
    unknown: Option<Policy>,
}

impl Read {
    fn exec(mut self, words: &[Vec<u8>]) -> Result<DoorCall, DoorError> {
        let rest = self.options(words)?;
        if self.daemon.is_some() || self.unknown.is_some() {
            return error("--daemon and --unknown are for tcpw-gate pam");
        }
        let [daemon, dashes, program, arguments @ ..] = rest else {
            return error("exec takes DAEMON -- PROGRAM and its arguments");
        };
        if dashes != b"--" || daemon.is_empty() {
            return error("exec takes DAEMON -- PROGRAM and its arguments");
        }
        if !program.starts_with(b"/") {
            let program = visible(program);
            return error(&format!(
                "the path of the program is not absolute: {program}"
            ));
        }
        let owned = |word: &Vec<u8>| OsString::from_vec(word.clone());
        Ok(DoorCall::Exec {
            options: self.into_options(),
            daemon: daemon.clone(),
            program: PathBuf::from(owned(program)),
            arguments: arguments.iter().map(owned).collect(),
        })
    }

    fn pam(mut self, words: &[Vec<u8>]) -> Result<DoorCall, DoorError> {
        if let Some(word) = self.options(words)?.first() {
            return error(&format!("pam takes no {}", visible(word)));
        }
        Ok(DoorCall::Pam {
            daemon: self.daemon.take(),
            unknown: self.unknown.unwrap_or_default(),
            options: self.into_options(),
        })
    }

    /// Reads options; gives the words after them.
    fn options<'w>(&mut self, words: &'w [Vec<u8>]) -> Result<&'w [Vec<u8>], DoorError> {
        let mut rest = words;
        while let [option, tail @ ..] = rest
            && option.starts_with(b"--")
            && option != b"--"
        {
            let shown = visible(option);
            if !OPTIONS.contains(&option.as_slice()) {
                return error(&format!("there is no option {shown}"));
            }
            let Some((value, tail)) = tail.split_first() else {
                return error(&format!("{shown} needs a value"));
            };
            let wrong = |wanted: &str| {
                let value = visible(value);
                error(&format!("{shown} takes {wanted}, not \"{value}\""))
            };
            match option.as_slice() {
                b"--allow-file" | b"--deny-file" if !value.starts_with(b"/") => {
                    return wrong("an absolute path");
                }
                b"--allow-file" => set(&mut self.allow, path(value), &shown)?,
                b"--deny-file" => set(&mut self.deny, path(value), &shown)?,
                b"--daemon" if value.is_empty() => return wrong("a name"),
                b"--daemon" => set(&mut self.daemon, value.clone(), &shown)?,
                b"--unknown" => match Policy::of(value) {
                    Some(policy) => set(&mut self.unknown, policy, &shown)?,
                    None => return wrong("allow or deny"),
                },
                _ => match seconds(value) {
                    Some(time) => set(&mut self.name_timeout, time, &shown)?,
                    None => return wrong("seconds from 1 to 600"),
                },
            }
            rest = tail;
        }
        Ok(rest)
    }

    fn into_options(self) -> DoorOptions {
        DoorOptions {
            tables: TablePaths {
                allow: table(self.allow, ALLOW_TABLE),
                deny: table(self.deny, DENY_TABLE),
            },
            name_timeout: self.name_timeout.unwrap_or(USUAL_PATIENCE),
        }
    }
}

fn set<T>(slot: &mut Option<T>, value: T, shown: &str) -> Result<(), DoorError> {
    if slot.replace(value).is_some() {
        return error(&format!("{shown} is given twice"));
    }
    Ok(())
}

/// A table that the call names, or the usual one.
fn table(named: Option<PathBuf>, usual: &str) -> TablePath {
    TablePath {
        is_named: named.is_some(),
        path: named.unwrap_or_else(|| usual.into()),
    }
}

fn path(word: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(word))
}

/// From 1 to 600, with or without an `s`.
fn seconds(word: &[u8]) -> Option<Duration> {
    let text = str::from_utf8(word.strip_suffix(b"s").unwrap_or(word)).ok()?;
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_number)?;
    (1..=600)
        .contains(&number)
        .then(|| Duration::from_secs(number))
}

fn error<T>(text: &str) -> Result<T, DoorError> {
    Err(DoorError(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &str) -> Option<Result<DoorCall, DoorError>> {
        let words: Vec<Vec<u8>> = line
            .split(' ')
            .map(|word| word.as_bytes().to_vec())
            .collect();
        DoorCall::of_words(&words)
    }

    #[test]
    fn the_program_and_its_arguments_follow_two_dashes() {
        let read = call("exec --deny-file /d in.ftpd -- /usr/sbin/in.ftpd -l --allow-file x");
        let Some(Ok(DoorCall::Exec {
            options,
            daemon,
            program,
            arguments,
        })) = read
        else {
            unreachable!("{read:?}");
        };
        let named = |path: &str, is_named| TablePath {
            path: path.into(),
            is_named,
        };
        assert_eq!(options.tables.deny, named("/d", true));
        assert_eq!(options.tables.allow, named("/etc/hosts.allow", false));
        assert_eq!(daemon, b"in.ftpd");
        assert_eq!(program, PathBuf::from("/usr/sbin/in.ftpd"));
        assert_eq!(arguments, ["-l", "--allow-file", "x"]);
    }

    #[test]
    fn what_is_no_call_is_refused() {
        assert!(call("--country KR -- 192.0.2.7").is_none());
        for line in [
            "exec",
            "exec sshd",
            "exec sshd /usr/sbin/sshd",
            "exec sshd --",
            "exec sshd -- sshd",
            "exec --unknown deny sshd -- /usr/sbin/sshd",
            "exec --allow-file",
            "exec --nosuch x sshd -- /a",
            "pam x",
            "pam --unknown maybe",
            "pam --name-timeout 0",
            "pam --name-timeout 1h",
            "pam --name-timeout +5",
            "pam --daemon a --daemon b",
            "pam --deny-file etc/hosts.deny",
            "exec --allow-file hosts.allow sshd -- /usr/sbin/sshd",
        ] {
            assert!(matches!(call(line), Some(Err(_))), "{line}");
        }
        for line in [
            "pam",
            "pam --unknown allow",
            "pam --name-timeout 3s --daemon imap",
        ] {
            assert!(matches!(call(line), Some(Ok(_))), "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, wanted) in [
            ("exec --nosuch", "there is no option --nosuch"),
            (
                "exec --allow-file=/x a -- /b",
                "there is no option --allow-file=/x",
            ),
            ("pam --daemon", "--daemon needs a value"),
            ("pam --daemon ", "--daemon takes a name, not \"\""),
            (
                "pam --deny-file ",
                "--deny-file takes an absolute path, not \"\"",
            ),
            (
                "pam --deny-file no/such",
                "--deny-file takes an absolute path, not \"no/such\"",
            ),
            (
                "pam --unknown x",
                "--unknown takes allow or deny, not \"x\"",
            ),
            (
                "pam --name-timeout 601",
                "--name-timeout takes seconds from 1 to 600, not \"601\"",
            ),
        ] {
            let Some(Err(error)) = call(line) else {
                unreachable!("{line}");
            };
            assert_eq!(error.to_string(), wanted, "{line}");
        }
    }
}
