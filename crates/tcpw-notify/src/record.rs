//! Recording one event: durably in the drop directory, or else in the system log.

use crate::line::Arguments;
use crate::run::{Places, Run};
use hosts_access::escape::{visible, visible_short};
use std::ffi::OsString;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use tcpw_event::encoding::one_line;
use tcpw_event::event::{Claim, Event, HOST_LIMIT, VALUE_LIMIT};
use tcpw_event::lock::is_held;
use tcpw_event::now::now;
use tcpw_event::random::random_u64;
use tcpw_event::signals::survive_size_limit;
use tcpw_event::spool::{self, SpoolError};
use tcpw_event::syslog::{DEV_LOG, Severity, syslog};
use tcpw_event::trust::check_for_root;
use tcpw_event::ways::is_root;

/// How much of each value goes into the system log when the whole is too long for it.
const SHORT: usize = 512;

/// An event that could not be put into the drop directory.
#[derive(Debug)]
pub struct Unrecorded {
    error: SpoolError,
    /// What the system log said, if it did not take the event either.
    refusal: Option<io::Error>,
}

impl Unrecorded {
    /// What happened, for people.
    pub fn text(&self) -> String {
        let error = &self.error;
        match &self.refusal {
            None => format!("{error}; the event was sent to the system log instead"),
            Some(cause) => format!(
                "{error}; the system log did not take the event either ({cause}): it is lost"
            ),
        }
    }

    /// Whether the system log did not take the event either.
    pub fn is_lost(&self) -> bool {
        self.refusal.is_some()
    }
}

/// Makes the event of `args` safe in `places`, then sees to a deliverer. When it cannot be made safe
/// it goes to the system log.
///
/// # Errors
/// When no drop directory takes it.
pub fn record(args: &Arguments, run: &Run, places: &Places) -> Result<(), Unrecorded> {
    survive_size_limit();
    if let Some(root) = &run.root {
        own_root(root)?;
    }
    let event = event_of(args);
    match put(run, places, &event) {
        Ok(()) => {
            if !run.is_watched(&places.drop) {
                wake(args, run, &places.journal);
            }
            Ok(())
        }
        Err(error) => {
            let refusal = log_in_full(run, &event, &error).err();
            Err(Unrecorded { error, refusal })
        }
    }
}

/// Puts the event into root's way if this is root's process, else into the way of everybody. That is
/// where root's goes too when its own way cannot be used: it arrives, but nobody believes that it is
/// root's.
fn put(run: &Run, places: &Places, event: &Event) -> Result<(), SpoolError> {
    let Some(root_drop) = places.root_drop.as_deref().filter(|_| is_root()) else {
        return spool::write(&places.drop, event, random_u64()).map(drop);
    };
    let Err(error) = spool::write_as_root(root_drop, event, random_u64()) else {
        return Ok(());
    };
    if spool::write(&places.drop, event, random_u64()).is_err() {
        return Err(error);
    }
    let place = places.drop.display();
    let text = format!("{error}; the event is in {place}, where it does not count as root's");
    // The event is safe.
    drop(log(run, Severity::Error, &text));
    Ok(())
}

/// Refuses to write as root below a directory that belongs to somebody else: links in it lead
/// wherever that somebody likes, those to the system log too.
fn own_root(root: &Path) -> Result<(), Unrecorded> {
    check_for_root(root).map_err(|distrust| {
        let cause = io::Error::new(io::ErrorKind::PermissionDenied, distrust);
        Unrecorded {
            error: SpoolError {
                step: "write as root below",
                path: root.to_owned(),
                cause,
            },
            refusal: Some(io::ErrorKind::PermissionDenied.into()),
        }
    })
}

fn event_of(args: &Arguments) -> Event {
    let cut = |value: &Option<OsString>, limit| {
        Claim::cut(value.as_deref().unwrap_or_default().as_bytes(), limit)
    };
    Event {
        time: now(),
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
fn wake(args: &Arguments, run: &Run, journal: &Path) {
    let is_alive = is_held(journal).or_else(|cause| {
        if cause.kind() != io::ErrorKind::NotFound || make_directory(journal).is_err() {
            return Err(cause);
        }
        is_held(journal)
    });
    let started = match is_alive {
        Ok(false) => run.start_deliverer(args.drop.as_deref()),
        // The journal is not this user's business.
        Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied => return,
        Err(cause) => Err(cause),
        Ok(true) => return,
    };
    if let Err(cause) = started {
        let text = format!("cannot start the deliverer: {cause}; the event waits for tcpw deliver");
        // The event is safe, and `tcpw queue` counts it.
        drop(log(run, Severity::Error, &text));
    }
}

/// The last resort: the event as one line in the system log; shortened only if it does not fit.
fn log_in_full(run: &Run, event: &Event, error: &SpoolError) -> io::Result<()> {
    let cause = visible(error.to_string().as_bytes());
    let whole = format!("{cause}; event: {}", one_line(event));
    if log(run, Severity::Error, &whole).is_ok() {
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
        run,
        Severity::Error,
        &format!("{cause}; event: {}", one_line(&short)),
    )
}

/// Tells the system log.
///
/// # Errors
/// When it does not take it.
pub fn log(run: &Run, severity: Severity, text: &str) -> io::Result<()> {
    let socket = run.inside(Path::new(DEV_LOG));
    syslog(&socket, severity, &visible(text.as_bytes()))
}

/// Tells the system log about arguments that are wrong: the rule that has them runs unseen. Says
/// whether the system log took it.
pub fn log_words(run: &Run, words: &[OsString], cause: &str) -> bool {
    let mut text = format!("{cause}; nothing was recorded; arguments:");
    for word in words.iter().skip(1) {
        text.push_str(" \"");
        text.push_str(&visible_short(word.as_bytes(), SHORT));
        text.push('"');
    }
    log(run, Severity::Error, &text).is_ok()
}

/// Makes the directory of the journal, for its owner alone; not those above it.
fn make_directory(journal: &Path) -> io::Result<()> {
    let directory = journal.parent().unwrap_or(Path::new("/"));
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => Err(cause),
        _ => Ok(()),
    }
}
