//! `tcpw demo`: the whole way from a rule to a mail, on sample tables in a temporary directory.

use crate::alert::{Deliverer, Journal};
use crate::cli::alert::deliver::{Ears, open, workplace};
use crate::cli::base::{Context, Exit, Failure, Paths, Style};
use crate::cli::machine::rule_finder::FiredRules;
use crate::cli::machine::settings;
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::cli::machine::tables::TableFiles;
use crate::config::Config;
use crate::engine::{Effect, Host, HostName, Request, decide};
use crate::escape::visible;
use crate::system::run_shell;
use clap::Args;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Instant;

/// A client that the demo allows, and one that it does not (addresses for examples, RFC 5737).
const FRIEND: &str = "192.0.2.10";
const STRANGER: &str = "203.0.113.77";

/// Show the whole way from a rule to a mail, on sample tables
///
/// Works in a temporary directory that is removed at the end; needs no privileges, no network and
/// no mail server, and changes nothing else on this machine.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {}

/// Runs a command line of tcpw, the name of the program first.
type RunLine<'a> = &'a dyn Fn(Vec<OsString>, &mut Context) -> Result<Exit, Failure>;

/// Runs the command; `run_line` runs the commands that it shows.
pub(crate) fn run(
    _args: &DemoArgs,
    run_line: RunLine<'_>,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let stage = tempfile::Builder::new()
        .prefix("tcpw-demo-")
        .tempdir()
        .map_err(|error| {
            Failure::new(format_args!("cannot create a temporary directory: {error}"))
                .hint("set TMPDIR to a directory you may write to")
        })?;
    let stage = stage.path();
    set_up(stage, context)?;
    let config = settings::load(&context.paths)?;
    say(
        context,
        &format!("Everything below happens in {}.", stage.display()),
    )?;

    heading(context, "1. Allow a friend, close the door, set an alert")?;
    for command in [
        &["allow", FRIEND, "--daemon", "sshd"][..],
        &["deny-all"],
        &["install-alert"],
    ] {
        expect(command, Exit::Done, run_line, context)?;
    }

    heading(context, "2. A friend and a stranger")?;
    expect(&["match", "sshd", FRIEND], Exit::Done, run_line, context)?;
    expect(
        &["match", "sshd", STRANGER],
        Exit::Negative,
        run_line,
        context,
    )?;

    heading(
        context,
        "3. The stranger knocks: libwrap runs the rule's command",
    )?;
    knock(&config, context)?;

    heading(context, "4. The journal")?;
    show_journal(&config, context)?;

    heading(context, "5. The mail")?;
    show_mail(stage, context)?;
    say(context, "")?;
    say(
        context,
        "On a real server: tcpw allow YOUR-ADDRESS, tcpw deny-all, tcpw install-alert.",
    )?;
    Ok(Exit::Done)
}

/// Writes the sample tables and a configuration with all paths in the stage.
fn set_up(stage: &Path, context: &mut Context) -> Result<(), Failure> {
    let at = |name: &str| stage.join(name);
    let toml = format!(
        "[mail]\nfrom = \"tcpw@server.example\"\nto = \"admin@example.org\"\ntransport = \"file\"\n\
         file_dir = \"{0}/mail\"\nreverse_dns = false\n\n[journal]\npath = \"{0}/journal.db\"\n\n\
         [drop]\npath = \"{0}/drop\"\n",
        stage.display()
    );
    for (name, text) in [
        (
            "hosts.allow",
            "# Who may connect. See hosts_access(5).\nsshd: .example.org\n",
        ),
        ("hosts.deny", "# Who may not.\n"),
        ("tcpw.toml", toml.as_str()),
    ] {
        write(&at(name), text)?;
    }
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

/// Runs a command of tcpw on the sample tables, as it would be typed.
fn expect(
    command: &[&str],
    expected: Exit,
    run_line: RunLine<'_>,
    context: &mut Context,
) -> Result<(), Failure> {
    let shown = context
        .out
        .paint(Style::Strong, &format!("$ tcpw {}", command.join(" ")));
    say(context, &shown)?;
    let words = ["tcpw"].iter().chain(command).map(OsString::from);
    let exit = run_line(words.collect(), context)?;
    if exit != expected {
        return Err(Failure::new(format_args!(
            "`tcpw {}` ended with {exit:?} on the sample tables, not {expected:?}",
            command.join(" ")
        )));
    }
    say(context, "")
}

/// Runs the command of the rule that refuses the stranger, then sends the mail.
fn knock(config: &Config, context: &mut Context) -> Result<(), Failure> {
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
    for command in spawned(context)? {
        let line = context.out.paint(
            Style::Strong,
            &format!("/bin/sh -c '{}'", visible(&command)),
        );
        say(context, &line)?;
        let begin = Instant::now();
        let status = run_shell(&command)
            .map_err(|error| Failure::new(format_args!("cannot run /bin/sh: {error}")))?;
        let took = begin.elapsed().as_secs_f64() * 1000.0;
        if !status.success() {
            return Err(Failure::new(format_args!(
                "the alert's command ended with {status}"
            )));
        }
        say(
            context,
            &format!("the stranger waited {took:.1} ms for it; the mail goes out later"),
        )?;
    }
    let report = deliverer.round(true).map_err(Failure::new)?;
    say(
        context,
        &format!(
            "recorded {}, sent {} by {}",
            report.collected,
            report.sent,
            way.describe()
        ),
    )
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

fn show_journal(config: &Config, context: &mut Context) -> Result<(), Failure> {
    let events = Journal::open(&config.journal)
        .and_then(|mut journal| journal.newest_events(10))
        .map_err(Failure::new)?;
    if events.is_empty() {
        return Err(Failure::new(
            "the stranger's event did not reach the journal",
        ));
    }
    for entry in events {
        let event = entry.event;
        let show = |bytes: &[u8]| visible(bytes);
        say(
            context,
            &format!(
                "{}  address {}  host {}  daemon {}  server {}  pid {}",
                event.time.format("%Y-%m-%d %H:%M:%S%.3f UTC"),
                show(event.addr.bytes()),
                show(event.host.bytes()),
                show(event.daemon.bytes()),
                show(event.server.bytes()),
                show(event.pid.bytes()),
            ),
        )?;
    }
    Ok(())
}

fn show_mail(stage: &Path, context: &mut Context) -> Result<(), Failure> {
    let folder = stage.join("mail");
    let entries = fs::read_dir(&folder)
        .map_err(|error| Failure::new(format_args!("cannot read {}: {error}", folder.display())))?;
    let mut shown = 0;
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        let mail = fs::read(&path).map_err(|error| {
            Failure::new(format_args!("cannot read {}: {error}", path.display()))
        })?;
        for line in mail.split(|&byte| byte == b'\n') {
            if line.starts_with(b"Content-Type: text/html") {
                say(context, "(the same as HTML)")?;
                break;
            }
            say(context, &visible(line.strip_suffix(b"\r").unwrap_or(line)))?;
        }
        shown += 1;
    }
    if shown == 0 {
        return Err(Failure::new("the mail about the stranger was not written"));
    }
    Ok(())
}

fn heading(context: &mut Context, text: &str) -> Result<(), Failure> {
    let text = context.out.paint(Style::Strong, text);
    say(context, &format!("\n{text}\n"))
}

fn say(context: &mut Context, text: &str) -> Result<(), Failure> {
    context.out.line(text)
}
