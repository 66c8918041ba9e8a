//! From the drop directories into the journal: a file is deleted when its event is safe there, and
//! its name is forgotten when the file is gone for good.

use crate::alert::deliver::deliverer::{DeliverError, Deliverer, namer};
use crate::alert::deliver::pace::Haste;
use crate::alert::inbox::collector::Pass;
use crate::alert::inbox::directory::{DropDirectory, is_proven_absent};
use crate::alert::journal::{Hold, Terms};
use crate::alert::model::found::Found;
use crate::alert::model::pushed::Pushed;
use crate::alert::spool::finished_name;
use crate::config::FleetMail;
use chrono::{DateTime, Utc};
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::mem::take;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What was done in the drop directories.
#[derive(Debug, Clone, Default)]
pub(crate) struct Collected {
    /// Events that are new in the journal.
    pub(crate) events: usize,
    /// Files that could not be read, and directories that could not be listed.
    pub(crate) unread: usize,
    /// Files that a later version wrote.
    pub(crate) newer: usize,
    /// When to go on, if there is more.
    pub(crate) again: Option<Duration>,
    rejected: Vec<String>,
    rejected_files: u64,
}

impl Collected {
    fn come_again(&mut self, after: Duration) {
        self.again = Some(self.again.map_or(after, |again| again.min(after)));
    }
}

impl Deliverer<'_> {
    /// Moves events into the journal; a file is deleted only when its event is safe there. All of
    /// root's ways come before each slice of any other.
    pub(crate) fn collect(&mut self, haste: Haste) -> Result<Collected, DeliverError> {
        let mut collected = Collected::default();
        self.stand()?;
        let begin = Instant::now();
        let is_late = |haste: Haste| begin.elapsed() >= haste.most();
        let place = self.place;
        let ways = place.drops.iter().map(PathBuf::as_path);
        let (own, mut others): (Vec<&Path>, Vec<&Path>) =
            ways.partition(|way| DropDirectory::is_roots_at(way));
        loop {
            let mut has_roots = false;
            collected.again = collected.again.filter(|again| !again.is_zero());
            for way in &own {
                loop {
                    let before = collected.events;
                    let is_full = self.take(way, &mut collected)?;
                    has_roots |= collected.events > before;
                    if !is_full {
                        break;
                    }
                    if is_late(haste.of_root()) {
                        collected.come_again(Duration::ZERO);
                        break;
                    }
                }
            }
            let mut left = Vec::new();
            for way in others {
                if self.take(way, &mut collected)? {
                    left.push(way);
                }
            }
            others = left;
            if others.is_empty() {
                break;
            }
            if is_late(haste) || has_roots && haste != Haste::Whole {
                collected.come_again(Duration::ZERO);
                break;
            }
        }
        let rejected = take(&mut collected.rejected);
        self.tell_rejected(rejected, collected.rejected_files)?;
        Ok(collected)
    }

    /// Moves the events of one pass into the journal; says whether there is more.
    fn take(&mut self, way: &Path, collected: &mut Collected) -> Result<bool, DeliverError> {
        let now = self.place.clock.now();
        let mut pass = self.collector.collect(way, now);
        if let Some(cause) = &pass.problem {
            let name = way.display();
            (self.place.warn)(&format!("cannot list the drop directory {name}: {cause}"));
            collected.unread += 1;
        }
        collected.rejected.append(&mut pass.rejected);
        collected.rejected_files += pass.rejected_files;
        collected.unread += pass.unread_files;
        collected.newer += pass.newer_files;
        pass.unread.iter().for_each(|text| (self.place.warn)(text));
        if let Some(again) = pass.again {
            collected.come_again(again);
        }
        if pass.found.is_empty() {
            return Ok(pass.is_full);
        }
        self.stand()?;
        collected.events += self.enter(&pass.found, now)?;
        let removed = self.remove(&pass)?;
        if removed < pass.found.len() {
            let (stay, place) = (pass.found.len() - removed, way.display());
            (self.place.warn)(&format!("{stay} collected files in {place} stay there"));
            return Ok(false);
        }
        Ok(pass.is_full)
    }

    /// Forgets the names of files that are gone for good, all that were deleted since the last time:
    /// it makes the file system write whatever others have changed too.
    pub(crate) fn forget_gone(&mut self) -> Result<(), DeliverError> {
        let gone = take(&mut self.gone);
        let mut is_synced = gone.directories.iter().map(|directory| directory.sync());
        if !gone.keys.is_empty() && is_synced.all(|synced| synced.is_ok()) {
            self.journal.forget(&gone.keys)?;
        }
        Ok(())
    }

    /// Deletes the files of events that are in the journal. Gives how many are not there any
    /// more, and keeps the keys of those that it has deleted: that one was gone before may be a
    /// passing fault of the system, and it could come again as a new event.
    fn remove(&mut self, pass: &Pass) -> Result<usize, DeliverError> {
        if let Some(directory) = &pass.directory {
            let is_known = |known: &Rc<DropDirectory>| Rc::ptr_eq(known, directory);
            if !self.gone.directories.last().is_some_and(is_known) {
                self.gone.directories.push(Rc::clone(directory));
            }
        }
        let mut removed = 0;
        for item in &pass.found {
            self.stand()?;
            match pass.remove(item) {
                Ok(()) => self.gone.keys.push(item.key.clone()),
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
                Err(_) => continue,
            }
            removed += 1;
        }
        Ok(removed)
    }

    /// Until when alerts wait for a push, if others mail about them.
    pub(in crate::alert) fn hold(&self, now: DateTime<Utc>) -> Option<Hold> {
        let fleet = &self.place.config.fleet;
        match fleet.mail {
            FleetMail::Own => None,
            FleetMail::Fleet => {
                let last = Pushed::read(&fleet.pushed);
                Some(Hold::new(last, fleet.own_after, now))
            }
        }
    }

    /// Puts the events into the journal, and tells the system log of those that are new.
    fn enter(&mut self, found: &[Found], now: DateTime<Utc>) -> Result<usize, DeliverError> {
        let terms = Terms {
            alert: &self.place.config.alert,
            hold: self.hold(now),
            channels: &self.channels,
            rules: self.place.rules,
            now,
            machine: &self.place.host,
            max_size: self.place.config.retention.max_size,
            message_id: &namer(self.place, now),
        };
        let entered = self.journal.enter(found, &terms)?;
        for new in &entered {
            (self.place.record)(new.event, new.rule.as_ref(), new.verdict);
        }
        Ok(entered.len())
    }

    /// Forgets files that were collected and are gone from their directory for good. Files of a
    /// directory that cannot be listed or synced now are not forgotten: they might come back.
    pub(crate) fn forget_stale(&mut self) -> Result<(), DeliverError> {
        let keys = self.journal.collected()?;
        if keys.is_empty() {
            return Ok(());
        }
        let names = keys.iter().map(|key| {
            let name = key.rsplit_once('/').map_or(key.as_str(), |(_, name)| name);
            name.to_owned()
        });
        let known: BTreeSet<String> = names.collect();
        let own: Vec<_> = self
            .place
            .drops
            .iter()
            .map(|drop| Here::look(drop, &known))
            .collect();
        let mut others = HashMap::new();
        let mut is_gone = |key: &String| match key.rsplit_once('/') {
            Some((directory, name)) => others
                .entry(directory.to_owned())
                .or_insert_with(|| Here::look(Path::new(directory), &known))
                .lacks(name),
            // An earlier version did not say where.
            None => own.iter().all(|here| here.lacks(key)),
        };
        let gone: Vec<String> = keys.into_iter().filter(|key| is_gone(key)).collect();
        Ok(self.journal.forget(&gone)?)
    }
}

/// What is certain about the files of a drop directory.
enum Here {
    /// The finished names of what is in it and may be known, of which what is gone stays gone.
    Listed(DropDirectory, BTreeSet<String>),
    /// There is no such directory.
    Absent,
    /// Nothing.
    Unknown,
}

impl Here {
    fn look(drop: &Path, known: &BTreeSet<String>) -> Self {
        match DropDirectory::open(drop) {
            Ok(Some(directory)) => Self::list(directory, known).unwrap_or(Self::Unknown),
            Ok(None) if is_proven_absent(drop) => Self::Absent,
            Ok(None) | Err(_) => Self::Unknown,
        }
    }

    /// Others may have put any number of names there: only those of `known` are kept.
    fn list(directory: DropDirectory, known: &BTreeSet<String>) -> io::Result<Self> {
        let mut names = BTreeSet::new();
        directory.visit(&mut |name| {
            let name = finished_name(name).unwrap_or(name);
            if known.contains(name) {
                names.insert(name.to_owned());
            }
        })?;
        directory.sync()?;
        Ok(Self::Listed(directory, names))
    }

    /// Whether a file is gone from it for good.
    fn lacks(&self, name: &str) -> bool {
        match self {
            Self::Listed(directory, names) => {
                let looked = directory.look(name).map_err(|cause| cause.kind());
                !names.contains(name) && looked.is_err_and(|kind| kind == io::ErrorKind::NotFound)
            }
            Self::Absent => true,
            Self::Unknown => false,
        }
    }
}
