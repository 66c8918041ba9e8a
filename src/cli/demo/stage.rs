//! The sample server of the demo: two tables, a configuration and a stranger, in a temporary
//! directory.

use crate::alert::Deliverer;
use crate::cli::alert::deliver::{Ears, open, workplace};
use crate::cli::base::{Context, Exit, Failure, Paths};
use crate::cli::machine::rule_finder::FiredRules;
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::cli::machine::tables::TableFiles;
use crate::config::Config;
use crate::engine::{Effect, Host, HostName, Request, decide};
use crate::system::run_shell;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// A client that the demo allows, and one that it does not (addresses for examples, RFC 5737).
pub(super) const FRIEND: &str = "192.0.2.10";
pub(super) const STRANGER: &str = "203.0.113.77";

/// Runs a command line of tcpw, the name of the program first.
pub(super) type RunLine<'a> = &'a dyn Fn(Vec<OsString>, &mut Context) -> Result<Exit, Failure>;

/// What came of the stranger's attempt.
pub(super) struct Knocked {
    /// The commands that libwrap ran, and how long the stranger waited for each.
    pub(super) commands: Vec<(Vec<u8>, Duration)>,
    /// What was recorded and sent.
    pub(super) sent: String,
}

/// Writes the tables and the configuration, and has the commands work on them.
pub(super) fn set_up(stage: &Path, allow: &str, context: &mut Context) -> Result<(), Failure> {
    let at = |name: &str| stage.join(name);
    for (name, text) in [("hosts.allow", allow), ("hosts.deny", "# Who may not.\n")] {
        write(&at(name), text)?;
    }
    configure(stage)?;
    context.paths = Paths {
        allow: at("hosts.allow"),
        deny: at("hosts.deny"),
        history: at("history"),
        config: at("tcpw.toml"),
        config_is_given: true,
        root: None,
    };
    context.is_rehearsal = true;
    Ok(())
}

/// Writes the configuration: mails become files.
pub(super) fn configure(stage: &Path) -> Result<(), Failure> {
    let toml = format!(
        "[mail]\nfrom = \"tcpw@server.example\"\nto = \"admin@example.org\"\ntransport = \"file\"\n\
         file_dir = \"{0}/mail\"\nreverse_dns = false\n\n[journal]\npath = \"{0}/journal.db\"\n\n\
         [drop]\npath = \"{0}/drop\"\n",
        stage.display()
    );
    write(&stage.join("tcpw.toml"), &toml)
}

#[expect(
    clippy::disallowed_methods,
    reason = "sample files in a directory of our own"
)]
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| {
        Failure::new(format_args!("cannot write {}: {error}", path.display()))
            .hint("set TMPDIR to a directory you may write to")
    })
}

/// Runs the command of the rule that refuses the stranger, then sends the mail.
pub(super) fn knock(config: &Config, context: &mut Context) -> Result<Knocked, Failure> {
    let paths = context.paths.clone();
    let way = open(config);
    let rules = FiredRules::new(&paths);
    let ears = Ears {
        warn: &|_| {},
        record: &|_, _, _| {},
    };
    let place = workplace(None, &paths, config, way.as_ref(), &rules, ears);
    // Held while the command runs, so that it starts no deliverer of its own.
    let deliverer = Deliverer::start(&place).map_err(Failure::new)?;
    let mut deliverer = deliverer.ok_or_else(|| Failure::new("the journal is in use already"))?;
    let mut commands = Vec::new();
    for command in spawned(context)? {
        let begin = Instant::now();
        let status = run_shell(&command)
            .map_err(|error| Failure::new(format_args!("cannot run /bin/sh: {error}")))?;
        let took = begin.elapsed();
        if !status.success() {
            return Err(Failure::new(format_args!(
                "the alert's command ended with {status}"
            )));
        }
        commands.push((command, took));
    }
    let report = deliverer.round(true).map_err(Failure::new)?;
    let (collected, sent) = (report.collected, report.sent);
    let sent = format!("recorded {collected}, sent {sent} by {}", way.describe());
    Ok(Knocked { commands, sent })
}

/// The commands that libwrap runs for the stranger, `%` letters replaced.
fn spawned(context: &mut Context) -> Result<Vec<Vec<u8>>, Failure> {
    let server = Host::new("192.0.2.1", HostName::new("server.example"));
    let client = Host::new(STRANGER, HostName::unknown());
    let request = Request::new("sshd", client)
        .with_server(server, Some(22))
        .with_process(std::process::id());
    let machine = Machine::new(&context.paths, Aclexec::Ask);
    let tables = TableFiles::read(context)?;
    let verdict = tables.parsed(|tables| decide(tables, &request, &machine));
    let commands = verdict
        .effects
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Spawn(command) => Some(command),
            Effect::Twist(_) | Effect::Aclexec(..) | Effect::Setenv(..) | Effect::Other(..) => None,
        });
    Ok(commands.collect())
}

/// The mails that were sent; at least the one about the stranger.
pub(super) fn mails(stage: &Path) -> Result<Vec<Vec<u8>>, Failure> {
    let folder = stage.join("mail");
    let unreadable = |path: &Path, error: &std::io::Error| {
        Failure::new(format_args!("cannot read {}: {error}", path.display()))
    };
    let entries = fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))?;
    let mut mails = Vec::new();
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        mails.push(fs::read(&path).map_err(|error| unreadable(&path, &error))?);
    }
    if mails.is_empty() {
        return Err(Failure::new("the mail about the stranger was not written"));
    }
    Ok(mails)
}

/// Prints a line.
pub(super) fn say(context: &mut Context, text: &str) -> Result<(), Failure> {
    context.out.line(text)
}
