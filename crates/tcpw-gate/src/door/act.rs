//! What options do, at the moment at which libwrap does it.

use super::banner::banner_text;
use super::log::reason;
use super::priority::priority;
use super::search::client_text;
use super::shell::{spawn, twist};
use super::world::{Place, World};
use hosts_access::engine::{Actor, Effect, Matched, Open, TableName};
use hosts_access::escape::visible;
use hosts_access::policy::{Part, RuleOption, parts};
use hosts_access::{Request, Surroundings as _};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{dup2_stderr, dup2_stdout};
use rustix::net::sockopt::{set_socket_keepalive, set_socket_linger};
use rustix::process::nice;
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::time::Duration;

/// What `nice` adds where it stands alone (F-OPT-09).
const USUAL_NICE: i32 = 10;

impl Actor for World<'_> {
    fn comparing(&self, table: TableName, line: usize, number: u32) {
        self.line.set(Some((table, line, number)));
    }

    fn matched(&self, rule: &Matched) {
        self.report_before(rule.table, rule.line);
    }

    fn option(&self, option: &RuleOption<'_>) {
        *self.option.borrow_mut() = Some(RuleOption {
            name: Cow::Owned(option.name.to_vec()),
            name_span: option.name_span,
            value: option
                .value
                .as_ref()
                .map(|value| Cow::Owned(value.to_vec())),
            value_span: option.value_span,
            is_last: option.is_last,
        });
        let value = option.value.as_deref().unwrap_or_default();
        if option.check_form().is_ok_and(|spec| spec.expands) {
            self.warn_of_letters(value);
        }
    }

    fn effect(&self, effect: &Effect, request: &mut Request) {
        if self.is_over.get() {
            return;
        }
        match self.place {
            Place::Socket(_) | Place::Local => self.act(effect, request),
            Place::Pam(_) => self.pending.borrow_mut().push(effect.clone()),
        }
    }

    fn left(&self) {
        self.has_left.set(true);
        self.log.inform("aclexec returned 1");
    }
}

impl World<'_> {
    /// Warns of letters that stand for nothing and vanish (F-PCT-02).
    fn warn_of_letters(&self, value: &[u8]) {
        for (_, part) in parts(value) {
            if let Part::Unknown(letter) = part {
                self.warn(&format!("unrecognized %{}", visible(&[letter])));
            }
        }
    }

    fn act(&self, effect: &Effect, request: &mut Request) {
        match effect {
            Effect::Spawn(command) => self.spawn(command),
            Effect::Twist(command) => self.twist(command, request),
            // It has run already, to be decided by.
            Effect::Aclexec(..) => {}
            Effect::Setenv(name, value) => self.set_variable(name, value),
            Effect::Other(name, value) => self.other(name, value, request),
        }
    }

    /// Within PAM: does what can be done without the client's socket.
    pub(crate) fn act_pending(&self) {
        for effect in self.pending.take() {
            match &effect {
                Effect::Spawn(command) => self.spawn(command),
                Effect::Setenv(name, value) => self.set_variable(name, value),
                Effect::Other("severity", value) => self.set_priority(value),
                Effect::Twist(_) => self.warn("twist is not possible within PAM"),
                Effect::Aclexec(..) | Effect::Other(..) => {}
            }
        }
    }

    fn spawn(&self, command: &[u8]) {
        if let Err(error) = spawn(command, &self.variables) {
            self.warn(&format!("execl /bin/sh: {}", reason(&error)));
        }
    }

    fn set_variable(&self, name: &[u8], value: &[u8]) {
        let owned = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        let variable = (owned(name), owned(value));
        self.variables.borrow_mut().push(variable);
    }

    fn set_priority(&self, value: &[u8]) {
        if let Ok(priority) = priority(value) {
            self.log.set_priority(priority);
        }
    }

    fn twist(&self, command: &[u8], request: &Request) {
        let client = client_text(request);
        self.log
            .denied(&format!("twist {client} to {}", visible(command)));
        let stdin = io::stdin();
        let prepared = dup2_stdout(&stdin).and_then(|()| dup2_stderr(&stdin));
        let words = match prepared {
            Ok(()) => {
                let error = twist(command, &self.variables);
                format!("twist_option: /bin/sh: {}", reason(&error))
            }
            Err(error) => format!("twist_option: dup: {}", error.desc()),
        };
        self.warn(&words);
        self.is_over.set(true);
    }

    fn other(&self, name: &str, value: &[u8], request: &mut Request) {
        match name {
            "banners" => self.banner(value, request),
            "keepalive" => {
                if let Err(error) = set_socket_keepalive(io::stdin(), true) {
                    let why = reason(&error.into());
                    self.warn(&format!("setsockopt SO_KEEPALIVE: {why}"));
                }
            }
            "linger" => self.linger(value),
            "nice" => {
                let increment = number(value).unwrap_or(USUAL_NICE);
                if let Err(error) = nice(increment) {
                    self.warn(&format!("nice({increment}): {}", reason(&error.into())));
                }
            }
            "rfc931" => self.ident(value, request),
            "severity" => self.set_priority(value),
            "umask" => {
                let bits = str::from_utf8(value).unwrap_or_default();
                let bits = bits.trim_start_matches(['+', ' ']);
                if let Ok(bits) = u32::from_str_radix(bits, 8) {
                    umask(Mode::from_bits_truncate(bits));
                }
            }
            // The account was looked up; libwrap does no more (F-OPT-13).
            _ => {}
        }
    }

    fn linger(&self, value: &[u8]) {
        let seconds = number(value).and_then(|seconds| u64::try_from(seconds).ok());
        let time = seconds.filter(|&seconds| seconds > 0);
        if let Err(error) = set_socket_linger(io::stdin(), time.map(Duration::from_secs)) {
            let (seconds, why) = (seconds.unwrap_or(0), reason(&error.into()));
            self.warn(&format!("setsockopt SO_LINGER {seconds}: {why}"));
        }
    }

    fn ident(&self, value: &[u8], request: &mut Request) {
        if let Some(seconds) = number(value).and_then(|seconds| u64::try_from(seconds).ok()) {
            self.ident_time.set(Duration::from_secs(seconds));
        }
        if request.is_open(Open::User) {
            request.learn(Open::User, self.find_out(Open::User).unwrap_or_default());
        }
    }

    fn banner(&self, folder: &[u8], request: &mut Request) {
        let folder = Path::new(OsStr::from_bytes(folder));
        let path = folder.join(OsStr::from_bytes(request.daemon()));
        let Ok(file) = fs::read(path) else {
            if let Err(error) = fs::metadata(folder) {
                let shown = visible(folder.as_os_str().as_bytes());
                self.warn(&format!("{shown}: {}", reason(&error)));
            }
            return;
        };
        self.warn_of_letters(&file);
        let (text, is_whole) = banner_text(&file, request, self);
        // The client may be gone; then nothing else reaches it, either.
        drop(write_all(&text));
        if !is_whole {
            self.warn("percent_x: expansion too long");
            self.is_over.set(true);
        }
    }
}

/// Writes to the client.
fn write_all(text: &[u8]) -> io::Result<()> {
    use std::os::fd::AsFd as _;
    let mut client = fs::File::from(io::stdin().as_fd().try_clone_to_owned()?);
    client.write_all(text)
}

/// A decimal number as libwrap reads it in an option that it took.
fn number(value: &[u8]) -> Option<i32> {
    let text = str::from_utf8(value).ok()?;
    text.trim_start().parse().ok()
}
