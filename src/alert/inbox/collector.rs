//! The reading side of the drop directories. What others than root may put there is not trusted: the
//! reporter is the owner of the file, only regular files with the agreed name are read, each is of
//! bounded size, of each user so many in a minute, and what has the agreed name and is not an event
//! is deleted, counted and reported once. A file that cannot be read may be one all the same: it
//! stays. A file of another name is somebody else's: it is not even looked at.

use crate::alert::inbox::directory::{DropDirectory, Step};
use crate::alert::inbox::reading::{Unreadable, form_problem, is_wanted, read, reporter};
use crate::alert::inbox::rejects::{Surplus, Why};
use crate::alert::inbox::share::{LIMITS, Limits, REFILL, Shares};
use crate::alert::inbox::sweep::Sweep;
use crate::alert::model::found::Found;
use crate::alert::spool::finished_name;
use chrono::{DateTime, Utc};
use nix::errno::Errno;
use std::collections::HashMap;
use std::io;
use std::mem::take;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// After a way through a directory that took longer than the first of these, the next one begins as
/// much later, but not more than the second.
const LONG: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(10);

/// One pass over a drop directory.
#[derive(Debug, Default)]
pub struct Pass {
    /// The events, in the order of the names of their files.
    pub found: Vec<Found>,
    /// What was deleted because it is not an event, and why.
    pub rejected: Vec<String>,
    /// What stays, and why; each is reported once an hour.
    pub unread: Vec<String>,
    /// How many of these the system could not read, reported or not: it may be able to, later.
    pub unread_files: usize,
    /// How many of them a later version wrote.
    pub newer_files: usize,
    /// How many files the sentences about what was deleted are about.
    pub rejected_files: u64,
    /// Whether there may be more events than this pass took.
    pub is_full: bool,
    /// When to come again although nothing new came: files have to wait.
    pub again: Option<Duration>,
    /// Why the directory could not be opened, or not be listed to its end.
    pub problem: Option<io::Error>,
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

    /// A directory that was removed while it was listed is an empty one.
    fn failed(&mut self, cause: io::Error) {
        self.problem = Some(cause).filter(|cause| cause.kind() != io::ErrorKind::NotFound);
    }
}

/// Reads drop directories, a pass at a time; remembers how far it has come and what it has reported.
#[derive(Debug)]
pub struct Collector {
    pub(crate) limits: Limits,
    sweeps: HashMap<PathBuf, Sweep>,
    rests: HashMap<PathBuf, Instant>,
    shares: Shares,
    surplus: Surplus,
    unread: Surplus,
}

impl Default for Collector {
    fn default() -> Self {
        Self {
            limits: LIMITS,
            sweeps: HashMap::new(),
            rests: HashMap::new(),
            shares: Shares::default(),
            surplus: Surplus::default(),
            unread: Surplus::default(),
        }
    }
}

impl Collector {
    /// Reads the next events of `directory`, for a short time; an absent directory has none.
    pub fn collect(&mut self, directory: &Path, now: DateTime<Utc>) -> Pass {
        let mut pass = Pass::default();
        let begun = self.sweeps.remove(directory);
        let begun = begun.filter(|sweep| sweep.directory.is_at_its_path());
        if begun.is_none() {
            pass.again = self.rest(directory);
            if pass.again.is_some() {
                return pass;
            }
            self.shares.forget_old(now);
        }
        let begun = begun.map_or_else(
            || Sweep::begin(directory, self.limits.names),
            |sweep| Ok(Some(sweep)),
        );
        match begun {
            Ok(Some(sweep)) => self.go_on(sweep, directory, &mut pass, now),
            Ok(None) => {}
            Err(cause) => pass.failed(cause),
        }
        pass
    }

    /// Goes through a directory as far as one pass goes.
    fn go_on(&mut self, mut sweep: Sweep, path: &Path, pass: &mut Pass, now: DateTime<Utc>) {
        pass.directory = Some(Rc::clone(&sweep.directory));
        let is_roots = sweep.directory.is_roots();
        let limits = self.limits;
        let most = if is_roots { limits.pass } else { limits.slice };
        let begin = Instant::now();
        let is_over = loop {
            if pass.found.len() >= most || begin.elapsed() >= limits.time {
                break false;
            }
            match sweep.step() {
                Ok(Step::Name(name)) => self.take(&mut sweep, pass, &path.join(&name), &name, now),
                Ok(Step::Other) => {}
                Ok(Step::End) => break true,
                Err(cause) => {
                    pass.failed(cause);
                    break true;
                }
            }
        };
        pass.found
            .sort_by(|first, second| first.key.cmp(&second.key));
        sweep.work += begin.elapsed();
        if is_over || sweep.is_to_tell() {
            self.tell(&mut sweep, path, pass, now);
        }
        pass.is_full = !is_over || sweep.is_cut && sweep.has_progress;
        if !is_over {
            self.sweeps.insert(path.to_owned(), sweep);
        } else if !is_roots && sweep.work > LONG {
            let rest = sweep.work.min(LONGEST_REST);
            self.rests.insert(path.to_owned(), Instant::now() + rest);
        }
    }

    /// How long a directory is left alone.
    fn rest(&mut self, directory: &Path) -> Option<Duration> {
        let until = self.rests.get(directory)?;
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            self.rests.remove(directory);
            return None;
        }
        Some(left)
    }

    /// Takes the event in a file, or throws the file away, or leaves it.
    fn take(
        &mut self,
        sweep: &mut Sweep,
        pass: &mut Pass,
        path: &Path,
        name: &str,
        now: DateTime<Utc>,
    ) {
        let directory = Rc::clone(&sweep.directory);
        let file = match directory.look(name) {
            Ok(file) => file,
            // Of a file that was removed meanwhile there is none.
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return,
            Err(cause) => {
                let why = Why::Unread(format!("it cannot be looked at: {cause}"));
                self.unread.count(path, None, why, false);
                pass.unread_files += 1;
                return;
            }
        };
        let (uid, is_roots) = (file.uid, directory.is_roots());
        if let Some(problem) = form_problem(file, is_roots) {
            let why = Why::NoEvent(problem.to_owned());
            sweep.has_progress |= self.reject(&directory, path, uid, why);
            return;
        }
        if !is_wanted(name, file, now) {
            return;
        }
        let whose = reporter(uid, is_roots);
        if whose != 0 && self.shares.is_over_with(whose, file, self.limits, now) {
            sweep.leave(uid, path);
            return;
        }
        match read(&directory, name, uid, now) {
            Ok(event) => {
                let place = directory.path().display();
                let key = format!("{place}/{}", finished_name(name).unwrap_or(name));
                let path = path.to_owned();
                pass.found.push(Found { event, key, path });
                self.shares.count(whose, file, now);
                sweep.has_progress = true;
            }
            Err(Unreadable::Gone) => {}
            Err(Unreadable::Newer) => {
                self.unread.count(path, Some(uid), Why::Newer, false);
                pass.newer_files += 1;
            }
            Err(Unreadable::Fault(why)) => {
                self.unread.count(path, Some(uid), Why::Unread(why), false);
                pass.unread_files += 1;
            }
            Err(Unreadable::NoEvent(why)) => {
                let why = Why::NoEvent(why);
                sweep.has_progress |= self.reject(&directory, path, uid, why);
            }
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

    /// Says what was found beside events.
    fn tell(&mut self, sweep: &mut Sweep, path: &Path, pass: &mut Pass, now: DateTime<Utc>) {
        for (uid, (files, example)) in take(&mut sweep.left) {
            self.unread.left(&example, uid, files);
            pass.again = REFILL.to_std().ok();
        }
        (pass.rejected, pass.rejected_files) = self.surplus.tell(path, now);
        (pass.unread, _) = self.unread.tell(path, now);
    }
}

#[cfg(test)]
mod tests;
