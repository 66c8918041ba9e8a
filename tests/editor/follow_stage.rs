//! A machine that follows names: two tables, a resolver that does what it is told to, and a clock.

use super::in_time::shim;
use super::sandbox::{Ran, Sandbox, configuration};
use crate::name_server::{Act, NameServer};
use std::collections::BTreeSet;
use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;

pub(super) const NAME: &str = "home.dyn.example.org";
pub(super) const MINUTE: i64 = 60;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// Two tables that let nobody in but a session of the guard's, a resolver, and a clock.
pub(super) struct Stage {
    pub(super) sandbox: Sandbox,
    pub(super) server: NameServer,
    pub(super) clock: PathBuf,
}

pub(super) fn addresses(text: &str) -> Vec<IpAddr> {
    let words = text.split_whitespace();
    words.map(|word| word.parse().unwrap()).collect()
}

pub(super) fn tells(text: &str, ttl: u32) -> Act {
    Act::Tells(addresses(text), ttl)
}

impl Stage {
    pub(super) fn new() -> Self {
        let sandbox = Sandbox::new("ALL: 0.0.0.1\n", "ALL: ALL\n");
        let server = NameServer::start();
        let clock = shim(&sandbox);
        let stage = Self {
            sandbox,
            server,
            clock,
        };
        stage.write("etc/resolv.conf", "options timeout:1 attempts:1\n");
        stage.configure("");
        stage.at(0);
        stage
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        fs::write(self.sandbox.path(path), text).unwrap();
    }

    pub(super) fn configure(&self, more: &str) {
        let address = self.server.address;
        self.write(
            "etc/tcpw.toml",
            &format!("[follow]\nservers = \"{address}\"\n{more}"),
        );
        assert!(configuration(&self.sandbox).starts_with("[follow]"));
    }

    /// The clock is this many seconds ahead.
    pub(super) fn at(&self, seconds: i64) {
        self.write("jump", &seconds.to_string());
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.sandbox.command(arguments);
        self.sandbox.ran(command.env("LD_PRELOAD", &self.clock))
    }

    /// A run that ends with this exit code.
    #[track_caller]
    pub(super) fn done(&self, code: i32, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:#?}");
        ran
    }

    #[track_caller]
    pub(super) fn follows(&self, act: Act) {
        self.server.does(NAME, act);
        self.done(0, &["allow", "--follow", NAME, "--daemon", "sshd"]);
    }

    /// The addresses in the rule below the comment that follows the name.
    pub(super) fn held(&self) -> BTreeSet<IpAddr> {
        held(&self.sandbox.tables().0, NAME)
    }

    pub(super) fn changes(&self) -> usize {
        let history = self.sandbox.path("var/lib/tcpw/history");
        let names = fs::read_dir(history).unwrap().flatten();
        let is_change = |name: &str| {
            name.strip_suffix(".json")
                .is_some_and(|stem| stem.parse::<u32>().is_ok())
        };
        names
            .filter(|entry| is_change(entry.file_name().to_str().unwrap()))
            .count()
    }
}

/// The addresses of the one rule that follows a name, folded or not.
fn held(allow: &str, name: &str) -> BTreeSet<IpAddr> {
    let mark = format!("follow={name}");
    let comments = allow.lines().filter(|line| line.contains(&mark));
    assert!(comments.count() < 2, "{allow}");
    let unfolded = allow.replace("\\\n", " ");
    let mut lines = unfolded
        .lines()
        .skip_while(|line| !line.contains(&mark))
        .skip(1);
    let rule = lines.next().unwrap_or_default();
    let clients = rule.split_once(": ").map_or("", |(_, clients)| clients);
    let bare = clients.replace(['[', ']'], "");
    addresses(&bare).into_iter().collect()
}
