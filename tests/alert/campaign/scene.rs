//! The systems on which programs are tried, made once by the programs themselves and copied for each
//! try.

use super::ledger::Word;
use crate::alert::delivery::smtp;
use crate::alert::stage::Stage;
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

/// A user other than root, who reports events too.
const OTHER: u32 = 65_534;
const PAGE: usize = 4096;

/// What is there before a program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum System {
    /// Nothing: neither journal nor drop directory.
    Empty,
    /// Events of two users in the drop directory, and no journal.
    Fresh,
    /// A journal with what was delivered and what waits, and new events.
    Old,
    /// The same with a journal of which the first page is overwritten.
    Damaged,
}

pub(super) const SYSTEMS: [System; 4] =
    [System::Empty, System::Fresh, System::Old, System::Damaged];

/// One file or directory.
struct Entry {
    path: PathBuf,
    mode: u32,
    uid: u32,
    /// Nothing for a directory.
    bytes: Option<Vec<u8>>,
}

/// A system that can be copied.
pub(super) struct Scene {
    pub(super) system: System,
    entries: Vec<Entry>,
    /// The events that are in it; no word for those that were delivered to a file.
    pub(super) events: BTreeMap<String, Option<Word>>,
}

impl Scene {
    pub(super) fn new(system: System) -> Self {
        let stage = Stage::new();
        let rule = "ALL: ALL: spawn (tcpw-notify --addr %a -- %h) &: deny\n";
        fs::write(stage.path("etc/hosts.deny"), rule).unwrap();
        let mut events = BTreeMap::new();
        if matches!(system, System::Old | System::Damaged) {
            history(&stage);
            events.insert("delivered.example".to_owned(), None);
            events.insert("waiting.example".to_owned(), Some(Word::Recorded));
        }
        if system != System::Empty {
            new_events(&stage);
            for host in ["first.example", "second.example", "other.example"] {
                events.insert(host.to_owned(), Some(Word::Recorded));
            }
        }
        if system == System::Damaged {
            let journal = stage.path("var/lib/tcpw/journal.db");
            let journal = fs::OpenOptions::new().write(true).open(journal).unwrap();
            journal.write_all_at(&[0x5a; PAGE], 0).unwrap();
        }
        let mut entries = Vec::new();
        read(&stage.path(""), Path::new(""), &mut entries);
        Self {
            system,
            entries,
            events,
        }
    }

    /// A copy of it, which mails to `recipient` by the server at `port`.
    pub(super) fn copy(&self, recipient: &str, port: u16) -> Stage {
        let stage = Stage::new();
        for entry in &self.entries {
            let path = stage.path(entry.path.to_str().unwrap());
            match &entry.bytes {
                None if path.is_dir() => {}
                None => fs::create_dir(&path).unwrap(),
                Some(bytes) => fs::write(&path, bytes).unwrap(),
            }
            fs::set_permissions(&path, Permissions::from_mode(entry.mode)).unwrap();
            if entry.uid != 0 {
                chown(&path, Some(entry.uid), Some(entry.uid)).unwrap();
            }
        }
        let text = smtp(port, "tls = 'none'\n[alert]\nmax_mails_per_hour = 1000\n");
        let people = text.find("[mail.smtp]").unwrap();
        stage.configure(&format!(
            "[mail]\nto = '{recipient}'\ntransport = 'smtp'\n{}",
            &text[people..]
        ));
        stage
    }
}

/// A journal with an event that was delivered, and one of which the message waits.
fn history(stage: &Stage) {
    let record = |host: &str, addr: &str| {
        let lock = stage.hold_lock();
        stage
            .alarm(&[addr, "--daemon=sshd", "--", host])
            .says(0, &[]);
        drop(lock);
        stage.run(&["deliver"]).says(0, &["sent 1"]);
    };
    record("delivered.example", "--addr=10.1.0.1");
    record("waiting.example", "--addr=10.2.0.2");
    stage.change(
        "UPDATE dispatches SET state = 'waiting', attempts = 0, next_due = 0
         WHERE letter = (SELECT max(id) FROM letters)",
    );
    stage.change("DELETE FROM deliveries WHERE letter = (SELECT max(id) FROM letters)");
    fs::remove_dir_all(stage.path("var/lib/tcpw/mail")).unwrap();
}

/// Two events of root and one of another user.
fn new_events(stage: &Stage) {
    let lock = stage.hold_lock();
    let record = |host: &str, addr: &str| {
        let before = stage.drops();
        stage
            .alarm(&[addr, "--daemon=sshd", "--", host])
            .says(0, &[]);
        let mut drops = stage.drops();
        drops.retain(|path| !before.contains(path));
        drops.remove(0)
    };
    record("first.example", "--addr=10.3.0.3");
    record("second.example", "--addr=10.4.0.4");
    let other = record("other.example", "--addr=10.5.0.5");
    let public = stage.path("var/spool/tcpw/drop");
    fs::create_dir_all(&public).unwrap();
    fs::set_permissions(&public, Permissions::from_mode(0o3733)).unwrap();
    let name = public.join(other.file_name().unwrap());
    fs::rename(other, &name).unwrap();
    chown(name, Some(OTHER), Some(OTHER)).unwrap();
    drop(lock);
}

fn read(root: &Path, below: &Path, entries: &mut Vec<Entry>) {
    let mut names: Vec<_> = fs::read_dir(root.join(below))
        .unwrap()
        .map(|entry| below.join(entry.unwrap().file_name()))
        .collect();
    names.sort();
    for path in names {
        let metadata = fs::symlink_metadata(root.join(&path)).unwrap();
        let bytes = (!metadata.is_dir()).then(|| fs::read(root.join(&path)).unwrap());
        let is_directory = bytes.is_none();
        entries.push(Entry {
            path: path.clone(),
            mode: metadata.mode() & 0o7777,
            uid: metadata.uid(),
            bytes,
        });
        if is_directory {
            read(root, &path, entries);
        }
    }
}
