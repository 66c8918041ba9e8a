//! What waits in the drop directories before anybody has collected it.

use crate::alert::inbox::directory::link_to_nothing;
use crate::alert::spool::{finished_name, is_event_name};
use chrono::{DateTime, Utc};
use std::fs::{self, DirEntry};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A drop directory, as it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbox {
    /// Where it is.
    pub path: PathBuf,
    /// How many files there have the name of an event, unfinished ones too: a crash leaves them.
    pub events: u64,
    /// When the oldest of them was last changed.
    pub oldest: Option<DateTime<Utc>>,
    /// Why it could not be looked at; what was counted until then is not all.
    pub problem: Option<String>,
}

impl Inbox {
    /// Looks into a drop directory. One that is not there has nothing.
    pub fn look(path: &Path) -> Self {
        let mut inbox = Self {
            path: path.to_owned(),
            events: 0,
            oldest: None,
            problem: None,
        };
        match fs::read_dir(path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                inbox.problem = link_to_nothing(path).map(|cause| cause.to_string());
            }
            Err(cause) => inbox.problem = Some(cause.to_string()),
            Ok(entries) => {
                for entry in entries {
                    if let Err(cause) = entry.and_then(|entry| inbox.count(&entry)) {
                        inbox.problem = Some(cause.to_string());
                    }
                }
            }
        }
        inbox
    }

    fn count(&mut self, entry: &DirEntry) -> io::Result<()> {
        let name = entry.file_name();
        let is_event = |name: &str| is_event_name(name) || finished_name(name).is_some();
        if !name.to_str().is_some_and(is_event) {
            return Ok(());
        }
        let file = match entry.metadata() {
            // It was collected meanwhile.
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
            file => file?,
        };
        if !file.is_file() {
            return Ok(());
        }
        self.events += 1;
        if let Some(changed) = DateTime::from_timestamp(file.ctime(), 0) {
            self.oldest = Some(self.oldest.map_or(changed, |oldest| oldest.min(changed)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::inbox::directory::DropDirectory;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_to_nothing_is_no_empty_directory() {
        let place = tempfile::tempdir().unwrap();
        let link = place.path().join("link");
        symlink(place.path().join("disk"), &link).unwrap();
        for path in [link.clone(), link.join("drop")] {
            let problem = Inbox::look(&path).problem.unwrap();
            assert!(problem.contains("link to nothing"), "{problem}");
            assert!(DropDirectory::open(&path).is_err());
        }
        fs::create_dir(place.path().join("disk")).unwrap();
        assert_eq!(Inbox::look(&link.join("drop")).problem, None);
        assert!(DropDirectory::open(&link.join("drop")).unwrap().is_none());
    }

    #[test]
    fn events_are_counted_and_nothing_else_is() {
        let place = tempfile::tempdir().unwrap();
        let absent = Inbox::look(&place.path().join("absent"));
        assert_eq!((absent.events, absent.problem), (0, None));
        for name in [
            "1700000000.000000001-00000000000000ab.event",
            ".new-1700000000.000000002-00000000000000ab.event",
            "notes.txt",
        ] {
            fs::write(place.path().join(name), "x").unwrap();
        }
        fs::create_dir(place.path().join("1.3-00000000000000ab.event")).unwrap();
        symlink("notes.txt", place.path().join("1.4-00000000000000ab.event")).unwrap();
        let found = Inbox::look(place.path());
        assert_eq!((found.events, &found.problem), (2, &None));
        assert!((Utc::now() - found.oldest.unwrap()).num_seconds() < 60);
        let file = Inbox::look(&place.path().join("notes.txt"));
        assert!(
            file.problem
                .is_some_and(|problem| problem.contains("Not a directory"))
        );
    }
}
