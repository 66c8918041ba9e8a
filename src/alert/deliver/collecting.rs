//! From the drop directories into the journal: a file is deleted when its event is safe there, and
//! its name is forgotten when the file is gone for good.

use crate::alert::deliver::deliverer::{DeliverError, Deliverer, namer};
use crate::alert::inbox::collector::Pass;
use crate::alert::inbox::directory::{DropDirectory, is_proven_absent};
use crate::alert::journal::Terms;
use crate::alert::model::found::Found;
use crate::alert::spool::finished_name;
use chrono::{DateTime, Utc};
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::Path;
use std::rc::Rc;

/// What was done in the drop directories.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Collected {
    /// Events that are new in the journal.
    pub(crate) events: usize,
    /// Files that could not be read, and directories that could not be listed.
    pub(crate) unread: usize,
    /// Files that a later version wrote.
    pub(crate) newer: usize,
}

impl Deliverer<'_> {
    /// Moves all events into the journal; a file is deleted only when its event is safe there.
    pub(crate) fn collect(&mut self) -> Result<Collected, DeliverError> {
        let mut collected = Collected::default();
        let (mut rejected, mut rejected_files) = (Vec::new(), 0);
        self.stand()?;
        for directory in &self.place.drops {
            let (mut gone, mut opened) = (Vec::new(), Vec::new());
            loop {
                let now = self.place.clock.now();
                let mut pass = match self.collector.collect(directory, now) {
                    Ok(pass) => pass,
                    Err(cause) => {
                        let name = directory.display();
                        let text = format!("cannot list the drop directory {name}: {cause}");
                        (self.place.warn)(&text);
                        collected.unread += 1;
                        break;
                    }
                };
                rejected.append(&mut pass.rejected);
                collected.unread += pass.unread_files;
                collected.newer += pass.newer_files;
                pass.unread.iter().for_each(|text| (self.place.warn)(text));
                rejected_files += pass.rejected_files;
                if pass.found.is_empty() {
                    if pass.is_full {
                        continue;
                    }
                    break;
                }
                self.stand()?;
                collected.events += self.enter(&pass.found, now)?;
                let removed = self.remove(&pass, &mut gone)?;
                opened.extend(pass.directory.take());
                opened.dedup_by(|later, earlier| Rc::ptr_eq(later, earlier));
                if removed < pass.found.len() {
                    let (stay, place) = (pass.found.len() - removed, directory.display());
                    (self.place.warn)(&format!("{stay} collected files in {place} stay there"));
                    break;
                }
                if !pass.is_full {
                    break;
                }
            }
            // Only now can no power cut bring the files back, and their names be forgotten. Once
            // for all passes: it makes the file system write whatever others have changed too.
            if !gone.is_empty() && opened.iter().all(|directory| directory.sync().is_ok()) {
                self.journal.forget(&gone)?;
            }
        }
        self.tell_rejected(rejected, rejected_files)?;
        Ok(collected)
    }

    /// Deletes the files of events that are in the journal. Gives how many are not there any
    /// more, and adds the keys of those that it has deleted: that one was gone before may be a
    /// passing fault of the system, and it could come again as a new event.
    fn remove(&self, pass: &Pass, gone: &mut Vec<String>) -> Result<usize, DeliverError> {
        let mut removed = 0;
        for item in &pass.found {
            self.stand()?;
            match pass.remove(item) {
                Ok(()) => gone.push(item.key.clone()),
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
                Err(_) => continue,
            }
            removed += 1;
        }
        Ok(removed)
    }

    /// Puts the events into the journal, and tells the system log of those that are new.
    fn enter(&mut self, found: &[Found], now: DateTime<Utc>) -> Result<usize, DeliverError> {
        let terms = Terms {
            alert: &self.place.config.alert,
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
        let own: Vec<_> = self
            .place
            .drops
            .iter()
            .map(|drop| Here::look(drop))
            .collect();
        let mut others = HashMap::new();
        let mut is_gone = |key: &String| match key.rsplit_once('/') {
            Some((directory, name)) => others
                .entry(directory.to_owned())
                .or_insert_with(|| Here::look(Path::new(directory)))
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
    /// The finished names of what is in it, of which what is gone stays gone.
    Listed(DropDirectory, BTreeSet<String>),
    /// There is no such directory.
    Absent,
    /// Nothing.
    Unknown,
}

impl Here {
    fn look(drop: &Path) -> Self {
        match DropDirectory::open(drop) {
            Ok(Some(directory)) => Self::list(directory).unwrap_or(Self::Unknown),
            Ok(None) if is_proven_absent(drop) => Self::Absent,
            Ok(None) | Err(_) => Self::Unknown,
        }
    }

    fn list(directory: DropDirectory) -> io::Result<Self> {
        let mut names = BTreeSet::new();
        directory.visit(&mut |name| {
            names.insert(finished_name(name).unwrap_or(name).to_owned());
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
