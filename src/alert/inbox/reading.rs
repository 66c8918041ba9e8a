//! From a file in a drop directory to an event. Only what its form proves to be none is none; a file
//! that cannot be read may be one all the same.

use crate::alert::encoding::{DecodeError, LARGEST, decode};
use crate::alert::event::{Event, UNKNOWN_REPORTER};
use crate::alert::inbox::directory::{DropDirectory, Look};
use crate::alert::spool::{finished_name, is_event_name};
use chrono::{DateTime, TimeDelta, Utc};
use nix::errno::Errno;
use std::io::{self, Read as _};

/// An unfinished file of this age was left by a crash: its event counts if it is complete.
const STALE_SECONDS: i64 = 300;
/// How long before its file was finished an event may say that it happened.
const MOST_BEFORE: TimeDelta = TimeDelta::minutes(5);

/// Why a file gives no event.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// It is not there any more.
    Gone,
    /// A later tcpw can read it.
    Newer,
    /// The system could not read it: it may be one, and stays.
    Fault(String),
    /// It is none, which its form proves.
    NoEvent(String),
}

/// Whether this is the name of an event, finished or not.
pub(crate) fn is_name(name: &str) -> bool {
    is_event_name(name) || finished_name(name).is_some()
}

/// Whether a file is an event, finished or left by a crash. Its owner may set any other time than
/// that of its last change. One from the future is left too: the clock was ahead then.
pub(crate) fn is_wanted(name: &str, file: Look, now: DateTime<Utc>) -> bool {
    is_event_name(name)
        || finished_name(name).is_some()
            && now.timestamp().saturating_sub(file.changed.0).abs() > STALE_SECONDS
}

/// Why an entry with the name of an event is none, as far as that shows from outside. Only where
/// others than root may put files are further names for one a way to make many at no cost; root's
/// may have one in a backup.
pub(crate) fn form_problem(file: Look, is_roots: bool) -> Option<&'static str> {
    if !file.is_file || file.links > 1 && !is_roots {
        Some("it is not a regular file with one name")
    } else if file.bytes > most_bytes() {
        Some("it is too large")
    } else {
        None
    }
}

/// Who reported what a file of `uid` says: root only where nobody else can put a file of root's.
pub(crate) fn reporter(uid: u32, is_roots: bool) -> u32 {
    if uid == 0 && !is_roots {
        UNKNOWN_REPORTER
    } else {
        uid
    }
}

fn most_bytes() -> u64 {
    u64::try_from(LARGEST).unwrap_or(u64::MAX)
}

/// Reads the event in a file of `uid`.
pub(crate) fn read(
    directory: &DropDirectory,
    name: &str,
    uid: u32,
    now: DateTime<Utc>,
) -> Result<Event, Unreadable> {
    let failed = |cause: io::Error| Unreadable::Fault(format!("it cannot be read: {cause}"));
    let file = directory
        .read(name)
        .map_err(|cause| not_opened(directory, name, &cause))?;
    let look = Look::from(&file.metadata().map_err(failed)?);
    if let Some(problem) = form_problem(look, directory.is_roots()) {
        return Err(Unreadable::NoEvent(problem.to_owned()));
    }
    if look.uid != uid {
        // Whoever comes by next sees whose it is now.
        return Err(Unreadable::Fault("its owner has changed".to_owned()));
    }
    let mut bytes = Vec::with_capacity(1024);
    file.take(most_bytes() + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) < look.bytes {
        let told = "less could be read than there is";
        return Err(Unreadable::Fault(told.to_owned()));
    }
    let reporter = reporter(uid, directory.is_roots());
    let mut event = decode(&bytes, reporter).map_err(|error| match error {
        DecodeError::Newer => Unreadable::Newer,
        DecodeError::TooLarge | DecodeError::Head | DecodeError::Line(_) | DecodeError::End => {
            Unreadable::NoEvent(error.to_string())
        }
    })?;
    event.time = credible(&event, look).min(now);
    Ok(event)
}

/// Why a file that could not be opened gives no event. Only its form proves that it is none: what
/// the system says of a link or a socket, it may also say of a sound file when it is in trouble.
fn not_opened(directory: &DropDirectory, name: &str, cause: &io::Error) -> Unreadable {
    let code = cause.raw_os_error().map(Errno::from_raw);
    if code == Some(Errno::ENOENT) {
        return Unreadable::Gone;
    }
    let told = format!("it cannot be opened: {cause}");
    match directory.look(name) {
        Ok(file) if !file.is_file => Unreadable::NoEvent(told),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Unreadable::Gone,
        Ok(_) | Err(_) => Unreadable::Fault(told),
    }
}

/// When an event happened: what root says, and what others say if the file was finished soon after.
/// Nothing that is said counts where nobody knows who says it.
fn credible(event: &Event, file: Look) -> DateTime<Utc> {
    let (seconds, nanos) = file.changed;
    let nanos = u32::try_from(nanos).unwrap_or(0);
    let Some(finished) = DateTime::from_timestamp(seconds, nanos) else {
        return event.time;
    };
    let is_credible = match event.uid {
        0 => true,
        UNKNOWN_REPORTER => false,
        _ => event.time <= finished && finished - event.time <= MOST_BEFORE,
    };
    if is_credible { event.time } else { finished }
}
