//! The reading side of the drop directory. Its files were put there by anybody, so nothing in it is
//! trusted: the reporter is the owner of the file, only regular files with the agreed name are
//! read, each is of bounded size, one user's are of a bounded number, and what has the agreed name
//! and is not an event is deleted, counted and reported once. A file that cannot be read may be one
//! all the same: it stays. A file of another name is somebody else's: it is not even looked at.
//! Root's events come first, the others in turn by user.

use crate::alert::encoding::{DecodeError, LARGEST, decode};
use crate::alert::event::{Event, UNKNOWN_REPORTER};
use crate::alert::inbox::directory::{DropDirectory, Look};
use crate::alert::inbox::rejects::{Surplus, Why};
use crate::alert::model::found::Found;
use crate::alert::spool::{finished_name, is_event_name};
use chrono::{DateTime, TimeDelta, Utc};
use nix::errno::Errno;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::io::{self, Read as _};
use std::mem::take;
use std::path::{Path, PathBuf};
use std::rc::Rc;

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
    /// Where they were found; nothing if there is no directory.
    pub(crate) directory: Option<Rc<DropDirectory>>,
}

impl Pass {
    /// Deletes the file of an event that it found.
    ///
    /// # Errors
    /// When the system cannot delete it, or says that there is none.
    pub fn remove(&self, found: &Found) -> io::Result<()> {
        let name = found.path.file_name().and_then(|name| name.to_str());
        match (&self.directory, name) {
            (Some(directory), Some(name)) => directory.remove(name),
            _ => Err(Errno::ENOENT.into()),
        }
    }
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
#[derive(Debug)]
pub(crate) struct Listing {
    directory: Rc<DropDirectory>,
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
        let listed = self.listed.remove(directory);
        let mut listing = match listed.filter(|listing| listing.directory.is_at_its_path()) {
            Some(listing) => listing,
            None => match self.list(directory, now) {
                Ok(Some(listing)) => listing,
                Ok(None) => return Ok(pass),
                // It was removed while it was listed.
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(pass),
                Err(cause) => return Err(cause),
            },
        };
        pass.unread_files = take(&mut listing.unread);
        let opened = Rc::clone(&listing.directory);
        let place = opened.path().display();
        while pass.found.len() < self.limits.pass {
            let Some((uid, name)) = listing.names.pop_front() else {
                break;
            };
            let path = directory.join(&name);
            match read(&opened, &name, uid, now) {
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
                    let why = Why::NoEvent(why);
                    listing.has_progress |= self.reject(&opened, &path, uid, why);
                }
            }
        }
        pass.directory = Some(Rc::clone(&opened));
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

    /// Looks once at every file that has the name of an event, and opens none.
    fn list(&mut self, path: &Path, now: DateTime<Utc>) -> io::Result<Option<Listing>> {
        let Some(directory) = DropDirectory::open(path)? else {
            return Ok(None);
        };
        let directory = Rc::new(directory);
        let mut listing = Listing {
            directory: Rc::clone(&directory),
            names: VecDeque::new(),
            is_cut: false,
            has_progress: false,
            unread: 0,
        };
        let mut tray = Tray {
            over: take(&mut self.over),
            ..Tray::default()
        };
        directory.visit(&mut |name| {
            if is_name(name) {
                self.sort(&mut listing, &mut tray, &path.join(name), name, now);
            }
        })?;
        listing.names = in_turn(tray.users);
        Ok(Some(listing))
    }

    /// Lists a file with the name of an event, or throws it away.
    fn sort(
        &mut self,
        listing: &mut Listing,
        tray: &mut Tray,
        path: &Path,
        name: &str,
        now: DateTime<Utc>,
    ) {
        let directory = Rc::clone(&listing.directory);
        let file = match directory.look(name) {
            Ok(file) => file,
            Err(cause) => {
                // Of a file that was removed meanwhile there is none.
                if cause.kind() != io::ErrorKind::NotFound {
                    let why = Why::Unread(format!("it cannot be looked at: {cause}"));
                    self.unread.count(path, None, why, false);
                    listing.unread += 1;
                }
                return;
            }
        };
        let uid = file.uid;
        let share = tray.users.entry(uid).or_default();
        let is_over =
            uid != 0 && (tray.over.contains(&uid) || share.is_over_with(file, self.limits));
        let litter = form_problem(file).map(|problem| Why::NoEvent(problem.to_owned()));
        if let Some(why) = is_over.then_some(Why::TooMany).or(litter) {
            if tray.rejected < self.limits.rejected {
                listing.has_progress |= self.reject(&directory, path, uid, why);
                tray.rejected += 1;
            } else if is_over {
                self.over.insert(uid);
            }
            listing.is_cut |= tray.rejected == self.limits.rejected;
        } else if is_wanted(name, file, now) {
            if uid != 0 && tray.others == self.limits.names {
                listing.is_cut = true;
                return;
            }
            tray.others += usize::from(uid != 0);
            listing.is_cut |= share.add(name.to_owned(), self.limits.names);
        }
    }

    /// Deletes what is of no use; says whether it could.
    fn reject(&mut self, directory: &DropDirectory, path: &Path, uid: u32, why: Why) -> bool {
        let name = path.file_name().and_then(|name| name.to_str());
        let is_removed = name.is_some_and(|name| {
            // Somebody's directory can only be removed while it is empty.
            let removed = directory.remove(name);
            removed
                .or_else(|_| directory.remove_directory(name))
                .is_ok()
        });
        self.surplus.count(path, Some(uid), why, is_removed);
        is_removed
    }
}

/// What one listing has sorted so far.
#[derive(Debug, Default)]
struct Tray {
    users: HashMap<u32, Share>,
    /// Users of whose surplus the listing before could not throw away all.
    over: HashSet<u32>,
    /// How many files were thrown away.
    rejected: usize,
    /// How many names of users other than root are listed.
    others: usize,
}

/// What one user has in the directory.
#[derive(Debug, Default)]
pub(crate) struct Share {
    files: usize,
    bytes: u64,
    names: BTreeSet<String>,
}

impl Share {
    /// Counts a file with the name of an event, unless it is one too many.
    fn is_over_with(&mut self, file: Look, limits: Limits) -> bool {
        let bytes = self.bytes.saturating_add(file.bytes);
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
pub(crate) fn form_problem(file: Look) -> Option<&'static str> {
    if !file.is_file || file.links > 1 {
        Some("it is not a regular file with one name")
    } else if file.bytes > most_bytes() {
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
pub(crate) fn is_wanted(name: &str, file: Look, now: DateTime<Utc>) -> bool {
    is_event_name(name)
        || finished_name(name).is_some()
            && now.timestamp().saturating_sub(file.changed.0).abs() > STALE_SECONDS
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

fn read(
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
    if let Some(problem) = form_problem(look) {
        return Err(Unreadable::NoEvent(problem.to_owned()));
    }
    if look.uid != uid {
        // The next listing sees whose it is now.
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
    let mut event = decode(&bytes, uid).map_err(|error| match error {
        DecodeError::Newer => Unreadable::Newer,
        DecodeError::TooLarge | DecodeError::Head | DecodeError::Line(_) | DecodeError::End => {
            Unreadable::NoEvent(error.to_string())
        }
    })?;
    if uid == 0 && !directory.is_roots() {
        event.uid = UNKNOWN_REPORTER;
    }
    event.time = credible(&event, look).min(now);
    Ok(event)
}

/// When an event happened: what root says, and what others say if the file was finished soon after.
/// Nothing that is said counts where nobody knows who says it.
pub(crate) fn credible(event: &Event, file: Look) -> DateTime<Utc> {
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

#[cfg(test)]
mod tests;
