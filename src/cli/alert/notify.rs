//! `tcpw notify`: what an alarm rule runs. Records one event durably, wakes the deliverer, and
//! returns: the visitor's connection waits for it.

use super::notify_line as line;
use crate::alert::{self, Claim, Event, HOST_LIMIT, SpoolError, VALUE_LIMIT};
use crate::cli::base::output::ColorChoice;
use crate::cli::base::{Context, Exit, Failure, Output, Paths, background};
use crate::config::{self, Config, DEFAULT_DROP, DEFAULT_JOURNAL};
use crate::escape::{visible, visible_short};
use crate::system::{
    Clock as _, DEV_LOG, Severity, SystemClock, close_inherited, random_u64, replace_by,
    survive_size_limit, syslog,
};
use clap::Args;
use memchr::memmem;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How much of each value goes into the system log when the whole is too long for it.
const SHORT: usize = 512;
/// A configuration of this size is read in full.
const MOST_SKIMMED: u64 = 64 * 1024;

/// Record a connection and wake the deliverer; what an alarm rule runs
///
/// Writes one event file into the drop directory, wakes `tcpw deliver` if this user may, and
/// returns; the mail is sent in the background. An event that cannot be written goes to the
/// system log in full, and the exit code is 75; if the system log does not take it either, the
/// exit code is 74, and the event is lost. `tcpw-notify` is this command as a program of its
/// own, which is loaded in less time; alarm rules run it.
#[derive(Debug, Default, PartialEq, Eq, Args)]
pub(crate) struct NotifyArgs {
    /// The visitor's address (%a)
    #[arg(long, value_name = "ADDR", allow_hyphen_values = true)]
    pub(crate) addr: Option<OsString>,
    /// The daemon (%d)
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    pub(crate) daemon: Option<OsString>,
    /// The server's end of the connection (%s)
    #[arg(long, value_name = "SERVER", allow_hyphen_values = true)]
    pub(crate) server: Option<OsString>,
    /// The daemon's process (%p)
    #[arg(long, value_name = "PID", allow_hyphen_values = true)]
    pub(crate) pid: Option<OsString>,
    /// The visitor's user (%u), where a rule asks for it
    ///
    /// libwrap asks the visitor's own machine for it, and the visitor waits up to 10 s for an
    /// answer that may be a lie: install-alert does not.
    #[arg(long, value_name = "USER", allow_hyphen_values = true)]
    pub(crate) user: Option<OsString>,
    /// The drop directory, in place of the configured one
    #[arg(long, value_name = "DIR")]
    pub(crate) drop: Option<PathBuf>,
    /// The visitor as libwrap calls it (%h), behind `--` because a name may start with `-`
    #[arg(value_name = "HOST", required_unless_present = "addr")]
    pub(crate) host: Option<OsString>,
}

/// Runs the command.
pub(crate) fn run(args: &NotifyArgs, context: &mut Context) -> Result<Exit, Failure> {
    close_inherited();
    match record(args, &context.paths) {
        Ok(()) => Ok(Exit::Done),
        Err(unrecorded) => {
            context.out.note(&unrecorded.told())?;
            Ok(unrecorded.exit())
        }
    }
}

/// An event that could not be put into the drop directory.
struct Unrecorded {
    error: SpoolError,
    /// What the system log said, if it did not take the event either.
    refusal: Option<io::Error>,
}

impl Unrecorded {
    fn told(&self) -> String {
        let error = &self.error;
        match &self.refusal {
            None => format!("{error}; the event was sent to the system log instead"),
            Some(cause) => format!(
                "{error}; the system log did not take the event either ({cause}): it is lost"
            ),
        }
    }

    fn exit(&self) -> Exit {
        if self.refusal.is_none() {
            Exit::NotRecorded
        } else {
            Exit::Lost
        }
    }
}

/// Runs the command if `words`, the program's name and its arguments, are those of an alarm rule;
/// nothing for others, which clap explains. A visitor waits for it: building the definition of the
/// arguments takes longer than recording the event.
pub(crate) fn run_line(words: &[OsString]) -> Option<Exit> {
    let (global, args) = line::read(words)?;
    close_inherited();
    let Err(unrecorded) = record(&args, &Paths::new(&global)) else {
        return Some(Exit::Done);
    };
    // Nobody may be there to read it; the exit code says it too.
    drop(Output::new(ColorChoice::Never).note(&unrecorded.told()));
    Some(unrecorded.exit())
}

/// Runs the command with the arguments of `tcpw-notify`; `tcpw` beside it explains what is not the
/// line of an alarm rule.
pub(crate) fn run_alone(mut words: Vec<OsString>) -> ExitCode {
    words.insert(words.len().min(1), "notify".into());
    if let Some(exit) = run_line(&words) {
        return exit.into();
    }
    let rest = words.get(1..).unwrap_or_default();
    let cause = match background::program() {
        Ok(program) => {
            let cause = replace_by(&program, rest);
            format!("cannot run {}: {cause}", program.display())
        }
        Err(cause) => format!("cannot find the path of tcpw: {cause}"),
    };
    if log_words(&words, &cause) {
        Exit::NotRecorded.into()
    } else {
        Exit::Lost.into()
    }
}

/// Tells the system log about arguments that are wrong: the rule that has them runs unseen. Says
/// whether the system log took it.
pub(crate) fn log_words(words: &[OsString], cause: &str) -> bool {
    let global = line::global(words);
    let mut text = format!("{cause}; nothing was recorded; arguments:");
    for word in words.iter().skip(1) {
        text.push_str(" \"");
        text.push_str(&visible_short(word.as_bytes(), SHORT));
        text.push('"');
    }
    log(&Paths::new(&global), Severity::Error, &text).is_ok()
}

/// Makes the event safe, then sees to a deliverer. When it cannot be made safe it goes to the
/// system log.
fn record(args: &NotifyArgs, paths: &Paths) -> Result<(), Unrecorded> {
    survive_size_limit();
    let event = event_of(args);
    let places = Places::find(args, paths);
    match alert::record(&places.drop, &event, random_u64()) {
        Ok(_) => {
            wake(args, paths, &places.journal);
            Ok(())
        }
        Err(error) => {
            let refusal = log_in_full(paths, &event, &error).err();
            Err(Unrecorded { error, refusal })
        }
    }
}

/// Where the event goes, and the deliverer works.
struct Places {
    drop: PathBuf,
    journal: PathBuf,
}

impl Places {
    /// The configured places; the defaults where the configuration cannot be read, for a mistake in
    /// it must not lose an event. A reader without permission is usual (the rule runs as the
    /// daemon's user), and `install-alert` writes a drop directory of its own into the rule.
    fn find(args: &NotifyArgs, paths: &Paths) -> Self {
        let place = |path: &Path| paths.inside(path);
        let (drop, journal) = if is_silent(paths) {
            (
                place(Path::new(DEFAULT_DROP)),
                place(Path::new(DEFAULT_JOURNAL)),
            )
        } else {
            let config = config::load(&paths.config, paths.config_is_given, &place);
            let config = config.unwrap_or_else(|error| {
                if !error.is_permission() {
                    let text = format!("{error}; using the defaults");
                    // The event itself is what matters, and it has a place.
                    drop(log(paths, Severity::Error, &text));
                }
                Config::default_at(&place)
            });
            (config.drop, config.journal)
        };
        Self {
            drop: args.drop.clone().unwrap_or(drop),
            journal,
        }
    }
}

/// Whether the configuration is absent or has none of the words that name another place, so that
/// nobody has to wait until all of it is understood.
fn is_silent(paths: &Paths) -> bool {
    let mut text = Vec::new();
    let read =
        File::open(&paths.config).and_then(|file| file.take(MOST_SKIMMED).read_to_end(&mut text));
    match read {
        // An escape may spell a key in other letters.
        Ok(length) => {
            u64::try_from(length).is_ok_and(|length| length < MOST_SKIMMED)
                && [&b"drop"[..], b"journal", b"\\u", b"\\U"]
                    .iter()
                    .all(|word| memmem::find(&text, word).is_none())
        }
        Err(cause) => cause.kind() == io::ErrorKind::NotFound && !paths.config_is_given,
    }
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
        user: cut(&args.user, VALUE_LIMIT),
        uid: 0,
    }
}

/// Starts a deliverer unless one is at work or the journal is not this user's business.
fn wake(args: &NotifyArgs, paths: &Paths, journal: &Path) {
    let is_alive = alert::is_deliverer_alive(journal).or_else(|cause| {
        if cause.kind() != io::ErrorKind::NotFound
            || alert::make_journal_directory(journal).is_err()
        {
            return Err(cause);
        }
        alert::is_deliverer_alive(journal)
    });
    if is_alive.unwrap_or(true) {
        return;
    }
    if let Err(cause) = background::start_unseen(paths, args.drop.as_deref()) {
        let text = format!("cannot start the deliverer: {cause}; the event waits for tcpw deliver");
        // The event is safe, and `tcpw queue` counts it.
        drop(log(paths, Severity::Error, &text));
    }
}

/// The last resort: the event as one line in the system log; shortened only if it does not fit.
fn log_in_full(paths: &Paths, event: &Event, error: &SpoolError) -> io::Result<()> {
    let cause = visible(error.to_string().as_bytes());
    let whole = format!("{cause}; event: {}", alert::one_line(event));
    if log(paths, Severity::Error, &whole).is_ok() {
        return Ok(());
    }
    let cut = |claim: &Claim| Claim::cut(claim.bytes(), SHORT);
    let short = Event {
        host: cut(&event.host),
        addr: cut(&event.addr),
        daemon: cut(&event.daemon),
        server: cut(&event.server),
        pid: cut(&event.pid),
        user: cut(&event.user),
        ..event.clone()
    };
    log(
        paths,
        Severity::Error,
        &format!("{cause}; event: {}", alert::one_line(&short)),
    )
}

fn log(paths: &Paths, severity: Severity, text: &str) -> io::Result<()> {
    let socket = paths.inside(Path::new(DEV_LOG));
    syslog(&socket, severity, &visible(text.as_bytes()))
}
