//! `tcpw notify`: what an alert rule runs, with the explanations of clap. Recording itself is the
//! business of `tcpw-notify`.

use crate::cli::base::output::ColorChoice;
use crate::cli::base::{Context, Exit, Failure, Output, Paths};
use crate::config::{self, Config};
use clap::Args;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use tcpw_event::descriptors::close_inherited;
use tcpw_event::syslog::Severity;
use tcpw_notify::{Arguments, Places, Run, Unrecorded, log, read, record, run_of};

/// Record a connection and wake the deliverer; what an alert rule runs
///
/// Writes one event file into the drop directory, root into one of its own, wakes `tcpw deliver` if
/// this user may, and returns; the mail is sent in the background. An event that cannot be written goes to the
/// system log in full, and the exit code is 75; if the system log does not take it either, the
/// exit code is 74, and the event is lost. `tcpw-notify` is this command as a program of its own,
/// which starts faster; alert rules run it.
#[derive(Debug, Default, PartialEq, Eq, Args)]
pub(crate) struct NotifyArgs {
    /// The client's address (%a)
    #[arg(long, value_name = "ADDR", allow_hyphen_values = true)]
    pub(crate) addr: Option<OsString>,
    /// The daemon (%d)
    #[arg(long, short, value_name = "NAME", allow_hyphen_values = true)]
    pub(crate) daemon: Option<OsString>,
    /// The server's end of the connection (%s)
    #[arg(long, value_name = "SERVER", allow_hyphen_values = true)]
    pub(crate) server: Option<OsString>,
    /// The daemon's process (%p)
    #[arg(long, value_name = "PID", allow_hyphen_values = true)]
    pub(crate) pid: Option<OsString>,
    /// The client's user (%u), where a rule asks for it
    ///
    /// libwrap asks the client's own machine for it, and the client waits up to 10 s for an answer
    /// that may be a lie: install-alert does not use it.
    #[arg(long, value_name = "USER", allow_hyphen_values = true)]
    pub(crate) user: Option<OsString>,
    /// The drop directory, instead of the configured one
    #[arg(long, value_name = "DIR")]
    pub(crate) drop: Option<PathBuf>,
    /// The client as libwrap calls it (%h), after `--` because a name may start with `-`
    #[arg(value_name = "HOST", required_unless_present = "addr")]
    pub(crate) host: Option<OsString>,
}

/// Runs the command.
pub(crate) fn run(args: &NotifyArgs, context: &mut Context) -> Result<Exit, Failure> {
    close_inherited();
    let args = args.arguments();
    let run = context.paths.run();
    match record(&args, &run, &places(&args, &run, &context.paths)) {
        Ok(()) => Ok(Exit::Done),
        Err(unrecorded) => {
            context.out.note(&unrecorded.text())?;
            Ok(exit(&unrecorded))
        }
    }
}

impl NotifyArgs {
    fn arguments(&self) -> Arguments {
        Arguments {
            addr: self.addr.clone(),
            daemon: self.daemon.clone(),
            server: self.server.clone(),
            pid: self.pid.clone(),
            user: self.user.clone(),
            drop: self.drop.clone(),
            host: self.host.clone(),
        }
    }
}

fn exit(unrecorded: &Unrecorded) -> Exit {
    if unrecorded.is_lost() {
        Exit::Lost
    } else {
        Exit::NotRecorded
    }
}

/// Runs the command if `words`, the program's name and its arguments, are those of an alert rule;
/// nothing for others, which clap explains. A client waits for it: building the definition of the
/// arguments takes longer than recording the event.
pub(crate) fn run_line(words: &[OsString]) -> Option<Exit> {
    let (run, args) = read(words)?;
    close_inherited();
    let paths = Paths::of(&run);
    let Err(unrecorded) = record(&args, &run, &places(&args, &run, &paths)) else {
        return Some(Exit::Done);
    };
    // Nobody may be there to read it; the exit code says it too.
    drop(Output::new(ColorChoice::Never).note(&unrecorded.text()));
    Some(exit(&unrecorded))
}

/// Tells the system log about arguments that are wrong: the rule that has them runs unseen.
pub(crate) fn log_words(words: &[OsString], cause: &str) {
    // What is wrong with them is reported by the exit code and on standard error too.
    let _is_logged = tcpw_notify::log_words(&run_of(words), words, cause);
}

/// The configured places; the defaults where the configuration cannot be read, for a mistake in it
/// must not lose an event. A reader without permission is usual (the rule runs as the daemon's
/// user), and `install-alert` writes a drop directory of its own into the rule.
fn places(args: &Arguments, run: &Run, paths: &Paths) -> Places {
    let mut places = run.default_places();
    if !run.has_default_places() {
        let place = |path: &Path| paths.inside(path);
        let config = config::load(&paths.config, paths.config_is_given, &place);
        let config = config.unwrap_or_else(|error| {
            if !error.is_permission() {
                let text = format!("{error}; using the defaults");
                // The event itself is what matters, and it has a place.
                drop(log(run, Severity::Error, &text));
            }
            Config::default_at(&place)
        });
        places = Places {
            drop: config.drop,
            root_drop: Some(config.root_drop),
            journal: config.journal,
        };
    }
    places.with_drop(args.drop.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Cli, Command};
    use proptest::prelude::*;

    fn words(line: &[&str]) -> Vec<OsString> {
        line.iter().map(OsString::from).collect()
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
            if let Some((run, args)) = read(&words) {
                let cli = Cli::read_by_clap(&words).unwrap();
                prop_assert_eq!(Paths::new(&cli.global).run(), Paths::of(&run).run());
                let Command::Notify(other) = cli.command else {
                    return Err(TestCaseError::fail("another command"));
                };
                prop_assert_eq!(other.arguments(), args);
            }
        }
    }
}
