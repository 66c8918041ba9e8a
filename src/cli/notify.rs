//! `tcpw notify`: what an alarm rule runs. Records one event durably, wakes the deliverer, and
//! returns: the visitor's connection waits for it.

use super::Context;
use super::background;
use super::exit::Exit;
use super::failure::Failure;
use super::paths::Paths;
use crate::alert::{self, Claim, Event, HOST_LIMIT, SpoolError, VALUE_LIMIT};
use crate::config::{self, Config};
use crate::escape::visible;
use crate::system::{
    Clock as _, DEV_LOG, Severity, SystemClock, close_inherited, random_u64, syslog,
};
use clap::Args;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// How much of each value goes into the system log when the whole is too long for it.
const SHORT: usize = 512;

/// Record a connection and wake the deliverer; what an alarm rule runs
///
/// Writes one event file into the drop directory, wakes `tcpw deliver` if this user may, and
/// returns; the mail is sent in the background. An event that cannot be written goes to the
/// system log in full, and the exit code is 75.
#[derive(Debug, Args)]
pub(crate) struct NotifyArgs {
    /// The visitor's address (%a)
    #[arg(long, value_name = "ADDR", allow_hyphen_values = true)]
    addr: Option<OsString>,
    /// The daemon (%d)
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    daemon: Option<OsString>,
    /// The server's end of the connection (%s)
    #[arg(long, value_name = "SERVER", allow_hyphen_values = true)]
    server: Option<OsString>,
    /// The daemon's process (%p)
    #[arg(long, value_name = "PID", allow_hyphen_values = true)]
    pid: Option<OsString>,
    /// The drop directory, in place of the configured one
    #[arg(long, value_name = "DIR")]
    drop: Option<PathBuf>,
    /// The visitor as libwrap calls it (%h), behind `--` because a name may start with `-`
    #[arg(value_name = "HOST", required_unless_present = "addr")]
    host: Option<OsString>,
}

/// Runs the command.
pub(crate) fn run(args: &NotifyArgs, context: &mut Context) -> Result<Exit, Failure> {
    close_inherited();
    let paths = &context.paths;
    let config = settings(args, paths);
    let drop = args.drop.as_deref().unwrap_or(&config.drop);
    let event = event_of(args);
    match alert::record(drop, &event, random_u64()) {
        Ok(_) => {
            wake(args, paths, &config);
            Ok(Exit::Done)
        }
        Err(error) => {
            log_in_full(&context.paths, &event, &error);
            context.out.note(&format!(
                "{error}; the event was sent to the system log instead"
            ))?;
            Ok(Exit::NotRecorded)
        }
    }
}

/// The settings, or the defaults where they cannot be read: a mistake in the configuration must
/// not lose an event. A reader without permission is usual (the rule runs as the daemon's user)
/// and worth a line only if it left the drop directory unknown.
fn settings(args: &NotifyArgs, paths: &Paths) -> Config {
    let place = |path: &Path| paths.inside(path);
    config::load(&paths.config, paths.config_is_given, &place).unwrap_or_else(|error| {
        if args.drop.is_none() || !error.is_permission() {
            log(
                paths,
                Severity::Error,
                &format!("{error}; using the defaults"),
            );
        }
        Config::default_at(&place)
    })
}

fn event_of(args: &NotifyArgs) -> Event {
    let cut = |value: &Option<OsString>, limit| {
        Claim::cut(value.as_deref().unwrap_or_default().as_bytes(), limit)
    };
    Event {
        time: SystemClock.now(),
        host: cut(&args.host, HOST_LIMIT),
        addr: cut(&args.addr, VALUE_LIMIT),
        daemon: cut(&args.daemon, VALUE_LIMIT),
        server: cut(&args.server, VALUE_LIMIT),
        pid: cut(&args.pid, VALUE_LIMIT),
        uid: 0,
    }
}

/// Starts a deliverer unless one is at work or the journal is not this user's business.
fn wake(args: &NotifyArgs, paths: &Paths, config: &Config) {
    let is_ours = alert::make_journal_directory(&config.journal).is_ok();
    if !is_ours || alert::is_deliverer_alive(&config.journal).unwrap_or(true) {
        return;
    }
    if let Err(cause) = background::start(paths, args.drop.as_deref()) {
        let text = format!("cannot start the deliverer: {cause}; the event waits for tcpw deliver");
        log(paths, Severity::Error, &text);
    }
}

/// The last resort: the event as one line in the system log; shortened only if it does not fit.
fn log_in_full(paths: &Paths, event: &Event, error: &SpoolError) {
    let cause = visible(error.to_string().as_bytes());
    let whole = format!("{cause}; event: {}", alert::one_line(event));
    if log(paths, Severity::Error, &whole) {
        return;
    }
    let cut = |claim: &Claim| Claim::cut(claim.bytes(), SHORT);
    let short = Event {
        host: cut(&event.host),
        addr: cut(&event.addr),
        daemon: cut(&event.daemon),
        server: cut(&event.server),
        pid: cut(&event.pid),
        ..event.clone()
    };
    log(
        paths,
        Severity::Error,
        &format!("{cause}; event: {}", alert::one_line(&short)),
    );
}

/// Whether the system log took it.
fn log(paths: &Paths, severity: Severity, text: &str) -> bool {
    let socket = paths.inside(Path::new(DEV_LOG));
    syslog(&socket, severity, &visible(text.as_bytes())).is_ok()
}
