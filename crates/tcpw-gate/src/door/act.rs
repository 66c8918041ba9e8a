//! What options do, at the moment at which libwrap does it.

use super::banner::send_banner;
use super::log::reason;
use super::priority::priority;
use super::search::client_text;
use super::shell::{Variable, spawn, twist};
use super::world::{Place, Waiting, World};
use hosts_access::engine::{Actor, Effect, Matched, Open, TableName, expand};
use hosts_access::escape::visible;
use hosts_access::policy::{RuleOption, c_decimal, c_octal};
use hosts_access::{Request, Surroundings as _};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{dup2_stderr, dup2_stdout};
use rustix::net::sockopt::{set_socket_keepalive, set_socket_linger};
use rustix::process::nice;
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::time::Duration;
use tcpw_event::regular::open_regular;

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
    }

    fn effect(&self, effect: &Effect, request: &mut Request) {
        if self.is_over.get() {
            return;
        }
        match self.place {
            Place::Socket(_) | Place::Local => self.act(effect, request),
            Place::Pam(_) => self.act_within_pam(effect),
        }
    }

    fn left(&self) {
        if self.is_over.get() {
            return;
        }
        let table = self.line.get().map(|(table, ..)| table);
        self.left.borrow_mut().extend(table);
        self.log.inform("aclexec returned 1");
    }
}

impl World<'_> {
    fn act(&self, effect: &Effect, request: &mut Request) {
        match effect {
            Effect::Spawn(command) => self.spawn(command, &self.variables.borrow()),
            Effect::Twist(command) => self.twist(command, request),
            // It has run already, to be decided by.
            Effect::Aclexec(..) => {}
            Effect::Setenv(name, value) => self.set_variable(name, value),
            Effect::Other(name, value) => self.other(name, value, request),
        }
    }

    /// Within PAM: does what can be done without the client's socket, and puts off what is not done for
    /// each client that is let in.
    fn act_within_pam(&self, effect: &Effect) {
        match effect {
            Effect::Spawn(command) => self.waiting.borrow_mut().push(Waiting {
                command: command.clone(),
                variables: self.variables.borrow().len(),
            }),
            Effect::Setenv(name, value) => self.set_variable(name, value),
            Effect::Other("severity", value) => self.set_priority(value),
            Effect::Twist(_) => self.warn("twist is not possible within PAM"),
            // The first has run already, to be decided by.
            Effect::Aclexec(..) | Effect::Other(..) => {}
        }
    }

    /// Runs what was put off, in the environment of its moment.
    pub(crate) fn run_waiting(&self) {
        for waiting in self.waiting.take() {
            let variables = self.variables.borrow();
            self.spawn(
                &waiting.command,
                variables.get(..waiting.variables).unwrap_or_default(),
            );
        }
    }

    fn spawn(&self, command: &[u8], variables: &[Variable]) {
        if let Err(error) = spawn(command, variables) {
            self.warn(&format!("execl /bin/sh: {}", reason(&error)));
        }
    }

    fn set_variable(&self, name: &[u8], value: &[u8]) {
        let owned = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        let variable = (owned(name), owned(value));
        self.variables.borrow_mut().push(variable);
    }

    fn set_priority(&self, value: &[u8]) {
        if let Ok(priority) = priority(value, self.log.facility()) {
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
                let error = twist(command, &self.variables.borrow());
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
                if let Some(bits) = c_octal(value) {
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

    /// Sends the file that is called as the daemon in a folder. Only regular files are read: a pipe would
    /// keep the client waiting. Nor is one that a daemon with a slash in its name leads to: tcpd knows none
    /// that has one.
    fn banner(&self, folder: &[u8], request: &mut Request) {
        let daemon = request.daemon().to_vec();
        let path = [folder, b"/", &*daemon].concat();
        let file = open_regular(Path::new(OsStr::from_bytes(&path)));
        let Some(file) = file.ok().filter(|_| !daemon.contains(&b'/')) else {
            if let Err(error) = fs::metadata(OsStr::from_bytes(folder)) {
                self.warn(&format!("{}: {}", visible(folder), reason(&error)));
            }
            return;
        };
        let client = io::stdin().as_fd().try_clone_to_owned().map(File::from);
        let Ok(mut client) = client else {
            return;
        };
        let mut replaced = |text: &[u8]| expand(text, request, self);
        if !send_banner(&mut BufReader::new(file), &mut replaced, &mut client) {
            self.warn("percent_x: expansion too long");
            self.is_over.set(true);
        }
    }
}

/// A decimal number as libwrap reads it in an option that it took: modulo 2^32.
fn number(value: &[u8]) -> Option<i32> {
    c_decimal(value).map(|(number, _)| number)
}
