//! `tcpw demo --full`: the whole way from a rule to a mail, command by command.

use super::stage::{self, FRIEND, RunLine, STRANGER, say};
use crate::alert::Journal;
use crate::cli::base::{Context, Exit, Failure, Style};
use crate::cli::machine::settings;
use crate::config::Config;
use crate::escape::visible;
use std::ffi::OsString;
use std::path::Path;

/// Shows every step on the sample tables below `stage`; `run_line` runs the commands that it shows.
pub(super) fn run(
    stage: &Path,
    run_line: RunLine<'_>,
    context: &mut Context,
) -> Result<Exit, Failure> {
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
    let knocked = stage::knock(config, context)?;
    for (command, took) in &knocked.commands {
        let line = context
            .out
            .paint(Style::Strong, &format!("/bin/sh -c '{}'", visible(command)));
        say(context, &line)?;
        let took = took.as_secs_f64() * 1000.0;
        say(
            context,
            &format!("the stranger waited {took:.1} ms for it; the mail goes out later"),
        )?;
    }
    say(context, &knocked.sent)
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
    for mail in stage::mails(stage)? {
        for line in mail.split(|&byte| byte == b'\n') {
            if line.starts_with(b"Content-Type: text/html") {
                say(context, "(the same as HTML)")?;
                break;
            }
            say(context, &visible(line.strip_suffix(b"\r").unwrap_or(line)))?;
        }
    }
    Ok(())
}

fn heading(context: &mut Context, text: &str) -> Result<(), Failure> {
    let text = context.out.paint(Style::Strong, text);
    say(context, &format!("\n{text}\n"))
}
