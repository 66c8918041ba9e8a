//! The reading side of the drop directory. Its files were put there by anybody, so nothing in it is
//! trusted: the reporter is the owner of the file, only regular files with the agreed name are
//! read, each is of bounded size, one user's are of a bounded number, and what is not an event is
//! deleted, counted and reported once. A file that cannot be read may be one all the same: it
//! stays. Root's events come first, the others in turn by user.

use crate::alert::encoding::{DecodeError, LARGEST, decode};
use crate::alert::event::Event;
use crate::alert::inbox::rejects::{Surplus, Why};
use crate::alert::model::found::Found;
use crate::alert::spool::{finished_name, is_event_name};
use chrono::{DateTime, TimeDelta, Utc};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::mem::take;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// An unfinished file of this age was left by a crash: its event counts if it is complete.
pub(crate) const STALE_SECONDS: i64 = 300;
/// What users other than root are held to, and one listing of a directory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// How many events one pass takes; the next pass takes the next ones. Each pass costs a sync
    /// of the journal.
    pass: usize,
    /// How many files one user may have in the directory at a time. What is beyond that is deleted
    /// unread.
    files: usize,
    /// How much they may hold.
    bytes: u64,
    /// How many names of root's files one listing keeps, and as many of all others' together.
    names: usize,
    /// How many files one listing throws away at most: root's events wait for it.
    rejected: usize,
}

pub(crate) const LIMITS: Limits = Limits {
    pass: 5000,
    files: 10_000,
    bytes: 16 * 1024 * 1024,
    names: 65_536,
    rejected: 20_000,
};

/// How long before its file was finished an event may say that it happened.
pub(crate) const MOST_BEFORE: TimeDelta = TimeDelta::minutes(5);

/// One pass over the drop directory.
#[derive(Debug, Default)]
pub struct Pass {
    /// The events: root's first, those of one user oldest first.
    pub found: Vec<Found>,
    /// What was deleted because it is not an event or more than a fair share, and why.
    pub rejected: Vec<String>,
    /// What could not be read and stays, and why; each is reported once an hour.
    pub unread: Vec<String>,
    /// How many of these the system could not read, reported or not: it may be able to, later.
    pub unread_files: usize,
    /// How many of them a later version wrote.
    pub newer_files: usize,
    /// How many files those sentences are about.
    pub rejected_files: u64,
    /// Whether there may be more events than this pass took.
    pub is_full: bool,
}

/// Reads drop directories, a pass at a time; remembers what it has listed and what it has reported.
#[derive(Debug)]
pub struct Collector {
    limits: Limits,
    listed: HashMap<PathBuf, Listing>,
    /// Users of whose surplus the last listing could not throw away all.
    over: HashSet<u32>,
    surplus: Surplus,
    unread: Surplus,
}

impl Default for Collector {
    fn default() -> Self {
        Self {
            limits: LIMITS,
            listed: HashMap::new(),
            over: HashSet::new(),
            surplus: Surplus::default(),
            unread: Surplus::default(),
        }
    }
}

/// What is known of a directory's files before they are read.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// In the order of reading.
    names: VecDeque<(u32, String)>,
    /// Whether there were more than one listing takes.
    is_cut: bool,
    /// Whether the next listing will find less.
    has_progress: bool,
    /// Files of which not even the owner could be read.
    unread: usize,
}

/// Why a file gives no event.
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

impl Collector {
    /// Reads the next events of `directory`; an absent directory has none.
    ///
    /// # Errors
    /// When the directory cannot be listed.
    pub fn collect(&mut self, directory: &Path, now: DateTime<Utc>) -> io::Result<Pass> {
        let mut pass = Pass::default();
        let mut listing = match self.listed.remove(directory) {
            Some(listing) => listing,
            None => self.list(directory, now)?,
        };
        pass.unread_files = take(&mut listing.unread);
        let place = fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
        let place = place.display();
        while pass.found.len() < self.limits.pass {
            let Some((uid, name)) = listing.names.pop_front() else {
                break;
            };
            let path = directory.join(&name);
            match read(&path, uid, now) {
                Ok(event) => {
                    let key = format!("{place}/{}", finished_name(&name).unwrap_or(&name));
                    pass.found.push(Found { event, key, path });
                    listing.has_progress = true;
                }
                Err(Unreadable::Gone) => {}
                Err(Unreadable::Newer) => {
                    self.unread.count(&path, Some(uid), Why::Newer, false);
                    pass.newer_files += 1;
                }
                Err(Unreadable::Fault(why)) => {
                    self.unread.count(&path, Some(uid), Why::Unread(why), false);
                    pass.unread_files += 1;
                }
                Err(Unreadable::NoEvent(why)) => {
                    listing.has_progress |= self.reject(&path, uid, Why::NoEvent(why));
                }
            }
        }
        (pass.rejected, pass.rejected_files) = self.surplus.tell(directory, now);
        (pass.unread, _) = self.unread.tell(directory, now);
        if listing.names.is_empty() {
            pass.is_full = listing.is_cut && listing.has_progress;
        } else {
            pass.is_full = true;
            self.listed.insert(directory.to_owned(), listing);
        }
        Ok(pass)
    }

    /// Looks at every file once and opens none.
    fn list(&mut self, directory: &Path, now: DateTime<Utc>) -> io::Result<Listing> {
        let mut listing = Listing::default();
        let entries = match fs::read_dir(directory) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(listing),
            entries => entries?,
        };
        let mut users: HashMap<u32, Share> = HashMap::new();
        let (mut rejected, mut others) = (0, 0);
        let over = take(&mut self.over);
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_str();
            let file = match entry.metadata() {
                Ok(file) => file,
                Err(cause) => {
                    // Of a file that was removed meanwhile there is none.
                    if cause.kind() != io::ErrorKind::NotFound && name.is_some_and(is_name) {
                        let why = Why::Unread(format!("it cannot be looked at: {cause}"));
                        self.unread.count(&entry.path(), None, why, false);
                        listing.unread += 1;
                    }
                    continue;
                }
            };
            let uid = file.uid();
            let share = users.entry(uid).or_default();
            let is_over =
                uid != 0 && (over.contains(&uid) || share.is_over_with(&file, self.limits));
            if let Some(why) = is_over
                .then_some(Why::TooMany)
                .or_else(|| litter(name, &file))
            {
                if rejected < self.limits.rejected {
                    listing.has_progress |= self.reject(&entry.path(), uid, why);
                    rejected += 1;
                } else if is_over {
                    self.over.insert(uid);
                }
                listing.is_cut |= rejected == self.limits.rejected;
            } else if let Some(name) = name.filter(|name| is_wanted(name, &file, now)) {
                if uid != 0 && others == self.limits.names {
                    listing.is_cut = true;
                    continue;
                }
                others += usize::from(uid != 0);
                listing.is_cut |= share.add(name.to_owned(), self.limits.names);
            }
        }
        listing.names = in_turn(users);
        Ok(listing)
    }

    /// Deletes what is of no use; says whether it could.
    fn reject(&mut self, path: &Path, uid: u32, why: Why) -> bool {
        // Somebody's directory can only be removed while it is empty.
        let removed = fs::remove_file(path).or_else(|_| fs::remove_dir(path));
        self.surplus.count(path, Some(uid), why, removed.is_ok());
        removed.is_ok()
    }
}

/// What one user has in the directory.
#[derive(Debug, Default)]
pub(crate) struct Share {
    files: usize,
    bytes: u64,
    names: BTreeSet<String>,
}

impl Share {
    /// Counts a file of any kind, unless it is one too many.
    fn is_over_with(&mut self, file: &Metadata, limits: Limits) -> bool {
        let bytes = self.bytes.saturating_add(file.len());
        let is_over = self.files >= limits.files || bytes > limits.bytes;
        if !is_over {
            self.files += 1;
            self.bytes = bytes;
        }
        is_over
    }

    /// Keeps the oldest names; says if one had to be left for the next listing.
    fn add(&mut self, name: String, most: usize) -> bool {
        self.names.insert(name);
        self.names.len() > most && self.names.pop_last().is_some()
    }
}

/// Root's files first, oldest first. Then one of each other user in turn, so that nobody comes
/// before others by the number of files or by names that lie about the time.
pub(crate) fn in_turn(mut users: HashMap<u32, Share>) -> VecDeque<(u32, String)> {
    let of_root = users.remove(&0).unwrap_or_default();
    let mut names: VecDeque<_> = of_root.names.into_iter().map(|name| (0, name)).collect();
    let mut others: Vec<_> = users
        .into_iter()
        .map(|(uid, share)| (uid, share.names.into_iter()))
        .collect();
    while !others.is_empty() {
        others.retain_mut(|(uid, rest)| {
            let next = rest.next().map(|name| names.push_back((*uid, name)));
            next.is_some()
        });
    }
    names
}

/// Whether this is the name of an event, finished or not.
pub(crate) fn is_name(name: &str) -> bool {
    is_event_name(name) || finished_name(name).is_some()
}

/// Why an entry with the name of an event is none, as far as that shows from outside.
pub(crate) fn litter(name: Option<&str>, file: &Metadata) -> Option<Why> {
    if !name.is_some_and(is_name) {
        return None;
    }
    form_problem(file).map(|problem| Why::NoEvent(problem.to_owned()))
}

pub(crate) fn form_problem(file: &Metadata) -> Option<&'static str> {
    if !file.is_file() || file.nlink() > 1 {
        Some("it is not a regular file with one name")
    } else if file.len() > most_bytes() {
        Some("it is too large")
    } else {
        None
    }
}

pub(crate) fn most_bytes() -> u64 {
    u64::try_from(LARGEST).unwrap_or(u64::MAX)
}

/// Whether a file is an event, finished or left by a crash. Its owner may set any other time than
/// that of its last change. One from the future is left too: the clock was ahead then.
pub(crate) fn is_wanted(name: &str, file: &Metadata, now: DateTime<Utc>) -> bool {
    is_event_name(name)
        || finished_name(name).is_some()
            && now.timestamp().saturating_sub(file.ctime()).abs() > STALE_SECONDS
}

pub(crate) fn read(path: &Path, uid: u32, now: DateTime<Utc>) -> Result<Event, Unreadable> {
    let failed = |what: &str, cause: &io::Error| {
        let told = format!("it cannot be {what}: {cause}");
        // A link, or a socket: no regular file, whatever is wrong with the system besides.
        let code = cause.raw_os_error().map(Errno::from_raw);
        if matches!(code, Some(Errno::ELOOP | Errno::ENXIO)) {
            Unreadable::NoEvent(told)
        } else {
            Unreadable::Fault(told)
        }
    };
    let file = match OpenOptions::new()
        .read(true)
        .custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits())
        .open(path)
    {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Err(Unreadable::Gone),
        file => file.map_err(|cause| failed("opened", &cause))?,
    };
    let metadata = file.metadata().map_err(|cause| failed("read", &cause))?;
    if let Some(problem) = form_problem(&metadata) {
        return Err(Unreadable::NoEvent(problem.to_owned()));
    }
    if metadata.uid() != uid {
        // The next listing sees whose it is now.
        return Err(Unreadable::Fault("its owner has changed".to_owned()));
    }
    let mut bytes = Vec::with_capacity(1024);
    file.take(most_bytes() + 1)
        .read_to_end(&mut bytes)
        .map_err(|cause| failed("read", &cause))?;
    let mut event = decode(&bytes, uid).map_err(|error| match error {
        DecodeError::Newer => Unreadable::Newer,
        DecodeError::TooLarge | DecodeError::Head | DecodeError::Line(_) | DecodeError::End => {
            Unreadable::NoEvent(error.to_string())
        }
    })?;
    event.time = credible(&event, &metadata).min(now);
    Ok(event)
}

/// When an event happened: what root says, and what others say if the file was finished soon after.
pub(crate) fn credible(event: &Event, file: &Metadata) -> DateTime<Utc> {
    let nanos = u32::try_from(file.ctime_nsec()).unwrap_or(0);
    match DateTime::from_timestamp(file.ctime(), nanos) {
        Some(finished)
            if event.uid != 0 && (event.time > finished || finished - event.time > MOST_BEFORE) =>
        {
            finished
        }
        _ => event.time,
    }
}

#[cfg(test)]
mod tests;
